"""Restatements, as they leave the building."""

from pipelines.checks.exports import as_in_values, small_numbers
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.restatement",
    description="Every change of a value that leaves: neither the old nor the new number of one that is hidden.",
    expectations=(
        small_numbers("old_numerator", "old_denominator", "old_value"),
        small_numbers("new_numerator", "new_denominator", "new_value"),
        as_in_values("old_value"),
        as_in_values("new_value"),
        as_in_values("difference"),
    ),
)
