"""The checks of the process limits find what they are for."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from expectations.marts.rare_event_point import SUITE as RARE
from expectations.marts.spc_point import SUITE as SPC
from pipelines.checks.suite import ROWS, Suite

GOOD = """
CREATE SCHEMA marts; CREATE SCHEMA reference;
CREATE TABLE reference.series_break AS
    SELECT 'b' AS break_id, 'm' AS measure_id, NULL::VARCHAR AS area_code, NULL::VARCHAR AS method_id,
        NULL::VARCHAR AS breakdown_type, NULL::VARCHAR AS breakdown_value, DATE '2020-03-15' AS break_date;
CREATE TABLE marts.dim_series AS
    SELECT 's' AS series_id, true AS is_home, 'month' AS period_type, 4 AS value_count;
CREATE TABLE marts.spc_point AS
    SELECT 's' AS series_id, 'm' AS measure_id, 'A' AS area_code, 'k' AS method_id, NULL::VARCHAR AS breakdown_type,
        NULL::VARCHAR AS breakdown_value, make_date(2020, n, 1) AS month, 1e0 AS value,
        if(n = 3, NULL, if(n < 3, 1, 2)) AS segment, if(n = 3, NULL, 1e0) AS mean, if(n = 3, NULL, -1e0) AS lpl,
        if(n = 3, NULL, 3e0) AS upl, if(n = 3, NULL, 0e0) AS near_lpl, if(n = 3, NULL, 2e0) AS near_upl,
        NULL::VARCHAR AS rule, if(n = 3, NULL, 'common_cause') AS point_type,
        if(n = 3, 'mixed_month', NULL) AS no_verdict_reason
    FROM (SELECT unnest([1, 2, 3, 4]::INTEGER[]) AS n);
CREATE TABLE marts.rare_event_point AS
    SELECT 'e' AS event_id, 'k' || n AS event_key, DATE '2020-01-01' AS previous_event_date,
        DATE '2020-01-01' + n AS event_date, n AS days_between, 0e0 AS lpl, 0.5e0 AS near_lpl, 2e0 AS mean,
        5e0 AS near_upl, 9e0 AS upl
    FROM (SELECT unnest([1, 2]::INTEGER[]) AS n);
"""


@pytest.fixture
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(GOOD)
        yield connection


def failed(tables: duckdb.DuckDBPyConnection, suite: Suite) -> set[str]:
    queries = {e.name: e.kwargs["unexpected_rows_query"] for e in suite.expectations if e.type == ROWS}
    return {name for name, query in queries.items() if tables.execute(query.format(batch=suite.table)).fetchone()}


@pytest.mark.parametrize("suite", [SPC, RARE], ids=lambda suite: suite.table)
def test_good_points_pass(tables: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    assert failed(tables, suite) == set()


@pytest.mark.parametrize(
    ("suite", "defect", "names"),
    [
        (SPC, "INSERT INTO {t} SELECT * FROM {t} LIMIT 1", "key_unique every_month_is_judged"),
        (SPC, "DELETE FROM {t} WHERE month = DATE '2020-01-01'", "every_month_is_judged"),
        (SPC, "UPDATE {t} SET no_verdict_reason = NULL", "verdict_or_reason"),
        (SPC, "UPDATE {t} SET rule = 'trend' WHERE segment = 1", "verdict_or_reason"),
        (SPC, "UPDATE {t} SET near_upl = 4 WHERE segment = 1", "limits_enclose_mean"),
        (SPC, "UPDATE {t} SET value = 3.5 WHERE segment = 1", "outside_is_outside"),
        (SPC, "UPDATE {t} SET segment = 1 WHERE segment = 2", "no_segment_crosses_a_break"),
        (
            SPC,
            "UPDATE {t} SET segment = 1, no_verdict_reason = NULL, point_type = 'common_cause' WHERE segment IS NULL",
            "no_segment_crosses_a_break",
        ),
        (RARE, "UPDATE {t} SET event_key = 'k'", "key_unique"),
        (RARE, "UPDATE {t} SET days_between = 0", "days_follow_from_dates"),
        (RARE, "UPDATE {t} SET lpl = -1", "limits_enclose_mean"),
    ],
)
def test_a_defect_is_found(tables: duckdb.DuckDBPyConnection, suite: Suite, defect: str, names: str) -> None:
    tables.execute(defect.format(t=suite.table))
    assert failed(tables, suite) == set(names.split())
