"""Police workforce tables of the Home Office, cell by cell as read."""

from pipelines.checks.official import cells, period_is_month_end
from pipelines.checks.shared import holds
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.home_office_workforce_table",
    description="Cells of the workforce tables by force as read: each once, with force, unit and day.",
    expectations=(
        *cells("home_office_workforce_table"),
        period_is_month_end(),
        holds(
            "unit_known",
            "unit IN ('Full-time equivalents', 'Headcount')",
            ("extract_id", "line", "table_id", "unit"),
            "A table does not say whether it counts heads or full-time equivalents: look at the sheet.",
            "warning",
        ),
    ),
)
