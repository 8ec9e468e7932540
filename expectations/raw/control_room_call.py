"""Calls to the control room as exported from the telephone system."""

from pipelines.checks.plausible import month_whole, timed
from pipelines.checks.shared import given, holds, lineage, tidy
from pipelines.checks.suite import Suite, no_rows
from pipelines.checks.vocabulary import literal, seed_rows

_LINES = ", ".join(
    literal(label) for field, label in seed_rows("reference/control_room_label", "field", "label") if field == "line"
)

SUITE = Suite(
    table="raw.control_room_call",
    description="Calls as read: nothing lost, each with its line and the time it was queued, in the month of it.",
    expectations=(
        *lineage("control_room_call"),
        given("call_id", "A call has no number, so it cannot be found in the telephone system: look at the file."),
        given("queued_at", "A call without a time belongs to no month: look at the file."),
        holds(
            "queued_in_period",
            "date_trunc('month', queued_at) = period_start",
            ("extract_id", "line", "queued_at", "period_start"),
            "A call lies outside the month of its extract: load the file again.",
        ),
        no_rows(
            "call_line_known",
            "SELECT call_line, count(*) AS row_count FROM {batch} "
            f"WHERE lower(trim(call_line)) NOT IN ({_LINES}) GROUP BY call_line",
            "Calls of these lines are in no figure: add the word to seed control_room_label.csv with its meaning, "
            "or leave such lines out of the export.",
            "warning",
        ),
        tidy("call_id", "call_line"),
        month_whole("queued_at"),
        timed("queued_at"),
    ),
)
