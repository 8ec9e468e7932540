"""What openpyxl cannot write: text alternatives of charts, sparklines, error bars in order, and bytes that repeat."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from openpyxl import Workbook

_STAMP = re.compile(r"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_FRAME = re.compile(r'<((?:\w+:)?cNvPr) id="(\d+)" name="[^"]*"')
_BARS = re.compile(r"(<minus>.*?</minus>)(<plus>.*?</plus>)", re.DOTALL)
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_SPARKLINES = "{05C60535-1F16-4fd2-B633-F4F36F0B64E0}"


@dataclass(frozen=True)
class Alternative:
    """Name and text alternative of a chart."""

    name: str
    text: str


def workbook_bytes(
    workbook: Workbook,
    *,
    moment: dt.datetime,
    alternatives: Mapping[str, Sequence[Alternative]],
    sparklines: Mapping[str, Mapping[str, str]],
    shades: tuple[str, str],
) -> bytes:
    """The workbook as a file; the same workbook gives the same bytes.

    `moment` is written as the time of the file and of its parts. `alternatives` has those of the charts of each sheet
    (by its title), in the order in which the charts were added; `sparklines` the range behind each cell of a sheet, drawn in `shades`: all
    columns, and the last one.
    """
    written = io.BytesIO()
    workbook.save(written)
    titles = workbook.sheetnames
    drawn = [title for title in titles if title in alternatives]
    stamp = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    out = io.BytesIO()
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(out, "w") as target:
        for info in parts.infolist():
            content = parts.read(info)
            if info.filename == "docProps/core.xml":
                content = _STAMP.sub(rf"\g<1>{stamp}", content.decode()).encode()
            elif info.filename.startswith("xl/charts/chart"):
                # openpyxl writes them in the other order, and Excel would repair the file
                content = _BARS.sub(r"\2\1", content.decode()).encode()
            elif match := re.fullmatch(r"xl/drawings/drawing(\d+)\.xml", info.filename):
                content = _described(content.decode(), alternatives[drawn[int(match[1]) - 1]]).encode()
            elif (match := re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", info.filename)) and (
                cells := sparklines.get(titles[int(match[1]) - 1])
            ):
                content = _with_sparklines(content.decode(), cells, *shades).encode()
            member = zipfile.ZipInfo(info.filename, max(moment, dt.datetime(1980, 1, 1)).timetuple()[:6])
            member.compress_type, member.external_attr, member.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            target.writestr(member, content)
    return out.getvalue()


def _described(drawing: str, alternatives: Sequence[Alternative]) -> str:
    def frame(match: re.Match[str]) -> str:
        found = alternatives[int(match[2]) - 1]
        return f'<{match[1]} id="{match[2]}" name={quoteattr(found.name)} descr={quoteattr(found.text)}'

    return _FRAME.sub(frame, drawing)


def _with_sparklines(sheet: str, cells: Mapping[str, str], series: str, last: str) -> str:
    lines = "".join(
        f"<x14:sparkline><xm:f>{escape(source)}</xm:f><xm:sqref>{cell}</xm:sqref></x14:sparkline>"
        for cell, source in cells.items()
    )
    group = (
        # columns from zero: the lines of LibreOffice are lost in print
        '<x14:sparklineGroup manualMin="0" type="column" displayEmptyCellsAs="gap" last="1" minAxisType="custom">'
        f'<x14:colorSeries rgb="FF{series}"/><x14:colorLast rgb="FF{last}"/>'
        f"<x14:sparklines>{lines}</x14:sparklines></x14:sparklineGroup>"
    )
    extension = (
        f'<extLst><ext uri="{_SPARKLINES}" xmlns:x14="{_X14}">'
        f'<x14:sparklineGroups xmlns:xm="{_XM}">{group}</x14:sparklineGroups></ext></extLst>'
    )
    head, end, rest = sheet.rpartition("</worksheet>")
    return f"{head}{extension}{end}{rest}"
