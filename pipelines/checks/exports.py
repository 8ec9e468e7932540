"""What the suites of `expectations/exports` share."""

from __future__ import annotations

from pipelines.checks.suite import Expect, no_rows


def small_numbers(numerator: str = "numerator", denominator: str = "denominator", value: str = "value") -> Expect:
    """Check `no_small_numbers`: no number above zero and below the threshold of its tier stands in the table.

    Written anew from the seeds, and not taken from what the export worked out.
    """
    return no_rows(
        "no_small_numbers" if numerator == "numerator" else f"no_small_{numerator}",
        f"""
        SELECT measure_id, area_code, period_type, period_start, breakdown_type, breakdown_value, tier
        FROM (
            SELECT
                told.measure_id, told.area_code, told.period_type, told.period_start, told.breakdown_type,
                told.breakdown_value, told.{numerator} AS above, told.{denominator} AS below, told.{value} AS told_value,
                tiers.made_of, tiers.counts, measure.unit,
                areas.area_type = 'force' OR areas.area_type = 'country' AS is_whole_force,
                CASE
                    WHEN cuts.kind = 'people' AND tiers.tier IN ('A', 'B') THEN 'C'
                    WHEN cuts.kind = 'sensitive' AND tiers.tier = 'A' THEN 'B'
                    ELSE tiers.tier
                END AS tier,
                cuts.kind
            FROM {{batch}} AS told
            LEFT JOIN reference.disclosure_tier AS tiers ON told.measure_id = tiers.measure_id
            LEFT JOIN reference.disclosure_breakdown AS cuts ON told.breakdown_type = cuts.breakdown_type
            LEFT JOIN exports.dim_area AS areas ON told.area_code = areas.area_code
            LEFT JOIN exports.dim_measure AS measure ON told.measure_id = measure.measure_id
        ) AS tiered
        JOIN reference.disclosure_rule AS rules USING (tier)
        WHERE made_of IS NULL
            AND (rules.applies = 'everywhere' OR kind = 'place' OR is_whole_force IS NOT TRUE)
            AND CASE
                WHEN rules.protects = 'answers' THEN coalesce(below, above) > 0
                    AND coalesce(below, above) < CAST(rules.threshold AS DOUBLE)
                ELSE (counts IS NULL AND above > 0 AND above < CAST(rules.threshold AS DOUBLE))
                    OR (below > 0 AND below < CAST(rules.threshold AS DOUBLE))
                    OR (unit = 'percent' AND below - above > 0 AND below - above < CAST(rules.threshold AS DOUBLE))
                    OR (coalesce(above, below) IS NULL AND unit IN ('count', 'headcount', 'FTE')
                        AND told_value > 0 AND told_value < CAST(rules.threshold AS DOUBLE))
            END
        """,
        "A number leaves that is too small to: report this, disclosure control did not hide it.",
    )


def blank_with(columns: tuple[str, ...]) -> Expect:
    """Check `hidden_is_blank`: where the row's own number is hidden, none of these columns says it."""
    return no_rows(
        "hidden_is_blank",
        f"SELECT * FROM {{batch}} WHERE status = 'suppressed' AND coalesce({', '.join(columns)}) IS NOT NULL",
        "A hidden value says a number all the same: correct marts.yaml of pipelines/disclosure.",
    )


def as_in_values(column: str, start: str = "period_start") -> Expect:
    """Check `<column>_as_in_values`: no value stands here that is hidden in measure_value's history."""
    return no_rows(
        f"{column}_as_in_values",
        f"""
        SELECT told.series_id, told.{start} AS starts_on FROM {{batch}} AS told
        JOIN exports.value_history AS hidden
            ON told.series_id = hidden.series_id AND told.{start} = hidden.period_start
        WHERE hidden.suppression IS NOT NULL AND told.{column} IS NOT NULL
        """,
        "A value that is hidden in one table stands in another: correct marts.yaml of pipelines/disclosure.",
    )
