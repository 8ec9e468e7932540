"""How periods are written in a return."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import NamedTuple

from pipelines.returns.registry import PeriodType

FIRST_YEAR, LAST_YEAR = 1990, 2099
FORMS: dict[PeriodType, str] = {
    "month": "2020-04",
    "quarter": "2020 Q4",
    "fin_year": "2020/21",
    "cal_year": "2020",
    "snapshot": "2020-03-31",
}
"""An example of each form. A quarter is one of the financial year that starts in the year named: 2020 Q4 ends in March
2021. A financial year has a stroke, because 2011-12 is December 2011. The macros return_period_* read the same forms."""

WORDS: dict[PeriodType, str] = {
    "month": "month",
    "quarter": "quarter of a financial year",
    "fin_year": "financial year",
    "cal_year": "calendar year",
    "snapshot": "day",
}

_YEAR = re.compile(r"([0-9]{4})")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_QUARTER = re.compile(r"([0-9]{4}) ?[Qq]([1-4])")
_FIN_YEAR = re.compile(r"([0-9]{4})/([0-9]{2})")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


class Period(NamedTuple):
    """A period with its first and last day."""

    type: PeriodType
    start: dt.date
    end: dt.date

    @property
    def text(self) -> str:
        """As it is written in a return."""
        year = self.start.year
        match self.type:
            case "month":
                return f"{self.start:%Y-%m}"
            case "quarter":
                return f"{self.end.year - 1} Q4" if self.start.month == 1 else f"{year} Q{self.start.month // 3}"
            case "fin_year":
                return f"{year}/{(year + 1) % 100:02}"
            case "cal_year":
                return str(year)
        return self.start.isoformat()


def parse_period(text: str) -> Period | None:
    """The period that a text without white space around it means, or None."""
    year = _YEAR.match(text)
    if not year or not FIRST_YEAR <= int(year[1]) <= LAST_YEAR:
        return None
    first = int(year[1])
    if len(text) == 4:
        return _months("cal_year", first, 1, 12)
    if (found := _MONTH.fullmatch(text)) and 1 <= int(found[2]) <= 12:
        return _months("month", first, int(found[2]), 1)
    if found := _QUARTER.fullmatch(text):
        quarter = int(found[2])
        return _months("quarter", first + quarter // 4, quarter * 3 % 12 + 1, 3)
    if (found := _FIN_YEAR.fullmatch(text)) and int(found[2]) == (first + 1) % 100:
        return _months("fin_year", first, 4, 12)
    if found := _DAY.fullmatch(text):
        try:
            day = dt.date(first, int(found[2]), int(found[3]))
        except ValueError:
            return None
        return Period("snapshot", day, day)
    return None


def _months(kind: PeriodType, year: int, month: int, months: int) -> Period:
    last = year * 12 + month - 2 + months
    end_year, end_month = last // 12, last % 12 + 1
    return Period(
        kind, dt.date(year, month, 1), dt.date(end_year, end_month, calendar.monthrange(end_year, end_month)[1])
    )
