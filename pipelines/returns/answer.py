"""The answer to a return: a copy of its rows in which every bad cell is marked and explained."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter

from pipelines.ingest.documents import NOT_TEXT, DocumentRefused, open_document
from pipelines.ingest.layouts import Table, find_table
from pipelines.ingest.scan import scan_path
from pipelines.ingest.violation import Cells, Violation
from pipelines.returns.rules import violations as broken_rules
from pipelines.returns.style import BAD, BAD_BORDER, BAD_FONT, FONT, HEAD, HEAD_FONT, WIDTHS, WRAPPED, height
from pipelines.safe_text import clean, fill
from pipelines.sources.contract import load_contracts, plain_header

ANSWERS = "answers"
"""Folder of the warehouse in which answers lie."""

ANSWER_ENDING = ".answer.xlsx"
MARK = "what is wrong"
MAX_NAME_BYTES = 200
MAX_COMMENTS = 1_000
_WRONG_WIDTH = 90


def answer(
    folder: Path, file_name: str, header: list[str], rows: list[tuple[int, list[str]]], violations: list[Violation]
) -> Path:
    """Write `<file_name>.answer.xlsx` into the folder and return its path.

    The first sheet has the rows as they came, bad cells marked by colour, frame and comment, and a last column that
    says what is wrong; it can be mended and sent back as it is. The second lists every fault with the row of the file.
    Columns that are never stored, such as the note, are left out. Every cell is text, so that nothing is worked out.
    """
    dropped = {plain_header(c.header) for c in load_contracts()["performance_return"].columns if c.treatment == "drop"}
    kept = [place for place, text in enumerate(header) if plain_header(text) not in dropped]
    by_line: dict[int, dict[str, list[Violation]]] = defaultdict(lambda: defaultdict(list))
    for violation in violations:
        by_line[violation.line][plain_header(violation.column)].append(violation)
    workbook = Workbook(write_only=True)
    sheet = _sheet(workbook, "return", [*(WIDTHS.get(header[place].lower(), 22) for place in kept), _WRONG_WIDTH])
    sheet.append(_head(sheet, [*(header[place] for place in kept), MARK]))
    comments = MAX_COMMENTS
    for number, (line, cells) in enumerate(rows, start=2):
        faults = by_line.get(line, {})
        row = []
        for place in kept:
            cell = _text(sheet, cells[place] if place < len(cells) else "")
            if reasons := faults.get(plain_header(header[place])):
                cell.fill, cell.font, cell.border = BAD, BAD_FONT, BAD_BORDER
                if comments:
                    comments -= 1
                    cell.comment = Comment(clean("\n".join(_sentences(reasons))), "fpw", height=120, width=320)
            row.append(cell)
        wrong = "\n".join(_sentences(fault for found in faults.values() for fault in found))
        if wrong:
            sheet.row_dimensions[number].height = height(wrong, _WRONG_WIDTH)
        sheet.append([*row, _text(sheet, wrong)])
    sheet = _sheet(workbook, MARK, [16, 16, 30, 110])
    sheet.append(_head(sheet, ["row in your file", "column", "what stands there", MARK]))
    for violation in sorted(violations, key=lambda found: found.line):
        cells = [str(violation.line), violation.column, violation.value, _sentence(violation)]
        sheet.append([_text(sheet, text) for text in cells])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / answer_name(file_name)
    partial = path.with_name(f".{path.name}.partial")
    workbook.save(partial)
    return partial.replace(path)


def answer_name(file_name: str) -> str:
    """What the answer to a file is called; of a very long name the beginning, and a hash of the whole."""
    name = Path(file_name).name
    if len(os.fsencode(name)) > MAX_NAME_BYTES:
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
        name = f"{os.fsencode(name)[: MAX_NAME_BYTES - 9].decode('utf-8', 'ignore')}-{digest}"
    return name + ANSWER_ENDING


def answer_table(table: Table, folder: Path, file_name: str) -> tuple[Path | None, list[Violation]]:
    """Judge the rows of a table and answer when one breaks a rule; an answer from before is taken away otherwise."""
    names = [column.name for column in table.contract.columns]
    rows = [(line, list(cells or ())) for line, cells in table.rows()]
    found = list(broken_rules(Cells.of(names, rows)))
    found += [Violation(line, "", "", "has not as many cells as the header") for line, cells in rows if not cells]
    if found:
        header = [column.header for column in table.contract.columns]
        return answer(folder, file_name, header, rows, found), found
    (folder / answer_name(file_name)).unlink(missing_ok=True)
    return None, found


def check_file(path: Path, folder: Path, max_bytes: int) -> tuple[int, list[Violation], Path | None]:
    """Rows of the return in a file, what is wrong with them, and the answer, if any.

    Raises:
        ValueError: the file holds no return; the message is a sentence with the mend.
    """
    try:
        if path.suffix.lower() not in NOT_TEXT and (problem := scan_path(path).problem):
            raise DocumentRefused(problem)
        table = _find_return(path, max_bytes)
        answered, violations = answer_table(table, folder, path.name)
        return sum(1 for _ in table.rows()), violations, answered
    except DocumentRefused as error:
        raise ValueError(f"{path} {error}.") from error


def _find_return(path: Path, max_bytes: int) -> Table:
    contract = load_contracts()["performance_return"]
    document = open_document(path, path.name, max_bytes=max_bytes)
    tables = [table for sheet in document.sheets if (table := find_table(contract, sheet)) is not None]
    if len(tables) != 1:
        needed = ", ".join(column.header for column in contract.columns if not column.optional)
        found = "no sheet" if not tables else f"{len(tables)} sheets"
        raise DocumentRefused(f"has {found} with the columns {needed}; `fpw template` writes one sheet that has them")
    if tables[0].unknown:
        raise DocumentRefused(f"has the unknown column {tables[0].unknown[0]!r}; take it out")
    return tables[0]


def _sheet(workbook: Workbook, title: str, widths: list[int]) -> Any:
    sheet: Any = workbook.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    return sheet


def _head(sheet: Any, texts: Iterable[str]) -> Iterator[Any]:
    for text in texts:
        cell = _text(sheet, text)
        cell.fill, cell.font = HEAD, HEAD_FONT
        yield cell


def _text(sheet: Any, text: str) -> Any:
    """A cell that stays text, whatever it begins with, also when it is edited."""
    cell = fill(WriteOnlyCell(sheet), text)
    cell.number_format, cell.font, cell.alignment = "@", FONT, WRAPPED
    return cell


def _sentences(violations: Iterable[Violation]) -> list[str]:
    return [_sentence(violation) for violation in violations]


def _sentence(violation: Violation) -> str:
    return f"{violation.column or 'The row'} {violation.reason}."
