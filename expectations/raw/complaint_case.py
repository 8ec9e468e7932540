"""Complaint and conduct cases as exported from the professional standards system."""

from pipelines.checks.plausible import month_whole
from pipelines.checks.shared import given, holds, lineage, tidy, with_file
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="raw.complaint_case",
    description="Cases as read: nothing lost, each in the month in which it was received.",
    expectations=(
        *lineage("complaint_case"),
        given("received_date", "A case without a day of receipt belongs to no month: look at the file."),
        holds(
            "received_in_period",
            "date_trunc('month', received_date) = period_start",
            ("extract_id", "line", "received_date", "period_start"),
            "A case lies outside the month of its extract: load the file again.",
        ),
        given(
            "case_reference",
            "A case has no number, so one exported twice is counted twice unseen: complete the export.",
            "warning",
        ),
        no_rows(
            "dates_not_ahead",
            with_file(
                """
                SELECT found.extract_id, found.line, found.received_date, found.logged_date, found.finalised_date
                FROM {batch} AS found JOIN ops.extract AS arrived USING (extract_id)
                WHERE greatest(found.received_date, found.logged_date, found.finalised_date)
                    > CAST(arrived.registered_at AS DATE)
                """
            ),
            "A case has a day later than the one on which its file arrived, so its days are wrong: correct the date in "
            "the professional standards system and export again.",
            "warning",
        ),
        tidy("case_type", "handling", "suspension_periods", "allegation_categories", "neighbourhood_unit"),
        month_whole("received_date"),
    ),
)
