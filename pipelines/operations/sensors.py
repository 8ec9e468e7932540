"""What Dagster watches: the inbox, and how runs end."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb

from pipelines.assets.published import PUBLISHED_KEY
from pipelines.operations.inbox import INBOX, look
from pipelines.operations.notices import Notice, send
from pipelines.operations.schedules import REFRESH
from pipelines.operations.standing import refreshed_lately, schedules_run, sources_in_time
from pipelines.outcome import outcome_of
from pipelines.settings import Settings

INBOX_SECONDS = 30
"""Time between two looks; a file is whole when it was the same at both."""


def build_inbox_sensor(settings: Settings, job: Any) -> dg.SensorDefinition:
    """Starts a refresh when files in `raw/inbox` have settled."""

    @dg.sensor(
        name=INBOX,
        job=job,
        minimum_interval_seconds=INBOX_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a refresh when new files lie in raw/inbox and have stopped growing.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        found = look(settings.raw_dir, context.cursor)
        context.update_cursor(found.cursor)
        if found.delivery:
            yield dg.RunRequest(run_key=found.delivery, tags={"fpw/inbox": found.delivery})
        elif found.unsettled:
            yield dg.SkipReason(f"Still being copied, or only just found: {', '.join(found.unsettled[:5])}.")
        else:
            yield dg.SkipReason("Nothing new in raw/inbox.")

    return inbox


def build_notice_sensors(settings: Settings, refresh: Any, standing: Any) -> list[dg.SensorDefinition]:
    """Sends a notice when a run of any job fails, and of what a refresh or the standing checks find for the first time."""

    @dg.run_failure_sensor(
        name="failure_notice",
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Mails and posts the sentences of a run that failed.",
    )
    def failure_notice(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        outcome = outcome_of(settings, run.run_id, succeeded=False, events=_events(context.instance, run.run_id))
        subject = f"The {run.job_name.replace('_', ' ')} of {_today()} failed; what was published before stays"
        send(Notice("failure", subject, outcome.failures, run.run_id, settings.force), settings)

    @dg.run_status_sensor(
        name="warning_notice",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[refresh],
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Mails and posts the warnings of a refresh that the one before had not.",
    )
    def warning_notice(context: dg.RunStatusSensorContext) -> None:
        run = context.dagster_run
        if sentences := new_warnings(settings, run.run_id):
            number = f"{len(sentences)} new warning{'s' * (len(sentences) > 1)}"
            subject = f"The {run.job_name} of {_today()} was published with {number}"
            send(Notice("warning", subject, tuple(sentences), run.run_id, settings.force), settings)

    @dg.run_status_sensor(
        name="standing_notice",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[standing],
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Mails and posts what the standing checks found that they had not found the hour before.",
    )
    def standing_notice(context: dg.RunStatusSensorContext) -> None:
        run = context.dagster_run
        if sentences := newly_found(context.instance, run.run_id):
            subject = f"What should happen by itself did not: {len(sentences)} to mend on {_today()}"
            send(Notice("warning", subject, tuple(sentences), run.run_id, settings.force), settings)

    return [failure_notice, warning_notice, standing_notice]


def new_warnings(settings: Settings, run_id: str) -> list[str]:
    """Warnings of a run that the last run before it had not, as sentences."""
    if not settings.published_path.exists():
        return []
    # In the published file, which nobody locks: another run may follow at once.
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        rows = connection.execute(
            """
            WITH last AS (
                SELECT max_by(run_id, checked_at) AS run_id FROM ops.check_result
                WHERE checked_at < (SELECT min(checked_at) FROM ops.check_result WHERE run_id = $1)
            )
            SELECT table_name, check_name, observed, description FROM ops.check_result
            WHERE run_id = $1 AND status <> 'passed' AND severity = 'warning' AND (table_name, check_name) NOT IN (
                SELECT (table_name, check_name) FROM ops.check_result JOIN last USING (run_id) WHERE status <> 'passed'
            )
            ORDER BY ALL
            """,
            [run_id],
        ).fetchall()
    return [f"{table}, {check}: {observed}. {description}" for table, check, observed, description in rows]


def newly_found(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """What checks found amiss in a run, in sentences that they had not said the time before."""
    sentences = []
    for event in _events(instance, run_id):
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            found = event.asset_check_evaluation_data
            history = instance.event_log_storage.get_asset_check_execution_history(found.asset_check_key, limit=20)
            runs = [record.run_id for record in history]  # newest first
            before = history[runs.index(run_id) + 1 :][:1] if run_id in runs else []
            if not found.passed and found.description not in [_said(record.event) for record in before]:
                sentences.append(found.description or found.check_name)
    return sentences


def build_standing_checks(settings: Settings, schedules: Sequence[dg.ScheduleDefinition]) -> dg.AssetChecksDefinition:
    """The standing checks as checks of the published file; `fpw doctor` runs the same ones without Dagster's daemon."""
    names = [
        "refreshed_lately",
        "daemon_runs",
        *(f"{schedule.name}_fires" for schedule in schedules),
        "sources_in_time",
    ]

    @dg.multi_asset_check(
        name="check_standing",
        specs=[
            dg.AssetCheckSpec(
                name, asset=PUBLISHED_KEY, description="Whether what should happen by itself does happen."
            )
            for name in names
        ],
    )
    def standing(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        now = dt.datetime.now(dt.UTC)
        for finding in (
            refreshed_lately(context.instance, REFRESH, now),
            *schedules_run(context.instance, schedules, now),
            sources_in_time(settings),
        ):
            yield dg.AssetCheckResult(
                asset_key=PUBLISHED_KEY,
                check_name=finding.name,
                passed=finding.passed,
                severity=dg.AssetCheckSeverity.WARN,
                description=finding.sentence,
            )

    return standing


def _events(instance: dg.DagsterInstance, run_id: str) -> list[dg.DagsterEvent]:
    return [entry.dagster_event for entry in instance.all_logs(run_id) if entry.dagster_event]


def _said(entry: dg.EventLogEntry | None) -> str | None:
    event = entry.dagster_event if entry else None
    return event.asset_check_evaluation_data.description if event else None


def _today() -> str:
    return f"{dt.datetime.now(ZoneInfo('Europe/London')):%d %B %Y}"
