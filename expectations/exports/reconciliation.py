"""Reconciled figures, as they leave the building."""

from pipelines.checks.exports import blank_computed, says_nothing
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="exports.reconciliation",
    description="Every reconciled figure that leaves: neither what was printed nor what was worked out of a hidden number.",
    expectations=(
        blank_computed(("computed_value", "published_value", "as_printed", "difference", "derivation", "note")),
        says_nothing(("computed_value", "published_value", "as_printed"), "figure_value", ("figure_id",)),
        no_rows(
            "computed_as_in_values",
            """
            SELECT told.figure_id FROM {batch} AS told
            JOIN exports.measure_value AS hidden
                ON told.measure_id = hidden.measure_id AND told.area_code = hidden.area_code
                AND told.period_start = hidden.period_start AND told.period_end = hidden.period_end
                AND told.method_id = hidden.method_id
                AND told.breakdown_type IS NOT DISTINCT FROM hidden.breakdown_type
                AND told.breakdown_value IS NOT DISTINCT FROM hidden.breakdown_value
                AND told.denominator_id IS NOT DISTINCT FROM hidden.denominator_id
            WHERE hidden.suppression IS NOT NULL AND told.computed_value IS NOT NULL
            """,
            "A figure leaves that is a hidden value: correct marts.yaml of pipelines/disclosure.",
        ),
    ),
)
