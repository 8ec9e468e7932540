"""Months with their calendar and financial periods."""

from pipelines.checks.shared import between, holds, unique
from pipelines.checks.suite import Suite, no_rows, not_null

SUITE = Suite(
    table="marts.dim_month",
    description="Every month once and none missing, with financial years from April to March.",
    expectations=(
        not_null("month", "A month is missing: correct model dim_month."),
        unique("month_unique", ("month",), "A month stands twice, so rows would repeat: correct model dim_month."),
        no_rows(
            "no_month_missing",
            """
            SELECT count(*) AS months, min(month) AS first, max(month) AS last FROM {batch}
            HAVING count(*) <> date_diff('month', min(month), max(month)) + 1
            """,
            "The calendar has a hole: correct calendar_start and calendar_end in dbt_project.yml.",
        ),
        holds(
            "month_is_first_to_last_day",
            "month = date_trunc('month', month) AND month_end = last_day(month) AND days_in_month = day(month_end)",
            ("month", "month_end", "days_in_month"),
            "A month does not run from its first to its last day: correct model dim_month.",
        ),
        holds(
            "fin_year_april_to_march",
            "month(fin_year_start) = 4 AND day(fin_year_start) = 1 "
            "AND fin_year_end = last_day(fin_year_start + INTERVAL 11 MONTH) "
            "AND month BETWEEN fin_year_start AND fin_year_end "
            "AND fin_year_month_number = date_diff('month', fin_year_start, month) + 1",
            ("month", "fin_year_start", "fin_year_end", "fin_year_month_number"),
            "A financial year does not run from April to March: correct model dim_month.",
        ),
        between("fin_quarter_number", 1, 4, "A financial quarter is not 1 to 4: correct model dim_month."),
        no_rows(
            "extracts_within_calendar",
            """
            SELECT DISTINCT source, period_start FROM ops.extract
            WHERE status = 'loaded' AND period_start NOT IN (SELECT month FROM {batch})
            """,
            "An extract lies outside the calendar and would be counted nowhere: move calendar_start or calendar_end "
            "in dbt_project.yml.",
        ),
    ),
)
