"""Opens files whose table must be looked for: delimited text, XLSX and ODS, every cell as text."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import islice, pairwise, zip_longest
from pathlib import Path
from typing import IO, Any

import python_calamine

from pipelines.ingest.discover import overlapping, told
from pipelines.safe_text import shown
from pipelines.sources.contract import plain_header

MAX_RECORD_CHARACTERS = 500_000
"""Four bytes each, they still fit into a line of DuckDB's reader. A cell of a workbook holds 32,767."""
HEADER_WITHIN = 40
MAX_COLUMNS, MAX_ROWS = 16_384, 1_048_576
"""Of any sheet."""
MAX_CELLS = 30_000_000
"""Of all sheets of a workbook that are read, empty ones between them included; each takes 32 bytes."""
MAX_SHEETS = 500
MAX_PARTS = 5_000
MAX_PART_RATIO = 400
"""Sheets of empty cells pack well, so a workbook may swell more than an archive; packing itself ends at 1,030."""
SMALL_PART_BYTES = 10_000_000
MAX_MARKUP_BYTES = 1 << 20
"""Between two tags of a part, or within one."""

WORKBOOKS = {".xlsx": "xlsx", ".ods": "ods"}
MACRO_WORKBOOKS = (".xls", ".xlsm", ".xlsb", ".xltm", ".xlam")
NOT_TEXT = {*WORKBOOKS, *MACRO_WORKBOOKS}
_CONTENTS = re.compile(r"\s*(table of )?contents?\s*|\s*index\s*", re.IGNORECASE)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class DocumentRefused(Exception):
    """The file must not or cannot be read; the message is the predicate of a sentence, with the mend."""


@dataclass(frozen=True)
class Grid:
    """All cells of a sheet, or of a text file. Row `n` of the sheet is `rows[n - 1]`.

    `contents` are the rows of the workbook's sheet Contents or Index, where there is one.
    """

    name: str | None
    rows: list[list[str]]
    contents: list[list[str]]


@dataclass(frozen=True)
class Head:
    """A row that may be the header. `places` says where each text stands, compared as headers are.

    Where cells are merged over two rows the header is both: what the lower row leaves empty stands in the upper one, and
    `line` is the lower one's.
    """

    line: int
    cells: list[str]
    places: dict[str, int]

    @classmethod
    def of(cls, line: int, cells: list[str]) -> Head:
        """The row as header; of two equal texts the first counts."""
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            places.setdefault(plain_header(cell), place)
        return cls(line, cells, places)


@dataclass(frozen=True)
class Sheet:
    """A visible sheet of a workbook, or a text file (name None); `read` yields its rows from the first."""

    name: str | None
    read: Callable[[], Iterator[list[str]]]
    contents: Callable[[], list[list[str]]] = list

    @cached_property
    def head(self) -> list[Head]:
        """The rows among which a header is looked for: single ones, which come first, and two taken as one."""
        rows = list(islice(self.read(), HEADER_WITHIN))
        for line, cells in enumerate(rows, start=1):
            if len(cells) > MAX_COLUMNS:
                raise DocumentRefused(f"has {len(cells):,} cells in line {line}, more than a sheet has columns")
        heads = [Head.of(line, cells) for line, cells in enumerate(rows, start=1)]
        for line, (upper, lower) in enumerate(pairwise(rows), start=2):
            cells = [below if below.strip() else above for above, below in zip_longest(upper, lower, fillvalue="")]
            if cells not in (upper, lower):
                heads.append(Head.of(line, cells))
        return heads

    @cached_property
    def grid(self) -> Grid:
        """The whole sheet in memory."""
        rows = list(islice(self.read(), MAX_ROWS + 1))
        if len(rows) > MAX_ROWS:
            raise DocumentRefused(f"has more than {MAX_ROWS:,} rows, too many for a table with two heads; divide it")
        return Grid(self.name, rows, self.contents())


@dataclass(frozen=True)
class Document:
    """What a file holds. Hidden sheets are not read, and named in `hidden`."""

    format: str
    sheets: tuple[Sheet, ...]
    hidden: tuple[str, ...] = ()


