"""Finds the table of a source in a sheet, by its header."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

from pipelines.ingest.crosstabs import READERS, TITLE_WITHIN
from pipelines.ingest.documents import MAX_RECORD_CHARACTERS, DocumentRefused, Head, Sheet
from pipelines.sources.contract import Column, Contract, plain_headers

BULK_CHARACTERS = 32_000_000

Row = tuple[int, tuple[str, ...] | None]
"""Line and cells in the order of the contract's columns; None when the row does not have the width of the header."""


@dataclass(frozen=True)
class Table:
    """A table found in a sheet.

    `places` says for each column of the contract in which cell of a row it stands, None where the file lacks it;
    `width` is the number of cells in the header.
    """

    contract: Contract
    sheet: Sheet
    header_line: int
    places: tuple[int | None, ...]
    unknown: tuple[str, ...]
    width: int

    @property
    def matched(self) -> int:
        """How many columns were found."""
        return sum(place is not None for place in self.places)

    def rows(self, on_bulk: Callable[[], None] = lambda: None) -> Iterator[Row]:
        """The rows below the header; blank ones are passed over. `on_bulk` is called when many letters have come."""
        if self.contract.layout and self.contract.layout.crosstab:
            for number, (_, cells) in enumerate(READERS[self.contract.layout.crosstab](self.sheet.grid), start=1):
                yield number, tuple(cells)
            return
        is_text = self.sheet.name is None  # a sheet leaves empty cells out at the end of a row
        width, absent = self.width, self.width  # a column that the file lacks is read from a cell behind the row
        pick = itemgetter(*(absent if place is None else place for place in self.places), absent)
        held = 0
        for line, cells in enumerate(self.sheet.read(), start=1):
            if line <= self.header_line or not (text := "".join(cells)).strip():
                continue
            if len(text) > MAX_RECORD_CHARACTERS:
                raise DocumentRefused(f"has {len(text):,} characters in line {line}; take them out")
            held += len(text)
            if held > BULK_CHARACTERS:
                on_bulk()
                held = 0
            if len(cells) != width:
                if any(cells[width:]) or (is_text and len(cells) < width):
                    yield line, None
                    continue
                cells = (cells + [""] * (width - len(cells)))[:width]
            cells.append("")
            yield line, pick(cells)[:-1]


def find_table(contract: Contract, sheet: Sheet) -> Table | None:
    """The table of this source in the sheet, or None."""
    layout = contract.layout
    if layout is None:
        return None
    if layout.crosstab:
        reader = READERS[layout.crosstab]
        # A large text file is not taken into memory to learn that it is something else.
        if not reader.is_titled(islice(sheet.read(), TITLE_WITHIN)) or next(reader(sheet.grid), None) is None:
            return None
        return Table(contract, sheet, 0, tuple(range(len(contract.columns))), (), len(contract.columns))
    best: Table | None = None
    for head in sheet.head:
        table = _match(contract, sheet, head)
        if table is not None and (best is None or table.matched > best.matched):
            best = table
    return best


def missing_columns(contract: Contract, sheet: Sheet) -> list[Column] | None:
    """The columns that keep the sheet from being this source, when at least half of those it needs are there."""
    needed = [column for column in contract.columns if not column.optional]
    best: list[Column] | None = None
    for head in sheet.head:
        missing = [column for column in needed if not any(header in head.places for header in plain_headers(column))]
        if 2 * len(missing) < len(needed) and (best is None or len(missing) < len(best)):
            best = missing
    return best


def _match(contract: Contract, sheet: Sheet, head: Head) -> Table | None:
    found = head.places
    places = []
    for column in contract.columns:
        place = next((found[header] for header in plain_headers(column) if header in found), None)
        if place is None and not column.optional:
            return None
        places.append(place)
    unknown = tuple(cell.strip() for place, cell in enumerate(head.cells) if cell.strip() and place not in places)
    width = max(place for place, cell in enumerate(head.cells, start=1) if cell.strip())
    return Table(contract, sheet, head.line, tuple(places), unknown, width)
