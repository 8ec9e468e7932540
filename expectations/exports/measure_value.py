"""Values as they leave the building."""

from pipelines.checks.exports import small_numbers
from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, no_rows

_SHOWN = ("measure_id", "area_code", "period_type", "period_start", "breakdown_type", "breakdown_value")

SUITE = Suite(
    table="exports.measure_value",
    description="Every value that leaves: none too small, none without a tier, and each that is hidden says why.",
    expectations=(
        unique(
            "key_unique",
            (*_SHOWN, "denominator_id", "method_id"),
            "A value leaves twice: report this, the release holds it twice.",
        ),
        small_numbers(),
        holds(
            "hidden_is_blank",
            "(suppression IS NULL) = (status <> 'suppressed' OR value IS NOT NULL) AND (suppression IS NULL OR "
            "coalesce(numerator, denominator, value, ci_low, ci_high, n_unknown) IS NULL)",
            (*_SHOWN, "status", "suppression"),
            "A hidden value says a number all the same, or does not say why it is hidden: correct marts.yaml of "
            "pipelines/disclosure.",
        ),
        no_rows(
            "tier_declared",
            """
            SELECT DISTINCT measure_id, breakdown_type FROM {batch}
            WHERE measure_id NOT IN (SELECT measure_id FROM reference.disclosure_tier)
                OR breakdown_type NOT IN (SELECT breakdown_type FROM reference.disclosure_breakdown)
            """,
            "A measure or breakdown leaves that no tier is declared for: add it to seed disclosure_tier or "
            "disclosure_breakdown.",
        ),
        no_rows(
            "value_rests_on_what_is_shown",
            """
            SELECT measure_id, area_code, period_type, period_start, breakdown_type, breakdown_value FROM {batch}
            WHERE value IS NULL AND coalesce(ci_low, ci_high) IS NOT NULL
            """,
            "Limits leave without their value, which can be worked out from them: correct marts.yaml of "
            "pipelines/disclosure.",
        ),
    ),
)
