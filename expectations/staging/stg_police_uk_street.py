"""Street-level crime, cleaned."""

from pipelines.checks.shared import holds, known, staged, trimmed
from pipelines.checks.suite import Suite, not_null

SUITE = Suite(
    table="staging.stg_police_uk_street",
    description="Street-level crime after cleaning: the same records, with words and places the models can use.",
    expectations=(
        *staged("police_uk_street"),
        not_null("month", "A staged crime has no month: correct the staging model."),
        not_null("crime_type", "A staged crime has no type: correct the staging model."),
        known("crime_type", "reference/street_crime_type", "crime_type"),
        trimmed("crime_type", "lsoa_code", "lad_name"),
        holds(
            "located_with_coordinates",
            "is_located = (longitude IS NOT NULL AND latitude IS NOT NULL)",
            ("extract_id", "line", "is_located", "longitude", "latitude"),
            "A record names a place without coordinates, or the reverse: look at the file named by extract_id.",
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
