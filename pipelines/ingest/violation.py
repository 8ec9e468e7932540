"""What a rule of a source finds wrong with a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cells:
    """The rows of a table as text, column by column; `lines` says on which line each row stands."""

    lines: Sequence[int]
    columns: dict[str, Sequence[str]]

    @classmethod
    def of(cls, names: Sequence[str], rows: Iterable[tuple[int, Sequence[str] | None]]) -> Cells:
        """The rows that have cells, which are in the order of the names of the columns."""
        whole = [(line, cells) for line, cells in rows if cells]
        columns = zip(*(cells for _, cells in whole), strict=True) if whole else ((),) * len(names)
        return cls([line for line, _ in whole], dict(zip(names, columns, strict=True)))


@dataclass(frozen=True)
class Violation:
    """A cell that breaks a rule. `reason` goes on from the column's name and holds the mend."""

    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.column} {self.reason}"
