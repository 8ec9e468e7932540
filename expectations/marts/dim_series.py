"""Series of the published values."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite, in_set, no_rows

SUITE = Suite(
    table="marts.dim_series",
    description="Every series once, with what its values are, so that only like is compared with like.",
    expectations=(
        unique("series_id_unique", ("series_id",), "A series stands twice: correct macro series_id."),
        in_set(
            "kind",
            ("count", "rate", "share", "ratio", "mean", "amount"),
            "It is not known what the values of a series are: correct model dim_series.",
        ),
        no_rows(
            "series_hold_every_value",
            """
            SELECT held.rows_held, valued.rows_valued
            FROM (SELECT sum(value_count) AS rows_held FROM {batch}) AS held
            CROSS JOIN (SELECT count(value) AS rows_valued FROM marts.measure_value) AS valued
            WHERE coalesce(held.rows_held, 0) <> valued.rows_valued
            """,
            "The series do not add up to the values: correct model dim_series.",
        ),
    ),
)
