"""Values that changed between releases."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite, in_set

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
    ),
)
