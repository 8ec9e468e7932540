"""Publication: all or nothing, and nobody's leftovers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.store import publish as publish_module
from pipelines.store.publish import publish
from pipelines.store.warehouse import Warehouse, WarehouseError
from tests.integration.conftest import Installation

pytestmark = pytest.mark.xdist_group("refresh")


@pytest.fixture
def built(installation: Installation, tmp_path: Path) -> Warehouse:
    """A copy of a built warehouse, nothing published yet."""
    shutil.copy(installation.settings.build_path, tmp_path / "build.duckdb")
    return Warehouse(Settings.load({}, raw_dir=tmp_path, warehouse_dir=tmp_path, threads=2))


def forces(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT DISTINCT force_name = 'X' FROM marts.dim_force ORDER BY 1").fetchall()


def test_the_leftovers_of_a_session_that_wrote_and_died_are_not_replayed(built: Warehouse) -> None:
    path = built.settings.published_path
    publish(built, run_id="one", code_version="0")
    path.chmod(0o644)
    vandal = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute(\"UPDATE marts.dim_force SET force_name = 'X'\"); os._exit(9)"
    subprocess.run([sys.executable, "-c", vandal, str(path)], check=False)
    assert path.with_name(path.name + ".wal").exists()
    publish(built, run_id="two", code_version="0")
    assert forces(path) == [(False,)]
    assert not path.with_name(path.name + ".wal").exists()


def test_a_publication_that_fails_leaves_the_old_file_and_no_other(
    built: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = built.settings.published_path
    publish(built, run_id="one", code_version="0")
    before = path.read_bytes()

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publish_module, "_sync", full)
    with pytest.raises(WarehouseError, match=r"No space left.*published before is untouched"):
        publish(built, run_id="two", code_version="0")
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.glob(".*")] == []


def test_an_empty_warehouse_is_not_published(built: Warehouse) -> None:
    with built.connect() as connection:
        connection.execute("UPDATE ops.extract SET status = 'withdrawn'")
    with pytest.raises(WarehouseError, match="nothing to publish"):
        publish(built, run_id="one", code_version="0")
    assert not built.settings.published_path.exists()
