"""Baselines of plans, as they leave the building."""

from pipelines.checks.exports import as_in_values
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.plan_baseline",
    description="Every baseline that leaves: none that is hidden in measure_value.",
    expectations=(
        as_in_values("series_value"),
        as_in_values("baseline_value"),
        as_in_values("stated_value"),
    ),
)
