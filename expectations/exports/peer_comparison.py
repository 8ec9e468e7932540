"""Comparisons with peers, as they leave the building."""

from pipelines.checks.exports import as_in_values, says_nothing
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.peer_comparison",
    description="Every comparison with peers that leaves: no mean or rank of values of which one is hidden.",
    expectations=(
        as_in_values("value"),
        says_nothing(
            ("group_mean", "pooled_others", "rank", "rank_of", "words"), "peer_member", ("series_id", "period_start")
        ),
    ),
)
