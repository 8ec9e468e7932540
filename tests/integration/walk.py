"""Follows a page of the documents in a copy of the project: saves the files it shows, and runs the commands it gives.

What a page shows is taken word for word. Only `fpw refresh` is cut short: what is new is registered and loaded, and the
models that follow from it are built, in the warehouse of a finished sample; the checks of the other tables are left out.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.dbt_run import dbt_arguments, dbt_environment
from pipelines.settings import PROJECT_DIR, Settings

PARTS = ("pipelines", "expectations", "dbt_project", "tests")
SAVED = ("csv", "yaml")
LOAD_WHAT_IS_NEW = """
from pipelines.checks.catalog import load_suites
from pipelines.ingest import register
from pipelines.ingest.load import load
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse

settings, contracts = Settings.load(), load_contracts()
warehouse = Warehouse(settings)
warehouse.create_tables(contracts.values())
with warehouse.connect() as connection:  # the other files are as they were, so they need not be judged by new contracts
    connection.execute("UPDATE ops.raw_file SET judged_by = ?", [register._judge(settings, contracts)])
assert register.register(settings, warehouse, contracts, "walk").refused == []
for contract in contracts.values():
    load(settings, warehouse, contract, "walk")
    assert {f"raw.{contract.name}", f"staging.stg_{contract.name}"} <= set(load_suites())
"""

# dbt takes long to start and to parse, so it does both at one start.
BUILD_AND_TEST = """
import json, sys
from dbt.cli.main import dbtRunner

arguments, select = json.loads(sys.argv[1]), sys.argv[2:]
parsed = dbtRunner().invoke(["--quiet", "parse", *arguments])
assert parsed.success, parsed.exception
results = {}
for command in (
    ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", "--select", *select],
    ["test", "--select", "test_type:unit"],
):
    done = dbtRunner(manifest=parsed.result).invoke(["--quiet", *command, *arguments])
    assert done.success, [result.message for result in done.result or [] if result.status not in ("success", "pass")]
    results |= {result.node.unique_id: str(result.status) for result in done.result}
print(json.dumps(results))
"""


@dataclass(frozen=True)
class Block:
    """A fenced block, with the text before it."""

    language: str
    text: str
    before: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page of docs/, in order; a table counts as a block of language `table`."""
    text = (PROJECT_DIR / "docs" / page).read_text(encoding="utf-8")
    found, end = [], 0
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$|^((?:\|[^\n]*\|\n)+)", text, re.DOTALL | re.MULTILINE):
        found.append(Block(match[1] or "table", match[2] or match[3], text[end : match.start()]))
        end = match.end()
    return found


@dataclass
class Walk:
    """A copy of the project, whose warehouse is that of a finished sample."""

    folder: Path
    settings: Settings
    results: dict[str, str] = field(default_factory=dict)
    """What dbt did: status by unique id."""

    @property
    def manifest(self) -> Path:
        return self.settings.warehouse_dir / "dbt" / "manifest.json"

    @classmethod
    def begin(cls, folder: Path, finished: Settings) -> Walk:
        """Copy the project, and the sample and warehouse of a finished installation."""
        folder.mkdir()
        for name in PARTS:
            shutil.copytree(PROJECT_DIR / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "target"))
        shutil.copytree(finished.raw_dir, folder / "raw")
        (folder / "warehouse").mkdir()
        shutil.copy(finished.build_path, folder / "warehouse")
        shutil.copy(finished.arrivals_path, folder / "warehouse")
        (folder / "bin").mkdir()
        (folder / "bin" / "fpw").write_text(f'#!/bin/sh\nexec {sys.executable} -m pipelines.cli "$@"\n')
        (folder / "bin" / "fpw").chmod(0o755)
        folders = {"raw_dir": folder / "raw", "warehouse_dir": folder / "warehouse"}
        return cls(folder, finished.model_copy(update=folders))

    def run(self, *command: str, **environment: str) -> str:
        """Run a command in the copy, and return what it prints."""
        path = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.settings.child_environment(PYTHONPATH=str(self.folder), PATH=path, **environment),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, page: str) -> None:
        """Do what a page says up to its refresh, and compare what it says a command prints."""
        printed = ""
        for block in blocks(page):
            if block.language in SAVED:
                place = self.folder / re.findall(r"`([^`\s]+/[^`\s]+)`", block.before)[-1]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(block.text, encoding="utf-8")
            elif block.language == "sh":
                if block.text != "fpw refresh\n":
                    printed = self.run("sh", "-e", "-c", block.text)
            elif block.language == "text":
                for line in block.text.splitlines():
                    assert line in printed, f"{page} says {line!r}, but it is\n{printed}"
            else:
                assert block.language in ("sql", "table"), (
                    f"{page} has a block of {block.language}, which is not followed"
                )

    def refresh(self, *select: str) -> None:
        """Load what is new, build what is named, and run all unit tests of the models."""
        self.run(sys.executable, "-c", LOAD_WHAT_IS_NEW)
        target = str(self.manifest.parent)
        arguments = [argument.replace(str(PROJECT_DIR), str(self.folder)) for argument in dbt_arguments(self.settings)]
        arguments += ["--target-path", target, "--log-path", target]
        printed = self.run(
            *(sys.executable, "-c", BUILD_AND_TEST, json.dumps(arguments), *select), **dbt_environment(self.settings)
        )
        self.results = json.loads(printed.splitlines()[-1])
