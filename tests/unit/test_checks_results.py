"""Results on record, and those of dbt."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.checks.results import CheckResult, record, results_from_dbt
from pipelines.settings import Settings
from pipelines.store.warehouse import Warehouse

PASSED = CheckResult("a", "error", "passed", "none found", 0, 10, "A.")
FAILED = CheckResult("b", "warning", "failed", "2 found", 2, 10, "B.")


def test_every_result_of_every_run_is_kept() -> None:
    with duckdb.connect() as connection:
        record(connection, "run1", "great_expectations", {"raw.t": [PASSED, FAILED]})
        record(connection, "run2", "great_expectations", {"raw.t": [PASSED]})
        record(connection, "run3", "dbt", {"raw.t": []})
        rows = connection.execute(
            "SELECT run_id, layer, table_name, check_name, engine, severity, status, observed, unexpected_count, "
            "rows_checked, description FROM ops.check_result ORDER BY run_id, check_name"
        ).fetchall()
    assert rows == [
        ("run1", "raw", "raw.t", "a", "great_expectations", "error", "passed", "none found", 0, 10, "A."),
        ("run1", "raw", "raw.t", "b", "great_expectations", "warning", "failed", "2 found", 2, 10, "B."),
        ("run2", "raw", "raw.t", "a", "great_expectations", "error", "passed", "none found", 0, 10, "A."),
    ]


def test_what_stops() -> None:
    assert not PASSED.stops
    assert not FAILED.stops
    assert CheckResult("a", "error", "failed", "", 1, 1, "").stops
    assert CheckResult("a", "warning", "raised", "", None, None, "").stops


@pytest.fixture
def dbt_files(tmp_path: Path) -> tuple[Path, dict[str, dict[str, Any]]]:
    nodes: dict[str, Any] = {
        "model.fpw.dim_force": {"resource_type": "model", "name": "dim_force", "schema": "marts", "alias": "dim_force"},
        "seed.fpw.force": {"resource_type": "seed", "name": "force", "schema": "reference", "alias": "force"},
    }
    results = [{"unique_id": "model.fpw.dim_force", "status": "success", "failures": None, "message": "OK"}]
    for name, status, severity, failures in (
        ("passes", "pass", "ERROR", 0),
        ("fails", "fail", "ERROR", 3),
        ("warns", "warn", "WARN", 2),
        ("warns_only_at_few", "warn", "ERROR", 1),
        ("breaks", "error", "WARN", None),
        ("is_skipped", "skipped", "ERROR", None),
        ("singular", "pass", "warn", 0),
    ):
        key = f"test.fpw.{name}"
        nodes[key] = {
            "resource_type": "test",
            "name": name,
            "config": {"severity": severity},
            "description": "What it\nmeans.",
            "attached_node": None if name == "singular" else "model.fpw.dim_force",
            "depends_on": {"nodes": ["seed.fpw.force", "model.fpw.dim_force"]},
        }
        message = None if status == "pass" else f"Got {failures} results"
        results.append({"unique_id": key, "status": status, "failures": failures, "message": message})
    results.append({"unique_id": "unit_test.fpw.x", "status": "pass", "failures": 0, "message": None})
    run_results = tmp_path / "run_results.json"
    run_results.write_text(json.dumps({"results": results}))
    return run_results, {"nodes": nodes}


def test_dbt_tests_become_results(dbt_files: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    found = results_from_dbt(*dbt_files)
    assert {table: [(r.name, r.severity, r.status, r.unexpected_count) for r in rs] for table, rs in found.items()} == {
        "marts.dim_force": [
            ("passes", "error", "passed", 0),
            ("fails", "error", "failed", 3),
            ("warns", "warning", "failed", 2),
            ("warns_only_at_few", "warning", "failed", 1),
            ("breaks", "warning", "raised", None),
        ],
        "reference.force": [("singular", "warning", "passed", 0)],
    }
    by_name = {result.name: result for result in found["marts.dim_force"]}
    assert by_name["fails"].observed == "Got 3 results"
    assert by_name["fails"].description == "What it means."
    assert by_name["passes"].observed == "no failing rows"
    assert by_name["breaks"].stops


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        (
            "unique_key",
            {"model": "x", "columns": ["area_code", "month"]},
            "No two rows share area_code, month; a repeated row would be counted twice: correct the model.",
        ),
        (
            "complete",
            {"columns": ["a", "b"]},
            "None of a, b is missing in any row: correct the model or complete the seed it reads.",
        ),
        ("holds", {"condition": "a  >\n 1"}, "In every row a > 1: correct the model where it does not hold."),
        (
            "same_row_count",
            {"compare_to": "ref('published_figure')"},
            "The table has as many rows as published_figure; rows were lost or repeated otherwise: correct the model.",
        ),
        (
            "not_null",
            {"column_name": "label"},
            "Column label is given in every row: correct the model or complete the seed it reads.",
        ),
        (
            "unique",
            {"column_name": "label"},
            "No two rows share the same label; a repeated row would be counted twice: correct the model or seed.",
        ),
        (
            "accepted_values",
            {"column_name": "kind", "values": [str(n) for n in range(10)]},
            "Column kind is one of 0, 1, 2, 3, 4, 5, 6, 7 or 2 others: correct the model, or add a new word here once its "
            "meaning is clear.",
        ),
        (
            "relationships",
            {"column_name": "area_code", "to": "ref('dim_area')", "field": "area_code"},
            "Every area_code stands in area_code of dim_area: add it there, or correct the model.",
        ),
        ("holds", {}, "Test holds of the column finds no row: look at the rows it finds."),
        (None, {}, "The query of fails finds no row: look at the rows it finds."),
    ],
)
def test_a_dbt_test_without_description_gets_a_sentence(
    name: str | None, arguments: dict[str, object], sentence: str, dbt_files: tuple[Path, dict[str, dict[str, Any]]]
) -> None:
    run_results, manifest = dbt_files
    node = manifest["nodes"]["test.fpw.fails"]
    node["description"] = ""
    if name is not None:
        node["test_metadata"] = {"name": name, "kwargs": arguments}
    found = {result.name: result for result in results_from_dbt(run_results, manifest)["marts.dim_force"]}
    assert found["fails"].description == sentence
    assert found["passes"].description == "What it means."


def test_a_singular_test_is_described_by_the_comment_at_its_head(
    dbt_files: tuple[Path, dict[str, dict[str, Any]]],
) -> None:
    run_results, manifest = dbt_files
    manifest["nodes"]["test.fpw.singular"] |= {
        "description": "",
        "raw_code": "-- Nothing is lost\n-- on the way.\nselect 1 -- no\n-- nor this",
    }
    assert results_from_dbt(run_results, manifest)["reference.force"][0].description == "Nothing is lost on the way."


def test_a_build_database_that_is_made_anew_takes_over_the_results_of_the_published_file(settings: Settings) -> None:
    settings.warehouse_dir.mkdir()
    with duckdb.connect(str(settings.published_path)) as connection:
        record(connection, "run1", "great_expectations", {"raw.t": [PASSED, FAILED]})
    warehouse = Warehouse(settings)
    for _ in range(2):  # once only
        warehouse.create_tables([])
        with warehouse.connect(read_only=True) as connection:
            kept = connection.execute("SELECT run_id, check_name FROM ops.check_result ORDER BY ALL").fetchall()
        assert kept == [("run1", "a"), ("run1", "b")]
    warehouse.build_path.unlink()
    settings.published_path.write_text("of another kind")
    warehouse.create_tables([])
