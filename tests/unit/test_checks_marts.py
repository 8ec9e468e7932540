"""The checks of series, comparisons, process limits, plans, releases and published figures: good data pass, each planted
defect fails its checks alone, and no check is left that nothing fails.

The tables hold only the columns that suites read.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.checks.catalog import load_suites
from tests.checks import failed

# A series `s` of four months with a break in the third, a plan with three indicators, and one row or two of all else.
GOOD = """
CREATE SCHEMA marts; CREATE SCHEMA reference; CREATE SCHEMA ops;
CREATE TABLE reference.series_break AS
    SELECT 'b' AS break_id, 'm' AS measure_id, NULL::VARCHAR AS area_code, NULL::VARCHAR AS method_id,
        NULL::VARCHAR AS breakdown_type, NULL::VARCHAR AS breakdown_value, DATE '2020-03-15' AS break_date;
CREATE TABLE reference.plan AS SELECT unnest(['p', 'empty']) AS plan_id, NULL::VARCHAR AS area_code;
CREATE TABLE reference.caveat AS SELECT 'c' AS caveat_id, NULL::VARCHAR AS plan_indicator_id, 'm' AS measure_id;
CREATE TABLE reference.plan_baseline AS SELECT unnest(['i1', 'i2']) AS plan_indicator_id;
CREATE TABLE reference.plan_target AS
    SELECT unnest(['t1', 't2']) AS target_id, unnest(['i1', 'i2']) AS plan_indicator_id;
CREATE TABLE marts.dim_force AS SELECT 'A' AS area_code, true AS is_home_force;
CREATE TABLE marts.dim_area AS SELECT 'A' AS area_code;
CREATE TABLE reference.plan_indicator AS SELECT unnest(['i1', 'i2', 'i3']) AS plan_indicator_id, 'p' AS plan_id;
CREATE TABLE marts.measure_value AS
    SELECT 'm' AS measure_id, 'A' AS area_code, 'month' AS period_type, make_date(2020, n, 1) AS period_start,
        'k' AS method_id, NULL::VARCHAR AS breakdown_type, NULL::VARCHAR AS breakdown_value, n::DOUBLE AS value,
        'final' AS status
    FROM (SELECT unnest([1, 2, 3, 4]::INTEGER[]) AS n);
CREATE TABLE marts.dim_series AS
    SELECT 's' AS series_id, 'count' AS kind, true AS is_home, 'month' AS period_type, 4 AS value_count;

CREATE TABLE marts.comparison AS
    SELECT 's' AS series_id, 'm' AS measure_id, 'A' AS area_code, 'k' AS method_id, NULL::VARCHAR AS breakdown_type,
        NULL::VARCHAR AS breakdown_value, 'previous_period' AS comparison_type, 'month' AS period_type, make_date(2020, n, 1) AS period_start,
        last_day(make_date(2020, n, 1)) AS period_end, make_date(2020, n - 1, 1) AS reference_period_start,
        if(n = 2, 1e0, NULL) AS difference, NULL::DOUBLE AS difference_low, NULL::DOUBLE AS difference_high,
        if(n = 2, 1e2, NULL) AS change_pct, if(n = 2, 1e1, NULL) AS change_pct_low, if(n = 2, 4e2, NULL) AS change_pct_high,
        if(n = 2, 'ratio_of_counts_log_95', NULL) AS interval_method, if(n = 2, 'higher', NULL) AS finding,
        if(n = 2, 'comparable', 'not_comparable') AS status
    FROM (SELECT unnest([2, 3, 4]::INTEGER[]) AS n);
CREATE TABLE marts.peer_member AS
    SELECT 's' AS series_id, DATE '2019-04-01' AS period_start, DATE '2020-03-31' AS period_end,
        'F' || n AS member_area_code, if(n = 4, 'shown_beside', 'member') AS role, n::DOUBLE AS value,
        if(n = 4, NULL, n) AS rank, if(n = 4, NULL, 1) AS rank_low, if(n = 4, NULL, 3) AS rank_high
    FROM (SELECT unnest([1, 2, 3, 4]::INTEGER[]) AS n);
CREATE TABLE marts.peer_comparison AS
    SELECT 's' AS series_id, DATE '2020-03-31' AS period_end, 2e0 AS group_mean, 3 AS member_count, 1 AS rank,
        1 AS rank_low, 3 AS rank_high, 3 AS rank_of, 1.5e0 AS phi, 2e0 AS funnel_centre, 1.2e0 AS funnel_lower_95,
        0.8e0 AS funnel_lower_998, 2.8e0 AS funnel_upper_95, 3.2e0 AS funnel_upper_998, 'within' AS funnel_position;

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

