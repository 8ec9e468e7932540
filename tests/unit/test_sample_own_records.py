"""The sample's victim survey and complaints: published totals, counted without the models."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pipelines.bank_holidays import bank_holidays
from pipelines.sample import complaints, victim_survey
from pipelines.sample.published import read_figures
from pipelines.settings import DBT_DIR

FIGURES = read_figures(DBT_DIR / "seeds")
HOLIDAYS = np.array(list(bank_holidays()), dtype="M8[D]")
Row = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    for module in (victim_survey, complaints):
        module.write(folder, FIGURES, 1)
    return folder


def records(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if None not in row.values() and any(row.values())]


def survey(folder: Path, year: int) -> list[Row]:
    """Online invitations of a year without the row that is quarantined."""
    rows = []
    for path in sorted(folder.glob(f"*survey-{year}*")):
        if path.suffix == ".csv":
            rows += records(path)
        else:
            sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
            header = next(row for row in sheet if row[0] == "Survey Ref")
            rows += [dict(zip(header, map(str, row), strict=True)) for row in sheet if str(row[0]).startswith("VS")]
    ident = next(iter(rows[0]))
    names = dict(zip(victim_survey.HEADERS[2020], victim_survey.HEADERS[year], strict=False))
    rows = [{new: row.get(old, "") for new, old in names.items()} for row in rows if not row[ident].endswith("X")]
    return [row for row in rows if row["Method"] == "Online"]


def month(row: Row) -> int:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d %b %Y"):
        try:
            return dt.datetime.strptime(row["Invited"], form).month
        except ValueError:
            continue
    raise AssertionError(row)


@pytest.mark.parametrize(
    ("year", "satisfied", "answers"),
    [(2018, "003-0149", "003-0148"), (2019, "003-0152", "003-0151"), (2020, "003-0155", "003-0154")],
)
def test_satisfied_and_answers_are_as_published(folder: Path, year: int, satisfied: str, answers: str) -> None:
    whole = Counter(row["Whole Experience"] for row in survey(folder, year))
    assert whole["Yes"] == FIGURES[satisfied].value
    assert whole["Yes"] + whole["No"] == FIGURES[answers].value


def test_2019_holds_every_invitation(folder: Path) -> None:
    online = [row for row in survey(folder, 2019) if row["Method"] == "Online"]
    assert len(online) == FIGURES["003-0141"].value
    assert round(100 * sum(bool(row["Completed"]) for row in online) / len(online), 1) == FIGURES["003-0142"].value


def test_2020_holds_every_invitation_and_no_survey_in_two_months(folder: Path) -> None:
    rows = survey(folder, 2020)
    assert len(rows) == FIGURES["003-0143"].value
    assert sum(bool(row["Completed"]) for row in rows) == FIGURES["003-0145"].value
    assert {month(row) for row in rows} == {1, 3, 5, 6, 7, 8, 9, 10, 11, 12}


def test_the_breakdowns_of_december_2020_print_as_published(folder: Path) -> None:
    rows = [row for row in survey(folder, 2020) if month(row) == 12 and row["Whole Experience"] in ("Yes", "No")]
    for figure_id in ("003-0161", "003-0162", "003-0163", "003-0164", "003-0165"):
        figure = FIGURES[figure_id]
        column = "Offence Group" if figure.breakdown_type == "offence group" else "Neighbourhood Policing Unit"
        answers = [row["Whole Experience"] for row in rows if row[column] == figure.breakdown_value]
        share = 100 * answers.count("Yes") / len(answers)
        assert round(share, 0 if figure.value.is_integer() else 1) == figure.value


@settings(max_examples=200, deadline=None)
@given(percent=st.integers(1, 999).map(lambda n: n / 10), wanted=st.floats(5, 500))
def test_a_fraction_prints_as_asked(percent: float, wanted: float) -> None:
    satisfied, answers = victim_survey.near(percent, wanted)
    assert 0 <= satisfied <= answers
    assert round(100 * satisfied / answers, 0 if percent.is_integer() else 1) == pytest.approx(percent)


def cases(folder: Path) -> list[Row]:
    """Cases of both exports under the names of the newer, without the row that is quarantined."""
    old, new = (records(path) for path in sorted(folder.glob("*complaints*")))
    names = {"Type": "Case Type", "Date Received": "Received", "Date Finalised": "Finalised"}
    rows = [{names[name]: row[name] for name in names} | {"Schedule 3": ""} for row in old if row["Case Ref"] != "CO/X"]
    for row in rows:
        for name in ("Received", "Finalised"):
            row[name] = "-".join(reversed(row[name].split("/")))
    return rows + new


def test_cases_by_type_and_year_are_as_published(folder: Path) -> None:
    counted = Counter((row["Case Type"], row["Received"][:4]) for row in cases(folder))
    published = {
        (figure.breakdown_value, figure.period_start[:4]): figure.value
        for figure in FIGURES.values()
        if figure.quantity == "cases_logged"
    }
    assert len(published) == 24
    assert counted == published


@pytest.mark.parametrize(("figure_id", "outside"), [("003-0200", False), ("003-0201", False), ("003-0202", True)])
def test_mean_working_days_are_as_published(folder: Path, figure_id: str, outside: bool) -> None:
    figure = FIGURES[figure_id]
    chosen = [
        row
        for row in cases(folder)
        if row["Case Type"] == "Complaint" and row["Finalised"][:4] == figure.period_start[:4]
        and (row["Schedule 3"] == "No") == outside
    ]  # fmt: skip
    first, last = (np.array([row[name] for row in chosen], dtype="M8[D]") for name in ("Received", "Finalised"))
    days = np.busday_count(first + 1, last + 1, holidays=HOLIDAYS)
    assert round(float(days.mean())) == figure.value
    assert len(chosen) > 400


def test_days_fell_from_a_high_in_2016(folder: Path) -> None:
    means = {}
    for year in range(2016, 2021):
        rows = [
            row
            for row in cases(folder)
            if row["Case Type"] == "Complaint" and row["Schedule 3"] != "No" and row["Finalised"].startswith(str(year))
        ]
        first, last = (np.array([row[name] for row in rows], dtype="M8[D]") for name in ("Received", "Finalised"))
        means[year] = float(np.busday_count(first + 1, last + 1, holidays=HOLIDAYS).mean())
    assert sorted(means, key=lambda year: -means[year]) == [2016, 2017, 2018, 2019, 2020]


def test_the_bytes_are_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    for module in (victim_survey, complaints):
        for name in module.write(tmp_path, FIGURES, 1):
            assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
