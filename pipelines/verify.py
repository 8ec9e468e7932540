"""Makes a release again from the raw files its manifest names, beside the warehouse, and compares what comes out."""

from __future__ import annotations

import csv
import logging
import math
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from pipelines.dbt_run import dbt_process, share_project
from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.advice import advised, in_short
from pipelines.store.inputs import recipe
from pipelines.store.releases import HISTORY, begin, export, read_manifest
from pipelines.store.warehouse import Warehouse, WarehouseError, quoted, without_values

log = logging.getLogger("fpw.verify")

RUN = "verify"
_WORKPLACE = ".verify-"
SHOWN = 5
"""Rows, files or tables that a message names."""
PAIRED = 10_000
"""Of a table with more rows that differ, these many are looked at to say how."""
LAST_DIGITS = 1e-9
"""Numbers that differ by less than this, or by less than this share of them, differ in their last digits only."""


@dataclass(frozen=True)
class Comparison:
    """How a mart of a release and the same made again compare."""

    table: str
    rows: int
    verdict: str
    examples: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        return self.verdict in (SAME, SAME_ROWS)


SAME = "same, bit for bit"
SAME_ROWS = "same rows, in a file of other bytes"


@contextmanager
def workplace(warehouse_dir: Path) -> Iterator[Path]:
    """A folder beside the warehouse, removed at the end; so are those of verifications that were killed."""
    for leftover in warehouse_dir.glob(f"{_WORKPLACE}*"):
        with suppress(Timeout), FileLock(leftover / "lock").acquire(timeout=0):  # one at work holds its own
            shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix=_WORKPLACE, dir=warehouse_dir) as work, FileLock(Path(work, "lock")):
        yield Path(work)


def hindrances(manifest: Mapping[str, Any], settings: Settings) -> tuple[list[str], list[str]]:
    """Why a release cannot be made again here, and what to bear in mind when it is: sentences each.

    Raises:
        WarehouseError: the manifest does not say what the release was made of.
    """
    if "extracts" not in manifest:
        raise WarehouseError(
            f"Release {manifest['release_id']} does not say what it was made of, as it is from before manifests did; "
            "later ones can be verified."
        )
    here = recipe(settings)
    reasons, remarks = [], []
    if manifest["code"]["sha256"] != here["code"]["sha256"]:
        commit = manifest["code"]["commit"]
        at = f"version {manifest['code']['version']}" + (f", commit {commit[:12]}" if commit else "")
        reasons.append(f"it was made by other code ({at}); check that out, or compare with --any-code")
    if manifest["seeds_sha256"] != here["seeds_sha256"]:
        reasons.append("the reference tables in dbt_project/seeds have changed since; check out those of its commit")
    for name, version in manifest["packages"].items():
        if (now := here["packages"].get(name)) != version:
            remarks.append(f"{name} was {version} and is {now or 'not installed'}: a difference may come from that")
    if manifest["machine"] != here["machine"]:
        remarks.append(
            f"it was made on {manifest['machine']} and this is {here['machine']}: last digits of exponentials and "
            "logarithms may differ"
        )
    return reasons, remarks


