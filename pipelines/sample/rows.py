"""Rows of text files written field by field."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

Row = list[object]


def add_bad_row(rows: list[Row], column: int, value: str) -> None:
    """Put a copy of a row among them, with a value that cannot be read."""
    bad = rows[20].copy()
    bad[column] = value
    rows.insert(40, bad)


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Row]) -> None:
    """Write the header and the rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
