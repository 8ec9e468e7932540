"""The publication gate: opens the written files of a pack as a stranger would, and says what is wrong with them.

`check_pack` reads the files and nothing that the writers kept. Numbers are held against the marts, read once more:
every cell of every table by the suite `exports.board_cell`, every sentence and row of the document by its text. What
else must hold of a file is a function here: one for the workbook, one for the document, one for the colours.
"""

from __future__ import annotations

import datetime as dt
import json
import posixpath
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb

from pipelines.board import house
from pipelines.board.content import Cell, Pack, Table
from pipelines.board.numbers import cell_text
from pipelines.store.warehouse import WarehouseError

SHOWN = 3
"""So many findings are named when a pack is refused."""
MOST_PAGES = 20
LONG_ENOUGH = 20
"""A shorter text is no alternative of a chart (characters)."""
CELLS = {
    "sheet": "VARCHAR",
    "cell": "VARCHAR",
    "heading": "VARCHAR",
    "number": "DOUBLE",
    "text": "VARCHAR",
    "expected": "VARCHAR",
    "mart_number": "DOUBLE",
    "mart_text": "VARCHAR",
    "marker": "VARCHAR",
    "decimals": "INTEGER",
}
"""Columns of exports.board_cell: a cell as the file holds it (number, text), and as the marts do."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FRAME = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}cNvPr"
_FOREIGN = re.compile(
    r"vba|comment|person|external|embed|activex|customxml|macro|connections|querytable", re.IGNORECASE
)
_ILLEGAL = re.compile(r"[\[\]:*?/\\]|^'|'$")


@dataclass(frozen=True)
class Finding:
    """What one check found: `wrong` is empty when it passed."""

    check: str
    wrong: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


def check_pack(folder: Path, pack: Pack) -> list[Finding]:
    """Every check of the files in `folder` against `pack`, which was read from the marts for this purpose.

    Raises:
        WarehouseError: a file cannot be opened as what its name says.
    """
    findings: list[Finding] = []
    for path in sorted(folder.iterdir()):
        check = {".xlsx": check_workbook, ".pdf": check_document}.get(path.suffix)
        if check:
            try:
                findings += check(path, pack)
            except (OSError, ValueError, KeyError, zipfile.BadZipFile, ElementTree.ParseError) as error:
                raise WarehouseError(f"{path.name} cannot be opened ({error}); make the pack again.") from error
    return [*findings, _finding("contrast", _pale_pairs())]


def refuse(findings: list[Finding]) -> None:
    """Do nothing when all passed.

    Raises:
        WarehouseError: some did not; the message names the first things found.
    """
    wrong = [f"{finding.check}: {text}" for finding in findings for text in finding.wrong]
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise WarehouseError(
            f"The pack is not put in place, because the publication gate found {'; '.join(wrong[:SHOWN])}{more}. "
            "The pack made before is untouched."
        )


def _finding(check: str, wrong: Iterator[str]) -> Finding:
    return Finding(check, tuple(dict.fromkeys(wrong)))


def _pale_pairs() -> Iterator[str]:
    for what, (one, other, least) in house.PAIRS.items():
        found = house.contrast(one, other)
        if found < least:
            yield f"{what} has a contrast of {found:.1f} and needs {least}"


# the workbook


@dataclass(frozen=True)
class _Sheet:
    name: str
    state: str
    root: ElementTree.Element
    links: dict[str, str]


class _Book:
    """The parts of a workbook, read from its file."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        links = self.links("xl/workbook.xml")
        self.sheets = [
            _Sheet(
                sheet.get("name", ""),
                sheet.get("state", "visible"),
                self.xml(links[sheet.get(_LINK, "")]),
                self.links(links[sheet.get(_LINK, "")]),
            )
            for sheet in self.xml("xl/workbook.xml").iter(f"{_MAIN}sheet")
        ]

    def xml(self, name: str) -> ElementTree.Element:
        return ElementTree.fromstring(self.parts[name])

    def links(self, name: str) -> dict[str, str]:
        """Parts and addresses that a part refers to, by id."""
        folder, _, file = name.rpartition("/")
        part = f"{folder}/_rels/{file}.rels"
        if part not in self.parts:
            return {}
        return {
            entry.get("Id", ""): entry.get("Target", "")
            if entry.get("TargetMode") == "External"
            else posixpath.normpath(posixpath.join("/", folder, entry.get("Target", ""))).lstrip("/")
            for entry in self.xml(part)
        }


