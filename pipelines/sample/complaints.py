"""Sample of complaint and conduct cases: made-up cases whose numbers and mean days are the published ones.

The documents do not say whether days are working days: the sample's means come out in working days of England and
Wales, suspensions counted in. The export changes with the reform of February 2020, as systems did.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.bank_holidays import SEED
from pipelines.sample.draw import EMPTY, Bools, Generator, Ints, Texts, labels, pick, text
from pipelines.sample.published import Figure

Days = npt.NDArray[np.datetime64]

TYPES = {
    "Complaint": "complaints_count",
    "Conduct": "conduct_matters",
    "Miscellaneous": "complaints_misc",
    "Other": "complaints_other",
}
FIRST_YEAR = 2015
LAST_YEAR = 2020
REFORM = np.datetime64("2020-02-01")
END = np.datetime64(f"{LAST_YEAR}-12-31")
JANUARY_AFTER_REFORM = 0.009
"""Share of a year's complaints that came before the reform widened what a complaint is."""
# Working days to finalise a complaint, by the year of receipt.
TYPICAL = {2015: 295, 2016: 230, 2017: 205, 2018: 180, 2019: 160, 2020: 120}
TYPICAL_OUTSIDE = 75
TYPICAL_OF_TYPE = {"Conduct": 150, "Miscellaneous": 15, "Other": 40}
SUSPENDED = {"Complaint": 0.04, "Conduct": 0.10, "Miscellaneous": 0, "Other": 0.01}

OLD_UNITS = {"Birmingham": 0.42, "Coventry": 0.13, "Dudley": 0.09, "Sandwell": 0.12, "Solihull": 0.06,
             "Walsall": 0.09, "Wolverhampton": 0.09}  # fmt: skip
OLD_ALLEGATIONS = {"Other neglect or failure in duty": 0.38, "Incivility, impoliteness and intolerance": 0.17,
                   "Other assault": 0.13, "Oppressive conduct or harassment": 0.10, "Unlawful/unnecessary arrest or detention": 0.08,
                   "Breach of Code C PACE": 0.06, "Discriminatory behaviour": 0.05, "Other": 0.03}  # fmt: skip
NEW_ALLEGATIONS = {"Delivery of duties and service": 0.55, "Police powers, policies and procedures": 0.20,
                   "Individual behaviours": 0.16, "Discriminatory behaviour": 0.04, "Handling of or damage to property": 0.05}  # fmt: skip
ETHNICITY = {"White British": 0.34, "Asian or Asian British": 0.12, "Black or Black British": 0.07, "Mixed": 0.02,
             "Other ethnic group": 0.01, "Not stated": 0.20, EMPTY: 0.24}  # fmt: skip
OLD_HEADER = ("Case Ref", "Type", "Date Received", "Date Recorded", "Date Finalised", "Suspensions",
              "Allegation Categories", "LPU", "Complainant Ethnicity", "Complainant Name", "Postcode")  # fmt: skip
NEW_HEADER = ("Case Reference", "Case Type", "Received", "Logged", "Finalised", "Schedule 3", "Suspension Periods",
              "Allegations", "Neighbourhood Policing Unit", "Ethnic Group", "Officer", "Summary")  # fmt: skip


@dataclass(frozen=True)
class Calendar:
    """Working days, counted from the day after the first."""

    holidays: Days

    def after(self, days: Days, n: Ints) -> Days:
        """The n-th working day after each day."""
        result: Days = np.busday_offset(days, n, roll="backward", holidays=self.holidays)
        return result

    def between(self, first: Days, last: Days) -> Ints:
        """Working days after the first day, up to the last."""
        result: Ints = np.asarray(np.busday_count(first + 1, last + 1, holidays=self.holidays), dtype=np.int64)
        return result


