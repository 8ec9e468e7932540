"""Returns: the sheet to fill in, and its check."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.common import ForceOption, load_settings, stop


def template(
    measures: Annotated[list[str], typer.Argument(metavar="MEASURE...", help="Measures to be returned.")],
    out: Annotated[Path | None, typer.Option("--out", help="File to write, .xlsx or .csv.")] = None,
    force: ForceOption = None,
) -> None:
    """Write the sheet in which measures without records are returned."""
    from pipelines.returns.template import write_template

    settings = load_settings(None, None, force)
    out = out or Path(f"{settings.force}-return.xlsx")
    try:
        write_template(out, measures, settings.force)
    except ValueError as error:
        stop(str(error))
    print(f"{out} is ready to be filled in; docs/returns.md says how.")


def check_return(
    file: Annotated[Path, typer.Argument(help="A filled return, .xlsx, .ods or .csv.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the answer; else that of the file.")] = None,
) -> None:
    """Check a performance return without loading it, and answer it when a row breaks a rule."""
    from pipelines.ingest.apart import apart
    from pipelines.returns.answer import check_file

    if not file.is_file():
        stop(f"{file} is not a file; name a filled return.")
    try:
        with closing(apart):
            rows, found, answer = apart.call(check_file, file, out or file.parent, load_settings().max_file_bytes)
    except ValueError as error:
        stop(str(error))
    if answer is None:
        print(f"{file}: all {rows:,} rows keep the rules." if rows else f"{file} has no rows yet.")
        return
    bad = len({violation.line for violation in found})
    print(f"{file}: {bad:,} of {rows:,} rows break a rule; {answer} has every bad cell marked.")
    for violation in found[:10]:
        print(f"  {violation}")
    if len(found) > 10:
        print(f"  and {len(found) - 10:,} more")
    raise typer.Exit(1)
