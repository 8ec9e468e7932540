"""The document of a pack: HTML from a template, then a tagged PDF (PDF/UA-1) with the charts as drawings.

It works nothing out. Long tables stand in the workbook only; `Brief` says what of them the document has.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipelines.board import house
from pipelines.board.content import Cell, Column, Pack, Section, Table
from pipelines.board.numbers import cell_text
from pipelines.store.warehouse import WarehouseError

TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-liberation"
"""What WeasyPrint needs of a Debian system."""
HEIGHT = 150
"""Height of the plot of a chart, in pixels."""

MOST_TOLD = 8
"""More texts of a report under one headline stand in the workbook only."""


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents."""

    id: str
    title: str
    level: int


def write_document(pack: Pack) -> bytes:
    """The pack as a PDF; the same pack gives the same bytes on the same machine.

    Raises:
        WarehouseError: the libraries of the system that lay out text are missing; the message says what to install.
    """
    weasyprint = _weasyprint()
    return bytes(
        weasyprint.HTML(
            string=document_html(pack),
            # everything is in the page itself: no file and no address is read
            url_fetcher=weasyprint.urls.URLFetcher(allowed_protocols=("data",)),
        ).write_pdf(
            pdf_variant="pdf/ua-1",
            pdf_identifier=hashlib.sha256(f"{pack.release_id} {pack.title} {pack.edition}".encode()).digest()[:16],
        )
    )


def document_html(pack: Pack) -> str:
    """The document as one page of HTML, charts included."""
    sections = [section for section in pack.sections if section.brief or section.pages]
    entries = [
        entry
        for section in sections
        for entry in (
            Entry(section.id, section.title, 1),
            *(Entry(page.id, page.heading, 2) for page in section.pages),
        )
    ]
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    anchors = {page.id for page in pack.pages}

    def anchored(cell: Cell) -> Markup:
        text = escape(cell_text(cell))
        return Markup('<a href="#{}">{}</a>').format(cell.link, text) if cell.link in anchors else text

    return environment.get_template("document.html").render(
        pack=pack,
        cover=next(section for section in pack.sections if section.facts),
        sections=sections,
        entries=entries,
        images=_images(pack),
        css=Markup(_css(pack, environment)),
        moment=f"{dt.datetime.fromisoformat(pack.known_at):%Y-%m-%dT%H:%M:%SZ}",
        withheld=withheld(pack, sections),
        cell_text=cell_text,
        anchored=anchored,
        share=_share,
        row_head=_row_head,
        most_told=MOST_TOLD,
    )


def withheld(pack: Pack, sections: list[Section]) -> int:
    """How many cells of the tables of the document hold the marker of what may not be told."""
    tables = [section.brief.table for section in sections if section.brief]
    return sum(
        column.kind == "number" and cell.marker == pack.withheld_mark
        for table in tables
        for row in table.rows
        for column, cell in zip(table.columns, row, strict=True)
    )


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:
        raise WarehouseError(
            f"The document of the board pack cannot be laid out ({str(error).splitlines()[0]}); "
            f"on Debian: apt-get install {PACKAGES}; or make the workbook alone (--no-document)."
        ) from error
    return weasyprint


def _images(pack: Pack) -> dict[str, str]:
    """The charts of all pages as addresses that hold their drawing."""
    from pipelines.board.charts import bar_chart, draw, trend_chart

    specs = {}
    for page in pack.pages:
        if page.trend:
            specs[f"{page.id}.trend"] = trend_chart(page.trend, page.table, 330 if page.bars else 640, HEIGHT)
        if page.bars:
            width = 200 if page.trend else 480
            specs[f"{page.id}.bars"] = bar_chart(page.bars, pack.tables[page.bars.table_id], width, HEIGHT)
    drawings = draw(specs.values())
    return {
        name: f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
        for name, drawing in zip(specs, drawings, strict=True)
    }


def _css(pack: Pack, environment: Environment) -> str:
    colours = {
        "ink": house.INK,
        "white": house.WHITE,
        "dark": house.DARK,
        "quiet": house.MIDDLE,
        "light": house.LIGHT,
        "pale": house.PALE,
        "warning": house.WARNING,
        "link": house.LINK,
    }
    template = environment.overlay(autoescape=False).get_template("document.css")
    return template.render(
        {name: f"#{colour}" for name, colour in colours.items()},
        faces=", ".join(f'"{face}"' for face in house.FACES),
        running=_quoted(f"{pack.force_name}: {pack.plan_title}"),
        footer=_quoted(f"{pack.quarter.name}, {pack.edition} edition, release {pack.release_id}"),
        banner="SAMPLE DATA" if pack.is_sample else "",
    )


def _quoted(text: str) -> str:
    """Text within the double quotes of a style sheet, itself within HTML."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ").replace("\n", " ")


def _share(table: Table, column: Column) -> float:
    """Width of a column in per cent of the table: as declared, or wider where a number or a heading would be broken."""
    widths = {other.name: _width(other, table.column(other.name)) for other in table.columns}
    return round(100 * widths[column.name] / sum(widths.values()), 2)


def _width(column: Column, cells: list[Cell]) -> float:
    numbers = [len(cell_text(cell)) + 2.5 for cell in cells] if column.kind == "number" else []
    return max(column.width, *(1.4 * len(word) + 2.5 for word in column.heading.split()), *numbers)


def _row_head(table: Table) -> str:
    """The column that names a row."""
    names = [column.name for column in table.columns]
    return next(
        (name for name in ("indicator_name", "check_name", "name", "word", "issue_id") if name in names), names[0]
    )
