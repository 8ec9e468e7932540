"""Cells as text, and as formats of a spreadsheet: with their decimals and unit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.board.content import Cell


def cell_text(cell: Cell) -> str:
    """The cell as a reader meets it: 1,059 or 42.7 % or £3.20 million or [x]; never -0."""
    value = cell.value
    if cell.marker is not None:
        return cell.marker
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date):
        return f"{value:%-d %B %Y}"
    rounded = round(value, cell.decimals) + 0.0
    sign = "-" if rounded < 0 else ""
    return f"{sign}{cell.unit.prefix}{abs(rounded):,.{cell.decimals}f}{cell.unit.suffix}"


def number_format(cell: Cell) -> str:
    """The spreadsheet format that shows the number so."""
    digits = "#,##0" + ("." + "0" * cell.decimals if cell.decimals else "")
    prefix = f'"{cell.unit.prefix}"' if cell.unit.prefix else ""
    suffix = f'"{cell.unit.suffix}"' if cell.unit.suffix else ""
    positive = f"{prefix}{digits}{suffix}"
    return f"{positive};-{positive};{positive}"
