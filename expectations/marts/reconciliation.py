"""Published figures beside computed ones."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite, in_set, no_rows, not_null

SUITE = Suite(
    table="marts.reconciliation",
    description="Every published figure once, with a verdict or the reason why there is none.",
    expectations=(
        not_null("figure_id", "A row belongs to no published figure: correct model reconciliation."),
        unique(
            "figure_id_unique", ("figure_id",), "A figure is judged twice: give its link all of denominator and method."
        ),
        no_rows(
            "figures_all_there",
            """
            SELECT figure_id, published.value AS value_in_seed, judged.value AS value_in_mart
            FROM (SELECT figure_id, value FROM reference.published_figure) AS published
            FULL JOIN (SELECT figure_id, published_value AS value FROM {batch} AS mart) AS judged USING (figure_id)
            WHERE published.value IS DISTINCT FROM judged.value
            """,
            "A published figure was lost, added or altered on its way: correct model reconciliation.",
        ),
        in_set(
            "verdict",
            ("reproduces", "rounding", "truncated", "does_not_reproduce", "not_computed"),
            "A verdict is not known: correct model reconciliation.",
        ),
        not_null("verdict", "A figure has no verdict: correct model reconciliation."),
        holds(
            "verdict_or_reason",
            "(verdict = 'not_computed') = (reason IS NOT NULL) AND (reason IS NULL) = (computed_value IS NOT NULL)",
            ("figure_id", "verdict", "reason", "computed_value"),
            "A figure is not computed without a reason, or the reverse: correct model reconciliation.",
        ),
        no_rows(
            "figures_reproduce",
            """
            SELECT figure_id, published_value, computed_value FROM {batch}
            WHERE verdict = 'does_not_reproduce' AND source_kind <> 'synthetic'
            """,
            "A published figure does not come out of the records: explain it in published_figure_match.csv before "
            "the board asks.",
            "warning",
        ),
        no_rows(
            "value_as_printed",
            """
            SELECT figure_id, published_value, as_printed
            FROM (
                SELECT *, list_transform(
                    regexp_extract_all(replace(as_printed, ',', ''), '[0-9]+([.][0-9]+)?'), lambda x: CAST(x AS DOUBLE)
                ) AS numbers FROM {batch}
            ) AS printed
            WHERE len(numbers) > 0 AND NOT list_contains(numbers, abs(published_value))
                AND NOT regexp_matches(as_printed, '^1 in |^half ')
            """,
            "A published figure is not the number that its document prints: correct seed published_figure.csv.",
        ),
    ),
)
