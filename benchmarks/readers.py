"""Readers that query without pause while the file is published again and again.

    python benchmarks/readers.py                                  # 32 readers through 50 publications
    python benchmarks/readers.py --readers 8 --publications 10    # a quick look

Each publication is the product's own (`pipelines.store.publish`), from a small build database whose tables all say which
release they are of and add up to the same sum. Readers are processes, and threads within processes. What they find is
counted: errors, torn reads (tables of one connection that do not agree), connections that see an older release than
one before them, and connections opened after a publication that do not see it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import duckdb

from pipelines.settings import Settings
from pipelines.store.publish import publish
from pipelines.store.warehouse import Warehouse, create_ops_table, quoted

ROWS = 50_000
"""Rows of the larger table: some hundred blocks of the file, so that a torn read would show."""
QUERIES = 5
"""How often a connection that is held asks again."""
THREADS = 4
"""Readers of a process that reads in threads; every second group of so many readers is such a process."""
PROGRESS_SECONDS = 2

_ASKED = """
SELECT (SELECT release_id FROM {0}ops.release), min(release_id), max(release_id), sum(amount),
    (SELECT total FROM {0}marts.total), (SELECT release_id FROM {0}marts.total)
FROM {0}marts.amount
"""


@dataclass
class Counts:
    """What readers found. `stale` counts connections opened after a publication that do not see it."""

    connections: int = 0
    queries: int = 0
    held_through: int = 0
    errors: int = 0
    torn: int = 0
    older: int = 0
    stale: int = 0
    first_error: str = ""

    def add(self, other: Counts) -> None:
        """Add another reader's counts."""
        first_error = self.first_error or other.first_error
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))
        self.first_error = first_error

    @property
    def faults(self) -> int:
        """Whatever should not have happened."""
        return self.errors + self.torn + self.older + self.stale


def build(warehouse: Warehouse, number: int) -> None:
    """Lay release `number` into the build database: 50,000 amounts, and a table with their sum."""
    with warehouse.connect() as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS marts")
        create_ops_table(connection, "release")
        connection.begin()
        connection.execute("DELETE FROM ops.release")
        connection.execute("INSERT INTO ops.release (release_id) VALUES (?)", [name(number)])
        connection.execute(
            f"CREATE OR REPLACE TABLE marts.amount AS SELECT i AS id, {quoted(name(number))} AS release_id, "
            f"hash(i + {number} * {ROWS}) % 1000000 AS amount FROM range({ROWS}) AS numbers(i)"
        )
        connection.execute(
            "CREATE OR REPLACE TABLE marts.total AS SELECT any_value(release_id) AS release_id, sum(amount) AS total "
            "FROM marts.amount"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS marts.value_history (known_from TIMESTAMP, known_until TIMESTAMP)"
        )
        connection.commit()


def name(number: int) -> str:
    """The release's name; names are in the order of the releases."""
    return f"release-{number:06d}"


def run(folder: Path, readers: int, publications: int, seconds_between: float = 0.0, *, tell: bool = False) -> Counts:
    """Publish so many times into `folder` while readers read, and count what they found."""
    warehouse = Warehouse(Settings.load({}, raw_dir=folder, warehouse_dir=folder, threads=1))
    build(warehouse, 1)
    publish(warehouse)
    context = get_context("forkserver")  # which imports once for all readers
    context.set_forkserver_preload([__name__ if __name__ != "__main__" else "benchmarks.readers"])
    published, stop, counts = context.Value("i", 1), context.Event(), context.Queue()
    path = str(warehouse.settings.published_path)
    groups = list(_groups(readers))
    processes = [context.Process(target=_read, args=(path, size, published, stop, counts)) for size in groups]
    for process in processes:
        process.start()
    started = [counts.get(timeout=300) for _ in groups]  # each says so, when it has read once
    said = time.monotonic()
    for number in range(2, publications + 2):
        build(warehouse, number)
        publish(warehouse)
        published.value = number
        if tell and time.monotonic() - said > PROGRESS_SECONDS:
            said = time.monotonic()
            print(f"{number - 1} of {publications} publications", file=sys.stderr)
        time.sleep(seconds_between)
    stop.set()
    total = Counts()
    for _ in started:
        total.add(counts.get(timeout=300))
    for process in processes:
        process.join()
        total.errors += process.exitcode != 0
    return total


