"""Values that changed between releases."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Expect, Suite, in_set, no_rows


def _of_this_release(name: str, condition: str, description: str) -> Expect:
    """A warning about changes that the release in hand brings, measure by measure."""
    return no_rows(
        name,
        f"""
        SELECT measure_id, reason, count(*) AS row_count, min(period_start) AS first, max(period_start) AS last
        FROM {{batch}}
        WHERE {condition} AND restated_at = (SELECT max(known_at) FROM ops.release)
        GROUP BY measure_id, reason
        """,
        description,
        "warning",
    )


SUITE = Suite(
    table="marts.restatement",
    description="Every change of a published value, once, with a reason.",
    expectations=(
        unique(
            "key_unique",
            ("series_id", "period_start", "restated_at"),
            "A value changed twice in one release: correct model restatement.",
        ),
        in_set(
            "change",
            ("revised", "supplied", "lost", "withdrawn", "not_the_value"),
            "A kind of change is not known: correct model restatement.",
        ),
        in_set(
            "reason",
            (
                "new_extract",
                "new_population",
                "new_extract_and_population",
                "new_method",
                "new_reach",
                "no_longer_computed",
            ),
            "A reason is not known: correct model restatement.",
        ),
        _of_this_release(
            "changes_have_new_data",
            "reason = 'new_method' AND change <> 'not_the_value'",
            "Published values changed although neither their records nor their population did: the code or a reference table "
            "changed; say so where the values are shown.",
        ),
        _of_this_release(
            "values_still_computed",
            "reason = 'no_longer_computed'",
            "Values that were published are no longer computed: rows were lost in a model, or a file was withdrawn; look at "
            "their measures.",
        ),
    ),
)
