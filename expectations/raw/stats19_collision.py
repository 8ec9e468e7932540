"""Road collisions as read from the Department for Transport's files."""

from pipelines.checks.shared import given, holds, lineage, matches
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.stats19_collision",
    description="Collisions as read: nothing lost, references that tell year and force, codes of the code book.",
    expectations=(
        *lineage("stats19_collision"),
        matches(
            "collision_index",
            "(19|20)[0-9]{4}.+",
            "A reference does not begin with the year and the two digits of a force: look at the file.",
            "warning",
        ),
        given("police_force", "A collision has no force, so its reference must tell it: look at the file.", "warning"),
        holds(
            "force_fits_reference",
            # collisions of the City of London (48) and the Metropolitan Police (1) may bear each other's references
            "coalesce(police_force, -1) IN (-1, 1, 48) OR TRY_CAST(substring(collision_index, 5, 2) AS INTEGER) IS NULL "
            "OR police_force = TRY_CAST(substring(collision_index, 5, 2) AS INTEGER)",
            ("extract_id", "line", "collision_index", "police_force"),
            "A collision is of another force than its reference says; it counts for the force named beside it: tell the "
            "publisher.",
            "warning",
        ),
        holds(
            "date_in_year_of_reference",
            "collision_date IS NULL OR year(collision_date) = year(period_start)",
            ("extract_id", "line", "collision_index", "collision_date"),
            "A collision happened in another year than its reference says, which is the year it is counted in: "
            "check which is right.",
            "warning",
        ),
        holds(
            "first_road_class_known",
            "first_road_class IS NULL OR first_road_class IN (-1, 1, 2, 3, 4, 5, 6)",
            ("extract_id", "line", "first_road_class"),
            "The publisher uses a new class of road: decide in int_road_casualty where it belongs, and add it here.",
        ),
    ),
)
