"""What each force supplied of each source, month by month."""

from pipelines.checks.shared import forces_up_to_date, holds, home_force_up_to_date, refers, unique
from pipelines.checks.suite import Suite, in_set, no_rows

SUITE = Suite(
    table="marts.source_month",
    description="One row for each source, force and month without holes, so that missing is never taken for zero.",
    expectations=(
        unique("key_unique", ("source", "force", "month"), "A month is told twice: correct model source_month."),
        no_rows(
            "no_month_missing",
            """
            SELECT source, force, count(*) AS months, min(month) AS first, max(month) AS last
            FROM {batch}
            GROUP BY source, force
            HAVING count(*) <> date_diff('month', min(month), max(month)) + 1
            """,
            "A month is neither supplied nor missing, so a hole would go unseen: correct model source_month.",
        ),
        in_set("status", ("supplied", "not_supplied"), "A month has an unknown status: correct model source_month."),
        holds(
            "supplied_has_extract",
            "(status = 'supplied') = (extract_id IS NOT NULL) AND (status = 'supplied') = (rows_loaded IS NOT NULL)",
            ("source", "force", "month", "status", "extract_id", "rows_loaded"),
            "A month is called supplied without an extract, or the reverse: correct model source_month.",
        ),
        no_rows(
            "matches_register",
            """
            SELECT coalesce(registered.source, found.source) AS source,
                coalesce(registered.force, found.force) AS force,
                coalesce(registered.period_start, found.month) AS month
            FROM (
                SELECT * FROM ops.extract
                WHERE status = 'loaded' AND slice IS NULL AND force <> 'national'
                    AND period_end = last_day(period_start)
            ) AS registered
            FULL JOIN (SELECT * FROM {batch} AS months WHERE status = 'supplied') AS found
                ON registered.extract_id = found.extract_id AND registered.source = found.source
                AND registered.force = found.force AND registered.period_start = found.month
            WHERE registered.rows_loaded IS DISTINCT FROM found.rows_loaded
            """,
            "The months supplied are not those of the register of extracts: build the models again after loading.",
        ),
        refers("force", "marts.dim_force", "force", "A force is not known: add it to seed reference/force.csv."),
        no_rows(
            "holes_in_series",
            """
            SELECT source, force, count(*) AS months_missing, min(month) AS first, max(month) AS last
            FROM {batch}
            WHERE is_within_series AND status = 'not_supplied'
                AND (source, force, month) NOT IN (SELECT source, force, month FROM reference.uncollected_month)
            GROUP BY source, force
            """,
            "A force has months missing between months it supplied, so longer periods have no value: look for the "
            "files, or note that the force did not publish them; what it did not collect goes to seed uncollected_month.csv.",
            "warning",
        ),
        home_force_up_to_date(),
        forces_up_to_date(),
    ),
)
