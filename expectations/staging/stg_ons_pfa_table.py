"""Police force area tables of ONS, cleaned."""

from pipelines.checks.official import areas_named, codes_fit_names, forces_all_there, staged_cells
from pipelines.checks.shared import holds, trimmed
from pipelines.checks.suite import Suite

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
    ),
)
