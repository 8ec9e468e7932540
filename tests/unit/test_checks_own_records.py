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
# What is set in the first row, None where that row is deleted, and the checks that it fails.
DEFECTS: dict[str, dict[str | None, str]] = {
    SURVEY: {
        "invited_date = NULL": "invited_date_given invited_in_period",
        "invited_date = DATE '2020-04-01'": "invited_in_period",
        "survey_id = NULL": "survey_id_given",
        "offence_group = ' Theft'": "text_tidy",
        None: "rows_match_register",
    },
    CASE: {
        "received_date = DATE '2020-02-29'": "received_in_period",
        "case_reference = NULL": "case_reference_given",
        "finalised_date = DATE '2202-04-01'": "dates_not_ahead",
    },
    STG_SURVEY: {
        "survey_id = 'id3'": "survey_id_unique",
        "kept_informed = 'splendid'": "answers_known",
        "method = 'pigeon'": "method_known",
        "victim_ethnicity = 'martian'": "victim_ethnicity_known",
        "completed_date = NULL": "answer_needs_completion",
        "completed_date = DATE '2020-03-04'": "completed_date_after_invited_date",
        "closed_date = DATE '2020-03-06'": "invited_date_after_closed_date",
        None: "rows_match_raw",
    },
    STG_CASE: {
        "case_reference = 'id3'": "case_reference_unique",
        "case_type = 'grumble'": "case_type_known",
        "handling = 'perhaps'": "handling_known",
        "handling = NULL": "handling_given",
        "complainant_ethnicity = 'martian'": "complainant_ethnicity_known",
        "finalised_date = DATE '2020-03-04'": "finalised_date_after_received_date",
    },
}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(GOOD)
        yield connection


def failed(database: duckdb.DuckDBPyConnection, table: str, defect: str | None = None) -> set[str]:
    """The checks that fail after a statement, which is taken back."""
    database.execute("BEGIN")
    if defect:
        database.execute(defect)
    queries = QUERIES[table].items()
    found = {name for name, query in queries if database.execute(query.format(batch=table)).fetchone()}
    database.execute("ROLLBACK")
    return found


@pytest.mark.parametrize("table", TABLES)
def test_good_data_pass(database: duckdb.DuckDBPyConnection, table: str) -> None:
    assert failed(database, table) == set()


@pytest.mark.parametrize(
    ("table", "change", "names"),
    [(table, change, names) for table, changes in DEFECTS.items() for change, names in changes.items()],
)
def test_a_defect_fails_its_check(
    database: duckdb.DuckDBPyConnection, table: str, change: str | None, names: str
) -> None:
    defect = f"UPDATE {table} SET {change}" if change else f"DELETE FROM {table}"
    assert failed(database, table, f"{defect} WHERE line = 2") == set(names.split())


def test_an_older_complaint_needs_no_route(database: duckdb.DuckDBPyConnection) -> None:
    older = f"UPDATE {STG_CASE} SET handling = NULL, received_date = DATE '2020-01-31'"
    assert "handling_given" not in failed(database, STG_CASE, older)
