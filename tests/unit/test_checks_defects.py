"""The suites of the project on a small warehouse: they pass on good data, and each planted defect fails its check.

The tables hold only the columns that suites read, with one small extract of each source.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.checks.catalog import load_suites
from pipelines.checks.runner import run_suite
from pipelines.checks.suite import ROWS

ID = "repeat('a', 64)"
LINEAGE = "'{extract}' AS extract_id, line, 'west-midlands' AS force, DATE '2020-01-01' AS period_start"
PLACE = "-1.9e0 AS longitude, 52.5e0 AS latitude, 'E01000001' AS lsoa_code"
STAGED_PLACE = f"{PLACE}, 'Birmingham 001A' AS lsoa_name, 'Birmingham' AS lad_name, true AS is_located"
SEARCH = (
    "'Male' AS gender, 'over 34' AS age_range, 'White - Irish' AS self_defined_ethnicity, "
    "'White' AS officer_defined_ethnicity, NULL::VARCHAR AS legislation, NULL::VARCHAR AS object_of_search, "
    "'Arrest' AS outcome, 'Person search' AS search_type"
)
GOOD = f"""
CREATE SCHEMA raw; CREATE SCHEMA ops; CREATE SCHEMA staging; CREATE SCHEMA marts; CREATE SCHEMA reference;
CREATE TABLE ops.extract AS
    SELECT *, 'west-midlands' AS force, DATE '2020-01-01' AS period_start, DATE '2020-01-31' AS period_end, 'loaded' AS status, false AS is_sample,
        source || '.csv' AS file_name, NULL::VARCHAR AS slice, NULL::VARCHAR AS supersedes, 0 AS rows_added,
        0 AS rows_removed
    FROM (VALUES ('s1', 'police_uk_street', 4), ('o1', 'police_uk_outcomes', 2), ('p1', 'police_uk_stop_search', 3))
        AS t (extract_id, source, rows_loaded);

CREATE TABLE raw.police_uk_street AS
    SELECT {LINEAGE.format(extract="s1")}, DATE '2020-01-01' AS month, 'West Midlands Police' AS reported_by, {PLACE},
        'On or near High Street' AS location, 'Birmingham 001A' AS lsoa_name, NULL::VARCHAR AS last_outcome_category,
        if(line = 2, 'Anti-social behaviour', 'Burglary') AS crime_type, if(line > 2, {ID}, NULL) AS crime_id
    FROM range(2, 6) AS t (line);
CREATE TABLE raw.police_uk_outcomes AS
    SELECT {LINEAGE.format(extract="o1")}, DATE '2020-01-01' AS month, {ID} AS crime_id,
        'Local resolution' AS outcome_type, {PLACE}, 'On or near High Street' AS location,
        'Birmingham 001A' AS lsoa_name
    FROM range(2, 4) AS t (line);
CREATE TABLE raw.police_uk_stop_search AS
    SELECT {LINEAGE.format(extract="p1")}, TIMESTAMPTZ '2020-01-15 12:00:00+00' AS searched_at, {SEARCH},
        -1.9e0 AS longitude, 52.5e0 AS latitude
    FROM (VALUES (2), (3), (5)) AS t (line);

CREATE TABLE staging.stg_police_uk_street AS
    SELECT * EXCLUDE (longitude, latitude, lsoa_code, lsoa_name), {STAGED_PLACE} FROM raw.police_uk_street;
CREATE TABLE staging.stg_police_uk_outcomes AS
    SELECT * EXCLUDE (longitude, latitude, lsoa_code, lsoa_name), {STAGED_PLACE} FROM raw.police_uk_outcomes;
CREATE TABLE staging.stg_police_uk_stop_search AS
    SELECT * REPLACE (TIMESTAMP '2020-01-15 12:00:00' AS searched_at), DATE '2020-01-15' AS search_date
    FROM raw.police_uk_stop_search;

