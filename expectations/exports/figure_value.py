"""Values of the figures of documents, as they leave the building."""

from pipelines.checks.exports import blank_computed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.figure_value",
    description="Every value worked out for a figure that leaves: what is hidden is blank.",
    expectations=(blank_computed(("computed_value", "ci_low", "ci_high", "note")),),
)
