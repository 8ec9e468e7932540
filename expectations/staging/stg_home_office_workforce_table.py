"""Police workforce tables of the Home Office, cleaned."""

from pipelines.checks.official import areas_named, forces_all_there, staged_cells
from pipelines.checks.shared import given, trimmed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_home_office_workforce_table",
    description="Cells of the workforce tables after cleaning: kind of worker, day, numbers and markers apart.",
    expectations=(
        *staged_cells("home_office_workforce_table", "value"),
        given("worker_type", "A title does not name the kind of worker: correct the staging model.", "warning"),
        trimmed("worker_type", "area_name", "column_label", "unit"),
        areas_named("area_name", "area_kind = 'force'"),
        forces_all_there("area_name", "area_kind = 'force'"),
    ),
)
