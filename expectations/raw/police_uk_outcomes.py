"""Outcomes of crimes as read from data.police.uk."""

from pipelines.checks.shared import holds, lineage, matches, place
from pipelines.checks.suite import Suite, not_null

SUITE = Suite(
    table="raw.police_uk_outcomes",
    description="Outcomes as read: nothing lost, each with its month, its crime and its kind.",
    expectations=(
        *lineage("police_uk_outcomes"),
        not_null("outcome_type", "A record without an outcome type says nothing: look at the file."),
        holds(
            "month_matches_file",
            "month = period_start",
            ("extract_id", "line", "month", "period_start"),
            "An outcome belongs to another month than its file: the file is not what its name says, "
            "take it out of the raw directory.",
        ),
        not_null("crime_id", "An outcome without a Crime ID joins to no crime: look at the file.", "warning"),
        holds(
            "crime_id_formed",
            "crime_id IS NULL OR strlen(crime_id) = 64",
            ("extract_id", "line", "crime_id"),
            "A Crime ID is no longer a hash of 64 characters, so outcomes may not join: check a record by hand.",
            "warning",
        ),
        *place(),
        matches(
            "lsoa_code",
            "[EW]01[0-9]{6}",
            "A code is no lower layer super output area of England or Wales, so its area is not known: check the file.",
            "warning",
        ),
    ),
)
