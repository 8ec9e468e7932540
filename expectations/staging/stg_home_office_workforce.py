"""Police workforce open data of the Home Office, cleaned."""

from pipelines.checks.official import areas_named, codes_fit_names, forces_all_there, staged_cells
from pipelines.checks.shared import given, trimmed
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
    ),
)
