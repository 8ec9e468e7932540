"""Values of peers, as they leave the building."""

from pipelines.checks.exports import as_in_values, blank_with, small_numbers
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.peer_value",
    description="Every value of a peer that leaves: as in measure_value.",
    expectations=(
        small_numbers(by_series=True),
        blank_with(("numerator", "denominator", "value", "ci_low", "ci_high")),
        as_in_values("value", area="area_code"),
        as_in_values("numerator", area="area_code"),
    ),
)
