"""The victim satisfaction survey as delivered."""

from pipelines.checks.plausible import month_whole
from pipelines.checks.shared import given, holds, lineage, tidy
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.victim_survey",
    description="Invitations as read: nothing lost, each in the month of its invitation.",
    expectations=(
        *lineage("victim_survey"),
        given("invited_date", "An invitation without a day belongs to no month: look at the file."),
        holds(
            "invited_in_period",
            "date_trunc('month', invited_date) = period_start",
            ("extract_id", "line", "invited_date", "period_start"),
            "An invitation lies outside the month of its extract: load the file again.",
        ),
        given(
            "survey_id",
            "An invitation has no number, so one delivered twice is counted twice unseen: complete the export.",
            "warning",
        ),
        tidy("method", "neighbourhood_unit", "offence_group", "victim_ethnicity", "whole_experience"),
        month_whole("invited_date"),
    ),
)
