"""Definitions of checks, and the suites of the project."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.checks import catalog
from pipelines.checks.runner import run_suite
from pipelines.checks.suite import ROWS, Expect, Suite, in_set, no_rows, not_null
from pipelines.checks.vocabulary import literal, seed_values
from pipelines.settings import DBT_DIR, Settings
from pipelines.sources.contract import NATIONAL, load_contracts
from pipelines.store.warehouse import Warehouse

SUITES = catalog.load_suites()


def test_every_table_has_a_suite() -> None:
    sources = set(load_contracts())
    marts = {path.stem.removeprefix("mart_") for path in (DBT_DIR / "models" / "marts").glob("*.sql")}
    assert {table for table, suite in SUITES.items() if suite.layer != "exports"} == {
        *(f"raw.{name}" for name in sources),
        *(f"staging.stg_{name}" for name in sources),
        *(f"marts.{name}" for name in marts),
    }


def test_an_empty_raw_table_passes_its_suite(tmp_path: Path) -> None:
    """A warehouse over any subset of the sources is a whole one."""
    warehouse = Warehouse(Settings.load({}, warehouse_dir=tmp_path, threads=1))
    warehouse.create_tables(load_contracts().values())
    for name in load_contracts():
        broken = [r for r in run_suite(SUITES[f"raw.{name}"], warehouse.build_path) if r.status != "passed"]
        assert broken == [], name


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_descriptions_are_sentences(suite: Suite) -> None:
    for text in (suite.description, *(expect.description for expect in suite.expectations)):
        assert text[0].isupper()
        assert text.endswith(".")


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_queries_are_about_the_table_under_test(suite: Suite) -> None:
    for expect in suite.expectations:
        if expect.type == ROWS:
            query = expect.kwargs["unexpected_rows_query"]
            assert "{batch}" in query
            assert "{" not in query.format(batch="x").replace("{", "", query.count("{{"))


def test_loading_suites_does_not_import_great_expectations() -> None:
    code = (
        "import sys; from pipelines.checks.catalog import load_suites; import pipelines.checks.dagster_checks; "
        "load_suites(); sys.exit('great_expectations' in sys.modules or 'sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=catalog.EXPECTATIONS.parent).returncode == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Not Snake"}, "snake_case"),
        ({"severity": "fatal"}, "'error' or 'warning'"),
        ({"type": "column_is_nice"}, "Great Expectations type"),
        ({"description": ""}, "description"),
    ],
)
def test_a_bad_definition_is_refused(change: dict[str, str], message: str) -> None:
    good = {"name": "a", "severity": "error", "type": "expect_column_to_exist", "description": "A column is gone."}
    Expect(**good)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        Expect(**(good | change))  # type: ignore[arg-type]


def test_a_check_name_stands_once_in_a_suite() -> None:
    with pytest.raises(ValueError, match="names a check twice: rename one of a_given"):
        Suite(table="raw.t", description="T.", expectations=(not_null("a", "A."), not_null("a", "A.")))
    with pytest.raises(ValueError, match=r"schema\.table"):
        Suite(table="t", description="T.", expectations=())


def test_builders_name_their_checks() -> None:
    assert not_null("a", "A.").name == "a_given"
    assert in_set("a", ("x",), "A.").name == "a_known"
    assert no_rows("b", "SELECT * FROM {batch}", "B.", "warning").severity == "warning"


def test_a_file_without_suite_or_in_the_wrong_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    path = tmp_path / "raw" / "t.py"
    path.write_text("X = 1\n")
    with pytest.raises(ValueError, match=r"t\.py defines no SUITE"):
        catalog.load_suites(tmp_path)
    path.write_text(
        "from pipelines.checks.suite import Suite\nSUITE = Suite(table='raw.u', description='U.', expectations=())\n"
    )
    with pytest.raises(ValueError, match=r"holds the suite of raw\.u"):
        catalog.load_suites(tmp_path)


def test_words_come_from_the_seeds() -> None:
    assert "Anti-social behaviour" in seed_values("reference/street_crime_type", "crime_type")
    with pytest.raises(ValueError, match="does not exist"):
        seed_values("reference/nothing", "a")
    with pytest.raises(ValueError, match="no column nothing"):
        seed_values("reference/force", "nothing")
    assert literal("it's {so}") == "'it''s {{so}}'"


def test_models_expect_the_forces_of_the_contracts() -> None:
    told = yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["expected_forces"]
    contracts = load_contracts()
    assert told == {
        name: [] if contract.expected_forces == "home" else list(contract.expected_forces)
        for name, contract in contracts.items()
        if contract.expected_forces not in ("territorial", NATIONAL)
    }


def test_rows_of_an_extract_are_shown_with_their_file() -> None:
    for table, suite in SUITES.items():
        for expect in suite.expectations if table.startswith(("raw.", "staging.")) else ():
            query = expect.kwargs.get("unexpected_rows_query", "")
            if "line" in query.split("FROM")[0].split():
                assert "register.file_name" in query, f"{table} {expect.name}"
