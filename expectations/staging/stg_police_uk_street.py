"""Street-level crime, cleaned."""

from pipelines.checks.shared import given, holds, known, staged, trimmed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_police_uk_street",
    description="Street-level crime after cleaning: the same records, with words and places the models can use.",
    expectations=(
        *staged("police_uk_street"),
        given("month", "A crime has no month: make the column required in the contract."),
        given("crime_type", "A crime has no type, or a blank one: make the column required in the contract."),
        known("crime_type", "reference/street_crime_type", "crime_type"),
        trimmed("crime_type", "lsoa_code", "lad_name"),
        holds(
            "located_with_coordinates",
            "is_located = (longitude IS NOT NULL AND latitude IS NOT NULL)",
            ("extract_id", "line", "is_located", "longitude", "latitude"),
            "A record names a place without coordinates, or the reverse: look at the line of the file named here.",
            "warning",
        ),
        holds(
            "authority_named",
            "(lsoa_name IS NULL) = (lad_name IS NULL)",
            ("extract_id", "line", "lsoa_name", "lad_name"),
            "The local authority cannot be read out of the area's name, so local figures miss the record: "
            "correct macro lad_name.",
            "warning",
        ),
    ),
)
