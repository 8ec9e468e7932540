"""The `fpw` command."""

from __future__ import annotations

import sys

import duckdb
import typer

from pipelines.commands import analysts, board, fetch, files, operations, refresh, returns, spc, status
from pipelines.sources.contract import ContractError
from pipelines.store.warehouse import WarehouseError

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
    board.board,
    analysts.sql,
    analysts.explain,
    files.inspect,
    returns.template,
    returns.check_return,
    spc.spc,
    files.withdraw,
    operations.serve,
    refresh.prepare,
):
    app.command()(command)
app.add_typer(fetch.app, name="fetch")


def main() -> None:
    """Run the command; a known failure ends in one sentence instead of a traceback."""
    try:
        app()
    except (WarehouseError, ContractError) as error:
        sys.exit(str(error))
    except duckdb.Error as error:
        sys.exit(f"DuckDB could not go on: {str(error).splitlines()[0]}")
    except OSError as error:
        sys.exit(
            f"{error.filename or 'A file'} could not be used ({error.strerror or error}); check it and its permissions."
        )


if __name__ == "__main__":
    main()
