"""The home force beside similar forces, all forces and the rest of the country."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, in_set, no_rows

_KEY = ("series_id", "period_end")

SUITE = Suite(
    table="marts.peer_comparison",
    description="Ranks lie among the members, limits around the centre, and the means are those of the members.",
    expectations=(
        unique("key_unique", _KEY, "A comparison with other forces stands twice: correct model peer_comparison."),
        in_set(
            "funnel_position",
            ("within", "above_95", "above_998", "below_95", "below_998"),
            "A position in the funnel is not known: correct model peer_comparison.",
        ),
        holds(
            "ranks_in_order",
            "rank IS NULL OR (1 <= rank_low AND rank_low <= rank_high AND rank_high <= rank_of "
            "AND rank BETWEEN 1 AND rank_of AND rank_of = member_count)",
            (*_KEY, "rank_low", "rank", "rank_high", "rank_of"),
            "A rank or its interval lies outside the group: correct model peer_member.",
        ),
        holds(
            "funnel_in_order",
            "phi IS NULL OR (phi >= 1 AND funnel_lower_998 <= funnel_lower_95 AND funnel_lower_95 <= funnel_centre + 1e-9 "
            "AND funnel_centre <= funnel_upper_95 + 1e-9 AND funnel_upper_95 <= funnel_upper_998)",
            (*_KEY, "phi", "funnel_lower_95", "funnel_centre", "funnel_upper_95"),
            "Funnel limits are not in order: correct model peer_comparison.",
        ),
        no_rows(
            "mean_is_of_members",
            """
            SELECT compared.series_id, compared.period_end, compared.group_mean, shown.group_mean AS mean_of_members
            FROM {batch} AS compared
            LEFT JOIN (
                SELECT series_id, period_end, avg(value) AS group_mean FROM marts.peer_member
                WHERE role = 'member' GROUP BY series_id, period_end HAVING count(value) > 1
            ) AS shown USING (series_id, period_end)
            WHERE (compared.group_mean IS NULL) <> (shown.group_mean IS NULL)
                OR abs(compared.group_mean - shown.group_mean) > 1e-9 * shown.group_mean
            """,
            "The mean of the group is not that of its members: build peer_member and peer_comparison again.",
        ),
    ),
)
