"""Releases on a warehouse of a few rows, made by hand."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines import verify
from pipelines.cli import app
from pipelines.differences import differences, what_went_in
from pipelines.settings import Settings
from pipelines.store import releases, retention
from pipelines.store.publish import publish, published_release, restore
from pipelines.store.releases import content_hash, find_release, open_release, read_manifest
from pipelines.store.retention import remove_old, why_kept
from pipelines.store.warehouse import (
    OPS_TABLES,
    Warehouse,
    WarehouseError,
    create_history_table,
    create_ops_table,
    insert_rows,
)

CHECK = {
    "checked_at": datetime(2021, 1, 1, tzinfo=UTC),
    "layer": "marts",
    "table_name": "marts.dim_force",
    "check_name": "named",
    "status": "passed",
}


def say(connection: duckdb.DuckDBPyConnection, value: float, known_from: str, known_until: str | None = None) -> None:
    """A value of the one series there is, as it stood for a time."""
    row = {
        "series_id": "s",
        "measure_id": "m",
        "area_code": "E1",
        "period_type": "month",
        "period_start": date(2021, 1, 1),
        "value": value,
        "status": "final",
        "known_from": known_from,
        "known_until": known_until,
    }
    insert_rows(connection, "marts.value_history", [row])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build database with two marts and the tables of ops; two runs have checked."""
    warehouse = Warehouse(Settings.load({}, warehouse_dir=tmp_path_factory.mktemp("built"), threads=1))
    with warehouse.connect() as connection:
        for name in OPS_TABLES:
            create_ops_table(connection, name)
        create_history_table(connection)
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
            CREATE TABLE marts.value_history AS FROM history.value;
            """
        )
        say(connection, 1, "2021-09-26 02:05:00", "2021-10-26 02:05:00")
        say(connection, 2, "2021-10-26 02:05:00")
    return warehouse.build_path


@pytest.fixture
def tiny(built: Path, tmp_path: Path) -> Warehouse:
    """A warehouse with that build database, nothing published yet."""
    shutil.copy(built, tmp_path / built.name)
    return Warehouse(Settings.load({}, warehouse_dir=tmp_path, threads=1))


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
            columns = "* EXCLUDE (restored_at, restored_because)" if table == "ops.release" else "*"
            told = [kept.execute(f"FROM {table}"), published.execute(f"SELECT {columns} FROM {table}")]
            assert told[0].fetchall() == told[1].fetchall()
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


def test_the_manifest_is_enough_to_make_the_release_again(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with tiny.connect() as connection:
        connection.execute(
            "UPDATE ops.extract SET source = 'police_uk_street', file_name = 'a \"b\".csv', sequence = 2, sha256 = 'f0'"
        )
    said = read_manifest(release(tiny, "2021-11-01T02:05:00", monkeypatch))
    assert [(e["extract_id"], e["file_name"], e["sequence"], e["sha256"]) for e in said["extracts"]] == [
        ("e1", 'a "b".csv', 2, "f0")
    ]
    assert said["settings"] == {"force": "west-midlands"}
    assert {len(digest) for digest in (said["code"]["sha256"], said["seeds_sha256"], said["content_sha256"])} == {64}
    assert {"python", "duckdb", "dbt-core", "dbt-duckdb", "polars"} <= said["packages"].keys()
    assert said["remembers"] is None
    assert read_manifest(release(tiny, "2021-11-02T02:05:00", monkeypatch))["remembers"] == "20211101T020500Z"


def test_the_content_hash_tells_what_is_said_and_not_when(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def hashes(moment: str) -> tuple[str, str]:
        said = read_manifest(release(tiny, moment, monkeypatch))
        return said["content_sha256"], content_hash(said["tables"])

    first = hashes("2021-11-01T02:05:00")
    assert first[0] == first[1]
    with tiny.connect() as connection:
        say(connection, 3, "2021-11-01 03:00:00")  # memory alone
    assert hashes("2021-11-02T02:05:00") == first
    with tiny.connect() as connection:
        connection.execute("UPDATE marts.dim_force SET force_name = 'Another'")
    assert hashes("2021-11-03T02:05:00") != first


def test_an_earlier_release_is_put_back_whole_and_says_so(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tiny.settings
    first = release(tiny, "2021-11-01T02:05:00", monkeypatch)
    publish(tiny)
    explained = "SELECT table_name, comment FROM duckdb_tables() UNION ALL SELECT column_name, comment FROM duckdb_columns() ORDER BY ALL"
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        before = connection.execute(explained).fetchall()
    with tiny.connect() as connection:
        connection.execute("UPDATE marts.dim_force SET force_name = 'Spoilt'")
    release(tiny, "2021-11-02T02:05:00", monkeypatch)
    publish(tiny)
    assert (settings.parquet_dir / "marts" / "dim_force.parquet").samefile(
        settings.releases_dir / "20211102T020500Z" / "marts" / "dim_force.parquet"
    )
    status = CliRunner().invoke(
        app, ["release", "restore", first.name, "--because", "it's spoilt", "--warehouse", str(settings.warehouse_dir)]
    )
    assert status.exit_code == 0, status.output
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        assert connection.execute("FROM marts.dim_force").fetchall() == [("It's",)]
        told = "SELECT release_id, restored_at IS NOT NULL, restored_because, inputs FROM ops.release"
        # without inputs, so that the next refresh finds that something is to be published
        assert connection.execute(told).fetchall() == [(first.name, True, "it's spoilt", None)]
        assert connection.execute("SELECT value FROM marts.as_of('2021-12-01')").fetchall() == [(2,)]
        assert connection.execute(explained).fetchall() == before
    assert published_release(settings) == first.name
    assert settings.parquet_dir.readlink() == Path("releases") / first.name
    publish(tiny)
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        assert connection.execute("SELECT release_id, restored_at FROM ops.release").fetchall() == [
            ("20211102T020500Z", None)
        ]


def said_of_release(folder: Path) -> list[str]:
    """Columns of `ops.release` of which a release's file says something."""
    query = "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'columns'"
    with duckdb.connect() as connection:
        return list(json.loads(connection.execute(query, [f"{folder}/ops/release.parquet"]).fetchall()[0][0]))


