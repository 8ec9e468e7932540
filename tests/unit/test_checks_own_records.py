"""The checks of the victim survey and of complaints: good data pass, and each planted defect fails its check alone."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.checks.catalog import load_suites
from pipelines.checks.suite import ROWS
from pipelines.checks.vocabulary import SEEDS

TABLES = ("raw.victim_survey", "raw.complaint_case", "staging.stg_victim_survey", "staging.stg_complaint_case")
QUERIES = {
    table: {e.name: e.kwargs["unexpected_rows_query"] for e in load_suites()[table].expectations if e.type == ROWS}
    for table in TABLES
}
SURVEY, CASE, STG_SURVEY, STG_CASE = TABLES
GOOD = f"""
CREATE SCHEMA raw; CREATE SCHEMA ops; CREATE SCHEMA staging; CREATE SCHEMA reference;
CREATE TABLE reference.ethnicity_label AS FROM read_csv('{SEEDS}/reference/ethnicity_label.csv');
CREATE TABLE reference.self_defined_ethnicity AS FROM read_csv('{SEEDS}/reference/self_defined_ethnicity.csv');
CREATE TABLE reference.complaint_label AS FROM read_csv('{SEEDS}/reference/complaint_label.csv');
CREATE TABLE ops.extract AS
    SELECT *, 'west-midlands' AS force, DATE '2020-03-01' AS period_start, 'loaded' AS status, 2 AS rows_loaded,
        source || '.csv' AS file_name, NULL::VARCHAR AS slice, NULL::VARCHAR AS supersedes, 0 AS rows_added,
        0 AS rows_removed, TIMESTAMPTZ '2021-01-05 10:00:00+00' AS registered_at
    FROM (VALUES ('v', 'victim_survey'), ('c', 'complaint_case')) AS t (extract_id, source);
CREATE TABLE {SURVEY} AS
    SELECT 'v' AS extract_id, line, 'west-midlands' AS force, DATE '2020-03-01' AS period_start, 'id' || line AS survey_id,
        DATE '2020-03-05' AS invited_date, DATE '2020-01-20' AS closed_date, DATE '2020-04-01' AS completed_date,
        'online' AS method, 'Dudley' AS neighbourhood_unit, 'Theft' AS offence_group, 'w1' AS victim_ethnicity,
        'yes' AS whole_experience, 'very easy' AS ease_of_contact, 'no' AS actions_taken, NULL::VARCHAR AS kept_informed,
        'don''t know' AS treatment, NULL::VARCHAR AS follow_up
    FROM range(2, 4) AS t (line);
CREATE TABLE {CASE} AS
    SELECT 'c' AS extract_id, line, 'west-midlands' AS force, DATE '2020-03-01' AS period_start,
        'id' || line AS case_reference, 'complaint' AS case_type, DATE '2020-03-05' AS received_date,
        NULL::DATE AS logged_date, DATE '2020-04-01' AS finalised_date, 'yes' AS handling,
        NULL::VARCHAR AS suspension_periods, 'Other assault; Other' AS allegation_categories,
        'Dudley' AS neighbourhood_unit, 'white british' AS complainant_ethnicity
    FROM range(2, 4) AS t (line);
CREATE TABLE {STG_SURVEY} AS FROM {SURVEY};
CREATE TABLE {STG_CASE} AS FROM {CASE};
"""
ONE = "WHERE line = 2"
DEFECTS = [
    (SURVEY, f"UPDATE {{t}} SET invited_date = NULL {ONE}", "invited_date_given invited_in_period"),
    (SURVEY, f"UPDATE {{t}} SET invited_date = DATE '2020-04-01' {ONE}", "invited_in_period"),
    (SURVEY, f"UPDATE {{t}} SET survey_id = NULL {ONE}", "survey_id_given"),
    (SURVEY, f"UPDATE {{t}} SET offence_group = ' Theft' {ONE}", "text_tidy"),
    (SURVEY, f"DELETE FROM {{t}} {ONE}", "rows_match_register"),
    (CASE, f"UPDATE {{t}} SET received_date = DATE '2020-02-29' {ONE}", "received_in_period"),
    (CASE, f"UPDATE {{t}} SET case_reference = NULL {ONE}", "case_reference_given"),
    (CASE, f"UPDATE {{t}} SET finalised_date = DATE '2202-04-01' {ONE}", "dates_not_ahead"),
    (STG_SURVEY, "UPDATE {t} SET survey_id = 'same'", "survey_id_unique"),
    (STG_SURVEY, f"UPDATE {{t}} SET kept_informed = 'splendid' {ONE}", "answers_known"),
    (STG_SURVEY, f"UPDATE {{t}} SET method = 'pigeon' {ONE}", "method_known"),
    (STG_SURVEY, f"UPDATE {{t}} SET victim_ethnicity = 'martian' {ONE}", "victim_ethnicity_known"),
    (STG_SURVEY, f"UPDATE {{t}} SET completed_date = NULL {ONE}", "answer_needs_completion"),
    (STG_SURVEY, f"UPDATE {{t}} SET completed_date = DATE '2020-03-04' {ONE}", "completed_date_after_invited_date"),
    (STG_SURVEY, f"UPDATE {{t}} SET closed_date = DATE '2020-03-06' {ONE}", "invited_date_after_closed_date"),
    (STG_SURVEY, f"DELETE FROM {{t}} {ONE}", "rows_match_raw"),
    (STG_CASE, "UPDATE {t} SET case_reference = 'same'", "case_reference_unique"),
    (STG_CASE, f"UPDATE {{t}} SET case_type = 'grumble' {ONE}", "case_type_known"),
    (STG_CASE, f"UPDATE {{t}} SET handling = 'perhaps' {ONE}", "handling_known"),
    (STG_CASE, f"UPDATE {{t}} SET handling = NULL {ONE}", "handling_given"),
    (STG_CASE, f"UPDATE {{t}} SET complainant_ethnicity = 'martian' {ONE}", "complainant_ethnicity_known"),
    (STG_CASE, f"UPDATE {{t}} SET finalised_date = DATE '2020-03-04' {ONE}", "finalised_date_after_received_date"),
]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(GOOD)
        yield connection


def failed(database: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {name for name, query in QUERIES[table].items() if database.execute(query.format(batch=table)).fetchone()}


@pytest.mark.parametrize("table", TABLES)
def test_good_data_pass(database: duckdb.DuckDBPyConnection, table: str) -> None:
    assert failed(database, table) == set()


@pytest.mark.parametrize(("table", "defect", "names"), DEFECTS)
def test_a_defect_fails_its_check(database: duckdb.DuckDBPyConnection, table: str, defect: str, names: str) -> None:
    database.execute("BEGIN")
    database.execute(defect.format(t=table))
    found = failed(database, table)
    database.execute("ROLLBACK")
    assert found == set(names.split())


def test_an_older_complaint_needs_no_route(database: duckdb.DuckDBPyConnection) -> None:
    database.execute("BEGIN")
    database.execute(f"UPDATE {STG_CASE} SET handling = NULL, received_date = DATE '2020-01-31'")
    found = failed(database, STG_CASE)
    database.execute("ROLLBACK")
    assert "handling_given" not in found
