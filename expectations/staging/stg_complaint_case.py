"""Complaint and conduct cases, cleaned."""

from pipelines.checks.plausible import as_before, varied
from pipelines.checks.shared import in_order, staged, trimmed, with_file
from pipelines.checks.suite import Expect, Suite, no_rows


def _labelled(field: str, effect: str) -> Expect:
    """Every word of a column stands in seed complaint_label."""
    return no_rows(
        f"{field}_known",
        with_file(
            f"SELECT any_value(extract_id) AS extract_id, {field}, count(*) AS row_count FROM {{batch}} "
            f"WHERE {field} NOT IN (SELECT label FROM reference.complaint_label WHERE field = '{field}') GROUP BY {field}"
        ),
        f"{effect}: add the word to seed complaint_label.csv with its meaning.",
        "warning",
    )


SUITE = Suite(
    table="staging.stg_complaint_case",
    description="Cases after cleaning: the same records, each once, with words the models know.",
    expectations=(
        *staged("complaint_case"),
        no_rows(
            "case_reference_unique",
            "SELECT force, case_reference, count(*) AS row_count FROM {batch} WHERE case_reference IS NOT NULL "
            "GROUP BY force, case_reference HAVING count(*) > 1",
            "A case stands twice and would be counted twice: export one row for each case, not for each allegation, "
            "and deliver both months again when its day of receipt was corrected.",
        ),
        _labelled("case_type", "Cases of these types are counted in the total only"),
        _labelled("handling", "Complaints handled so are in neither route"),
        no_rows(
            "handling_given",
            with_file(
                "SELECT extract_id, line, case_type, received_date FROM {batch} "
                "WHERE handling IS NULL AND received_date >= DATE '2020-02-01' AND case_type IN "
                "(SELECT label FROM reference.complaint_label WHERE field = 'case_type' AND meaning = 'complaint')"
            ),
            "A complaint is neither under Schedule 3 nor outside it, so its days are in neither figure: complete the export.",
            "warning",
        ),
        no_rows(
            "complainant_ethnicity_known",
            with_file(
                "SELECT any_value(extract_id) AS extract_id, complainant_ethnicity, count(*) AS row_count FROM {batch} "
                "WHERE complainant_ethnicity NOT IN (SELECT label FROM reference.ethnicity_label) "
                "AND complainant_ethnicity NOT IN (SELECT lower(label) FROM reference.self_defined_ethnicity) "
                "GROUP BY complainant_ethnicity"
            ),
            "Complainants of these ethnicities count as unknown: add the word to seed ethnicity_label.csv with its group.",
            "warning",
        ),
        in_order(
            "received_date",
            "finalised_date",
            "A case was finalised before it was received, so it has no days: correct the dates and export again.",
        ),
        trimmed("case_type", "handling", "suspension_periods", "allegation_categories", "neighbourhood_unit"),
        varied("case_type", "finalised_date", "complainant_ethnicity"),
        as_before("neighbourhood_unit"),
    ),
)