def _groups(readers: int) -> Iterator[int]:
    """How many readers each process has: one, or several threads."""
    while readers:
        size = min(THREADS, readers)
        yield size
        readers -= size
        for _ in range(min(THREADS, readers)):
            yield 1
            readers -= 1


def _read(path: str, readers: int, published: Synchronized[int], stop: threading.Event, counts: object) -> None:
    """One process with so many readers."""
    os.nice(5)  # they ask without pause, and the publications must come to their turn
    total, lock = Counts(), threading.Lock()
    ready = threading.Barrier(readers, action=lambda: counts.put(None))  # type: ignore[attr-defined]

    def reader(number: int) -> None:
        found, last, kind = Counts(), "", number
        while True:
            before, is_last = name(published.value), stop.is_set()
            try:
                # In one process all connections to a path share the file that the first of them opened: alone, a
                # reader connects to the file itself, and several attach it to databases of their own.
                with _attached(path) if readers > 1 else _connected(path) as (connection, prefix):
                    last = max(last, _use(connection, prefix, kind, before, last, found, published))
            except duckdb.Error as error:
                found.errors += 1
                found.first_error = found.first_error or str(error).splitlines()[0]
            found.connections += 1
            if found.connections == 1:
                ready.wait()
            kind += 1
            if is_last:
                break
        with lock:
            total.add(found)

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts.put(total)  # type: ignore[attr-defined]


def _use(
    connection: duckdb.DuckDBPyConnection,
    prefix: str,
    kind: int,
    before: str,
    last: str,
    found: Counts,
    published: Synchronized[int],
) -> str:
    """Ask once, or several times with or without a transaction; returns the release seen."""
    asked = _ASKED.format(prefix)
    holds, in_transaction = kind % 3 > 0, kind % 3 == 2
    if in_transaction:
        connection.begin()
    seen = set()
    opened = published.value
    for _ in range(QUERIES if holds else 1):
        release, lowest, highest, amount, total, of_total = connection.execute(asked).fetchall()[0]
        found.queries += 1
        seen.add(release)
        found.torn += len({release, lowest, highest, of_total}) > 1 or amount != total
    found.torn += len(seen) > 1
    found.held_through += published.value > opened
    if in_transaction:
        connection.commit()
    release = min(seen)
    found.older += release < last
    found.stale += release < before
    return release


@contextmanager
def _connected(path: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    with duckdb.connect(path, read_only=True, config={"threads": 1}) as connection:
        yield connection, ""


@contextmanager
def _attached(path: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"ATTACH {quoted(path)} AS published (READ_ONLY)")
        yield connection, "published."


def main() -> None:
    """Run, print the counts, and end with 1 when there was any fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=32, help="default: 32")
    parser.add_argument("--publications", type=int, default=50, help="default: 50")
    parser.add_argument("--between", type=float, default=0.5, metavar="SECONDS", help="pause after each (default: 0.5)")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the files are made")
    arguments = parser.parse_args()
    if arguments.readers < 1 or arguments.publications < 1:
        parser.error("--readers and --publications must be at least 1")
    arguments.dir.mkdir(parents=True, exist_ok=True)
    work, started = Path(tempfile.mkdtemp(prefix="fpw-readers-", dir=arguments.dir)), time.monotonic()
    try:
        found = run(work, arguments.readers, arguments.publications, arguments.between, tell=True)
    finally:
        shutil.rmtree(work)
    print(
        f"{arguments.readers} readers through {arguments.publications} publications, {time.monotonic() - started:.0f} s"
    )
    for label, count in (
        ("connections", found.connections),
        ("queries", found.queries),
        ("connections held through a publication", found.held_through),
        ("errors", found.errors),
        ("torn reads", found.torn),
        ("an older release after a newer one", found.older),
        ("opened after a publication and not seeing it", found.stale),
    ):
        print(f"  {label:<46} {count:>9,}")
    if found.first_error:
        print(f"  the first error: {found.first_error}")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
