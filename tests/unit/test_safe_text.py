"""Text that reaches a spreadsheet is never worked out: as a cell, in CSV, and in CSV that DuckDB writes."""

from __future__ import annotations

import datetime as dt
import io
import re

import duckdb
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell import WriteOnlyCell

from pipelines.safe_text import fill, for_csv, for_csv_sql, may_be_formula

FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1",
    "\ufeff=1+1", "\u200b@x", "\xa0-x", "＝1+1", "＠x", "\tplain", "=", "+", "--", "-1-1", '=HYPERLINK("http://x","y")',
]  # fmt: skip
HARMLESS = [
    "",
    "plain",
    "a=b",
    "West Midlands - north",
    "-",
    "-3.5",
    "+2%",
    "-1e-9",
    "1-2",
    "'=1",
    "o'clock",
    "é",
    "#REF!",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_is_text(text: str) -> None:
    assert may_be_formula(text)
    assert str(for_csv(text)).startswith("'")


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert not may_be_formula(text)
    assert for_csv(text) == text


@pytest.mark.parametrize("write_only", [False, True])
def test_cells_of_a_workbook_hold_text_and_numbers_as_they_are(write_only: bool) -> None:
    values = [*FORMULAS, *HARMLESS, "bell\x07\ud800\uffff", "x" * 40_000, -3.5, 7, None, dt.date(2020, 4, 1), True]
    workbook = openpyxl.Workbook(write_only=write_only)
    sheet = workbook.create_sheet("x") if write_only else workbook.active
    assert sheet is not None
    cells = [WriteOnlyCell(sheet) if write_only else sheet.cell(1, place + 1) for place in range(len(values))]
    for cell, value in zip(cells, values, strict=True):
        fill(cell, value)
    if write_only:
        sheet.append(cells)
    saved = io.BytesIO()
    workbook.save(saved)
    read = [cell for row in openpyxl.load_workbook(saved)["x" if write_only else "Sheet"].iter_rows() for cell in row]
    for cell, value in zip(read, values, strict=True):
        if isinstance(value, str) and value:
            assert (cell.data_type, cell.quotePrefix) == ("s", may_be_formula(value) or value[0] in "-+"), value
    assert read[len(FORMULAS) + len(HARMLESS)].value == "bell" + 3 * "\N{REPLACEMENT CHARACTER}"
    cut = str(read[len(FORMULAS) + len(HARMLESS) + 1].value)
    assert cut == "x" * 32_000 + "... (and 8,000 more characters than a cell holds)"
    numbers = [cell.data_type for cell in read[-5:]]
    assert numbers == ["n", "n", "n", "d", "b"]


def test_formula_behind_a_foreign_separator_is_neutralised() -> None:
    assert for_csv("London;=1+1") == "London;'=1+1"
    assert for_csv("a\n@x\t +y") == "a\n'@x\t' +y"


texts = st.text(st.sampled_from("=+-@ ;\t\r\n\0ax1.'\",\ufeff＝") | st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_no_field_of_neutralised_text_begins_a_formula(text: str) -> None:
    written = str(for_csv(text))
    fields = re.split("[;\t\r\n]", written)
    begins = [field.strip("".join(map(chr, range(33))) + "\ufeff")[:1] for field in fields]
    assert not set(begins) & set("=+-@＝") or re.fullmatch(r"-|[-+][\d.]+%?", written)
    assert written.replace("'", "") == text.replace("'", "").replace("\0", "")


def test_duckdb_neutralises_as_python_does() -> None:
    values = [*FORMULAS, *HARMLESS, "a;=1", "b\t @x;+1", "a\r\n=1"]
    with duckdb.connect() as connection:
        found = connection.execute(
            f'SELECT {for_csv_sql(chr(34) + "odd name" + chr(34))} FROM (SELECT unnest(?::VARCHAR[]) AS "odd name")',
            [values],
        ).fetchall()
    assert [row[0] for row in found] == [for_csv(text) for text in values]
