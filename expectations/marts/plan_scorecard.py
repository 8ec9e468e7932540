"""What the board reads."""

from pipelines.checks.shared import holds
from pipelines.checks.suite import Suite, in_set, no_rows

SUITE = Suite(
    table="marts.plan_scorecard",
    description="Every indicator of every plan with its verdict, so that none is left out and none is judged without ground.",
    expectations=(
        in_set(
            "verdict",
            ("met", "on_track", "off_track", "no_clear_change", "not_comparable", "not_supplied"),
            "A verdict is not known: correct model plan_scorecard.",
        ),
        no_rows(
            "every_indicator_has_one_latest_row",
            """
            SELECT plan_indicator_id, count(*) FILTER (WHERE is_latest) AS rows_latest
            FROM marts.dim_plan_indicator LEFT JOIN {batch} AS scorecard USING (plan_indicator_id)
            GROUP BY plan_indicator_id HAVING count(*) FILTER (WHERE is_latest) <> 1
            """,
            "An indicator has no row to show, or two, so the board would miss or repeat it: correct model plan_scorecard.",
        ),
        no_rows(
            "no_verdict_without_ground",
            """
            SELECT plan_indicator_id, period_type, period_start, verdict, judged_against FROM {batch}
            WHERE coalesce(verdict IN ('met', 'on_track', 'off_track', 'no_clear_change'), false)
                <> coalesce(judged_against IN ('target', 'previous', 'baseline'), false)
                OR (verdict IS NULL) <> coalesce(judged_against = 'no_direction', false)
                OR (value IS NULL) <> coalesce(
                    verdict = 'not_supplied' OR (verdict = 'not_comparable' AND status = 'not_comparable'), false
                )
            """,
            "A verdict rests on nothing, or a value without verdict is called supplied: correct model plan_scorecard.",
        ),
        holds(
            "verdict_follows_target",
            "coalesce(judged_against, '-') <> 'target' OR (verdict = 'met') = CASE target_comparison "
            "WHEN 'at_least' THEN value >= target_level WHEN 'at_most' THEN value <= target_level "
            "ELSE abs(value - target_level) <= 1e-9 * (1 + abs(target_level)) END",
            ("plan_indicator_id", "period_start", "value", "target_comparison", "target_level", "verdict"),
            "A target is called met that is missed, or the reverse: correct model plan_scorecard.",
        ),
        holds(
            "verdict_follows_finding",
            "coalesce(judged_against NOT IN ('previous', 'baseline'), true) OR direction NOT IN ('higher', 'lower') "
            "OR verdict NOT IN ('on_track', 'off_track') OR (verdict = 'on_track') "
            "= (direction = CASE judged_against WHEN 'previous' THEN previous_finding ELSE baseline_finding END)",
            ("plan_indicator_id", "period_start", "direction", "previous_finding", "baseline_finding", "verdict"),
            "A change for the worse is called on track, or the reverse: correct model plan_scorecard.",
        ),
    ),
)
