"""Checks for records that can be read and cannot be right: repeated, constant, of the future, of part of a month.

Each compares an extract with what others of its source tell, or with the calendar, and names the file. All are
warnings: a person has to look, and the figures may stand.
"""

from __future__ import annotations

from pipelines.checks.shared import with_file
from pipelines.checks.suite import Expect, no_rows

ENOUGH = 100
"""Rows below which an extract is too small to look odd."""
DAYS_WITHOUT = 5
"""So many days at the start or the end of a month may be without a record; Easter has four."""
LEAST_JOINED = 0.25
"""Share of a month's outcomes that belong to crimes of the last four months: 0.8 in real files, never below 0.69."""


def varied(*columns: str) -> Expect:
    """Check `columns_vary` (a warning): no column is empty, or says one word, all through an extract of a force of
    which other extracts tell rows apart by it."""
    totals = ", ".join(
        f"min({column}) AS {column}_low, max({column}) AS {column}_high, count({column}) AS {column}_given"
        for column in columns
    )
    alike = {
        column: f"({column}_given = 0 OR ({column}_low = {column}_high AND {column}_given >= {ENOUGH // 2}))"
        for column in columns
    }
    found = " UNION ALL ".join(
        f"SELECT extract_id, '{column}' AS column_name, row_count, CAST({column}_low AS VARCHAR) AS only_value FROM told "
        f"WHERE row_count >= {ENOUGH} AND {condition} AND force IN (SELECT force FROM told WHERE NOT {condition})"
        for column, condition in alike.items()
    )
    return no_rows(
        "columns_vary",
        with_file(
            f"WITH told AS (SELECT extract_id, any_value(force) AS force, count(*) AS row_count, {totals} "
            f"FROM {{batch}} GROUP BY extract_id) {found}"
        ),
        "A column is empty or says the same in every row of a file, as it does in no other: a field was lost or filled in "
        "by the export: look at the file.",
        "warning",
    )


def not_repeated(distinct: str, given: str = "*") -> Expect:
    """Check `rows_not_repeated` (a warning): the records of an extract, of which there are `given`, are not many more
    than their `distinct` keys (SQL aggregates)."""
    return no_rows(
        "rows_not_repeated",
        with_file(
            f"SELECT extract_id, count({given}) AS row_count, {distinct} AS distinct_rows FROM {{batch}} "
            f"GROUP BY extract_id HAVING count({given}) >= {ENOUGH} AND count({given}) > 1.4 * {distinct}"
        ),
        "Far more records of a file are alike than is usual, as when an export holds a part twice; they are all counted: "
        "compare the file with the force's own number, and export it again.",
        "warning",
        by_extract=True,
    )


def month_whole(column: str) -> Expect:
    """Check `month_whole` (a warning): the records of an extract of a month reach from its first days to its last."""
    return no_rows(
        "month_whole",
        with_file(
            f"""
            SELECT extract_id, count(*) AS row_count, CAST(min({column}) AS DATE) AS first_day,
                CAST(max({column}) AS DATE) AS last_day
            FROM {{batch}} GROUP BY extract_id, period_start
            HAVING count(*) >= {ENOUGH} AND (
                CAST(min({column}) AS DATE) > period_start + {DAYS_WITHOUT}
                OR CAST(max({column}) AS DATE) < last_day(period_start) - {DAYS_WITHOUT}
            )
            """
        ),
        "The records of a file begin late in the month or end early, as in an export from within it; what is missing "
        "counts as nothing: export the month again when it is over.",
        "warning",
        by_extract=True,
    )


def timed(column: str) -> Expect:
    """Check `times_given` (a warning): not most times of an extract are midnight, as in a day without its time."""
    return no_rows(
        "times_given",
        with_file(
            f"""
            SELECT extract_id, count(*) AS row_count FROM {{batch}} GROUP BY extract_id
            HAVING count(*) >= {ENOUGH}
                AND 2 * count(*) FILTER (WHERE {column} = date_trunc('day', {column})) > count(*)
            """
        ),
        "Most times of a file are midnight, so the time of day was lost and waits are wrong: export it with times.",
        "warning",
        by_extract=True,
    )


def as_before(column: str) -> Expect:
    """Check `<column>_as_before` (a warning): the newest period of a source has no word that none before it has,
    once there are three of them."""
    return no_rows(
        f"{column}_as_before",
        with_file(
            f"""
            SELECT any_value(extract_id) AS extract_id, {column}, count(*) AS row_count FROM {{batch}}
            WHERE period_start = (SELECT max(period_start) FROM {{batch}})
                AND {column} NOT IN (
                    SELECT {column} FROM {{batch}}
                    WHERE {column} IS NOT NULL AND period_start < (SELECT max(period_start) FROM {{batch}})
                )
                AND (SELECT count(DISTINCT period_start) FROM {{batch}}) > 3
            GROUP BY {column}
            """
        ),
        f"A {column.replace('_', ' ')} is new: one was renamed, split or merged, so its series begins here and another "
        "ends: record the change in seed plans/series_break.csv, or correct the word in the export.",
        "warning",
    )


def outcomes_join() -> Expect:
    """Check `outcomes_join` (a warning): the outcomes of the newest month of a force belong to crimes of its files."""
    return no_rows(
        "outcomes_join",
        with_file(
            f"""
            WITH newest AS (
                SELECT force, max(period_start) AS month FROM {{batch}} GROUP BY force
            ),
            late AS (
                SELECT street.force, street.crime_id, street.period_start AS crime_month, newest.month
                FROM raw.police_uk_street AS street JOIN newest ON newest.force = street.force
                WHERE street.period_start >= newest.month - INTERVAL 3 MONTH
            ),
            crime AS (
                SELECT DISTINCT force, crime_id FROM late WHERE crime_id IS NOT NULL AND crime_month <= month
            )
            SELECT extract_id, count(*) AS row_count, count(crime.crime_id) AS with_crime
            FROM {{batch}} AS outcome
            JOIN newest ON newest.force = outcome.force AND newest.month = outcome.period_start
            LEFT JOIN crime ON crime.crime_id = outcome.crime_id AND crime.force = outcome.force
            WHERE outcome.crime_id IS NOT NULL
                AND outcome.force IN (SELECT force FROM late WHERE crime_month >= month - INTERVAL 1 MONTH)
            GROUP BY extract_id
            HAVING count(*) >= {ENOUGH} AND count(crime.crime_id) < {LEAST_JOINED} * count(*)
            """
        ),
        "Hardly any outcome belongs to a crime of the force's own files, so crime IDs are made in another way or a file "
        "bears the wrong name; outcomes of crimes are wrong: look at both files.",
        "warning",
    )
