"""The whole way of a number: what it means, the figures it is made of, the files they come from, and what was said before."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.macros import Macros
from pipelines.returns.periods import parse_period

ROLLING = re.compile(r"[Yy][Ee] ?(\d{4}-\d{2})")
PERIOD_FORMS = "2020-03, 2019Q4 (January to March 2020), 2019/20, 2019, YE2020-03 (twelve months to March 2020)"


class ExplainError(ValueError):
    """What was asked for is not in the file; the message says what is."""


@dataclass(frozen=True)
class Question:
    """Which numbers: rows of marts.measure_value of one measure, area and period, of one breakdown or of the total."""

    measure_id: str
    plan_indicator_id: str | None
    area_code: str
    period_type: str
    period_start: dt.date
    breakdown_value: str | None


def find(
    connection: duckdb.DuckDBPyConnection, indicator: str, area: str, period: str, breakdown: str | None = None
) -> Question:
    """What the words of a person mean: an indicator of a plan or a measure, an area by code or name, and a period.

    Raises:
        ExplainError: one of them is not known; the message says what would be.
    """
    planned = _rows(connection, "SELECT * FROM marts.dim_plan_indicator WHERE plan_indicator_id = ?", indicator)
    measure_id = planned[0]["measure_id"] if planned else indicator
    if not _rows(connection, "SELECT 1 AS one FROM marts.dim_measure WHERE measure_id = ?", measure_id):
        near = _rows(
            connection,
            """
            SELECT id FROM (
                SELECT measure_id AS id FROM marts.dim_measure UNION SELECT plan_indicator_id FROM marts.dim_plan_indicator
            ) ORDER BY jaro_winkler_similarity(lower(id), lower(?)) DESC, id LIMIT 3
            """,
            indicator,
        )
        raise ExplainError(
            f"There is no measure or plan indicator {indicator!r}; the nearest are {', '.join(row['id'] for row in near)}."
        )
    areas = _rows(
        connection,
        "SELECT DISTINCT area_code, area_name FROM marts.dim_area "
        "WHERE area_code = $1 OR force = lower($1) AND area_type = 'force' OR lower(area_name) = lower($1)",
        area,
    )
    if len(areas) != 1:
        which = f"means {', '.join(row['area_code'] for row in areas)}: choose one" if areas else "is not known"
        raise ExplainError(f"The area {area!r} {which}; codes and names are in marts.dim_area.")
    rolling = ROLLING.fullmatch(period)
    found = parse_period(rolling[1] if rolling else period)
    if found is None:
        raise ExplainError(f"{period!r} is no period; write it as {PERIOD_FORMS}.")
    start = dt.date(found.start.year - 1 + found.start.month // 12, found.start.month % 12 + 1, 1)
    return Question(
        measure_id,
        planned[0]["plan_indicator_id"] if planned else None,
        areas[0]["area_code"],
        "rolling_12m" if rolling else found.type,
        start if rolling else found.start,
        breakdown or (planned[0]["breakdown_value"] if planned else None),
    )


def explain(connection: duckdb.DuckDBPyConnection, question: Question) -> Iterator[str]:
    """The way of each number that the question means, line by line; headings end with a colon.

    Raises:
        ExplainError: there is no such row.
    """
    values = _rows(
        connection,
        f"""
        SELECT *, {Macros("series.sql").series_id("held")} AS series_id FROM marts.measure_value AS held
        WHERE measure_id = ? AND area_code = ? AND period_type = ? AND period_start = ?
            AND breakdown_value IS NOT DISTINCT FROM ?
        ORDER BY breakdown_type, method_id, denominator_id
        """,
        question.measure_id,
        question.area_code,
        question.period_type,
        question.period_start,
        question.breakdown_value,
    )
    chosen = _rows(
        connection,
        "SELECT DISTINCT series_id FROM marts.plan_indicator_value WHERE plan_indicator_id = ?",
        question.plan_indicator_id,
    )
    if meant := [value for value in values if value["series_id"] in {row["series_id"] for row in chosen}]:
        values = meant  # the plan says which of several methods it means
    if not values:
        raise ExplainError(_what_there_is(connection, question))
    yield from _definition(connection, question)
    for value in values:
        yield ""
        yield from _value(value)
        yield from _comparisons(connection, value)
        yield from _history(connection, value)
        yield from _breaks(connection, value)
    yield ""
    yield from _caveats(connection, question)
    yield from _published(connection, question)
    yield from _extracts(connection, sorted({name for value in values for name in value["extract_ids"] or ()}))
    yield from _checks(connection, sorted({str(value["source_id"]) for value in values}))


def _definition(connection: duckdb.DuckDBPyConnection, question: Question) -> Iterator[str]:
    measure = _rows(connection, "SELECT * FROM marts.dim_measure WHERE measure_id = ?", question.measure_id)[0]
    area = _rows(connection, "SELECT area_name FROM marts.dim_area WHERE area_code = ?", question.area_code)[0]
    of = f", {question.breakdown_value}" if question.breakdown_value else ""
    yield f"{measure['measure_name']}{of}, {area['area_name']}, {question.period_type} from {question.period_start:%d %B %Y}"
    if question.plan_indicator_id:
        indicator = _rows(
            connection,
            "SELECT * FROM marts.dim_plan_indicator WHERE plan_indicator_id = ?",
            question.plan_indicator_id,
        )[0]
        place = f", {indicator['document']} line {indicator['line']}" if indicator["document"] else ""
        yield f"  in the plan:  {indicator['indicator_name']} ({indicator['plan_title']}{place})"
    yield f"  what it is:   {measure['definition']}."
    yield f"  unit:         {measure['unit']}"
    if measure["denominator"]:
        yield f"  how:          {measure['numerator']} / {measure['denominator']}. {measure['method']}."
    else:
        yield f"  how:          {measure['numerator']}. {measure['method']}."


def _value(value: dict[str, Any]) -> Iterator[str]:
    on = f" on {value['denominator_id']}" if value["denominator_id"] else ""
    by = f", by {value['breakdown_type']}" if value["breakdown_type"] else ""
    yield f"{value['method_id']}{on}{by}:"
    if value["value"] is None:
        yield f"  value:        none, because: {value['status']}"
        return
    yield f"  value:        {_number(value['value'])}   ({value['status']}, {value['source_kind']})"
    if value["denominator"] is not None and value["numerator"] is not None:
        factor = f" x {value['multiplier']:,.0f}" if value["multiplier"] != 1 else ""
        made = value["numerator"] / value["denominator"] * value["multiplier"]
        yield f"  formula:      {_number(value['numerator'])} / {_number(value['denominator'])}{factor} = {_number(made)}"
    elif value["numerator"] is not None:
        yield f"  formula:      {_number(value['numerator'])}, counted"
    if value["ci_method"]:
        yield f"  interval:     {_number(value['ci_low'])} to {_number(value['ci_high'])}   ({value['ci_method']})"
    if value["n_unknown"] is not None:
        yield f"  not placed:   {value['n_unknown']:,} records"


def _comparisons(connection: duckdb.DuckDBPyConnection, value: dict[str, Any]) -> Iterator[str]:
    for row in _rows(
        connection,
        """
        SELECT comparison_type, words FROM marts.comparison
        WHERE series_id = ? AND period_start = ? AND words IS NOT NULL ORDER BY comparison_type
        """,
        value["series_id"],
        value["period_start"],
    ):
        yield f"  {row['comparison_type'].replace('_', ' ')}: {row['words']}"


def _history(connection: duckdb.DuckDBPyConnection, value: dict[str, Any]) -> Iterator[str]:
    for row in _rows(
        connection,
        """
        SELECT value, status, known_from, known_until FROM marts.value_history
        WHERE series_id = ? AND period_start = ? AND known_until IS NOT NULL ORDER BY known_from
        """,
        value["series_id"],
        value["period_start"],
    ):
        said = _number(row["value"]) if row["value"] is not None else f"no value ({row['status']})"
        yield f"  said before:  {said}, from {row['known_from']:%d %B %Y} until {row['known_until']:%d %B %Y}"


def _breaks(connection: duckdb.DuckDBPyConnection, value: dict[str, Any]) -> Iterator[str]:
    is_about = Macros("series.sql").is_about("breaks", "asked")
    for row in _rows(
        connection,
        f"""
        SELECT breaks.break_date, breaks.what_changed
        FROM marts.series_break AS breaks
        JOIN (
            SELECT ? AS measure_id, ? AS area_code, ? AS method_id, ? AS breakdown_type, ? AS breakdown_value
        ) AS asked ON {is_about}
        ORDER BY ALL
        """,
        *(value[name] for name in ("measure_id", "area_code", "method_id", "breakdown_type", "breakdown_value")),
    ):
        yield f"  break:        {row['break_date']:%d %B %Y}: {row['what_changed']}"


def _caveats(connection: duckdb.DuckDBPyConnection, question: Question) -> Iterator[str]:
    rows = _rows(
        connection,
        "SELECT DISTINCT caveat FROM marts.caveat WHERE plan_indicator_id = $1 OR measure_id = $2 ORDER BY caveat",
        question.plan_indicator_id,
        question.measure_id,
    )
    if rows:
        yield "Caveats:"
    for row in rows:
        yield f"  - {row['caveat']}"


def _published(connection: duckdb.DuckDBPyConnection, question: Question) -> Iterator[str]:
    rows = _rows(
        connection,
        """
        SELECT figure_id, as_printed, computed_value, verdict, document, line FROM marts.reconciliation
        WHERE measure_id = ? AND area_code = ? AND period_start = ? AND breakdown_value IS NOT DISTINCT FROM ?
        ORDER BY figure_id
        """,
        question.measure_id,
        question.area_code,
        question.period_start,
        question.breakdown_value,
    )
    if rows:
        yield "Published:"
    for row in rows:
        computed = _number(row["computed_value"]) if row["computed_value"] is not None else "nothing"
        yield f"  - {row['as_printed']} ({row['document']} line {row['line']}); computed {computed}: {row['verdict']}"


def _extracts(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Iterator[str]:
    rows = _rows(
        connection,
        """
        SELECT source, file_path, sha256, rows_loaded, rows_quarantined, is_sample, registered_at
        FROM ops.extract WHERE list_contains(?, extract_id) ORDER BY source, period_start, file_path
        """,
        list(names),
    )
    yield f"Extracts ({len(rows)}):" if rows else "Extracts: none behind it."
    for row in rows:
        sample = ", SAMPLE" if row["is_sample"] else ""
        aside = f", {row['rows_quarantined']:,} set aside" if row["rows_quarantined"] else ""
        yield (
            f"  - {row['file_path']} ({row['source']}; {row['rows_loaded']:,} rows{aside}; "
            f"{row['registered_at']:%d %B %Y}{sample})\n    sha256 {row['sha256']}"
        )


def _checks(connection: duckdb.DuckDBPyConnection, sources: Sequence[str]) -> Iterator[str]:
    rows = _rows(
        connection,
        """
        SELECT table_name, check_name, severity, status, observed, description FROM ops.check_result
        WHERE table_name = 'marts.measure_value'
            OR list_contains($1, replace(split_part(table_name, '.', 2), 'stg_', ''))
        QUALIFY row_number() OVER (PARTITION BY table_name, check_name ORDER BY checked_at DESC) = 1
        ORDER BY ALL
        """,
        list(sources),
    )
    poor = [row for row in rows if row["status"] != "passed"]
    yield f"Checks of its tables: {len(rows) - len(poor)} passed, {len(poor)} did not{':' if poor else '.'}"
    for row in poor:
        yield f"  - {row['severity']}: {row['table_name']}, {row['check_name']}: {row['observed']}. {row['description']}"


def _what_there_is(connection: duckdb.DuckDBPyConnection, question: Question) -> str:
    held = _rows(
        connection,
        """
        SELECT period_type, first_period_start, last_period_end FROM marts.coverage
        WHERE measure_id = ? AND area_code = ? ORDER BY period_type
        """,
        question.measure_id,
        question.area_code,
    )
    broken = _rows(
        connection,
        "SELECT DISTINCT breakdown_value FROM marts.measure_value WHERE measure_id = ? AND area_code = ? ORDER BY ALL",
        question.measure_id,
        question.area_code,
    )
    if not held:
        return f"There is no row of {question.measure_id} for {question.area_code}; marts.coverage says what there is."
    spans = "; ".join(
        f"{row['period_type']} {row['first_period_start']} to {row['last_period_end']}" for row in held
    )  # fmt: skip
    cuts = ", ".join("total" if row["breakdown_value"] is None else row["breakdown_value"] for row in broken[:12])
    return (
        f"There is no row of {question.measure_id} for {question.area_code}, {question.period_type} from "
        f"{question.period_start}, {question.breakdown_value or 'total'}. There is: {spans}. Broken down by: {cuts}."
    )


def _number(value: float) -> str:
    """With thousands separators, and as many decimals as tell it apart, at most six."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6f}".rstrip("0").rstrip(".")


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[dict[str, Any]]:
    result = connection.execute(query, list(parameters))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
