"""Runs the refresh job in this process: the same job that the nightly schedule runs."""

from __future__ import annotations

import contextlib
import logging
import warnings

import dagster as dg

from pipelines.assets.raw import ANEW
from pipelines.definitions import build_definitions
from pipelines.operations.instance import dagster_instance
from pipelines.operations.schedules import REFRESH
from pipelines.outcome import Outcome, outcome_of
from pipelines.settings import Settings
from pipelines.store.lock import writer_lock


def run_refresh(settings: Settings, *, anew: bool = False) -> Outcome:
    """Run the refresh job with these settings and wait for its end; with `anew` also when nothing is new.

    Raises:
        pipelines.store.warehouse.WarehouseError: another refresh holds the warehouse.
    """
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    # When nothing is new every step is skipped, the checks too, which Dagster would say of each.
    logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
    # Held from the start, so that a second refresh leaves at once and not after loading everything.
    with writer_lock(settings.warehouse_dir), dagster_instance(settings) as instance:
        job = build_definitions(settings).resolve_job_def(REFRESH)
        log_path = settings.warehouse_dir / "refresh.log"
        # dbt's own lines go to a file; progress and results reach the console through logging and the summary.
        with log_path.open("w", encoding="utf-8") as log_file, contextlib.redirect_stdout(log_file):
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                tags={ANEW: "yes"} if anew else {},
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
    return outcome_of(settings, result.run_id, succeeded=result.success, events=result.all_events)
