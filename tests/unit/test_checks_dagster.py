"""Suites as Dagster asset checks: what stops, what travels on, what is recorded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipelines.checks.dagster_checks import build_asset_checks
from pipelines.checks.suite import Suite, no_rows, not_null
from pipelines.store.warehouse import create_ops_table

SUITES = {
    "raw.t": Suite(
        table="raw.t",
        description="A table.",
        expectations=(
            not_null("a", "No a."),
            not_null("b", "No b.", "warning"),
            no_rows("c_sound", "SELECT a FROM {batch} WHERE 1 // c = 1", "Bad c.", "warning"),
        ),
    ),
    "marts.m": Suite(table="marts.m", description="Another layer.", expectations=(not_null("a", "No a."),)),
}


class Warehouse:
    def __init__(self, path: Path) -> None:
        self.build_path = path

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.build_path)) as connection:
            yield connection


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "build.duckdb")


def run(warehouse: Warehouse, table: str) -> tuple[dg.ExecuteInProcessResult, set[str]]:
    """Run raw -> checks -> models (a multi-asset that could run in parts, as dbt's does) -> published."""

    @dg.asset(key=["raw", "t"], required_resource_keys={"warehouse"})
    def raw(context: dg.AssetExecutionContext) -> None:
        with context.resources.warehouse.connect() as connection:
            connection.execute("CREATE SCHEMA raw")
            connection.execute(f"CREATE TABLE raw.t AS {table}")

    @dg.multi_asset(
        specs=[
            dg.AssetSpec("seed"),
            dg.AssetSpec("staged", deps=[["raw", "t"]]),
            dg.AssetSpec("mart", deps=["staged"]),
        ],
        can_subset=True,
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        for key in ("seed", "staged", "mart"):
            yield dg.MaterializeResult(asset_key=key)

    @dg.asset(deps=["mart"])
    def published() -> None: ...

    @dg.asset
    def unrelated() -> None: ...

    checks = build_asset_checks(SUITES, layer="raw", asset_key_for=lambda table: dg.AssetKey(table.split(".")))
    definitions = dg.Definitions(
        assets=[raw, models, published, unrelated],
        asset_checks=[checks],
        jobs=[dg.define_asset_job("refresh", dg.AssetSelection.all())],
        resources={"warehouse": warehouse, "check_pool": ThreadPoolExecutor(1)},
    )
    result = definitions.resolve_job_def("refresh").execute_in_process(raise_on_error=False)
    done = {event.step_key for event in result.all_events if event.is_step_success and event.step_key}
    return result, done


def recorded(warehouse: Warehouse) -> dict[str, tuple[str, str]]:
    with warehouse.connect() as connection:
        rows = connection.execute("SELECT check_name, severity, status FROM ops.check_result").fetchall()
    return {name: (severity, status) for name, severity, status in rows}


def test_everything_runs_when_checks_pass(warehouse: Warehouse) -> None:
    result, done = run(warehouse, "SELECT 1 AS a, 2 AS b, 3 AS c")
    assert result.success
    assert done == {"raw__t", "check_raw", "models", "published", "unrelated"}
    assert recorded(warehouse) == {
        "a_given": ("error", "passed"),
        "b_given": ("warning", "passed"),
        "c_sound": ("warning", "passed"),
    }


def test_a_failed_error_stops_all_that_depends_on_the_table_and_is_recorded(warehouse: Warehouse) -> None:
    result, done = run(warehouse, "SELECT NULL::INTEGER AS a, 2 AS b, 3 AS c")
    assert not result.success
    assert done == {"raw__t", "unrelated"}
    assert recorded(warehouse)["a_given"] == ("error", "failed")
    evaluation = {item.check_name: item for item in result.get_asset_check_evaluations()}["errors"]
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert evaluation.description == "a_given failed: 1 of 1 rows"


def test_a_failed_warning_travels_on(warehouse: Warehouse) -> None:
    result, done = run(warehouse, "SELECT 1 AS a, NULL::INTEGER AS b, 3 AS c")
    assert result.success
    assert "published" in done
    assert recorded(warehouse)["b_given"] == ("warning", "failed")
    evaluation = {item.check_name: item for item in result.get_asset_check_evaluations()}["warnings"]
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.WARN


def test_a_check_that_raises_stops_even_when_it_is_a_warning(warehouse: Warehouse) -> None:
    result, done = run(warehouse, "SELECT 1 AS a, 2 AS b, 'x' AS c")
    assert not result.success
    assert done == {"raw__t", "unrelated"}
    assert recorded(warehouse)["c_sound"] == ("warning", "raised")
    evaluation = {item.check_name: item for item in result.get_asset_check_evaluations()}["errors"]
    assert not evaluation.passed
    assert evaluation.description is not None
    assert evaluation.description.startswith("c_sound raised: ")


def look(warehouse: Warehouse, digest: str, suite: Suite, code: str = "same") -> tuple[str, dict[str, bool]]:
    """Run the checks of a table that is made of `digest`, and but for its extracts of `code`; the run, and by check
    whether this run looked."""
    with warehouse.connect() as connection:
        create_ops_table(connection, "extract")
    checks = build_asset_checks(
        {suite.table: suite},
        layer="raw",
        asset_key_for=lambda table: dg.AssetKey(table.split(".")),
        digests=lambda _, extracts=True: {suite.table: digest if extracts else code},
    )
    definitions = dg.Definitions(
        assets=[dg.AssetSpec(["raw", "t"])],
        asset_checks=[checks],
        jobs=[dg.define_asset_job("refresh", dg.AssetSelection.checks(checks))],
        resources={"warehouse": warehouse, "check_pool": ThreadPoolExecutor(1)},
    )
    result = definitions.resolve_job_def("refresh").execute_in_process(raise_on_error=False)
    assert len(result.get_asset_check_evaluations()) == 2
    with warehouse.connect() as connection:
        rows = connection.execute(
            "SELECT check_name, looked_by = run_id FROM ops.check_result WHERE run_id = ?", [result.run_id]
        ).fetchall()
    return result.run_id, dict(rows)


def test_a_table_behind_which_nothing_is_new_keeps_its_results(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        connection.execute("CREATE SCHEMA raw; CREATE TABLE raw.t AS SELECT 1 AS a, NULL AS b, 3 AS c")
    every = dict.fromkeys(("a_given", "b_given", "c_sound"), True)
    first, looked = look(warehouse, "one", SUITES["raw.t"])
    assert looked == every
    for _ in range(2):
        run_id, looked = look(warehouse, "one", SUITES["raw.t"])
        assert looked == dict.fromkeys(every, False)
    with warehouse.connect() as connection:
        kept = connection.execute(
            "SELECT status, severity, looked_by, looked_at < checked_at FROM ops.check_result "
            "WHERE run_id = ? AND check_name = 'b_given'",
            [run_id],
        ).fetchall()
        assert kept == [("failed", "warning", first, True)]
        connection.execute("UPDATE raw.t SET a = NULL")
    for _ in range(2):  # what stopped is looked at until it is mended, also where nothing else is new
        assert look(warehouse, "two", SUITES["raw.t"])[1] == every


def test_of_a_new_extract_its_rows_alone_are_looked_at_where_the_rest_was(warehouse: Warehouse) -> None:
    suite = Suite(
        "raw.t", "A table.", (not_null("a", "No a."), no_rows("one_b", "SELECT b FROM {batch} WHERE b > 1", "No."))
    )
    with warehouse.connect() as connection:
        create_ops_table(connection, "extract")
        connection.execute("CREATE SCHEMA raw; CREATE TABLE raw.t AS SELECT 'x' AS extract_id, 1 AS a, 1 AS b")
        connection.execute("INSERT INTO ops.extract (extract_id, source, status) VALUES ('x', 't', 'loaded')")
    assert failing(warehouse, look(warehouse, "one", suite)) == set()
    with warehouse.connect() as connection:
        connection.execute("UPDATE raw.t SET a = NULL")  # as no run does: it shows what is looked at
        connection.execute("INSERT INTO raw.t VALUES ('y', 1, 1)")
        connection.execute("INSERT INTO ops.extract (extract_id, source, status) VALUES ('y', 't', 'loaded')")
    assert failing(warehouse, look(warehouse, "two", suite)) == set()
    assert failing(warehouse, look(warehouse, "three", suite, code="new")) == {"a_given"}
    assert failing(warehouse, look(warehouse, "three", suite, code="new")) == {"a_given"}, (
        "it stopped, so nothing is noted"
    )
    with warehouse.connect() as connection:
        connection.execute("UPDATE raw.t SET a = 1, b = 2 WHERE extract_id = 'x'")
    assert failing(warehouse, look(warehouse, "four", suite, code="new")) == {"one_b"}, "it is asked of all rows"


def failing(warehouse: Warehouse, looked: tuple[str, dict[str, bool]]) -> set[str]:
    """Checks that failed in a run in which all were looked at."""
    run_id, by_check = looked
    assert all(by_check.values())
    query = "SELECT check_name FROM ops.check_result WHERE run_id = ? AND status <> 'passed'"
    with warehouse.connect() as connection:
        return {name for (name,) in connection.execute(query, [run_id]).fetchall()}


def test_a_table_is_looked_at_again_on_the_day_on_which_a_check_of_it_answers_otherwise(warehouse: Warehouse) -> None:
    query = "SELECT a FROM {batch} WHERE a < current_date"
    suite = Suite("raw.t", "A table.", (no_rows("in_time", query, "Late.", "warning"),))
    with warehouse.connect() as connection:
        connection.execute("CREATE SCHEMA raw; CREATE TABLE raw.t AS SELECT current_date + 1 AS a")
    assert look(warehouse, "one", suite)[1] == {"in_time": True}
    assert look(warehouse, "one", suite)[1] == {"in_time": False}
    with warehouse.connect() as connection:
        connection.execute("UPDATE raw.t SET a = current_date - 1")  # as if two days had passed
    assert look(warehouse, "one", suite)[1] == {"in_time": True}
    assert look(warehouse, "one", suite)[1] == {"in_time": False}