def remake(settings: Settings, folder: Path, work: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Build the marts of the release in `folder` again, from `settings.raw_dir`, as Parquet in `work/marts`.

    Nothing outside `work` is written. Returns the tables as a manifest has them, and remarks.

    Raises:
        WarehouseError: an extract is not in the raw folder any more, or the build fails.
    """
    manifest = read_manifest(folder)
    there = settings.model_copy(update={"warehouse_dir": work, "force": manifest["settings"]["force"]})
    warehouse, contracts, remarks = Warehouse(there), load_contracts(), []
    work.mkdir(parents=True, exist_ok=True)
    share_project(settings, there)
    with dbt_process(there) as dbt:
        dbt.start()  # it loads itself while the files are read
        warehouse.create_tables(contracts.values())
        _load(there, warehouse, manifest["extracts"])
        memory = folder.with_name(str(manifest["remembers"])) if manifest["remembers"] else None
        if memory is not None and not memory.is_dir():
            remarks.append(f"release {memory.name} before it is gone: what it knew is taken from {folder.name} itself")
            memory = _memory_of(folder, work / "memory")
        begin(warehouse, datetime.fromisoformat(manifest["known_at"]), memory)
        log.info("dbt builds the models")
        built = dbt.build(
            ["resource_type:seed", "resource_type:model"],
            indirect_selection="empty",  # their tests have passed once
            progress=lambda count: log.info("%d models and seeds done", count),
        )
    if built.failure:
        raise WarehouseError(re.sub(r" (Its|The whole) log is .*", "", built.failure))  # the log goes with `work`
    with warehouse.connect() as connection:
        return export(connection, "marts", work / "marts"), remarks


def what_stopped(error: Exception) -> str:
    """A sentence for what stopped the making or the comparison, with the mend: a refresh would mend nothing here."""
    said = str(error)
    if not isinstance(error, WarehouseError):
        words = without_values(error) if isinstance(error, duckdb.Error) else said
        said = f"The release could not be made again: {in_short(words)}"
    return advised(said).replace("refresh again", "verify again")


def _load(settings: Settings, warehouse: Warehouse, extracts: Sequence[Mapping[str, Any]]) -> None:
    with settings.arrivals_path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("extract_id", "file_path", "registered_at"), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(extracts)
    contracts = load_contracts()
    with _without_warnings("fpw.register"):  # of files that are not wanted here, and of answers that go with the folder
        register(settings, warehouse, contracts, RUN)
    wanted = {extract["extract_id"]: extract for extract in extracts}
    with warehouse.connect() as connection:
        # What came later, and what was replaced before, is not part of the release.
        connection.execute("DELETE FROM ops.extract WHERE extract_id NOT IN (SELECT unnest(?::VARCHAR[]))", [[*wanted]])
        _refuse_missing(wanted, connection, "pending", "not in the raw folder any more, as it was")
    for contract in contracts.values():
        load(settings, warehouse, contract, RUN)
    with warehouse.connect() as connection:
        _refuse_missing(wanted, connection, "loaded", "not loaded again")


@contextmanager
def _without_warnings(name: str) -> Iterator[None]:
    def is_progress(record: logging.LogRecord) -> bool:
        return record.levelno < logging.WARNING

    logging.getLogger(name).addFilter(is_progress)
    try:
        yield
    finally:
        logging.getLogger(name).removeFilter(is_progress)


def _refuse_missing(
    wanted: Mapping[str, Mapping[str, Any]], connection: duckdb.DuckDBPyConnection, status: str, what: str
) -> None:
    query = "SELECT extract_id FROM ops.extract WHERE status = ?"
    found = {extract_id for (extract_id,) in connection.execute(query, [status]).fetchall()}
    if missing := [extract for extract_id, extract in wanted.items() if extract_id not in found]:
        named = ", ".join(f"{extract['file_path']} ({extract['sha256'][:12]})" for extract in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN:,} more" if len(missing) > SHOWN else ""
        raise WarehouseError(
            f"The release cannot be made again: of its {len(wanted):,} extracts {len(missing):,} "
            f"{'are' if len(missing) > 1 else 'is'} {what}: {named}{more}. Put back what is missing, then verify again."
        )


def _memory_of(folder: Path, memory: Path) -> Path:
    """What a release says it knew of the ones before it: what had been said by then, and what stood still stood."""
    source, target = (path / "marts" / f"{HISTORY}.parquet" for path in (folder, memory))
    target.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            COPY (
                SELECT * REPLACE (CASE WHEN known_until < CAST($moment AS TIMESTAMP) THEN known_until END AS known_until)
                FROM read_parquet($source) WHERE known_from < CAST($moment AS TIMESTAMP)
            ) TO {quoted(str(target))} (FORMAT parquet)
            """,
            {"source": str(source), "moment": read_manifest(folder)["known_at"]},
        )
    return memory


