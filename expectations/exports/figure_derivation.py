"""Figures recomputed from other figures, as they leave the building."""

from pipelines.checks.exports import says_nothing
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.figure_derivation",
    description="Every recomputed figure that leaves: none of a hidden number.",
    expectations=(
        says_nothing(("published_value", "recomputed_value", "as_printed", "formula"), "figure_value", ("figure_id",)),
    ),
)
