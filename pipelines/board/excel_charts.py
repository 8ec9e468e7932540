"""Charts of the workbook: native, so that a reader can change them; drawn from the rows of the table beside them.

A line is a series for each stretch of rows that belongs together, so it never crosses a gap or a break, and no cell
that holds a marker is taken for zero.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef, StrRef
from openpyxl.chart.error_bar import ErrorBars
from openpyxl.chart.label import DataLabel, DataLabelList
from openpyxl.chart.legend import LegendEntry
from openpyxl.chart.marker import DataPoint, Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties, RegularTextRun
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.board import excel_style as style
from pipelines.board.content import Bars, Run, Table, Trend

MONTH = 365.25 / 12


@dataclass(frozen=True)
class Placed:
    """A table as it stands on a sheet: `row` is that of its header."""

    table: Table
    sheet: Worksheet
    row: int

    def cells(self, column: str, run: Run) -> Reference:
        """The cells of a column in these rows."""
        place = self.table.position(column) + 1
        return Reference(self.sheet, place, self.row + 1 + run.first, place, self.row + 1 + run.last)

    def address(self, column: str, run: Run) -> str:
        """The same as text."""
        return str(self.cells(column, run))


def trend_chart(trend: Trend, placed: Placed, width: float, height: float) -> Any:
    """The line chart of a page; sizes in cm."""
    chart: Any = ScatterChart()
    _dress(chart, trend.title, trend.x_title, trend.y_title, width, height)
    chart.scatterStyle = "lineMarker"
    numbers = [cell for name in ("value", "mean", "lpl", "upl", "target") for cell in placed.table.column(name)]
    shown = [float(cell.value) for cell in numbers if isinstance(cell.value, int | float)]
    floor, ceiling, step = _scale([0.0, *shown] if trend.from_zero else shown)
    chart.y_axis.scaling.min, chart.y_axis.scaling.max, chart.y_axis.majorUnit = floor, ceiling, step
    first = next((cell for cell in placed.table.column("value") if cell.marker is None), None)
    chart.y_axis.numFmt = _plain_format(step, first.unit.suffix if first and first.unit.suffix == " %" else "")
    _days(chart, [cell.value for cell in placed.table.column(trend.x) if isinstance(cell.value, dt.date)])

    named: set[str] = set()
    unnamed: list[int] = []

    def add(name: str, column: str, runs: Iterable[Run]) -> list[Any]:
        made = []
        for run in runs:
            series = Series(placed.cells(column, run), placed.cells(trend.x, run), title=name)
            series.smooth = False
            series.marker = Marker(symbol="none")
            if name in named:
                unnamed.append(len(chart.series))
            named.add(name)
            chart.series.append(series)
            made.append(series)
        return made

    for column in ("upl", "lpl"):
        for series in add("Process limits", column, trend.limits):
            _stroke(series, style.MIDDLE, 1.25, "sysDash")
    for series in add("Mean", "mean", trend.limits):
        _stroke(series, style.MIDDLE, 1.5, "solid")
    for series in add("Target", "target", trend.targets):
        _stroke(series, style.ACCENT, 2.0, "lgDash")
    many = sum(run.last - run.first + 1 for run in trend.values) > 24
    for run, series in zip(trend.values, add("Value", "value", trend.values), strict=True):
        _stroke(series, style.DARK, 1.75, "solid")
        series.marker = Marker(symbol="none") if many else _marker("circle", 5, style.DARK)
        series.dPt = [
            DataPoint(idx=signal.row - run.first, marker=_marker(*_SIGNALS[signal.code]), spPr=_line(style.DARK, 1.75))
            for signal in trend.signals
            if run.first <= signal.row <= run.last
        ]
    for entry in trend.breaks:
        at = Run(entry.row, entry.row)
        for series in add("Break in the series", "value", [at]):
            _stroke(series, "000000", 1.5, "sysDot")
            # reaches past both ends of the axis, where it is cut
            series.errBars = ErrorBars(
                errDir="y",
                errBarType="both",
                errValType="fixedVal",
                val=2 * (ceiling - floor),
                noEndCap=True,
                spPr=_line("000000", 1.5, "sysDot"),
            )
    chart.legend.legendEntry = [LegendEntry(idx=place, delete=True) for place in unnamed]
    return chart


_SIGNALS = {
    "special_cause_improvement": ("triangle", 8, style.DARK),
    "special_cause_concern": ("diamond", 8, style.DARK),
    "special_cause_neutral_high": ("square", 6, style.DARK),
    "special_cause_neutral_low": ("square", 6, style.DARK),
}
"""Shape, size and filling of a point that is a special cause."""


def bar_chart(bars: Bars, placed: Placed, width: float, height: float) -> Any:
    """The similar forces as bars with their intervals; sizes in cm."""
    chart: Any = BarChart()
    chart.type, chart.gapWidth, chart.legend = "bar", 45, None
    _dress(chart, bars.title, None, bars.x_title, width, height)
    values = placed.cells("value", bars.run)
    series = Series(values, title="Value")
    rows = placed.table.rows[bars.run.first : bars.run.last + 1]
    value, high = (placed.table.position(name) for name in ("value", "ci_high"))
    numbers = [row[value].value for row in rows]
    series.graphicalProperties = _fill("D0D5DD")
    series.errBars = ErrorBars(
        errBarType="both",
        errValType="cust",
        plus=NumDataSource(numRef=NumRef(f=placed.address("above", bars.run))),
        minus=NumDataSource(numRef=NumRef(f=placed.address("below", bars.run))),
        spPr=_line("000000", 1.25),
    )
    labels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False, dLblPos="inBase")
    labels.txPr = _text(900)
    labels.dLbl = []
    for place, middle in enumerate(numbers):
        own = bars.own == bars.run.first + place
        if own:
            series.dPt.append(DataPoint(idx=place, spPr=_fill(style.DARK)))
        if own or middle is None:
            label = DataLabel(
                idx=place,
                showVal=middle is not None,
                showSerName=False,
                showCatName=False,
                showLegendKey=False,
                dLblPos="inBase",
            )
            label.txPr = _text(900, "FFFFFF", bold=True)
            labels.dLbl.append(label)
    series.dLbls = labels
    chart.series.append(series)
    series.cat = AxDataSource(strRef=StrRef(f=placed.address("force_name", bars.run)))
    shown = [number for row in rows for at in (value, high) if isinstance(number := row[at].value, int | float)]
    _, ceiling, step = _scale([0.0, *shown])
    chart.y_axis.scaling.min, chart.y_axis.scaling.max, chart.y_axis.majorUnit = 0, ceiling, step
    chart.y_axis.numFmt = _plain_format(step, "")
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.crosses = "max"
    return chart


def _dress(chart: Any, title: str, x_title: str | None, y_title: str, width: float, height: float) -> None:
    chart.width, chart.height, chart.style, chart.roundedCorners = width, height, 2, False
    chart.title = _title(title, 1100, bold=True)
    chart.display_blanks = "gap"
    for axis, text in ((chart.x_axis, x_title), (chart.y_axis, y_title)):
        axis.delete = False
        axis.title = _title(text, 900) if text else None
        axis.txPr = _text(900)
        axis.majorTickMark = "out"
        axis.graphicalProperties = _line(style.MIDDLE, 0.75)
    chart.x_axis.majorGridlines = None
    chart.y_axis.majorGridlines.spPr = _line(style.LIGHT, 0.5)
    if chart.legend:
        chart.legend.position = "b"
        chart.legend.txPr = _text(900)


def _days(chart: Any, days: list[dt.date]) -> None:
    """The axis of days, in steps of whole months from the first of one, or from the last where the days are last ones.

    A tick stands up to a few days inside its month: the steps of an axis are equal and months are not, and a tick that
    fell into the next month would be labelled so.
    """
    first, last = min(days), max(days)
    months = max((last.year - first.year) * 12 + last.month - first.month, 1)
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120) if months / step <= 12 or step == 120)
    start = first.replace(day=1)
    begin = start.year * 12 + start.month - 1 - min(step, 6 if months > 12 else 1)
    if all(day.day >= 28 for day in days):
        begin += 1
        origin = _serial(dt.date(begin // 12, begin % 12 + 1, 1)) - 4
    else:
        origin = _serial(dt.date(begin // 12, begin % 12 + 1, 1)) + 3
    count = math.ceil((_serial(last) + 10 - origin) / (step * MONTH))
    axis = chart.x_axis
    axis.scaling.min, axis.scaling.max = origin, origin + count * step * MONTH
    axis.majorUnit = step * MONTH
    axis.numFmt, axis.number_format = None, "mmm yyyy"
    axis.tickLblPos = "low"


def _serial(day: dt.date) -> float:
    """The day as a spreadsheet counts it."""
    return float((day - dt.date(1899, 12, 30)).days)


def _scale(numbers: list[float]) -> tuple[float, float, float]:
    """Floor, ceiling and step of an axis of values: round numbers; from zero where zero is near."""
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    if 0 < low < 0.6 * high:
        low = 0.0
    spread = (high - low) or abs(high) or 1.0
    size = 10.0 ** math.floor(math.log10(spread / 5))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if spread / (factor * size) <= 6)
    return math.floor(low / step) * step, math.ceil(high / step + 0.05) * step, step


def _plain_format(step: float, suffix: str) -> str:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) + (
        1 if f"{step:e}"[2] == "5" and f"{step:e}"[0] == "2" else 0
    )
    return "#,##0" + ("." + "0" * decimals if decimals else "") + (f'"{suffix}"' if suffix else "")


def _line(colour: str, points: float, dash: Any = "solid") -> GraphicalProperties:
    return GraphicalProperties(ln=LineProperties(solidFill=colour, w=round(points * 12_700), prstDash=dash))


def _fill(colour: str) -> GraphicalProperties:
    return GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=style.DARK, w=9_525))


def _stroke(series: Any, colour: str, points: float, dash: str) -> None:
    series.graphicalProperties = _line(colour, points, dash)


def _marker(symbol: Any, size: int, colour: str) -> Marker:
    return Marker(
        symbol=symbol,
        size=size,
        spPr=GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=style.DARK, w=9_525)),
    )


def _character(size: int, colour: str, bold: bool) -> CharacterProperties:
    return CharacterProperties(sz=size, b=bold, solidFill=colour, latin=Font(typeface=style.FACE))


def _text(size: int, colour: str = "000000", *, bold: bool = False) -> RichText:
    properties = ParagraphProperties(defRPr=_character(size, colour, bold))
    return RichText(p=[Paragraph(pPr=properties, endParaRPr=CharacterProperties(sz=size))])


def _title(text: str, size: int, *, bold: bool = False) -> Title:
    run = RegularTextRun(rPr=_character(size, "000000", bold), t=text)
    properties = ParagraphProperties(defRPr=_character(size, "000000", bold))
    title = Title(overlay=False)
    title.tx = Text(rich=RichText(p=[Paragraph(pPr=properties, r=[run])]))
    return title
