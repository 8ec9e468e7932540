"""Each value of the home force beside an earlier one of its series."""

from pipelines.checks.shared import holds, refers, unique
from pipelines.checks.suite import Suite, in_set, no_rows

_KEY = ("series_id", "comparison_type", "period_end")

SUITE = Suite(
    table="marts.comparison",
    description="Nothing is found that the interval does not say, and nothing is compared across a break.",
    expectations=(
        unique("key_unique", _KEY, "A comparison stands twice: correct model comparison."),
        refers("series_id", "marts.dim_series", "series_id", "A series is not known: correct model comparison."),
        in_set(
            "comparison_type",
            (
                "same_period_last_year", "previous_period", "fin_year_to_date", "cal_year_to_date",
                "rolling_12m_last_year",
            ),
            "A kind of comparison is not known: correct model comparison.",
        ),
        holds(
            "finding_follows_interval",
            "finding IS NOT DISTINCT FROM CASE "
            "WHEN coalesce(difference_low, change_pct_low) > 0 THEN 'higher' "
            "WHEN coalesce(difference_high, change_pct_high) < 0 THEN 'lower' "
            "WHEN interval_method IS NOT NULL THEN 'no_clear_change' END",
            (*_KEY, "change_pct_low", "change_pct_high", "difference_low", "difference_high", "finding"),
            "A finding is not what its interval says: correct macro with_change.",
        ),
        holds(
            "interval_encloses_change",
            "coalesce(difference BETWEEN difference_low - 1e-9 AND difference_high + 1e-9, true) "
            "AND coalesce(change_pct BETWEEN change_pct_low - 1e-9 AND change_pct_high + 1e-9, true)",
            (*_KEY, "change_pct_low", "change_pct", "change_pct_high"),
            "A change lies outside its own interval: correct macro with_change.",
        ),
        holds(
            "nothing_said_without_comparison",
            "status IN ('comparable', 'too_few') OR (difference IS NULL AND change_pct IS NULL AND finding IS NULL)",
            (*_KEY, "status", "difference"),
            "A change is given where nothing can be compared: correct macro with_change.",
        ),
        no_rows(
            "no_break_between",
            """
            SELECT compared.series_id, compared.comparison_type, compared.period_end, series_break.break_id
            FROM {batch} AS compared
            JOIN reference.series_break AS series_break
                ON series_break.measure_id = compared.measure_id
                AND coalesce(series_break.area_code, compared.area_code) = compared.area_code
                AND coalesce(series_break.method_id, compared.method_id) = compared.method_id
                AND coalesce(series_break.breakdown_type, compared.breakdown_type, '')
                    = coalesce(compared.breakdown_type, '')
                AND coalesce(series_break.breakdown_value, compared.breakdown_value, '')
                    = coalesce(compared.breakdown_value, '')
                AND compared.reference_period_start < series_break.break_date
                AND compared.period_end >= series_break.break_date
            WHERE compared.status <> 'not_comparable'
            """,
            "Periods on both sides of a registered break are compared: correct model comparison.",
        ),
        holds(
            "reference_lies_back_as_said",
            "date_diff('month', reference_period_start, period_start) = CASE WHEN comparison_type <> 'previous_period' THEN 12 "
            "ELSE CASE period_type WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END END",
            (*_KEY, "period_start", "reference_period_start"),
            "A period is compared with another than its kind of comparison says: correct model comparison.",
        ),
    ),
)  # fmt: skip
