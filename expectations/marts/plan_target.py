"""Targets of the plans."""

from pipelines.checks.shared import holds, refers, unique
from pipelines.checks.suite import Suite, no_rows, not_null

SUITE = Suite(
    table="marts.plan_target",
    description="Every target of the seed once, of an indicator that exists, with a number.",
    expectations=(
        unique("target_id_unique", ("target_id",), "A target stands twice: correct seed plans/plan_target.csv."),
        refers(
            "plan_indicator_id",
            "marts.dim_plan_indicator",
            "plan_indicator_id",
            "A target is of no indicator: correct seed plans/plan_target.csv.",
        ),
        not_null("target_value", "A target has no number: correct seed plans/plan_target.csv."),
        no_rows(
            "targets_all_there",
            "SELECT target_id FROM reference.plan_target SEMI JOIN marts.dim_plan_indicator USING (plan_indicator_id) "
            "WHERE target_id NOT IN (SELECT target_id FROM {batch})",
            "A target of the seed is lost: correct model mart_plan_target.",
        ),
        holds(
            "period_in_order",
            "period_start IS NULL OR period_end IS NULL OR period_start <= period_end",
            ("target_id", "period_start", "period_end"),
            "A target holds until before it begins: correct seed plans/plan_target.csv.",
        ),
        holds(
            "reference_for_changes",
            "(reference IS NOT NULL) = (kind IN ('change', 'gap')) OR kind = 'trajectory'",
            ("target_id", "kind", "reference"),
            "A change or gap does not say what it is from, or another target does: correct seed plans/plan_target.csv.",
        ),
    ),
)
