"""What several test modules share: the real extracts and a small factory for raw files."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from pipelines.dbt_run import ensure_manifest
from pipelines.seeds import load_seeds
from pipelines.settings import PROJECT_DIR, Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse

# A busy machine is no failure of the property.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")

HEADERS = {name: ",".join(contract.headers) for name, contract in load_contracts().items()}


def shared_data() -> Path:
    """Folder of the real extracts; without it the test is skipped, but under CI it fails."""
    folder = Path(os.environ.get("FPW_SHARED_DATA") or PROJECT_DIR.parent / "shared" / "data")
    if not folder.is_dir():
        message = f"{folder} does not exist; set FPW_SHARED_DATA to the folder of the real extracts."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session", name="shared_data")
def shared_data_fixture() -> Path:
    return shared_data()


@pytest.fixture(autouse=True)
def _log_is_heard() -> None:
    """A command that ran in this process before has taken the log to the console, where no test hears it."""
    log = logging.getLogger("fpw")
    log.handlers, log.propagate = [], True


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse folder as `fpw prepare` leaves it, with the parsed project and the seeds; made once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "prepared"
    with (shared / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            settings = Settings.load({}, warehouse_dir=shared / "preparing", threads=2)
            ensure_manifest(settings)
            Warehouse(settings).create_tables(load_contracts().values())
            load_seeds(settings)
            settings.warehouse_dir.rename(folder)
    return folder


def settle(settings: Settings, prepared: Path) -> Settings:
    """The settings, once their warehouse folder is a prepared one."""
    shutil.copytree(prepared, settings.warehouse_dir)
    return settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty installation."""
    (tmp_path / "raw").mkdir()
    return Settings.load({}, raw_dir=tmp_path / "raw", warehouse_dir=tmp_path / "warehouse", threads=2)


@pytest.fixture(scope="session")
def empty_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build database with its tables and nothing in them."""
    settings = Settings.load({}, warehouse_dir=tmp_path_factory.mktemp("empty"), threads=2)
    Warehouse(settings).create_tables(load_contracts().values())
    return settings.build_path


@pytest.fixture
def warehouse(settings: Settings, empty_build: Path) -> Warehouse:
    """An empty build database with its tables."""
    settings.warehouse_dir.mkdir(exist_ok=True)
    shutil.copy(empty_build, settings.build_path)
    return Warehouse(settings)


def street_row(
    number: int = 1,
    month: str = "2019-04",
    label: str = "West Midlands Police",
    longitude: str = "-1.9",
    crime_type: str = "Burglary",
    outcome: str = "Under investigation",
    area: str = "E01009417,Birmingham 001A",
) -> str:
    """One line of a street-crime file, without line end."""
    return (
        f"{number:064x},{month},{label},{label},{longitude},52.5,On or near High Street,{area},{crime_type},{outcome},"
    )


def search_row(time: str = "2019-04-10T12:00:00+00:00", linked: str = "True", outcome: str = "Arrest") -> str:
    """One line of a stop-and-search file, without line end."""
    return (
        f"Person search,{time},,,52.5,-1.9,,18-24,White - Irish,Asian,Misuse of Drugs Act 1971 (section 23),"
        f"Controlled drugs,{outcome},{linked},False"
    )


def write_street(
    folder: Path, rows: list[str], name: str = "2019-04-west-midlands-street.csv", end: str = "\n"
) -> Path:
    """A street-crime file with the published header."""
    return write_file(folder / name, [HEADERS["police_uk_street"], *rows], end)


def write_searches(
    folder: Path, rows: list[str], name: str = "2019-04-west-midlands-stop-and-search.csv", end: str = "\n"
) -> Path:
    """A stop-and-search file with the published header."""
    return write_file(folder / name, [HEADERS["police_uk_stop_search"], *rows], end)


def write_file(path: Path, lines: list[str], end: str = "\n") -> Path:
    """A text file of these lines, each ended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(line + end for line in lines).encode())
    return path
