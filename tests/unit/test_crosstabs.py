"""Published tables with two heads: footnote marks, periods, areas, and every cell under its own headers."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.crosstabs import READERS, area_kinds, area_name, period_end, without_marks
from pipelines.ingest.documents import Grid
from pipelines.sources.contract import load_contracts

ONS = READERS["ons_pfa_table"]
TITLE = "Table P1:  Police recorded crime by police force area, number of offences, year ending March 181,2,3"
MARKS = st.lists(st.integers(1, 29).map(str), min_size=1, max_size=5).map(",".join)
WORDS = st.sampled_from(
    ["Northumbria", "ENGLAND AND WALES", "Avon and Somerset", "Police officers", "CED", "North East"]
)


def tidy(rows: list[list[str]], reader: str = "ons_pfa_table", name: str = "Table P1 ") -> list[dict[str, str]]:
    """The tidy rows of a sheet by column name."""
    found = READERS[reader](Grid(name, rows, []))
    return [dict(zip(READERS[reader].columns, cells, strict=True)) for _, cells in found]


@pytest.mark.parametrize("source", READERS)
def test_tidy_columns_are_those_of_the_contract(source: str) -> None:
    assert READERS[source].columns == tuple(column.name for column in load_contracts()[source].columns)


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("Northumbria7", "Northumbria"),
        ("ENGLAND AND WALES5,6", "ENGLAND AND WALES"),
        ("ENGLAND AND WALES (inc. BTP)7", "ENGLAND AND WALES (inc. BTP)"),
        ("Total recorded crime\n (excluding fraud4)", "Total recorded crime (excluding fraud)"),
        ("Population figures\n (mid-2016)4  rounded to 100", "Population figures (mid-2016) rounded to 100"),
        ("Residential burglary (households) 7,8,10", "Residential burglary (households)"),
        ("Non-residential  burglary6,7", "Non-residential burglary"),
        ("Apr '07 to Mar '083", "Apr '07 to Mar '08"),
        ("Apr '11 to Mar '125, 6", "Apr '11 to Mar '12"),
        ("Apr '10 to\n Mar '11", "Apr '10 to Mar '11"),
        ("year ending March 181,2,3", "year ending March 18"),
        ("year ending March 20181,2,3", "year ending March 2018"),
        ("30 September 2018, 31 March 2019 and 30 September 20191", "30 September 2018, 31 March 2019 and 30 September 2019"),
        ("police force areas, 2002 to 20161", "police force areas, 2002 to 2016"),
        ("Total recorded crime [note 1][note 2]", "Total recorded crime"),
        ("*Total Less lethal weapons1", "Total Less lethal weapons"),
        ("Hampshire (R)", "Hampshire"),
        ("E230000118", "E23000011"),
    ],
)  # fmt: skip
def test_footnote_marks_are_cut(printed: str, meant: str) -> None:
    assert without_marks(printed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Aged 16", "Adults aged 16 and over", "Level 2", "Under 11 years", "11 - 17 years", "A4", "S60", "CO2",
        "mid-2016", "March 2018", "year ending March 2018", "Apr '17 to Mar '18", "2016", "2019-09-30", "Sep-18 to Sep-19",
        "rounded to 100", "British Transport Police(2006)", "Police Act 1996", "Sections 1, 2", "Mar18", "E23000011",
        "30 September 2018, 31 March 2019 and 30 September 2019", "Designated officers (s.38, s.39)",
        "Table 12. Incidents by police force", "Rate per 1,000 population",
    ],
)  # fmt: skip
def test_digits_that_belong_to_a_text_are_kept(text: str) -> None:
    assert without_marks(text) == text


@given(WORDS, MARKS, st.sampled_from(["", " ", "\n "]))
def test_marks_glued_to_any_name_are_cut_and_nothing_else(word: str, marks: str, after: str) -> None:
    assert without_marks(word + marks + after) == word
    assert area_name(f"{word} {marks}{after}") == word


@given(st.text(alphabet=st.characters(categories=("L", "P", "Z", "N"), max_codepoint=0x17F)))
def test_cutting_marks_twice_changes_nothing_more(text: str) -> None:
    assert without_marks(without_marks(text)) == without_marks(text)
    if not any(sign.isdigit() or sign in "*[(" for sign in text):
        assert without_marks(text) == " ".join(text.split())


def test_no_area_ends_in_a_number() -> None:
    assert area_name("London 10") == "London"
    assert area_name("British Transport Police(2006)") == "British Transport Police(2006)"


@pytest.mark.parametrize(
    ("title", "end"),
    [
        ("number of offences, year ending March 181,2,3", "2018-03-31"),
        ("year ending march 2017 compared with year ending March 20181,2,3", "2018-03-31"),
        ("for year ending June 2018 compared with selected periods from year ending March 20111,2", "2018-06-30"),
        ("year ending September 2018 compared with year ending September 2017", "2018-09-30"),
        ("Mid-year population estimates for police force areas, 2002 to 20161", "2016-06-30"),
        ("England and Wales, 30 September 2018, 31 March 2019 and 30 September 20191 (FTE)", "2019-09-30"),
        ("Use of CED by type and police force: 1 April 2017 to 31 March 2019", "2019-03-31"),
        ("Year ending 31 March 2019", "2019-03-31"),
        ("year ending February 2020", "2020-02-29"),
        ("year ending June 2025 [note 1][note 2]", "2025-06-30"),
        ("Incidents by police force", None),
    ],
)
def test_the_title_tells_the_period(title: str, end: str | None) -> None:
    assert period_end(title) == (dt.date.fromisoformat(end) if end else None)


def test_a_title_without_period_has_that_of_the_contents() -> None:
    rows = [
        ["Table 12. Incidents by police force"],
        ["Region", "Police force", "Total"],
        ["North East", "Cleveland", "9"],
    ]
    contents = [["Published 30 January 2020"], ["11", "Injuries"], ["12", "Incidents", "Year ending 31 March 2019"]]
    reader = READERS["home_office_use_of_force_table"]
    ((_, cells),) = reader(Grid("Table_12", rows, contents))
    assert dict(zip(reader.columns, cells, strict=True))["period_end"] == "2019-03-31"
    ((_, cells),) = reader(Grid("Table_12", rows, []))
    assert dict(zip(reader.columns, cells, strict=True))["period_end"] == ""


def test_region_and_force_of_one_name() -> None:
    names = [
        "ENGLAND",
        "North East ",
        "Cleveland",
        "West Midlands ",
        "Staffordshire",
        "West Midlands",
        "Total 43 forces",
    ]
    kinds = ["country", "region", "force", "region", "force", "force", "other"]
    assert area_kinds([""] * len(names), names) == kinds
    assert area_kinds(["", ""], ["Total West Midlands", "West Midlands"]) == ["other", "force"]
    assert area_kinds(["E12000005", "E23000014", "K04000001", ""], ["West Midlands"] * 2 + ["x", "British Transport Police"]) == [
        "region", "force", "country", "force",
    ]  # fmt: skip


P1 = [
    [TITLE],
    [],
    ["England and Wales"],
    ["", "", "Total recorded crime (excluding fraud4)", "", "Victim-based crime", "", "", "Other crimes"],
    ["Area Code", "Area Name", "", "", "Homicide", "Stalking\nand harassment5", "", "Drug offences"],
    ["", "", "Numbers"],
    ["K04000001", "ENGLAND AND WALES8", "4876282", "", "726", "-", "", "136107"],
    [],
    ["E23000013", "Cleveland ", "57222", "", "", "+", "", "1263"],
    ["", "British Transport Police", "59591", "", "0", "..", "", "885"],
    ["E23000008", "Durham", "", "", "", "", "", ""],
    ["Source: Police recorded crime, Home Office"],
    ["1. Not designated.", "", "7"],
]


def test_a_cell_is_under_its_own_headers() -> None:
    found = tidy(P1)
    assert {row["table_id"] for row in found} == {"P1"}
    assert {row["period_end"] for row in found} == {"2018-03-31"}
    assert [row["cell"] for row in found[:4]] == ["C7", "E7", "F7", "H7"]
    assert [(row["column_group"], row["column_label"], row["unit"]) for row in found[:4]] == [
        ("", "Total recorded crime (excluding fraud)", "Numbers"),
        ("Victim-based crime", "Homicide", "Numbers"),
        ("Victim-based crime", "Stalking and harassment", "Numbers"),
        ("Other crimes", "Drug offences", "Numbers"),
    ]
    assert [(row["area_code"], row["area_name"], row["area_kind"]) for row in found[::4]] == [
        ("K04000001", "ENGLAND AND WALES", "country"),
        ("E23000013", "Cleveland", "force"),
        ("", "British Transport Police", "force"),
        ("E23000008", "Durham", "force"),
    ]
    # Markers and empty cells stay; the column that parts the groups, and the notes, are none.
    assert [row["value_text"] for row in found] == [
        "4876282", "726", "-", "136107", "57222", "", "+", "1263", "59591", "0", "..", "885", "", "", "", "",
    ]  # fmt: skip


def test_a_table_without_codes_and_head_names_its_areas_in_the_first_column() -> None:
    found = tidy(
        [
            ["Table 1: Police officers by police force area, England and Wales, 30 September 2019 (FTE)"],
            [],
            ["England and Wales", "", "", "Full-time equivalents"],
            ["", "As at:", "", "Change in 6 months \nMar-19 to Sep-19"],
            [],
            ["", "2019-03-31", "2019-09-30", "%"],
            ["North East ", "5397.6694", "5434.6943", "0.68"],
            ["Cleveland", "..", "1225.8943", "-2.3"],
            ["", "", "", "Source: Home Office"],
        ],
        "home_office_workforce_table",
    )
    assert [(row["area_name"], row["area_kind"]) for row in found[::3]] == [
        ("North East", "region"),
        ("Cleveland", "force"),
    ]
    assert [(row["column_group"], row["column_label"]) for row in found[:3]] == [
        ("As at:", "2019-03-31"),
        ("As at:", "2019-09-30"),
        ("Change in 6 months Mar-19 to Sep-19", "%"),
    ]
    assert {row["unit"] for row in found} == {"Full-time equivalents"}


def test_years_in_the_head_are_no_body() -> None:
    found = tidy(
        [
            ["Table P9:  Mid-year population estimates for police force areas, 2002 to 20161"],
            ["", "", "Mid-year"],
            ["Area Codes", "Area name", "2015", "2016"],
            ["E23000013", "Cleveland", "562300", "564600"],
        ]
    )
    assert [(row["period_end"], row["column_label"], row["value_text"]) for row in found] == [
        ("2016-06-30", "2015", "562300"),
        ("2016-06-30", "2016", "564600"),
    ]


def test_two_tables_in_a_sheet_are_two_tables() -> None:
    second = [[TITLE.replace("P1", "P2")], *P1[1:]]
    found = tidy([*P1, [], *second])
    assert [row["table_id"] for row in found] == ["P1"] * 16 + ["P2"] * 16
    assert [row["value_text"] for row in found[:16]] == [row["value_text"] for row in found[16:]]


def test_other_sheets_hold_no_table() -> None:
    for reader in READERS:
        assert tidy([], reader) == []
        assert tidy([["Notes"], ["Table P1 is about recorded crime"], ["Area Code", "Area Name"]], reader) == []
        assert tidy([["Contents"], ["Table 1", "Police officers by police force area (FTE)"]], reader) == []
    assert sum(bool(tidy(P1, reader)) for reader in READERS) == 1


values = st.one_of(
    st.integers(-999, 10**7).map(str), st.floats(-50, 200).map(repr), st.sampled_from(["-", "..", "+", "*", ":"])
)


@given(
    st.integers(1, 6),
    st.integers(0, 3),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
    st.lists(st.lists(values, min_size=4, max_size=4), min_size=1, max_size=5),
    MARKS,
)
def test_moved_rows_and_columns_change_nothing_but_the_addresses(
    blank_rows: int, between: int, gaps: list[int], body: list[list[str]], marks: str
) -> None:
    labels = ["Homicide", "Robbery", "Theft offences", "Drug offences"]

    def spaced(cells: list[str]) -> list[str]:
        return [cell for gap, value in zip(gaps, cells, strict=True) for cell in [*[""] * gap, value]]

    rows = [[""]] * blank_rows + [[TITLE], ["Area Code", "Area Name", *spaced([label + marks for label in labels])]]
    for number, cells in enumerate(body):
        rows += [[]] * between + [[f"E2300000{number + 1}", f"Force{marks}", *spaced(cells)]]
    rows += [["Notes"], ["1. A note", "and more", "12"]]
    found = tidy(rows)
    assert [(row["area_code"], row["area_name"], row["column_label"], row["value_text"]) for row in found] == [
        (f"E2300000{number + 1}", "Force", label, value)
        for number, cells in enumerate(body)
        for label, value in zip(labels, cells, strict=True)
    ]
    assert len({row["cell"] for row in found}) == len(found)
