"""What was known when."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="marts.value_history",
    description="Every version of every value, so that an old pack can be rebuilt and a change explained.",
    expectations=(
        unique(
            "version_unique",
            ("series_id", "period_start", "known_from"),
            "A value has two versions of one moment, so as_of would give two answers: correct model value_history.",
        ),
        no_rows(
            "standing_versions_are_the_values",
            """
            SELECT standing.rows_standing, valued.rows_valued
            FROM (SELECT count(*) AS rows_standing FROM {batch} AS versions WHERE known_until IS NULL) AS standing
            CROSS JOIN (SELECT count(*) AS rows_valued FROM marts.measure_value) AS valued
            WHERE rows_standing <> rows_valued
            """,
            "The versions that stand are not the values as they are: correct model value_history.",
        ),
        holds(
            "versions_in_order",
            "known_until IS NULL OR known_from < known_until",
            ("series_id", "period_start", "known_from", "known_until"),
            "A version ended before it began, so as_of would miss it: correct model value_history.",
        ),
    ),
)
