"""Checks that follow from the contract of a table: of a raw table its source's, of a model what dbt's YAML promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.checks.catalog import EXPECTATIONS
from pipelines.checks.limits import ENOUGH, process_limits
from pipelines.checks.shared import between, holds
from pipelines.checks.suite import Expect, Suite, in_set, no_rows
from pipelines.checks.vocabulary import literal
from pipelines.sources.contract import NATIONAL, Contract
from pipelines.store.warehouse import raw_columns

CHECKED_SCHEMAS = ("raw", "staging", "marts")
NEWEST_IN_TIME = "newest_period_in_time"
HISTORY_MONTHS = 24
"""How far back earlier loads are taken for the limits of a new one."""
_MONTHS = {
    "daily": 0,
    "monthly": 1,
    "quarterly": 3,
    "yearly": 12,
    "month": 1,
    "quarter": 3,
    "year": 12,
    "financial_year": 12,
}
_DATES = ("DATE", "TIMESTAMP", "TIMESTAMPTZ")
_NUMBERS = ("DOUBLE", "BIGINT", "INTEGER")
COLUMNS, SUMS, AGREEMENT = (EXPECTATIONS / f"{name}.yaml" for name in ("columns", "sums", "agreement"))
MEASURES = "marts.measure_value"
"""The mart in which all sums end, and whose suite holds them together."""


@dataclass(frozen=True)
class Column:
    """What is promised of a column. A comment or an order of None is not promised."""

    name: str
    type: str
    comment: str | None = None
    place: int | None = None
    is_nullable: bool = True
    range: tuple[float | None, float | None] | None = None
    words: tuple[str, ...] = ()


def complete(
    suites: Mapping[str, Suite], contracts: Mapping[str, Contract], manifest: Mapping[str, Any]
) -> dict[str, Suite]:
    """The suites with what follows from contracts: `contracts` by source, `manifest` as dbt writes it.

    A check that a suite has by that name stays as it is.

    Raises ValueError when a table of a suite has no contract.
    """
    promised = {contract.table: promised_raw(contract) for contract in contracts.values()} | promised_models(manifest)
    by_table = {contract.table: contract for contract in contracts.values()}
    found: dict[str, Suite] = {}
    for table, suite in suites.items():
        if suite.layer not in CHECKED_SCHEMAS:
            found[table] = suite
            continue
        if table not in promised:
            raise ValueError(f"Suite {table} is of no table that a contract or a model describes: correct its name.")
        checks = [*as_promised(table, promised[table])]
        if table in by_table:
            checks += of_source(by_table[table])
        if table == MEASURES:
            checks += [*sums_preserved(_read(SUMS)), *sources_agree(_read(AGREEMENT))]
        own = {expect.name for expect in suite.expectations}
        new = tuple(expect for expect in checks if expect.name not in own)
        found[table] = replace(suite, expectations=(*suite.expectations, *new))
    return found


def promised_raw(contract: Contract) -> tuple[Column, ...]:
    """The columns of a raw table as its source's contract has them."""
    ranges = {column.name: column.range for column in contract.stored_columns}
    types = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
    return tuple(
        Column(name, types.get(kind, kind), comment, place, range=ranges.get(name))
        for place, (name, (kind, comment)) in enumerate(raw_columns(contract).items(), start=1)
    )


def promised_models(manifest: Mapping[str, Any]) -> dict[str, tuple[Column, ...]]:
    """The columns of every staging model and mart, by table, as the YAML beside the model has them."""
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return {
        f"{node['schema']}.{node['alias']}": tuple(_promised(node))
        for node in models
        if node["schema"] in CHECKED_SCHEMAS
    }


def _promised(node: Mapping[str, Any]) -> Iterator[Column]:
    commented = node["config"].get("persist_docs", {}).get("columns", False)
    ordered = node["config"].get("contract", {}).get("enforced", False)
    for place, column in enumerate(node["columns"].values(), start=1):
        kind = column["data_type"].upper()
        rules = _read(COLUMNS)
        rule = rules.get(f"{node['alias']}.{column['name']}", rules.get(column["name"])) or {}
        yield Column(
            name=column["name"],
            type=kind,
            comment=column["description"] if commented else None,
            place=place if ordered else None,
            is_nullable=all(constraint["type"] != "not_null" for constraint in column["constraints"]),
            range=tuple(rule["range"]) if "range" in rule and kind in _NUMBERS else None,
            words=tuple(rule["words"]) if "words" in rule and kind == "VARCHAR" else (),
        )