def test_a_release_says_nothing_of_a_published_file_that_is_attached(
    tiny: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while both are written at once."""
    monkeypatch.setattr(releases, "_now", lambda: datetime(2021, 11, 1, 2, 5))
    releases.draft(tiny)
    releases.complete(tiny, run_id="second", code_version="0")
    publish(tiny)
    with tiny.connect() as connection:
        connection.execute(f"ATTACH '{tiny.settings.published_path}' AS published (READ_ONLY)")
        folder = releases.lay_down(tiny)
    assert said_of_release(folder) == list(OPS_TABLES["release"][1])
    restore(tiny.settings, folder, "")


def test_a_release_that_tells_of_columns_it_does_not_have_is_put_back(
    tiny: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = release(tiny, "2021-11-01T02:05:00", monkeypatch)
    file = folder / "ops" / "release.parquet"
    said = json.dumps({"release_id": "Its name.", "restored_at": "When it was put back."})
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE release AS FROM '{file}'")
        connection.execute(f"COPY release TO '{file}' (FORMAT parquet, KV_METADATA {{columns: '{said}'}})")
    manifest = read_manifest(folder)
    manifest["ops"]["release"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    restore(tiny.settings, folder, "")
    with duckdb.connect(str(tiny.settings.published_path), read_only=True) as connection:
        told = (
            "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'release' AND comment = 'Its name.'"
        )
        assert connection.execute(told).fetchall() == [("release_id", "Its name.")]


def test_a_release_that_is_not_whole_is_not_put_back(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = release(tiny, "2021-11-01T02:05:00", monkeypatch)
    publish(tiny)
    before = tiny.settings.published_path.read_bytes()
    file = folder / "marts" / "dim_force.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 'forged' AS force_name) TO '{file}'")
    with pytest.raises(WarehouseError, match=r"dim_force.parquet is not the file that was released"):
        restore(tiny.settings, folder, "")
    shutil.rmtree(folder / "ops")
    with pytest.raises(WarehouseError, match="from before releases kept the tables of ops"):
        restore(tiny.settings, folder, "")
    assert tiny.settings.published_path.read_bytes() == before


def copies(first: Path, days: Iterable[date]) -> None:
    """A release of each of these days at five past two, its files shared with `first`."""
    for day in days:
        shutil.copytree(
            first, first.with_name(f"{day:%Y%m%d}T020500Z"), copy_function=lambda a, b: Path(b).hardlink_to(a)
        )


def before(day: date, days: int) -> list[date]:
    """So many days before this one."""
    return [day - timedelta(days=number) for number in range(1, days + 1)]


def test_the_rule_keeps_weeks_then_months_then_quarters(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, today = tiny.settings, date(2021, 11, 10)
    restored = release(tiny, "2021-09-15T02:05:00", monkeypatch)
    newest = release(tiny, f"{today}T02:05:00", monkeypatch)
    firsts = [date(year, month, 1) for year in (2018, 2019, 2020, 2021) for month in range(1, 13)]
    earlier = {day - timedelta(days=back) for day in firsts for back in (1, 2)}
    copies(newest, earlier.union(before(today, 60)) - {date(2021, 9, 15)} - {day for day in earlier if day >= today})
    pack = settings.exports_dir / "pcp" / "2020Q4" / "provenance.json"
    pack.parent.mkdir(parents=True)
    pack.write_text(json.dumps({"made": {"release_id": "20210914T020500Z"}}))
    restore(settings, restored, "")
    content = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in newest.rglob("*.parquet")}

    removed = remove_old(settings)

    kept = {path.name[:8]: reasons for path, reasons in why_kept(settings).items()}
    days = {f"{day:%Y%m%d}" for day in before(today, 35)}
    months = {f"{day - timedelta(days=1):%Y%m%d}" for day in firsts if date(2019, 12, 1) <= day <= date(2021, 10, 1)}
    quarters = {"20171231", "20180331", "20180630", "20180930", "20181231", "20190331", "20190630", "20190930"}
    assert kept.keys() == {*days, *months, *quarters, "20210914", "20210915", "20211110"}
    assert kept["20210914"] == ["named by pcp/2020Q4/provenance.json"]
    assert kept["20210915"] == ["published"]
    assert kept["20211110"] == ["newest"]
    assert kept["20191130"] == ["last of November 2019"]
    assert kept["20190630"] == ["last of the quarter to June 2019"]
    assert removed
    assert remove_old(settings) == []
    # what shared its files with those that went is whole
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in newest.rglob("*.parquet")} == content


def test_a_removal_that_was_cut_short_is_ended_the_next_time(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = release(tiny, "2021-11-10T02:05:00", monkeypatch)
    publish(tiny)
    copies(newest, before(date(2021, 11, 10), 38))

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(retention.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_old(tiny.settings)
    names = {path.name for path in tiny.settings.releases_dir.iterdir()}
    assert ".20211003T020500Z.old" in names
    assert find_release(tiny.settings.releases_dir, as_of="2021-10-04").name == "20211004T020500Z"
    assert remove_old(tiny.settings) == ["20211004T020500Z", "20211005T020500Z"]
    assert not list(tiny.settings.releases_dir.glob(".*"))


def test_an_export_that_cannot_be_read_keeps_all(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = release(tiny, "2021-11-10T02:05:00", monkeypatch)
    publish(tiny)
    copies(newest, before(date(2021, 11, 10), 39))
    (tiny.settings.exports_dir / "manifest.json").mkdir(parents=True)
    with pytest.raises(WarehouseError, match=r"manifest.json cannot be read.*may name a release"):
        remove_old(tiny.settings)
    assert len(list(tiny.settings.releases_dir.iterdir())) == 40


def test_the_list_says_what_each_release_is(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for moment in ("2021-10-01T02:05:00", "2021-11-10T02:05:00"):
        release(tiny, moment, monkeypatch)
    publish(tiny)
    listed = CliRunner().invoke(app, ["release", "list", "--warehouse", str(tiny.settings.warehouse_dir)])
    assert listed.exit_code == 0, listed.output
    old, new = (line for line in listed.output.splitlines() if "T020500Z" in line)
    assert "last of" in old
    assert "published" in new
    assert "west-midlands" in new
    assert "(sample)" in listed.output


def test_numbers_that_differ_are_told_with_what_went_in(tiny: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    first = release(tiny, "2021-11-01T02:05:00", monkeypatch)
    with tiny.connect() as connection:
        connection.execute("UPDATE marts.value_history SET value = 2.5, extract_ids = ['e2'] WHERE known_until IS NULL")
        connection.execute("INSERT INTO ops.extract (extract_id, status, file_path) VALUES ('e2', 'loaded', 'new.csv')")
    second = release(tiny, "2021-11-02T02:05:00", monkeypatch)
    assert what_went_in(first, second) == ["New extracts (1): new.csv"]
    with differences(first, second) as connection:
        told = connection.execute(
            "SELECT measure_id, old_value, new_value, difference_pct, reason FROM changed"
        ).fetchall()
    assert told == [("m", 2, 2.5, 25, "other extracts")]
    out = tiny.settings.warehouse_dir / "changed.csv"
    command = ["diff", first.name, second.name, "--out", str(out), "--warehouse", str(tiny.settings.warehouse_dir)]
    said = CliRunner().invoke(app, command)
    assert said.exit_code == 0, said.output
    assert "m, E1, month 2021-01-01" in said.output
    assert "2 -> 2.5 (+25.00 %); other extracts" in said.output
    assert len(out.read_text().splitlines()) == 2
    with pytest.raises(WarehouseError, match="Neither release has a measure 'x'"), differences(first, second, "x"):
        pass
    same = CliRunner().invoke(app, ["diff", first.name, first.name, "--warehouse", str(tiny.settings.warehouse_dir)])
    assert "No number differs" in same.output


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            duckdb.IOException('IO Error: Could not write file "build.duckdb": No space left on device'),
            r"^The release could not be made again: .* Make room on the disk of the warehouse, then verify again\.$",
        ),
        (
            OSError(28, "No space left on device"),
            r"^The release could not .* device\. Make room .*, then verify again\.$",
        ),
        (
            WarehouseError("dbt failed on m (No space left on device). Make room, then refresh again."),
            r"^dbt failed on m \(No space left on device\)\. Make room, then verify again\.$",
        ),
    ],
)
def test_a_verification_that_is_stopped_says_what_to_do_and_not_that_numbers_differ(
    tiny: Warehouse, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def remake(*_: object) -> None:
        raise error

    release(tiny, "2021-11-01T02:05:00", monkeypatch)
    monkeypatch.setattr(verify, "remake", remake)
    stopped = CliRunner().invoke(app, ["release", "verify", "--warehouse", str(tiny.settings.warehouse_dir)])
    assert stopped.exit_code == 2
    assert re.search(said, " ".join(stopped.output.split()))
