"""Search ratios by ethnicity, with everything behind them."""

from pipelines.checks.shared import holds, refers, unique
from pipelines.checks.suite import Suite, in_set, no_rows, not_null

_KEY = (
    "area_code", "period_type", "period_start", "ethnicity_basis", "ethnic_group", "denominator_id", "method_id",
)  # fmt: skip

SUITE = Suite(
    table="marts.search_ratio",
    description="Every search ratio once, never without the share of searches of unknown ethnicity.",
    expectations=(
        unique("key_unique", _KEY, "A ratio stands twice: correct model int_stop_search_ratio."),
        not_null("force_name", "A ratio belongs to no force: add the force to seed reference/force.csv."),
        refers("area_code", "marts.dim_force", "area_code", "A force is not known: add it to seed reference/force.csv."),
        in_set(
            "method_id",
            (
                "rate_ratio_known_only", "rate_ratio_officer_fill", "rate_ratio_pro_rata", "rate_ratio_bound_low",
                "rate_ratio_bound_high",
            ),
            "A treatment of unknown ethnicity is not known: correct model int_stop_search_ratio.",
        ),
        holds(
            "ratio_or_reason",
            "(ratio IS NULL) = (status <> 'final')",
            (*_KEY, "ratio", "status"),
            "A ratio is missing without a reason, or has a reason to be missing: correct model int_stop_search_ratio.",
        ),
        holds(
            "share_unknown_beside_ratio",
            "ratio IS NULL OR (people_searched > 0 AND n_unknown BETWEEN 0 AND people_searched "
            "AND abs(unknown_share_pct - 100.0 * n_unknown / people_searched) < 1e-9)",
            (*_KEY[3:], "people_searched", "n_unknown", "unknown_share_pct"),
            "A ratio stands without the share of searches of unknown ethnicity, or with a wrong one: correct model "
            "int_stop_search_ratio.",
        ),
        holds(
            "ratio_follows_from_counts",
            "ratio IS NULL OR abs(ratio * white_searches * group_population - group_searches * white_population) "
            "<= 1e-9 * group_searches * white_population",
            (*_KEY[3:], "ratio", "group_searches", "white_searches"),
            "A ratio does not follow from the counts and residents beside it: correct model int_stop_search_ratio.",
        ),
        holds(
            "enough_behind_ratio",
            "ratio IS NULL OR (least(group_searches, white_searches) >= 10 "
            "AND least(group_population, white_population) >= 1000)",
            (*_KEY[3:], "ratio", "group_searches", "white_searches"),
            "A ratio rests on fewer than 10 searches or 1,000 residents: correct model int_stop_search_ratio.",
        ),
        no_rows(
            "same_as_measure",
            """
            SELECT area_code, period_type, period_start, method_id, ratio, value
            FROM (SELECT * FROM {batch} AS mart) AS shown
            FULL JOIN (
                SELECT *, breakdown_type AS ethnicity_basis, breakdown_value AS ethnic_group
                FROM marts.measure_value
                WHERE measure_id = 'stop_search_disproportionality' AND source_id = 'police_uk_stop_search'
            ) AS measured
                USING (area_code, period_type, period_start, ethnicity_basis, ethnic_group, denominator_id, method_id)
            WHERE shown.ratio IS DISTINCT FROM measured.value OR shown.status IS DISTINCT FROM measured.status
                OR shown.n_unknown IS DISTINCT FROM measured.n_unknown
            """,
            "The ratios to read are not those of measure_value: build both models again.",
        ),
    ),
)  # fmt: skip
