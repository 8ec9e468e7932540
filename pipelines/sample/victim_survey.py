"""Sample of the victim satisfaction survey: made-up invitations whose totals are the published ones.

2018 is a list of completed surveys, as a contractor delivers them; 2019 and 2020, whose invitations were printed, hold
every invitation. The columns are called differently each year, as systems change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.sample.draw import EMPTY, Generator, Texts, apportion, deal, labels, pick, text
from pipelines.sample.published import Figure
from pipelines.sample.workbook import write_workbook

MEASURE = "victim_satisfaction_overall"
UNITS = {
    "Birmingham East": 0.17, "Birmingham West": 0.19, "Coventry": 0.14, "Dudley": 0.10, "Sandwell": 0.13,
    "Solihull": 0.07, "Walsall": 0.11, "Wolverhampton": 0.09,
}  # fmt: skip
OFFENCES = {
    "Violence against the person": 0.36, "Theft": 0.14, "Burglary": 0.12, "Vehicle offences": 0.12,
    "Arson/Criminal damage": 0.09, "Public order": 0.09, "Robbery": 0.05, "Sexual offences": 0.03,
}  # fmt: skip
AGES = {"16-24": 0.12, "25-34": 0.21, "35-44": 0.22, "45-54": 0.20, "55-64": 0.14, "65 and over": 0.09, EMPTY: 0.02}
ETHNICITY = {"White": 0.66, "Asian": 0.17, "Black": 0.06, "Mixed": 0.03, "Other": 0.02, "unknown": 0.06}
# Every year of the survey writes ethnicity in its own words.
ETHNICITY_WORDS: dict[int, dict[str, str | None]] = {
    2018: {"White": "White British", "Asian": "Pakistani", "Black": "Caribbean", "Mixed": "White and Asian",
           "Other": "Any other ethnic group", "unknown": "Prefer not to say"},
    2019: {"White": "W1", "Asian": "A2", "Black": "B1", "Mixed": "M1", "Other": "O9", "unknown": EMPTY},
    2020: {"White": "White - English/Welsh/Scottish/Northern Irish/British", "Asian": "Asian/Asian British - Indian",
           "Black": "Black/African/Caribbean/Black British - African",
           "Mixed": "Mixed/Multiple ethnic groups - White and Black Caribbean",
           "Other": "Other ethnic group - Any other ethnic group", "unknown": EMPTY},
}  # fmt: skip
DRIVERS = {"ease_of_contact": 0.62, "actions_taken": 0.50, "kept_informed": 0.44, "treatment": 0.71, "follow_up": 0.40}
SATISFIED = {"Very satisfied": 0.6, "Fairly satisfied": 0.4}
DISSATISFIED = {"Neither satisfied nor dissatisfied": 0.25, "Fairly dissatisfied": 0.25, "Very dissatisfied": 0.5}
DONT_KNOW = {"Don\N{RIGHT SINGLE QUOTATION MARK}t know": 0.2, EMPTY: 0.8}

HEADERS = {
    2018: ("Survey Ref", "Date Sent", "Case Closed Date", "Date Completed", "Mode", "NPU", "Offence", "Ethnicity",
           "Age Band", "Overall Satisfaction", "Initial Contact", "Actions", "Informed", "Treatment by Officers"),
    2019: ("Respondent ID", "Invitation Date", "Date Closed", "Date of Response", "Survey Method",
           "Local Policing Unit", "Offence Type", "Self-Defined Ethnicity", "Age Group", "Whole Experience",
           "Ease of Contact", "Actions Taken", "Kept Informed", "Treatment", "Follow-up"),
    2020: ("Survey ID", "Invited", "Closed", "Completed", "Method", "Neighbourhood Policing Unit", "Offence Group",
           "Victim Ethnicity", "Victim Age Band", "Whole Experience", "Ease of Contact", "Actions Taken",
           "Kept Informed", "Treatment", "Follow-up"),
}  # fmt: skip
NAME = "west-midlands-victim-survey"
FILES = {
    2018: ((f"{NAME}-2018-01-to-09.csv", 1, 9), (f"{NAME}-2018-10-to-12.xlsx", 10, 12)),
    2019: ((f"{NAME}-2019.csv", 1, 12),),
    2020: ((f"{NAME}-2020.csv", 1, 12),),
}
DATE_FORMAT = {2018: "%d %b %Y", 2019: "%d/%m/%Y", 2020: "%Y-%m-%d"}
SLIP = {2018: (r"^\d+", "32"), 2019: (r"^\d+", "32"), 2020: (r"\d+$", "32")}
# The personal columns each file has too; loading drops them.
PERSONAL = {2018: ("Victim Name", "Postcode"), 2019: ("Email",), 2020: ("Email", "Comments")}
MADE_UP = {
    "Victim Name": "Sample Victim", "Postcode": "ZZ99 9ZZ", "Email": "victim@example.com", "Comments": "Made up",
}  # fmt: skip
SEASON = (1.02, 0.95, 1.03, 1.0, 1.06, 1.03, 1.05, 0.98, 0.97, 1.02, 0.96, 0.93)
# No survey in February and April, fewer invitations in March and June.
WEIGHTS = {
    2018: SEASON,
    2019: tuple(weight * (1.2 - 0.04 * month) for month, weight in enumerate(SEASON)),
    2020: (1.1, 0, 0.6, 0, 1.0, 0.6, 1.1, 1.1, 1.1, 1.15, 1.15, 1.1),
}
TELEPHONE_MONTHS = (10, 11, 12)


@dataclass(frozen=True)
class Figures:
    """The published figures of the survey."""

    all: Mapping[str, Figure]

    def value(self, measure: str, quantity: str, year: int) -> int | None:
        """A whole number of a calendar year; None when it was not published."""
        return next(
            (
                int(figure.value)
                for figure in self.all.values()
                if (figure.measure_id, figure.quantity, figure.period_start, figure.breakdown_type)
                == (measure, quantity, f"{year}-01-01", "")
            ),
            None,
        )

    def share(self, measure: str, quantity: str, year: int) -> float | None:
        """The same for a percentage, as a share."""
        found = [
            figure.value / 100
            for figure in self.all.values()
            if (figure.measure_id, figure.quantity, figure.period_start) == (measure, quantity, f"{year}-01-01")
        ]
        return found[0] if found else None

    def satisfied(self, start: str, kind: str) -> dict[str, float]:
        """Printed percentages satisfied by breakdown value, in the month that starts then."""
        return {
            figure.breakdown_value: figure.value
            for figure in self.all.values()
            if (figure.measure_id, figure.quantity, figure.period_start, figure.breakdown_type)
            == (MEASURE, "satisfied", start, kind)
        }

    def month(self, year: int, month: int) -> float | None:
        """Printed percentage satisfied of one month."""
        return next(iter(self.satisfied(f"{year}-{month:02d}-01", "month").values()), None)


def write(folder: Path, figures: Mapping[str, Figure], seed: int) -> dict[str, int]:
    """Write the files of three years; returns the rows of each."""
    published, rows = Figures(figures), {}
    completed_share = _completed_share(published)
    for year in HEADERS:
        rng = Generator(np.random.PCG64([seed, year]))
        answers = _required(published.value(MEASURE, "total_answers", year), year)
        completed = published.value("survey_response_rate", "completed_surveys", year) or round(
            answers / completed_share
        )
        table = _year(published, rng, year, answers, completed)
        invitations = published.value("survey_invitations", "invitations_sent", year)
        if invitations:
            table += _unanswered(rng, year, invitations - completed)
        table += _telephone(rng, year)
        whole = _numbered(year, pl.concat(table))
        for name, first, last in FILES[year]:
            part = whole.filter(pl.nth(1).dt.month().is_between(first, last))
            _write_file(folder / name, year, part)
            rows[name] = part.height
    return rows


def near(percent: float, wanted: float) -> tuple[int, int]:
    """Satisfied and answers, as near as can be to `wanted` answers, whose percentage prints as `percent`."""
    decimals = 0 if percent == int(percent) else len(repr(percent).split(".")[1])
    for step in range(1000):
        for n in {max(round(wanted) - step, 1), round(wanted) + step}:
            x = round(percent / 100 * n)
            if abs(100 * x / n - percent) < 0.5 * 10**-decimals - 1e-9:
                return x, n
    raise ValueError(f"no fraction near {wanted} answers prints as {percent} %")


def _completed_share(published: Figures) -> float:
    """Answers per completed survey in 2019, where the invitations and the response rate were printed."""
    invited = published.value("survey_invitations", "invitations_sent", 2019)
    rate = published.share("survey_response_rate", "response_rate", 2019)
    answers = published.value(MEASURE, "total_answers", 2019)
    return _required(answers, 2019) / round(_required(invited, 2019) * (rate or 0))


def _required(value: int | None, year: int) -> int:
    if value is None:
        raise ValueError(f"seed published_figure lacks a figure of the victim survey of {year}")
    return value


def _year(published: Figures, rng: Generator, year: int, answers: int, completed: int) -> list[pl.DataFrame]:
    """The completed online surveys of a year: as many answers and satisfied, and in its months the shares, as printed."""
    weights = WEIGHTS[year]
    satisfied = _required(published.value(MEASURE, "total_satisfied", year), year)
    months: dict[int, tuple[int, int]] = {}
    for month in range(1, 13):
        printed = published.month(year, month)
        if printed is not None:
            months[month] = near(printed, answers * weights[month - 1] / sum(weights))
    last = _breakdowns(published, f"{year}-12-01", answers * weights[11] / sum(weights))
    if last:
        months[12] = (
            sum(x for x, _ in last["offence group"].values()),
            sum(n for _, n in last["offence group"].values()),
        )
    rest = [month for month in range(1, 13) if month not in months and weights[month - 1]]
    spread = [weights[month - 1] for month in rest]
    rest_answers = apportion(answers - sum(n for _, n in months.values()), spread)
    rest_satisfied = apportion(satisfied - sum(x for x, _ in months.values()), rest_answers)
    months |= {month: (int(x), int(n)) for month, x, n in zip(rest, rest_satisfied, rest_answers, strict=True)}
    silent = apportion(completed - answers, [months.get(month, (0, 0))[1] for month in range(1, 13)])
    table: list[pl.DataFrame] = []
    for month, (x, n) in sorted(months.items()):
        whole = np.concatenate([_words(rng, x, {"Yes": 1}), _words(rng, n - x, {"No": 1})])
        units, offences = pick(rng, n, UNITS), pick(rng, n, OFFENCES)
        if last and month == 12:
            units, offences = (_placed(rng, last[kind], x, n) for kind in ("NPU", "offence group"))
        quiet = int(silent[month - 1])
        whole = np.concatenate([whole, _words(rng, quiet, DONT_KNOW)])
        units = np.concatenate([units, pick(rng, quiet, UNITS)])
        offences = np.concatenate([offences, pick(rng, quiet, OFFENCES)])
        table.append(_rows(rng, year, month, "Online", True, units, offences, whole))
    return table


def _breakdowns(published: Figures, start: str, answers: float) -> dict[str, dict[str, tuple[int, int]]]:
    """Satisfied and answers of a month by unit and by offence group, where any of them were printed; both add up to
    the same."""
    printed = {kind: published.satisfied(start, kind) for kind in ("offence group", "NPU")}
    if not all(printed.values()):
        return {}
    shares = {"offence group": OFFENCES, "NPU": UNITS}
    fixed = {
        kind: {name: near(percent, answers * shares[kind][name]) for name, percent in values.items()}
        for kind, values in printed.items()
    }
    total = round(answers)
    # the share of the year lies between the highest and the lowest printed, and so do the groups that were not printed
    satisfied = round(total * np.mean([x / n for values in fixed.values() for x, n in values.values()]))
    table: dict[str, dict[str, tuple[int, int]]] = {}
    for kind, values in fixed.items():
        others = {name: share for name, share in shares[kind].items() if name not in values}
        n = apportion(total - sum(n for _, n in values.values()), others.values())
        x = apportion(satisfied - sum(x for x, _ in values.values()), n)
        table[kind] = values | {name: (int(a), int(b)) for name, a, b in zip(others, x, n, strict=True)}
    return table


def _placed(rng: Generator, parts: Mapping[str, tuple[int, int]], x: int, n: int) -> Texts:
    """Labels for n answers, the first x of them satisfied, so that every label has its part."""
    names = labels(parts)
    satisfied = np.repeat(names, [part[0] for part in parts.values()])
    others = np.repeat(names, [part[1] - part[0] for part in parts.values()])
    assert (len(satisfied), len(others)) == (x, n - x)
    return np.concatenate([rng.permutation(satisfied), rng.permutation(others)])


def _unanswered(rng: Generator, year: int, n: int) -> list[pl.DataFrame]:
    """Invitations whose survey was not completed."""
    table: list[pl.DataFrame] = []
    for month, count in enumerate(apportion(n, WEIGHTS[year]), 1):
        blank = _words(rng, int(count), {EMPTY: 1})
        table.append(
            _rows(rng, year, month, "Online", False, pick(rng, count, UNITS), pick(rng, count, OFFENCES), blank)
        )
    return table


def _telephone(rng: Generator, year: int) -> list[pl.DataFrame]:
    """A trial of interviews by telephone at the end of a year, on the scale of five."""
    table: list[pl.DataFrame] = []
    for month in TELEPHONE_MONTHS if year == 2019 else ():
        for n, done in ((26, True), (9, False)):
            scale = {word: 0.75 * share for word, share in SATISFIED.items()}
            scale |= {word: 0.25 * share for word, share in DISSATISFIED.items()}
            words = _words(rng, n, scale if done else {EMPTY: 1})
            table.append(_rows(rng, year, month, "Telephone", done, pick(rng, n, UNITS), pick(rng, n, OFFENCES), words))
    return table


def _words(rng: Generator, n: int, shares: Mapping[Any, float]) -> Texts:
    return labels(shares)[deal(rng, n, shares.values())]


def _rows(
    rng: Generator, year: int, month: int, method: str, is_completed: bool, units: Texts, offences: Texts, whole: Texts
) -> pl.DataFrame:
    """Rows without their number: dates, method, places, who and answers."""
    n = len(whole)
    first = np.datetime64(f"{year}-{month:02d}", "M")
    days = int(((first + 1).astype("M8[D]") - first.astype("M8[D]")).astype(int))
    invited = first.astype("M8[D]") + rng.integers(0, days, n)
    completed = invited + rng.integers(0, 24, n)
    ethnicity = ETHNICITY_WORDS[year]
    columns = [
        pl.Series("invited", invited),
        pl.Series("closed", invited - 42 + rng.integers(-3, 4, n)),
        pl.Series("completed", completed if is_completed else np.full(n, "NaT", "M8[D]")),
        text("method", [method] * n),
        text("unit", units),
        text("offence", offences),
        text("ethnicity", labels(ethnicity.values())[deal(rng, n, [ETHNICITY[group] for group in ethnicity])]),
        text("age", pick(rng, n, AGES)),
        text("whole_experience", whole),
    ]
    for question, share in DRIVERS.items():
        scale: dict[Any, float] = {word: 0.93 * share * part for word, part in SATISFIED.items()}
        scale |= {word: 0.93 * (1 - share) * part for word, part in DISSATISFIED.items()}
        scale |= {EMPTY: 0.07}
        if question != "follow_up" or year != 2018:
            columns.append(text(question, pick(rng, n, scale) if is_completed else [None] * n))
    return pl.DataFrame(columns)


def _numbered(year: int, table: pl.DataFrame) -> pl.DataFrame:
    """The year in the order of invitation, with the headers of its files."""
    number = pl.format(f"VS{year}-{{}}", pl.int_range(1, table.height + 1).cast(pl.String).str.zfill(6)).alias("number")
    table = table.sort("invited", maintain_order=True).select(number, pl.all())
    table = table.with_columns(pl.lit(MADE_UP[name]).alias(name) for name in PERSONAL[year])
    table.columns = [*HEADERS[year], *PERSONAL[year]]
    return table


def _write_file(path: Path, year: int, table: pl.DataFrame) -> None:
    """Write a file with the quirks of a real one."""
    if path.suffix == ".xlsx":
        title: list[list[Any]] = [["Victim satisfaction survey: completed surveys"], []]
        end: list[list[Any]] = [[], ["Extracted by the survey team; made-up sample"]]
        write_workbook(path, "Completed", [*title, table.columns, *table.rows(), *end])
        return
    # a slip of the pen in the day of invitation: this row goes to quarantine
    day, middle = table.columns[1], table.height // 2
    table = table.with_columns(pl.col(pl.Date).dt.strftime(DATE_FORMAT[year]))
    slip = table.slice(middle, 1).with_columns(
        pl.lit(f"VS{year}-X").alias(table.columns[0]), pl.col(day).str.replace(*SLIP[year])
    )
    table = pl.concat([table.head(middle), slip, table.slice(middle)])
    table.write_csv(path, line_terminator="\r\n" if year == 2019 else "\n")
