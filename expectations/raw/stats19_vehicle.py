"""Vehicles in road collisions as read from the Department for Transport's files."""

from pipelines.checks.shared import given, lineage
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.stats19_vehicle",
    description="Vehicles as read: nothing lost, each with its number in the collision.",
    expectations=(
        *lineage("stats19_vehicle"),
        given("vehicle_reference", "A vehicle without a number joins to no casualty: look at the file.", "warning"),
    ),
)
