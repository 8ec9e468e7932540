"""Cells as people write them, made into the one form in which a column's type is read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from pipelines.sources.contract import Column, Layout

Reader = Callable[[str], str | None]
"""Canonical text of a cell; empty for an empty cell, None when it cannot be read as the column's type."""

_SPACES = re.compile("[\\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}\N{THIN SPACE}]+")
_NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?(e[-+]?\d+)?%?|[-+]?\.\d+%?", re.IGNORECASE | re.ASCII)
_TIME = re.compile(r"(.+?)[ T](\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?", re.ASCII)
_YES, _NO = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}
# Excel writes a negative number in brackets or with a true minus sign.
_MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{NON-BREAKING HYPHEN}": "-"})


def reader(column: Column, layout: Layout) -> Reader:
    """How the cells of a column are read.

    Numbers may carry thousands separators, spaces and non-breaking spaces, and a percent sign (12.5% is 0.125).
    Dates are ISO (from date cells of a workbook) or of the layout's `date_formats`; a time of day behind a date is
    cut off for a DATE. White space around any value but text is no part of it.
    """
    match column.type:
        case "VARCHAR":
            return _text
        case "BIGINT":
            return _whole
        case "DOUBLE":
            return _number
        case "BOOLEAN":
            return _boolean
        case "DATE":
            return lambda cell: _date(cell, layout.date_formats)
        case _:
            return lambda cell: _timestamp(cell, layout.date_formats)


def is_month_first(cells: Iterable[str], layout: Layout) -> bool:
    """Whether dates that should be day first can all be read month first, and not all day first."""
    formats = tuple(f.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m") for f in layout.date_formats[:1])
    dates = [cell for cell in cells if _cut(cell)]
    return any(_timestamp(cell, layout.date_formats) is None for cell in dates) and all(
        _timestamp(cell, formats) is not None for cell in dates
    )


def _cut(cell: str) -> str:
    return _SPACES.sub(" ", cell).strip()


def _text(cell: str) -> str:
    return cell


def _number(cell: str) -> str | None:
    text = _SPACES.sub("", cell).translate(_MINUS)
    if not text:
        return ""
    if text[0] == "(" and text[-1] == ")":
        text = "-" + text[1:-1]
    if not _NUMBER.fullmatch(text):
        return None
    text = text.replace(",", "")
    return str(Decimal(text[:-1]) / 100) if text[-1] == "%" else text


def _whole(cell: str) -> str | None:
    text = _number(cell)
    if not text:
        return text
    value = Decimal(text)
    return str(int(value)) if value == value.to_integral_value() and abs(value) < 2**63 else None


def _boolean(cell: str) -> str | None:
    text = _cut(cell).casefold()
    return "" if not text else "true" if text in _YES else "false" if text in _NO else None


def _date(cell: str, formats: tuple[str, ...]) -> str | None:
    text = _timestamp(cell, formats)
    return text if text is None else text[:10]


def _timestamp(cell: str, formats: tuple[str, ...]) -> str | None:
    text = _cut(cell)
    if not text:
        return ""
    clock = ""
    if ":" in text:
        found = _TIME.fullmatch(text)
        if found is None or int(found[2]) > 23 or int(found[3]) > 59 or int(found[4] or 0) > 59:
            return None
        text, clock = found[1], f" {int(found[2]):02}:{found[3]}:{found[4] or '00'}{found[5] or ''}"
    for form in ("%Y-%m-%d", *formats):
        try:
            day = dt.datetime.strptime(text, form).date()
        except ValueError:
            continue
        # Two-digit years and typing slips: no record of a force is from the first century.
        return day.isoformat() + clock if day.year >= 1900 else None
    return None
