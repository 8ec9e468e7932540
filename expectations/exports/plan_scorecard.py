"""The scorecard, as it leaves the building."""

from pipelines.checks.exports import as_in_values, blank_with
from pipelines.checks.shared import holds
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="exports.plan_scorecard",
    description="Every line of the scorecard that leaves: no sentence speaks of a hidden value.",
    expectations=(
        blank_with(("value", "ci_low", "ci_high", "distance_to_target")),
        as_in_values("value"),
        as_in_values("previous_value", "previous_period_start"),
        as_in_values("baseline_value", "baseline_period_start"),
        holds(
            "hidden_says_nothing",
            "suppression IS NULL OR coalesce(sentence, verdict, previous_words, baseline_words) IS NULL",
            ("plan_indicator_id", "period_start", "suppression"),
            "A sentence or verdict speaks of a hidden value: correct marts.yaml of pipelines/disclosure.",
        ),
    ),
)
