"""Divides the table of a file into parts, each an extract: one release of a source, force, period and slice."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from pathlib import Path
from uuid import uuid4

from pipelines.ingest.documents import DocumentRefused
from pipelines.ingest.layouts import Row, Table
from pipelines.ingest.personal import masked, pseudonymiser
from pipelines.ingest.rules import RULES
from pipelines.ingest.values import Reader, is_month_first, reader
from pipelines.ingest.violation import Cells
from pipelines.periods import Span, span_of
from pipelines.settings import Settings
from pipelines.sources.contract import Column, Layout

ROWS_IN_MEMORY = 10_000
MAX_VALUE_CHARACTERS = 1_000
MAX_REMEMBERED = 200_000
MAX_REMEMBERED_CHARACTERS = 200
MAX_SLICE_CHARACTERS = 200
MAX_PARTS = 20_000
MAX_FAULTS = 200_000
MAX_ROWS_WITH_RULES = 200_000
"""Rules are held against all rows of a table at once."""

Broken = dict[int, list[tuple[str | None, str | None, str]]]
"""Column, value and reason of what breaks a rule, by line."""

Fault = tuple[int, str | None, str | None, str]
"""Line, column, value and reason of a row that is set aside."""


@dataclass
class Part:
    """The rows of one extract, ready to load.

    `path` is a CSV of `line` and the stored columns, in canonical text; rows set aside are not in it but in `faults`,
    and counted in `records`. `sha256` is of the rows as delivered. All are valid after `flush`.
    """

    span: Span
    slice: str | None
    path: Path
    columns: tuple[str, ...]
    records: int = 0
    faults: list[Fault] = field(default_factory=list)
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _delivered: list[tuple[str, ...]] = field(default_factory=list)
    _stored: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stored.append(("line", *self.columns))

    @property
    def sha256(self) -> str:
        """Hash of all rows added, in their order."""
        return self._digest.hexdigest()

    def add(self, delivered: tuple[str, ...], stored: tuple[str, ...] | None) -> None:
        """Add a row as it was delivered and, unless it was set aside, as it is stored."""
        self._delivered.append(delivered)
        if stored:
            self._stored.append(stored)
        if len(self._delivered) >= ROWS_IN_MEMORY:
            self.flush()

    def discard(self) -> None:
        """Take what was written away again."""
        for path in (self.path, self.path.with_suffix(".faults")):
            path.unlink(missing_ok=True)

    def flush(self) -> None:
        """Bring what was added to the file."""
        self.records += len(self._delivered)
        self._digest.update("".join(["\x1f".join(cells) + "\x1e" for cells in self._delivered]).encode())
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(_as_csv(self._stored))
        self._delivered.clear()
        self._stored.clear()


def _as_csv(rows: list[tuple[str, ...]]) -> str:
    """The rows as CSV; most cells need no quotation marks, and then it takes a fifth of the time."""
    text = "".join([",".join(row) + "\n" for row in rows])
    signs = text.count(",") + text.count("\n") + text.count("\r") + text.count('"')
    if signs == sum(map(len, rows)):
        return text
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def divide(table: Table, spool: Path, settings: Settings) -> list[Part]:
    """Write the parts of a table into the spool folder, in the order in which they are met.

    Nothing that the contract marks to be dropped or pseudonymised is written as it was. A row whose period cannot be
    read is counted with the part of the row before it.

    Raises:
        DocumentRefused: no row has a period, or the dates are month first.
    """
    divider = _Divider(table, spool, settings)
    try:
        return divider.run()
    except BaseException:
        for part in divider.parts.values():
            part.discard()
        raise


class _Divider:
    def __init__(self, table: Table, spool: Path, settings: Settings) -> None:
        contract = table.contract
        assert contract.layout is not None
        self.table, self.contract, self.layout, self.spool = table, contract, contract.layout, spool
        self.names = [column.name for column in contract.columns]
        # Text is as it is, and what is dropped is not looked at.
        self.caches = {
            place: _Cache(_reader(column, self.layout, settings))
            for place, column in enumerate(contract.columns)
            if column.treatment == "pseudonymise" or (column.treatment == "keep" and column.type != "VARCHAR")
        }
        self.kept = [place for place, column in enumerate(contract.columns) if column.treatment != "drop"]
        self.dates = [p for p in self.kept if contract.columns[p].type in ("DATE", "TIMESTAMP")]
        self.period = self.names.index(self.layout.period.column)
        # What follows a date, or the year of a reference, tells no more of the period and would fill the memory.
        self.period_characters = 4 if self.layout.period.length == "year" else 10
        self.slice = self.names.index(self.layout.slice) if self.layout.slice else None
        self.hides = contract.sensitivity == "personal"
        self.parts: dict[tuple[Span, str | None], Part] = {}
        self.found: dict[tuple[str, str | None], Part | None] = {}
        self.rows_aside = 0
        self.stored = tuple(self.names[place] for place in self.kept)

    def run(self) -> list[Part]:
        rows: Iterable[Row] = self.table.rows(self._flush)
        broken: Broken = {}
        if self.layout.rules:
            rows = list(islice(rows, MAX_ROWS_WITH_RULES + 1))
            if len(rows) > MAX_ROWS_WITH_RULES:
                raise DocumentRefused(f"has more than {MAX_ROWS_WITH_RULES:,} rows; divide it")
            broken = self._broken_rules(self.layout.rules, rows)
        waiting: list[Row] = []
        part: Part | None = None
        pick = itemgetter(*self.kept)
        for line, cells in rows:
            values = None if cells is None else self._values(cells)
            found = None if values is None else self._part(values)
            part = found or part
            if part is None:
                waiting.append((line, cells))
                if len(waiting) > MAX_FAULTS:
                    break
                continue
            for earlier in waiting:
                self._set_aside(part, *earlier, broken)
            waiting.clear()
            if cells is None or values is None or found is None or line in broken or None in values:
                self._set_aside(part, line, cells, broken)
                continue
            part.add(cells, (str(line), *pick(values)))
        self._refuse_month_first()
        if waiting:
            column = self.contract.columns[self.period]
            raise DocumentRefused(
                f"has no row whose {column.header!r} tells a period (the first is line {waiting[0][0]}); "
                "export it again with that column filled"
            )
        self._flush()
        for part in self.parts.values():
            if part.faults:
                part.path.with_suffix(".faults").write_text(json.dumps(sorted(part.faults, key=str)), encoding="utf-8")
        return list(self.parts.values())

    def _flush(self) -> None:
        for part in self.parts.values():
            part.flush()

    def _values(self, cells: tuple[str, ...]) -> Sequence[str | None]:
        if not self.caches:
            return cells
        values: list[str | None] = list(cells)
        for place, cache in self.caches.items():
            values[place] = cache[cells[place]]
        return values

    def _part(self, values: Sequence[str | None]) -> Part | None:
        """The part a row belongs to, or None when it does not say."""
        text = (values[self.period] or "")[: self.period_characters]
        name = None if self.slice is None else values[self.slice]
        if (text, name) not in self.found:
            if len(self.found) >= MAX_REMEMBERED:
                self.found.clear()
            self.found[text, name] = self._new_part(text, name)
        return self.found[text, name]

    def _new_part(self, text: str, name: str | None) -> Part | None:
        span = span_of(text, self.layout.period.length)
        name = None if self.slice is None else (name or "").strip()
        if span is None or name == "" or len(name or "") > MAX_SLICE_CHARACTERS:
            return None
        if (span, name) not in self.parts:
            if len(self.parts) >= MAX_PARTS:
                what = f" and values of {self.layout.slice!r}" if self.layout.slice else ""
                raise DocumentRefused(f"holds more than {MAX_PARTS:,} periods{what}; divide it")
            self.parts[span, name] = Part(span, name, self.spool / f"part-{uuid4().hex}.csv", self.stored)
        return self.parts[span, name]

    def _set_aside(
        self,
        part: Part,
        line: int,
        cells: tuple[str, ...] | None,
        broken: dict[int, list[tuple[str | None, str | None, str]]],
    ) -> None:
        part.add(cells or (), None)
        self.rows_aside += 1
        if self.rows_aside > MAX_FAULTS:
            raise DocumentRefused(
                f"has more than {MAX_FAULTS:,} rows that cannot be read (one is line {line}); export it again"
            )
        if cells is None:
            part.faults.append((line, None, None, "has not as many cells as the header"))
            return
        before = len(part.faults)
        for name, text, reason in broken.get(line, ()):
            part.faults.append((line, name, self._shown(text), reason))
        for place, value in enumerate(self._values(cells)):
            if value is None:
                part.faults.append((line, *self._unreadable(place, cells[place])))
        if len(part.faults) == before:
            place = self.period
            if self.slice is not None and not 0 < len(cells[self.slice].strip()) <= MAX_SLICE_CHARACTERS:
                place = self.slice
            shown = self._shown(cells[place])
            reason = "tells no period" if place == self.period else f"is longer than {MAX_SLICE_CHARACTERS} characters"
            part.faults.append((line, self.names[place], shown, reason if shown else "is empty"))

    def _unreadable(self, place: int, cell: str) -> tuple[str, str | None, str]:
        column = self.contract.columns[place]
        form = f" of the form {self.layout.date_formats[0]}" if column.type in ("DATE", "TIMESTAMP") else ""
        return column.name, None if column.personal else self._shown(cell), f"is not a {column.type}{form}"

    def _shown(self, value: str | None) -> str | None:
        if value is None:
            return None
        return masked(value)[:MAX_VALUE_CHARACTERS] if self.hides else value[:MAX_VALUE_CHARACTERS]

    def _broken_rules(self, key: str, rows: Iterable[Row]) -> Broken:
        broken: Broken = {}
        for violation in RULES[key](Cells.of(self.names, rows)):
            broken.setdefault(violation.line, []).append((violation.column, violation.value, violation.reason))
        return broken

    def _refuse_month_first(self) -> None:
        for place in self.dates:
            column = self.contract.columns[place]
            if is_month_first(self.caches[place], self.layout):
                raise DocumentRefused(
                    f"has dates in the column {column.header!r} that put the month first; export it again with dates "
                    f"of the form {self.layout.date_formats[0]} or YYYY-MM-DD"
                )


class _Cache(dict[str, str | None]):
    """What each distinct cell of a column reads as; the first many are remembered."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def __missing__(self, cell: str) -> str | None:
        value = self._read(cell)
        if len(self) < MAX_REMEMBERED and len(cell) <= MAX_REMEMBERED_CHARACTERS:
            self[cell] = value
        return value


def _reader(column: Column, layout: Layout, settings: Settings) -> Reader:
    if column.treatment == "pseudonymise":
        return pseudonymiser(settings.pseudonym_key_file)
    return reader(column, layout)


def read_faults(path: Path) -> Iterator[Fault]:
    """What was set aside when the part spooled at `path` was read."""
    faults = path.with_suffix(".faults")
    if faults.exists():
        yield from map(tuple, json.loads(faults.read_text(encoding="utf-8")))
