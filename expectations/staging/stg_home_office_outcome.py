"""Crime outcomes open data of the Home Office, cleaned."""

from pipelines.checks.official import areas_named, forces_all_there, offences_grouped, staged_cells
from pipelines.checks.shared import given, trimmed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_home_office_outcome",
    description="Outcomes after cleaning: dates of quarters, counts and markers apart, forces known.",
    expectations=(
        *staged_cells("home_office_outcome", "cohort_count", "in_period_count"),
        given("quarter_start", "A row has no quarter: look at the financial year and quarter in the file."),
        trimmed("force_name", "offence_group", "offence_code", "outcome_type"),
        areas_named("force_name"),
        forces_all_there("force_name"),
        offences_grouped(),
    ),
)
