"""What belongs beside values of an indicator or measure."""

from pipelines.checks.shared import holds, refers, unique
from pipelines.checks.suite import Suite, no_rows, not_null

SUITE = Suite(
    table="marts.caveat",
    description="Every caveat of the seed, beside every indicator it is about.",
    expectations=(
        unique(
            "key_unique",
            ("caveat_id", "plan_indicator_id"),
            "A caveat would be printed twice beside an indicator: correct seed plans/caveat.csv.",
        ),
        not_null("caveat", "A caveat has no words: correct seed plans/caveat.csv."),
        refers(
            "plan_indicator_id",
            "marts.dim_plan_indicator",
            "plan_indicator_id",
            "A caveat is about no indicator: correct seed plans/caveat.csv.",
        ),
        holds(
            "days_in_order",
            "valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to",
            ("caveat_id", "valid_from", "valid_to"),
            "A caveat ends before it begins, so it is never printed: correct seed plans/caveat.csv.",
        ),
        no_rows(
            "caveats_all_there",
            """
            SELECT caveat_id FROM reference.caveat
            LEFT JOIN marts.dim_plan_indicator AS indicator USING (plan_indicator_id)
            WHERE caveat_id NOT IN (SELECT caveat_id FROM {batch})
                AND (caveat.measure_id IS NOT NULL OR indicator.plan_indicator_id IS NOT NULL)
            """,
            "A caveat of the seed is lost: correct model mart_caveat.",
        ),
    ),
)
