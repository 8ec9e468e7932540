"""Months and financial years (April to March)."""

from __future__ import annotations

import datetime as dt
import re


def parse_month(text: str) -> dt.date | None:
    """The first day of the month `YYYY-MM`, or None if the text is no month."""
    match = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
        return None
    return dt.date(int(match[1]), int(match[2]), 1)


def month_label(month: dt.date) -> str:
    """`YYYY-MM`."""
    return f"{month:%Y-%m}"
