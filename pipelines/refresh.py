"""Runs the refresh job in this process: the same job that the nightly schedule runs."""

from __future__ import annotations

import contextlib
import logging
import warnings

import dagster as dg

from pipelines.assets.raw import ANEW
from pipelines.assets.published import NODE
from pipelines.assets.raw import ANEW, NOTHING_NEW
from pipelines.definitions import REFRESH, build_definitions
from pipelines.operations.instance import dagster_instance
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
    failures = [sentence for event in result.all_events if event.is_step_failure for sentence in _sentences(event)]
    failures += _failed_checks(settings, result.run_id)
    if not result.success and not failures:
        failures = [_last_words(result.all_events) or "The run failed outside its steps; see Dagster's log of the run."]
    unchanged_since = _unchanged_since(result.all_events)
    if result.success and unchanged_since:
        return Outcome(True, result.run_id, (), unchanged_since)
    # A step that is skipped is no failure to Dagster.
    published = bool(result.asset_materializations_for_node(NODE)) if result.success else False
    if result.success and not published:
        failures.append(
            "The run ended without publishing, as a step before it was skipped; see Dagster's log of the run."
        )
    return Outcome(published, result.run_id, tuple(dict.fromkeys(failures)))


def dagster_instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance that keeps the run history, set up on first use."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_text(
            DAGSTER_YAML.format(base_dir=json.dumps(str(home / "history" / "runs"))), encoding="utf-8"
        )
    settings.export({"DAGSTER_HOME": str(home)})
    return dg.DagsterInstance.get()


def _sentences(event: dg.DagsterEvent) -> list[str]:
    if (event.step_key or "").startswith("check_"):
        return []  # what failed stands in ops.check_result
    return [_words(event.step_failure_data.error)]


def _unchanged_since(events: Sequence[dg.DagsterEvent]) -> str | None:
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_OBSERVATION:
            found = event.asset_observation_data.asset_observation.metadata.get(NOTHING_NEW)
            if found is not None:
                return str(found.value)
    return None


def _failed_checks(settings: Settings, run_id: str) -> list[str]:
    if not settings.build_path.exists():
        return []
    with Warehouse(settings).connect(read_only=True) as connection:
        rows = connection.execute(
            """
            SELECT table_name, check_name, status, observed, description FROM ops.check_result
            WHERE run_id = ? AND engine = 'great_expectations'
                AND (status = 'raised' OR (status = 'failed' AND severity = 'error'))
            ORDER BY ALL
            """,
            [run_id],
        ).fetchall()
    return [
        f"{table}, check {check} {'could not run' if status == 'raised' else 'failed'}: {observed}. {description}"
        for table, check, status, observed, description in rows
    ]


def _last_words(events: Sequence[dg.DagsterEvent]) -> str | None:
    for event in reversed(events):
        error = getattr(event.event_specific_data, "error", None)
        if error is not None:
            return _words(error)
    return None


def _words(error: Any) -> str:
    """The innermost error's own words, without the name of its class."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "A step failed without a message; see Dagster's log of the run."
    return re.sub(r"^[\w.]+: ", "", " ".join(error.message.split()))