CREATE TABLE reference.uncollected_month (source VARCHAR, force VARCHAR, month DATE);
CREATE TABLE reference.street_crime_type AS
    SELECT * FROM (VALUES ('Burglary', true), ('Drugs', true), ('Anti-social behaviour', false))
        AS t (crime_type, is_crime);
CREATE TABLE reference.published_figure AS
    SELECT * FROM (VALUES ('1', 4.5, '9/2'), ('2', 7.0, NULL)) AS t (figure_id, value, derivation_rule);
CREATE TABLE reference.offence_group_measure AS
    SELECT * FROM (VALUES ('total', 'street_crime_count', false), ('robbery', 'share', true))
        AS t (offence_group, count_measure_id, is_main);

CREATE TABLE marts.dim_measure AS
    SELECT unnest(['street_crime_count', 'street_crime_rate', 'share', 'stop_search_disproportionality']) AS measure_id,
        'Name' AS measure_name, 'count' AS unit, 'neutral' AS direction, 'What it says' AS definition,
        'crimes' AS numerator, 'Count' AS method;
CREATE TABLE marts.dim_force AS
    SELECT if(n = 0, 'west-midlands', 'force-' || n) AS force, if(n = 0, 'E23000014', 'F' || n) AS area_code,
        'Label ' || n AS police_uk_label, 'territorial' AS force_kind, 'Force ' || n AS force_name, n = 0 AS is_home_force
    FROM range(43) AS t (n);
CREATE TABLE marts.dim_area AS
    SELECT area_code, force AS area_name, force, 'force' AS area_type, NULL::VARCHAR AS parent_area_code,
        area_code AS measured_area_code, NULL::DATE AS valid_from, NULL::DATE AS valid_to
    FROM marts.dim_force
    UNION ALL
    SELECT 'E08000025', 'Birmingham', 'west-midlands', 'local_authority', 'E23000014', 'E08000025', NULL, NULL;
CREATE TABLE marts.dim_month AS
    SELECT month, last_day(month) AS month_end, day(last_day(month)) AS days_in_month,
        DATE '2019-04-01' AS fin_year_start, DATE '2020-03-31' AS fin_year_end,
        n + 1 AS fin_year_month_number, n // 3 + 1 AS fin_quarter_number
    FROM (SELECT n, CAST(DATE '2019-04-01' + to_months(n::INTEGER) AS DATE) AS month FROM range(12) AS t (n));
CREATE TABLE marts.source_month AS
    SELECT source, force, period_start AS month, 'supplied' AS status, rows_loaded, true AS is_sample, extract_id,
        true AS is_within_series
    FROM ops.extract
    UNION ALL
    SELECT 'police_uk_street', 'force-1', DATE '2020-01-01', 'not_supplied', NULL, NULL, NULL, false;
CREATE TABLE marts.fct_street_crime_month AS
    SELECT 'west-midlands' AS force, 'E23000014' AS area_code, DATE '2020-01-01' AS month, 'E08000025' AS lad_code,
        'in_force' AS location_status, crime_type, crime_count, 'computed' AS source_kind, 's1' AS extract_id
    FROM (VALUES ('Burglary', 3), ('Anti-social behaviour', 1)) AS t (crime_type, crime_count);
CREATE TABLE marts.fct_stop_search AS
    SELECT extract_id, line, force, 'E23000014' AS area_code, period_start AS month, self_defined_ethnicity,
        'White' AS self_defined_group, officer_defined_ethnicity, 'White' AS officer_defined_group, outcome,
        true AS is_positive_outcome, 'computed' AS source_kind
    FROM raw.police_uk_stop_search;
