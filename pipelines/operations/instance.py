"""Dagster's own home: where it keeps runs, events and schedules, and how it runs jobs."""

from __future__ import annotations

import json

import dagster as dg

from pipelines.settings import Settings
from pipelines.store.files import write_whole
from pipelines.store.warehouse import WarehouseError

HEADER = "# Written by fpw, which keeps it in step with the settings. Take this line away to keep a file of your own.\n"
_COMMON = """\
telemetry:
  enabled: false
nux:
  enabled: false
python_logs:
  managed_python_loggers: [fpw]
# The build database has one writer: runs wait for each other.
concurrency:
  runs:
    max_concurrent_runs: 1
# A run whose process was lost is found out, and tried once more; a step that failed says why and is not.
run_monitoring:
  enabled: true
run_retries:
  enabled: true
  max_retries: 1
  retry_on_asset_or_op_failure: false
"""
_SQLITE = """\
event_log_storage:
  module: pipelines.store.event_log
  class: EventLog
  config:
    base_dir: {base_dir}
"""
_POSTGRES = """\
storage:
  postgres:
    postgres_url:
      env: FPW_DAGSTER_POSTGRES_URL
"""


def prepare_home(settings: Settings) -> None:
    """Write `dagster.yaml` for these settings, unless somebody has made it their own, and point Dagster to it.

    With FPW_DAGSTER_POSTGRES_URL set, runs and schedules are kept in Postgres, for several users; else in SQLite files.
    """
    home = settings.dagster_home
    if set("?*[") & set(str(home)):  # Dagster looks for its configuration by a pattern, and would pass over this one
        raise WarehouseError(
            f"Dagster's history cannot lie in {home}, because of the ?, * or [ in it; rename the folder, or set DAGSTER_HOME."
        )
    home.mkdir(parents=True, exist_ok=True)
    storage = (
        _POSTGRES
        if settings.secret("DAGSTER_POSTGRES_URL")
        else _SQLITE.format(base_dir=json.dumps(str(home / "history" / "runs")))
    )
    wanted, path = HEADER + _COMMON + storage, home / "dagster.yaml"
    found = path.read_text(encoding="utf-8") if path.exists() else HEADER
    if found != wanted and found.startswith(HEADER):
        write_whole(path, wanted)
    settings.export({"DAGSTER_HOME": str(home)})


def dagster_instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance that keeps the run history, set up on first use."""
    prepare_home(settings)
    return dg.DagsterInstance.get()
