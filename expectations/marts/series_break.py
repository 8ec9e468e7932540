"""Breaks of series."""

from pipelines.checks.shared import holds, refers, unique
from pipelines.checks.suite import Suite, no_rows, not_null

_KEY = ("break_id", "measure_id", "area_code", "method_id", "breakdown_type", "breakdown_value")

SUITE = Suite(
    table="marts.series_break",
    description="Every break of the seed once, with its day and what changed.",
    expectations=(
        unique("key_unique", _KEY, "A break stands twice: correct seed plans/series_break.csv."),
        not_null("break_date", "A break has no day: correct seed plans/series_break.csv."),
        not_null("what_changed", "A break does not say what changed: correct seed plans/series_break.csv."),
        refers(
            "area_code", "marts.dim_area", "area_code", "A break is of an area that is not known: correct the seed."
        ),
        holds(
            "breakdown_value_has_type",
            "breakdown_value IS NULL OR breakdown_type IS NOT NULL",
            (*_KEY,),
            "A break names a value without its breakdown: correct seed plans/series_break.csv.",
        ),
        no_rows(
            "breaks_all_there",
            "SELECT break_id, measure_id FROM reference.series_break "
            "WHERE (break_id, measure_id) NOT IN (SELECT (break_id, measure_id) FROM {batch})",
            "A break of the seed is lost: correct model mart_series_break.",
        ),
    ),
)
