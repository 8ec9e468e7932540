"""Performance returns as read."""

from pipelines.checks.shared import given, lineage, worded_as_seed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.performance_return",
    description="Performance returns as read: nothing lost, and every measure registered.",
    expectations=(
        *lineage("performance_return"),
        worded_as_seed("measure", "reference/return_measure", "measure_id"),
        given("area", "A row without area would be left out: load the return again."),
        given("period", "A row without period would be left out: load the return again."),
        given("numerator", "A row without a number does not say why: load the return again."),
    ),
)