def check_workbook(path: Path, pack: Pack) -> list[Finding]:
    """The checks of a workbook."""
    book = _Book(path)
    checks: dict[str, Callable[[], Iterator[str]]] = {
        "workbook_cells_as_marts": lambda: _cells_as_marts(path, book, pack),
        "workbook_nothing_worked_out": lambda: _worked_out(book),
        "workbook_nothing_hidden": lambda: _hidden(book),
        "workbook_no_foreign_parts": lambda: (f"it holds {name}" for name in book.parts if _FOREIGN.search(name)),
        "workbook_properties": lambda: _properties(book, pack),
        "workbook_sheet_names": lambda: _sheet_names(book),
        "workbook_links_lead_somewhere": lambda: _book_links(book, pack),
        "workbook_charts_described": lambda: _charts_described(book, pack),
        "workbook_contrast": lambda: _book_contrast(book),
    }
    return [_finding(name, run()) for name, run in checks.items()]


def _cells_as_marts(path: Path, book: _Book, pack: Pack) -> Iterator[str]:
    from pipelines.checks.catalog import load_suites
    from pipelines.checks.runner import run_suite

    rows, missing = _read_cells(path, book, pack)
    yield from missing
    with tempfile.TemporaryDirectory(prefix="fpw-gate-") as folder:
        database, lines = Path(folder) / "gate.duckdb", Path(folder) / "cells.json"
        lines.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in CELLS.items())
        with duckdb.connect(str(database)) as connection:
            connection.execute("CREATE SCHEMA exports")
            connection.execute(
                f"CREATE TABLE exports.board_cell AS "
                f"FROM read_json('{lines}', format = 'newline_delimited', columns = {{{columns}}})"
            )
        for result in run_suite(load_suites()["exports.board_cell"], database):
            if result.status != "passed":
                yield f"{result.name}, {result.observed} ({result.description})"


def _read_cells(path: Path, book: _Book, pack: Pack) -> tuple[list[dict[str, Any]], list[str]]:
    """Every cell of every table as the file holds it, with what the marts hold; and the tables that are not whole."""
    from openpyxl.utils import get_column_letter, range_boundaries
    from python_calamine import CalamineWorkbook

    values = CalamineWorkbook.from_path(str(path))
    placed: dict[str, tuple[str, str]] = {}
    for sheet in book.sheets:
        for part in sheet.links.values():
            if part.startswith("xl/tables/"):
                named = book.xml(part)
                placed[named.get("displayName", "")] = (sheet.name, named.get("ref", ""))
    rows: list[dict[str, Any]] = []
    missing = []
    for table_id, table in pack.tables.items():
        name = "table_" + re.sub(r"\W", "_", table_id.removeprefix("board_"))
        if not table.rows:
            continue
        if name not in placed:
            missing.append(f"table {table.title} is not in the workbook")
            continue
        sheet_name, reference = placed[name]
        first_column, first_row, _, last_row = (int(place or 0) for place in range_boundaries(reference))
        grid = values.get_sheet_by_name(sheet_name).to_python(skip_empty_area=False)
        if last_row - first_row != len(table.rows):
            missing.append(f"{sheet_name} has {last_row - first_row} rows and the marts {len(table.rows)}")
            continue
        for line, cells in enumerate(table.rows, start=first_row + 1):
            for place, (column, cell) in enumerate(zip(table.columns, cells, strict=True), start=first_column):
                found = grid[line - 1][place - 1]
                said = {"sheet": sheet_name, "cell": f"{get_column_letter(place)}{line}", "heading": column.heading}
                rows.append(said | _written(found) | _expected(cell))
    return rows, missing


