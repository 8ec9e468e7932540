"""What areas are compared on."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="marts.peer_value",
    description="Each area once in each comparison, so that no force counts twice in a mean.",
    expectations=(
        unique(
            "key_unique", ("peer_id", "area_code"), "An area stands twice in one comparison: correct model peer_value."
        ),
    ),
)
