"""Standing checks: whether what should happen by itself does happen. They need no run, and change nothing."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
import duckdb
from dagster._core.scheduler.instigation import TickStatus

from pipelines.checks.generated import newest_period
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.advice import in_short
from pipelines.store.warehouse import without_values

REFRESH_HOURS = 26
"""A nightly refresh that ended well is at most this old: a day, and two hours for a long night."""


HEARTBEAT_SECONDS = 180
"""A daemon that runs says so every half minute."""


@dataclass(frozen=True)
class Finding:
    """One standing check: whether it holds, and a sentence that says what was found, with the mend where it does not.

    The sentence is the same as long as what was found is, for a notice tells what is new.
    """

    name: str
    passed: bool
    sentence: str


def refreshed_lately(instance: dg.DagsterInstance, job: str, now: dt.datetime) -> Finding:
    """Whether the refresh ended well within `REFRESH_HOURS`, also when it found nothing new."""
    runs = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1)
    name = "refreshed_lately"
    if not runs or runs[0].end_time is None:
        return Finding(name, False, "No refresh has ended well yet; run `fpw refresh`.")
    ended = dt.datetime.fromtimestamp(runs[0].end_time, dt.UTC)
    told = f"The last refresh that ended well did so on {ended:%d %B %Y at %H:%M} UTC"
    if now - ended <= dt.timedelta(hours=REFRESH_HOURS):
        return Finding(name, True, f"{told}.")
    return Finding(
        name, False, f"{told}; a night was missed: see the last runs in Dagster, and docs/runbooks/nightly-failed.md."
    )


def schedules_run(
    instance: dg.DagsterInstance, schedules: Sequence[dg.ScheduleDefinition], now: dt.datetime
) -> Iterator[Finding]:
    """Whether each schedule and the daemon behind it is on, and fired when it last should have."""
    beat = instance.get_daemon_heartbeats().get("SCHEDULER")
    alive = beat is not None and time.time() - beat.timestamp < HEARTBEAT_SECONDS
    yield Finding(
        "daemon_runs",
        alive,
        "Dagster's daemon runs."
        if alive
        else "Dagster's daemon does not run, so no schedule fires and no inbox is watched; start it with `fpw serve`.",
    )
    states = {state.instigator_name: state for state in instance.all_instigator_state()}
    for schedule in schedules:
        name = f"{schedule.name}_fires"
        state = states.get(schedule.name)
        declared = schedule.default_status == dg.DefaultScheduleStatus.RUNNING
        if state is None and not (declared and alive):
            yield Finding(
                name, False, f"Schedule {schedule.name} is declared but was never seen by a daemon; start `fpw serve`."
            )
            continue
        if state is not None and state.status.value == "STOPPED":
            yield Finding(
                name, False, f"Schedule {schedule.name} is switched off; switch it on under Automation in Dagster."
            )
            continue
        due = _last_due(schedule, now)
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1) if state else []
        if ticks and ticks[0].timestamp >= due.timestamp():
            failed = ticks[0].status == TickStatus.FAILURE
            yield Finding(
                name,
                not failed,
                f"Schedule {schedule.name} fired on {_moment(ticks[0].timestamp)}"
                + (" and failed; its ticks in Dagster say why." if failed else "."),
            )
        elif state is None or _seen_since(state) > due.timestamp():
            yield Finding(name, True, f"Schedule {schedule.name} is on; it was not due since.")
        else:
            yield Finding(
                name,
                False,
                f"Schedule {schedule.name} is on but did not fire when it was due on {_moment(due.timestamp())}; "
                "see that `fpw serve` runs all night.",
            )


def sources_in_time(settings: Settings) -> Finding:
    """Whether every source has a period as new as its cadence promises, by the checks of the published file, judged today."""
    name = "sources_in_time"
    if not settings.published_path.exists():
        return Finding(name, False, f"{settings.published_path} does not exist; run `fpw refresh` to make it.")
    try:
        with duckdb.connect(str(settings.published_path), read_only=True) as connection:
            late = _late(connection)
    except duckdb.Error as error:
        told = f"{settings.published_path} cannot be read ({in_short(without_values(error))})"
        return Finding(name, False, f"{told}; `fpw release restore` or the next refresh replaces it.")
    if not late:
        return Finding(name, True, "No source is late by its cadence.")
    return Finding(name, False, f"Late by their cadence: {'; '.join(late)}. Fetch or ask for what is due.")


def _late(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = []
    for contract in load_contracts().values():
        extracts = f"(SELECT * FROM ops.extract WHERE source = '{contract.name}' AND status = 'loaded')"
        ((newest, due, days),) = connection.execute(newest_period(contract, extracts)).fetchall()
        if newest is not None and days > 0:
            found.append(f"{contract.name}, newest period {newest:%B %Y}, the next was due by {due:%d %B %Y}")
    return found


def _last_due(schedule: dg.ScheduleDefinition, now: dt.datetime) -> dt.datetime:
    """When the schedule last should have fired."""
    from dagster._utils.schedules import reverse_cron_string_iterator

    zone = schedule.execution_timezone or "UTC"
    return next(reverse_cron_string_iterator(now.timestamp(), str(schedule.cron_schedule), zone))


def _seen_since(state: object) -> float:
    data = getattr(state, "instigator_data", None)
    return float(getattr(data, "start_timestamp", None) or 0)


def _moment(timestamp: float) -> str:
    return f"{dt.datetime.fromtimestamp(timestamp, dt.UTC):%d %B %Y at %H:%M} UTC"
