"""Values of the indicators of plans."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="marts.plan_indicator_value",
    description="Each indicator once a period, as the standard row has it.",
    expectations=(
        unique(
            "key_unique",
            ("plan_indicator_id", "period_type", "period_start", "period_end"),
            "An indicator has two values of one period: correct its series in seed plans/plan_indicator.csv.",
        ),
        no_rows(
            "values_are_those_of_the_series",
            """
            SELECT plan_indicator_id, series_id, period_start, shown.value, shown.status
            FROM (SELECT * FROM {batch} AS mart) AS shown
            ANTI JOIN marts.measure_value AS measured
                ON shown.measure_id = measured.measure_id AND shown.area_code = measured.area_code
                AND shown.period_type = measured.period_type AND shown.period_start = measured.period_start
                AND shown.method_id = measured.method_id
                AND shown.breakdown_value IS NOT DISTINCT FROM measured.breakdown_value
                AND shown.value IS NOT DISTINCT FROM measured.value AND shown.status = measured.status
            """,
            "A value of an indicator is in no standard row: correct model plan_indicator_value.",
        ),
    ),
)
