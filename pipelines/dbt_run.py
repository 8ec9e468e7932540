"""Runs dbt: the parse that makes its manifest, and the builds, in one process that keeps the parsed project."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import DBT_DIR, Settings
from pipelines.store.advice import advice, advised, in_short
from pipelines.store.lock import writer_lock
from pipelines.store.warehouse import Warehouse, WarehouseError, create_ops_table, has_ops_table, without_values
from pipelines.workers import Pool, process_pool, work_of

log = logging.getLogger("fpw.dbt")

DBT_EXECUTABLE = str(Path(sys.executable).with_name("dbt"))
PARSED = "partial_parse.msgpack"
PROGRESS_SECONDS = 2


class ModelError(WarehouseError):
    """dbt cannot parse the project or build a model; the message carries dbt's own words."""


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The variables that dbt_project/profiles.yml reads."""
    return {
        "FPW_BUILD_DB": str(settings.build_path),
        "FPW_DBT_THREADS": str(settings.threads),
        "FPW_DUCKDB_MEMORY": settings.memory_limit,
        "DO_NOT_TRACK": "1",
    }


def dbt_arguments(settings: Settings, new_extracts: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """What every dbt command of this project is called with; `new_extracts` is told to the models to which they are new."""
    return [
        *("--vars", json.dumps({"home_force": settings.force, "new_extracts": new_extracts or {}})),
        *("--project-dir", str(DBT_DIR), "--profiles-dir", str(DBT_DIR)),
    ]


def ensure_manifest(settings: Settings) -> Path:
    """The dbt manifest, parsed anew only when a file of the project or dbt itself changed.

    It holds for every installation: the home force and the database come in when a build runs. Beside it lies what dbt made of the project, from which builds start (`PARSED`).

    Raises:
        ModelError: dbt cannot parse the project.
    """
    target = settings.dbt_target_dir
    manifest, stamp = target / "manifest.json", target / "manifest.stamp"
    packages = [version(package) for package in ("dbt-core", "dbt-duckdb")]
    digest = hashlib.sha256(repr((str(DBT_DIR), packages)).encode())
    for path in sorted(DBT_DIR.rglob("*")):
        if path.suffix in {".sql", ".yml", ".csv"}:
            digest.update(str(path.relative_to(DBT_DIR)).encode() + path.read_bytes())
    fresh = (target / PARSED).exists() and stamp.exists() and stamp.read_text() == digest.hexdigest()
    if fresh and _is_whole(manifest):
        return manifest
    stamp.unlink(missing_ok=True)
    log.info("Parsing the dbt project")
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [DBT_EXECUTABLE, "--quiet", "parse", *dbt_arguments(settings), *_folders(target)],
        env=settings.child_environment(**dbt_environment(settings)),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        words = (done.stdout + done.stderr).strip()
        if advice(words):
            raise ModelError(advised(f"dbt cannot parse {DBT_DIR.name} ({words.splitlines()[-1]})"))
        raise ModelError(f"dbt cannot parse {DBT_DIR.name}:\n{words}")
    stamp.write_text(digest.hexdigest())
    return manifest


def share_project(settings: Settings, other: Settings) -> None:
    """Let another warehouse folder start from the project as it was parsed for this one, if it was."""
    for name in ("manifest.json", "manifest.stamp", PARSED):
        if (held := settings.dbt_target_dir / name).exists():
            other.dbt_target_dir.mkdir(parents=True, exist_ok=True)
            shutil.copy(held, other.dbt_target_dir / name)


def _is_whole(manifest: Path) -> bool:
    """dbt writes the manifest anew in every run, so one that was killed may leave half of it."""
    try:
        json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def seeds_digest() -> str:
    """Changes with every seed, what is said and tested about it, and the project's configuration."""
    digest = hashlib.sha256()
    for path in sorted([*(DBT_DIR / "seeds").rglob("*"), DBT_DIR / "dbt_project.yml"]):
        if path.is_file():
            digest.update(str(path.relative_to(DBT_DIR)).encode() + path.read_bytes())
    return digest.hexdigest()


def seeds_loaded(warehouse: Warehouse) -> bool:
    """Whether the build database holds the seeds as they are now, tested."""
    if not warehouse.build_path.exists():
        return False
    with warehouse.connect(read_only=True) as connection:
        held = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'reference'"
        ).fetchall()
        if not held[0][0] or not has_ops_table(connection, "seed"):
            return False
        return connection.execute("SELECT digest FROM ops.seed").fetchall() == [(seeds_digest(),)]


def note_seeds(warehouse: Warehouse, digest: str) -> None:
    """Remember that the seeds of this edition were loaded and passed their tests."""
    with warehouse.connect() as connection:
        create_ops_table(connection, "seed")
        connection.begin()
        connection.execute("DELETE FROM ops.seed")
        connection.execute("INSERT INTO ops.seed VALUES (?, now())", [digest])
        connection.commit()


@dataclass(frozen=True)
class Build:
    """What one dbt build did: status by unique id (`model.fpw.dim_area`), and a sentence when it failed."""

    statuses: dict[str, str]
    failure: str | None


