"""Street-level crime as read from data.police.uk."""

from pipelines.checks.plausible import not_repeated, varied
from pipelines.checks.shared import (
    given,
    holds,
    lineage,
    matches,
    month_of_file,
    place,
    tidy,
    with_file,
    worded_as_seed,
)
from pipelines.checks.suite import Suite, no_rows
from pipelines.checks.vocabulary import literal, seed_rows


def _plain(label: str) -> str:
    """SQL for a force's name without the signs that publications write in different ways."""
    return f"lower(replace(replace({label}, '&', 'and'), '-', ' '))"


_LABELS = ", ".join(
    f"({literal(force)}, {_plain(literal(label))})"
    for force, label in seed_rows("reference/force", "force", "police_uk_label")
)

SUITE = Suite(
    table="raw.police_uk_street",
    description="Street-level crime as read: nothing lost, months and words as the models expect them.",
    expectations=(
        *lineage("police_uk_street"),
        given("crime_type", "A record without a type would be counted in the total only: look at the file."),
        worded_as_seed("crime_type", "reference/street_crime_type", "crime_type"),
        month_of_file("A record"),
        tidy("crime_type", "last_outcome_category", "lsoa_name"),
        *place(),
        holds(
            "crime_id_formed",
            "crime_id IS NULL OR strlen(crime_id) = 64",
            ("extract_id", "line", "crime_id"),
            "A Crime ID is no longer a hash of 64 characters, so outcomes may not join: check a record by hand.",
            "warning",
        ),
        holds(
            "crime_id_blank_as_usual",
            "force = 'btp' OR crime_type IS NULL OR (crime_id IS NULL) = (crime_type = 'Anti-social behaviour')",
            ("extract_id", "line", "crime_type", "crime_id"),
            "Crime IDs are blank for anti-social behaviour and for British Transport Police, and for nothing else: "
            "a force has changed how it reports.",
            "warning",
        ),
        matches(
            "lsoa_code",
            "[EW]01[0-9]{6}",
            "A code is no lower layer super output area of England or Wales, so its area is not known: check the file.",
            "warning",
        ),
        holds(
            "lsoa_given_with_location",
            "force = 'btp' OR (lsoa_code IS NULL) = (longitude IS NULL)",
            ("extract_id", "line", "lsoa_code", "longitude"),
            "A located record has no area, or an area without a location (British Transport Police also records in "
            "Scotland, without areas): local figures miss it.",
            "warning",
        ),
        no_rows(
            "reported_by_matches_force",
            with_file(
                f"""
                SELECT any_value(extract_id) AS extract_id, force, reported_by, count(*) AS row_count FROM {{batch}}
                WHERE (force, {_plain("reported_by")}) NOT IN ({_LABELS})
                GROUP BY force, reported_by
                """
            ),
            "The force named in the records is not the one of the file name: check the file, or add the label to "
            "seed reference/force.csv.",
            "warning",
            by_extract=True,
        ),
        varied("crime_type", "lsoa_code", "last_outcome_category"),
        not_repeated("approx_count_distinct(crime_id)", "crime_id"),
    ),
)
