"""Runs the refresh job in this process: the same job that the nightly schedule runs."""

from __future__ import annotations

import contextlib
import logging
import warnings
from dataclasses import dataclass

import dagster as dg

from pipelines.definitions import REFRESH, build_definitions
from pipelines.settings import Settings
from pipelines.store.lock import writer_lock

log = logging.getLogger("fpw.refresh")

DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
python_logs:
  managed_python_loggers: [fpw]
"""


@dataclass(frozen=True)
class Outcome:
    """How a refresh ended; `failures` holds one sentence per step that failed."""

    succeeded: bool
    run_id: str
    failures: tuple[str, ...]


def run_refresh(settings: Settings) -> Outcome:
    """Run the refresh job with these settings and wait for its end.

    Raises:
        pipelines.store.warehouse.WarehouseError: another refresh holds the warehouse.
    """
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    with writer_lock(settings.warehouse_dir):
        pass  # say at once, not after loading everything, that another refresh is running
    with dagster_instance(settings) as instance:
        job = build_definitions(settings).resolve_job_def(REFRESH)
        log_path = settings.warehouse_dir / "refresh.log"
        # dbt's own lines go to a file; progress and results reach the console through logging and the summary.
        with log_path.open("w", encoding="utf-8") as log_file, contextlib.redirect_stdout(log_file):
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
    failures = [_sentence(event) for event in result.all_events if event.is_step_failure]
    if not result.success and not failures:
        failures = ["The run failed outside its steps; see Dagster's log of the run."]
    return Outcome(result.success, result.run_id, tuple(failures))


def dagster_instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance that keeps the run history, set up on first use."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_text(DAGSTER_YAML, encoding="utf-8")
    settings.export({"DAGSTER_HOME": str(home)})
    return dg.DagsterInstance.get()


def _sentence(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    text = error.message.strip().splitlines()[0] if error else "unknown error"
    return f"{event.step_key}: {text}"
