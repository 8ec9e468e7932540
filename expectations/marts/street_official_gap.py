"""Street files beside recorded crime."""

from pipelines.checks.limits import process_limits
from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, no_rows

_KEY = ("area_code", "quarter_start", "crime_type")

# The street files leave out crimes without a place and are not corrected: a tenth is a gap that has no other reason.
_USUAL_PCT = 10

# All crime of a force and quarter, with the limits of the force's earlier quarters where there are enough.
_JUDGED = f"""
    WITH gaps AS (
        SELECT *, date_diff('quarter', DATE '2000-01-01', quarter_start) AS quarter_number
        FROM {{batch}} AS mart WHERE crime_type IS NULL AND difference_pct IS NOT NULL AND source_kind <> 'synthetic'
    ),
    earlier AS (
        SELECT concat(later.area_code, later.quarter_start) AS series_id, 1 AS segment, 'neutral' AS direction,
            past.quarter_number AS point_number, past.difference_pct AS value
        FROM gaps AS later JOIN gaps AS past
            ON past.area_code = later.area_code AND past.quarter_number < later.quarter_number
    ),
    judged AS (
        SELECT gaps.*, coalesce(lower_limit, -{_USUAL_PCT}) AS lower_limit, coalesce(upper_limit, {_USUAL_PCT}) AS upper_limit
        FROM gaps LEFT JOIN ({process_limits("earlier")}) AS limits
            ON limits.series_id = concat(gaps.area_code, gaps.quarter_start)
    )
"""

SUITE = Suite(
    table="marts.street_official_gap",
    description="Every published quarter of every force and crime type once, and a gap only between two counts.",
    expectations=(
        unique("key_unique", _KEY, "A quarter stands twice: correct model street_official_gap or its seed."),
        holds(
            "gap_between_two_counts",
            "(status = 'comparable') = (difference_pct IS NOT NULL)",
            (*_KEY, "street_count", "official_count", "difference_pct", "status"),
            "A gap stands without its two counts, or the other way round: correct model street_official_gap.",
        ),
        no_rows(
            "gap_as_usual",
            f"""
            {_JUDGED}
            SELECT force_name, quarter_start, round(difference_pct, 1) AS gap_pct, round(lower_limit, 1) AS lower_limit,
                round(upper_limit, 1) AS upper_limit
            FROM judged WHERE difference_pct NOT BETWEEN lower_limit AND upper_limit
            ORDER BY quarter_start DESC, abs(difference_pct) DESC
            """,
            "The street files of a force and quarter are further from the official count than usual: look whether a file is "
            "cut short or stands twice, or whether the Home Office corrected the quarter.",
            "warning",
            told="""
            SELECT CASE
                WHEN count(*) = 0 THEN 'no quarter of both'
                WHEN count(*) FILTER (WHERE source_kind <> 'synthetic') = 0 THEN concat(
                    count(*), ' quarters, gap from ', round(min(difference_pct), 1), ' to ',
                    round(max(difference_pct), 1), ' %, sample, not judged'
                )
                ELSE concat(
                    count(*) FILTER (WHERE source_kind <> 'synthetic'), ' quarters of ',
                    count(DISTINCT area_code) FILTER (WHERE source_kind <> 'synthetic'), ' forces, gap from ',
                    round(min(difference_pct) FILTER (WHERE source_kind <> 'synthetic'), 1), ' to ',
                    round(max(difference_pct) FILTER (WHERE source_kind <> 'synthetic'), 1), ' %'
                )
            END FROM {batch} AS mart WHERE crime_type IS NULL AND difference_pct IS NOT NULL
            """,
        ),
        holds(
            "gap_follows_from_counts",
            "difference_pct IS NULL OR abs(100.0 * (street_count - official_count) - difference_pct * official_count) "
            "<= 1e-6 * official_count",
            (*_KEY, "street_count", "official_count", "difference_pct"),
            "A gap is not that between its two counts: correct model street_official_gap.",
        ),
    ),
)
