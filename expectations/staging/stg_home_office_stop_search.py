"""Stop and search open data of the Home Office, cleaned."""

from pipelines.checks.official import areas_named, forces_all_there, staged_cells
from pipelines.checks.shared import given, trimmed, with_file
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="staging.stg_home_office_stop_search",
    description="Searches and arrests after cleaning: counts and markers apart, forces known.",
    expectations=(
        *staged_cells("home_office_stop_search", "searches", "arrests"),
        given("fin_year_start", "A row has no financial year: look at the file."),
        trimmed("force_name", "legislation", "reason", "ethnic_group", "ethnicity"),
        areas_named("force_name"),
        forces_all_there("force_name"),
        no_rows(
            "arrests_within_searches",
            # An arrest stands under its own reason, so only all of a force's can be compared.
            with_file(
                """
                SELECT extract_id, force_name, sum(searches) AS searches, sum(arrests) AS arrests
                FROM {batch} GROUP BY extract_id, force_name
                HAVING sum(arrests) > sum(searches) OR min(arrests) < 0 OR min(searches) < 0
                """
            ),
            "A force has more arrests than searches, or fewer than none: the columns are mixed up, or the publisher erred.",
            "warning",
        ),
    ),
)
