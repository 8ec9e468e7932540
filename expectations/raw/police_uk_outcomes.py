"""Outcomes of crimes as read from data.police.uk."""

from pipelines.checks.plausible import not_repeated, outcomes_join, varied
from pipelines.checks.shared import given, holds, lineage, matches, month_of_file, place, tidy
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.police_uk_outcomes",
    description="Outcomes as read: nothing lost, each with its month, its crime and its kind.",
    expectations=(
        *lineage("police_uk_outcomes"),
        given("outcome_type", "A record without an outcome type says nothing: look at the file."),
        month_of_file("An outcome"),
        tidy("outcome_type", "lsoa_name"),
        given("crime_id", "An outcome without a Crime ID joins to no crime: look at the file.", "warning"),
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
        varied("outcome_type", "crime_id", "lsoa_code"),
        not_repeated("count(DISTINCT hash(crime_id, outcome_type))", "crime_id"),
        outcomes_join(),
    ),
)
