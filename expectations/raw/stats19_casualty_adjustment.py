"""The severity adjustment of road casualties as read from the Department for Transport's table."""

from pipelines.checks.shared import given, lineage
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.stats19_casualty_adjustment",
    description="Severity adjustment as read: nothing lost, each row with its casualty.",
    expectations=(
        *lineage("stats19_casualty_adjustment"),
        given("vehicle_reference", "A row without a vehicle joins to no casualty: look at the file."),
        given("casualty_reference", "A row without a casualty joins to none: look at the file."),
    ),
)
