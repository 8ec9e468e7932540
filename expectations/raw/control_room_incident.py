"""Incidents as exported from the control room's system."""

from pipelines.checks.plausible import month_whole, timed
from pipelines.checks.shared import given, holds, lineage, tidy
from pipelines.checks.suite import Suite, no_rows
from pipelines.checks.vocabulary import literal, seed_rows

_GRADES = ", ".join(
    literal(label) for field, label in seed_rows("reference/control_room_label", "field", "label") if field == "grade"
)

SUITE = Suite(
    table="raw.control_room_incident",
    description="Incidents as read: nothing lost, each with its grade and the time it was created, in the month of it.",
    expectations=(
        *lineage("control_room_incident"),
        given("incident_id", "An incident has no number, so it cannot be looked up: look at the file."),
        given("created_at", "An incident without a time belongs to no month: look at the file."),
        holds(
            "created_in_period",
            "date_trunc('month', created_at) = period_start",
            ("extract_id", "line", "created_at", "period_start"),
            "An incident lies outside the month of its extract: load the file again.",
        ),
        given("final_grade", "An incident without a last grade is in no figure: complete the export.", "warning"),
        no_rows(
            "grade_known",
            f"""
            SELECT grade, count(*) AS row_count
            FROM (SELECT first_grade AS grade FROM {{batch}} UNION ALL SELECT final_grade FROM {{batch}}) AS graded
            WHERE lower(trim(grade)) NOT IN ({_GRADES})
            GROUP BY grade
            """,
            "Incidents of these grades are in no figure: add the word to seed control_room_label.csv with its meaning.",
            "warning",
        ),
        tidy("incident_id", "first_grade", "final_grade", "policing_unit"),
        month_whole("created_at"),
        timed("created_at"),
    ),
)