class Dbt:
    """dbt in a process of its own: loading it takes seconds, once, while other steps run."""

    def __init__(self, settings: Settings, pool: Pool) -> None:
        self._pool = pool
        self._settings = settings
        self._ready: Future[None] | None = None
        self.target = settings.dbt_target_dir

    def start(self) -> Future[None]:
        """Begin to load dbt and the project, if that has not begun."""
        if self._ready is None:
            ensure_manifest(self._settings)
            self._pool.start()
            self._ready = self._pool.submit(_load_project, dbt_environment(self._settings), self.target / PARSED)
        return self._ready

    def build(
        self,
        select: Sequence[str],
        *,
        indirect_selection: str,
        progress: Callable[[int], None],
        new_extracts: Mapping[str, Sequence[str]] | None = None,
    ) -> Build:
        """Build what `select` names, with its data tests; `progress` is told how many nodes are done.

        Models with meta by_extract add what is made of `new_extracts` (by model) to what they hold, when they are there.

        The build database is closed when this returns. Results also stand in `run_results.json` of the target.
        """
        results, done = self.target / "run_results.json", self.target / "nodes_done"
        results.unlink(missing_ok=True)
        done.unlink(missing_ok=True)
        # --full-refresh: a seed whose columns changed is made anew instead of failing
        command = ["build", "--full-refresh", "--exclude-resource-type", "unit_test"]
        command += ["--indirect-selection", indirect_selection]
        command += ["--select", *select, *dbt_arguments(self._settings, new_extracts), *_folders(self.target)]
        with work_of("dbt"):
            self.start().result()
            running: Future[str | None] = self._pool.submit(_run, command, done)
            while not wait([running], timeout=PROGRESS_SECONDS).done:
                if done.exists():
                    progress(done.stat().st_size)
            trouble = running.result()
        if not results.exists():
            told = advised(f"dbt did not finish ({trouble})")
            return Build({}, f"{told.rstrip('.')}. Its log is {self.target / 'dbt.log'}.")
        found = json.loads(results.read_text(encoding="utf-8"))["results"]
        return Build({result["unique_id"]: result["status"] for result in found}, self._what_failed(found))

    def _what_failed(self, results: Sequence[dict[str, Any]]) -> str | None:
        """The first node that failed, in dbt's words, and how many did."""
        failed = [
            f"{result['unique_id'].split('.')[2]} ({in_short(str(result['message']))})"
            for result in results
            if result["status"] in ("error", "fail", "runtime error")
        ]
        if not failed:
            return None
        more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        told = advised(f"dbt failed on {failed[0]}{more}")
        return f"{told.rstrip('.')}. The whole log is {self.target / 'dbt.log'}."


@contextmanager
def dbt_process(settings: Settings) -> Iterator[Dbt]:
    """dbt, which loads itself when it is started or first used."""
    with process_pool(1, "dbt.cli.main") as pool:
        yield Dbt(settings, pool)


def build_docs(settings: Settings) -> Path:
    """Write dbt's documentation of the project and of the build database as one page; returns it.

    Raises:
        WarehouseError: there is no build database, or another run holds it.
        ModelError: dbt cannot write it.
    """
    if not settings.build_path.exists():
        raise WarehouseError(f"{settings.build_path} does not exist; run `fpw refresh` first.")
    folder = settings.warehouse_dir / "dbt_docs"
    folder.mkdir(parents=True, exist_ok=True)
    log.info("Writing dbt's documentation")
    with writer_lock(settings.warehouse_dir):
        done = subprocess.run(
            [DBT_EXECUTABLE, "--quiet", "docs", "generate", "--static", *dbt_arguments(settings), *_folders(folder)],
            env=settings.child_environment(**dbt_environment(settings)),
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise ModelError(f"dbt cannot write its documentation:\n{done.stdout}{done.stderr}")
    return (folder / "static_index.html").replace(folder / "index.html")


def _folders(target: Path) -> list[str]:
    return ["--target-path", str(target), "--log-path", str(target)]


# What follows runs in dbt's process.

_project: Any = None


def _load_project(environment: dict[str, str], parsed: Path) -> None:
    """Load dbt, and the project as it was parsed: reading it is a second, to have dbt look at each file again is four."""
    global _project
    import dbt.cli.main  # noqa: F401  (with the adapter, which is to keep values to itself)
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    os.environ.update(environment)
    logging.raiseExceptions = False  # a log that cannot be written on a full disk would be told line by line
    _keep_values_to_itself()
    _project = Manifest.from_msgpack(parsed.read_bytes(), decoder=extended_mashumuro_decoder)
    _project.build_flat_graph()


def _keep_values_to_itself() -> None:
    """Have DuckDB's errors reach dbt, its log and its results without the values that they quote."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    handled = DuckDBConnectionManager.exception_handler

    @contextmanager
    def careful(self: Any, sql: str, connection_name: str = "master") -> Iterator[None]:
        with handled(self, sql, connection_name):
            try:
                yield
            except duckdb.Error as error:
                raise type(error)(without_values(error)) from None

    DuckDBConnectionManager.exception_handler = careful


def _run(command: list[str], done: Path) -> str | None:
    """Run a command of dbt and close its database; each finished node makes the file `done` a byte longer."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with done.open("ab", buffering=0) as counter:

        def told(event: Any) -> None:
            if event.info.name == "NodeFinished":
                counter.write(b".")

        outcome = dbtRunner(manifest=_project, callbacks=[told]).invoke(["--log-level", "none", *command])
    DuckDBConnectionManager.close_all_connections()
    return None if outcome.exception is None else in_short(str(outcome.exception))