def open_document(path: Path, name: str, *, max_bytes: int) -> Document:
    """The sheets of the file at `path`, which is called `name`.

    Raises:
        DocumentRefused: it is protected, holds macros or formulas without results, is damaged or hostile.
    """
    suffix = Path(name).suffix.lower()
    if suffix in MACRO_WORKBOOKS:
        raise DocumentRefused(
            f"is a workbook of the kind {suffix}, which may hold macros; save it as .xlsx and deliver that"
        )
    if suffix in WORKBOOKS:
        return _open_workbook(path, WORKBOOKS[suffix], max_bytes)
    return Document("csv", (Sheet(None, lambda: _text_rows(path)),))


def _text_rows(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_RECORD_CHARACTERS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            yield from csv.reader(file, strict=True)
        except csv.Error as error:
            raise DocumentRefused(f"cannot be read as CSV ({error}); export it again") from error


def _open_workbook(path: Path, kind: str, max_bytes: int) -> Document:
    _refuse_hostile(path, kind, max_bytes)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        if len(workbook.sheets_metadata) > MAX_SHEETS:
            raise DocumentRefused(f"has {len(workbook.sheets_metadata):,} sheets; deliver those with the tables alone")
        sheets, hidden = [], []
        room = _Room(MAX_CELLS)
        for meta in workbook.sheets_metadata:
            if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            if meta.visible != python_calamine.SheetVisibleEnum.Visible:
                hidden.append(meta.name)
                continue
            sheets.append(_sheet(workbook, meta.name, room))
        contents = next((sheet for sheet in sheets if _CONTENTS.fullmatch(sheet.name or "")), None)
        if contents:
            sheets = [replace(sheet, contents=lambda: list(contents.read())) for sheet in sheets]
    except python_calamine.PasswordError as error:
        raise DocumentRefused("is protected by a password; deliver it without") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        # What the library says may hold what stands in a cell.
        raise DocumentRefused(f"cannot be read as a workbook of the kind .{kind}; save it again") from error
    if not sheets:
        raise DocumentRefused("has no visible sheet; unhide the sheet with the table")
    return Document(kind, tuple(sheets), tuple(hidden))


@dataclass
class _Room:
    """How many cells may still be held in memory."""

    cells: int


def _sheet(workbook: Any, name: str, room: _Room) -> Sheet:
    told = shown(name, 80)

    @cache
    def parsed() -> Any:
        sheet = workbook.get_sheet_by_name(name)
        room.cells -= sheet.height * sheet.width
        if room.cells < 0:
            raise DocumentRefused(
                f"has {sheet.height:,} rows and {sheet.width:,} columns in the sheet '{told}'; "
                "delete the rows and columns behind the table"
            )
        return sheet

    def read() -> Iterator[list[str]]:
        try:
            sheet = parsed()
            margin = [""] * (sheet.start[1] if sheet.start else 0)  # rows come from the first, columns do not
            for row in sheet.iter_rows():
                cells = [cell if type(cell) is str else _text(cell) for cell in row]
                yield margin + cells if margin else cells
        except python_calamine.CalamineError as error:
            raise DocumentRefused(f"has a damaged sheet '{told}'; save it again") from error

    return Sheet(name, read)


def _text(cell: object) -> str:
    """A cell as text: numbers in full, dates as YYYY-MM-DD, with the time when there is one."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)


def _refuse_hostile(path: Path, kind: str, max_bytes: int) -> None:
    """Look into the package before anything parses it."""
    with path.open("rb") as file:
        if file.read(8) == _OLE:
            raise DocumentRefused(
                "is protected by a password, or is a workbook of the old kind; save it as .xlsx without password"
            )
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS:
                raise DocumentRefused(f"has {len(parts):,} parts; save the table alone in a new workbook")
            if sum(part.file_size for part in parts) > max_bytes:
                raise DocumentRefused(f"would grow to more than {max_bytes:,} bytes; deliver the table alone, as CSV")
            if shared := overlapping(parts, package.start_dir):
                raise DocumentRefused(f"packs the part {told(shared)} over another; deliver a clean copy")
            if len({part.filename for part in parts}) < len(parts):
                raise DocumentRefused("holds a part twice; save it again and deliver that")
            for part in parts:
                _refuse_part(package, part, kind)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        raise DocumentRefused(f"is no whole workbook ({error}); save it again and deliver that") from error


def _refuse_part(package: zipfile.ZipFile, info: zipfile.ZipInfo, kind: str) -> None:
    if info.flag_bits & 0x1:
        raise DocumentRefused("is protected by a password; deliver it without")
    if info.file_size > max(SMALL_PART_BYTES, MAX_PART_RATIO * info.compress_size):
        raise DocumentRefused(
            f"holds the part {told(info)}, which would grow from {info.compress_size:,} to "
            f"{info.file_size:,} bytes; save the table alone in a new workbook"
        )
    name = info.filename.lower()
    if "vbaproject" in name or name.startswith("basic/"):
        raise DocumentRefused("holds macros; save it without them and deliver that")
    with package.open(info) as part:
        start = part.read(4096)
        if start.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
            raise DocumentRefused(f"holds the part {told(info)} in another encoding than UTF-8; save it again")
        # Whatever a part is called, a workbook can name it as one of its sheets.
        body = start.removeprefix(codecs.BOM_UTF8).lstrip()
        if body.startswith(b"<") or not body:
            _refuse_markup(part, start, info, kind)


def _refuse_markup(part: IO[bytes], start: bytes, info: zipfile.ZipInfo, kind: str) -> None:
    text, rows = start, 0
    while text:
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise DocumentRefused(
                f"declares XML entities in the part {told(info)}, as no office program does; deliver a clean copy"
            )
        for trouble, sign, pattern in _NO_VALUE[kind]:
            if sign in text and (found := pattern.search(text)):
                place = f" in cell {found[1].decode('ascii')}" if found.groups() else ""
                raise DocumentRefused(f"holds {trouble}{place}; mend it in a spreadsheet program and save it again")
        chunk = part.read(1 << 20)
        # What lies across two chunks is looked at again: a cell, and the beginning of a tag.
        cut = text.rfind(b"<") if chunk else len(text)
        if len(text) - cut > MAX_MARKUP_BYTES:
            raise DocumentRefused(f"holds a text of more than 1 MB in the part {told(info)}; take it out")
        if kind == "ods":
            rows = _refuse_repeats(text[:cut], rows)
        else:
            cell = text.rfind(b"<c", max(cut - _LONGEST_CELL, 0), cut)
            cut = cell if cell >= 0 else cut
        text = text[cut:] + chunk if chunk else b""


_LONGEST_CELL = 1 << 16
_REPEATED = re.compile(rb"table:number-(rows|columns)-repeated\s*=\s*[\"']\s*\+?0*([0-9]+)")


def _refuse_repeats(text: bytes, rows: int) -> int:
    """Refuse a sheet with more rows or columns than a sheet has: its reader would leave out what lies beyond.

    `rows` are those of the table before this text; returns those at its end.
    """
    *ended, text = text.split(b"<table:table ")
    for table in ended:
        _refuse_repeats(table, rows)
        rows = 0
    rows += text.count(b"<table:table-row")
    for what, count in _REPEATED.findall(text):
        if len(count) > 7 or int(count) > (MAX_ROWS if what == b"rows" else MAX_COLUMNS):
            raise DocumentRefused(
                f"repeats a row or a cell {count[:20].decode()} times; delete the rows and columns behind the table"
            )
        rows += int(count) - 1 if what == b"rows" else 0
    if rows > MAX_ROWS:
        raise DocumentRefused(f"has a sheet with more than {MAX_ROWS:,} rows; delete the rows behind the table")
    return rows


_NO_VALUE = {
    # A formula whose result is an empty text has a result.
    "xlsx": (
        (
            "a formula without a result",
            b"<f",
            re.compile(
                rb'<c\b(?![^<>]*\bt="str")[^<>]*?\br="([A-Z]+[0-9]+)"[^<>]*>\s*<f\b(?:[^<>]*/>|[^<>]*>[^<]*</f>)'
                rb"\s*(?:<v\s*/>|<v></v>)?\s*</c>"
            ),
        ),
        ("an error instead of a value", b't="e"', re.compile(rb'<c\b(?=[^<>]*\bt="e")[^<>]*?\br="([A-Z]+[0-9]+)"')),
    ),
    "ods": (
        (
            "a formula without a result",
            b"table:formula",
            re.compile(rb"<table:table-cell\b(?=[^<>]*\btable:formula=)(?![^<>]*\boffice:value-type=)[^<>]*>"),
        ),
        (
            "an error instead of a value",
            b'"error"',
            re.compile(rb'<table:table-cell\b[^<>]*\bcalcext:value-type="error"'),
        ),
    ),
}
"""By kind of workbook: cells that have no value, which would be read as empty, that is missing.

A plain sign is looked for first, as most parts do not even hold that.
"""
