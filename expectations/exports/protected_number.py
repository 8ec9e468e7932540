"""The small numbers of an export, and how closely a reader of everything could work them out."""

from pipelines.checks.shared import holds
from pipelines.checks.suite import Suite

_SHOWN = ("threshold", "width")

SUITE = Suite(
    table="exports.protected_number",
    description="One row for each number that is too small to leave, in each vintage; it does not leave itself.",
    expectations=(
        holds(
            "cannot_be_worked_out",
            "width >= threshold - 1e-6 OR was_told_before",
            _SHOWN,
            "A hidden number can be worked out from what leaves more closely than its tier allows: report this.",
        ),
        holds(
            "not_given_away_before",
            "width >= threshold - 1e-6",
            _SHOWN,
            "Earlier exports give a number away that is hidden now; nothing can take them back, so tell the data owner.",
            "warning",
        ),
    ),
)
