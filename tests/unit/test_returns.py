"""Performance returns: what can be returned, how it is written, what is found wrong and how that is said."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.ingest.violation import Cells, Violation
from pipelines.macros import Macros
from pipelines.returns.answer import answer, check_file
from pipelines.returns.periods import FORMS, Period, parse_period
from pipelines.returns.registry import SIGNS, load_areas, load_breakdowns, load_measures, plain_name
from pipelines.returns.rules import MARKERS, violations
from pipelines.returns.template import template, write_template
from pipelines.sample import returns as sample
from pipelines.sample.published import read_figures
from pipelines.settings import PROJECT_DIR, SEEDS_DIR
from pipelines.sources.forces import load_forces
from pipelines.store.warehouse import WHITE_SPACE
from tests.conftest import shared_data

MEASURES = load_measures()
COUNT = {
    "measure": "hidden_crime_da",
    "area": "West Midlands",
    "period": "2020/21",
    "breakdown": "record_type=crimes",
    "numerator": "51650",
    "denominator": "",
    "note": "",
}
SHARE = COUNT | {"measure": "custody_visits", "breakdown": "", "numerator": "1933", "denominator": "4038"}
AMOUNT = SHARE | {"measure": "budget", "numerator": "-2.97", "denominator": ""}
HEADER = [*COUNT, "what is wrong"]


def judge(*rows: dict[str, str]) -> list[Violation]:
    return list(violations(Cells.of([*COUNT], enumerate(([row[name] for name in COUNT] for row in rows), start=2))))


# What can be returned


def test_every_measure_of_the_catalogue_can_be_returned() -> None:
    with (shared_data().parent / "catalogue" / "indicators.csv").open(encoding="utf-8", newline="") as file:
        assert {row["canonical_measure_id"] for row in csv.DictReader(file)} == set(MEASURES)


def test_the_registry_does_not_contradict_itself() -> None:
    for measure in MEASURES.values():
        assert bool(measure.denominator) == measure.has_denominator, measure
        assert measure.multiplier == 1 or measure.has_denominator, measure
        assert measure.kind != "share" or (measure.multiplier, measure.unit) == (100, "percent"), measure
        assert not measure.is_signed or measure.kind == "amount", measure
        assert set(measure.breakdown_types) <= set(load_breakdowns()), measure
        assert not {"month", "snapshot"} <= set(measure.period_types), measure
        assert measure.period_types, measure


def test_a_measure_has_the_same_unit_computed_and_returned() -> None:
    with (SEEDS_DIR / "reference" / "measure.csv").open(encoding="utf-8", newline="") as file:
        computed = {row["measure_id"]: row["unit"] for row in csv.DictReader(file)}
    both = computed.keys() & MEASURES.keys()
    assert {name: computed[name] for name in both} == {name: MEASURES[name].unit for name in both}


# Periods, areas and numbers


@st.composite
def periods(draw: st.DrawFn) -> Period:
    kind = draw(st.sampled_from(sorted(FORMS)))
    year = draw(st.integers(1990, 2099))
    text = {
        "month": f"{year}-{draw(st.integers(1, 12)):02}",
        "quarter": f"{year} Q{draw(st.integers(1, 4))}",
        "fin_year": f"{year}/{(year + 1) % 100:02}",
        "cal_year": str(year),
        "snapshot": draw(st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31))).isoformat(),
    }[kind]
    period = parse_period(text)
    assert period is not None
    assert period.type == kind
    assert period.text == text
    return period


@given(periods())
def test_a_period_is_written_as_it_is_read(period: Period) -> None:
    assert parse_period(period.text) == period
    assert period.start <= period.end
    months = {"month": 1, "quarter": 3, "fin_year": 12, "cal_year": 12}.get(period.type)
    if months:
        after = period.end + dt.timedelta(days=1)
        assert (period.start.day, after.day) == (1, 1)
        assert (after.year - period.start.year) * 12 + after.month - period.start.month == months


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2011-12", "2011-12-01", "2011-12-31"),
        ("2011/12", "2011-04-01", "2012-03-31"),
        ("2020 Q1", "2020-04-01", "2020-06-30"),
        ("2020q4", "2021-01-01", "2021-03-31"),
        ("1999/00", "1999-04-01", "2000-03-31"),
    ],
)
def test_quarters_and_years_that_run_into_another_year(text: str, start: str, end: str) -> None:
    period = parse_period(text)
    assert period is not None
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    "text", ["2020-13", "2020/22", "2020 Q5", "20", "2020-02-30", "1066", "２０２０", "2020/2021", "2020-21"]
)
def test_what_is_no_period(text: str) -> None:
    assert parse_period(text) is None


def test_the_models_read_what_the_rules_let_in() -> None:
    macros, connection = Macros(), duckdb.connect()

    def ask(texts: list[str], *expressions: str) -> list[tuple[object, ...]]:
        return connection.execute(
            f"SELECT {', '.join(expressions)} FROM (SELECT unnest(?::VARCHAR[]) AS x)", [texts]
        ).fetchall()

    written = [
        text
        for year in (1990, 2019, 2020, 2099)
        for text in (
            *(f"{year}-{month:02}" for month in range(1, 13)),
            *(f"{year} Q{quarter}" for quarter in range(1, 5)),
            *(f"{year}q3", f"{year}/{(year + 1) % 100:02}", str(year), f"{year}-02-28"),
        )
    ]
    kind, start = macros.return_period_type("x"), macros.return_period_start("x")
    assert ask(written, kind, start, macros.return_period_end(kind, start)) == [parse_period(text) for text in written]
    blanks = [
        *(form.format(sign) for sign in SIGNS for form in (" {0} a b {0} ", "{0}a", "a{0}", "é{0}", "{0}")),
        *(SIGNS, "", "a", "a b", "~", "é", "x\N{EM SPACE}"),
    ]
    cut = [(text.strip(SIGNS) or None,) for text in blanks]
    assert ask(blanks, macros.clean_text("x")) == cut
    assert ask(blanks, f"nullif(trim(x, {WHITE_SPACE}), '')") == cut
    names = [found.text for found in load_areas().values()]
    assert ask(names, macros.plain_name("x")) == [(plain_name(name),) for name in names]
    numbers = {"1,234": 1234, "1\N{NO-BREAK SPACE}000 000": 1_000_000, "-0.5": -0.5, "007": 7}
    assert judge(*(AMOUNT | {"period": str(2000 + n), "numerator": text} for n, text in enumerate(numbers))) == []
    assert ask(list(numbers), macros.return_number("x")) == [(number,) for number in numbers.values()]


# Rules


@pytest.mark.parametrize(
    "row",
    [
        COUNT,
        SHARE,
        AMOUNT,
        COUNT | {"area": "e23000014", "period": " 2020-04 ", "numerator": "1,234", "breakdown": "Record Type = crimes"},
        COUNT | {"area": "west-midlands", "period": "2020 Q4", "numerator": "0", "breakdown": ""},
        COUNT | {"area": "Avon & Somerset", "numerator": "Not collected"},
        SHARE | {"area": "Dudley", "numerator": "suppressed", "denominator": ""},
        SHARE | {"measure": "sickness_absence", "numerator": "12.5", "denominator": "100.25"},
        SHARE | {"measure": "officer_fte", "period": "2020-03-31", "numerator": "6500.75", "denominator": ""},
    ],
)
def test_good_rows_pass(row: dict[str, str]) -> None:
    assert judge(row) == []


@pytest.mark.parametrize(
    ("row", "column", "mend"),
    [
        (COUNT | {"measure": "Hidden crime DA"}, "measure", "hidden_crime_da"),
        (COUNT | {"measure": ""}, "measure", "choose"),
        (COUNT | {"area": "West Middlands"}, "area", "West Midlands Police"),
        (COUNT | {"area": "Wiltshire"}, "area", "E06000054 or E23000038"),
        (COUNT | {"area": " "}, "area", "choose"),
        (COUNT | {"period": "2020-21"}, "period", "write 2020/21"),
        (COUNT | {"period": "2020/2021"}, "period", "write 2020/21"),
        (COUNT | {"period": "2020-04-01"}, "period", "2020-04 into a cell with the format Text"),
        (COUNT | {"period": "43922"}, "period", "2020/21 for a financial year"),
        (COUNT | {"period": ""}, "period", "2020-04"),
        (SHARE | {"measure": "officer_fte", "denominator": ""}, "period", "2020-03-31 for a day"),
        (COUNT | {"breakdown": "sex=Female"}, "breakdown", "record_type or policing_area"),
        (COUNT | {"breakdown": "record_type=crime"}, "breakdown", "record_type=crimes"),
        (COUNT | {"breakdown": "crimes"}, "breakdown", "record_type=value"),
        (COUNT | {"breakdown": "policing_area="}, "breakdown", "leave it empty for the total"),
        (AMOUNT | {"measure": "dogs_cost", "numerator": "1", "breakdown": "type=x"}, "breakdown", "leave it empty"),
        (COUNT | {"breakdown": "policing_area=" + "x" * 81}, "breakdown", "shorten"),
        (COUNT | {"numerator": ""}, "numerator", "not collected or suppressed"),
        (COUNT | {"numerator": "1.5"}, "numerator", "whole"),
        (COUNT | {"numerator": "-3"}, "numerator", "negative"),
        (COUNT | {"numerator": "about 40"}, "numerator", "digits only"),
        (COUNT | {"numerator": "٣"}, "numerator", "digits only"),
        (COUNT | {"numerator": "12,34"}, "numerator", "digits only"),
        (COUNT | {"numerator": "1e5"}, "numerator", "digits only"),
        (COUNT | {"denominator": "7"}, "denominator", "leave it empty"),
        (AMOUNT | {"numerator": "£5"}, "numerator", "sign of money"),
        (AMOUNT | {"measure": "dogs_cost", "numerator": "-5"}, "numerator", "negative"),
        (SHARE | {"numerator": "47%"}, "numerator", "as denominator detainees present"),
        (SHARE | {"numerator": "0.47"}, "numerator", "not a share"),
        (SHARE | {"numerator": "4039"}, "numerator", "larger than the denominator"),
        (SHARE | {"denominator": ""}, "denominator", "detainees present"),
        (SHARE | {"denominator": "0"}, "denominator", "leave the row out"),
        (SHARE | {"denominator": "4038.5"}, "denominator", "whole"),
        (SHARE | {"denominator": "100%"}, "denominator", "percentage"),
        (SHARE | {"numerator": "suppressed"}, "denominator", "leave it empty"),
    ],
)
def test_a_bad_cell_is_named_with_its_mend(row: dict[str, str], column: str, mend: str) -> None:
    (violation,) = judge(row)
    assert (violation.line, violation.column, violation.value) == (2, column, row[column])
    assert mend in violation.reason


def test_rows_that_repeat_one_another_are_all_named_however_they_are_written() -> None:
    again = COUNT | {"area": "E23000014", "numerator": "1", "breakdown": " Record type =crimes"}
    found = judge(COUNT, COUNT | {"breakdown": ""}, again)
    assert [(violation.line, violation.column) for violation in found] == [(2, "measure"), (4, "measure")]
    assert "in line 4;" in found[0].reason


def test_every_bad_cell_of_a_row_is_named() -> None:
    found = judge(dict.fromkeys(COUNT, "?"))
    assert [violation.column for violation in found] == [
        "measure",
        "area",
        "period",
        "breakdown",
        "numerator",
        "denominator",
    ]


texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", " ", "%", "-", "=", "9" * 400, "x" * 10_000, "2020-00", "0/0", "nan", "inf", *MARKERS, *MEASURES]
    ),
    st.sampled_from(list(load_areas())),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COUNT, texts)), max_size=5))
def test_no_text_is_too_odd_for_the_rules(rows: list[dict[str, str]]) -> None:
    for violation in judge(*rows):
        assert rows[violation.line - 2][violation.column].strip(SIGNS) == violation.value.strip(SIGNS)
        assert violation.reason


# The answer


def written(path: Path) -> list[list[str | None]]:
    sheet = openpyxl.load_workbook(path)["return"]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_an_answer_marks_and_explains_every_bad_cell(tmp_path: Path) -> None:
    rows = [COUNT, SHARE | {"numerator": "47%", "area": "Nowhere", "note": "Jane Doe says so"}]
    found = judge(*rows)
    cells = [(line, [*row.values(), ""]) for line, row in enumerate(rows, start=2)]
    path = answer(tmp_path / "answers", "folder/return.xlsx", HEADER, cells, found)
    assert path == tmp_path / "answers" / "return.xlsx.answer.xlsx"
    sheet = openpyxl.load_workbook(path)["return"]
    marked = {cell.coordinate for row in sheet.iter_rows(min_row=2) for cell in row if cell.fill.fill_type}
    assert marked == {"B3", "E3"}
    assert all(sheet[place].comment and sheet[place].border.left.style == "thick" for place in marked)
    assert "is a percentage" in sheet["E3"].comment.text
    head, good, bad = written(path)
    assert head == ["measure", "area", "period", "breakdown", "numerator", "denominator", "what is wrong"]
    assert good[:2] + good[-1:] == ["hidden_crime_da", "West Midlands", None]
    assert "area is no force" in str(bad[-1])
    assert "numerator is a percentage" in str(bad[-1])
    assert b"Jane" not in path.read_bytes()
    assert "Jane" not in str([list(sheet.values) for sheet in openpyxl.load_workbook(path)])


def test_an_answer_can_be_mended_and_sent_back(tmp_path: Path) -> None:
    rows = [(2, list((COUNT | {"period": "2020-21"}).values())), (3, list(SHARE.values()))]
    path = answer(tmp_path, "return.csv", list(COUNT), rows, judge(COUNT | {"period": "2020-21"}))
    book = openpyxl.load_workbook(path)
    book["return"]["C2"] = "2020/21"
    book.save(tmp_path / "mended.xlsx")
    assert check_file(tmp_path / "mended.xlsx", tmp_path, 1 << 20) == (2, [], None)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_nothing_in_an_answer_is_worked_out(tmp_path: Path, text: str) -> None:
    path = answer(tmp_path, "x.csv", ["measure", "area"], [(2, [text, text])], [Violation(2, "area", text, text)])
    book = openpyxl.load_workbook(path)
    for sheet in book:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                assert cell.data_type in ("s", "n" if cell.value is None else "s")
                assert cell.value != text or cell.quotePrefix


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=7, max_size=7))
def test_an_answer_can_be_written_whatever_was_sent(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    row = dict(zip(COUNT, cells, strict=True))
    path = answer(tmp_path_factory.mktemp("answer"), "x.csv", list(COUNT), [(2, cells)], judge(row))
    assert len(written(path)) == 2


# The template


def test_a_template_has_drop_downs_whose_choices_keep_the_rules(tmp_path: Path) -> None:
    names = ["hidden_crime_da", "custody_visits", "officer_fte", "dogs_cost"]
    write_template(tmp_path / "x.xlsx", names, "west-midlands", dt.date(2026, 11, 22))
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["return", "guide", "lists"]
    assert all(sheet.sheet_state == "visible" for sheet in book)
    sheet = book["return"]
    assert [cell.value for cell in sheet[1]] == list(COUNT)
    assert all(cell.comment for cell in sheet[1])
    assert sheet.max_row == 201  # formatted, and empty
    assert not any(cell.value for row in sheet.iter_rows(min_row=2) for cell in row)
    assert sheet["C2"].number_format == "@"
    lists = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in book["lists"].columns}
    ranges = {str(v.sqref)[0]: v.formula1 for v in sheet.data_validations.dataValidation}
    assert ranges == {
        letter: f"lists!${letter}$2:${letter}${len(choices) + 1}"
        for letter, choices in zip("ABCD", lists.values(), strict=True)
    }
    assert lists["measure"] == names
    assert lists["area"][:2] == ["West Midlands Police", "Birmingham"]
    assert {"2026-10", "2026 Q2", "2025/26", "2025", "2026-09-30"} <= set(lists["period"])
    assert not {"2026-11", "2026/27", "2026", "2026-12-31"} & set(lists["period"])
    for area in lists["area"]:
        assert judge(COUNT | {"area": area}) == []
    assert all(parse_period(period) for period in lists["period"])
    assert {"record_type=crimes", "policing_area="} <= set(lists["breakdown"])
    told = " ".join(str(cell.value) for row in book["guide"].iter_rows() for cell in row)
    for name in names:
        assert MEASURES[name].name in told
    assert check_file(tmp_path / "x.xlsx", tmp_path, 1 << 20) == (0, [], None)


def test_a_template_can_be_made_for_any_force_and_all_measures() -> None:
    for force in load_forces().values():
        book = template(list(MEASURES.values())[:1], force, dt.date(2026, 1, 1))
        assert book["lists"]["B2"].value
    assert template(list(MEASURES.values()), load_forces()["kent"], dt.date(2026, 1, 1))["lists"].max_row > 260


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    assert run(app, ["template", "custody_vists"]).output.strip() == (
        "There is no measure 'custody_vists'; did you mean custody_visits?"
    )
    assert run(app, ["template", "custody_visits", "--force", "kent"]).exit_code == 0
    assert "may be filled in" in run(app, ["template", "cadets", "--out", "kent-return.xlsx"]).output
    assert run(app, ["template", "cadets", "--out", "cadets.csv"]).exit_code == 0
    assert Path("cadets.csv").read_text("utf-8-sig") == ",".join(COUNT) + "\n"
    assert "no rows" in run(app, ["check-return", "kent-return.xlsx"]).output
    with Path("cadets.csv").open("a", encoding="utf-8") as file:
        file.write("cadets,Kent,2020-03-31,,370%,,\ncadets,Kent,2021-03-31,,370,,\n")
    done = run(app, ["check-return", "cadets.csv"])
    assert done.exit_code == 1
    assert "1 of 2 rows" in done.output
    assert "percent sign" in done.output
    assert Path("cadets.csv.answer.xlsx").exists()
    Path("latin.csv").write_bytes(Path("cadets.csv").read_bytes() + b"cadets,Kent,2022-03-31,,\xa35,,\n")
    assert "latin.csv is not UTF-8 (line 4)" in run(app, ["check-return", "latin.csv"]).output
    assert "has no sheet with the columns" in run(app, ["check-return", str(PROJECT_DIR / "pyproject.toml")]).output


# The sample


def test_the_sample_returns_are_the_published_figures_and_two_bad_rows(tmp_path: Path) -> None:
    figures = read_figures(SEEDS_DIR)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    rows = sample.write(tmp_path / "one", figures, 1)
    assert sample.write(tmp_path / "two", figures, 2) == rows
    bad: list[Violation] = []
    for name, count in rows.items():
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        found, wrong, _ = check_file(tmp_path / "one" / name, tmp_path, 1 << 20)
        assert found == count
        bad += wrong
    assert [violation.value for violation in bad] == ["51%", "West Midlands region"]
    with (SEEDS_DIR / "published" / "published_figure_match.csv").open(encoding="utf-8", newline="") as file:
        links = [row for row in csv.DictReader(file) if row["method_id"] == "as_returned"]
    # A figure that is printed twice is returned once.
    key = ("measure_id", "area_code", "period_start", "period_end", "breakdown_value")
    assert len({tuple(link[name] for name in key) for link in links}) == sum(rows.values()) - len(bad)