CREATE TABLE marts.measure_value AS
    SELECT measure_id, 'E23000014' AS area_code, 'month' AS period_type, DATE '2020-01-01' AS period_start,
        DATE '2020-01-31' AS period_end, if(part IS NULL, NULL, 'crime_type') AS breakdown_type,
        part AS breakdown_value, numerator::DOUBLE AS numerator, denominator::DOUBLE AS denominator,
        multiplier::DOUBLE AS multiplier, value::DOUBLE AS value, value * 0.9e0 AS ci_low, value * 1.1e0 AS ci_high,
        if(value IS NULL, NULL, 'byar_95') AS ci_method, 0 AS n_unknown, NULL::VARCHAR AS denominator_id,
        measure_id AS method_id, 'computed' AS source_kind, 'police_uk_street' AS source_id, status,
        ['s1'] AS extract_ids
    FROM (VALUES
        ('street_crime_count', NULL, 3.0, NULL, 1.0, 3.0, 'final'),
        ('street_crime_count', 'Burglary', 3.0, NULL, 1.0, 3.0, 'final'),
        ('street_crime_count', 'Anti-social behaviour', 1.0, NULL, 1.0, 1.0, 'final'),
        ('street_crime_count', 'Drugs', NULL, NULL, 1.0, NULL, 'not_collected'),
        ('street_crime_rate', NULL, 3.0, 2000.0, 1000.0, 1.5, 'provisional'),
        ('share', NULL, 1.0, 4.0, 100.0, 25.0, 'final')
    ) AS t (measure_id, part, numerator, denominator, multiplier, value, status);
INSERT INTO marts.measure_value BY NAME
    SELECT 'stop_search_disproportionality' AS measure_id, 'E23000014' AS area_code, 'month' AS period_type,
        DATE '2020-01-01' AS period_start, DATE '2020-01-31' AS period_end,
        'self_defined_ethnicity' AS breakdown_type, 'Black' AS breakdown_value, 10 AS numerator, 5 AS denominator,
        1 AS multiplier, 2 AS value, 1.5e0 AS ci_low, 2.5e0 AS ci_high, 'log_ratio_95' AS ci_method, 3 AS n_unknown,
        'census_2011' AS denominator_id, 'rate_ratio_known_only' AS method_id, 'computed' AS source_kind,
        'police_uk_stop_search' AS source_id, 'final' AS status, ['p1'] AS extract_ids;
CREATE TABLE marts.search_ratio AS
    SELECT area_code, 'Force 0' AS force_name, period_type, period_start, breakdown_type AS ethnicity_basis,
        breakdown_value AS ethnic_group, denominator_id, method_id, value AS ratio, status, 75 AS people_searched,
        n_unknown, 4.0e0 AS unknown_share_pct, 20.0e0 AS group_searches, 50.0e0 AS white_searches,
        2000 AS group_population, 10000 AS white_population
    FROM marts.measure_value WHERE measure_id = 'stop_search_disproportionality';
CREATE TABLE marts.reconciliation AS
    SELECT figure_id, value AS published_value, if(figure_id = '1', 4.48, NULL) AS computed_value,
        if(figure_id = '1', 'reproduces', 'not_computed') AS verdict, if(figure_id = '1', NULL, 'no source') AS reason,
        'computed' AS source_kind
    FROM reference.published_figure;
CREATE TABLE marts.figure_derivation AS
    SELECT figure_id, 'ratio' AS rule, value AS recomputed_value, 'reproduces' AS verdict
    FROM reference.published_figure WHERE figure_id = '1';
