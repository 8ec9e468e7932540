"""Exports: the tables that may leave the building, written once for each release, checked, and remembered.

`warehouse/exports/public/<release_id>/` holds `marts/` and `ops/` (Parquet), `csv/` and `manifest.json`. An export is
never changed, since it may have left: what it hides stays hidden in every later one, and what it shows is known. Under
another policy the same release is exported beside it, as `<release_id>.2`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from pipelines import __version__
from pipelines.checks.results import CheckResult
from pipelines.disclosure.numbers import ROWS, Numbers, read_numbers
from pipelines.disclosure.pattern import Memory, Pattern, choose
from pipelines.disclosure.policy import SEEDS, load_policy, policy_digest
from pipelines.disclosure.relations import Relation, find_relations
from pipelines.disclosure.tables import SAID, lay_hidden, public_tables
from pipelines.safe_text import for_csv_sql
from pipelines.settings import Settings
from pipelines.store.advice import advice, in_short
from pipelines.store.files import sync
from pipelines.store.releases import MANIFEST, check_files, find_release, open_release, read_manifest
from pipelines.store.warehouse import WarehouseError, insert_rows, quoted

LAYER = "exports"
PATIENCE = 300
"""Seconds that an export waits for another one."""

log = logging.getLogger("fpw.export")

KNOWN = """
CREATE SCHEMA IF NOT EXISTS known;
CREATE OR REPLACE VIEW known.value_history AS
SELECT * FROM read_parquet({newest})
UNION ALL BY NAME
SELECT own.* FROM marts.value_history AS own
ANTI JOIN read_parquet({newest}) AS newest USING (series_id, period_start, known_from)
"""
"""Every version of every value: what the newest release remembers, and what it has forgotten of this one."""

DERIVED = """
WITH derived AS (
    SELECT DISTINCT
        series_id, measure_id, area_code, period_type, period_start, breakdown_type, breakdown_value, words,
        unnest(string_split(made_of, ';')) AS spec
    FROM policy.row
    WHERE withheld IS NULL AND made_of IS NOT NULL AND coalesce(numerator, denominator, value) IS NOT NULL
),
asked AS (
    SELECT
        *,
        split_part(spec, ':', 1) AS base,
        CASE split_part(split_part(spec, ':', 2), '=', 1)
            WHEN '' THEN NULL WHEN '*' THEN breakdown_type ELSE split_part(split_part(spec, ':', 2), '=', 1)
        END AS base_type,
        CASE split_part(spec, '=', 2)
            WHEN '' THEN NULL WHEN '*' THEN [breakdown_value] ELSE string_split(split_part(spec, '=', 2), '|')
        END AS base_values
    FROM derived
),
bases AS (
    SELECT measure_id, area_code, period_type, period_start, breakdown_type, breakdown_value,
        bool_or(withheld IS NOT NULL OR (series_id, period_start) IN (SELECT (series_id, period_start) FROM policy.hidden_number))
            AS is_hidden
    FROM policy.row GROUP BY ALL
)
SELECT asked.series_id, asked.period_start, min(asked.words)
FROM asked
LEFT JOIN bases
    ON asked.base = bases.measure_id AND asked.area_code = bases.area_code
    AND asked.period_type = bases.period_type AND asked.period_start = bases.period_start
    AND asked.base_type IS NOT DISTINCT FROM bases.breakdown_type
    AND (asked.base_values IS NULL OR list_contains(asked.base_values, bases.breakdown_value))
