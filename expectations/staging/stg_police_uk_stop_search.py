"""Stop and search, cleaned and in London time."""

from pipelines.checks.shared import given, holds, staged, trimmed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_police_uk_stop_search",
    description="Stop and search after cleaning: the same records, with times as a clock in London showed them.",
    expectations=(
        *staged("police_uk_stop_search"),
        given("searched_at", "A search has no time: make the column required in the contract."),
        given("search_type", "A search has no type, or a blank one: make the column required in the contract."),
        holds(
            "search_date_is_day_of_search",
            "search_date = CAST(searched_at AS DATE)",
            ("extract_id", "line", "searched_at", "search_date"),
            "The day of a search is not the day of its time: correct the staging model.",
        ),
        holds(
            "search_near_month_of_file",
            # A day either way is the publisher's time stamps; more is a fault of reading.
            "searched_at >= period_start - INTERVAL 1 DAY AND searched_at < period_start + INTERVAL 1 MONTH "
            "+ INTERVAL 1 DAY",
            ("extract_id", "line", "searched_at", "period_start"),
            "A search lies more than a day outside the month it is counted in: check the file and the time zone.",
            "warning",
        ),
        trimmed(
            "search_type", "gender", "age_range", "self_defined_ethnicity", "officer_defined_ethnicity",
            "legislation", "object_of_search", "outcome",
        ),
    ),
)  # fmt: skip
