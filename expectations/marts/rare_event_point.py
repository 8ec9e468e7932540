"""Days between rare events."""

from pipelines.checks.shared import holds, unique
from pipelines.checks.suite import Suite

_KEY = ("event_id", "event_key")

SUITE = Suite(
    table="marts.rare_event_point",
    description="Every time between two rare events once, as long as its two days say.",
    expectations=(
        unique("key_unique", _KEY, "An event stands twice: correct model int_rare_event."),
        holds(
            "days_follow_from_dates",
            "days_between = date_diff('day', previous_event_date, event_date) AND days_between >= 0",
            (*_KEY, "previous_event_date", "event_date", "days_between"),
            "A time between events is not that between their days: correct model rare_event_point.",
        ),
        holds(
            "limits_enclose_mean",
            "lpl IS NULL OR (0 <= lpl AND lpl <= near_lpl AND near_lpl <= mean AND mean <= near_upl AND near_upl <= upl)",
            (*_KEY, "lpl", "near_lpl", "mean", "near_upl", "upl"),
            "Process limits are not in order: correct macro nelson_days.",
        ),
    ),
)
