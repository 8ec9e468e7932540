"""What there is, by measure, area and kind of period."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="marts.coverage",
    description="One row for each measure, area and kind of period that marts.measure_value speaks of.",
    expectations=(
        unique("key_unique", ("measure_id", "area_code", "period_type"), "A row stands twice: correct model coverage."),
        holds(
            "reason_given",
            "value_count = row_count OR len(reasons_without_value) > 0",
            ("measure_id", "area_code", "period_type", "row_count", "value_count"),
            "Values are missing and no reason is given: correct the measure's model, which must fill status.",
        ),
        no_rows(
            "values_as_in_measure_value",
            """
            SELECT found.value_count, made.value_count AS values_in_measure_value
            FROM (SELECT sum(value_count) AS value_count FROM {batch}) AS found,
                (SELECT count(value) AS value_count FROM marts.measure_value) AS made
            WHERE found.value_count IS DISTINCT FROM made.value_count
            """,
            "Values of marts.measure_value are not counted here: build the marts again.",
        ),
    ),
)
