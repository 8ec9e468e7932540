"""Stop and search, record by record."""

from pipelines.checks.shared import extracts_current, holds, kind_follows_sample, refers, unique_lines
from pipelines.checks.suite import Suite, in_set, no_rows, not_null

_GROUPS = ("White", "Mixed", "Asian", "Black", "Other", "unknown")

SUITE = Suite(
    table="marts.fct_stop_search",
    description="Every search once, with the groups it counts in.",
    expectations=(
        not_null("extract_id", "A search cannot be traced to its file: correct model fct_stop_search."),
        not_null("line", "A search cannot be found in its file: correct model fct_stop_search."),
        unique_lines("A search stands twice and would be counted twice: correct model fct_stop_search."),
        no_rows(
            "records_all_there",
            """
            SELECT extract_id, rows_loaded, searches
            FROM (SELECT extract_id, rows_loaded FROM ops.extract AS register
                WHERE source = 'police_uk_stop_search' AND status = 'loaded') AS registered
            FULL JOIN (SELECT extract_id, count(*) AS searches FROM {batch} GROUP BY extract_id) AS counted
                USING (extract_id)
            WHERE rows_loaded IS DISTINCT FROM coalesce(searches, 0)
            """,
            "The searches of an extract are not the records loaded: correct model int_stop_search.",
        ),
        not_null("area_code", "A search has no area: add the force to seed reference/force.csv."),
        refers("area_code", "marts.dim_area", "area_code", "An area is not known: add it to the seeds of areas."),
        refers("month", "marts.dim_month", "month", "A month is outside the calendar: widen it in dbt_project.yml."),
        in_set("self_defined_group", _GROUPS, "A group is not known: correct seed self_defined_ethnicity."),
        in_set("officer_defined_group", _GROUPS, "A group is not known: correct seed officer_defined_ethnicity."),
        holds(
            "blank_ethnicity_is_unknown",
            "(self_defined_ethnicity IS NOT NULL OR self_defined_group = 'unknown') "
            "AND (officer_defined_ethnicity IS NOT NULL OR officer_defined_group = 'unknown')",
            ("extract_id", "line", "self_defined_group", "officer_defined_group"),
            "A blank ethnicity counts in a group: correct model int_stop_search.",
        ),
        holds(
            "blank_outcome_is_neither",
            "outcome IS NOT NULL OR is_positive_outcome IS NULL",
            ("extract_id", "line", "outcome", "is_positive_outcome"),
            "A blank outcome counts as positive or as no further action: correct model int_stop_search.",
        ),
        kind_follows_sample("extract_id", "extract_id IN (SELECT extract_id FROM ops.extract WHERE is_sample)"),
        extracts_current("SELECT DISTINCT extract_id FROM {batch}"),
    ),
)
