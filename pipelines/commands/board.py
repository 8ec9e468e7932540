"""The board pack of a quarter."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pipelines.commands.common import WarehouseOption, load_settings, log_to_console, open_console


class Edition(StrEnum):
    """Who the pack is for."""

    internal = "internal"
    public = "public"


def board(
    quarter: Annotated[
        str, typer.Option(help="Financial quarter by the year it starts in: 2020Q4 is January to March 2021.")
    ],
    plan: Annotated[
        str | None, typer.Option(help="Plan, such as pcp1620; without it the plan that began last by then.")
    ] = None,
    edition: Annotated[
        Edition, typer.Option(help="internal, or public: with disclosure control, for publication.")
    ] = Edition.internal,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Make it from what was known on this day (2021-09-26) or moment, UTC.")
    ] = None,
    release: Annotated[str | None, typer.Option(help="Make it from this release.")] = None,
    document: Annotated[
        bool, typer.Option(help="With the PDF, which needs Pango; without it the workbook alone.")
    ] = True,
    warehouse: WarehouseOption = None,
) -> None:
    """Write the board pack of a quarter: workbook, document, and where every number came from; checked before it stands."""
    import logging

    from pipelines.board.pack import make_pack

    log_to_console()
    logging.getLogger("fpw").setLevel(logging.INFO)
    settings = load_settings(None, warehouse, None)
    folder = make_pack(
        settings,
        quarter=quarter,
        plan=plan,
        edition=edition.value,
        release_id=release,
        as_of=as_of,
        document=document,
    )
    console = open_console()
    for path in sorted(folder.iterdir()):
        console.print(str(path), highlight=False, soft_wrap=True)
