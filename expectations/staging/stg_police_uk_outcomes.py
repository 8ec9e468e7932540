"""Outcomes of crimes, cleaned."""

from pipelines.checks.shared import holds, staged, trimmed
from pipelines.checks.suite import Suite, not_null

SUITE = Suite(
    table="staging.stg_police_uk_outcomes",
    description="Outcomes after cleaning: the same records, with words and places the models can use.",
    expectations=(
        *staged("police_uk_outcomes"),
        not_null("month", "A staged outcome has no month: correct the staging model."),
        not_null("outcome_type", "A staged outcome has no type: correct the staging model."),
        trimmed("outcome_type", "lsoa_code", "lad_name"),
        holds(
            "located_with_coordinates",
            "is_located = (longitude IS NOT NULL AND latitude IS NOT NULL)",
            ("extract_id", "line", "is_located", "longitude", "latitude"),
            "A record names a place without coordinates, or the reverse: look at the file named by extract_id.",
            "warning",
        ),
    ),
)
