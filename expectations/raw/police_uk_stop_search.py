"""Stop and search as read from data.police.uk."""

from pipelines.checks.plausible import month_whole, not_repeated, varied
from pipelines.checks.shared import given, holds, lineage, place, tidy, worded, worded_as_seed
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.police_uk_stop_search",
    description="Stop and search as read: nothing lost, times in the month of the file, words the models know.",
    expectations=(
        *lineage("police_uk_stop_search"),
        given("searched_at", "A search without a time belongs to no month: look at the file."),
        holds(
            "searched_in_month_of_file",
            # A force that stamps local time as UTC is an hour off all summer, hence the second reading.
            "searched_at IS NULL OR date_trunc('month', searched_at AT TIME ZONE 'Europe/London') = period_start "
            "OR date_trunc('month', searched_at AT TIME ZONE 'UTC') = period_start",
            ("extract_id", "line", "searched_at", "period_start"),
            "A search lies outside the month of its file, in London time and in UTC: it is counted in the month of "
            "the file, so check which is right.",
            "warning",
        ),
        given("search_type", "Without a type it is not known whether a person was searched: look at the file."),
        worded(
            "search_type",
            ("Person search", "Vehicle search", "Person and Vehicle search"),
            "A new type of search is neither counted as a person nor left out as a vehicle: decide which, in the "
            "models and in this suite.",
        ),
        # The models count a word they do not know as unknown and say how many, so the figures stand meanwhile.
        worded_as_seed("self_defined_ethnicity", "reference/self_defined_ethnicity", "label", "warning"),
        worded_as_seed("officer_defined_ethnicity", "reference/officer_defined_ethnicity", "label", "warning"),
        worded_as_seed("outcome", "reference/stop_search_outcome", "outcome", "warning"),
        worded(
            "gender",
            ("Male", "Female", "Other"),
            "The publisher uses a new word for gender: add it to this suite.",
            "warning",
        ),
        worded(
            "age_range",
            ("under 10", "10-17", "18-24", "25-34", "over 34"),
            "The publisher uses a new age range: add it to this suite.",
            "warning",
        ),
        tidy(
            "search_type", "gender", "age_range", "self_defined_ethnicity", "officer_defined_ethnicity", "outcome",
        ),
        *place(),
        varied("gender", "age_range", "self_defined_ethnicity", "officer_defined_ethnicity", "object_of_search", "outcome"),
        not_repeated(
            "count(DISTINCT hash(searched_at, search_type, latitude, longitude, gender, age_range, self_defined_ethnicity, "
            "legislation, object_of_search, outcome))"
        ),
        month_whole("searched_at"),
    ),
)  # fmt: skip
