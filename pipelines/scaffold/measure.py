"""A new measure: how often something was recorded, from the rows of a source, in the standard row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.checks.vocabulary import seed_rows
from pipelines.scaffold.project import Project, ScaffoldError
from pipelines.sources.contract import NATIONAL, Contract, load_contracts

MEASURE_CSV = "dbt_project/seeds/reference/measure.csv"
UNION = "dbt_project/models/marts/measure_value.sql"
METHOD = "recorded_in_period"


def add_measure(
    project: Project,
    measure_id: str,
    source: str,
    breakdowns: Sequence[str],
    *,
    family: str | None = None,
    name: str | None = None,
    definition: str | None = None,
) -> str:
    """Write the model of a count with its YAML and unit test, and register it; returns the family.

    `breakdowns` are columns of the source's staging model. Name, unit and direction come from seed return_measure,
    where the measure can be returned.

    Raises:
        ScaffoldError: the measure or the model is there already, or the source cannot be counted month by month.
    """
    family = family or measure_id
    for text, what in ((measure_id, "measure"), (family, "family")):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
            raise ScaffoldError(f"{text!r} is no name of a {what}; take small letters, digits and underscores.")
    model = f"dbt_project/models/measures/msr_{family}.sql"
    if (project.folder / model).exists():
        raise ScaffoldError(f"{model} is there already; add a branch to it, or name another --family.")
    if (measure_id,) in seed_rows("reference/measure", "measure_id"):
        raise ScaffoldError(f"{measure_id} is in {MEASURE_CSV} already; its family computes it.")
    contract = _countable(source, breakdowns)
    returnable = {row[0]: row[1:] for row in seed_rows("reference/return_measure", "measure_id", "name", "direction")}
    known_name, direction = returnable.get(measure_id, ("", "neutral"))
    if not (name or known_name):
        raise ScaffoldError(f"{measure_id} is new, so nobody knows what it is called; say it with --name.")
    events = contract.title.lower()
    values = {
        "measure_id": measure_id,
        "family": family,
        "source": source,
        "breakdowns": list(breakdowns),
        "periods": "int_own_period" if contract.expected_forces == "home" else "int_supply_period",
        "method": METHOD,
        "events": events,
        "definition": definition or f"Rows of the source {contract.title} in the period",
        "columns": [column.name for column in contract.stored_columns],
    }
    project.write(model, project.render("measure.sql", **values))
    project.write(model.replace(".sql", ".yml"), project.render("measure.yml", **values))
    project.write(model.replace(".sql", "_unit_tests.yml"), project.render("measure_unit_tests.yml", **values))
    project.append_row(
        MEASURE_CSV,
        {
            "measure_id": measure_id,
            "name": name or known_name,
            "family": family,
            "unit": "count",
            "direction": direction,
            "definition": str(values["definition"]),
            "numerator": events,
            "denominator": "",
            "method": "Count with Byar interval (exact below 10)",
        },
    )
    _add_to_union(project, f"msr_{family}")
    return family


def _countable(source: str, breakdowns: Sequence[str]) -> Contract:
    contracts = load_contracts()
    if source not in contracts:
        raise ScaffoldError(
            f"There is no source {source!r}; make it first with `fpw new-source {source} EXAMPLE_FILE`."
        )
    contract = contracts[source]
    is_monthly = contract.layout is None or (contract.layout.period.length == "month" and not contract.layout.slice)
    if contract.expected_forces == NATIONAL or not is_monthly:
        raise ScaffoldError(
            f"{source} does not come month by month from each force, which is what the scaffold counts; copy the model "
            "of a source like it in dbt_project/models/measures."
        )
    columns = {column.name for column in contract.stored_columns}
    if unknown := [column for column in breakdowns if column not in columns]:
        raise ScaffoldError(f"{source} has no column {unknown[0]!r}; it has {', '.join(sorted(columns))}.")
    return contract


def _add_to_union(project: Project, model: str) -> None:
    """Add the family to the list at the top of measure_value."""
    text = project.read(UNION)
    match = re.search(r"\{% set families = \[(.*?)\] %\}", text, re.DOTALL)
    if match is None:
        raise ScaffoldError(f"{UNION} has no list of families at its top; add {model} to it by hand.")
    if f"'{model}'" not in match[1]:
        project.change(UNION, f"{text[: match.end(1)]},\n    '{model}'{text[match.end(1) :]}")
