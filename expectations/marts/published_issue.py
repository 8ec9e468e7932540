"""Known problems of the documents."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="marts.published_issue",
    description="Every known problem once, explained.",
    expectations=(
        unique("issue_unique", ("issue_id",), "A problem stands twice: correct seed published/known_issue.csv."),
        no_rows(
            "every_problem_of_a_figure_is_explained",
            """
            SELECT figure_id, issue_id FROM marts.reconciliation
            WHERE issue_id IS NOT NULL AND issue_id NOT IN (SELECT issue_id FROM {batch})
            """,
            "A figure names a problem that is not explained: add it to seed published/known_issue.csv.",
        ),
    ),
)
