"""Running suites on DuckDB through Great Expectations."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.checks.results import CheckResult
from pipelines.checks.runner import run_suite, run_suites
from pipelines.checks.shared import between, holds, matches, unique, unique_lines
from pipelines.checks.suite import Expect, NewRows, Suite, in_set, no_rows, not_null

ROOT = Path(__file__).resolve().parents[2]
SUITE = Suite(
    table="raw.t",
    description="A table.",
    expectations=(
        not_null("extract_id", "No extract."),
        in_set("word", ("a", "b"), "Unknown word."),
        between("number", 0, 10, "Out of range.", "warning"),
        matches("code", "[EW]01[0-9]{3}", "Not a code."),
        holds("word_set", "word IS NOT NULL", ("line", "word"), "No word.", "warning"),
        unique("number_unique", ("number",), "Repeated."),
        unique_lines("Repeated line."),
        Expect("row_count", "warning", "expect_table_row_count_to_be_between", {"min_value": 1}, "Empty."),
    ),
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a $b c%d.duckdb"
    execute(
        path,
        "CREATE SCHEMA raw",
        "CREATE SCHEMA ops",
        "CREATE TABLE ops.extract AS SELECT 'x' AS extract_id, 'x.csv' AS file_name",
        "CREATE TABLE raw.t (extract_id VARCHAR, line BIGINT, word VARCHAR, number DOUBLE, code VARCHAR)",
        "INSERT INTO raw.t VALUES ('x', 2, 'a', 1, 'E01001'), ('x', 3, 'b', 2, NULL)",
    )
    return path


def execute(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def failed(results: list[CheckResult]) -> dict[str, str]:
    return {result.name: result.status for result in results if result.status != "passed"}


def test_good_data_pass_and_every_check_is_reported_in_order(database: Path) -> None:
    results = run_suite(SUITE, database)
    assert [result.name for result in results] == [expect.name for expect in SUITE.expectations]
    assert failed(results) == {}
    assert {result.rows_checked for result in results} == {2}


def test_what_held_before_is_asked_of_new_rows_alone_unless_they_are_wrong(database: Path) -> None:
    execute(
        database,
        "INSERT INTO ops.extract VALUES ('y', 'y.csv')",
        "INSERT INTO raw.t VALUES ('x', 4, 'c', 3, 'bad'), ('y', 1, 'b', 4, 'E01002')",
    )
    held = frozenset(expect.name for expect in SUITE.by_extract)
    assert held == {"extract_id_given", "word_known", "number_in_range", "code_formed", "word_set", "line_unique"}
    # what is wrong in x, which is said to have been looked at, shows that only y is read
    assert failed(look(database, "y", held)) == {}
    assert failed(look(database, "y", held - {"code_formed"})) == {"code_formed": "failed"}
    execute(database, "INSERT INTO raw.t VALUES ('y', 2, 'd', 5, NULL), (NULL, 3, 'a', 6, NULL)")
    results = {result.name: result for result in look(database, "y", held)}
    assert failed(list(results.values())) == dict.fromkeys(["extract_id_given", "word_known"], "failed")
    assert results["word_known"].observed == "2 of 6 rows, e.g. c, d", "what is wrong is counted in all rows"


def look(database: Path, extract: str, held: frozenset[str]) -> list[CheckResult]:
    return run_suites([SUITE], database, new={SUITE.table: NewRows((extract,), held)})[SUITE.table]


def test_each_defect_fails_its_check_and_says_what_was_found(database: Path) -> None:
    execute(
        database,
        "INSERT INTO raw.t VALUES (NULL, 2, 'c', 11, 'S01001'), ('x', 3, NULL, 11, 'E01001'), ('x', 5, 'a', 3, NULL)",
    )
    results = {result.name: result for result in run_suite(SUITE, database)}
    assert failed(list(results.values())) == dict.fromkeys(
        [
            "extract_id_given",
            "word_known",
            "number_in_range",
            "code_formed",
            "word_set",
            "number_unique",
            "line_unique",
        ],
        "failed",
    )
    assert results["word_known"].unexpected_count == 1
    assert results["word_known"].observed == "1 of 5 rows, e.g. c"
    assert results["extract_id_given"].observed == "1 of 5 rows"
    assert results["line_unique"].observed == "1 found: file_name x.csv, extract_id x, line 3, row_count 2"
    assert results["code_formed"].observed == "1 found: file_name None, extract_id None, line 2, code S01001"
    assert results["number_in_range"].stops is False
    assert results["word_known"].stops is True


def test_an_empty_table_passes(database: Path) -> None:
    execute(database, "DELETE FROM raw.t")
    assert failed(run_suite(SUITE, database)) == {"row_count": "failed"}


def test_the_file_is_free_afterwards_and_a_second_run_sees_new_data(database: Path) -> None:
    assert failed(run_suite(SUITE, database)) == {}
    execute(database, "UPDATE raw.t SET word = 'z' WHERE line = 2")  # a writer in this process
    assert failed(run_suite(SUITE, database)) == {"word_known": "failed"}
    code = "import sys, duckdb; duckdb.connect(sys.argv[1]).execute(\"UPDATE raw.t SET word = 'a'\")"
    subprocess.run([sys.executable, "-c", code, str(database)], check=True)  # and one in another
    assert failed(run_suite(SUITE, database)) == {}


def test_a_check_that_raises_is_told_apart_and_stops_whatever_its_severity(database: Path) -> None:
    suite = Suite(
        table="raw.t",
        description="A table.",
        expectations=(
            not_null("extract_id", "No extract."),
            not_null("absent", "No column.", "warning"),
            no_rows("broken_query", "SELECT nothing FROM {batch}", "Broken.", "warning"),
            Expect("unknown_type", "error", "expect_the_unexpected", {}, "No such type."),
            Expect("bad_arguments", "error", "expect_column_values_to_be_in_set", {"colour": 1}, "No such argument."),
        ),
    )
    results = {result.name: result for result in run_suite(suite, database)}
    assert {name: result.status for name, result in results.items()} == {
        "extract_id_given": "passed",
        "absent_given": "raised",
        "broken_query": "raised",
        "unknown_type": "raised",
        "bad_arguments": "raised",
    }
    assert results["absent_given"].stops
    assert "nothing" in results["broken_query"].observed
    execute(database, "DROP TABLE raw.t")  # free after trouble, too


def test_a_missing_table_raises_every_check(database: Path) -> None:
    execute(database, "DROP TABLE raw.t")
    results = run_suite(SUITE, database)
    assert {result.status for result in results} == {"raised"}
    assert results[0].observed.startswith("raw.t cannot be read, so build it first (")


def test_a_missing_or_locked_file_is_named(database: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist: load the raw tables first"):
        run_suite(SUITE, database.with_name("none.duckdb"))
    with duckdb.connect(str(database)), pytest.raises(OSError, match=r"cannot be read .*: close whatever has it open"):
        run_suite(SUITE, database)
    assert failed(run_suite(SUITE, database)) == {}


def test_settings_of_duckdb_are_taken(database: Path) -> None:
    suite = Suite(
        table="raw.t",
        description="A table.",
        expectations=(
            no_rows("threads", "SELECT 1 FROM {batch} WHERE current_setting('threads') <> 1", "More threads."),
        ),
    )
    assert failed(run_suite(suite, database, config={"threads": 1, "memory_limit": "1GB"})) == {}


def test_nothing_is_printed(database: Path) -> None:
    execute(database, "INSERT INTO raw.t VALUES (NULL, 2, 'c', 11, 'S01001')")
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]);"
        "from tests.unit.test_checks_runner import SUITE; from pipelines.checks.runner import run_suite;"
        "run_suite(SUITE, Path(sys.argv[1])); run_suite(SUITE, Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(database), str(ROOT)], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
