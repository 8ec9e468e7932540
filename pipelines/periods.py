"""Months, quarters and financial years (April to March)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal, NamedTuple


def parse_month(text: str) -> dt.date | None:
    """The first day of the month `YYYY-MM`, or None if the text is no month."""
    match = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
    if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
        return None
    return dt.date(int(match[1]), int(match[2]), 1)


def month_label(month: dt.date) -> str:
    """`YYYY-MM`."""
    return f"{month:%Y-%m}"


def month_end(month: dt.date) -> dt.date:
    """The last day of the month that starts on this day."""
    return _span(month.year, month.month, 1).end


class Span(NamedTuple):
    """First and last day of a period."""

    start: dt.date
    end: dt.date


def span_of(text: str, length: Literal["month", "quarter", "year", "financial_year"]) -> Span | None:
    """The period of that length to which a text belongs, or None.

    The text is a date (YYYY-MM-DD, whatever follows), a month (YYYY-MM), a financial year (2019/20, 2019-20), or, for
    years, anything that starts with four digits.
    """
    if match := re.fullmatch(r"([0-9]{4})[/-](?:[0-9]{2})?([0-9]{2})", text):
        first = int(match[1])
        if length in ("year", "financial_year") and int(match[2]) == (first + 1) % 100:
            return _span(first, 4 if length == "financial_year" else 1, 12)
    match = re.match(r"([0-9]{4})(?:-([0-9]{2}))?", text)
    if not match or not 1900 <= int(match[1]) <= 2200:
        return None
    year = int(match[1])
    if length == "year":
        return _span(year, 1, 12)
    if not match[2] or not 1 <= int(match[2]) <= 12:
        return None
    month = int(match[2])
    if length == "month":
        return _span(year, month, 1)
    if length == "quarter":
        return _span(year, month - (month - 1) % 3, 3)
    return _span(year if month >= 4 else year - 1, 4, 12)


def _span(year: int, month: int, months: int) -> Span:
    after = year * 12 + month - 1 + months
    return Span(dt.date(year, month, 1), dt.date(after // 12, after % 12 + 1, 1) - dt.timedelta(days=1))


class Quarter(NamedTuple):
    """A quarter of a financial year (April to March), named by the year it starts in."""

    name: str
    start: dt.date
    end: dt.date

    @property
    def label(self) -> str:
        """As it is spoken of: January to March 2021 (2020/21, quarter 4)."""
        year, number = int(self.name[:4]), self.name[5]
        return f"{self.start:%B} to {self.end:%B %Y} ({year}/{(year + 1) % 100:02}, quarter {number})"


def parse_quarter(text: str) -> Quarter | None:
    """The quarter `2020Q4` (January to March 2021), or None if the text is none."""
    match = re.fullmatch(r"(\d{4})Q([1-4])", text.strip().upper())
    if not match or not 1900 <= int(match[1]) <= 2200:
        return None
    months = int(match[1]) * 12 + 3 * int(match[2])
    return Quarter(match[0], *_span(months // 12, months % 12 + 1, 3))


def quarters(first: str, last: str) -> list[Quarter]:
    """The quarters from the one that holds the day `first` (YYYY-MM-DD) to the one that holds `last`."""
    start, end = (dt.date.fromisoformat(text) for text in (first, last))
    names = (f"{year}Q{number}" for year in range(start.year - 1, end.year + 1) for number in (1, 2, 3, 4))
    found = (quarter for name in names if (quarter := parse_quarter(name)))
    return [quarter for quarter in found if quarter.end >= start and quarter.start <= end]


def add_months(month: dt.date, count: int) -> dt.date:
    """The first day of the month so many months later, or earlier."""
    number = month.year * 12 + month.month - 1 + count
    return dt.date(number // 12, number % 12 + 1, 1)


def months_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """First days of the months from the one of `first` to that of `last`, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [add_months(first, step) for step in range(count)]
