"""Crime outcomes open data of the Home Office as read."""

from pipelines.checks.official import quarters_without_gap
from pipelines.checks.shared import holds, lineage, matches, unique
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.home_office_outcome",
    description="Outcomes by force, quarter, offence and type as read: each once, with a type of the framework.",
    expectations=(
        *lineage("home_office_outcome"),
        holds(
            "financial_quarter_known",
            "financial_quarter BETWEEN 1 AND 4",
            ("extract_id", "line", "financial_quarter"),
            "A quarter is none of the four of a financial year: look at the file.",
        ),
        matches(
            "outcome_type",
            "[0-9]|1[0-9]|2[0-2]|[123]A",
            "The outcomes framework has a new type: decide in which group of outcomes it belongs.",
            "warning",
        ),
        unique(
            "outcome_unique",
            (
                "financial_year",
                "financial_quarter",
                "force_name",
                "offence_code",
                "offence_description",
                "outcome_type",
            ),
            "An outcome of a force, quarter and offence stands twice and would be counted twice: look at the file.",
        ),
        quarters_without_gap(),
    ),
)
