"""Process limits and special causes."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, in_set, no_rows

_KEY = ("series_id", "month")

SUITE = Suite(
    table="marts.spc_point",
    description="Every month of a series once, judged by limits of its own segment, or with the reason why not.",
    expectations=(
        unique("key_unique", _KEY, "A month of a series stands twice: correct model measure_value or dim_series."),
        in_set(
            "point_type",
            (
                "common_cause", "special_cause_improvement", "special_cause_concern", "special_cause_neutral_high",
                "special_cause_neutral_low",
            ),
            "A type of point is not known: correct macro xmr_points.",
        ),
        holds(
            "verdict_or_reason",
            "(point_type IS NULL) = (no_verdict_reason IS NOT NULL) "
            "AND (rule IS NOT NULL) = (coalesce(point_type, 'common_cause') <> 'common_cause')",
            (*_KEY, "rule", "point_type", "no_verdict_reason"),
            "A point has neither a type nor a reason, or a rule that contradicts its type: correct model spc_point.",
        ),
        holds(
            "limits_enclose_mean",
            "lpl IS NULL OR (lpl <= near_lpl AND near_lpl <= mean AND mean <= near_upl AND near_upl <= upl)",
            (*_KEY, "lpl", "near_lpl", "mean", "near_upl", "upl"),
            "Process limits are not in order: correct macro xmr_points.",
        ),
        holds(
            "outside_is_outside",
            "(coalesce(rule, '-') = 'outside_limits') = coalesce(value > upl OR value < lpl, false)",
            (*_KEY, "value", "lpl", "upl", "rule"),
            "A point outside the limits is not marked, or one inside is: correct macro xmr_points.",
        ),
        no_rows(
            "no_segment_crosses_a_break",
            """
            SELECT found.series_id, found.segment, break.break_id, break.break_date
            FROM (
                SELECT series_id, segment, measure_id, area_code, method_id, breakdown_type, breakdown_value,
                    min(month) AS first_month, max(month) AS last_month
                FROM {batch} WHERE segment IS NOT NULL
                GROUP BY series_id, segment, measure_id, area_code, method_id, breakdown_type, breakdown_value
            ) AS found
            JOIN reference.series_break AS break ON break.measure_id = found.measure_id
                AND (break.area_code IS NULL OR break.area_code = found.area_code)
                AND (break.method_id IS NULL OR break.method_id = found.method_id)
                AND (break.breakdown_type IS NULL OR break.breakdown_type = found.breakdown_type)
                AND (break.breakdown_value IS NULL OR break.breakdown_value = found.breakdown_value)
            WHERE break.break_date > found.first_month AND break.break_date <= last_day(found.last_month)
            """,
            "Limits are worked out across a registered break: correct model spc_point.",
        ),
        no_rows(
            "every_month_is_judged",
            """
            SELECT expected.points_expected, found.points_found
            FROM (
                SELECT coalesce(sum(value_count), 0) AS points_expected FROM marts.dim_series
                WHERE is_home AND period_type = 'month' AND value_count >= 2
            ) AS expected
            CROSS JOIN (SELECT count(*) AS points_found FROM {batch}) AS found
            WHERE expected.points_expected <> found.points_found
            """,
            "Months of monthly series are missing from the points: correct model spc_point.",
        ),
    ),
)  # fmt: skip
