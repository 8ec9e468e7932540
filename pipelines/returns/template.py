"""The sheet that is filled in: a workbook with drop-downs and a guide, or the header as CSV."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from pipelines.returns.periods import FORMS, WORDS, Period, parse_period
from pipelines.returns.registry import (
    Measure,
    PeriodType,
    load_areas,
    load_authorities,
    load_breakdowns,
    load_measures,
    plain_name,
)
from pipelines.returns.rules import MARKERS, listed, nearest_measures
from pipelines.returns.style import FONT, HEAD, HEAD_FONT, WIDTHS, WRAPPED, height
from pipelines.sources.contract import load_contracts
from pipelines.sources.forces import Force, load_forces

LAST_ROW = 5_000
"""Drop-downs reach so far; rows below are read all the same."""

HELP = {
    "measure": "What the number is about. Choose from the list; the sheet guide says what each measure counts.",
    "area": "The force, or a local authority. Choose from the list, or write the name or the ONS code.",
    "period": "Write 2020-04 for a month, 2020 Q4 for January to March 2021, 2020/21 for a financial year, 2020 for a "
    "calendar year, 2020-03-31 for a day. The sheet guide says which of them a measure takes.",
    "breakdown": "Leave empty for the total. Else the kind of breakdown, an equals sign and the value, as in the list.",
    "numerator": "The number itself, without unit or percent sign. Where there is none, write "
    f"{' or '.join(MARKERS)}: never 0 for a number that is not known.",
    "denominator": "For shares, rates and means: what the numerator is divided by. Empty for counts and amounts.",
    "note": "For whoever reads this sheet. It is not loaded. Never write the name of a person.",
}
STEPS = (
    "Fill in one row for each number on the sheet return. The sheet has no examples to delete.",
    "Give every row of a measure for a year in one file: a later return of the measure replaces all its rows of the year.",
    "Save the file as it is (.xlsx) or as CSV. Its name should hold the name of the force.",
    "Hand it in to whoever runs the warehouse. If a row breaks a rule, the file comes back with the cells marked.",
)
_GUIDE_WIDTHS = (34, 110)
_RECENT: dict[PeriodType, int] = {"month": 24, "quarter": 8, "fin_year": 4, "cal_year": 4, "snapshot": 8}


def columns() -> list[str]:
    """The headers of a return, in order."""
    return [column.header for column in load_contracts()["performance_return"].columns if column.header in HELP]


def write_template(path: Path, names: list[str], force: str, today: dt.date | None = None) -> None:
    """Write a template for the measures named: a workbook, or for a path that ends in .csv the header alone.

    Raises:
        ValueError: a measure is not known, or the path cannot be used; the message is a sentence with the mend.
    """
    known = load_measures()
    for name in names:
        if name not in known:
            near = nearest_measures(name)
            hint = f"did you mean {listed(near)}?" if near else "seed return_measure lists them."
            raise ValueError(f"There is no measure {name!r}; {hint}")
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise ValueError(f"{path} is neither .xlsx nor .csv; name a file of one of the two.")
    if path.exists():
        raise ValueError(f"{path} exists and may be filled in; name another file with --out.")
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerow(columns())
        return
    measures = [known[name] for name in dict.fromkeys(names)]
    template(measures, load_forces()[force], today or dt.date.today()).save(path)


def template(measures: list[Measure], force: Force, today: dt.date) -> Workbook:
    """A workbook in which these measures can be returned for the force and its local authorities."""
    workbook = Workbook()
    workbook.properties.title, workbook.properties.creator = "Performance return", "fpw"
    lists = {
        "measure": [measure.measure_id for measure in measures],
        "area": list(_areas(force)),
        "period": [period.text for period in _periods(measures, today)],
        "breakdown": list(_breakdowns(measures)),
    }
    _return(workbook.active, lists)
    _guide(workbook.create_sheet("guide"), measures)
    _lists(workbook.create_sheet("lists"), lists)
    return workbook


def _return(sheet: Any, lists: dict[str, list[str]]) -> None:
    sheet.title = "return"
    for number, header in enumerate(columns(), start=1):
        cell, letter = sheet.cell(1, number, header), get_column_letter(number)
        cell.fill, cell.font = HEAD, HEAD_FONT
        cell.comment = Comment(HELP[header], "fpw", height=120, width=320)
        sheet.column_dimensions[letter].width = WIDTHS[header]
        # Else a spreadsheet makes a date of 2020-04.
        form = "General" if header in ("numerator", "denominator") else "@"
        sheet.column_dimensions[letter].number_format = form
        for row in range(2, 202):
            cell = sheet.cell(row, number)
            cell.number_format, cell.font = form, FONT
    for number, (header, choices) in enumerate(lists.items(), start=1):
        if not choices:
            continue
        letter = get_column_letter(number)
        validation = DataValidation(
            "list", formula1=f"lists!${letter}$2:${letter}${len(choices) + 1}", allow_blank=True
        )
        validation.showErrorMessage = header == "measure"  # the others may hold what is not in the list
        validation.errorTitle, validation.error = "Unknown measure", "Choose a measure from the list."
        validation.add(f"{letter}2:{letter}{LAST_ROW}")
        sheet.add_data_validation(validation)
    sheet.freeze_panes = "B2"
    _landscape(sheet)


def _guide(sheet: Any, measures: list[Measure]) -> None:
    _widths(sheet, _GUIDE_WIDTHS)
    heads = {("how to fill in the return", ""), ("columns", "")} | {(m.measure_id, m.name) for m in measures}
    rows = [
        ("how to fill in the return", ""),
        *((f"step {number}", step) for number, step in enumerate(STEPS, start=1)),
    ]
    rows += [("", ""), ("columns", ""), *HELP.items()]
    for measure in measures:
        rows += [("", ""), (measure.measure_id, measure.name), *_described(measure)]
    for number, (word, text) in enumerate(rows, start=1):
        sheet.append([word, text])
        for cell in sheet[number]:
            cell.font, cell.alignment, cell.number_format = FONT, WRAPPED, "@"
            if (word, text) in heads:
                cell.fill, cell.font = HEAD, HEAD_FONT
        sheet.row_dimensions[number].height = height(text, _GUIDE_WIDTHS[1])
    _landscape(sheet)


def _described(measure: Measure) -> Iterator[tuple[str, str]]:
    """What the guide says of a measure: columns and what they hold."""
    known = load_breakdowns()
    yield "numerator", _sentence(measure.numerator)
    yield "denominator", _sentence(measure.denominator or "leave empty")
    yield "value", f"In: {measure.unit}." if measure.has_denominator else f"The numerator, in: {measure.unit}."
    yield "period", _sentence("; ".join(f"{WORDS[kind]} ({FORMS[kind]})" for kind in measure.period_types))
    for kind in measure.breakdown_types:
        values = f": {', '.join(known[kind].values)}" if known[kind].values else ""
        yield f"breakdown {kind}=", f"{known[kind].description}{values}."
    if not measure.breakdown_types:
        yield "breakdown", "Leave empty."


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _lists(sheet: Any, lists: dict[str, list[str]]) -> None:
    _widths(sheet, (32, 26, 14, 34))
    for number, (header, choices) in enumerate(lists.items(), start=1):
        for row, text in enumerate([header, *choices], start=1):
            cell = sheet.cell(row, number, text)
            cell.number_format, cell.font = "@", FONT
            if row == 1:
                cell.fill, cell.font = HEAD, HEAD_FONT
    sheet.freeze_panes = "A2"
    _landscape(sheet)


def _areas(force: Force) -> Iterator[str]:
    """The force and its local authorities, by name, or by code where the name means more than one area."""
    known = load_areas()
    for code, name in ((force.area_code, force.police_uk_label), *load_authorities().get(force.area_code, ())):
        yield name if len(known[plain_name(name)].codes) == 1 else code


def _periods(measures: Iterable[Measure], today: dt.date) -> Iterator[Period]:
    """The periods that ended last, newest first, of each type that any of the measures takes."""
    wanted = {kind for measure in measures for kind in measure.period_types}
    for kind, count in _RECENT.items():
        if kind in wanted:
            ended = sorted(_ended(kind, today), key=lambda period: period.end, reverse=True)
            yield from ended[:count]


def _ended(kind: PeriodType, today: dt.date) -> Iterator[Period]:
    for year in range(today.year - 5, today.year + 1):
        texts = {
            "month": [f"{year}-{month:02}" for month in range(1, 13)],
            "quarter": [f"{year} Q{quarter}" for quarter in range(1, 5)],
            "fin_year": [f"{year}/{(year + 1) % 100:02}"],
            "cal_year": [str(year)],
            "snapshot": [f"{year}-{day}" for day in ("03-31", "06-30", "09-30", "12-31")],
        }
        for text in texts[kind]:
            if (period := parse_period(text)) and period.end < today:
                yield period


def _breakdowns(measures: Iterable[Measure]) -> Iterator[str]:
    known = load_breakdowns()
    for kind in dict.fromkeys(kind for measure in measures for kind in measure.breakdown_types):
        yield from [f"{kind}={value}" for value in known[kind].values] or [f"{kind}="]


def _widths(sheet: Any, widths: Iterable[int]) -> None:
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width


def _landscape(sheet: Any) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.gridLines = True
