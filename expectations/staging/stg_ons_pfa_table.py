"""Police force area tables of ONS, cleaned."""

from pipelines.checks.official import areas_named, codes_fit_names, forces_all_there, staged_cells
from pipelines.checks.shared import holds, trimmed, with_file
from pipelines.checks.suite import Suite, no_rows
from pipelines.checks.vocabulary import literal, seed_values

_GROUPS = ", ".join(literal(label.lower()) for label in seed_values("reference/offence_table_column", "column_label"))

SUITE = Suite(
    table="staging.stg_ons_pfa_table",
    description="Cells of the ONS tables after cleaning: numbers and markers apart, forces known.",
    expectations=(
        *staged_cells("ons_pfa_table", "value"),
        trimmed("area_name", "column_group", "column_label", "unit"),
        areas_named("area_name", "area_kind = 'force'"),
        codes_fit_names("area_name", "area_kind = 'force'"),
        forces_all_there("area_name", "area_kind = 'force' AND table_id IN ('P1', 'P2', 'P3')"),
        holds(
            "counts_whole_and_not_negative",
            "table_id <> 'P1' OR value IS NULL OR (value >= 0 AND value = round(value))",
            ("extract_id", "line", "sheet", "cell", "value"),
            "Table P1 holds something else than counts of offences: look at the sheet.",
        ),
        no_rows(
            "offence_groups_known",
            with_file(
                "SELECT any_value(extract_id) AS extract_id, column_label, count(*) AS row_count FROM {batch} "
                f"WHERE table_id = 'P1' AND lower(column_label) NOT IN ({_GROUPS}) GROUP BY column_label"
            ),
            "Table P1 has a column of a group of offences that no measure takes: add it to seed offence_table_column.csv.",
            "warning",
        ),
    ),
)