GROUP BY asked.series_id, asked.period_start, asked.spec
HAVING coalesce(bool_or(bases.is_hidden), true)
"""
"""Rows that are worked out from other rows of which one is hidden, or not to be found."""


@dataclass(frozen=True)
class Export:
    """An export that is written: its folder, and what its manifest says."""

    folder: Path
    manifest: dict[str, Any]


@contextmanager
def open_public(settings: Settings, release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """What of a release may leave the building, of the shape of `open_release`: it is the release's export.

    The release is exported first if it has not been, so that what leaves by any way is remembered. Hidden numbers are
    NULL, their `status` is `suppressed` and `suppression` says why; so are numbers and sentences that rest on them.
    Tables that may not leave are absent.

    Raises:
        WarehouseError: the release cannot be read, or its export does not pass its checks or cannot be written.
    """
    with open_release(export_release(settings, release).folder) as connection:
        yield connection


def exports_dir(settings: Settings) -> Path:
    """Where exports of the public tables are kept."""
    return settings.exports_dir / "public"


def export_release(settings: Settings, release: Path) -> Export:
    """Export a release, unless it was under this policy.

    Raises:
        WarehouseError: the release cannot be read, a check of severity error fails, or nothing can be written.
    """
    folder = exports_dir(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=PATIENCE):
            earlier = all_exports(folder)
            return _find(earlier, release.name) or _export(settings, release, earlier)
    except Timeout as error:
        raise WarehouseError(
            f"Another export is running on {folder}; wait for it to end, then export again."
        ) from error
    except OSError as error:
        mend = advice(str(error)) or "Check free space and permissions, then export again."
        raise WarehouseError(
            f"{folder} cannot be written to ({error.strerror or error}); nothing was exported. {_again(mend)}"
        ) from error


def _again(mend: str) -> str:
    return mend.replace("refresh again", "export again")


def all_exports(folder: Path) -> list[Path]:
    """Folders of the exports that were written, in order of their names, each held against its manifest.

    Raises:
        WarehouseError: one of them is not as it was written, so that what it let out is not known.
    """
    exports = sorted(path for path in folder.glob("[0-9]*") if path.is_dir())
    for path in exports:
        _check_export(path)
    return exports


def _check_export(folder: Path) -> None:
    try:
        manifest = _manifest(folder)
        written = {"marts": manifest["tables"], "ops": manifest["ops"]}
        hashes = {
            folder / schema / f"{name}.parquet": of["sha256"]
            for schema in written
            for name, of in written[schema].items()
        }
        wrong = next((file for file, sha256 in hashes.items() if not file.is_file() or _sha256(file) != sha256), None)
    except (OSError, ValueError, LookupError, TypeError):
        wrong = folder / MANIFEST
    if wrong:
        raise WarehouseError(
            f"{wrong} is missing or not as it was exported, so what that export let out is not known; put {folder} back "
            "from the backup, then export again."
        )


def _manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return read


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _find(earlier: list[Path], release_id: str) -> Export | None:
    for path in reversed(earlier):
        if path.name.partition(".")[0] == release_id:
            manifest = _manifest(path)
            if manifest["policy"] == policy_digest():
                return Export(path, manifest)
    return None


def _export(settings: Settings, release: Path, earlier: list[Path]) -> Export:
    folder = exports_dir(settings)
    for one in {release, find_release(settings.releases_dir)}:
        check_files(one)
    again = sum(path.name.partition(".")[0] == release.name for path in earlier)
    target = folder / (f"{release.name}.{again + 1}" if again else release.name)
    unfinished = folder / f".{target.name}.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        began = datetime.now(UTC)
        manifest = write_tables(settings, release, earlier, unfinished, target.name)
        manifest |= {"exported_at": f"{began:%Y-%m-%dT%H:%M:%SZ}"}
        (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1, default=str) + "\n", encoding="utf-8")
        for path in (*unfinished.rglob("*"), unfinished):
            sync(path)
        unfinished.replace(target)
        sync(folder)
    except duckdb.Error as error:
        mend = advice(str(error)) or "Report this, or take another release: `fpw release list` names them."
        raise WarehouseError(
            f"Release {release.name} could not be exported ({in_short(str(error))}); nothing was written. {_again(mend)}"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Export(target, manifest)


def write_tables(settings: Settings, release: Path, earlier: list[Path], folder: Path, name: str) -> dict[str, Any]:
    """Write the public tables of a release into `folder`, checked; returns what the manifest says of them.

    `earlier` are the exports that may have left before, `name` is that of this one.

    Raises:
        WarehouseError: the release cannot be read, or a check of severity error fails.
    """
    with open_release(release) as connection:
        said = read_manifest(release)
        log.info("Finding what may not leave of release %s", release.name)
        hide(connection, find_release(settings.releases_dir), earlier, name)
        found = _summary(connection)
        log.info("Writing the tables")
        tables = {
            table: _write(connection, release, folder, table, query)
            for table, query in public_tables(connection).items()
        }
        results = _check(settings, connection, folder)
    return {
        "release_id": release.name,
        "home_force": said["home_force"],
        "is_sample": said["is_sample"],
        "code_version": __version__,
        "policy": policy_digest(),
        "remembered": [path.name for path in earlier],
        **found,
        "checks": [
            {
                "table": table,
                "check": one.name,
                "severity": one.severity,
                "status": one.status,
                "observed": one.observed,
            }
            for table, of_table in results.items()
            for one in of_table
        ],
        "tables": {table.removeprefix("marts."): said for table, said in tables.items() if table.startswith("marts.")},
        "ops": {table.removeprefix("ops."): said for table, said in tables.items() if table.startswith("ops.")},
    }


def _write(
    connection: duckdb.DuckDBPyConnection, release: Path, folder: Path, table: str, query: str
) -> dict[str, Any]:
    """Write one table as Parquet, with what the release says of it, and as CSV; returns its rows, bytes and hash."""
    schema, _, name = table.partition(".")
    file, csv = folder / schema / f"{name}.parquet", folder / "csv" / f"{name}.csv"
    for path in (file, csv):
        path.parent.mkdir(exist_ok=True)
    comment, columns = _said(connection, release / schema / file.name)
    about = f"{{comment: {quoted(comment)}, columns: {quoted(json.dumps(columns | SAID))}}}"
    rows = connection.execute(
        f"COPY ({query} ORDER BY ALL) TO {quoted(str(file))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {about})"
    ).fetchall()[0][0]
    if schema == "marts":
        _write_csv(connection, file, csv)
    written = {"rows": rows, "bytes": file.stat().st_size, "sha256": _sha256(file)}
    return written | ({"csv_sha256": _sha256(csv)} if schema == "marts" else {})


def _said(connection: duckdb.DuckDBPyConnection, file: Path) -> tuple[str, dict[str, str | None]]:
    """What a release says of a table and its columns."""
    about = dict(
        connection.execute("SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)", [str(file)]).fetchall()
    )
    return about.get("comment", ""), json.loads(about.get("columns", "{}"))


def _write_csv(connection: duckdb.DuckDBPyConnection, file: Path, csv: Path) -> None:
    """The same as CSV, texts made safe for spreadsheets; lists are joined by a bar."""
    columns = []
    source = f"read_parquet({quoted(str(file))})"
    for column, kind in connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM {source})").fetchall():
        text = f"array_to_string({column}, ' | ')" if kind == "VARCHAR[]" else column
        # few texts repeat often: the search for signs of formulas is the costly part
        if (
            kind.startswith("VARCHAR")
            and connection.execute(
                f"SELECT bool_or({for_csv_sql('text')} <> text) FROM (SELECT DISTINCT {text} AS text FROM {source})"
            ).fetchall()[0][0]
        ):
            text = for_csv_sql(text)
        columns.append(f"{text} AS {column}")
    connection.execute(f"COPY (SELECT {', '.join(columns)} FROM {source}) TO {quoted(str(csv))} (FORMAT csv, HEADER)")


def hide(
    connection: duckdb.DuckDBPyConnection, newest: Path, earlier: list[Path], name: str, *, secondary: bool = True
) -> None:
    """Work out what is hidden of the release that is open, and lay it into schema `policy` for `public_tables`.

    `newest` is the release that remembers most, `earlier` the exports that may have left, `name` that of this one.
    Without `secondary` the small numbers are hidden and nothing that gives them away.
    """
    load_policy(connection)
    connection.execute(KNOWN.format(newest=quoted(str(newest / "marts" / "value_history.parquet"))))
    connection.execute(ROWS)
    _remember(connection, earlier)
    numbers = read_numbers(connection)
    relations = find_relations(numbers, _parents(connection))
    log.info("%d numbers, %d sums between them", len(numbers.versions), len(relations))
    pattern = choose(numbers, relations, _memory(connection, numbers), secondary=secondary)
    log.info("%d of %d rows are hidden", pattern.hidden.sum(), len(numbers.rows))
    _lay(connection, numbers, relations, pattern, name)


def _parents(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(
        connection.execute(
            "SELECT area_code, parent_area_code FROM marts.dim_area WHERE parent_area_code IS NOT NULL"
        ).fetchall()
    )


def _remember(connection: duckdb.DuckDBPyConnection, earlier: list[Path]) -> None:
    """What each earlier export said of every value, as `policy.told`."""
    connection.execute(
        """
        CREATE OR REPLACE TABLE policy.told (
            series_id VARCHAR, period_start DATE, numerator DOUBLE, denominator DOUBLE, value DOUBLE, is_hidden BOOLEAN,
            since VARCHAR
        )
        """
    )
    files = [str(path / "marts" / "value_history.parquet") for path in earlier]
    if not files:
        return
    try:
        connection.execute(
            """
            INSERT INTO policy.told
            SELECT series_id, period_start, numerator, denominator, value, suppression IS NOT NULL,
                min(coalesce(suppressed_since, parse_path(filename)[-3])) AS since
            FROM read_parquet(?, union_by_name = true, filename = true)
            GROUP BY ALL
            """,
            [files],
        )
    except duckdb.Error as error:
        raise WarehouseError(
            f"An earlier export cannot be read ({str(error).splitlines()[0]}), so what it let out is not known; put "
            f"{earlier[0].parent} back from the backup, then export again."
        ) from error


def _memory(connection: duckdb.DuckDBPyConnection, numbers: Numbers) -> Memory:
    """What earlier exports said of these numbers."""
    place = {(row.series_id, row.period_start): number for number, row in enumerate(numbers.rows)}
    compared = sorted({row.series_id for row in numbers.rows})
    hidden: set[int] = set()
    shown: set[tuple[int, float]] = set()
    for series, start, numerator, denominator, value, is_hidden in connection.execute(
        """
        SELECT DISTINCT series_id, period_start, numerator, denominator, value, is_hidden FROM policy.told
        SEMI JOIN (SELECT unnest(?::VARCHAR[]) AS series_id) USING (series_id)
        """,
        [compared],
    ).fetchall():
        number = place.get((series, start))
        if number is None:
            continue
        if is_hidden:
            hidden.add(number)
        told = {"n": numerator, "d": denominator, "v": value}
        shown |= {(cell, told[part]) for part, cell in numbers.rows[number].cells.items() if told[part] is not None}
    return Memory(frozenset(hidden), frozenset(shown))


def _lay(
    connection: duckdb.DuckDBPyConnection, numbers: Numbers, relations: list[Relation], pattern: Pattern, name: str
) -> None:
    """The rows that are hidden with their words, and what protects the small numbers, as tables of `policy`."""
    connection.execute(
        "CREATE OR REPLACE TABLE policy.hidden_number (series_id VARCHAR, period_start DATE, is_small BOOLEAN)"
    )
    insert_rows(
        connection,
        "policy.hidden_number",
        [
            {"series_id": row.series_id, "period_start": row.period_start, "is_small": bool(is_small)}
            for row, is_hidden, is_small in zip(numbers.rows, pattern.hidden, pattern.small, strict=True)
            if is_hidden
        ],
    )
    connection.execute(
        "CREATE OR REPLACE TABLE policy.protected_number (threshold DOUBLE, width DOUBLE, was_told_before BOOLEAN)"
    )
    told_before = bool(connection.execute("SELECT count(*) FROM policy.told").fetchall()[0][0])
    insert_rows(
        connection,
        "policy.protected_number",
        [
            {"threshold": float(threshold), "width": float(width), "was_told_before": told_before}
            for threshold, width in zip(pattern.threshold, pattern.width, strict=True)
        ],
    )
    connection.execute(
        "CREATE OR REPLACE TABLE policy.summary AS SELECT ? AS numbers, ? AS sums, ? AS rounds",
        [len(numbers.versions), len(relations), pattern.rounds],
    )
    lay_hidden(
        connection,
        connection.execute(
            f"""
            WITH hidden AS (
                SELECT series_id, period_start FROM policy.hidden_number
                UNION SELECT series_id, period_start FROM ({DERIVED})
                UNION SELECT series_id, period_start FROM policy.told WHERE is_hidden
            )
            SELECT
                hidden.series_id, hidden.period_start,
                coalesce(min(known.words), 'a number that would give a hidden one away') AS words,
                coalesce(min(told.since) FILTER (told.is_hidden), ?) AS since
            FROM hidden
            LEFT JOIN policy.row AS known USING (series_id, period_start)
            LEFT JOIN policy.told AS told USING (series_id, period_start)
            GROUP BY ALL
            """,
            [name],
        ).fetchall(),
    )


def _summary(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What the manifest says of what is hidden."""
    numbers, sums, rounds = connection.execute("FROM policy.summary").fetchall()[0]
    small, protected = connection.execute(
        "SELECT count(*), count(*) FILTER (width >= threshold - 1e-6) FROM policy.protected_number"
    ).fetchall()[0]
    hidden = connection.execute("SELECT words, count(*) FROM policy.hidden_row GROUP BY ALL ORDER BY ALL").fetchall()
    left_out = connection.execute(
        "SELECT withheld, count(DISTINCT series_id) FROM policy.row WHERE withheld IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    undeclared = [
        name
        for (name,) in connection.execute(
            """
            SELECT DISTINCT CASE
                WHEN tiers.tier IS NULL THEN concat('measure ', known.measure_id)
                ELSE concat('breakdown ', known.breakdown_type)
            END
            FROM policy.row AS known LEFT JOIN policy.disclosure_tier AS tiers USING (measure_id)
            WHERE known.tier IS NULL ORDER BY ALL
            """
        ).fetchall()
    ]
    for name in undeclared:
        log.warning(
            "No tier is declared for %s, so it does not leave; add it to the seeds disclosure_tier or disclosure_breakdown.",
            name,
        )
    return {
        "numbers": {"compared": numbers, "sums": sums, "small": small, "protected": protected, "rounds": rounds},
        "rows_hidden": dict(hidden),
        "series_left_out": dict(left_out),
        "without_tier": undeclared,
    }


