"""Outcomes of crimes, cleaned."""

from pipelines.checks.shared import given, holds, known, staged, trimmed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_police_uk_outcomes",
    description="Outcomes after cleaning: the same records, with words and places the models can use.",
    expectations=(
        *staged("police_uk_outcomes"),
        given("month", "An outcome has no month: make the column required in the contract."),
        given("outcome_type", "An outcome has no type, or a blank one: make the column required in the contract."),
        known("outcome_type", "reference/outcome_group", "outcome", "warning"),
        trimmed("outcome_type", "lsoa_code", "lad_name"),
        holds(
            "located_with_coordinates",
            "is_located = (longitude IS NOT NULL AND latitude IS NOT NULL)",
            ("extract_id", "line", "is_located", "longitude", "latitude"),
            "A record names a place without coordinates, or the reverse: look at the line of the file named here.",
            "warning",
        ),
    ),
)
