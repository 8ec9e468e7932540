"""Members of peer groups, as they leave the building."""

from pipelines.checks.exports import as_in_values, blank_with
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.peer_member",
    description="Every member of a peer group that leaves: its value as in measure_value.",
    expectations=(
        blank_with(("numerator", "denominator", "value", "ci_low", "ci_high")),
        as_in_values("value", area="member_area_code"),
        as_in_values("numerator", area="member_area_code"),
        as_in_values("denominator", area="member_area_code"),
    ),
)
