"""Road casualties, cleaned."""

from pipelines.checks.shared import staged, trimmed, unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="staging.stg_stats19_casualty",
    description="Casualties after cleaning: the same records, each once, with its collision where that is loaded.",
    expectations=(
        *staged("stats19_casualty"),
        unique(
            "casualty_unique",
            ("collision_index", "vehicle_reference", "casualty_reference"),
            "A casualty stands twice and would be counted twice: load the file again or tell the publisher.",
        ),
        trimmed("collision_index"),
        no_rows(
            "collision_found",
            """
            SELECT period_start, count(*) AS casualties
            FROM (SELECT * FROM {batch}) AS casualty
            WHERE period_start IN (SELECT period_start FROM staging.stg_stats19_collision)
                AND NOT EXISTS (
                    SELECT 1 FROM staging.stg_stats19_collision AS collision
                    WHERE collision.collision_index = casualty.collision_index
                )
            GROUP BY period_start
            """,
            "Casualties have no collision although the file of their year is loaded, so their road is not known: "
            "check that both files are of the same release, and see ops.quarantine.",
            "warning",
        ),
    ),
)
