"""Good files to spoil: for each source a small one of the sample, moved on in time so that it is new."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook

from tests.seeded.fault import Delivery

Rows = list[list[str]]
Plant = Callable[[Delivery], None]


@dataclass(frozen=True)
class Origin:
    """A CSV file of the sample at `path`, of which the rows that `keeps` chooses arrive as `name`.

    `moved` are texts and what takes their place, in this order, so that period and keys are new.
    """

    source: str
    path: str
    name: str
    moved: tuple[tuple[str, str], ...]
    keeps: Callable[[list[str]], bool] = lambda row: True
    most: int = 100_000

    def text(self, delivery: Delivery) -> str:
        """The good file."""
        return _text(self, delivery.raw_dir)

    def whole(self, spoil: Callable[[str], str | bytes] = lambda text: text, name: str = "") -> Plant:
        """Plants a defect in the text of the file, or in its name."""

        def plant(delivery: Delivery) -> None:
            delivery.write(name or self.name, spoil(self.text(delivery)))

        return plant

    def rows(self, spoil: Callable[[Rows], Rows | None]) -> Plant:
        """Plants a defect in the rows of the file, the first of which is the header; `spoil` may change them in place."""

        def change(text: str) -> str:
            rows = list(csv.reader(io.StringIO(text)))
            return as_csv(spoil(rows) or rows)

        return self.whole(change)

    def column(self, header: str, value: str | Callable[[str], str], first: int = 0, last: int | None = None) -> Plant:
        """Plants a defect in one column: `value`, or what it makes of the cell, in the rows from `first` to `last`."""

        def spoil(rows: Rows) -> None:
            place = rows[0].index(header)
            for row in rows[1:][first:last]:
                row[place] = value if isinstance(value, str) else value(row[place])

        return self.rows(spoil)


@cache
def _text(origin: Origin, raw_dir: Path) -> str:
    text = Delivery(raw_dir).sample(origin.path)
    header, *rows = csv.reader(io.StringIO(text))
    kept = [row for row in rows if len(row) == len(header) and any(row) and origin.keeps(row)][: origin.most]
    text = as_csv([header, *kept])
    for old, new in origin.moved:
        text = text.replace(old, new)
    return text


def as_csv(rows: Rows) -> str:
    """The rows as a text file."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def workbook(path: str, name: str, spoil: Callable[[Workbook], None]) -> Plant:
    """Plants a defect in a workbook of the sample, which arrives as `name`."""

    def plant(delivery: Delivery) -> None:
        book = openpyxl.load_workbook(delivery.raw_dir / "sample" / path)
        spoil(book)
        delivery.folder.mkdir(parents=True, exist_ok=True)
        book.save(delivery.folder / name)

    return plant


def police_uk(kind: str) -> Origin:
    """The file of the month after the sample's last."""
    name = f"{{}}-west-midlands-{kind}.csv"
    source = {"street": "police_uk_street", "outcomes": "police_uk_outcomes"}.get(kind, "police_uk_stop_search")
    # the first hour of April in London is of March in Greenwich
    moved = (("2020-04", "2020-05"), ("2020-03-31T23", "2020-04-30T23"))
    is_of_month = (lambda row: row[1] >= "2020-03-31T23") if kind == "stop-and-search" else (lambda row: True)
    return Origin(source, f"2020-04/{name.format('2020-04')}", name.format("2020-05"), moved, is_of_month)


