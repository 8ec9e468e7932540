"""What an analyst asks of the published file."""

from __future__ import annotations

import os
from typing import Annotated

import duckdb
import typer

from pipelines.commands.common import WarehouseOption, load_settings, stop


def sql(
    query: Annotated[str | None, typer.Argument(help="A query to run; without one a shell opens.")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Open DuckDB's own shell on the published file, read-only, or run one query in it."""
    from duckdb_cli import __file__ as package

    published = load_settings(warehouse=warehouse).published_path
    if not published.exists():
        stop(f"{published} does not exist; run `fpw refresh` to make it.")
    shell = os.path.join(os.path.dirname(package), "duckdb")  # noqa: PTH118, PTH120
    os.execv(shell, [shell, "-readonly", str(published), *([query] if query else [])])


def explain(
    indicator: Annotated[str, typer.Argument(help="An indicator of a plan, or a measure.")],
    area: Annotated[str, typer.Argument(help="ONS code or name of an area, or a force as data.police.uk spells it.")],
    period: Annotated[str, typer.Argument(help="2020-03, 2019Q4, 2019/20, 2019 or YE2020-03.")],
    breakdown: Annotated[str | None, typer.Option("--of", help="Value of a breakdown; else the total.")] = None,
    release: Annotated[str | None, typer.Option("--release", help="As an earlier release had it.")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Print a number's whole way: definition, formula with the figures, files with hashes, checks, breaks, history."""
    from pipelines.explain import ExplainError, explain, find
    from pipelines.store.releases import find_release, open_release

    settings = load_settings(warehouse=warehouse)
    if release is None and not settings.published_path.exists():
        stop(f"{settings.published_path} does not exist; run `fpw refresh` to make it.")
    with (
        open_release(find_release(settings.releases_dir, release))
        if release
        else duckdb.connect(str(settings.published_path), read_only=True)
    ) as connection:
        try:
            for line in explain(connection, find(connection, indicator, area, period, breakdown)):
                print(line)
        except ExplainError as error:
            stop(str(error))
