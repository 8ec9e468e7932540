"""What Dagster shows: the same assets, checks, job and schedule whoever starts it."""

from __future__ import annotations

import dagster as dg
import pytest

from pipelines.checks.catalog import load_suites
from pipelines.definitions import build_definitions
from pipelines.sources.contract import load_contracts
from tests.integration.conftest import Installation

pytestmark = pytest.mark.xdist_group("refresh")


@pytest.fixture(scope="module")
def definitions(installation: Installation) -> dg.Definitions:
    return build_definitions(installation.settings)


def test_every_contract_and_every_checked_table_is_an_asset(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {f"raw/{name}" for name in load_contracts()} <= keys
    assert {table.replace(".", "/") for table in load_suites()} <= keys
    assert {"ops/extract", "marts/measure_value", "published/force_performance"} <= keys
    mine = [graph.get(key) for key in graph.get_all_asset_keys() if graph.get(key).is_materializable]
    assert all(node.description and node.owners and node.kinds and node.group_name != "default" for node in mine)


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
    assert len(checks) == 2 * len(load_suites())
    assert all(spec.blocking is (key.name == "errors") for key, spec in checks.items())
