"""Each defect of tests/seeded, planted alone, is answered as the list says; good files and tables raise none of it."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.checks.catalog import load_suites
from pipelines.checks.runner import run_suites
from pipelines.checks.suite import NewRows, Suite
from pipelines.settings import PROJECT_DIR
from pipelines.sources.contract import load_contracts
from tests.checks import failed, found, query
from tests.integration.conftest import Installation
from tests.seeded import document
from tests.seeded.arrive import Grounds, without_models
from tests.seeded.fault import DBT, DBT_WARNINGS, NOT_FOUND, READ_RIGHT, REFUSED, SET_ASIDE, Delivery, Fault, suites
from tests.seeded.faults import FAULTS
from tests.seeded.origins import ORIGINS

pytestmark = pytest.mark.xdist_group("refresh")

INCIDENTS = "staging.stg_control_room_incident"
"""Its sample holds arrivals that are too early, on purpose."""
DAMAGED = ("marts.measure_value", "raw.police_uk_stop_search", "raw.police_uk_street", "raw.victim_survey")
"""Tables with the most defects; all together take Great Expectations 10 s more, and agree as well."""
BEHIND = ("intermediate.", "measures.", "marts.")
IN_FILES = [fault for fault in FAULTS if not isinstance(fault.plant, str)]
IN_TABLES = [fault for fault in FAULTS if isinstance(fault.plant, str)]
CHECKED = {fault.caught_by: fault for fault in FAULTS if "." in fault.caught_by and ":" not in fault.caught_by}


@pytest.fixture(scope="module")
def compiled(installation: Installation) -> dict[str, str]:
    """SQL of every model by its table and of every data test by `dbt.` and its name, as dbt built it."""
    target = installation.settings.dbt_target_dir
    files = {path.stem: path for path in (target / "compiled").rglob("*.sql")}
    nodes = json.loads((target / "manifest.json").read_text())["nodes"].values()
    return {
        DBT + node["name"] if node["resource_type"] == "test" else node["alias"]: files[stem].read_text()
        for node in nodes
        if (stem := Path(node["path"]).stem) in files
    }


@pytest.fixture(scope="module")
def shared(first_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A finished build database of which the last release already knows every value."""
    # dbt's SQL names the database, which is called by its file
    path = shutil.copy(first_build, tmp_path_factory.mktemp("seeded") / "build.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET threads = 2")
        connection.execute("INSERT INTO history.value BY NAME FROM marts.value_history")
        connection.execute("UPDATE ops.release SET known_at = known_at + INTERVAL 1 DAY")
        yield connection


