"""Areas that figures speak of."""

from pipelines.checks.shared import holds, refers, unique
from pipelines.checks.suite import Suite, in_set, no_rows, not_null

SUITE = Suite(
    table="marts.dim_area",
    description="Every force and local authority once, each authority under its force.",
    expectations=(
        not_null("area_code", "An area has no code: correct the seeds of areas."),
        not_null("area_name", "An area has no name: correct the seeds of areas."),
        unique("area_code_unique", ("area_code",), "An area stands twice, so rows would repeat: correct the seeds."),
        in_set(
            "area_type",
            ("force", "local_authority", "country"),
            "An area is of an unknown type: correct model dim_area.",
        ),
        holds(
            "authority_has_force",
            "(area_type = 'local_authority') = (parent_area_code IS NOT NULL)",
            ("area_code", "area_type", "parent_area_code"),
            "A local authority lies in no force: complete seed reference/local_authority.csv.",
        ),
        refers("parent_area_code", "marts.dim_force", "area_code", "An authority names an unknown force."),
        refers("measured_area_code", "marts.dim_area", "area_code", "An area is counted under an unknown one."),
        no_rows(
            "forces_all_there",
            """
            SELECT force, area_code FROM marts.dim_force
            WHERE area_code NOT IN (SELECT area_code FROM {batch} WHERE area_type = 'force')
            """,
            "A force is missing among the areas: correct model dim_area.",
        ),
        holds(
            "valid_dates_in_order",
            "valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to",
            ("area_code", "valid_from", "valid_to"),
            "An area ends before it begins: correct seed reference/local_authority.csv.",
        ),
    ),
)
