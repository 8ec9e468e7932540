"""Forces."""

from pipelines.checks.shared import unique
from pipelines.checks.suite import Expect, Suite, in_set, no_rows, not_null

SUITE = Suite(
    table="marts.dim_force",
    description="Every force once, and one of them the home force.",
    expectations=(
        not_null("force", "A force has no slug: correct seed reference/force.csv."),
        not_null("area_code", "A force has no area code: correct seed reference/force.csv."),
        unique("force_unique", ("force",), "A force stands twice: correct seed reference/force.csv."),
        unique("area_code_unique", ("area_code",), "Two forces share an area code: correct seed reference/force.csv."),
        in_set(
            "force_kind",
            ("territorial", "special", "outside_england_and_wales"),
            "A force is of a kind the models do not know: correct seed reference/force.csv.",
        ),
        no_rows(
            "one_home_force",
            "SELECT count(*) AS home_forces FROM {batch} WHERE is_home_force HAVING count(*) <> 1",
            "The warehouse needs one home force: set it to a force of seed reference/force.csv.",
        ),
        no_rows(
            "territorial_forces_complete",
            "SELECT count(*) AS forces FROM {batch} WHERE force_kind = 'territorial' HAVING count(*) <> 43",
            "England and Wales have 43 territorial forces: complete seed reference/force.csv.",
        ),
        Expect(
            name="police_uk_label_unique",
            severity="error",
            type="expect_column_values_to_be_unique",
            kwargs={"column": "police_uk_label"},
            description="Two forces bear the same name in the records: correct seed reference/force.csv.",
        ),
    ),
)
