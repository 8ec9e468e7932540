"""Table C2 of ONS, cleaned."""

from pipelines.checks.official import areas_named, codes_fit_names, staged_cells
from pipelines.checks.shared import holds, trimmed
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="staging.stg_ons_csp_recorded_crime",
    description="Cells of the ONS table by partnership after cleaning: numbers and markers apart, forces known.",
    expectations=(
        *staged_cells("ons_csp_recorded_crime", "value"),
        trimmed("area_name", "csp_name", "lad_name", "column_label"),
        areas_named("area_name"),
        codes_fit_names("area_name"),
        no_rows(
            "partnerships_make_force",
            """
            SELECT extract_id, area_name, column_label, of_force, of_partnerships
            FROM (
                SELECT extract_id, area_name, column_label,
                    sum(value) FILTER (csp_name IS NULL) AS of_force,
                    sum(value) FILTER (csp_name IS NOT NULL) AS of_partnerships
                FROM {batch}
                GROUP BY extract_id, area_name, column_label
            ) AS compared
            WHERE of_force <> of_partnerships
            """,
            "The partnerships of a force do not add up to it: rows are missing, or the publisher rounds.",
            "warning",
        ),
        holds(
            "counts_whole_and_not_negative",
            "value IS NULL OR (value >= 0 AND value = round(value))",
            ("extract_id", "line", "sheet", "cell", "value"),
            "A cell holds something else than a count: look at the sheet.",
        ),
    ),
)
