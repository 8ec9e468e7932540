"""Publication: all or nothing, and nobody's leftovers."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.store import publish as publish_module
from pipelines.store import releases
from pipelines.store.publish import publish, restore
from pipelines.store.releases import all_releases, read_manifest
from pipelines.store.warehouse import Warehouse, WarehouseError
from tests.integration.conftest import Installation

pytestmark = pytest.mark.xdist_group("refresh")


@pytest.fixture
def built(installation: Installation, tmp_path: Path) -> Warehouse:
    """A copy of a built warehouse, nothing published yet."""
    shutil.copy(installation.settings.build_path, tmp_path / "build.duckdb")
    return Warehouse(Settings.load({}, raw_dir=tmp_path, warehouse_dir=tmp_path, threads=2))


def release_and_publish(warehouse: Warehouse) -> Path:
    """What a refresh does when the marts are built and checked; returns the release."""
    releases.draft(warehouse)
    folder = releases.write(warehouse, run_id="run", code_version="0")
    publish(warehouse)
    return folder


def forces(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT DISTINCT force_name = 'X' FROM marts.dim_force ORDER BY 1").fetchall()


def test_the_leftovers_of_a_session_that_wrote_and_died_are_not_replayed(
    installation: Installation, built: Warehouse
) -> None:
    path = built.settings.published_path
    folder = all_releases(installation.settings.releases_dir)[0]
    kept = {"marts": read_manifest(folder)["tables"], "ops": read_manifest(folder)["ops"]}
    rows = {f"{schema}.{name}": table["rows"] for schema, tables in kept.items() for name, table in tables.items()}
    assert restore(built.settings, folder, "The release of a refresh is put back whole.") == rows
    path.chmod(0o644)
    vandal = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute(\"UPDATE marts.dim_force SET force_name = 'X'\"); os._exit(9)"
    subprocess.run([sys.executable, "-c", vandal, str(path)], check=False)
    assert path.with_name(path.name + ".wal").exists()
    release_and_publish(built)
    assert forces(path) == [(False,)]
    assert not path.with_name(path.name + ".wal").exists()


def test_a_publication_that_fails_leaves_the_old_file_and_no_other(
    built: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = built.settings.published_path
    release_and_publish(built)
    before = path.read_bytes()

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publish_module, "sync", full)
    with pytest.raises(WarehouseError, match=r"No space left.*published before is untouched"):
        release_and_publish(built)
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.glob(".*")] == []


def test_an_empty_warehouse_is_not_published(built: Warehouse) -> None:
    with built.connect() as connection:
        connection.execute("UPDATE ops.extract SET status = 'withdrawn'")
    with pytest.raises(WarehouseError, match="nothing to publish"):
        release_and_publish(built)
    assert not built.settings.published_path.exists()


def test_a_release_is_told_by_its_manifest_and_remembered_by_the_next(built: Warehouse) -> None:
    folder = release_and_publish(built)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["release_id"] == folder.name
    file = folder / "marts" / "measure_value.parquet"
    told = manifest["tables"]["measure_value"]
    assert told["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    with built.connect() as connection:
        counted = f"SELECT count(*) FROM '{file}'"
        assert connection.execute(counted).fetchall() == [(told["rows"],)]
        connection.execute("UPDATE marts.dim_force SET force_name = 'X' WHERE force = 'btp'")
    releases.draft(built)
    with built.connect() as connection:
        held = connection.execute("SELECT count(*), count(DISTINCT series_id) > 10 FROM history.value").fetchall()
    assert held == [(manifest["tables"]["value_history"]["rows"], True)]
    later = releases.write(built, run_id="run", code_version="0")
    assert (later / "marts" / "measure_value.parquet").samefile(file)
    assert not (later / "marts" / "dim_force.parquet").samefile(folder / "marts" / "dim_force.parquet")


def test_a_release_that_cannot_be_written_leaves_nothing(built: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    releases.draft(built)
    monkeypatch.setattr(releases, "sync", full)
    with pytest.raises(WarehouseError, match=r"No space left.*nothing was published"):
        releases.write(built, run_id="run", code_version="0")
    assert list(built.settings.releases_dir.iterdir()) == []


def test_a_clock_that_was_moved_back_is_named(built: Warehouse) -> None:
    folder = release_and_publish(built)
    folder.rename(folder.with_name("20990101T020000Z"))
    with pytest.raises(WarehouseError, match=r"last release is of 01 January 2099 02:00:00.*set the clock right"):
        releases.draft(built)


def test_a_release_that_cannot_be_read_is_named(built: Warehouse) -> None:
    file = release_and_publish(built) / "marts" / "value_history.parquet"
    file.write_bytes(b"PAR1")
    with pytest.raises(WarehouseError, match=r"value_history.parquet cannot be read.*put it back from the backup"):
        releases.draft(built)
