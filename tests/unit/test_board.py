"""The board pack: its declaration, its numbers as text, and where lines may be drawn."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.assets.board import build_board_assets, build_board_job
from pipelines.board.content import QUERIES, Cell, Pack, Page, Run, Section, Table, _runs
from pipelines.board.declaration import EXPOSURES, Unit, load_declaration
from pipelines.board.excel_charts import _days, _scale
from pipelines.board.numbers import cell_text, number_format
from pipelines.board.workbook import sheet_names
from pipelines.periods import parse_quarter, quarters
from pipelines.settings import Settings
from pipelines.store.warehouse import WarehouseError

EXPOSED = {entry["name"]: entry for entry in yaml.safe_load(EXPOSURES.read_text(encoding="utf-8"))["exposures"]}
HELPERS = {"pages": ("lines", "pages", "told", "trend", "peers"), "trends": ("lines", "trend")}
"""Queries that a layout reads besides, or instead of, its own."""


def reads(*queries: str) -> set[str]:
    text = " ".join((QUERIES / f"{name}.sql").read_text(encoding="utf-8") for name in queries)
    return set(re.findall(r"\b((?:marts|ops)\.\w+)", text)) - {"ops.release"}


@pytest.mark.parametrize("name", sorted(EXPOSED))
def test_an_exposure_depends_on_just_the_marts_that_its_query_reads(name: str) -> None:
    declared = set()
    for entry in EXPOSED[name]["depends_on"]:
        words = re.findall(r"'(\w+)'", entry)
        # the marts of seeds have an alias
        declared.add(".".join(words) if entry.startswith("source") else f"marts.{words[0].removeprefix('mart_')}")
    meta = EXPOSED[name]["config"]["meta"]
    query = meta.get("query")
    queries = HELPERS.get(meta["layout"], (query,) if query else ())
    found = reads(*queries)
    if any(re.search(r"\b(FROM|JOIN) line\b", (QUERIES / f"{one}.sql").read_text(encoding="utf-8")) for one in queries):
        found |= reads("lines")
    # contents and notes say what the others hold
    assert declared == (found or {"marts.dim_plan"})


def test_every_query_is_used_and_every_word_list_exists() -> None:
    declaration = load_declaration()
    used = {plan.query for plan in declaration.sections} | {name for names in HELPERS.values() for name in names}
    assert {path.stem for path in QUERIES.glob("*.sql")} == used - {None}
    for plan in declaration.sections:
        for column in (*plan.columns, *plan.facts, *plan.standing):
            assert column.kind != "word" or column.words in declaration.words, (plan.id, column.name)
    orders = [plan.order for plan in declaration.sections]
    assert orders == sorted(set(orders))


def test_a_mistake_in_the_declaration_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "exposures.yml"
    wrong.write_text(
        EXPOSURES.read_text(encoding="utf-8").replace("layout: contents", "layout: pie", 1), encoding="utf-8"
    )
    with pytest.raises(WarehouseError, match=r"exposures.yml, exposure board_contents: layout is not usable"):
        load_declaration(wrong)


@pytest.mark.parametrize(
    ("cell", "text", "form"),
    [
        (Cell(1059.053, decimals=0), "1,059", "#,##0;-#,##0;#,##0"),
        (Cell(42.745, decimals=1, unit=Unit(suffix=" %")), "42.7 %", '#,##0.0" %";-#,##0.0" %";#,##0.0" %"'),
        (Cell(-0.04, decimals=1), "0.0", "#,##0.0;-#,##0.0;#,##0.0"),
        (Cell(-1234.5, decimals=0, unit=Unit(prefix="£")), "-£1,234", '"£"#,##0;-"£"#,##0;"£"#,##0'),
        (Cell(dt.date(2021, 3, 1)), "1 March 2021", None),
        (Cell(marker="[x]"), "[x]", None),
    ],
)
def test_a_cell_as_text_and_as_a_format(cell: Cell, text: str, form: str | None) -> None:
    assert cell_text(cell) == text
    if form:
        assert number_format(cell) == form


def test_a_line_is_cut_where_a_value_is_missing_and_where_it_must_be() -> None:
    values = [1.0, 2.0, None, 4.0, 5.0, 6.0]
    assert _runs(values, [False] * 6) == (Run(0, 1), Run(3, 5))
    assert _runs(values, [False, False, False, False, True, False]) == (Run(0, 1), Run(3, 3), Run(4, 5))
    assert _runs([None], [False]) == ()


def test_names_of_sheets_are_legal_and_different() -> None:
    def page(number: str) -> Page:
        table = Table(number, "", (), ())
        return Page(
            number, number, "Crime [all]: per 1,000/residents and more words", "", (), (), (), (), table, None, None
        )

    sections = (
        Section("a", "What changed?", "", "table"),
        Section("b", "", "", "pages", pages=(page("9"), page("9"), page("10"))),
        Section("c", "WHAT CHANGED", "", "table"),
    )
    quarter = parse_quarter("2020Q4")
    assert quarter is not None
    names = sheet_names(Pack("p", "", "", "", quarter, "internal", "", "", False, None, sections))
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\']", name) for name in names.values())
    assert len({name.lower() for name in names.values()}) == len(names) == 4


def test_an_axis_of_days_labels_the_month_that_it_stands_in() -> None:
    class Axis:
        scaling = type("Scaling", (), {"min": 0.0, "max": 0.0})()
        majorUnit = 0.0

    chart: Any = type("Chart", (), {"x_axis": Axis()})()
    for first, last in ((dt.date(2015, 1, 1), dt.date(2020, 12, 1)), (dt.date(2019, 6, 30), dt.date(2019, 9, 30))):
        _days(chart, [first, last])
        step = chart.x_axis.majorUnit
        ticks = [chart.x_axis.scaling.min + step * place for place in range(200)]
        ticks = [tick for tick in ticks if tick <= chart.x_axis.scaling.max + 0.01]
        days = [dt.date(1899, 12, 30) + dt.timedelta(days=tick) for tick in ticks]
        # on the side of the month on which the days stand
        assert all(day.day <= 8 if first.day == 1 else day.day >= 23 for day in days)
        assert days[0] <= first
        assert days[-1] >= last
        assert 3 <= len(days) <= 15


@pytest.mark.parametrize("numbers", [[], [5.0], [0.0, 0.003], [86.9, 85.5], [-3.0, 4.0], [1e6, 3e6]])
def test_an_axis_of_values_holds_them_between_round_numbers(numbers: list[float]) -> None:
    floor, ceiling, step = _scale(numbers)
    assert all(floor <= number <= ceiling for number in numbers)
    assert 1 <= round((ceiling - floor) / step) <= 8


def test_quarters_of_the_financial_year() -> None:
    quarter = parse_quarter(" 2020q4 ")
    assert quarter is not None
    assert (quarter.name, quarter.start, quarter.end) == ("2020Q4", dt.date(2021, 1, 1), dt.date(2021, 3, 31))
    assert quarter.label == "January to March 2021 (2020/21, quarter 4)"
    assert parse_quarter("2020Q5") is None
    assert parse_quarter("2020-Q1") is None
    assert [quarter.name for quarter in quarters("2019-12-31", "2020-04-01")] == ["2019Q3", "2019Q4", "2020Q1"]


def test_the_pack_has_a_partition_for_each_quarter_and_a_job_of_its_own() -> None:
    (asset,) = build_board_assets(Settings.load({}))
    keys = asset.partitions_def.get_partition_keys()  # type: ignore[union-attr]
    assert (keys[0], keys[-1]) == ("2006Q1", "2029Q4")
    assert build_board_job().name == "board_pack"
