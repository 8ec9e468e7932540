"""The cells of a board pack's workbook, read back from the file, beside the marts."""

from pipelines.checks.shared import holds
from pipelines.checks.suite import Suite, no_rows

_SHOWN = ("sheet", "cell", "heading", "number", "text", "expected")
_AGAIN = "the workbook does not say what the marts say: make the pack again, and if it fails again correct the writer."

SUITE = Suite(
    table="exports.board_cell",
    description="Every cell of every table of a board pack, once as the file holds it and once as the marts do.",
    expectations=(
        holds(
            "number_as_mart",
            # a spreadsheet keeps 15 digits
            "mart_number IS NULL OR coalesce(abs(number - mart_number) <= abs(mart_number) * 1e-14 "
            "AND round(number, decimals) = round(mart_number, decimals), false)",
            _SHOWN,
            f"A number differs from the mart: {_AGAIN}",
        ),
        holds(
            "marker_for_missing",
            "marker IS NULL OR (number IS NULL AND text = marker)",
            _SHOWN,
            f"A cell whose number is missing or withheld does not hold its marker: {_AGAIN}",
        ),
        holds(
            "text_as_mart",
            "mart_text IS NULL OR (number IS NULL AND text IS NOT DISTINCT FROM mart_text)",
            _SHOWN,
            f"A text or date differs: {_AGAIN}",
        ),
        holds(
            "no_error_values",
            "text IS NULL OR NOT regexp_matches(text, '^#[A-Z/0]+[!?]?$')",
            _SHOWN,
            "A cell holds an error value of a spreadsheet: no cell of the workbook is worked out, so find who changed it.",
        ),
        no_rows(
            "no_cell_twice",
            "SELECT sheet, cell, count(*) AS row_count FROM {batch} GROUP BY sheet, cell HAVING count(*) > 1",
            "Two tables lie over each other on a sheet: correct the writer of the workbook.",
        ),
    ),
)