def _written(found: Any) -> dict[str, Any]:
    if isinstance(found, bool) or not isinstance(found, int | float):
        text = found.isoformat()[:10] if isinstance(found, dt.date) else str(found)
        return {"number": None, "text": text}
    return {"number": found, "text": None}


def _expected(cell: Cell) -> dict[str, Any]:
    value = cell.value
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    text = None if number is not None or cell.marker is not None else _text(value)
    shown = cell_text(cell) if not isinstance(value, dt.date) else text
    return {
        "mart_number": number,
        "mart_text": text,
        "marker": cell.marker,
        "decimals": cell.decimals,
        "expected": shown,
    }


def _text(value: Any) -> str:
    return "" if value is None else value.isoformat()[:10] if isinstance(value, dt.date) else str(value)


def _worked_out(book: _Book) -> Iterator[str]:
    for sheet in book.sheets:
        for cell in sheet.root.iter(f"{_MAIN}c"):
            if cell.get("t") == "e":
                yield f"{sheet.name}!{cell.get('r')} holds an error value"
            if cell.find(f"{_MAIN}f") is not None:
                yield f"{sheet.name}!{cell.get('r')} holds a formula"
        if sheet.root.find(f"{_MAIN}mergeCells") is not None:
            yield f"{sheet.name} has merged cells"


def _hidden(book: _Book) -> Iterator[str]:
    for sheet in book.sheets:
        if sheet.state != "visible":
            yield f"sheet {sheet.name} is hidden"
        for kind, place in (("row", "r"), ("col", "min")):
            for entry in sheet.root.iter(f"{_MAIN}{kind}"):
                if entry.get("hidden") in ("1", "true") or entry.get("ht") == "0" or entry.get("width") == "0":
                    yield f"{sheet.name} hides {'row' if kind == 'row' else 'column'} {entry.get(place)}"


def _properties(book: _Book, pack: Pack) -> Iterator[str]:
    said = {
        element.tag.rpartition("}")[2]: (element.text or "").strip()
        for part in ("docProps/core.xml", "docProps/app.xml")
        if part in book.parts
        for element in book.xml(part)
    }
    for name in ("creator", "lastModifiedBy", "Manager", "Company"):
        if said.get(name):
            yield f"{name} names {said[name]}"
    for name, wanted in (("title", pack.title), ("language", "en-GB")):
        if said.get(name) != wanted:
            yield f"{name} is {said.get(name) or 'not set'} and not {wanted}"


def _sheet_names(book: _Book) -> Iterator[str]:
    seen: set[str] = set()
    for sheet in book.sheets:
        if not sheet.name or len(sheet.name) > 31 or _ILLEGAL.search(sheet.name):
            yield f"{sheet.name!r} is no legal name of a sheet"
        if sheet.name.lower() in seen:
            yield f"{sheet.name!r} is the name of two sheets"
        seen.add(sheet.name.lower())


def _book_links(book: _Book, pack: Pack) -> Iterator[str]:
    names = {sheet.name for sheet in book.sheets}
    leads: dict[str, set[str]] = {name: set() for name in names}
    for sheet in book.sheets:
        for link in sheet.root.iter(f"{_MAIN}hyperlink"):
            target = re.sub(r"^'(.*)'!.*$", r"\1", link.get("location", ""))
            if link.get(_LINK):
                yield f"{sheet.name}!{link.get('ref')} leads out of the workbook"
            elif target not in names:
                yield f"{sheet.name}!{link.get('ref')} leads to {target!r}, which is no sheet"
            leads[sheet.name].add(target)
    contents = next((section.title for section in pack.sections if section.layout == "contents"), None)
    for name in sorted(names - {contents}):
        if contents and name not in leads[contents]:
            yield f"{contents} has no link to {name}"
        if contents and contents not in leads[name]:
            yield f"{name} has no link to {contents}"


