"""New sources and new measures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.common import stop

if TYPE_CHECKING:
    from pipelines.scaffold.project import Project


def new_source(
    name: Annotated[str, typer.Argument(help="Name of the source, as vehicle_seizure.")],
    example: Annotated[Path | None, typer.Argument(help="A file of it, from which the contract is drafted.")] = None,
    supplier: Annotated[
        str, typer.Option(help="home: the force's own; national: one file for all; territorial: each force its own.")
    ] = "home",
) -> None:
    """Draft the contract of a new source from a file; without a file, write what follows from the contract."""
    from pipelines.scaffold.project import Project
    from pipelines.scaffold.source import complete_source, draft_contract
    from pipelines.settings import PROJECT_DIR

    project = Project(PROJECT_DIR)
    if supplier not in ("home", "national", "territorial"):
        stop(f"{supplier!r} is no supplier; say home, national or territorial.")
    if example is None:
        complete_source(project, name)
        _report(project, "Next: `fpw inspect FILE`, then `fpw refresh`.")
        return
    if not example.is_file():
        stop(f"{example} is not a file; name a file of the source.")
    draft_contract(project, name, example, supplier)  # type: ignore[arg-type]
    _report(project, f"Complete it where it says TODO, then run `fpw new-source {name}`.")


def new_measure(
    measure: Annotated[str, typer.Argument(help="measure_id, as vehicle_seizures.")],
    source: Annotated[str, typer.Option(help="Source whose rows are counted.")],
    by: Annotated[list[str] | None, typer.Option(help="Column to break it down by, again for each.")] = None,
    family: Annotated[str | None, typer.Option(help="Family of the model; else the measure's name.")] = None,
    name: Annotated[
        str | None, typer.Option(help="What people call it; known for measures that can be returned.")
    ] = None,
    definition: Annotated[str | None, typer.Option(help="What is counted, in a sentence without full stop.")] = None,
) -> None:
    """Write a model that counts the rows of a source, with its YAML, unit test and row of the registry."""
    from pipelines.scaffold.measure import add_measure
    from pipelines.scaffold.project import Project
    from pipelines.settings import PROJECT_DIR

    project = Project(PROJECT_DIR)
    add_measure(project, measure, source, by or [], family=family, name=name, definition=definition)
    _report(project, "Look it through, then run `fpw refresh`.")


def _report(project: Project, then: str) -> None:
    for place in project.written:
        print(place)
    print(then if project.written else f"Everything is there already. {then}")
