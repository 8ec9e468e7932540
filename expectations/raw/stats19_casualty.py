"""Road casualties as read from the Department for Transport's files."""

from pipelines.checks.shared import given, holds, lineage, matches
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.stats19_casualty",
    description="Casualties as read: nothing lost, references that tell year and force, severities of the code book.",
    expectations=(
        *lineage("stats19_casualty"),
        matches(
            "collision_index",
            "(19|20)[0-9]{4}.+",
            "A reference does not begin with the year and the two digits of a force: look at the file.",
            "warning",
        ),
        given(
            "casualty_severity",
            "A casualty without a severity is counted neither as killed nor as injured: look at the file.",
            "warning",
        ),
        holds(
            "casualty_severity_known",
            "casualty_severity IS NULL OR casualty_severity IN (-1, 1, 2, 3)",
            ("extract_id", "line", "casualty_severity"),
            "The publisher uses a new severity, which is counted as unknown: give it a word in stg_stats19_casualty.",
        ),
        holds(
            "enhanced_casualty_severity_known",
            "enhanced_casualty_severity IS NULL OR enhanced_casualty_severity IN (-1, 1, 3, 5, 6, 7)",
            ("extract_id", "line", "enhanced_casualty_severity"),
            "The publisher uses a new severity: give it a word in stg_stats19_casualty.",
            "warning",
        ),
    ),
)
