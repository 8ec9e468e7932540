"""Values of plan indicators, as they leave the building."""

from pipelines.checks.exports import as_in_values, blank_with, small_numbers
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.plan_indicator_value",
    description="Every value of a plan indicator that leaves: as in measure_value.",
    expectations=(
        small_numbers(),
        blank_with(("numerator", "denominator", "value", "ci_low", "ci_high")),
        as_in_values("value"),
        as_in_values("numerator"),
    ),
)
