"""The forces of a group, each with its rank."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="marts.peer_member",
    description="Each force of the group once for each series and period, its rank within its own interval.",
    expectations=(
        unique(
            "key_unique",
            ("series_id", "period_start", "period_end", "member_area_code"),
            "A force stands twice in one group: correct seed reference/similar_force.csv.",
        ),
        holds(
            "rank_within_its_interval",
            "rank IS NULL OR (rank_low <= rank AND rank <= rank_high)",
            ("series_id", "period_start", "member_area_code", "rank_low", "rank", "rank_high"),
            "A rank lies outside its own interval: correct model peer_member.",
            "warning",
        ),
    ),
)