@cache
def _read(path: Path) -> dict[str, Any]:
    declared: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return declared


def as_promised(table: str, columns: tuple[Column, ...]) -> Iterator[Expect]:
    """Names, types, order, comments, ranges and words of a table's columns."""
    yield no_rows(
        "columns_as_promised",
        f"""
        SELECT column_name, promised.type AS promised_type, found.data_type AS found_type,
            promised.place AS promised_place, found.place AS found_place,
            if(promised.comment <> found.comment, 'differs', NULL) AS comment
        FROM (VALUES {", ".join(map(_values, columns))})
            AS promised (column_name, type, comment, place, is_nullable)
        FULL JOIN (
            SELECT column_name, data_type, comment, is_nullable, row_number() OVER (ORDER BY column_index) AS place
            FROM duckdb_columns()
            WHERE database_name = current_database() AND concat(schema_name, '.', table_name) = '{{batch}}'
        ) AS found USING (column_name)
        WHERE found.data_type IS DISTINCT FROM promised.type
            OR promised.comment <> coalesce(found.comment, '')
            OR promised.place <> found.place
            OR NOT promised.is_nullable AND found.is_nullable
        """,
        "The table has other columns than promised, in name, type, order or comment: build it again, or correct "
        + ("its contract." if table.startswith("raw.") else "the YAML beside the model."),
    )
    for column in columns:
        if column.range:
            low, high = column.range
            yield between(
                column.name,
                low,
                high,
                f"A number of {column.name} cannot be: look at its row, or correct its range in "
                + ("the contract." if table.startswith("raw.") else "expectations/columns.yaml."),
                "warning" if table.startswith("raw.") else "error",
            )
        if column.words:
            yield in_set(
                column.name,
                column.words,
                f"A word of {column.name} is not known: correct the model, or add the word to expectations/columns.yaml.",
            )


def _values(column: Column) -> str:
    text = [literal(column.name), literal(column.type), "NULL" if column.comment is None else literal(column.comment)]
    return f"({', '.join(text)}, {column.place or 'NULL'}, {column.is_nullable})"


