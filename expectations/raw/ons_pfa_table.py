"""Police force area tables of ONS, cell by cell as read."""

from pipelines.checks.official import cells, period_is_month_end
from pipelines.checks.shared import holds
from pipelines.checks.suite import Suite, in_set

SUITE = Suite(
    table="raw.ons_pfa_table",
    description="Cells of the ONS tables by police force area as read: each once, with table, area, column and period.",
    expectations=(
        *cells("ons_pfa_table"),
        period_is_month_end(),
        in_set(
            "area_kind",
            ("country", "region", "force", "other"),
            "An area is of an unknown kind: correct area_kinds in pipelines/ingest/crosstabs.py.",
        ),
        holds(
            "area_code_formed",
            "area_code IS NULL OR (regexp_full_match(area_code, '[EWK][0-9]+') AND length(area_code) = 9)",
            ("extract_id", "line", "sheet", "cell", "area_code"),
            "An area code is not of the ONS form, so an area may be missed: look at the sheet.",
            "warning",
        ),
    ),
)
