"""Releases on a warehouse of a few rows, made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.store import releases
from pipelines.store.publish import publish
from pipelines.store.releases import find_release, open_release, read_manifest
from pipelines.store.warehouse import OPS_TABLES, Warehouse, WarehouseError, create_ops_table, insert_rows

CHECK = {
    "checked_at": datetime(2021, 1, 1, tzinfo=UTC),
    "layer": "marts",
    "table_name": "marts.dim_force",
    "check_name": "named",
    "status": "passed",
}


@pytest.fixture
def tiny(tmp_path: Path) -> Warehouse:
    """A build database with two marts and the tables of ops; three runs have checked."""
    warehouse = Warehouse(Settings.load({}, warehouse_dir=tmp_path / "warehouse", threads=1))
    with warehouse.connect() as connection:
        for name in OPS_TABLES:
            create_ops_table(connection, name)
        connection.execute("INSERT INTO ops.extract (extract_id, status, is_sample) VALUES ('e1', 'loaded', true)")
        results = [
            CHECK | {"run_id": "first", "table_name": "reference.force"},
            CHECK | {"run_id": "first"},
            CHECK | {"run_id": "first", "check_name": "since given up"},
            CHECK | {"run_id": "second", "checked_at": datetime(2021, 2, 1, tzinfo=UTC), "status": "failed"},
        ]
        insert_rows(connection, "ops.check_result", results)
        connection.execute(
            """
            CREATE SCHEMA marts;
            CREATE TABLE marts.dim_force AS SELECT 'It''s' AS force_name;
            COMMENT ON TABLE marts.dim_force IS 'Forces, "the" dimension.';
            COMMENT ON COLUMN marts.dim_force.force_name IS 'The force''s name.';
            CREATE TABLE marts.value_history (series_id VARCHAR, value DOUBLE, known_from TIMESTAMP, known_until TIMESTAMP);
            INSERT INTO marts.value_history VALUES
                ('s', 1, '2021-09-26 02:05:00', '2021-10-26 02:05:00'), ('s', 2, '2021-10-26 02:05:00', NULL);
            """
        )
    return warehouse


def release(warehouse: Warehouse, moment: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release of this moment, such as 2021-09-26T02:05:00."""
    monkeypatch.setattr(releases, "_now", lambda: datetime.fromisoformat(moment))
    releases.draft(warehouse)
    return releases.write(warehouse, run_id="second", code_version="0")


def test_an_open_release_is_what_was_published(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = release(tiny, "2021-11-01T02:05:00", monkeypatch)
    publish(tiny)
    with (
        open_release(folder) as kept,
        duckdb.connect(str(tiny.settings.published_path), read_only=True) as published,
    ):
        for table in ("marts.dim_force", "marts.value_history", "ops.extract", "ops.release", "ops.quarantine"):
            told = [connection.execute(f"FROM {table}").fetchall() for connection in (kept, published)]
            assert told[0] == told[1]
        for connection in (kept, published):
            assert connection.execute("SELECT value FROM marts.as_of('2021-09-26')").fetchall() == [(1,)]
            assert connection.execute("SELECT value FROM marts.as_of(DATE '2021-10-25')").fetchall() == [(1,)]
            assert connection.execute("SELECT value FROM marts.as_of('2021-09-26 02:04:59')").fetchall() == []
            assert connection.execute("SELECT value FROM marts.as_of('2021-10-26 02:05:00')").fetchall() == [(2,)]


def test_a_release_keeps_the_last_results_of_each_table(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = release(tiny, "2021-11-01T02:05:00", monkeypatch)
    with open_release(folder) as connection:
        results = connection.execute("SELECT table_name, run_id, status FROM ops.check_result").fetchall()
    assert sorted(results) == [("marts.dim_force", "second", "failed"), ("reference.force", "first", "passed")]
    assert read_manifest(folder)["ops"]["check_result"]["rows"] == 2


def test_a_release_from_before_ops_was_kept_can_be_opened(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = release(tiny, "2021-11-01T02:05:00", monkeypatch)
    for file in (folder / "ops").iterdir():
        file.unlink()
    (folder / "ops").rmdir()
    with open_release(folder) as connection:
        assert connection.execute("SELECT count(*) FROM marts.dim_force").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'ops'").fetchall() == [
            (0,)
        ]


def test_a_broken_release_is_named(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = release(tiny, "2021-11-01T02:05:00", monkeypatch)
    (folder / "marts" / "dim_force.parquet").write_bytes(b"PAR1")
    with (
        pytest.raises(WarehouseError, match=r"20211101T020500Z cannot be read.*dim_force.*backup"),
        open_release(folder),
    ):
        pass


def test_releases_are_found_by_name_day_and_moment(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny.settings.releases_dir
    with pytest.raises(WarehouseError, match=r"holds no release; run `fpw refresh`"):
        find_release(folder)
    for moment in ("2021-09-26T02:05:00", "2021-10-26T02:05:00"):
        release(tiny, moment, monkeypatch)
    first, second = folder / "20210926T020500Z", folder / "20211026T020500Z"
    assert find_release(folder) == second
    assert find_release(folder, first.name) == first
    assert find_release(folder, as_of="2021-09-26") == first  # a day takes in its own releases
    assert find_release(folder, as_of=date(2021, 10, 25)) == first
    assert find_release(folder, as_of=datetime(2021, 10, 26, 2, 5)) == second
    assert find_release(folder, as_of="2021-10-26T03:04:59+01:00") == first
    for name, as_of, words in (
        ("20210927T020500Z", None, "There is no release '20210927T020500Z'"),
        (None, "2021-09-25", "No release is as old as 2021-09-25; the first that is kept is 20210926T020500Z"),
        (None, "yesterday", "'yesterday' is no date"),
    ):
        with pytest.raises(WarehouseError, match=words):
            find_release(folder, name, as_of)