def _charts_described(book: _Book, pack: Pack) -> Iterator[str]:
    drawn = 0
    for part in book.parts:
        if re.fullmatch(r"xl/drawings/drawing\d+\.xml", part):
            for frame in book.xml(part).iter(_FRAME):
                drawn += 1
                if len(frame.get("descr", "")) < LONG_ENOUGH:
                    yield f"drawing {frame.get('name')} of {part} has no text alternative"
    wanted = _charts(pack)
    if drawn != wanted:
        yield f"there are {drawn} charts and should be {wanted}"


def _charts(pack: Pack) -> int:
    return sum(bool(page.trend) + bool(page.bars) for page in pack.pages)


def _book_contrast(book: _Book) -> Iterator[str]:
    styles = book.xml("xl/styles.xml")
    fonts, fills = (list(styles.find(f"{_MAIN}{kind}") or ()) for kind in ("fonts", "fills"))
    for look in styles.find(f"{_MAIN}cellXfs") or ():
        colour = fonts[int(look.get("fontId", 0))].find(f"{_MAIN}color")
        pattern = fills[int(look.get("fillId", 0))].find(f"{_MAIN}patternFill")
        ground = (
            pattern.find(f"{_MAIN}fgColor") if pattern is not None and pattern.get("patternType") == "solid" else None
        )
        one = colour.get("rgb", "")[-6:] if colour is not None else ""
        other = ground.get("rgb", "")[-6:] if ground is not None else ""
        found = house.contrast(one or house.INK, other or house.WHITE)
        if found < 4.5:
            yield f"text #{one or house.INK} on #{other or house.WHITE} has a contrast of {found:.1f} and needs 4.5"


# the document


