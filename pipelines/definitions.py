"""Assembles everything for Dagster; no logic."""

import json
from collections.abc import Iterator
from functools import partial

import dagster as dg

from pipelines.assets.board import GROUP, build_board_assets, build_board_job
from pipelines.assets.exports import GROUP as EXPORTS
from pipelines.assets.exports import build_export_assets, build_export_job
from pipelines.assets.facts import describer
from pipelines.assets.models import DRAFTED, build_model_assets
from pipelines.assets.published import build_published_assets
from pipelines.assets.raw import build_raw_assets
from pipelines.checks.catalog import load_suites
from pipelines.checks.dagster_checks import build_asset_checks
from pipelines.checks.generated import complete
from pipelines.dbt_run import Dbt, dbt_process, ensure_manifest
from pipelines.operations.schedules import REFRESH, STANDING, build_schedules
from pipelines.operations.sensors import build_inbox_sensor, build_notice_sensors, build_standing_checks
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.built import digests
from pipelines.store.lock import writer_lock
from pipelines.store.warehouse import Warehouse
from pipelines.workers import Pool, process_pool


def build_definitions(settings: Settings) -> dg.Definitions:
    """All assets, checks, the refresh job and the nightly schedule, for one installation."""
    contracts = load_contracts()
    manifest = json.loads(ensure_manifest(settings).read_bytes())
    models = build_model_assets(manifest)
    marts = sorted(key for asset in models for key in asset.keys if key.path[0] == "marts")
    suites = complete(load_suites(), contracts, manifest)
    describe = describer(settings, contracts, manifest, suites)
    checks = [
        build_asset_checks(
            suites,
            layer=layer,
            asset_key_for=lambda table: dg.AssetKey(table.split(".")),
            config={"memory_limit": settings.memory_limit, "threads": settings.threads},
            pages=settings.data_docs_dir,
            address=settings.data_docs_url,
            digests=partial(digests, settings=settings, manifest=manifest),
        )
        for layer in ("raw", "staging", "marts")
    ]
    schedules = build_schedules(settings)
    standing = build_standing_checks(settings, schedules)
    job = dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.groups(GROUP, EXPORTS)
        - dg.AssetSelection.checks(standing),
        executor_def=dg.in_process_executor,
        description="Raw files to the published file: register, load, model, check, publish.",
    )
    standing_job = dg.define_asset_job(
        STANDING,
        selection=dg.AssetSelection.checks(standing),
        executor_def=dg.in_process_executor,
        description="Whether the refresh ran, its schedule fires, and sources come in time.",
    )

    @dg.resource(description="The build database, held for writing while a run lasts.")
    def warehouse(_: dg.InitResourceContext) -> Iterator[Warehouse]:
        with writer_lock(settings.warehouse_dir):
            yield Warehouse(settings)

    @dg.resource(description="dbt in a process of its own.")
    def dbt(_: dg.InitResourceContext) -> Iterator[Dbt]:
        with dbt_process(settings) as process:
            yield process

    @dg.resource(description="Processes that run suites of checks side by side.")
    def check_pool(_: dg.InitResourceContext) -> Iterator[Pool]:
        with process_pool(min(2, settings.threads), "pipelines.checks.gx") as pool:
            yield pool

    definitions = [
        *build_raw_assets(contracts),
        *models,
        *build_published_assets(marts),
        *build_board_assets(settings),
        *build_export_assets(settings),
    ]
    return dg.Definitions(
        assets=[*dg.map_asset_specs(describe, definitions), *map(describe, DRAFTED)],
        asset_checks=[*checks, standing],
        jobs=[job, standing_job, build_board_job(), build_export_job()],
        schedules=schedules,
        sensors=[build_inbox_sensor(settings, job), *build_notice_sensors(settings, job, standing_job)],
        resources={"warehouse": warehouse, "dbt": dbt, "check_pool": check_pool},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What the webserver and the daemon load."""
    return build_definitions(Settings.load())
