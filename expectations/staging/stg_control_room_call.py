"""Calls to the control room, cleaned."""

from pipelines.checks.shared import holds, in_order, staged, trimmed, unique
from pipelines.checks.suite import Suite

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
    ),
)
