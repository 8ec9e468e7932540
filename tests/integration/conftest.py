"""A warehouse built from a small sample through the command line, as a person does it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from pipelines.sample import load_definition, make_sample
from pipelines.settings import PROJECT_DIR, SEEDS_DIR, Settings
from tests.conftest import settle
from tests.integration.walk import Walk


@dataclass(frozen=True)
class Installation:
    """A raw folder and a warehouse folder, driven by `fpw`."""

    settings: Settings

    def command(self, *arguments: str) -> list[str]:
        """`fpw` with these arguments and this installation's folders."""
        folders = [] if arguments[0] == "prepare" else ["--warehouse", str(self.settings.warehouse_dir)]
        if arguments[0] == "refresh":
            folders += ["--raw", str(self.settings.raw_dir)]
        return [sys.executable, "-m", "pipelines.cli", *arguments, *folders]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `fpw` to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=PROJECT_DIR,
            env=self.settings.child_environment(FPW_THREADS="1"),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def refresh_first(self) -> None:
        """Refresh it, and keep what the refresh told."""
        done = self.run("refresh")
        assert done.returncode == 0, done.stdout + done.stderr
        (self.settings.warehouse_dir / "first-refresh.txt").write_text(done.stdout + done.stderr)

    @property
    def first_output(self) -> str:
        """What the first refresh told."""
        return (self.settings.warehouse_dir / "first-refresh.txt").read_text()


def small_installation(
    folder: Path,
    prepared: Path,
    first_month: str,
    last_month: str,
    *,
    force: str = "west-midlands",
    others: bool = False,
) -> Installation:
    """An installation with a sample of one force; with `others`, of every source."""
    settings = Settings.load({}, force=force, raw_dir=folder / "raw", warehouse_dir=folder / "warehouse", threads=2)
    settings = settings.model_copy(update={"pseudonym_key_file": folder / "secrets" / "key"})
    settle(settings, prepared)
    settings.raw_dir.mkdir(parents=True)
    whole = load_definition()
    definition = whole.only([force], first_month, last_month, whole.others if others else ())
    make_sample(settings.raw_dir, seeds_dir=SEEDS_DIR, definition=definition)
    return Installation(settings)


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    """What a reader gets from the published file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Installation:
    """Fourteen months of one force, and every other source, refreshed once."""
    folder = tmp_path_factory.mktemp("installation")
    installation = small_installation(folder, prepared, "2019-03", "2020-04", others=True)
    installation.refresh_first()
    shutil.copy(installation.settings.build_path, first_build_of(installation))
    return installation


@pytest.fixture(scope="session")
def merseyside(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Installation:
    """A few months of another force than the one that the defaults are of, refreshed once."""
    folder = tmp_path_factory.mktemp("merseyside")
    installation = small_installation(folder, prepared, "2018-04", "2019-09", force="merseyside")
    installation.refresh_first()
    return installation


@pytest.fixture(scope="session")
def walk(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """A copy of the project in which the pages about a new source and a new measure were followed, and all unit tests
    of its models were run."""
    walk = Walk.begin(tmp_path_factory.mktemp("walk") / "project", installation.settings)
    for page in ("adding-a-source.md", "adding-a-measure.md"):
        walk.follow(page)
    new = ["stg_vehicle_seizure", "msr_vehicle_seizures", "measure", "plan_indicator"]
    between = ["int_source_month", "int_own_period", "measure_value", "dim_plan_indicator", "plan_coverage"]
    walk.refresh(*new, *between)
    return walk


@pytest.fixture(scope="session")
def first_build(installation: Installation) -> Path:
    """The build database as the first refresh left it, not to be written to."""
    return first_build_of(installation)


def first_build_of(installation: Installation) -> Path:
    """Where the copy of the build database lies that no test changes."""
    return installation.settings.warehouse_dir / "first-build.duckdb"


def nights_of(installation: Installation) -> Path:
    """Where raw folders are kept as they were in a night with something new, each below the name of its release."""
    return installation.settings.warehouse_dir.parent / "nights"