"""
STREET, OUTCOMES, SEARCHES = (f"raw.police_uk_{name}" for name in ("street", "outcomes", "stop_search"))
STAGED_STREET, STAGED_SEARCHES = "staging.stg_police_uk_street", "staging.stg_police_uk_stop_search"
FACTS, VALUES, RATIOS = "marts.fct_street_crime_month", "marts.measure_value", "marts.search_ratio"
DEFECTS = [
    # lost, repeated or unregistered rows
    (STREET, "DELETE FROM {t} WHERE line = 3", "rows_match_register"),
    (STREET, "DELETE FROM {t}", "rows_match_register table_filled"),
    (STREET, "UPDATE {t} SET line = 3 WHERE line = 4", "line_unique"),
    (STREET, "INSERT INTO {t} FROM {t}", "line_unique rows_match_register"),
    (STREET, "UPDATE ops.extract SET status = 'superseded' WHERE extract_id = 's1'", "rows_match_register"),
    (SEARCHES, "UPDATE {t} SET line = 3 WHERE line = 5", "line_unique"),
    (
        STREET,
        "UPDATE {t} SET extract_id = NULL WHERE line = 3",
        "extract_id_given rows_match_register one_extract_per_period",
    ),
    (STREET, "UPDATE {t} SET extract_id = 's2' WHERE line = 3", "rows_match_register one_extract_per_period"),
    (
        STREET,
        """UPDATE ops.extract SET supersedes = 's0', rows_removed = 2 WHERE extract_id = 's1';
        INSERT INTO ops.extract BY NAME SELECT 's0' AS extract_id, 'superseded' AS status, 6 AS rows_loaded""",
        "release_keeps_rows",
    ),
    # wrong force or month
    (STREET, "UPDATE {t} SET force = 'kent'", "labels_match_register reported_by_matches_force"),
    (
        STREET,
        "UPDATE {t} SET force = 'gotham' WHERE line = 3",
        "force_known labels_match_register reported_by_matches_force",
    ),
    (STREET, "UPDATE {t} SET month = '2020-02-01' WHERE line = 3", "month_matches_file"),
    (STREET, "UPDATE {t} SET month = NULL WHERE line = 3", "month_matches_file"),
    (OUTCOMES, "UPDATE {t} SET month = '2020-02-01' WHERE line = 3", "month_matches_file"),
    (SEARCHES, "UPDATE {t} SET searched_at = '2020-02-01 00:30+00' WHERE line = 3", "searched_in_month_of_file"),
    (SEARCHES, "UPDATE {t} SET searched_at = NULL WHERE line = 3", "searched_at_given"),
    # words and codes
    (STREET, "UPDATE {t} SET crime_type = 'Piracy' WHERE line = 3", "crime_type_known"),
    (STREET, "UPDATE {t} SET crime_type = NULL WHERE line = 3", "crime_type_given"),
    # white space is a warning and no unknown word: staging cleans it
    (STREET, "UPDATE {t} SET crime_type = ' Burglary ' WHERE line = 3", "text_tidy"),
    (STREET, "UPDATE {t} SET crime_type = chr(9) || 'Burglary' WHERE line = 3", "text_tidy"),
    (SEARCHES, "UPDATE {t} SET search_type = '  ' WHERE line = 3", "text_tidy"),
    (SEARCHES, "UPDATE {t} SET gender = chr(9), outcome = '' WHERE line = 3", "text_tidy"),
    (OUTCOMES, "UPDATE {t} SET outcome_type = 'Local resolution ' WHERE line = 3", "text_tidy"),
    (STREET, "UPDATE {t} SET crime_id = 'a1' WHERE line = 3", "crime_id_formed"),
    (STREET, "UPDATE {t} SET crime_id = NULL WHERE line = 3", "crime_id_blank_as_usual"),
    (STREET, "UPDATE {t} SET lsoa_code = 'S01000001' WHERE line = 3", "lsoa_code_formed"),
    (STREET, "UPDATE {t} SET lsoa_code = NULL WHERE line = 3", "lsoa_given_with_location"),
    (STREET, "UPDATE {t} SET longitude = 52.5, latitude = -1.9 WHERE line = 3", "longitude_in_range latitude_in_range"),
    (STREET, "UPDATE {t} SET latitude = NULL WHERE line = 3", "coordinates_whole"),
    (OUTCOMES, "UPDATE {t} SET outcome_type = NULL WHERE line = 3", "outcome_type_given"),
    (OUTCOMES, "UPDATE {t} SET crime_id = NULL WHERE line = 3", "crime_id_given"),
    (SEARCHES, "UPDATE {t} SET search_type = 'Drone search' WHERE line = 3", "search_type_known"),
    (SEARCHES, "UPDATE {t} SET self_defined_ethnicity = 'Martian' WHERE line = 3", "self_defined_ethnicity_known"),
    (SEARCHES, "UPDATE {t} SET outcome = 'Told off' WHERE line = 3", "outcome_known"),
    (SEARCHES, "UPDATE {t} SET age_range = '100+', gender = 'male' WHERE line = 3", "age_range_known gender_known"),
    # staging
    (STAGED_STREET, "DELETE FROM {t} WHERE line = 3", "rows_match_raw"),
    (STAGED_STREET, "UPDATE {t} SET crime_type = 'Burglary ' WHERE line = 3", "crime_type_known text_trimmed"),
    (STAGED_STREET, "UPDATE {t} SET is_located = false WHERE line = 3", "located_with_coordinates"),
    (STAGED_STREET, "UPDATE {t} SET lad_name = NULL WHERE line = 3", "authority_named"),
    (STAGED_SEARCHES, "UPDATE {t} SET search_date = '2020-01-14' WHERE line = 3", "search_date_is_day_of_search"),
    # marts
    ("marts.dim_force", "UPDATE {t} SET is_home_force = false", "one_home_force"),
    ("marts.dim_force", "DELETE FROM {t} WHERE force = 'force-9'", "territorial_forces_complete"),
    ("marts.dim_area", "DELETE FROM {t} WHERE area_name = 'force-9'", "forces_all_there"),
    ("marts.dim_area", "UPDATE {t} SET parent_area_code = NULL", "authority_has_force"),
    ("marts.dim_area", "INSERT INTO {t} FROM {t} WHERE area_code = 'F1'", "area_code_unique"),
    ("marts.dim_measure", "UPDATE {t} SET unit = NULL WHERE measure_id = 'share'", "unit_given"),
    ("marts.dim_measure", "UPDATE {t} SET direction = 'up' WHERE measure_id = 'share'", "direction_known"),
    ("marts.dim_measure", "INSERT INTO {t} FROM {t} WHERE measure_id = 'share'", "measure_id_unique"),
    ("marts.dim_measure", "DELETE FROM marts.measure_value WHERE measure_id = 'share'", "measures_have_values"),
    (RATIOS, "INSERT INTO {t} FROM {t}", "key_unique"),
    (RATIOS, "UPDATE {t} SET ratio = NULL", "ratio_or_reason same_as_measure"),
    (RATIOS, "UPDATE {t} SET unknown_share_pct = NULL", "share_unknown_beside_ratio"),
    (RATIOS, "UPDATE {t} SET n_unknown = 6", "share_unknown_beside_ratio same_as_measure"),
    (RATIOS, "UPDATE {t} SET white_population = 9000", "ratio_follows_from_counts"),
    (RATIOS, "UPDATE {t} SET group_searches = 2, white_searches = 5", "enough_behind_ratio"),
    (RATIOS, "DELETE FROM {t}", "same_as_measure"),
    (
        "marts.source_month",
        "INSERT INTO {t} SELECT * REPLACE ('force-2' AS force, DATE '2020-02-01' AS month, 's9' AS extract_id) "
        "FROM {t} WHERE extract_id = 's1'",
        "matches_register home_force_up_to_date",
    ),
    ("marts.dim_month", "DELETE FROM {t} WHERE month = '2019-07-01'", "no_month_missing"),
    ("marts.dim_month", "DELETE FROM {t} WHERE month >= '2020-01-01'", "extracts_within_calendar"),
    ("marts.dim_month", "UPDATE {t} SET fin_year_start = '2019-01-01'", "fin_year_april_to_march"),
    ("marts.source_month", "DELETE FROM {t} WHERE source = 'police_uk_street'", "matches_register"),
    (
        "marts.source_month",
        "UPDATE {t} SET status = 'not_supplied'",
        "supplied_has_extract matches_register holes_in_series",
    ),
    (
        "marts.source_month",
        "INSERT INTO {t} SELECT * REPLACE (DATE '2019-11-01' AS month, 'not_supplied' AS status, "
        "NULL AS extract_id, NULL AS rows_loaded, false AS is_within_series) FROM {t} WHERE extract_id = 's1'",
        "no_month_missing",
    ),
    (
        "marts.source_month",
        "INSERT INTO {t} SELECT * REPLACE ('force-3' AS force, DATE '2019-12-01' AS month, 's9' AS extract_id) "
        "FROM {t} WHERE extract_id = 's1'",
        "matches_register forces_up_to_date",
    ),
    (FACTS, "UPDATE {t} SET crime_count = 2 WHERE crime_type = 'Burglary'", "records_all_counted"),
    (FACTS, "UPDATE {t} SET crime_count = 0 WHERE crime_count = 1", "crime_count_in_range records_all_counted"),
    (FACTS, "UPDATE {t} SET lad_code = 'E99'", "lad_code_refers"),
    (FACTS, "UPDATE {t} SET source_kind = 'synthetic'", "source_kind_told"),
    (FACTS, "UPDATE ops.extract SET is_sample = true", "source_kind_told"),
    (FACTS, "UPDATE {t} SET location_status = 'outside_force'", "crimes_lie_in_force"),
    (
        FACTS,
        "UPDATE {t} SET location_status = 'outside_force', crime_count = 10 * crime_count",
        "crimes_lie_in_force file_is_of_its_force records_all_counted",
    ),
    (FACTS, "UPDATE {t} SET location_status = 'unknown_authority'", "authority_found"),
    ("marts.fct_stop_search", "DELETE FROM {t} WHERE line = 3", "records_all_there"),
    ("marts.fct_stop_search", "UPDATE {t} SET outcome = NULL WHERE line = 3", "blank_outcome_is_neither"),
    ("marts.fct_stop_search", "UPDATE {t} SET self_defined_ethnicity = NULL", "blank_ethnicity_is_unknown"),
    (VALUES, "INSERT INTO {t} FROM {t} WHERE measure_id = 'share'", "key_unique"),
    (
        VALUES,
        "UPDATE {t} SET method_id = 'home_office_recorded_crime' WHERE breakdown_value IS NULL",
        "offence_groups_add_up",
    ),
    (VALUES, "UPDATE {t} SET value = NULL WHERE measure_id = 'share'", "value_or_reason limits_enclose_value"),
    (VALUES, "UPDATE {t} SET status = 'not_supplied' WHERE measure_id = 'share'", "value_or_reason"),
    (VALUES, "UPDATE {t} SET period_start = '2019-12-01'", "missing_is_not_zero"),
    (VALUES, "UPDATE marts.source_month SET status = 'not_supplied'", "missing_is_not_zero"),
    (VALUES, "UPDATE {t} SET denominator = 2001 WHERE measure_id = 'street_crime_rate'", "value_is_quotient"),
    (VALUES, "UPDATE {t} SET ci_low = 26 WHERE measure_id = 'share'", "limits_enclose_value"),
    (VALUES, "UPDATE {t} SET ci_high = 'inf'::DOUBLE WHERE measure_id = 'share'", "value_is_finite"),
    (VALUES, "UPDATE {t} SET ci_method = NULL WHERE measure_id = 'share'", "limits_name_their_method"),
    (
        VALUES,
        "UPDATE {t} SET numerator = 5, value = 125, ci_low = 100, ci_high = 130 WHERE measure_id = 'share'",
        "percentages_within_100",
    ),
    (VALUES, "UPDATE {t} SET n_unknown = -1 WHERE measure_id = 'share'", "counts_not_negative"),
    (VALUES, "UPDATE {t} SET breakdown_value = NULL WHERE breakdown_value = 'Drugs'", "breakdown_whole"),
    (
        VALUES,
        "UPDATE {t} SET value = 4, numerator = 4, ci_high = 5 WHERE breakdown_value = 'Burglary'",
        "street_crime_types_add_up",
    ),
    (VALUES, "UPDATE {t} SET source_kind = 'synthetic'", "source_kind_told"),
    (VALUES, "UPDATE {t} SET extract_ids = ['old']", "extracts_current"),
    (VALUES, "UPDATE {t} SET extract_ids = []", "value_has_extract"),
    (VALUES, "UPDATE {t} SET measure_id = 'luck' WHERE measure_id = 'share'", "measure_id_refers"),
    ("marts.reconciliation", "DELETE FROM {t} WHERE figure_id = '2'", "figures_all_there"),
    ("marts.reconciliation", "UPDATE {t} SET published_value = 4.4 WHERE figure_id = '1'", "figures_all_there"),
    ("marts.reconciliation", "UPDATE {t} SET reason = NULL", "verdict_or_reason"),
    (
        "marts.reconciliation",
        "UPDATE {t} SET verdict = 'does_not_reproduce' WHERE figure_id = '1'",
        "figures_reproduce",
    ),
    ("marts.figure_derivation", "DELETE FROM {t}", "rules_all_there"),
    ("marts.figure_derivation", "INSERT INTO {t} FROM {t}", "figure_id_unique"),
    ("marts.figure_derivation", "UPDATE {t} SET recomputed_value = NULL", "verdict_or_value"),
    ("marts.figure_derivation", "UPDATE {t} SET verdict = 'perhaps'", "verdict_known"),
]


SUITES = {table: suite for table, suite in load_suites().items() if f"CREATE TABLE {table} AS" in GOOD}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checks") / "good.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(GOOD)
    return path


@pytest.fixture(scope="module")
def shared(good: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    path = shutil.copy(good, good.with_name("shared.duckdb"))
    with duckdb.connect(str(path)) as connection:
        yield connection


@pytest.fixture
def writable(shared: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    shared.execute("BEGIN")
    yield shared
    shared.execute("ROLLBACK")


def not_passed(table: str, database: Path) -> dict[str, str]:
    return {result.name: result.status for result in run_suite(SUITES[table], database) if result.status != "passed"}


@pytest.mark.parametrize("table", SUITES)
def test_good_data_pass(table: str, good: Path) -> None:
    assert not_passed(table, good) == {}


@pytest.mark.parametrize("table", [table for table in SUITES if table.startswith(("raw.", "staging."))])
def test_a_source_without_extracts_passes(table: str, good: Path, tmp_path: Path) -> None:
    path = shutil.copy(good, tmp_path / "empty.duckdb")
    with duckdb.connect(str(path)) as connection:
        for other in SUITES:
            if other.startswith(("raw.", "staging.")):
                connection.execute(f"DELETE FROM {other}")
        connection.execute("DELETE FROM ops.extract")
    assert not_passed(table, path) == {}


ASKS_SQL = {
    table: {e.name: e.kwargs["unexpected_rows_query"] for e in suite.expectations if e.type == ROWS}
    for table, suite in SUITES.items()
}
BY_SQL = [case for case in DEFECTS if set(case[2].split()) <= set(ASKS_SQL[case[0]])]
BY_ENGINE = [case for case in DEFECTS if case not in BY_SQL]


def ids(cases: list[tuple[str, str, str]]) -> list[str]:
    return [f"{table}-{names.split()[0]}" for table, _, names in cases]


@pytest.mark.parametrize(("table", "defect", "names"), BY_ENGINE, ids=ids(BY_ENGINE))
def test_a_defect_fails_its_check(table: str, defect: str, names: str, good: Path, tmp_path: Path) -> None:
    path = shutil.copy(good, tmp_path / "bad.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute(defect.format(t=table))
    assert not_passed(table, path) == dict.fromkeys(names.split(), "failed")


@pytest.mark.parametrize(("table", "defect", "names"), BY_SQL, ids=ids(BY_SQL))
def test_a_defect_is_found_by_its_query(
    table: str, defect: str, names: str, writable: duckdb.DuckDBPyConnection
) -> None:
    """The same without Great Expectations, which would take half a minute over all of them."""
    writable.execute(defect.format(t=table))
    found = {name for name, query in ASKS_SQL[table].items() if writable.execute(query.format(batch=table)).fetchone()}
    assert found == set(names.split())
