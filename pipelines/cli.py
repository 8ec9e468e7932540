"""The `fpw` command."""

from __future__ import annotations

import sys

import duckdb
import typer

from pipelines.commands import (
    analysts,
    board,
    checks,
    export,
    fetch,
    files,
    new,
    operations,
    refresh,
    releases,
    returns,
    spc,
    status,
)
from pipelines.sources.contract import ContractError
from pipelines.store.advice import advice, advised, in_short
from pipelines.store.warehouse import WarehouseError, without_values

app = typer.Typer(
    help="The performance warehouse for UK policing.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    refresh.refresh,
    status.status,
    checks.checks,
    board.board,
    export.export,
    analysts.sql,
    analysts.explain,
    releases.diff,
    files.inspect,
    returns.template,
    returns.check_return,
    spc.spc,
    files.withdraw,
    operations.serve,
    operations.doctor,
    operations.docs,
    new.new_source,
    new.new_measure,
    refresh.prepare,
):
    app.command()(command)
app.add_typer(fetch.app, name="fetch")
app.add_typer(releases.app, name="release")


def main() -> None:
    """Run the command; a known failure ends in one sentence instead of a traceback."""
    try:
        app()
    except (WarehouseError, ContractError) as error:
        sys.exit(str(error))
    except duckdb.Error as error:
        sys.exit(advised(f"DuckDB could not go on: {in_short(without_values(error))}"))
    except OSError as error:
        told = f"{error.filename or 'A file'} could not be used ({error.strerror or error})"
        sys.exit(advised(told) if advice(told) else f"{told}; check it and its permissions.")
    except Exception as error:
        # Dagster's own storage meets a full disk too.
        if not advice(repr(error)):
            raise
        sys.exit(advised(f"The command could not go on: {in_short(str(error) or repr(error))}"))


if __name__ == "__main__":
    main()
