"""Process charts, as they leave the building."""

from pipelines.checks.exports import as_in_values
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="exports.spc_point",
    description="Every point of a process chart that leaves: no mean or limit of points of which one is hidden.",
    expectations=(
        as_in_values("value", "month"),
        no_rows(
            "limits_of_shown_points",
            """
            SELECT series_id, segment FROM {batch}
            GROUP BY series_id, segment
            HAVING count(*) > count(value) AND count(coalesce(mean, lpl, upl, moving_range)) > 0
            """,
            "A mean or limit rests on a hidden point, which can be worked out from it: correct marts.yaml of "
            "pipelines/disclosure.",
        ),
    ),
)
