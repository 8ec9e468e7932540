"""Recorded crime open data of the Home Office as read."""

from pipelines.checks.official import quarters_without_gap
from pipelines.checks.shared import given, holds, lineage
from pipelines.checks.suite import Suite, no_rows

SUITE = Suite(
    table="raw.home_office_recorded_crime",
    description="Recorded crime by force, quarter and offence as read: each once, quarters and fraud told.",
    expectations=(
        *lineage("home_office_recorded_crime"),
        given("offences_text", "A count is empty, and missing is not zero: look at the file.", "warning"),
        holds(
            "financial_quarter_known",
            "financial_quarter BETWEEN 1 AND 4",
            ("extract_id", "line", "financial_quarter"),
            "A quarter is none of the four of a financial year: look at the file.",
        ),
        no_rows(
            "offence_unique",
            # Homicide has a row for each of its codes, all under one combined code.
            """
            SELECT financial_year, financial_quarter, force_name, offence_code, count(*) AS row_count FROM {batch}
            WHERE offence_code NOT LIKE '%/%'
            GROUP BY financial_year, financial_quarter, force_name, offence_code, offence_description
            HAVING count(*) > 1
            """,
            "An offence of a force and quarter stands twice and would be counted twice: look at the file.",
        ),
        holds(
            "fraud_told_apart",
            "offence_group = 'Fraud offences' OR NOT regexp_matches(offence_group, '(?i)fraud')",
            ("extract_id", "line", "force_name", "offence_group"),
            "Fraud goes by another name than the models leave out, so it would be in the totals: correct "
            "int_recorded_crime.",
        ),
        quarters_without_gap(),
    ),
)