def write(folder: Path, figures: Mapping[str, Figure], seed: int) -> dict[str, int]:
    """Write the cases received before the reform and since; returns the rows of each file."""
    rng = Generator(np.random.PCG64([seed, FIRST_YEAR]))
    calendar = Calendar(_bank_holidays())
    kind, received, route = _received(rng, figures)
    days = _days(rng, kind, received, route)
    finalised = calendar.after(received, days)
    for measure, quantity_route, members in (
        ("complaint_days_to_finalise", "", (kind == "Complaint") & (route != "No")),
        ("complaint_days_to_finalise", "old regulations + Schedule 3", (kind == "Complaint") & (route != "No")),
        ("complaint_days_outside_s3", "outside Schedule 3", route == "No"),
    ):
        for year, mean in _published_means(figures, measure, quantity_route).items():
            chosen = np.flatnonzero(members & (finalised.astype("M8[Y]") == np.datetime64(str(year))))
            days[chosen] = _with_mean(rng, calendar, received[chosen], days[chosen], year, mean)
            finalised = calendar.after(received, days)
    cases = _cases(rng, calendar, kind, received, finalised, route)
    rows = {}
    for name, header, is_new in (
        ("west-midlands-complaints-2015-01-to-2020-01.csv", OLD_HEADER, False),
        ("west-midlands-complaints-2020-02-to-2020-12.csv", NEW_HEADER, True),
    ):
        part = cases.filter((pl.col("received") >= REFORM) == is_new)
        _write_file(folder / name, header, part, is_new)
        rows[name] = part.height
    return rows


def _bank_holidays() -> Days:
    with SEED.open(encoding="utf-8", newline="") as file:
        days: Days = np.array([row["holiday_date"] for row in csv.DictReader(file)], dtype="M8[D]")
    return days


def _published_means(figures: Mapping[str, Figure], measure: str, route: str) -> dict[int, float]:
    return {
        int(figure.period_start[:4]): figure.value
        for figure in figures.values()
        if (figure.measure_id, figure.quantity, figure.breakdown_value) == (measure, "mean_days_to_resolve", route)
    }


def _count(figures: Mapping[str, Figure], measure: str, quantity: str, year: int) -> int:
    for figure in figures.values():
        if (figure.measure_id, figure.quantity, figure.period_start) == (measure, quantity, f"{year}-01-01"):
            return int(figure.value)
    raise ValueError(f"seed published_figure lacks {quantity} of {measure} in {year}")


def _received(rng: Generator, figures: Mapping[str, Figure]) -> tuple[Texts, Days, Texts]:
    """Type, day of receipt and handling of every case, in the order of receipt; as many as printed."""
    kinds: list[Texts] = []
    received: list[Days] = []
    routes: list[Texts] = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        first = np.datetime64(f"{year}-01-01")
        length = int((np.datetime64(f"{year + 1}-01-01") - first).astype(int))
        for kind, measure in TYPES.items():
            n = _count(figures, measure, "cases_logged", year)
            day = first + rng.integers(0, length, n)
            route = labels([EMPTY] * n)
            if kind == "Complaint" and year == LAST_YEAR:
                before = round(n * JANUARY_AFTER_REFORM)
                january = first + rng.integers(0, 31, before)
                since = REFORM + rng.integers(0, int((END - REFORM).astype(int)) + 1, n - before)
                day = np.concatenate([january, np.sort(since)])
                inside = _count(figures, "complaints_schedule3_share", "schedule3_cases", year)
                route[before:] = "No"
                route[before + rng.permutation(n - before)[:inside]] = "Yes"
            kinds.append(labels([kind] * n))
            received.append(day.astype("M8[D]"))
            routes.append(route)
    day = np.concatenate(received)
    order = np.argsort(day, kind="stable")
    day[order[-1]] = END  # the day the export was made
    return np.concatenate(kinds)[order], day[order], np.concatenate(routes)[order]


def _days(rng: Generator, kind: Texts, received: Days, route: Texts) -> Ints:
    """Working days to finalise each case, before any mean is made to fit."""
    years = received.astype("M8[Y]").astype(int) + 1970
    typical = np.array([TYPICAL[int(year)] for year in years], dtype=float)
    typical[route == "No"] = TYPICAL_OUTSIDE
    for name, usual in TYPICAL_OF_TYPE.items():
        typical[kind == name] = usual
    days: Ints = np.maximum(1, rng.normal(1, 0.3, len(kind)) * typical).astype(np.int64)
    return days


def _with_mean(rng: Generator, calendar: Calendar, received: Days, days: Ints, year: int, mean: float) -> Ints:
    """The days changed as little as can be so that their mean is as printed, and every case stays in its year."""
    first, last = np.datetime64(f"{year}-01-01"), np.datetime64(f"{year}-12-31")
    low = np.maximum(1, calendar.between(received, np.full(len(received), first - 1)) + 1)
    high = calendar.between(received, np.full(len(received), last))
    missing = round(mean * len(days)) - int(days.sum())
    days = days.copy()
    while missing:
        step = 1 if missing > 0 else -1
        movable = np.flatnonzero(days < high if step > 0 else days > low)
        if not len(movable):
            raise ValueError(f"the mean of {mean} days in {year} cannot be reached with these cases")
        moved = rng.permutation(movable)[: abs(missing)]
        days[moved] += step
        missing -= step * len(moved)
    return days


