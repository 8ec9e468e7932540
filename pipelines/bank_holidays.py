"""Writes seed bank_holiday: the bank holidays of England and Wales, from the holidays library.

A seed, and not a table filled at run time: dbt parses, builds and unit-tests without the library or a network, and a
holiday that is added or moved shows as a changed line in review. A test holds the seed against the library.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

SEED = Path(__file__).resolve().parents[1] / "dbt_project" / "seeds" / "reference" / "bank_holiday.csv"
FIRST_YEAR = 2005
LAST_YEAR = 2035


def bank_holidays(first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> dict[dt.date, str]:
    """Bank holidays of England and Wales with their names, days given in lieu included."""
    import holidays

    years = range(first_year, last_year + 1)
    england, wales = (dict(holidays.country_holidays("GB", subdiv=part, years=years)) for part in ("ENG", "WLS"))
    if england != wales:
        raise ValueError("England and Wales have different bank holidays; the seed needs a column for the country.")
    return dict(sorted(england.items()))


def seed_text(days: dict[dt.date, str]) -> str:
    """The content of the seed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["holiday_date", "holiday_name"])
    writer.writerows((day.isoformat(), name) for day, name in days.items())
    return text.getvalue()


if __name__ == "__main__":
    SEED.write_text(seed_text(bank_holidays()), encoding="utf-8")
