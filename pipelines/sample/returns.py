"""Performance returns of the home force, filled in with published figures: nothing in them is made up.

Where a document prints numerator and denominator, both are returned; where it prints a number, the number is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.returns.periods import Period, parse_period
from pipelines.returns.template import columns
from pipelines.sample.published import Figure
from pipelines.sample.rows import Row, write_csv
from pipelines.sample.workbook import write_workbook

HOME_AREA = "E23000014"
HOME_NAME = "West Midlands Police"
STRANDS = ("da", "ca", "hate", "va", "cse", "fgm", "hbv", "fm", "ms", "trafficking")
NOT_COLLECTED = ("003-0075", "003-0085", "003-0095")
"""Printed as 0, but nobody recorded these incidents before 2019/20 (issue I-003-4)."""


@dataclass(frozen=True)
class Series:
    """Figures that are returned as one measure: those of a quantity, over those of the quantity `base`, if any.

    `breakdown` is the word of the breakdown, whose value is the figure's unless it is given behind an equals sign.
    """

    measure: str
    quantity: str
    base: str = ""
    breakdown: str = ""


@dataclass(frozen=True)
class Quotient:
    """Two figures of different measures that make a value."""

    measure: str
    numerator: str
    denominator: str
    breakdown: str = ""


HIDDEN_CRIME = tuple(
    Series(f"hidden_crime_{strand}", quantity, breakdown=f"record_type={kind}")
    for strand in STRANDS
    for quantity, kind in (("crimes", "crimes"), ("non_crimes", "non-crimes"))
)
MEMBERSHIP = (Series("active_citizens", "members", "population_16_plus", "policing_area"),)
SCRUTINY = (
    Series("custody_visits", "visits_accepted", "detainees_present"),
    Series("cdi_compliance", "crimes_recorded", "crimes_should_have_been_recorded", "audit_stratum"),
    Series("no_crime_compliance", "no_crimes_correct", "no_crimes_audited", "offence"),
    Quotient("local_priority_share", "002-0026", "002-0024", "issue=burglary"),
    Series("survey_responses", "respondents"),
    Series("misconduct_hearings", "hearings"),
)
FINANCE: tuple[Series | Quotient, ...] = (
    Series("budget", "expenditure", breakdown="category"),
    Series("budget", "net_budget_requirement"),
    *(
        Series("budget", quantity, breakdown=f"category={category}")
        for quantity, category in (
            ("income", "Income"),
            ("use_of_reserves", "Use of reserves"),
            ("police_grant", "Police grant"),
            ("rsg_ndr", "Revenue support grant and business rates"),
            ("council_tax_support_grant", "Council tax support grant"),
            ("collection_fund_surplus", "Collection fund surplus"),
        )
    ),
    Quotient("precept_share", "000-0083", "000-0071"),
    Quotient("opcc_cost_share", "000-0057", "000-0067"),
    Series("community_safety_fund", "csf"),
    Series("community_safety_fund", "csf_total"),
    Series("victim_services_spend", "funding", breakdown="service"),
    Series("victim_services_spend", "funding_total"),
    Series("victim_services_spend", "expenditure"),
    Series("dogs_cost", "cost"),
)
ACTIVITY = (
    Series("encampment_attendances", "attendances"),
    Series("rj_referrals", "referrals", breakdown="type"),
    Series("victims_supported", "victims_supported"),
    Series("court_observations", "cases_observed"),
    Series("close_pass_ops", "operations"),
    *(
        Series("drug_treatment_orders", quantity, breakdown=f"type={quantity}")
        for quantity in ("contacts", "assessments", "drr", "atr")
    ),
    Series("apprentices", "apprentices", breakdown="type"),
    Series("street_watch", "groups"),
    Series("vehicle_crime_count", "offences"),
    Series("theft_of_motor_vehicle_count", "offences"),
)


def write(folder: Path, figures: Mapping[str, Figure], seed: int) -> dict[str, int]:
    """Write the returns into `folder`; two rows of the return on scrutiny break a rule. The seed makes no difference.

    Returns the number of rows by file name.
    """
    written: dict[str, int] = {}
    for what, sources in (
        ("hidden-crime-2016-17-to-2020-21.xlsx", HIDDEN_CRIME),
        ("membership-2019-to-2020.csv", MEMBERSHIP),
        ("scrutiny.xlsx", SCRUTINY),
        ("finance-2015-16-to-2020-21.csv", FINANCE),
        ("activity.xlsx", ACTIVITY),
    ):
        name = f"west-midlands-return-{what}"
        rows = [row for source in sources for row in _rows(source, figures)]
        if sources is SCRUTINY:
            rows += _bad_rows(figures)
        if name.endswith(".csv"):
            write_csv(folder / name, columns(), rows)
        else:
            title = (
                [["Audits, custody visits and hearings, as returned by the force"], []] if sources is SCRUTINY else []
            )
            write_workbook(folder / name, "return", [*title, columns(), *rows])
        written[name] = len(rows)
    return written


def _rows(source: Series | Quotient, figures: Mapping[str, Figure]) -> Iterator[Row]:
    if isinstance(source, Quotient):
        numerator, denominator = figures[source.numerator], figures[source.denominator]
        period = period_of(numerator)
        assert period is not None
        yield _row(source.measure, "", period, source.breakdown, numerator, denominator)
        return
    word, _, fixed = source.breakdown.partition("=")
    for figure in figures.values():
        period = period_of(figure)
        if (figure.measure_id, figure.quantity) != (source.measure, source.quantity) or period is None:
            continue
        if figure.value_kind != "observed" or (word and not fixed and not figure.breakdown_type):
            continue
        base = None
        if source.base:
            same = [
                other
                for other in figures.values()
                if (other.measure_id, other.quantity, other.breakdown_value)
                == (source.measure, source.base, figure.breakdown_value)
            ]
            # The population is printed once for all periods.
            base = next((other for other in same if other.period_start == figure.period_start), same[0])
        is_total = figure.area_code == HOME_AREA and figure.breakdown_value == "WMP"
        breakdown = f"{word}={fixed or figure.breakdown_value}" if word and not is_total else ""
        area = "" if word == "policing_area" else figure.area_code
        yield _row(source.measure, area, period, breakdown, figure, base)


def _row(measure: str, area: str, period: Period, breakdown: str, number: Figure, base: Figure | None) -> Row:
    note = f"published figure {number.figure_id}" + (f" over {base.figure_id}" if base else "")
    return [
        measure,
        HOME_NAME if area in ("", HOME_AREA) else area,
        period.text,
        breakdown,
        "not collected" if number.figure_id in NOT_COLLECTED else _number(number.value),
        _number(base.value) if base else "",
        note,
    ]


def _bad_rows(figures: Mapping[str, Figure]) -> list[Row]:
    """What people write: a percentage in the place of a number, and an area that is neither force nor authority."""
    share, present, hearings = figures["003-0480"], figures["003-0477"], figures["003-0519"]
    return [
        ["custody_visits", HOME_NAME, "2020/21", "", f"{share.value:.0f}%", _number(present.value), "to January"],
        ["misconduct_hearings", "West Midlands region", "2016/17", "", _number(hearings.value), "", "four forces"],
    ]


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def period_of(figure: Figure) -> Period | None:
    """The period of a figure, when it has a length in which a measure is returned."""
    if not figure.period_start or not figure.period_end:
        return None
    start, end = dt.date.fromisoformat(figure.period_start), dt.date.fromisoformat(figure.period_end)
    for text in (f"{start:%Y-%m}", f"{start.year}/{(start.year + 1) % 100:02}", str(start.year)):
        period = parse_period(text)
        if period and (period.start, period.end) == (start, end):
            return period
    return None