@pytest.fixture
def tables(shared: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    shared.execute("BEGIN")
    yield shared
    shared.execute("ROLLBACK")


@pytest.fixture(scope="module")
def grounds(installation: Installation, first_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    folder = tmp_path_factory.mktemp("arrivals")
    shutil.copytree(installation.settings.raw_dir / "sample", folder / "raw" / "sample", copy_function=os.link)
    settings = installation.settings.model_copy(update={"raw_dir": folder / "raw"})
    return Grounds(without_models(first_build, folder / "build.duckdb"), settings)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def caught(connection: duckdb.DuckDBPyConnection, fault: Fault, compiled: dict[str, str]) -> int:
    """How many rows the check that must find a defect finds."""
    if fault.caught_by.startswith(DBT):
        return len(connection.execute(compiled[fault.caught_by]).fetchall())
    return found(connection, *fault.check)


def findings(connection: duckdb.DuckDBPyConnection, fault: Fault, compiled: dict[str, str]) -> dict[str, int]:
    """What all checks find that read the table with the defect, or a model on it that stands as it is now built.

    Marts behind a raw table are not built again, so what holds them against it is left out.
    """
    tables = {fault.place, fault.place.replace("raw.", "staging.stg_"), *fault.rebuilt}
    layers = {"raw", "staging"} if fault.place.startswith("raw.") else {"raw", "staging", "marts"}
    queries = {
        f"{suite.table}.{expect.name}": f"SELECT count(*) FROM ({query(expect).format(batch=suite.table)})"
        for suite in suites().values()
        if suite.layer in layers
        for expect in suite.expectations
    } | {name: f"SELECT count(*) FROM ({sql})" for name, sql in compiled.items() if name.startswith(DBT)}
    found_by = {}
    for name, sql in queries.items():
        read = set(re.findall(r"\b(?:raw|staging|intermediate|measures|marts|reference)\.\w+", sql.replace('"', "")))
        if read & tables and (len(layers) == 3 or not any(table.startswith(BEHIND) for table in read)):
            [(found_by[name],)] = connection.execute(sql).fetchall()
    return found_by


def test_the_list_is_whole() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert all(bool(fault.why_not) == (fault.answer == NOT_FOUND) for fault in FAULTS)
    assert all(fault.caught_by.partition(": ")[2] for fault in FAULTS if fault.answer in (REFUSED, SET_ASIDE))
    counts = Counter(fault.answer for fault in FAULTS)
    assert len(FAULTS) - counts[READ_RIGHT] - counts[NOT_FOUND] >= 60


@pytest.fixture(scope="module")
def baseline(shared: duckdb.DuckDBPyConnection, compiled: dict[str, str]) -> dict[str, int]:
    """How many rows each check of the list finds when nothing is wrong."""
    return {name: caught(shared, fault, compiled) for name, fault in CHECKED.items()}


@pytest.fixture(scope="module")
def recorded(shared: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows each check found in the refresh, through Great Expectations or dbt."""
    name = "if(engine = 'dbt', 'dbt', table_name) || '.' || check_name"
    return dict(shared.execute(f"SELECT {name}, unexpected_count FROM ops.check_result").fetchall())


def test_the_undamaged_sample_raises_none_of_the_checks(baseline: dict[str, int], recorded: dict[str, int]) -> None:
    """Two warnings fire on purpose. The refresh found the same."""
    assert {name for name, count in baseline.items() if count} == {
        "marts.dim_measure.measures_have_values",
        f"{INCIDENTS}.arrived_at_after_created_at",
    }
    assert baseline == {name: recorded[name] for name in baseline}


def test_good_files_raise_none_of_the_checks(
    grounds: Grounds, baseline: dict[str, int], tmp_path: Path, compiled: dict[str, str]
) -> None:
    def plant(delivery: Delivery) -> None:
        for origin in ORIGINS:
            origin.whole()(delivery)

    with grounds.arrival(plant, tmp_path) as arrival:
        assert (arrival.refused, arrival.set_aside) == ((), ())
        found_by = {
            name: count
            for name, fault in CHECKED.items()
            if name.startswith(("raw.", "staging.")) and (count := caught(arrival.connection, fault, compiled))
        }
    assert found_by == {name: baseline[name] for name in found_by}


@pytest.mark.parametrize("fault", IN_FILES, ids=lambda fault: fault.name)
def test_a_file_with_a_defect_is_answered(
    fault: Fault, grounds: Grounds, baseline: dict[str, int], tmp_path: Path, compiled: dict[str, str]
) -> None:
    assert not isinstance(fault.plant, str)
    words = fault.caught_by.partition(": ")[2]
    with grounds.arrival(fault.plant, tmp_path) as arrival:
        if fault.answer == REFUSED:
            assert any(words in reason for reason in arrival.refused), arrival.refused
        elif fault.answer == SET_ASIDE:
            assert any(words in reason for reason in arrival.set_aside), arrival.set_aside
        elif fault.answer == READ_RIGHT:
            content = arrival.content(fault.place)
        else:
            assert caught(arrival.connection, fault, compiled) > baseline[fault.caught_by]
    if fault.answer == READ_RIGHT:
        (tmp_path / "good").mkdir()
        with grounds.arrival(fault.like, tmp_path / "good") as arrival:
            assert arrival.content(fault.place) == content


@pytest.mark.parametrize("fault", IN_TABLES, ids=lambda fault: fault.name)
def test_a_table_with_a_defect_fails_its_check(
    fault: Fault,
    tables: duckdb.DuckDBPyConnection,
    baseline: dict[str, int],
    recorded: dict[str, int],
    compiled: dict[str, str],
) -> None:
    assert isinstance(fault.plant, str)
    tables.execute(fault.plant)
    for model in fault.rebuilt:
        tables.execute(f"CREATE OR REPLACE TABLE {model} AS {compiled[model.split('.')[1]]}")
    if fault.answer == NOT_FOUND:
        found_by = findings(tables, fault, compiled)
        assert len(found_by) >= 2
        assert found_by == {name: recorded[name] for name in found_by}, "a check finds it: name that in caught_by"
    else:
        assert caught(tables, fault, compiled) > baseline[fault.caught_by]


def test_great_expectations_finds_the_same_in_damaged_tables(first_build: Path, tmp_path: Path) -> None:
    """All defects of these tables at once, through the runner of the refresh, for which tests/checks.py stands above."""
    path = Path(shutil.copy(first_build, tmp_path / "build.duckdb"))
    damaged = [suites()[table] for table in DAMAGED]
    with duckdb.connect(str(path)) as connection:
        for fault in IN_TABLES:
            if fault.place in DAMAGED:
                connection.execute(str(fault.plant))
        counted = {
            (suite.table, expect.name): found(connection, suite.table, expect)
            for suite in damaged
            for expect in suite.expectations
        }
    told = run_suites(damaged, path)
    assert {(table, result.name): result.unexpected_count for table in told for result in told[table]} == counted
    failing = {(table, result.name) for table in told for result in told[table] if result.status == "failed"}
    assert failing == {name for name, count in counted.items() if count}
    assert len(failing) > 40

    new = {suite.table: new_rows(suite, first_build, path) for suite in damaged if suite.table.startswith("raw.")}
    assert all(rows.extracts and len(rows.held) > 10 for rows in new.values())
    again = run_suites(damaged, path, new=new)
    # which of many wrong rows are shown is chance
    assert all([replace(result, observed="") for result in again[table]]
               == [replace(result, observed="") for result in told[table]] for table in told)  # fmt: skip


def new_rows(suite: Suite, before: Path, now: Path) -> NewRows:
    """The extracts whose rows have changed between two build databases, and the checks that hold by extract and held."""
    held = {result.name for result in run_suites([suite], before)[suite.table] if result.status == "passed"}
    with duckdb.connect(str(now)) as connection:
        connection.execute(f"ATTACH '{before}' AS before (READ_ONLY)")
        (extracts,) = connection.execute(
            f"""
            SELECT list(DISTINCT extract_id) FILTER (extract_id IS NOT NULL) FROM (
                (FROM {suite.table} EXCEPT ALL FROM before.{suite.table})
                UNION ALL (FROM before.{suite.table} EXCEPT ALL FROM {suite.table})
            )
            """
        ).fetchall()[0]
    return NewRows(tuple(extracts), frozenset(held & {expect.name for expect in suite.by_extract}))


def test_a_source_without_extracts_passes(tables: duckdb.DuckDBPyConnection) -> None:
    """A warehouse over any subset of the sources is a whole one."""
    tables.execute("DELETE FROM ops.extract; " + "; ".join(f"TRUNCATE raw.{name}" for name in load_contracts()))
    suites = [suite for suite in load_suites().values() if suite.layer == "staging"]
    assert {suite.table: names for suite in suites if (names := failed(tables, suite))} == {}


def test_white_space_around_a_known_word_makes_no_unknown_one(tables: duckdb.DuckDBPyConnection) -> None:
    """Staging cleans it, so it is a warning and the figures stand."""
    street, searches = "raw.police_uk_street", "raw.police_uk_stop_search"
    tables.execute(f"UPDATE {street} SET crime_type = ' Burglary ' WHERE crime_type = 'Burglary'")
    tables.execute(f"UPDATE {searches} SET gender = chr(9), outcome = '' WHERE line < 9")
    assert failed(tables, load_suites()[street]) == {"text_tidy"}
    assert failed(tables, load_suites()[searches]) == {"text_tidy"}
    assert failed(tables, load_suites()["staging.stg_police_uk_street"]) == set()


def test_a_complaint_from_before_the_reform_needs_no_route(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("UPDATE raw.complaint_case SET handling = NULL, received_date = DATE '2020-01-31'")
    assert "handling_given" not in failed(tables, load_suites()["staging.stg_complaint_case"])


def test_severities_of_dbt_tests_are_those_of_the_project(installation: Installation) -> None:
    manifest = json.loads((installation.settings.dbt_target_dir / "manifest.json").read_text())
    severities = {node["name"]: node["config"].get("severity", "").lower() for node in manifest["nodes"].values()}
    named = {fault.caught_by.removeprefix(DBT) for fault in FAULTS if fault.caught_by.startswith(DBT)}
    assert {name for name in named if severities[name] == "warn"} == DBT_WARNINGS
    assert {severities[name] for name in named - DBT_WARNINGS} == {"error"}


def test_the_documents_say_what_the_list_says() -> None:
    for path, text in document.pages().items():
        assert text in (PROJECT_DIR / path).read_text(encoding="utf-8"), f"run python -m tests.seeded to write {path}"
