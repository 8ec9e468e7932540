"""Use of force tables of the Home Office, cleaned."""

from pipelines.checks.official import areas_named, forces_all_there, staged_cells
from pipelines.checks.shared import holds, trimmed
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="staging.stg_home_office_use_of_force_table",
    description="Cells of the use of force tables after cleaning: numbers and markers apart, forces known.",
    expectations=(
        *staged_cells("home_office_use_of_force_table", "value"),
        trimmed("area_name", "tactic_group", "tactic", "column_group", "column_label"),
        areas_named("area_name", "area_kind = 'force'"),
        forces_all_there("area_name", "area_kind = 'force'"),
        holds(
            "counts_whole_and_not_negative",
            "value IS NULL OR (value >= 0 AND value = round(value))",
            ("extract_id", "line", "sheet", "cell", "value"),
            "A cell holds something else than a count: look at the sheet.",
        ),
        no_rows(
            "forces_make_total",
            """
            SELECT extract_id, fin_year_start, table_id, column_label, of_forces, of_all
            FROM (
                SELECT extract_id, fin_year_start, table_id, column_label,
                    sum(value) FILTER (area_kind = 'force') AS of_forces,
                    sum(value) FILTER (area_name = 'Total England and Wales') AS of_all
                FROM {batch}
                WHERE tactic IS NULL
                GROUP BY extract_id, fin_year_start, table_id, column_label
            ) AS compared
            WHERE of_forces <> of_all
            """,
            "The forces do not add up to England and Wales: a row was missed, or the publisher's table is wrong.",
            "warning",
        ),
    ),
)
