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
            SELECT plan_indicator_id, period_type, period_start, value FROM {batch}
            WHERE value IS NOT NULL AND value NOT IN (SELECT value FROM marts.measure_value WHERE value IS NOT NULL)
            """,
            "A value of an indicator is in no standard row: correct model plan_indicator_value.",
        ),
    ),
)
