"""Every version of every value, as it leaves the building."""

from pipelines.checks.exports import blank_with, small_numbers
from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="exports.value_history",
    description="Every version of every value that leaves: what is hidden is hidden in all of them.",
    expectations=(
        unique(
            "key_unique",
            ("series_id", "period_start", "known_from"),
            "A version of a value leaves twice: report this, the release holds it twice.",
        ),
        small_numbers(),
        blank_with(("numerator", "denominator", "value", "ci_low", "ci_high")),
        no_rows(
            "hidden_in_all_vintages",
            """
            SELECT series_id, period_start FROM {batch} WHERE coalesce(numerator, denominator, value) IS NOT NULL
            INTERSECT
            SELECT series_id, period_start FROM {batch} WHERE suppression IS NOT NULL
            """,
            "A value is hidden in one vintage and shown in another, so that their difference gives it away: report this.",
        ),
        no_rows(
            "as_in_measure_value",
            """
            SELECT measure_id, area_code, period_type, period_start, method_id, breakdown_type, breakdown_value, value
            FROM {batch} WHERE known_until IS NULL AND value IS NOT NULL
            EXCEPT
            SELECT measure_id, area_code, period_type, period_start, method_id, breakdown_type, breakdown_value, value
            FROM exports.measure_value
            """,
            "The history shows a value that measure_value hides: correct marts.yaml of pipelines/disclosure.",
        ),
    ),
)
