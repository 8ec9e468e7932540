"""Calls to the control room, cleaned."""

from pipelines.checks.shared import holds, in_order, staged, trimmed, unique, with_file
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="staging.stg_control_room_call",
    description="Calls after cleaning: the same records, each once, with one outcome and times in order.",
    expectations=(
        *staged("control_room_call"),
        unique(
            "call_id_unique",
            ("force", "call_id"),
            "A call stands twice and would be counted twice: export one row for each call.",
        ),
        trimmed("call_id", "call_line"),
        holds(
            "call_has_one_outcome",
            "(answered_at IS NOT NULL) <> (coalesce(is_abandoned, false) OR abandoned_at IS NOT NULL)",
            ("extract_id", "line", "call_id", "answered_at", "abandoned_at", "is_abandoned"),
            "A call is neither answered nor abandoned, or both, and is counted as unknown: complete the export.",
            "warning",
        ),
        in_order(
            "queued_at",
            "answered_at",
            "A call was answered before it was queued, so its wait is not known: look at the times in the system.",
        ),
        no_rows(
            "wait_follows_from_times",
            with_file(
                """
                SELECT extract_id, count(*) AS row_count, min(wait_seconds) AS shortest,
                    median(wait_seconds) AS median_told, median(epoch(answered_at - queued_at)) AS median_by_times
                FROM {batch} WHERE wait_seconds IS NOT NULL AND answered_at IS NOT NULL
                GROUP BY extract_id
                HAVING min(wait_seconds) < 0 OR (
                    abs(median(wait_seconds) - median(epoch(answered_at - queued_at))) > 5
                    AND median(wait_seconds) NOT BETWEEN 0.5 * median(epoch(answered_at - queued_at))
                        AND 2 * median(epoch(answered_at - queued_at))
                )
                """
            ),
            "The waits of a file are not in seconds, or below zero, going by its times of queueing and answering; they are "
            "published as they are told: export them in seconds, or without them.",
        ),
    ),
)
