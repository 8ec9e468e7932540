"""What Dagster shows: the same assets, checks, job and schedule whoever starts it."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from pipelines.assets.facts import families
from pipelines.checks.catalog import load_suites
from pipelines.checks.data_docs import page_of
from pipelines.checks.generated import CHECKED_SCHEMAS, complete
from pipelines.checks.suite import Suite
from pipelines.definitions import build_definitions
from pipelines.operations.standing import _last_due
from pipelines.refresh import dagster_instance
from pipelines.sources.contract import NATIONAL, load_contracts
from pipelines.store.releases import newest, read_manifest
from tests.integration.conftest import Installation, ask

pytestmark = pytest.mark.xdist_group("refresh")


@pytest.fixture(scope="module")
def definitions(installation: Installation) -> dg.Definitions:
    return build_definitions(installation.settings)


@pytest.fixture(scope="module")
def suites(installation: Installation) -> dict[str, Suite]:
    """All suites of a refresh, with what follows from the contracts."""
    manifest = json.loads((installation.settings.dbt_target_dir / "manifest.json").read_bytes())
    found = complete(load_suites(), load_contracts(), manifest)
    return {table: suite for table, suite in found.items() if suite.layer in CHECKED_SCHEMAS}


def test_every_contract_and_every_checked_table_is_an_asset(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {f"raw/{name}" for name in load_contracts()} <= keys
    assert {table.replace(".", "/") for table, suite in load_suites().items() if suite.layer != "exports"} <= keys
    assert {"ops/extract", "marts/measure_value", "published/force_performance"} <= keys
    mine = [graph.get(key) for key in graph.get_all_asset_keys() if graph.get(key).is_materializable]
    assert all(node.description and node.owners and node.kinds and node.group_name != "default" for node in mine)


def test_assets_are_grouped_by_layer_and_source_and_link_to_their_page(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    nodes = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
    groups = {name: node.group_name for name, node in nodes.items()}
    assert groups["raw/police_uk_street"] == groups["raw/police_uk_outcomes"] == "raw_police_uk"
    assert groups["staging/stg_victim_survey"] == "staging_victim_survey"
    assert groups["measures/msr_control_room"] == "measures_control_room"  # of its incidents and of its calls
    assert groups["measures/msr_complaint_rate"] == "measures"  # complaints by staff, whom another publisher counts
    assert groups["marts/measure_value"] == "marts"
    pages = {name: str(node.metadata["data docs"].value) for name, node in nodes.items()}
    assert pages["marts/measure_value"].endswith(":3001/marts/measure_value.html")
    assert pages["measures/msr_control_room"].endswith(":3001/index.html")
    assert nodes["marts/measure_value"].metadata["dagster/table_name"].value == "force_performance.marts.measure_value"


def test_families_are_what_the_names_of_sources_share() -> None:
    assert families(["home_office_a", "home_office_a_b", "home_office_c", "survey"]) == {
        **dict.fromkeys(["home_office_a", "home_office_a_b", "home_office_c"], "home_office"),
        "survey": "survey",
    }


def test_every_table_was_made_with_its_size_and_hash(installation: Installation) -> None:
    settings = installation.settings
    release = read_manifest(newest(settings.releases_dir) or settings.releases_dir)
    with dagster_instance(settings) as instance:

        def last(name: str, kind: dg.DagsterEventType = dg.DagsterEventType.ASSET_MATERIALIZATION) -> dict[str, Any]:
            chosen = dg.EventRecordsFilter(kind, dg.AssetKey(name.split("/")))
            (record,) = instance.get_event_records(chosen, limit=1)
            event = record.event_log_entry.asset_materialization or record.event_log_entry.asset_observation
            assert event is not None
            return {key: found.value for key, found in event.metadata.items()}

        for name in ("reference/force", "intermediate/int_stop_search", "measures/msr_stop_search", "marts/coverage"):
            rows = ask(settings.build_path, f"SELECT count(*) FROM {name.replace('/', '.')}")[0][0]
            found = last(name)
            assert found["dagster/row_count"] == rows
            assert found["bytes"] >= 262_144  # a block
            assert len(found["sha256 of its text"]) == 64
        assert last("ops/release")["release"] == release["release_id"]
        assert last("history/value")["dagster/row_count"] >= 0
        published = last("marts/coverage", dg.DagsterEventType.ASSET_OBSERVATION)
    said = release["tables"]["coverage"]
    assert (published["dagster/row_count"], published["bytes"], published["sha256"]) == (
        said["rows"],
        said["bytes"],
        said["sha256"],
    )
    assert Path(published["path"]).stat().st_size == said["bytes"]


def test_the_daemon_can_load_what_is_defined(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_nightly_schedule_runs_the_refresh_job_at_two_in_london(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("nightly")
    assert schedule.job_name == "refresh"
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Europe/London")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert definitions.resolve_job_def("refresh").executor_def is dg.in_process_executor


def test_a_board_pack_is_asked_for_and_no_part_of_the_nightly_refresh(definitions: dg.Definitions) -> None:
    pack = dg.AssetKey(["exports", "board_pack"])
    assert pack not in definitions.resolve_job_def("refresh").asset_layer.executable_asset_keys
    job = definitions.resolve_job_def("board_pack")
    assert job.asset_layer.executable_asset_keys == {pack}
    assert "2020Q4" in job.partitions_def.get_partition_keys()  # type: ignore[union-attr]


def test_the_pack_of_the_last_quarter_is_made_by_itself(
    definitions: dg.Definitions, installation: Installation
) -> None:
    schedule = definitions.resolve_schedule_def("quarterly_board_pack")
    assert (schedule.job_name, schedule.execution_timezone) == ("board_pack", "Europe/London")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    asked = {}
    for month in (1, 4, 7, 10):
        due = dt.datetime(2021, month, 20, 3, tzinfo=ZoneInfo("Europe/London"))
        assert _last_due(schedule, due + dt.timedelta(days=80)) == due
        with dg.build_schedule_context(
            scheduled_execution_time=due, repository_def=definitions.get_repository_def()
        ) as context:
            (request,) = schedule.evaluate_tick(context).run_requests or ()
        asked[month] = request.partition_key
    assert asked == {1: "2020Q3", 4: "2020Q4", 7: "2021Q1", 10: "2021Q2"}
    standing = {key.name for key in definitions.resolve_asset_graph().asset_check_keys}
    assert {f"{schedule.name}_fires" for schedule in definitions.schedules or []} <= standing


def test_publication_stands_behind_every_mart(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    release = dg.AssetKey(["published", "release"])
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    assert marts
    assert graph.get(release).parent_keys == marts
    assert graph.get(dg.AssetKey(["published", "force_performance"])).parent_keys == {release}


def test_errors_block_and_warnings_do_not(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    checks = {key: graph.get_check_spec(key) for key in graph.asset_check_keys if key.asset_key.path[0] != "published"}
    assert {key.name for key in checks} == {"errors", "warnings"}
    assert len(checks) == 2 * sum(suite.layer != "exports" for suite in load_suites().values())
    assert all(spec.blocking is (key.name == "errors") for key, spec in checks.items())


# What a check is called says what it looks at.
KINDS = {
    "types": "columns_as_promised",
    "keys": "_unique$|^every_indicator_has_one_latest_row$",
    "domains": "_(known|refers|formed|named)$",
    "ranges": "_in_range$|^dates_plausible$|_in_order$|^financial_quarter_known$",
}
# Tables without a column of the kind: months have no words, and these hold no number or date of a known range.
WITHOUT = {
    "domains": {"marts.dim_month"},
    "ranges": {"marts.dim_measure", "marts.plan_target_value", "marts.restatement", "raw.performance_return"},
}
RAW = {"newest_period_in_time", "periods_begun", "volume_as_usual", "rows_match_register", "release_keeps_rows"}
STAGING = {"rows_match_raw", "line_unique", "force_known"}


def test_every_table_has_each_kind_of_check_that_applies(suites: dict[str, Suite]) -> None:
    names = {table: {expect.name for expect in suite.expectations} for table, suite in suites.items()}
    missing = {
        kind: {table for table in names if not any(re.search(pattern, name) for name in names[table])}
        for kind, pattern in KINDS.items()
    }
    assert missing == {kind: WITHOUT.get(kind, set()) for kind in KINDS}
    for layer, needed in (("raw", RAW), ("staging", STAGING)):
        assert {table: needed - names[table] for table in names if table.startswith(f"{layer}.")} == {
            table: set() for table in names if table.startswith(f"{layer}.")
        }
    national = {contract.table for contract in load_contracts().values() if contract.expected_forces == NATIONAL}
    assert {table for table in names if "periods_complete" in names[table]} == national
    assert {"holes_in_series", "forces_up_to_date", "home_force_up_to_date"} <= names["marts.source_month"]
    assert {"gap_as_usual"} <= names["marts.street_official_gap"]
    assert {"file_is_of_its_force", "crimes_lie_in_force"} <= names["marts.fct_street_crime_month"]


def test_the_sums_of_every_source_that_is_counted_are_held_together(suites: dict[str, Suite]) -> None:
    held = {e.name for e in suites["marts.measure_value"].expectations if e.name.endswith("_sums_preserved")}
    # tables beside others: what they hold is joined to records that are counted
    beside = {"stats19_collision", "stats19_vehicle", "stats19_casualty_adjustment", "home_office_workforce_table"}
    assert {f"{name}_sums_preserved" for name in load_contracts().keys() - beside} <= held


def test_each_check_ran_and_links_to_a_page(installation: Installation, suites: dict[str, Suite]) -> None:
    settings = installation.settings
    ran = ask(
        settings.build_path,
        "SELECT DISTINCT table_name, check_name FROM ops.check_result WHERE engine = 'great_expectations'",
    )
    assert set(ran) == {(table, e.name) for table, suite in suites.items() for e in suite.expectations}
    for table in suites:
        assert (settings.data_docs_dir / page_of(table)).exists()
    assert (settings.data_docs_dir / "index.html").exists()
    with dagster_instance(settings) as instance:
        event = instance.get_latest_asset_check_evaluation_record(
            dg.AssetCheckKey(dg.AssetKey(["raw", "police_uk_street"]), "errors")
        )
        assert event is not None
        assert event.event is not None
        assert event.event.dagster_event is not None
        metadata = event.event.dagster_event.asset_check_evaluation_data.metadata
    assert str(metadata["data docs"].value).endswith(":3001/raw/police_uk_street.html")
    assert metadata["page"].value == str(settings.data_docs_dir / "raw" / "police_uk_street.html")
