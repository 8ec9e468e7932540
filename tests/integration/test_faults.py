"""Faults of machine and folder: nothing half done is registered, the message says the mend, the next run just works."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from threading import Timer
from types import SimpleNamespace

import duckdb
import pytest

from benchmarks.readers import ROWS, build, name
from pipelines.dbt_run import Dbt, _load_project
from pipelines.ingest import register as register_module
from pipelines.ingest.discover import find_containers, is_settled
from pipelines.ingest.load import load
from pipelines.ingest.register import RegisterReport, register
from pipelines.settings import PROJECT_DIR, Settings
from pipelines.sources.contract import load_contracts
from pipelines.store import publish as publish_module
from pipelines.store.advice import advised
from pipelines.store.lock import HOLDER, cut_off, writer_lock
from pipelines.store.publish import publish
from pipelines.store.warehouse import Warehouse, WarehouseError
from pipelines.workers import process_pool, work_of
from tests.conftest import settle, street_row, write_street
from tests.faults import full_disk, mode
from tests.integration.conftest import ask

STREET = load_contracts()["police_uk_street"]
CONTRACTS = {STREET.name: STREET}


@pytest.fixture
def warehouse(settings: Settings) -> Warehouse:
    """An empty build database for street crime alone."""
    warehouse = Warehouse(settings)
    warehouse.create_tables([STREET])
    return warehouse


def ingest(settings: Settings, warehouse: Warehouse) -> RegisterReport:
    """Register what is new, and load it."""
    report = register(settings, warehouse, CONTRACTS, "run")
    load(settings, warehouse, STREET, "run")
    return report


def query(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    with warehouse.connect() as connection:
        return connection.execute(sql).fetchall()


def streets(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """What is registered of street crime, and how many rows the raw table really has of it."""
    return query(
        warehouse,
        "SELECT e.status, e.rows_loaded, count(r.line) FROM ops.extract AS e "
        f"LEFT JOIN {STREET.table} AS r USING (extract_id) GROUP BY e.extract_id, e.status, e.rows_loaded ORDER BY ALL",
    )


# A half-copied extract


def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_run(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [street_row(n) for n in range(20)]
    path = write_street(settings.raw_dir, rows[:10])
    write_street(settings.raw_dir, [street_row(1, month="2019-05")], name="2019-05-west-midlands-street.csv")
    scan = register_module.scan_path

    def scan_while_it_grows(read: Path) -> object:
        found = scan(read)
        if read == path:
            with path.open("a") as file:
                file.write("".join(f"{row}\n" for row in rows[10:]))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(register_module, "scan_path", scan_while_it_grows)
        report = ingest(settings, warehouse)
    assert report.left == 1
    assert "2019-04-west-midlands-street.csv changed while it was read" in caplog.text
    assert streets(warehouse) == [("loaded", 1, 1)]
    ingest(settings, warehouse)
    assert streets(warehouse) == [("loaded", 1, 1), ("loaded", 20, 20)]


def test_a_file_that_changes_before_it_is_loaded_is_left_for_the_next_run(
    settings: Settings, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"2019-0{month}-west-midlands-street.csv" for month in range(1, 6)]

    def write(folder: str, number: int, rows: int) -> Path:
        cells = [street_row(n, month=names[number][:7]) for n in range(rows)]
        return write_street(settings.raw_dir / folder, cells, name=names[number])

    def pack(number: int, rows: int) -> None:
        with zipfile.ZipFile(settings.raw_dir / "x.zip", "w") as archive:
            archive.write(write("../unpacked", number, rows), names[number])

    write("1", 0, 3)
    ingest(settings, warehouse)
    for number in range(4):
        write("2", number, 9)
    pack(4, 9)
    register(settings, warehouse, CONTRACTS, "run")
    write("2", 0, 9).write_bytes((settings.raw_dir / "2" / names[0]).read_bytes().replace(b"Burglary", b"Shopping"))
    os.truncate(settings.raw_dir / "2" / names[1], 1500)
    (settings.raw_dir / "2" / names[2]).unlink()
    pack(4, 10)
    report = load(settings, warehouse, STREET, "run")
    assert (report.extracts_left, report.extracts_refused) == (4, 0)
    assert caplog.text.count("it is left for the next refresh") == 4
    # The earlier release of the first stays current, and the one file that did not change is loaded.
    assert streets(warehouse) == [("loaded", 3, 3), ("loaded", 9, 9)]
    for number in range(3):
        write("2", number, 12)
    ingest(settings, warehouse)
    assert [rows for status, rows, held in streets(warehouse) if status == "loaded" and rows == held] == [
        9,
        10,
        12,
        12,
        12,
    ]


def test_a_copy_over_a_known_file_keeps_what_was_loaded(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_street(settings.raw_dir / "1", [street_row(1)])
    ingest(settings, warehouse)
    path = write_street(settings.raw_dir / "2", [street_row(1), street_row(2)])
    ingest(settings, warehouse)
    path.write_text("Crime ID,Mon")
    with monkeypatch.context() as patch:
        patch.setattr(register_module, "is_settled", lambda container: container.path != path)
        for _ in range(2):
            ingest(settings, warehouse)
            assert streets(warehouse) == [("loaded", 2, 2), ("superseded", 1, 0)]


def test_a_file_is_settled_while_it_stays_as_it_was_found(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("one\n")
    (container,) = find_containers(tmp_path)
    assert is_settled(container)
    os.utime(path, ns=(0, container.mtime_ns - 10**9))  # an earlier moment is another one: the clock may be wrong
    assert not is_settled(container)
    os.utime(path, ns=(0, container.mtime_ns))
    assert is_settled(container)
    with path.open("a") as file:
        file.write("two\n")
    os.utime(path, ns=(0, container.mtime_ns))
    assert not is_settled(container)
    path.unlink()
    assert not is_settled(container)


def test_a_file_of_equal_size_and_an_earlier_moment_is_read(settings: Settings, warehouse: Warehouse) -> None:
    path = write_street(settings.raw_dir, [street_row(1)])
    register(settings, warehouse, CONTRACTS, "run")
    moment = path.stat().st_mtime
    write_street(settings.raw_dir, [street_row(2)])
    os.utime(path, (moment - 3600, moment - 3600))  # as after the clock was moved back
    report = register(settings, warehouse, CONTRACTS, "run")
    assert (report.files_read, report.new_extracts) == (1, 1)


# Files and folders that may not be read or written


def test_an_unreadable_file_holds_up_no_other_and_is_read_when_it_can_be(
    settings: Settings, warehouse: Warehouse
) -> None:
    path = write_street(settings.raw_dir, [street_row(1)])
    write_street(settings.raw_dir, [street_row(1, month="2019-05")], name="2019-05-west-midlands-street.csv")
    with mode(path, 0o000):
        report = ingest(settings, warehouse)
    assert report.refused == [f"{path.name} cannot be read (Permission denied); check its permissions."]
    assert [status for status, *_ in streets(warehouse)] == ["loaded", "refused"]
    ingest(settings, warehouse)
    assert streets(warehouse)[:2] == [("loaded", 1, 1), ("loaded", 1, 1)]


def test_an_unreadable_file_or_folder_makes_no_older_release_current(
    settings: Settings, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    for release in (1, 2):
        path = write_street(settings.raw_dir / str(release), [street_row(n) for n in range(release)])
        ingest(settings, warehouse)
    before = streets(warehouse)
    os.utime(path, (0, 0))  # so that it would be read again
    # What is recalled in a run follows from what was on disk in the one before.
    for locked, bits in ((path, 0), (path, 0), (path.parent, 0), (path.parent, 0o400)):
        with mode(locked, bits):
            ingest(settings, warehouse)
        assert "cannot be read (Permission denied)" in caplog.text
        assert [row for row in streets(warehouse) if row[0] != "refused"] == before
        caplog.clear()


def test_a_warehouse_that_may_only_be_read_is_told_at_once(settings: Settings, warehouse: Warehouse) -> None:
    (settings.warehouse_dir / HOLDER).touch()  # files of before may be there, and writable
    (settings.warehouse_dir / "refresh.lock").touch()
    with (
        mode(settings.warehouse_dir, 0o555),
        pytest.raises(WarehouseError, match=r"cannot be written to \(Permission denied\)\. Let this user write"),
        writer_lock(settings.warehouse_dir),
    ):
        pass
    with (
        mode(settings.build_path, 0o444),
        pytest.raises(WarehouseError, match=r"build\.duckdb cannot be opened .*Let this user write"),
        warehouse.connect(),
    ):
        pass
    with writer_lock(settings.warehouse_dir), warehouse.connect():
        pass


def test_who_has_the_build_database_open_is_named(warehouse: Warehouse) -> None:
    reader = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(flush=True); sys.stdin.read()"
    with other_process(reader, str(warehouse.build_path)) as process:
        with (
            pytest.raises(WarehouseError, match=rf"PID {process.pid}.*End the process that has it open"),
            warehouse.connect(),
        ):
            pass
        process.kill()
        process.wait()
    with warehouse.connect():
        pass


# Two at once, and one that was killed


class other_process:
    """Python with this program, once it has said that it is ready; ended on leaving."""

    def __init__(self, program: str, *arguments: str) -> None:
        command = [sys.executable, "-c", program, *arguments]
        self.process = subprocess.Popen(
            command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> subprocess.Popen[str]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "\n"
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


HOLD = """
import sys
from pathlib import Path
from pipelines.store.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print(flush=True)
    sys.stdin.read()
