"""What there is of each plan indicator."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, in_set, no_rows

SUITE = Suite(
    table="marts.plan_coverage",
    description="Every plan indicator once, with a state that its values bear out.",
    expectations=(
        unique(
            "plan_indicator_id_unique",
            ("plan_indicator_id",),
            "An indicator stands twice: correct model plan_coverage.",
        ),
        no_rows(
            "indicators_all_covered",
            """
            SELECT plan_indicator_id, state
            FROM (SELECT plan_indicator_id FROM marts.dim_plan_indicator) AS placed
            LEFT JOIN (SELECT plan_indicator_id, state FROM {batch} AS mart) AS covered USING (plan_indicator_id)
            WHERE state IS NULL
            """,
            "An indicator has no state: correct model plan_coverage.",
        ),
        in_set(
            "state",
            ("computed", "returned", "published", "sample_only", "awaiting_source", "not_measurable"),
            "A state is not known: correct model plan_coverage.",
        ),
        holds(
            "state_follows_values",
            "(state IN ('awaiting_source', 'not_measurable')) = (value_count = 0) "
            "AND (value_count = 0) = (series_id IS NULL) "
            "AND (state IN ('awaiting_source', 'sample_only')) = (awaited_sources IS NOT NULL)",
            ("plan_indicator_id", "state", "value_count", "series_id", "awaited_sources"),
            "A state does not fit the values: correct model plan_coverage.",
        ),
        no_rows(
            "series_exist",
            """
            SELECT plan_indicator_id, series_id, value_count FROM {batch} AS mart
            LEFT JOIN (SELECT series_id, value_count AS values_held FROM marts.dim_series) AS series USING (series_id)
            WHERE series_id IS NOT NULL AND values_held IS DISTINCT FROM value_count
            """,
            "A covered indicator has a series that dim_series does not have, or with other values: correct model "
            "plan_coverage.",
        ),
    ),
)
