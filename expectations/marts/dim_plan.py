"""Plans and reports."""

from pipelines.checks.shared import holds, refers, unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="marts.dim_plan",
    description="Every plan once, with all its indicators, over days in order.",
    expectations=(
        unique("plan_id_unique", ("plan_id",), "A plan stands twice: correct seed plans/plan.csv."),
        refers("area_code", "marts.dim_force", "area_code", "A plan is of no force: correct seed plans/plan.csv."),
        holds(
            "days_in_order",
            "starts_on < coalesce(ends_on, DATE '9999-12-31')",
            ("plan_id", "starts_on", "ends_on"),
            "A plan ends before it starts: correct seed plans/plan.csv.",
        ),
        no_rows(
            "plans_all_there",
            """
            SELECT plan_id FROM reference.plan
            WHERE coalesce(area_code, (SELECT area_code FROM marts.dim_force WHERE is_home_force))
                    = (SELECT area_code FROM marts.dim_force WHERE is_home_force)
                AND plan_id NOT IN (SELECT plan_id FROM {batch})
            """,
            "A plan of the force, or of every force, is lost: correct model dim_plan.",
        ),
        no_rows(
            "indicators_all_counted",
            """
            SELECT plan_id, indicator_count, found
            FROM (SELECT plan_id, indicator_count FROM {batch} AS plans) AS told
            FULL JOIN (SELECT plan_id, count(*) AS found FROM marts.dim_plan_indicator GROUP BY plan_id) AS counted
                USING (plan_id)
            WHERE indicator_count IS DISTINCT FROM coalesce(found, 0)
            """,
            "A plan has another number of indicators than it tells: build both models again.",
        ),
    ),
)
