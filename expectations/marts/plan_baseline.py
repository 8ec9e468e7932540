"""Baselines of the plans."""

from pipelines.checks.shared import holds, refers, unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="marts.plan_baseline",
    description="One baseline for an indicator, with a value or the reason why there is none.",
    expectations=(
        unique(
            "plan_indicator_id_unique",
            ("plan_indicator_id",),
            "An indicator has two baselines: correct seed plans/plan_baseline.csv.",
        ),
        refers(
            "plan_indicator_id",
            "marts.dim_plan_indicator",
            "plan_indicator_id",
            "A baseline is of no indicator: correct seed plans/plan_baseline.csv.",
        ),
        no_rows(
            "baselines_all_there",
            "SELECT plan_indicator_id FROM reference.plan_baseline "
            "SEMI JOIN marts.dim_plan_indicator USING (plan_indicator_id) WHERE plan_indicator_id NOT IN (SELECT plan_indicator_id FROM {batch})",
            "A baseline of the seed is lost: correct model mart_plan_baseline.",
        ),
        holds(
            "value_or_reason",
            "(baseline_value IS NULL) = (value_from IN ('not_supplied', 'not_set'))",
            ("plan_indicator_id", "baseline_value", "value_from"),
            "A baseline has neither value nor reason, or both: correct model mart_plan_baseline.",
        ),
        holds(
            "stated_comes_first",
            "baseline_value IS NOT DISTINCT FROM coalesce(stated_value, series_value)",
            ("plan_indicator_id", "stated_value", "series_value", "baseline_value"),
            "A baseline is not the stated value where there is one: correct model mart_plan_baseline.",
        ),
        holds(
            "period_in_order",
            "(period_start IS NULL) = (period_end IS NULL) AND coalesce(period_start <= period_end, true)",
            ("plan_indicator_id", "period_start", "period_end"),
            "The period of a baseline ends before it begins: correct seed plans/plan_baseline.csv.",
        ),
    ),
)