def lateness_is_told(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> bool:
    """Whether the sources that are late today are those that the last checks called late."""
    told = connection.execute(
        """
        SELECT table_name FROM ops.check_result WHERE check_name = ?
        QUALIFY row_number() OVER (PARTITION BY table_name ORDER BY checked_at DESC) = 1 AND status = 'failed'
        """,
        [NEWEST_IN_TIME],
    ).fetchall()
    late = {
        contract.table
        for contract in contracts.values()
        for expect in [_newest_in_time(contract)]
        if connection.execute(expect.kwargs["unexpected_rows_query"].format(batch=contract.table)).fetchall()
    }
    return late == {table for (table,) in told}


def of_source(contract: Contract) -> Iterator[Expect]:
    """What a source's contract says beyond its columns: required values, dates, periods, cadence, volume."""
    if required := [column.name for column in contract.stored_columns if column.required]:
        yield holds(
            "required_given",
            " AND ".join(f"{name} IS NOT NULL" for name in required),
            ("extract_id", "line", *required),
            "A row lacks what the contract requires of every row, and should be in quarantine: load the extract again.",
        )
    if dates := [column.name for column in contract.stored_columns if column.type in _DATES]:
        yield holds(
            "dates_plausible",
            " AND ".join(
                f"({name} IS NULL OR {name} BETWEEN DATE '1900-01-01' AND current_date + 2)" for name in dates
            ),
            ("extract_id", "line", *dates),
            "A date lies before 1900 or in the future: look at the line of the file named here.",
            "warning",
        )
    current = _current(contract)
    yield no_rows(
        "periods_begun",
        f"SELECT file_name, period_start FROM ({current}) AS loaded WHERE period_start > current_date "
        "AND EXISTS (SELECT 1 FROM {batch})",
        "A file holds rows of a period that has not begun, so a date in it or the clock of this computer is wrong: "
        "correct the date in the file, or set the clock right.",
    )
    yield _newest_in_time(contract)
    if contract.expected_forces == NATIONAL:  # the others' months stand in marts.source_month
        yield _periods_complete(contract)
    yield _volume_as_usual(contract)


def _current(contract: Contract) -> str:
    return f"SELECT * FROM ops.extract WHERE source = '{contract.name}' AND status = 'loaded'"


def _steps(contract: Contract) -> tuple[int, int]:
    """Months from one period to the next, and months of data that a new period begins with."""
    length = _MONTHS[contract.layout.period.length if contract.layout else "month"]
    cadence = _MONTHS[contract.cadence]
    return max(length, cadence), min(length, cadence)


def newest_period(contract: Contract, extracts: str) -> str:
    """SQL for one row: the newest period of a source, when the next is due by its cadence, and how many days late it is.

    All are NULL where no real extract is among `extracts`, rows of ops.extract of this source.
    """
    step, first = _steps(contract)
    return f"""
        SELECT max(period_start) AS newest_period,
            CAST(newest_period + INTERVAL {step + first} MONTH AS DATE) + {contract.lag_days} AS next_due,
            current_date - next_due AS days_late
        FROM {extracts} AS loaded WHERE NOT is_sample
    """


def _newest_in_time(contract: Contract) -> Expect:
    newest = newest_period(contract, f"({_current(contract)})") + " AND EXISTS (SELECT 1 FROM {batch})"
    return no_rows(
        NEWEST_IN_TIME,
        f"SELECT days_late FROM ({newest}) AS newest WHERE days_late > 0",
        f"By the cadence of the source ({contract.cadence}, {contract.lag_days} days to publication) a newer period should "
        "be out: look for it at the publisher, or correct lag_days in the contract.",
        "warning",
        told=f"""
        SELECT CASE
            WHEN newest_period IS NOT NULL
                THEN concat('newest period begins ', newest_period, ', the next is due by ', next_due)
            WHEN EXISTS (SELECT 1 FROM {{batch}}) THEN 'sample, not judged'
            ELSE 'no extract'
        END FROM ({newest}) AS newest
        """,
    )


def _periods_complete(contract: Contract) -> Expect:
    step, _ = _steps(contract)
    return no_rows(
        "periods_complete",
        f"""
        SELECT slice, earlier, later FROM (
            SELECT slice, period_start AS later,
                lag(period_start) OVER (PARTITION BY force, slice ORDER BY period_start) AS earlier
            FROM ({_current(contract)}) AS loaded WHERE EXISTS (SELECT 1 FROM {{batch}})
        ) AS neighbours
        WHERE date_diff('month', earlier, later) > {step}
        """,
        "Between two periods one or more are missing: look for the files at the publisher.",
        "warning",
    )


def _volume_as_usual(contract: Contract) -> Expect:
    """Loads beside the process limits of those before them in their series (force and slice).

    Each is judged when it comes. Of a first load, which has no past, the newest period of each series is.
    """
    loads = f"""
        WITH loads AS (
            SELECT extract_id, file_name, force, coalesce(slice, '') AS slice, period_start, rows_loaded,
                run_id = last_value(run_id) OVER every_load AND run_id <> first_value(run_id) OVER every_load
                    OR period_start = max(period_start) OVER (PARTITION BY force, coalesce(slice, '')) AS is_judged
            FROM ({_current(contract)}) AS loaded WHERE EXISTS (SELECT 1 FROM {{batch}})
            WINDOW every_load AS (
                ORDER BY registered_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            )
        ),
        earlier AS (
            SELECT judged.extract_id AS series_id, 1 AS segment, 'neutral' AS direction,
                date_diff('month', DATE '1900-01-01', past.period_start) AS point_number,
                CAST(past.rows_loaded AS DOUBLE) AS value
            FROM loads AS judged JOIN loads AS past
                ON past.force = judged.force AND past.slice = judged.slice
                AND past.period_start < judged.period_start
                AND past.period_start >= judged.period_start - INTERVAL {HISTORY_MONTHS} MONTH
            WHERE judged.is_judged
        )
    """
    return no_rows(
        "volume_as_usual",
        f"""
        {loads}
        SELECT file_name, force, period_start, rows_loaded, round(lower_limit) AS lower_limit, round(upper_limit) AS upper_limit
        FROM ({process_limits("earlier")}) AS limits JOIN loads ON series_id = extract_id
        WHERE rows_loaded NOT BETWEEN lower_limit AND upper_limit
        ORDER BY abs(rows_loaded - (lower_limit + upper_limit) / 2) / (upper_limit - lower_limit) DESC
        """,
        "A file has more or fewer rows than the files before it let expect: look whether it holds the whole period once; "
        "if it does, there is nothing to do.",
        "warning",
        told=f"""
        {loads}
        SELECT concat('loads judged: ', count(*) FILTER (WHERE loads_before >= {ENOUGH}),
            '; with fewer than {ENOUGH} before them: ', count(*) FILTER (WHERE loads_before < {ENOUGH}))
        FROM (
            SELECT extract_id, count(series_id) AS loads_before
            FROM loads LEFT JOIN earlier ON extract_id = series_id WHERE is_judged GROUP BY extract_id
        ) AS counted
        """,
    )


def sums_preserved(sums: Mapping[str, Mapping[str, str]]) -> Iterator[Expect]:
    """Check `<name>_sums_preserved` for each name: queries of (period_start, amount), by layer, that must agree."""
    for name, queries in sums.items():
        layers = list(queries)
        steps = " UNION ALL ".join(
            f"SELECT '{layer}' AS layer, period_start, amount FROM ({query.strip()}) AS step"
            for layer, query in queries.items()
        )
        amounts = ", ".join(f"coalesce(sum(amount) FILTER (WHERE layer = '{layer}'), 0) AS {layer}" for layer in layers)
        yield no_rows(
            f"{name}_sums_preserved",
            f"""
            SELECT period_start, {amounts} FROM ({steps}) AS steps
            WHERE EXISTS (SELECT 1 FROM {{batch}})
            GROUP BY period_start
            HAVING greatest({", ".join(layers)}) - least({", ".join(layers)}) > 1e-6 * greatest({", ".join(layers)}, 1)
            """,
            f"What comes in is not what goes on from {layers[0]} to {layers[-1]}, so records are lost or counted twice: "
            "correct the models between them, or the sums in expectations/sums.yaml.",
        )


def sources_agree(pairs: Mapping[str, Mapping[str, Any]]) -> Iterator[Expect]:
    """Check `<name>_agree` (a warning) for each pair of sources: values of one thing lie within a band."""
    key = "measure_id, area_code, period_type, period_start, period_end"
    for name, pair in pairs.items():
        measures = f"measure_id IN ({', '.join(map(literal, pair['measures']))})" if "measures" in pair else "true"
        one, other = (
            f"SELECT {key}, coalesce(breakdown_type, '') AS breakdown, coalesce(breakdown_value, '') AS part, value, "
            f"source_kind FROM {{batch}} AS values_{side} WHERE {measures} AND value IS NOT NULL AND {pair[side]}"
            for side in ("one", "other")
        )
        # of several methods of a source the nearest counts
        gaps = f"""
            SELECT {key}, breakdown, part, min(b.value) AS other, arg_min(a.value, abs(a.value - b.value)) AS one,
                100 * (min(b.value) / arg_min(a.value, abs(a.value - b.value)) - 1) AS gap_pct,
                bool_or('synthetic' IN (a.source_kind, b.source_kind)) AS is_synthetic
            FROM ({one}) AS a JOIN ({other}) AS b USING ({key}, breakdown, part)
            GROUP BY {key}, breakdown, part
        """
        yield no_rows(
            f"{name}_agree",
            f"""
            SELECT measure_id, area_code, period_start, one, other, round(gap_pct, 1) AS gap_pct FROM ({gaps}) AS gaps
            WHERE NOT is_synthetic AND NOT coalesce(abs(gap_pct) <= {pair["band_pct"]}, false)
            ORDER BY abs(gap_pct) DESC
            """,
            f"{pair['what']} lie further apart than {pair['band_pct']} %: look which of the two is whole.",
            "warning",
            told=f"""
            SELECT CASE
                WHEN count(*) = 0 THEN 'no value of both'
                WHEN bool_and(is_synthetic) THEN concat(count(*), ' pairs, sample, not judged')
                ELSE concat(
                    count(*) FILTER (WHERE NOT is_synthetic), ' pairs, gap from ',
                    round(min(gap_pct) FILTER (WHERE NOT is_synthetic), 1), ' to ',
                    round(max(gap_pct) FILTER (WHERE NOT is_synthetic), 1), ' %'
                )
            END FROM ({gaps}) AS gaps
            """,
        )
