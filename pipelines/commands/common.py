"""What the commands share: options, settings, and how they speak."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from pipelines.settings import Settings

log = logging.getLogger("fpw")

RawOption = Annotated[Path | None, typer.Option("--raw", help="Folder of the raw extracts.")]
WarehouseOption = Annotated[Path | None, typer.Option("--warehouse", help="Folder of the warehouse.")]
ForceOption = Annotated[str | None, typer.Option("--force", help="Home force, as data.police.uk spells it.")]


def load_settings(raw: Path | None = None, warehouse: Path | None = None, force: str | None = None) -> Settings:
    """Settings from the environment and these options; a value that cannot be used ends the command with a sentence."""
    from pipelines.sources.forces import load_forces

    try:
        settings = Settings.load(raw_dir=raw, warehouse_dir=warehouse, force=force)
    except ValidationError as error:
        first = error.errors()[0]
        trouble = first["msg"].removeprefix("Value error, ")
        stop(f"The setting FPW_{str(first['loc'][0]).upper()} is not usable ({trouble}); correct or unset it.")
    if settings.force not in load_forces():
        stop(f"There is no force {settings.force!r}; the names are in dbt_project/seeds/reference/force.csv.")
    return settings


def stop(sentence: str) -> NoReturn:
    """End the command with a sentence on standard error and exit code 2."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)


def open_console() -> Console:
    """Where results for people go."""
    return Console(width=None if sys.stdout.isatty() else 120)


def log_to_console() -> None:
    """Show progress on standard error, with the time of day."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