CREATE TABLE marts.dim_plan_indicator AS
    SELECT plan_indicator_id, plan_id, 'Plan' AS plan_title, 'Measure' AS measure_name FROM reference.plan_indicator;
CREATE TABLE marts.plan_coverage AS
    SELECT * FROM (VALUES
        ('i1', 'computed', 's', 4, NULL), ('i2', 'awaiting_source', NULL, 0, 'performance_return'),
        ('i3', 'not_measurable', NULL, 0, NULL)
    ) AS t (plan_indicator_id, state, series_id, value_count, awaited_sources);
CREATE TABLE marts.plan_indicator_value AS
    SELECT 'i1' AS plan_indicator_id, 's' AS series_id, last_day(period_start) AS period_end, *
    FROM marts.measure_value;
CREATE TABLE marts.plan_target_value AS
    SELECT plan_indicator_id, period_type, period_start, period_end, if(value < 4, 2e0, NULL) AS target_level,
        if(value < 4, NULL, 'no_reference') AS reason
    FROM marts.plan_indicator_value;
CREATE TABLE marts.plan_scorecard AS
    SELECT plan_indicator_id, period_type, period_start, value, status,
        if(value < 4, 'off_track', NULL) AS verdict,
        if(value < 4, if(value = 2, 'previous', 'target'), 'no_direction') AS judged_against,
        value = 4 AS is_latest, 'lower' AS direction, 'at_most' AS target_comparison, 0.5e0 AS target_level,
        'higher' AS previous_finding, NULL::VARCHAR AS baseline_finding
    FROM marts.plan_indicator_value
    UNION ALL SELECT 'i2', 'month', NULL, NULL, 'not_supplied', 'not_supplied', NULL, true, 'lower', NULL, NULL, NULL, NULL
    UNION ALL SELECT 'i3', 'month', NULL, NULL, 'not_comparable', 'not_comparable', NULL, true, 'lower', NULL, NULL, NULL,
        NULL;

CREATE TABLE marts.dim_plan AS
    SELECT 'p' AS plan_id, 'A' AS area_code, DATE '2020-01-01' AS starts_on, DATE '2021-01-01' AS ends_on,
        3 AS indicator_count
    UNION ALL SELECT 'empty', 'A', DATE '2020-01-01', NULL, 0;
CREATE TABLE marts.caveat AS
    SELECT 'c' AS caveat_id, 'i1' AS plan_indicator_id, 'Mind this.' AS caveat, DATE '2020-01-01' AS valid_from,
        NULL::DATE AS valid_to;
CREATE TABLE marts.plan_baseline AS
    SELECT * FROM (VALUES
        ('i1', DATE '2020-01-01', DATE '2020-12-31', 5, 4, 5, 'stated'), ('i2', NULL, NULL, NULL, NULL, NULL, 'not_set')
    ) AS t (plan_indicator_id, period_start, period_end, stated_value, series_value, baseline_value, value_from);
CREATE TABLE marts.plan_target AS
    SELECT * FROM (VALUES ('t1', 'i1', 'level', 3, NULL), ('t2', 'i2', 'change', -5, 'baseline'))
        AS t (target_id, plan_indicator_id, kind, target_value, reference),
        (SELECT DATE '2020-01-01' AS period_start, DATE '2020-12-31' AS period_end);
CREATE TABLE marts.series_break AS
    SELECT break_id, measure_id, area_code, method_id, breakdown_type, breakdown_value, break_date,
        'Counted in another way.' AS what_changed
    FROM reference.series_break;

CREATE TABLE marts.value_history AS
    SELECT 's' AS series_id, period_start, TIMESTAMP '2020-06-01' AS known_from, NULL::TIMESTAMP AS known_until
    FROM marts.measure_value
    UNION ALL SELECT 's', DATE '2020-01-01', TIMESTAMP '2020-05-01', TIMESTAMP '2020-06-01';
CREATE TABLE marts.restatement AS
    SELECT 's' AS series_id, 'm' AS measure_id, DATE '2020-01-01' AS period_start, TIMESTAMP '2020-06-01' AS restated_at,
        'revised' AS change, 'new_extract' AS reason;
CREATE TABLE ops.release AS SELECT TIMESTAMP '2020-06-01' AS known_at;

CREATE TABLE marts.published_issue AS SELECT unnest(['x1', 'x2']) AS issue_id;
CREATE TABLE marts.reconciliation AS
    SELECT * FROM (VALUES ('f1', 'x1'), ('f2', NULL)) AS t (figure_id, issue_id);
