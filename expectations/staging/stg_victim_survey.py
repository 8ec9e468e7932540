"""The victim satisfaction survey, cleaned."""

from pipelines.checks.plausible import as_before, varied
from pipelines.checks.shared import holds, in_order, staged, trimmed, with_file, worded_as_seed
from pipelines.checks.suite import Suite, no_rows
from pipelines.checks.vocabulary import literal, seed_values

_QUESTIONS = ("whole_experience", "ease_of_contact", "actions_taken", "kept_informed", "treatment", "follow_up")
_ANSWERS = ", ".join(literal(answer) for answer in seed_values("reference/survey_answer", "answer"))
_GIVEN = " UNION ALL ".join(
    f"SELECT extract_id, '{name}' AS question, {name} AS answer FROM {{batch}}" for name in _QUESTIONS
)

SUITE = Suite(
    table="staging.stg_victim_survey",
    description="Invitations after cleaning: the same records, each once, with words the models know.",
    expectations=(
        *staged("victim_survey"),
        no_rows(
            "survey_id_unique",
            "SELECT force, survey_id, count(*) AS row_count FROM {batch} WHERE survey_id IS NOT NULL "
            "GROUP BY force, survey_id HAVING count(*) > 1",
            "An invitation stands twice and would be counted twice: export one row for each, and deliver both months "
            "again when its day of invitation was corrected.",
        ),
        no_rows(
            "answers_known",
            with_file(
                f"SELECT any_value(extract_id) AS extract_id, question, answer, count(*) AS row_count FROM ({_GIVEN}) "
                f"AS given WHERE answer NOT IN ({_ANSWERS}) GROUP BY question, answer"
            ),
            "These answers count as no valid answer: add the word to seed survey_answer.csv with its meaning.",
            "warning",
        ),
        worded_as_seed("method", "reference/survey_method", "label", "warning"),
        no_rows(
            "victim_ethnicity_known",
            with_file(
                "SELECT any_value(extract_id) AS extract_id, victim_ethnicity, count(*) AS row_count FROM {batch} "
                "WHERE victim_ethnicity NOT IN (SELECT label FROM reference.ethnicity_label) AND victim_ethnicity NOT IN "
                "(SELECT lower(label) FROM reference.self_defined_ethnicity) GROUP BY victim_ethnicity"
            ),
            "Victims of these ethnicities count as unknown: add the word to seed ethnicity_label.csv with its group.",
            "warning",
        ),
        holds(
            "answer_needs_completion",
            f"completed_date IS NOT NULL OR coalesce({', '.join(_QUESTIONS)}) IS NULL",
            ("extract_id", "line", "completed_date"),
            "A survey has answers and no day of completion, so its answers are not counted: complete the export.",
            "warning",
        ),
        in_order(
            "invited_date",
            "completed_date",
            "A survey was completed before the victim was invited; it is counted all the same: look at the export.",
        ),
        in_order(
            "closed_date",
            "invited_date",
            "A victim was invited before the case was closed; the survey is counted all the same: look at the export.",
        ),
        trimmed("neighbourhood_unit", "offence_group", "victim_ethnicity", "whole_experience"),
        varied("whole_experience", "completed_date", "victim_ethnicity"),
        as_before("neighbourhood_unit"),
        as_before("offence_group"),
    ),
)
