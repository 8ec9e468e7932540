"""Process limits of anybody's series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.common import stop


def spc(
    source: Annotated[Path, typer.Argument(metavar="IN.csv", help="Series: series_id, month, value, direction.")],
    result: Annotated[Path, typer.Argument(metavar="OUT.csv", help="File to write.")],
    screen: Annotated[bool, typer.Option(help="Leave moving ranges far above their mean out of the limits.")] = True,
) -> None:
    """Find process limits and special causes in monthly series of your own; needs no warehouse."""
    from pipelines.spc import SpcError, run_spc

    print(f"Reading {source}", flush=True)
    try:
        found = run_spc(source, result, screening=screen)
    except SpcError as error:
        stop(str(error))
    print(
        f"{found.rows:,} rows, {found.series:,} series, {found.segments:,} segments "
        f"({found.trial_segments:,} with fewer than 12 points: trial limits)\n"
        f"{found.special_causes:,} points with a special cause; "
        + (f"{found.ranges_screened:,} moving ranges screened out" if screen else "moving ranges not screened")
        + (f"; {found.gaps:,} gaps, over which nothing is compared" if found.gaps else "")
        + f"\nWritten to {result}; docs/spc.md says what the columns mean."
    )
