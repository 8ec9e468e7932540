"""Comparisons, as they leave the building."""

from pipelines.checks.exports import as_in_values, blank_with
from pipelines.checks.shared import holds
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="exports.comparison",
    description="Every comparison that leaves: none is made with a hidden value.",
    expectations=(
        holds(
            "hidden_says_nothing",
            "status <> 'suppressed' OR coalesce(difference, change_pct, change_pct_low) IS NULL AND words IS NULL "
            "AND finding IS NULL",
            ("series_id", "comparison_type", "period_start"),
            "A comparison speaks of a hidden value: correct marts.yaml of pipelines/disclosure.",
        ),
        blank_with(("difference", "change_pct")),
        as_in_values("difference", "reference_period_start"),
        no_rows(
            "sums_of_shown_months",
            """
            SELECT told.series_id, told.period_start, told.period_end FROM {batch} AS told
            JOIN exports.value_history AS hidden
                ON told.series_id = hidden.series_id
                AND hidden.period_start BETWEEN told.period_start AND told.period_end
            WHERE told.comparison_type LIKE '%to_date' AND hidden.suppression IS NOT NULL AND told.value IS NOT NULL
            """,
            "The year so far holds a hidden month, which its difference to the month before gives away: correct "
            "marts.yaml of pipelines/disclosure.",
        ),
    ),
)