"""


def test_the_second_is_told_who_holds_the_lock_and_the_next_that_it_was_killed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with other_process(HOLD, str(tmp_path)) as process:
        with (
            pytest.raises(WarehouseError, match=rf"A refresh is running .*process {process.pid} on .*wait for it"),
            writer_lock(tmp_path),
        ):
            pass
        assert cut_off(tmp_path) is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert f"process {process.pid} on" in str(cut_off(tmp_path))
        with writer_lock(tmp_path), writer_lock(tmp_path):
            assert f"(process {process.pid} on" in caplog.text
            assert "was cut off" in caplog.text
            assert cut_off(tmp_path) is None
    assert cut_off(tmp_path) is None


def test_a_clock_that_was_moved_back_stops_before_anything_is_registered(
    settings: Settings, warehouse: Warehouse
) -> None:
    import dagster as dg

    from pipelines.assets.raw import build_raw_assets

    last = settings.releases_dir / "20990101T020000Z"
    last.mkdir(parents=True)
    (last / "manifest.json").write_text("{}")
    write_street(settings.raw_dir, [street_row(1)])
    (asset,) = build_raw_assets(CONTRACTS)[:1]

    with (
        dg.build_asset_context(resources={"warehouse": warehouse, "dbt": None, "check_pool": None}) as context,
        pytest.raises(WarehouseError, match=r"set the clock right.*move .*20990101T020000Z away"),
    ):
        list(asset(context))
    assert streets(warehouse) == []
    last.rename(settings.releases_dir / "moved-away")
    ingest(settings, warehouse)
    assert streets(warehouse) == [("loaded", 1, 1)]


# A full disk


def test_a_full_disk_blames_no_file_and_registers_nothing(settings: Settings, warehouse: Warehouse) -> None:
    source = write_street(settings.raw_dir.parent, [street_row(n) for n in range(4000)])
    (settings.raw_dir / f"{source.name}.gz").write_bytes(gzip.compress(source.read_bytes()))
    with (
        full_disk(settings.warehouse_dir, 150_000),
        pytest.raises(WarehouseError, match=r"street\.csv\.gz could not be laid into .*spool .*Make room on the disk"),
    ):
        ingest(settings, warehouse)
    assert streets(warehouse) == []
    ingest(settings, warehouse)
    assert streets(warehouse) == [("loaded", 4000, 4000)]


def test_an_archive_for_which_there_was_no_room_is_read_when_there_is(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_street(settings.raw_dir.parent, [street_row(1)])
    with zipfile.ZipFile(settings.raw_dir / "x.zip", "w") as archive:
        archive.write(source, source.name)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
        report = ingest(settings, warehouse)
    assert "only 0 are free; make room and try again" in report.refused[0]
    ingest(settings, warehouse)
    assert ("loaded", 1, 1) in streets(warehouse)


def test_a_disk_that_is_full_while_rows_are_written_loads_nothing(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row(n) for n in range(4000)])
    register(settings, warehouse, CONTRACTS, "run")
    with full_disk(settings.warehouse_dir, 30_000), pytest.raises(duckdb.Error) as stopped:
        load(settings, warehouse, STREET, "run")
    assert "Make room on the disk" in advised(str(stopped.value))
    assert streets(warehouse) == [("pending", 0, 0)]
    ingest(settings, warehouse)
    assert streets(warehouse) == [("loaded", 4000, 4000)]


def test_a_full_disk_leaves_the_published_file_and_no_other(settings: Settings) -> None:
    store, path = Warehouse(settings), settings.published_path
    build(store, 1)
    publish(store)
    before = path.read_bytes()
    build(store, 2)
    with full_disk(settings.warehouse_dir, 400_000):
        with pytest.raises(WarehouseError, match=r"published before is untouched\. Check free space"):
            publish(store)
        assert path.read_bytes() == before
        assert list(settings.warehouse_dir.glob(".*")) == []
    publish(store)
    assert ask(path, "SELECT release_id FROM ops.release") == [(name(2),)]


def test_a_publication_beside_another_connection_is_whole(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Warehouse(settings)
    build(store, 1)

    def ask_for_tables(*_: object, **__: object) -> None:
        other.begin()
        other.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
        Timer(0.2, other.commit).start()

    # As the release does it, which is written beside the file.
    monkeypatch.setattr(publish_module, "create_views", ask_for_tables)
    with store.connect() as other:
        publish(store)
    assert ask(settings.published_path, "SELECT release_id, count(*) FROM marts.amount GROUP BY ALL") == [
        (name(1), ROWS)
    ]


# Memory


def test_rows_for_which_memory_is_short_are_not_loaded(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row(n) for n in range(4000)])
    register(settings, warehouse, CONTRACTS, "run")
    small = settings.model_copy(update={"memory_limit": "1MB", "threads": 1})
    with pytest.raises(duckdb.OutOfMemoryException) as stopped:
        load(small, Warehouse(small), STREET, "run")
    assert "raise FPW_MEMORY_LIMIT" in advised(str(stopped.value))
    assert streets(warehouse) == [("pending", 0, 0)]
    ingest(settings, warehouse)
    assert streets(warehouse) == [("loaded", 4000, 4000)]


def test_a_file_for_which_memory_is_short_is_not_refused(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_street(settings.raw_dir, [street_row(1)])

    def too_much(_: Path) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(register_module, "scan_path", too_much)
        with pytest.raises(WarehouseError, match=r"2019-04-west-midlands-street\.csv .*lower FPW_MEMORY_LIMIT"):
            register(settings, warehouse, CONTRACTS, "run")
    assert streets(warehouse) == []
    ingest(settings, warehouse)
    assert streets(warehouse) == [("loaded", 1, 1)]


@pytest.fixture(scope="module")
def dead_pool() -> Iterator[Executor]:
    """A pool whose process was killed, as the system does when memory runs out."""
    with process_pool(1, "json") as pool:
        pool.submit(os.kill, pool.submit(os.getpid).result(), signal.SIGKILL)
        time.sleep(0.1)
        yield pool


def test_a_killed_process_of_the_checks_ends_in_a_sentence(dead_pool: Executor) -> None:
    with (
        pytest.raises(WarehouseError, match=r"A process of the checks was killed from outside.*refresh again"),
        work_of("the checks"),
    ):
        dead_pool.submit(os.getpid).result()


def test_a_killed_dbt_ends_in_a_sentence(dead_pool: Executor, settings: Settings, prepared: Path) -> None:
    class LaterDead(Executor):
        """Lives while it loads the project, and is killed while it builds."""

        def start(self) -> None:
            pass

        def submit(self, work, /, *arguments, **named):  # type: ignore[no-untyped-def]
            if work is not _load_project:
                return dead_pool.submit(work, *arguments, **named)
            done: Future[None] = Future()
            done.set_result(None)
            return done

    settle(settings, prepared)
    for pool in (dead_pool, LaterDead()):
        with pytest.raises(WarehouseError, match=r"A process of dbt was killed from outside.*refresh again"):
            Dbt(settings, pool).build(["x"], indirect_selection="eager", progress=print)


def test_the_page_names_tests_that_exist() -> None:
    page = (PROJECT_DIR / "docs" / "faults.md").read_text()
    tests = {path.name: path.read_text() for path in (PROJECT_DIR / "tests").rglob("test_*.py")}
    named = re.findall(r"`(test_\w+?)_?\.\.\.`", page)
    assert len(named) > 10
    assert [name for name in named if not any(f"\ndef {name}_" in text for text in tests.values())] == []
    assert set(re.findall(r"test_\w+\.py", page)) <= tests.keys()
