"""Published figures against the other figures of their documents."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, in_set, no_rows

SUITE = Suite(
    table="marts.figure_derivation",
    description="Every published figure with a derivation rule once, recomputed, with a verdict that the catalogue shares.",
    expectations=(
        unique(
            "figure_id_unique",
            ("figure_id",),
            "A figure has two rules: give all its rows in published_derivation.csv one rule.",
        ),
        no_rows(
            "rules_all_there",
            """
            SELECT figure_id, given.derivation_rule, mart.rule
            FROM (SELECT figure_id, derivation_rule FROM reference.published_figure WHERE derivation_rule IS NOT NULL) AS given
            FULL JOIN (SELECT figure_id, rule FROM {batch} AS batch) AS mart USING (figure_id)
            WHERE derivation_rule IS NULL OR rule IS NULL
            """,
            "A figure with a derivation rule is not recomputed, or the reverse: add its inputs to published_derivation.csv.",
        ),
        in_set(
            "verdict",
            ("reproduces", "truncated", "rounding", "does_not_reproduce", "not_checkable"),
            "A verdict is not known: correct model figure_derivation.",
        ),
        holds(
            "verdict_or_value",
            "(recomputed_value IS NULL) = (rule IN ('implies', 'no_rule')) AND verdict IS NOT NULL",
            ("figure_id", "rule", "recomputed_value", "verdict"),
            "A rule gives no value, so an input of it has none: look at its rows in published_derivation.csv.",
        ),
    ),
)