def compare(folder: Path, tables: Mapping[str, Mapping[str, Any]], work: Path) -> Iterator[Comparison]:
    """Each mart of the release in `folder` beside the one in `work/marts`."""
    released = read_manifest(folder)["tables"]
    for name in sorted(released.keys() | tables.keys()):
        if name not in tables or name not in released:
            rows = (released.get(name) or tables[name])["rows"]
            yield Comparison(name, rows, "not made again" if name in released else "not in the release")
        elif released[name]["sha256"] == tables[name]["sha256"]:
            yield Comparison(name, released[name]["rows"], SAME)
        else:
            files = (folder / "marts" / f"{name}.parquet", work / "marts" / f"{name}.parquet")
            yield _compare_rows(name, released[name]["rows"], *files)


def _compare_rows(name: str, rows: int, released: Path, remade: Path) -> Comparison:
    one, other = (f"SELECT * FROM read_parquet({quoted(str(file))})" for file in (released, remade))
    with duckdb.connect() as connection:
        described = [connection.execute(f"DESCRIBE {query}").fetchall() for query in (one, other)]
        if described[0] != described[1]:
            return Comparison(name, rows, "differs: other columns")
        columns = {column: kind for column, kind, *_ in described[0]}
        gone, new = (
            connection.execute(f"FROM ({a} EXCEPT ALL {b}) ORDER BY ALL").fetchall()
            for a, b in ((one, other), (other, one))
        )
    if not gone and not new:
        return Comparison(name, rows, SAME_ROWS)
    places = [place for place, kind in enumerate(columns.values()) if kind != "DOUBLE"]
    pairs, left = _paired(places, gone[:PAIRED], new[:PAIRED])
    if not left and len(gone) == len(pairs) and all(_is_close(before, after) for before, after in pairs):
        return Comparison(name, rows, f"{len(gone):,} rows differ in their last digits", ())
    names = list(columns)
    examples = [_told(names, before, after) for before, after in pairs] + [
        f"{_named(names, row)}: {where}" for row, where in left
    ]
    return Comparison(
        name, rows, f"differs: {len(gone):,} rows gone, {len(new):,} new or changed", tuple(examples[:SHOWN])
    )


Row = tuple[Any, ...]


def _paired(places: list[int], gone: list[Row], new: list[Row]) -> tuple[list[tuple[Row, Row]], list[tuple[Row, str]]]:
    """Rows that are equal but for their decimal numbers, and the rest with where it is."""
    waiting: dict[str, list[Row]] = {}
    for row in gone:
        waiting.setdefault(repr([row[place] for place in places]), []).append(row)
    pairs, left = [], []
    for row in new:
        before = waiting.get(repr([row[place] for place in places]))
        if before:
            pairs.append((before.pop(0), row))
        else:
            left.append((row, "only when made again"))
    left += [(row, "only in the release") for rows in waiting.values() for row in rows]
    return pairs, left


def _is_close(before: Row, after: Row) -> bool:
    return all(
        one == other
        or (
            isinstance(one, float)
            and isinstance(other, float)
            and math.isclose(one, other, rel_tol=LAST_DIGITS, abs_tol=LAST_DIGITS)
        )
        for one, other in zip(before, after, strict=True)
    )


def _told(names: list[str], before: Row, after: Row) -> str:
    changes = ", ".join(
        f"{name} {one} -> {other}" for name, one, other in zip(names, before, after, strict=True) if one != other
    )
    return f"{_named(names, after)}: {changes}"


def _named(names: list[str], row: Row) -> str:
    """The first words and dates of a row, by which it is found again."""
    named = [
        f"{name}={value}"
        for name, value in zip(names, row, strict=True)
        if value is not None and not isinstance(value, float | list)
    ]
    return " ".join(named[:6])
