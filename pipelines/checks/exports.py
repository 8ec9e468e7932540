"""What the suites of `expectations/exports` share."""

from __future__ import annotations

from pipelines.checks.suite import Expect, no_rows


def small_numbers(
    numerator: str = "numerator", denominator: str = "denominator", value: str = "value", *, by_series: bool = False
) -> Expect:
    """Check `no_small_numbers`: no number above zero and below the threshold of its tier stands in the table.

    Written anew from the seeds, and not taken from what the export worked out. With `by_series` the breakdown is taken
    from the series of the row.
    """
    kind, cut = (
        (f"nullif(split_part(told.series_id, '|', {place}), '-')" for place in (6, 7))
        if by_series
        else ("told.breakdown_type", "told.breakdown_value")
    )
    return no_rows(
        "no_small_numbers" if numerator == "numerator" else f"no_small_{numerator}",
        f"""
        SELECT measure_id, area_code, period_type, period_start, breakdown_type, breakdown_value, tier
        FROM (
            SELECT
                told.measure_id, told.area_code, told.period_type, told.period_start, {kind} AS breakdown_type,
                {cut} AS breakdown_value, told.{numerator} AS above, told.{denominator} AS below, told.{value} AS told_value,
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
            LEFT JOIN reference.disclosure_breakdown AS cuts ON {kind} = cuts.breakdown_type
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


def as_in_values(column: str, start: str = "period_start", area: str | None = None) -> Expect:
    """Check `<column>_as_in_values`: no value stands here that is hidden in measure_value's history.

    With `area` the value is that of the row's series in the area of this column.
    """
    series = f"regexp_replace(told.series_id, '^([^|]*)[|][^|]*', '\\1|' || told.{area})" if area else "told.series_id"
    return no_rows(
        f"{column}_as_in_values",
        f"""
        SELECT told.series_id, told.{start} AS starts_on FROM {{batch}} AS told
        JOIN exports.value_history AS hidden
            ON {series} = hidden.series_id AND told.{start} = hidden.period_start
        WHERE hidden.suppression IS NOT NULL AND told.{column} IS NOT NULL
        """,
        "A value that is hidden in one table stands in another: correct marts.yaml of pipelines/disclosure.",
    )


def says_nothing(columns: tuple[str, ...], of: str, on: tuple[str, ...]) -> Expect:
    """Check `rests_on_what_is_shown`: where a row of table `of` is hidden, what rests on it says none of `columns`."""
    told = ", ".join(f"CAST(told.{column} AS VARCHAR)" for column in columns)
    keys = ", ".join(on)
    return no_rows(
        "rests_on_what_is_shown",
        f"""
        SELECT DISTINCT {keys} FROM {{batch}} AS told JOIN exports.{of} AS hidden USING ({keys})
        WHERE hidden.suppression IS NOT NULL AND coalesce({told}) IS NOT NULL
        """,
        f"A number leaves that rests on one that {of} hides: correct marts.yaml of pipelines/disclosure.",
    )


def blank_computed(columns: tuple[str, ...]) -> Expect:
    """Check `hidden_is_blank`: where what was worked out for a figure is hidden, none of these columns says it."""
    told = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns)
    return no_rows(
        "hidden_is_blank",
        f"SELECT figure_id FROM {{batch}} WHERE suppression IS NOT NULL AND coalesce({told}) IS NOT NULL",
        "A figure of a hidden value says a number all the same: correct marts.yaml of pipelines/disclosure.",
    )
