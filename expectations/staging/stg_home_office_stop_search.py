"""Stop and search open data of the Home Office, cleaned."""

from pipelines.checks.official import areas_named, forces_all_there, staged_cells
from pipelines.checks.shared import given, trimmed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_home_office_stop_search",
    description="Searches and arrests after cleaning: counts and markers apart, forces known.",
    expectations=(
        *staged_cells("home_office_stop_search", "searches", "arrests"),
        given("fin_year_start", "A row has no financial year: look at the file."),
        trimmed("force_name", "legislation", "reason", "ethnic_group", "ethnicity"),
        areas_named("force_name"),
        forces_all_there("force_name"),
    ),
)
