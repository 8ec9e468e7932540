"""Use of force tables of the Home Office, cell by cell as read."""

from pipelines.checks.official import cells
from pipelines.checks.shared import holds
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.home_office_use_of_force_table",
    description="Cells of the use of force tables by force as read: each once, with force, tactic and year.",
    expectations=(
        *cells("home_office_use_of_force_table"),
        holds(
            "period_is_financial_year",
            "month(period_end) = 3 AND day(period_end) = 31",
            ("extract_id", "line", "table_id", "period_end"),
            "A table does not end with a financial year, so its period was misread: look at the sheet Contents.",
        ),
        holds(
            "financial_year_formed",
            "financial_year IS NULL OR regexp_full_match(trim(financial_year), '([0-9]+[/-][0-9][0-9])?')",
            ("extract_id", "line", "sheet", "cell", "financial_year"),
            "A year is not of the form 2017/18, so the row would be counted in the table's year: look at the sheet.",
        ),
    ),
)
