"""What a run of the refresh came to, in sentences, read from its events: for the command line and for notices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from pipelines.assets.published import PUBLISHED_KEY
from pipelines.assets.raw import NOTHING_NEW
from pipelines.settings import Settings
from pipelines.store.advice import advised, in_short
from pipelines.store.warehouse import Warehouse, WarehouseError


@dataclass(frozen=True)
class Outcome:
    """How a refresh ended; `failures` holds one sentence per step that failed.

    A refresh that found nothing new succeeded without publishing: `unchanged_since` names the release that stands.
    """

    succeeded: bool
    run_id: str
    failures: tuple[str, ...]
    unchanged_since: str | None = None


def outcome_of(settings: Settings, run_id: str, *, succeeded: bool, events: Sequence[dg.DagsterEvent]) -> Outcome:
    """The outcome of a run of the refresh job, from what Dagster says of it and from the results of its checks."""
    failures = [sentence for event in events if event.is_step_failure for sentence in _sentences(event)]
    failures += _failed_checks(settings, run_id, events)
    if not succeeded and not failures:
        failures = [_last_words(events) or "The run failed outside its steps; see Dagster's log of the run."]
    unchanged_since = _unchanged_since(events)
    if succeeded and unchanged_since:
        return Outcome(True, run_id, (), unchanged_since)
    published = succeeded and any(
        event.is_step_materialization and event.asset_key == PUBLISHED_KEY for event in events
    )
    # A step that is skipped is no failure to Dagster.
    if succeeded and not published:
        failures.append(
            "The run ended without publishing, as a step before it was skipped; see Dagster's log of the run."
        )
    return Outcome(published, run_id, tuple(dict.fromkeys(failures)))


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


def _failed_checks(settings: Settings, run_id: str, events: Sequence[dg.DagsterEvent]) -> list[str]:
    if not settings.build_path.exists():
        return []
    try:
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
    except WarehouseError:  # the next run may hold it; Dagster knows the same in fewer words
        evaluated = [
            event.asset_check_evaluation_data
            for event in events
            if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ]
        return [
            f"{'.'.join(found.asset_key.path)}, {found.description}; `fpw checks --run {run_id}` says more."
            for found in evaluated
            if not found.passed and found.severity == dg.AssetCheckSeverity.ERROR
        ]
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
    """The words of the error that Dagster caught, without the name of its class."""
    while error is not None and error.cause is not None and str(error.cls_name).startswith("Dagster"):
        error = error.cause
    if error is None:
        return "A step failed without a message; see Dagster's log of the run."
    return advised(re.sub(r"^[\w.]+: ", "", in_short(error.message)))
