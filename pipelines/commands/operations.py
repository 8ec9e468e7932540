"""What keeps the pipeline running unattended."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from pipelines.commands.common import ForceOption, RawOption, WarehouseOption, load_settings, log_to_console


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; only this machine reaches the default.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="Port to listen on; the one after it serves the Data Docs.")
    ] = 3000,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
    force: ForceOption = None,
) -> None:
    """Start Dagster's webserver and the daemon that runs schedules and watches the inbox."""
    from pipelines.operations.serve import serve as run

    log_to_console()
    run(load_settings(raw, warehouse, force), host=host, port=port)


def doctor(
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
    force: ForceOption = None,
    notify: Annotated[
        bool, typer.Option("--notify", help="Mail and post what is to be mended, as notices are.")
    ] = False,
) -> None:
    """Examine the machine and the configuration, and say the mend of what is not well; ends with 1 when something is."""
    from pipelines.operations.doctor import examine
    from pipelines.operations.notices import Notice, send

    settings = load_settings(raw, warehouse, force)
    poor = []
    for finding in examine(settings):
        print(f"{'ok   ' if finding.passed else 'MEND '} {finding.name}: {finding.sentence}", flush=True)
        if not finding.passed:
            poor.append(finding.sentence)
    print("All is well." if not poor else f"{len(poor)} to mend.")
    if poor and notify:
        send(
            Notice("failure", f"{len(poor)} to mend on {socket.gethostname()}", tuple(poor), "", settings.force),
            settings,
        )
    if poor:
        raise typer.Exit(1)


def docs(warehouse: WarehouseOption = None) -> None:
    """Build dbt's documentation of models, columns, tests and lineage as one page for a browser."""
    from pipelines.dbt_run import build_docs

    log_to_console()
    print(f"{build_docs(load_settings(warehouse=warehouse))} is ready; open it in a browser.")
