"""The severity adjustment of road casualties, cleaned."""

from pipelines.checks.shared import holds, staged, trimmed, unique
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_stats19_casualty_adjustment",
    description="Severity adjustment after cleaning: the same records, each casualty once, with probabilities.",
    expectations=(
        *staged("stats19_casualty_adjustment"),
        unique(
            "casualty_unique",
            ("collision_index", "vehicle_reference", "casualty_reference"),
            "A casualty stands twice and would be counted twice: load the file again or tell the publisher.",
        ),
        trimmed("collision_index"),
        holds(
            "probabilities_make_one",
            "adjusted_serious IS NULL OR (adjusted_serious BETWEEN 0 AND 1 "
            "AND abs(adjusted_serious + adjusted_slight - 1) < 1e-6)",
            ("extract_id", "line", "adjusted_serious", "adjusted_slight"),
            "The probabilities of serious and slight injury are not shares of one: look at the table.",
            "warning",
        ),
    ),
)
