"""Vehicles in road collisions, cleaned."""

from pipelines.checks.shared import staged, trimmed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_stats19_vehicle",
    description="Vehicles after cleaning: the same records.",
    expectations=(*staged("stats19_vehicle"), trimmed("collision_index")),
)
