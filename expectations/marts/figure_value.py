"""Computed values of published figures."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="marts.figure_value",
    description="A published figure is computed in one way only: by a link, a part, a change or a rule.",
    expectations=(
        unique(
            "key_unique",
            ("figure_id",),
            "A figure is computed in two ways: correct the seeds published/published_figure_*.csv.",
        ),
    ),
)
