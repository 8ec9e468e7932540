"""The plan indicators and the series that shows each."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite, no_rows, not_null

SUITE = Suite(
    table="marts.dim_plan_indicator",
    description="Every plan indicator of the registry once, with a plan and a measure that exist.",
    expectations=(
        unique("plan_indicator_id_unique", ("plan_indicator_id",), "An indicator stands twice in seed plan_indicator."),
        not_null("plan_title", "An indicator stands in no plan: add the plan to seed plans/plan.csv."),
        not_null(
            "measure_name",
            "An indicator has a measure that is unknown: add it to seed reference/measure.csv or return_measure.csv.",
        ),
        no_rows(
            "indicators_all_there",
            """
            SELECT plan_indicator_id, registered.plan_id AS plan_in_seed, placed.plan_id AS plan_in_mart
            FROM (
                SELECT plan_indicator_id, plan_id FROM reference.plan_indicator SEMI JOIN marts.dim_plan USING (plan_id)
            ) AS registered
            FULL JOIN (SELECT plan_indicator_id, plan_id FROM {batch} AS mart) AS placed USING (plan_indicator_id)
            WHERE registered.plan_id IS DISTINCT FROM placed.plan_id
            """,
            "An indicator of the registry was lost or added on its way: correct model dim_plan_indicator.",
        ),
    ),
)
