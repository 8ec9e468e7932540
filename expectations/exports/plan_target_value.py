"""Levels of targets, as they leave the building."""

from pipelines.checks.exports import says_nothing
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.plan_target_value",
    description="Every level of a target that leaves: none worked out from a hidden baseline.",
    expectations=(says_nothing(("target_level",), "plan_baseline", ("plan_indicator_id",)),),
)