def check_document(path: Path, pack: Pack) -> list[Finding]:
    """The checks of a PDF."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path)
        checks: dict[str, Callable[[], Iterator[str]]] = {
            "document_says_what_the_marts_say": lambda: _document_text(reader, pack),
            "document_tagged": lambda: _tagged(reader, pack),
            "document_properties": lambda: _document_properties(reader, pack),
            "document_charts_described": lambda: _figures_described(reader, pack),
            "document_links_lead_somewhere": lambda: _document_links(reader),
            "document_fonts_embedded": lambda: _fonts(reader),
            "document_nothing_hidden": lambda: _attached(reader),
            "document_pages": lambda: _page_count(reader, pack),
        }
        return [_finding(name, run()) for name, run in checks.items()]
    except PyPdfError as error:
        raise ValueError(str(error)) from error


def _squeezed(text: str) -> str:
    """Text without white space, and without hyphens: a document breaks lines where it likes."""
    return re.sub(r"[\s\u00ad-]", "", text)


def _document_text(reader: Any, pack: Pack) -> Iterator[str]:
    text = "\n".join(page.extract_text() for page in reader.pages)
    squeezed = _squeezed(text)
    for page in pack.pages:
        if _squeezed(page.sentence) not in squeezed:
            yield f"the sentence of {page.heading} is not in the document"
    for section in pack.sections:
        for table in (section.brief.table, section.brief.tally) if section.brief else ():
            for row in table.rows if table else ():
                if _row_text(table, row) not in squeezed:
                    yield f"{section.title}: the row {' | '.join(cell_text(cell) for cell in row)[:80]} is not in the document"
    if pack.banner and _squeezed(pack.banner) not in squeezed:
        yield "it does not say that the records are synthetic"


def _row_text(table: Table | None, row: tuple[Cell, ...]) -> str:
    return _squeezed("".join(cell_text(cell) for cell in row))


def _tagged(reader: Any, pack: Pack) -> Iterator[str]:
    root = reader.root_object
    if not _is_on(root, "/MarkInfo", "/Marked"):
        yield "it is not marked as tagged"
    found = [str(element.get("/S")) for element in _structure(reader)]
    if b'pdfuaid:part="1"' not in (root["/Metadata"].get_object().get_data() if "/Metadata" in root else b""):
        yield "it does not say that it is PDF/UA-1"
    if "/H1" not in found or found.count("/H3") < len(pack.pages):
        yield "its headings are not tagged"
    if "/Table" not in found or "/TH" not in found:
        yield "its tables have no tagged heads"


def _is_on(root: Any, name: str, flag: str) -> bool:
    # a false of pypdf counts as true
    return getattr((root.get(name) or {}).get(flag), "value", False) is True


def _structure(reader: Any) -> Iterator[Any]:
    """Every element of the structure tree."""
    tree = reader.root_object.get("/StructTreeRoot")
    waiting = [tree.get_object()] if tree else []
    while waiting:
        element = waiting.pop()
        if "/S" in element:
            yield element
        children = element.get("/K")
        for child in children if isinstance(children, list) else [children]:
            child = child.get_object() if child is not None else None
            if isinstance(child, dict) and ("/S" in child or "/K" in child):
                waiting.append(child)


def _document_properties(reader: Any, pack: Pack) -> Iterator[str]:
    said, root = reader.metadata or {}, reader.root_object
    if said.get("/Author"):
        yield f"Author names {said['/Author']}"
    if said.get("/Title") != pack.title:
        yield f"its title is {said.get('/Title') or 'not set'} and not {pack.title}"
    if root.get("/Lang") != "en-GB":
        yield f"its language is {root.get('/Lang') or 'not set'} and not en-GB"
    if not _is_on(root, "/ViewerPreferences", "/DisplayDocTitle"):
        yield "a reader shows its file name instead of its title"


def _figures_described(reader: Any, pack: Pack) -> Iterator[str]:
    figures = [element for element in _structure(reader) if element.get("/S") == "/Figure"]
    for figure in figures:
        if len(str(figure.get("/Alt", ""))) < LONG_ENOUGH:
            yield "a chart has no text alternative"
    if len(figures) != _charts(pack):
        yield f"there are {len(figures)} tagged charts and should be {_charts(pack)}"


def _document_links(reader: Any) -> Iterator[str]:
    places = reader.named_destinations
    for number, page in enumerate(reader.pages, start=1):
        for entry in page.get("/Annots") or ():
            note = entry.get_object()
            if note.get("/Subtype") != "/Link":
                yield f"page {number} has a note"
            elif "/Dest" not in note:
                yield f"page {number} has a link that leads out of the document"
            elif isinstance(note["/Dest"], str) and note["/Dest"] not in places:
                yield f"page {number} has a link to {note['/Dest']}, which is nowhere"


def _fonts(reader: Any) -> Iterator[str]:
    waiting = [page["/Resources"] for page in reader.pages]
    seen: set[int] = set()
    while waiting:
        resources = waiting.pop().get_object()
        for form in (resources.get("/XObject") or {}).values():
            form = form.get_object()
            if id(form) not in seen and "/Resources" in form:
                seen.add(id(form))
                waiting.append(form["/Resources"])
        for font in (resources.get("/Font") or {}).values():
            font = font.get_object()
            for part in font.get("/DescendantFonts") or [font]:
                described = part.get_object().get("/FontDescriptor")
                if font.get("/Subtype") != "/Type3" and not any(
                    key.startswith("/FontFile") for key in (described.get_object() if described else {})
                ):
                    yield f"font {font.get('/BaseFont')} is not embedded"


def _attached(reader: Any) -> Iterator[str]:
    root = reader.root_object
    names = root.get("/Names") or {}
    for key in ("/JavaScript", "/EmbeddedFiles"):
        if key in names:
            yield f"it holds {key[1:]}"
    for key in ("/OpenAction", "/AcroForm", "/OCProperties"):
        if key in root:
            yield f"it holds {key[1:]}"


def _page_count(reader: Any, pack: Pack) -> Iterator[str]:
    # a plan of more headlines than a dozen may need more
    most = max(MOST_PAGES, len(pack.pages) + 8)
    if len(reader.pages) > most:
        yield f"it has {len(reader.pages)} pages and may have {most}"
