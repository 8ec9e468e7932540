"""Ratios of search rates, as they leave the building."""

from pipelines.checks.exports import blank_with
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="exports.search_ratio",
    description="Every ratio of search rates that leaves: only with all counts it is made of.",
    expectations=(
        blank_with(
            ("ratio", "ci_low", "people_searched", "n_unknown", "group_searches", "white_searches", "group_rate")
        ),
        no_rows(
            "rests_on_what_is_shown",
            """
            SELECT told.area_code, told.period_start, told.ethnic_group FROM {batch} AS told
            JOIN exports.measure_value AS counted
                ON counted.measure_id = 'stop_search_count' AND told.area_code = counted.area_code
                AND told.period_type = counted.period_type AND told.period_start = counted.period_start
                AND told.ethnicity_basis = counted.breakdown_type
                AND counted.breakdown_value IN (told.ethnic_group, 'White', 'unknown')
            WHERE counted.suppression IS NOT NULL AND coalesce(told.ratio, told.group_searches) IS NOT NULL
            """,
            "A ratio leaves that is made of a hidden count: correct marts.yaml of pipelines/disclosure.",
        ),
    ),
)
