"""Table C2 of ONS, cell by cell as read."""

from pipelines.checks.official import cells, period_is_month_end
from pipelines.checks.shared import given
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.ons_csp_recorded_crime",
    description="Cells of the ONS table by community safety partnership as read: each once, with force and period.",
    expectations=(
        *cells("ons_csp_recorded_crime"),
        period_is_month_end(),
        given("area_code", "A row has no code of its police force area: look at the file."),
    ),
)