STREET, OUTCOMES, SEARCHES = police_uk("street"), police_uk("outcomes"), police_uk("stop-and-search")
SURVEY = Origin(
    "victim_survey",
    "victim-survey/west-midlands-victim-survey-2020.csv",
    "west-midlands-victim-survey-2021-01.csv",
    (("2020-", "2021-"), ("2019-", "2020-")),
    lambda row: row[1].startswith("2020-01") and row[0].endswith("7"),
)
COMPLAINTS = Origin(
    "complaint_case",
    "complaints/west-midlands-complaints-2020-02-to-2020-12.csv",
    "west-midlands-complaints-2021-09.csv",
    (("2021-", "2022-"), ("2020-", "2021-"), ("/20,", "/21,")),
    lambda row: row[2].startswith("2020-09"),
)
CALLS = Origin(
    "control_room_call",
    "control-room/west-midlands-control-room-calls-2020-10-to-2021-03.csv",
    "west-midlands-control-room-calls-2021-11.csv",
    (("/2020", "/2021"), ("C0", "D0")),
    lambda row: row[2][3:10] == "11/2020",
)
INCIDENTS = Origin(
    "control_room_incident",
    "control-room/west-midlands-control-room-incidents-2020-10-to-2021-03.csv",
    "west-midlands-control-room-incidents-2022-01.csv",
    (("/2021", "/2022"), ("I0", "J0")),
    lambda row: row[1][3:10] == "01/2021",
)
COLLISIONS, CASUALTIES, VEHICLES = (
    Origin(
        f"stats19_{source}",
        f"road-casualties/{what}_2015.csv",
        f"{what}_2016.csv",
        (("201520Z", "201620Z"), ("/2015", "/2016")),
        lambda row: "201520Z00001" < row[0] < "201520Z00300" and row[7].lstrip("-").isdigit(),
    )
    for source, what in (("collision", "Accidents"), ("casualty", "Casualties"), ("vehicle", "Vehicles"))
)
ADJUSTMENT = Origin(
    "stats19_casualty_adjustment",
    "road-casualties/casualty-adjustment-lookup_2014-2015.csv",
    "casualty-adjustment-lookup_2016.csv",
    (("201520Z", "201620Z"), (",2015,", ",2016,")),
    lambda row: "201520Z" < row[0] < "201520Z00300",
)
RECORDED = Origin(
    "home_office_recorded_crime",
    "official/home-office-recorded-crime-open-data-2019-20.csv",
    "home-office-recorded-crime-open-data-2020-21.csv",
    (("2019/20", "2020/21"),),
    lambda row: row[1].isdigit(),
)
POSITIVE = Origin(
    "home_office_outcome",
    "home-office/home-office-crime-outcomes-open-data-2019-20.csv",
    "home-office-crime-outcomes-open-data-2020-21.csv",
    (("2019/20", "2020/21"),),
    lambda row: row[2] == "West Midlands",
)
OFFICIAL_SEARCHES = Origin(
    "home_office_stop_search",
    "home-office/home-office-stop-search-open-data-2018-19-to-2019-20.csv",
    "home-office-stop-search-open-data-2020-21.csv",
    (("2020-03-31", "2021-03-31"),),
    lambda row: row[0] == "2020-03-31",
)
WORKFORCE = Origin(
    "home_office_workforce",
    "home-office/home-office-workforce-open-data-2019-to-2021.csv",
    "home-office-workforce-open-data-2022.csv",
    (("2021-03-01", "2022-03-01"),),
    lambda row: row[0] == "2021-03-01",
)
PARTNERSHIPS = Origin(
    "ons_csp_recorded_crime",
    "tables/ons-community-safety-partnership-tables-year-ending-september-2020.csv",
    "ons-community-safety-partnership-tables-year-ending-december-2020.csv",
    (("September 2020", "December 2020"),),
)
MEMBERSHIP = Origin(
    "performance_return",
    "returns/west-midlands-return-membership-2019-to-2020.csv",
    "west-midlands-return-membership-2021-to-2022.csv",
    (("2020-11", "2022-11"), ("2019-11", "2021-11")),
)
FINANCE = Origin(
    "performance_return",
    "returns/west-midlands-return-finance-2015-16-to-2020-21.csv",
    "west-midlands-return-finance-2021-22.csv",
    (("2020/21", "2021/22"),),
    lambda row: row[2] == "2020/21",
)
OFFENCE_TABLES = "official/ons-police-force-area-tables-year-ending-september-2020.xlsx"
WORKFORCE_TABLES = "tables/home-office-police-workforce-tables-march-2021.xlsx"
FORCE_TABLES = "tables/home-office-use-of-force-tables-april-2020-to-march-2021.xlsx"
ORIGINS = (
    STREET, OUTCOMES, SEARCHES, SURVEY, COMPLAINTS, CALLS, INCIDENTS, COLLISIONS, CASUALTIES, VEHICLES, ADJUSTMENT,
    RECORDED, POSITIVE, OFFICIAL_SEARCHES, WORKFORCE, PARTNERSHIPS, MEMBERSHIP, FINANCE,
)  # fmt: skip
