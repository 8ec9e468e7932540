"""Stop and search open data of the Home Office as read."""

from pipelines.checks.shared import holds, lineage, unique
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.home_office_stop_search",
    description="Searches by force, year, power, reason and ethnicity as read: each combination once.",
    expectations=(
        *lineage("home_office_stop_search"),
        holds(
            "year_is_financial_year",
            "month(year_ending) = 3 AND day(year_ending) = 31",
            ("extract_id", "line", "year_ending"),
            "A year does not end on 31 March, so it is counted in a year it is no whole part of: look at the file.",
        ),
        unique(
            "combination_unique",
            ("year_ending", "force_name", "legislation", "reason", "ethnic_group", "ethnicity"),
            "A combination stands twice and would be counted twice: look at the file.",
        ),
    ),
)
