"""Performance returns, read."""

from pipelines.checks.shared import given, holds, known, staged
from pipelines.checks.suite import Suite, in_set

_SHOWN = ("extract_id", "line", "measure_id", "numerator", "denominator", "status")

SUITE = Suite(
    table="staging.stg_performance_return",
    description="Performance returns after reading: every period, breakdown and number understood.",
    expectations=(
        *staged("performance_return"),
        known("measure_id", "reference/return_measure", "measure_id"),
        known("breakdown_type", "reference/return_breakdown", "breakdown_type"),
        given("area", "A row has no area: correct the rules in pipelines/returns."),
        given("period_end", "A period cannot be read: make macro return_period_type agree with pipelines/returns."),
        in_set(
            "status",
            ("final", "not_collected", "suppressed"),
            "A word stands in the place of a number that the model does not know: correct stg_performance_return.",
        ),
        holds(
            "number_or_reason",
            "(numerator IS NULL) = (status <> 'final')",
            _SHOWN,
            "A row has neither a number nor a reason, or both: correct the rules in pipelines/returns.",
        ),
        holds(
            "breakdown_whole",
            "(breakdown_type IS NULL) = (breakdown_value IS NULL)",
            ("extract_id", "line", "breakdown_type", "breakdown_value"),
            "A breakdown has a type without a value or the reverse: correct the rules in pipelines/returns.",
        ),
        holds(
            "denominator_above_zero",
            "denominator IS NULL OR denominator > 0",
            _SHOWN,
            "A denominator is 0 or negative, so there is no value: correct the rules in pipelines/returns.",
        ),
    ),
)
