"""What a rule of a source finds wrong with a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Rows = Iterable[tuple[int, dict[str, str]]]
"""Line and cells of each row, by the contract's column names, as text."""


@dataclass(frozen=True)
class Violation:
    """A cell that breaks a rule. `reason` goes on from the column's name and holds the mend."""

    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.column} {self.reason}"
