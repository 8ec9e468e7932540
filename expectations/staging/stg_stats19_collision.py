"""Road collisions, cleaned."""

from pipelines.checks.shared import staged, trimmed, unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="staging.stg_stats19_collision",
    description="Collisions after cleaning: the same records, one for each reference, with all their casualties.",
    expectations=(
        *staged("stats19_collision"),
        unique(
            "collision_index_unique",
            ("collision_index",),
            "A collision stands twice, which would repeat its casualties: load the file again or tell the publisher.",
        ),
        trimmed("collision_index"),
        no_rows(
            "casualties_are_all_there",
            """
            SELECT period_start, count(*) AS collisions, sum(number_of_casualties) AS expected, sum(found) AS found
            FROM (
                SELECT period_start, number_of_casualties, coalesce(casualties, 0) AS found
                FROM (SELECT * FROM {batch}) AS collision
                LEFT JOIN (
                    SELECT collision_index, count(*) AS casualties FROM staging.stg_stats19_casualty GROUP BY 1
                ) AS casualty USING (collision_index)
                WHERE period_start IN (SELECT period_start FROM staging.stg_stats19_casualty)
            ) AS compared
            WHERE number_of_casualties <> found
            GROUP BY period_start
            """,
            "Collisions have more or fewer casualties than they say: check that both files are of the same release, "
            "and see ops.quarantine.",
            "warning",
        ),
    ),
)