CREATE TABLE marts.street_official_gap AS
    SELECT 'A' AS area_code, 'Force' AS force_name, DATE '2020-01-01' AS quarter_start, crime_type, 1 AS street_count,
        official_count, difference_pct, status, 'computed' AS source_kind
    FROM (VALUES ('Burglary', 2, -50e0, 'comparable'), ('Drugs', NULL, NULL, 'not_supplied'))
        AS t (crime_type, official_count, difference_pct, status)
    -- all crime of a sample quarter, and of 14 real ones, of which the street files lack 5 and 6 % in turn
    UNION ALL
    SELECT 'A', 'Force', CAST(DATE '2017-01-01' + INTERVAL (3 * n) MONTH AS DATE), NULL,
        if(n = 0, 50, 95 - n % 2), 100, if(n = 0, -50e0, -5e0 - n % 2), 'comparable', if(n = 0, 'synthetic', 'computed')
    FROM range(15) AS t (n);
"""
# What is planted in each table ({t}, or another table that it is held against) and the checks that it fails.
DEFECTS: dict[str, dict[str, str]] = {
    "marts.dim_plan": {
        "INSERT INTO {t} FROM {t}": "plan_id_unique",
        "DELETE FROM {t} WHERE plan_id = 'empty'": "plans_all_there",
        "UPDATE {t} SET area_code = 'B'": "area_code_refers",
        "UPDATE {t} SET ends_on = starts_on": "days_in_order",
        "UPDATE {t} SET indicator_count = 2 WHERE plan_id = 'p'": "indicators_all_counted",
    },
    "marts.caveat": {
        "INSERT INTO {t} FROM {t}": "key_unique",
        "UPDATE {t} SET caveat = NULL": "caveat_given",
        "UPDATE {t} SET plan_indicator_id = 'i9'": "plan_indicator_id_refers",
        "UPDATE {t} SET valid_to = DATE '2019-01-01'": "days_in_order",
        "DELETE FROM {t}": "caveats_all_there",
    },
    "marts.plan_baseline": {
        "INSERT INTO {t} FROM {t}": "plan_indicator_id_unique",
        "UPDATE {t} SET plan_indicator_id = 'i9' WHERE plan_indicator_id = 'i1'": "plan_indicator_id_refers baselines_all_there",
        "UPDATE {t} SET value_from = 'not_set'": "value_or_reason",
        "UPDATE {t} SET baseline_value = 4 WHERE plan_indicator_id = 'i1'": "stated_comes_first",
        "UPDATE {t} SET period_end = DATE '2019-01-01' WHERE plan_indicator_id = 'i1'": "period_in_order",
    },
    "marts.plan_target": {
        "INSERT INTO {t} FROM {t}": "target_id_unique",
        "UPDATE {t} SET plan_indicator_id = 'i9'": "plan_indicator_id_refers",
        "UPDATE {t} SET target_value = NULL": "target_value_given",
        "DELETE FROM {t} WHERE target_id = 't1'": "targets_all_there",
        "UPDATE {t} SET period_end = DATE '2019-01-01'": "period_in_order",
        "UPDATE {t} SET reference = NULL": "reference_for_changes",
    },
    "marts.series_break": {
        "INSERT INTO {t} FROM {t}": "key_unique",
        "UPDATE {t} SET break_date = NULL": "break_date_given",
        "UPDATE {t} SET what_changed = NULL": "what_changed_given",
        "UPDATE {t} SET area_code = 'B'": "area_code_refers",
        "UPDATE {t} SET breakdown_value = 'x'": "breakdown_value_has_type",
        "DELETE FROM {t}": "breaks_all_there",
    },
    "marts.dim_series": {
        "INSERT INTO {t} SELECT * REPLACE (0 AS value_count) FROM {t}": "series_id_unique",
        "UPDATE {t} SET kind = 'median'": "kind_known",
        "UPDATE {t} SET value_count = 3": "series_hold_every_value",
        "DELETE FROM {t}": "series_hold_every_value",
    },
    "marts.comparison": {
        "INSERT INTO {t} FROM {t}": "key_unique",
        "UPDATE {t} SET series_id = 'other'": "series_id_refers",
        "UPDATE {t} SET comparison_type = 'last_week'": "comparison_type_known reference_lies_back_as_said",
        "UPDATE {t} SET finding = 'no_clear_change' WHERE finding = 'higher'": "finding_follows_interval",
        "UPDATE {t} SET change_pct_low = -1 WHERE finding = 'higher'": "finding_follows_interval",
        "UPDATE {t} SET change_pct = 5 WHERE finding = 'higher'": "interval_encloses_change",
        "UPDATE {t} SET difference_low = 2, difference_high = 3 WHERE finding = 'higher'": "interval_encloses_change",
        "UPDATE {t} SET difference = 0 WHERE status = 'not_comparable'": "nothing_said_without_comparison",
        "UPDATE {t} SET status = 'comparable'": "no_break_between",
        "UPDATE {t} SET reference_period_start = reference_period_start - INTERVAL 1 MONTH WHERE status = 'comparable'": "reference_lies_back_as_said",
    },
    "marts.peer_comparison": {
        "INSERT INTO {t} FROM {t}": "key_unique",
        "UPDATE {t} SET funnel_position = 'high'": "funnel_position_known",
        "UPDATE {t} SET rank = 4": "ranks_in_order",
        "UPDATE {t} SET rank_low = 0": "ranks_in_order",
        "UPDATE {t} SET member_count = 4": "ranks_in_order",
        "UPDATE {t} SET phi = 0.5": "funnel_in_order",
        "UPDATE {t} SET funnel_upper_95 = 1.9": "funnel_in_order",
        "UPDATE {t} SET group_mean = 2.5": "mean_is_of_members",
        "UPDATE {t} SET group_mean = NULL": "mean_is_of_members",
        "DELETE FROM marts.peer_member": "mean_is_of_members",
    },
    "marts.peer_member": {
        "UPDATE {t} SET member_area_code = 'F1'": "key_unique",
        "UPDATE {t} SET rank_high = 2": "rank_within_its_interval",
    },
    "marts.spc_point": {
        "INSERT INTO {t} SELECT * FROM {t} LIMIT 1": "key_unique every_month_is_judged",
        "DELETE FROM {t} WHERE month = DATE '2020-01-01'": "every_month_is_judged",
        "UPDATE {t} SET point_type = 'odd', rule = 'trend' WHERE segment = 1": "point_type_known",
        "UPDATE {t} SET no_verdict_reason = NULL": "verdict_or_reason",
        "UPDATE {t} SET rule = 'trend' WHERE segment = 1": "verdict_or_reason",
        "UPDATE {t} SET near_upl = 4 WHERE segment = 1": "limits_enclose_mean",
        "UPDATE {t} SET value = 3.5 WHERE segment = 1": "outside_is_outside",
        "UPDATE {t} SET segment = 1 WHERE segment = 2": "no_segment_crosses_a_break",
        "UPDATE {t} SET segment = 1, no_verdict_reason = NULL, point_type = 'common_cause' "
        "WHERE segment IS NULL": "no_segment_crosses_a_break",
    },
    "marts.rare_event_point": {
        "UPDATE {t} SET event_key = 'k'": "key_unique",
        "UPDATE {t} SET days_between = 0": "days_follow_from_dates",
        "UPDATE {t} SET lpl = -1": "limits_enclose_mean",
    },
    "marts.dim_plan_indicator": {
        "UPDATE {t} SET plan_title = NULL": "plan_title_given",
        "UPDATE {t} SET measure_name = NULL": "measure_name_given",
        "INSERT INTO {t} FROM {t}": "plan_indicator_id_unique",
        "DELETE FROM {t} WHERE plan_indicator_id = 'i3'": "indicators_all_there",
        "UPDATE {t} SET plan_id = 'q'": "indicators_all_there",
    },
    "marts.plan_coverage": {
        "INSERT INTO {t} FROM {t}": "plan_indicator_id_unique",
        "DELETE FROM {t} WHERE plan_indicator_id = 'i3'": "indicators_all_covered",
        "UPDATE {t} SET state = 'hoped_for' WHERE state = 'computed'": "state_known",
        "UPDATE {t} SET state = 'published' WHERE state = 'not_measurable'": "state_follows_values",
        "UPDATE {t} SET awaited_sources = NULL": "state_follows_values",
        "UPDATE {t} SET value_count = 3 WHERE state = 'computed'": "series_exist",
        "UPDATE {t} SET series_id = 'other' WHERE state = 'computed'": "series_exist",
    },
    "marts.plan_indicator_value": {
        "INSERT INTO {t} FROM {t}": "key_unique",
        "UPDATE {t} SET value = 2 WHERE value = 1": "values_are_those_of_the_series",
        "UPDATE {t} SET status = 'partial' WHERE value = 1": "values_are_those_of_the_series",
    },
    "marts.plan_target_value": {
        "INSERT INTO {t} FROM {t}": "key_unique",
        "UPDATE {t} SET reason = NULL": "level_or_reason",
        "UPDATE {t} SET reason = 'another_unit'": "level_or_reason",
    },
    "marts.plan_scorecard": {
        "UPDATE {t} SET verdict = 'splendid', judged_against = NULL WHERE value = 1": "verdict_known",
        "DELETE FROM {t} WHERE plan_indicator_id = 'i3'": "every_indicator_has_one_latest_row",
        "UPDATE {t} SET is_latest = true": "every_indicator_has_one_latest_row",
        "UPDATE {t} SET judged_against = NULL WHERE value = 1": "no_verdict_without_ground",
        "UPDATE {t} SET verdict = NULL, judged_against = NULL WHERE value = 1": "no_verdict_without_ground",
        "UPDATE {t} SET verdict = 'not_supplied', judged_against = NULL WHERE value = 1": "no_verdict_without_ground",
        "UPDATE {t} SET verdict = NULL WHERE value IS NULL": "no_verdict_without_ground",
        "UPDATE {t} SET verdict = 'met' WHERE value = 1": "verdict_follows_target",
        "UPDATE {t} SET target_level = 1 WHERE value = 1": "verdict_follows_target",
        "UPDATE {t} SET verdict = 'on_track' WHERE value = 2": "verdict_follows_finding",
    },
    "marts.value_history": {
        "UPDATE {t} SET known_from = TIMESTAMP '2020-06-01'": "version_unique versions_in_order",
        "UPDATE {t} SET known_until = NULL": "standing_versions_are_the_values",
        "DELETE FROM {t}": "standing_versions_are_the_values",
        "UPDATE {t} SET known_until = known_from WHERE known_until IS NOT NULL": "versions_in_order",
    },
    "marts.restatement": {
        "INSERT INTO {t} FROM {t}": "key_unique",
        "UPDATE {t} SET change = 'moved'": "change_known",
        "UPDATE {t} SET reason = 'whim'": "reason_known",
        "UPDATE {t} SET reason = 'new_method'": "changes_have_new_data",
        "UPDATE {t} SET reason = 'no_longer_computed', change = 'withdrawn'": "values_still_computed",
    },
    "marts.published_issue": {
        "INSERT INTO {t} FROM {t}": "issue_unique",
        "DELETE FROM {t} WHERE issue_id = 'x1'": "every_problem_of_a_figure_is_explained",
    },
    "marts.street_official_gap": {
        "UPDATE {t} SET crime_type = 'Drugs'": "key_unique",
        "UPDATE {t} SET difference_pct = NULL": "gap_between_two_counts",
        "UPDATE {t} SET status = 'comparable'": "gap_between_two_counts",
        # beyond a tenth with few quarters before it; beyond the limits of those before it
        "UPDATE {t} SET difference_pct = -11 WHERE quarter_start = DATE '2017-10-01'": "gap_as_usual gap_follows_from_counts",
        "UPDATE {t} SET difference_pct = -9 WHERE quarter_start = DATE '2020-07-01'": "gap_as_usual gap_follows_from_counts",
        "UPDATE {t} SET official_count = 4 WHERE status = 'comparable'": "gap_follows_from_counts",
    },
}
SUITES = {table: load_suites()[table] for table in DEFECTS}
CASES = [(table, defect, names) for table, defects in DEFECTS.items() for defect, names in defects.items()]


@pytest.fixture(scope="module")
def shared() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(GOOD)
        yield connection


@pytest.fixture
def tables(shared: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    shared.execute("BEGIN")
    yield shared
    shared.execute("ROLLBACK")


@pytest.mark.parametrize("table", SUITES)
def test_good_data_pass(tables: duckdb.DuckDBPyConnection, table: str) -> None:
    assert failed(tables, SUITES[table]) == set()


@pytest.mark.parametrize(("table", "defect", "names"), CASES, ids=[f"{t}-{names.split()[0]}" for t, _, names in CASES])
def test_a_defect_fails_its_checks(tables: duckdb.DuckDBPyConnection, table: str, defect: str, names: str) -> None:
    tables.execute(defect.format(t=table))
    assert failed(tables, SUITES[table]) == set(names.split())


@pytest.mark.parametrize("table", SUITES)
def test_every_check_has_a_defect_that_it_finds(table: str) -> None:
    found = {name for names in DEFECTS[table].values() for name in names.split()}
    assert {expect.name for expect in SUITES[table].expectations} - found == set()
