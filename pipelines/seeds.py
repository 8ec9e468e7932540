"""Loads the seeds ahead of the first refresh."""

from __future__ import annotations

import json
import logging

from pipelines.checks.results import PREPARATION, record, results_from_dbt
from pipelines.dbt_run import ModelError, dbt_process, note_seeds, seeds_digest, seeds_loaded
from pipelines.settings import Settings
from pipelines.store.warehouse import Warehouse

log = logging.getLogger("fpw.dbt")


def load_seeds(settings: Settings) -> None:
    """Load and test the seeds, unless the build database holds them.

    The results of their tests stand for the refreshes that follow too.

    Raises:
        ModelError: a seed cannot be loaded, or fails a test.
    """
    warehouse, digest = Warehouse(settings), seeds_digest()
    if seeds_loaded(warehouse):
        return
    log.info("Loading the seeds")
    with dbt_process(settings) as dbt:
        built = dbt.build(["resource_type:seed"], indirect_selection="cautious", progress=lambda _: None)
    if built.failure:
        raise ModelError(built.failure)
    target = settings.dbt_target_dir
    results = results_from_dbt(target / "run_results.json", json.loads((target / "manifest.json").read_bytes()))
    with warehouse.connect() as connection:
        record(connection, PREPARATION, "dbt", results)
    note_seeds(warehouse, digest)
