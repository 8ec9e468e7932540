"""Numbers that differ between two releases, with why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pipelines.safe_text import for_csv_sql
from pipelines.store.releases import read_manifest
from pipelines.store.warehouse import WarehouseError, quoted

CHANGED = """
CREATE TEMP TABLE changed AS
WITH earlier AS (FROM read_parquet({earlier}) WHERE known_until IS NULL),
later AS (FROM read_parquet({later}) WHERE known_until IS NULL),
paired AS (
    SELECT series_id, period_start, earlier, later
    FROM earlier FULL JOIN later USING (series_id, period_start)
    WHERE earlier.value IS DISTINCT FROM later.value OR earlier.status IS DISTINCT FROM later.status
        OR earlier.numerator IS DISTINCT FROM later.numerator OR earlier.denominator IS DISTINCT FROM later.denominator
)
SELECT
    coalesce(later.measure_id, earlier.measure_id) AS measure_id,
    coalesce(later.area_code, earlier.area_code) AS area_code,
    coalesce(later.period_type, earlier.period_type) AS period_type,
    period_start,
    coalesce(later.period_end, earlier.period_end) AS period_end,
    coalesce(later.breakdown_type, earlier.breakdown_type) AS breakdown_type,
    coalesce(later.breakdown_value, earlier.breakdown_value) AS breakdown_value,
    coalesce(later.method_id, earlier.method_id) AS method_id,
    earlier.value AS old_value,
    later.value AS new_value,
    later.value - earlier.value AS difference,
    100 * (later.value - earlier.value) / nullif(abs(earlier.value), 0) AS difference_pct,
    earlier.numerator AS old_numerator,
    later.numerator AS new_numerator,
    earlier.denominator AS old_denominator,
    later.denominator AS new_denominator,
    earlier.status AS old_status,
    later.status AS new_status,
    CASE
        WHEN later.series_id IS NULL THEN 'gone'
        WHEN earlier.series_id IS NULL THEN 'new'
        WHEN earlier.value IS DISTINCT FROM later.value THEN 'changed'
        ELSE 'not the value'
    END AS change,
    CASE
        WHEN earlier.series_id IS NULL OR later.series_id IS NULL THEN NULL
        WHEN earlier.denominator_id <> later.denominator_id
            AND earlier.extract_ids IS DISTINCT FROM later.extract_ids THEN 'other extracts and population'
        WHEN earlier.denominator_id <> later.denominator_id THEN 'other population'
        WHEN earlier.extract_ids IS DISTINCT FROM later.extract_ids THEN 'other extracts'
        ELSE 'other method'
    END AS reason
FROM paired
"""
"""One row per number that is not the same: `change` and `reason` say how and why."""


@contextmanager
def differences(earlier: Path, later: Path, measure: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the table `changed`, of the numbers that differ between the releases in two folders.

    Raises:
        WarehouseError: a release cannot be read, or has no such measure.
    """
    files = [folder / "marts" / "value_history.parquet" for folder in (earlier, later)]
    with duckdb.connect() as connection:
        try:
            connection.execute(CHANGED.format(earlier=quoted(str(files[0])), later=quoted(str(files[1]))))
            if measure is not None:
                known = "SELECT count(*) FROM read_parquet($files) WHERE measure_id = $measure"
                if not connection.execute(known, {"files": [*map(str, files)], "measure": measure}).fetchall()[0][0]:
                    raise WarehouseError(f"Neither release has a measure {measure!r}; marts.dim_measure lists them.")
                connection.execute("DELETE FROM changed WHERE measure_id <> ?", [measure])
        except duckdb.Error as error:
            raise WarehouseError(f"The releases cannot be compared ({str(error).splitlines()[0]}).") from error
        yield connection


def what_went_in(earlier: Path, later: Path) -> list[str]:
    """What the two releases were made of differently, a sentence each."""
    one, other = read_manifest(earlier), read_manifest(later)
    if "extracts" not in one or "extracts" not in other:
        return ["One of them is from before manifests said what a release was made of."]
    told = []
    before, after = ({extract["extract_id"]: extract for extract in made["extracts"]} for made in (one, other))
    for what, ids in (
        ("New extracts", after.keys() - before.keys()),
        ("Extracts no longer there", before.keys() - after.keys()),
    ):
        names = sorted((after.get(id_) or before[id_])["file_path"] for id_ in ids)
        if names:
            more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
            told.append(f"{what} ({len(names):,}): {', '.join(names[:5])}{more}")
    if one["code"]["sha256"] != other["code"]["sha256"]:
        edited = ", with other edits" if one["code"]["commit"] == other["code"]["commit"] else ""
        told.append(f"Code: {_code(one)}, then {_code(other)}{edited}")
    if one["seeds_sha256"] != other["seeds_sha256"]:
        told.append("Reference tables (dbt_project/seeds) were changed")
    if one["settings"] != other["settings"]:
        told.append(f"Settings: {one['settings']}, then {other['settings']}")
    packages = sorted(name for name in other["packages"] if one["packages"].get(name) != other["packages"][name])
    told += [f"{name}: {one['packages'].get(name)}, then {other['packages'][name]}" for name in packages]
    return told


def write_csv(connection: duckdb.DuckDBPyConnection, out: Path) -> int:
    """Write all differences as CSV; returns how many."""
    columns = connection.execute("DESCRIBE changed").fetchall()
    safe = ", ".join(f"{for_csv_sql(name)} AS {name}" if kind == "VARCHAR" else name for name, kind, *_ in columns)
    written = connection.execute(f"COPY (SELECT {safe} FROM changed ORDER BY ALL) TO {quoted(str(out))} (HEADER)")
    return int(written.fetchall()[0][0])


def _code(manifest: dict[str, Any]) -> str:
    commit = manifest["code"]["commit"]
    return str(manifest["code"]["version"]) + (f" ({commit[:12]})" if commit else "")
