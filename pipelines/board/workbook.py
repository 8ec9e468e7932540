"""The workbook of a pack: one table a sheet, native charts, links both ways. It works nothing out."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Iterable
from copy import copy
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break as PageBreak
from openpyxl.worksheet.table import Table as SheetTable
from openpyxl.worksheet.table import TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.board import excel_style as style
from pipelines.board.content import Cell, Column, Fact, Pack, Page, Section, Spark, Table
from pipelines.board.excel_charts import Placed, bar_chart, trend_chart
from pipelines.board.excel_file import Alternative, workbook_bytes
from pipelines.board.numbers import cell_text, number_format
from pipelines.safe_text import fill

CHART_ROWS = 20
"""Height of the charts of a page, in rows."""
WIDE = 1.1
"""Letters that fit into the width of a digit, on the average of a text."""
FILTERED_ROWS = 40
"""A table of more rows gets buttons to filter it."""
_ILLEGAL = re.compile(r"[\[\]:*?/\\']")


def write_workbook(pack: Pack) -> bytes:
    """The pack as an Excel workbook; the same pack gives the same bytes."""
    return _Writer(pack).write()


def sheet_names(pack: Pack) -> dict[str, str]:
    """The name of the sheet of each section and page: legal, at most 31 letters, each once."""
    names: dict[str, str] = {}
    for section in pack.sections:
        for key, text in [(page.id, f"{page.number} {page.name}") for page in section.pages] or [
            (section.id, section.title)
        ]:
            name = _ILLEGAL.sub(" ", text).strip()
            if len(name) > 31:
                name = name[:32].rpartition(" ")[0][:31] or name[:31]
            stem, count = name, 1
            while name.lower() in {other.lower() for other in names.values()}:
                count += 1
                name = f"{stem[: 30 - len(str(count))]} {count}"
            names[key] = name
    return names


class _Writer:
    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.names = sheet_names(pack)
        self.contents = next((s.id for s in pack.sections if s.layout == "contents"), None)
        self.score = next(
            (s.id for s in pack.sections if s.table and any(c.kind == "spark" for c in s.table.columns)), None
        )
        self.placed: dict[str, Placed] = {}
        self.chart_rows: dict[str, int] = {}
        self.sparks: list[tuple[Any, Spark]] = []
        self.looks: dict[tuple[int, int, bool, str], Any] = {}
        self.alternatives: dict[str, list[Alternative]] = {}
        self.book = Workbook()
        self.book._named_styles["Normal"].font = style.PLAIN  # type: ignore[attr-defined]
        self.book._fonts[0] = style.PLAIN  # type: ignore[attr-defined]
        self.book.remove(self.book.worksheets[0])
        properties = self.book.properties
        properties.title, properties.language, properties.creator = pack.title, "en-GB", None
        properties.subject = pack.banner or f"{pack.edition.capitalize()} edition, release {pack.release_id}"

    def write(self) -> bytes:
        entries: list[Section | Page] = [
            entry for section in self.pack.sections for entry in (section.pages or [section])
        ]
        for entry in entries:
            self._new_sheet(self.names[entry.id])
        for entry in entries:
            sheet = self.book[self.names[entry.id]]
            if isinstance(entry, Page):
                self._page(sheet, entry)
            elif entry.facts:
                self._cover(sheet, entry)
            elif entry.table is not None:
                self._table_sheet(sheet, entry, entry.table)
        for page in self.pack.pages:  # when all tables stand: a chart may show the table of another sheet
            self._charts(self.book[self.names[page.id]], page)
        self.book.active = 0
        return workbook_bytes(
            self.book,
            moment=dt.datetime.fromisoformat(self.pack.known_at),
            alternatives=self.alternatives,
            sparklines=self._sparklines(),
            shades=("8A94A6", style.DARK),
        )

    # sheets

    def _new_sheet(self, name: str) -> None:
        sheet = self.book.create_sheet(name)
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.5, 0.7, 0.3
        footer = sheet.oddFooter
        footer.left.text = f"{self.pack.force_name}, {self.pack.quarter.name}, release {self.pack.release_id}"
        footer.center.text = "SAMPLE DATA" if self.pack.is_sample else None
        footer.right.text = "&A, page &P of &N"
        for part in (footer.left, footer.center, footer.right):
            part.font, part.size = style.FACE, 8
        sheet.sheet_view.showGridLines = False

    def _cover(self, sheet: Worksheet, section: Section) -> None:
        _widths(sheet, (24, 116))
        row = self._put(sheet, 1, self.pack.force_name, style.TITLE)
        row = self._put(sheet, row, f"{self.pack.plan_title}: {self.pack.quarter.label}", style.TITLE)
        for place in (1, 2):
            sheet.row_dimensions[place].height = 26
        if self.pack.banner:
            row = self._put(sheet, row + 1, self.pack.banner, style.WARNING)
        row = self._facts(sheet, row + 1, section.facts, 116)
        row = self._put(sheet, row + 1, "How to read it", style.LEAD)
        for text in section.text:
            row = self._put(sheet, row, text, style.PLAIN, width=126)
            sheet.row_dimensions[row - 1].height = style.LINE_HEIGHT + 6
        row += 1
        for key in (self.contents, self.score):
            if key:
                self._link(sheet.cell(row, 1), self.names[key], key)
                row += 1

    def _table_sheet(self, sheet: Worksheet, section: Section, table: Table) -> None:
        row = self._head(sheet, section.id, section.title)
        width = max(int(sum(column.width for column in table.columns)), 60)
        for text in (section.description, *section.text):
            row = self._put(sheet, row, text, style.PLAIN, width=width)
        self._table(sheet, table, row)
        sheet.freeze_panes = sheet.cell(row + 1, 1 + _named_column(table)).coordinate
        sheet.print_title_rows = f"{row}:{row}"

    def _page(self, sheet: Worksheet, page: Page) -> None:
        width = int(sum(column.width for column in page.table.columns))
        _widths(sheet, [column.width for column in page.table.columns])
        row = self._head(sheet, page.id, page.heading)
        sheet.freeze_panes = sheet.cell(row, 1).coordinate
        row = self._put(sheet, row, page.sentence, style.LEAD, width=int(width * 0.8))
        row = self._facts(sheet, row + 1, page.standing, width - 20)
        if page.trend or page.bars:
            self.chart_rows[page.id] = row + 1
            for place in range(row + 1, row + 1 + CHART_ROWS):
                sheet.row_dimensions[place].height = style.LINE_HEIGHT
            row += CHART_ROWS + 1
        for text in page.notes:
            row = self._put(sheet, row, text, style.QUIET, width=width)
        row += 1
        for fact in page.told:
            row = self._put(sheet, row, fact.heading, style.BOLD)
            row = self._facts(sheet, row, [Fact("", fact.text)], width - 20)
        row = self._facts(sheet, row + bool(page.told), page.facts, width - 20)
        if page.table.rows:
            sheet.row_breaks.append(PageBreak(id=row))
            row = self._put(sheet, row + 1, f"{page.name}: the values behind the chart", style.LEAD)
            self._table(sheet, page.table, row)

    def _charts(self, sheet: Worksheet, page: Page) -> None:
        row, both = self.chart_rows.get(page.id), page.trend and page.bars
        height = (CHART_ROWS * style.LINE_HEIGHT - 6) / 72 * 2.54
        if page.trend:
            drawn = trend_chart(page.trend, self.placed[page.table.id], 20.0 if both else 31.0, height)
            self._draw(sheet, drawn, f"A{row}", Alternative("Trend", page.trend.alt))
        if page.bars:
            bars = bar_chart(page.bars, self.placed[page.bars.table_id], 12.0, height)
            self._draw(sheet, bars, f"{'I' if both else 'A'}{row}", Alternative("Similar forces", page.bars.alt))

    def _draw(self, sheet: Worksheet, chart: Any, anchor: str, alternative: Alternative) -> None:
        sheet.add_chart(chart, anchor)
        self.alternatives.setdefault(sheet.title, []).append(alternative)

    def _head(self, sheet: Worksheet, key: str, title: str) -> int:
        row = self._put(sheet, 1, title, style.TITLE)
        sheet.row_dimensions[1].height = 26
        column = 1
        for target in (self.contents, self.score):
            if target and target != key:
                self._link(sheet.cell(row, column), f"Back to {self.names[target].lower()}", target)
                column += 2
        row += column > 1
        return self._put(sheet, row, self.pack.banner, style.WARNING) if self.pack.banner else row

    # tables

    def _table(self, sheet: Worksheet, table: Table, row: int) -> None:
        self.placed[table.id] = Placed(table, sheet, row)
        widths = [_width(column, cells) for column, cells in zip(table.columns, _across(table), strict=True)]
        _widths(sheet, widths)
        filtered, deepest = len(table.rows) > FILTERED_ROWS, 1
        for place, (column, width) in enumerate(zip(table.columns, widths, strict=True), start=1):
            align = style.HEAD_NUMBER if column.kind == "number" else style.HEAD_TEXT
            self._fill(sheet.cell(row, place), column.heading, style.HEAD, align).fill = style.HEAD_FILL
            deepest = max(deepest, style.lines_of(column.heading, width - 1.5))
        sheet.row_dimensions[row].height = (
            style.LINE_HEIGHT * (deepest + filtered) + 3
        )  # the buttons stand below the text
        if not table.rows:
            self._put(sheet, row + 1, table.none or "There is nothing to show.", style.PLAIN)
            return
        for number, cells in enumerate(table.rows, start=row + 1):
            lines = 1
            for place, (column, width, cell) in enumerate(zip(table.columns, widths, cells, strict=True), start=1):
                self._cell(sheet.cell(number, place), column, cell)
                if isinstance(cell.value, str) and not cell.link:
                    lines = max(lines, style.lines_of(cell.value, width - 1.5))
            sheet.row_dimensions[number].height = style.LINE_HEIGHT * lines + 3
        corner = f"{get_column_letter(len(table.columns))}{row + len(table.rows)}"
        named = SheetTable(
            displayName="table_" + re.sub(r"\W", "_", table.id.removeprefix("board_")), ref=f"A{row}:{corner}"
        )
        named.tableStyleInfo = TableStyleInfo(name=None, showRowStripes=False)
        named._initialise_columns()  # type: ignore[attr-defined]
        if not filtered:
            named.autoFilter = None
        for column, declared in zip(named.tableColumns, table.columns, strict=True):
            column.name = declared.heading
        sheet.add_table(named)

    def _cell(self, target: Any, column: Column, cell: Cell) -> None:
        if cell.spark:
            self.sparks.append((target, cell.spark))
            target.border = style.LINE
        elif cell.link:
            self._link(target, str(cell.value), cell.link, line=True)
        elif cell.marker is not None:
            align = style.RIGHT if column.kind == "number" else style.TOP
            self._fill(target, cell.marker, style.PLAIN, align, line=True)
        elif isinstance(cell.value, dt.date):
            self._fill(target, cell.value, style.PLAIN, style.DATE, line=True, form="d mmm yyyy")
        elif column.kind == "number":
            self._fill(target, cell.value, style.PLAIN, style.RIGHT, line=True, form=number_format(cell))
        else:
            self._fill(target, cell.value, style.PLAIN, style.TOP, line=True)

    def _sparklines(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for target, spark in self.sparks:
            source = self.placed[spark.table_id].address("value", spark.run).replace("$", "")
            found.setdefault(target.parent.title, {})[target.coordinate] = source
        return found

    # text

    def _put(self, sheet: Worksheet, row: int, text: str, font: Font, *, width: int | None = None) -> int:
        """Text in the first column, over the empty cells beside it; long text in as many rows as it takes."""
        for line in textwrap.wrap(text, int(width * WIDE)) if width else [text]:
            self._fill(sheet.cell(row, 1), line, font, style.SPILL)
            row += 1
        return row

    def _facts(self, sheet: Worksheet, row: int, facts: Iterable[Fact], width: int) -> int:
        for fact in facts:
            if fact.heading:
                self._fill(sheet.cell(row, 1), fact.heading, style.BOLD, style.SPILL)
            for text in fact.text:
                for line in textwrap.wrap(text, int(width * WIDE)):
                    self._fill(sheet.cell(row, 2), line, style.PLAIN, style.SPILL)
                    row += 1
        return row

    def _link(self, cell: Any, text: str, key: str, *, line: bool = False) -> None:
        self._fill(cell, text, style.LINK, style.SPILL, line=line)
        name = self.names[key]
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{name}'!A1", tooltip=f"Go to sheet {name}")

    def _fill(
        self, cell: Any, value: object, font: Font, alignment: Alignment, *, line: bool = False, form: str = "General"
    ) -> Any:
        """Put a value into a cell with its looks; openpyxl takes long to find out that it knows them, so they are kept."""
        key = (id(font), id(alignment), line, form)
        if key in self.looks:
            cell._style = copy(self.looks[key])
        else:
            cell.font, cell.alignment, cell.number_format = font, alignment, form
            if line:
                cell.border = style.LINE
            self.looks[key] = copy(cell._style)
        return fill(cell, value)


def _widths(sheet: Worksheet, widths: Iterable[float]) -> None:
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width


def _across(table: Table) -> list[tuple[Cell, ...]]:
    return list(zip(*table.rows, strict=True)) or [() for _ in table.columns]


def _width(column: Column, cells: Iterable[Cell]) -> float:
    """As declared, or wider where a number, a date or a link would not fit: none of them is broken into lines."""
    if column.kind == "date":
        return max(column.width, 14)
    if column.kind not in ("number", "link"):
        return column.width
    return max(column.width, *(len(cell_text(cell)) + 2.5 for cell in cells), 0)


def _named_column(table: Table) -> int:
    """Columns that stay in sight: up to the indicator's name, where it stands early in a wide table."""
    names = [column.name for column in table.columns[:2]]
    return names.index("indicator_name") + 1 if "indicator_name" in names and len(table.columns) > 6 else 0
