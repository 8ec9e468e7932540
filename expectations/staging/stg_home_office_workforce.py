"""Police workforce open data of the Home Office, cleaned."""

from pipelines.checks.official import areas_named, codes_fit_names, forces_all_there, staged_cells
from pipelines.checks.shared import given, holds, trimmed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_home_office_workforce",
    description="Workforce after cleaning: the day of the count, numbers and markers apart, forces known.",
    expectations=(
        *staged_cells("home_office_workforce", "headcount", "fte"),
        given("snapshot_date", "A row has no day: look at the file."),
        trimmed("force_name", "area_code", "sex", "rank", "worker_type"),
        areas_named("force_name"),
        codes_fit_names("force_name"),
        forces_all_there("force_name"),
        holds(
            "numbers_not_negative",
            "coalesce(headcount, 0) >= 0 AND coalesce(fte, 0) >= 0",
            ("extract_id", "line", "force_name", "rank", "headcount", "fte"),
            "There are fewer people than none: look at the file.",
        ),
        holds(
            "fte_within_headcount",
            "headcount IS NULL OR fte IS NULL OR fte <= headcount + 0.5",
            ("extract_id", "line", "force_name", "rank", "headcount", "fte"),
            "There are more full-time equivalents than people: the columns are mixed up, or the publisher erred.",
            "warning",
        ),
    ),
)
