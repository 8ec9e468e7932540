"""Incidents of the control room, cleaned."""

from pipelines.checks.plausible import as_before, varied
from pipelines.checks.shared import in_order, staged, trimmed, unique
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="staging.stg_control_room_incident",
    description="Incidents after cleaning: the same records, each once, with times in order.",
    expectations=(
        *staged("control_room_incident"),
        unique(
            "incident_id_unique",
            ("force", "incident_id"),
            "An incident stands twice and would be counted twice: export one row for each, with the first arrival.",
        ),
        trimmed("incident_id", "first_grade", "final_grade", "policing_unit"),
        in_order(
            "created_at",
            "arrived_at",
            "An officer arrived before the incident was created, so the arrival is not counted: look at the log.",
        ),
        in_order(
            "dispatched_at",
            "arrived_at",
            "An officer arrived before one was sent; the arrival is counted all the same: look at the log.",
        ),
        varied("final_grade", "arrived_at"),
        as_before("policing_unit"),
    ),
)
