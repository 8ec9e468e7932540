"""What targets ask of each period."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="marts.plan_target_value",
    description="One level for each indicator and period, or the reason why there is none.",
    expectations=(
        unique(
            "key_unique",
            ("plan_indicator_id", "period_type", "period_start", "period_end"),
            "Two main targets hold for one period: leave is_main to one of them in seed plans/plan_target.csv.",
        ),
        holds(
            "level_or_reason",
            "(target_level IS NULL) = (reason IS NOT NULL)",
            ("plan_indicator_id", "period_type", "period_start", "target_level", "reason"),
            "A target has neither level nor reason, or both: correct model plan_target_value.",
        ),
    ),
)