def _check(settings: Settings, connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, list[CheckResult]]:
    """Run the suites of expectations/exports on the files that were written; the gate.

    Raises:
        WarehouseError: a check of severity error fails, or one cannot be run.
    """
    from pipelines.checks.catalog import load_suites
    from pipelines.checks.runner import run_suites

    database = folder / "checked.duckdb"
    connection.execute(f"ATTACH {quoted(str(database))} AS checked")
    for schema in (LAYER, "reference"):
        connection.execute(f"CREATE SCHEMA checked.{schema}")
    for file in sorted((folder / "marts").glob("*.parquet")):
        connection.execute(f"CREATE VIEW checked.{LAYER}.{file.stem} AS FROM read_parquet({quoted(str(file))})")
    for seed in SEEDS:
        connection.execute(f"CREATE TABLE checked.reference.{seed} AS FROM policy.{seed}")
    connection.execute(f"CREATE TABLE checked.{LAYER}.protected_number AS FROM policy.protected_number")
    connection.execute("DETACH checked")
    there = {f"{LAYER}.{file.stem}" for file in (folder / "marts").glob("*.parquet")} | {f"{LAYER}.protected_number"}
    suites = [suite for table, suite in load_suites().items() if table in there]
    log.info("Checking the tables that leave, with %d suites", len(suites))
    results = run_suites(suites, database, config={"memory_limit": settings.memory_limit, "threads": settings.threads})
    database.unlink()
    failed = [f"{table}: {one.description}" for table, found in results.items() for one in found if one.stops]
    if failed:
        raise WarehouseError(f"Nothing was exported, because {len(failed)} checks failed; first {failed[0]}")
    return results
