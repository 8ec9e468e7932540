"""Measures and what they mean."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite, in_set, no_rows, not_null

SUITE = Suite(
    table="marts.dim_measure",
    description="Every measure once, with its unit and definition, so that a published value says what it is.",
    expectations=(
        unique("measure_id_unique", ("measure_id",), "A measure stands twice: correct seed reference/measure.csv."),
        *(
            not_null(column, f"A measure has no {column}: complete seed reference/measure.csv.")
            for column in ("measure_id", "measure_name", "unit", "direction", "definition", "numerator", "method")
        ),
        in_set(
            "direction",
            ("higher", "lower", "neutral"),
            "It is not known which way a measure is better: correct seed reference/measure.csv.",
        ),
        no_rows(
            "measures_have_values",
            """
            SELECT measure_id FROM {batch} WHERE measure_id NOT IN (SELECT measure_id FROM marts.measure_value)
                AND EXISTS (SELECT 1 FROM marts.measure_value)
            """,
            "A registered measure has no row: supply its source, or take it out of seed reference/measure.csv.",
            "warning",
        ),
    ),
)
