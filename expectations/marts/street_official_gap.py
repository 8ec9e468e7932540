"""Street files beside recorded crime."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite

_KEY = ("area_code", "quarter_start", "crime_type")

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
    ),
)