def _cases(
    rng: Generator, calendar: Calendar, kind: Texts, received: Days, finalised: Days, route: Texts
) -> pl.DataFrame:
    n = len(kind)
    is_new = received >= REFORM
    logged = np.minimum(calendar.after(received, rng.integers(1, 5, n)), END)
    is_open = finalised > END
    ends = np.where(is_open, END, finalised)
    allegations = np.where(is_new, pick(rng, n, NEW_ALLEGATIONS), pick(rng, n, OLD_ALLEGATIONS))
    second = np.where(is_new, pick(rng, n, NEW_ALLEGATIONS), pick(rng, n, OLD_ALLEGATIONS))
    has_second = rng.random(n) < 0.3
    has_allegation = (kind == "Complaint") | (kind == "Conduct")
    years = received.astype("M8[Y]").astype(int) + 1970
    return pl.DataFrame(
        [
            text("reference", [f"CO/{number:05d}/{year % 100:02d}" for number, year in enumerate(years, 1)]),
            text("type", kind),
            pl.Series("received", received),
            pl.Series("logged", logged),
            pl.Series("finalised", np.where(is_open, np.datetime64("NaT"), finalised)),
            text("handling", route),
            text("suspensions", _suspensions(rng, kind, received, ends, is_open, is_new)),
            text(
                "allegations",
                [
                    (f"{one}; {two}" if more else one) if given else None
                    for one, two, more, given in zip(allegations, second, has_second, has_allegation, strict=True)
                ],
            ),
            text("unit", pick(rng, n, OLD_UNITS)),
            text("ethnicity", np.where(has_allegation, pick(rng, n, ETHNICITY), EMPTY)),
        ]
    )


def _suspensions(
    rng: Generator, kind: Texts, received: Days, ends: Days, is_open: Bools, is_new: Bools
) -> list[str | None]:
    """Periods in which a case waited for another body, in the way the system of the time writes them."""
    suspended = rng.random(len(kind)) < np.array([SUSPENDED[name] for name in kind])
    periods: list[str | None] = [None] * len(kind)
    for i in np.flatnonzero(suspended & ((ends - received).astype(int) > 40)):
        length = int((ends[i] - received[i]).astype(int))
        start = received[i] + int(rng.integers(5, length // 2))
        end = start + int(rng.integers(10, max(11, length // 2)))
        write_day = _british if is_new[i] else str
        divider = "-" if is_new[i] else "/"
        told = f"{write_day(start)}{divider}{write_day(end)}"
        if is_open[i]:
            told = f"{write_day(start)}{divider}"
        elif rng.random() < 0.2:  # a second suspension that overlaps the first
            told += f"; {write_day(start + 3)}{divider}{write_day(end + 5)}"
        periods[i] = told
    return periods


def _british(day: Any) -> str:
    year, month, number = str(day).split("-")
    return f"{number}/{month}/{year}"


def _write_file(path: Path, header: tuple[str, ...], cases: pl.DataFrame, is_new: bool) -> None:
    """Write a file with the quirks of a real one."""
    personal = ("A Constable", "Made up") if is_new else ("Sample Complainant", "ZZ99 9ZZ")
    table = cases if is_new else cases.drop("handling")
    table = table.with_columns(
        pl.col(pl.Date).dt.strftime("%Y-%m-%d" if is_new else "%d/%m/%Y"),
        *(pl.lit(value).alias(name) for name, value in zip(header[-2:], personal, strict=True)),
    )
    table.columns = list(header)
    if not is_new:
        # a slip of the pen in the day of receipt: this row goes to quarantine
        middle = table.height // 2
        slip = table.slice(middle, 1).with_columns(
            pl.lit("CO/X").alias(header[0]), pl.lit("31/02/2017").alias("Date Received")
        )
        table = pl.concat([table.head(middle), slip, table.slice(middle)])
    # the report prints an empty line and its name at the end
    path.write_text(table.write_csv() + "," * (len(header) - 1) + "\nProfessional standards: made-up sample\n", "utf-8")
