"""Files whose table must be looked for: every form in which an office hands them over, and what becomes of it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import logging
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pipelines.ingest.documents import DocumentRefused
from pipelines.ingest.extracts import Found, find_extracts
from pipelines.ingest.parts import ROWS_IN_MEMORY, Part
from pipelines.settings import Settings
from pipelines.sources.contract import Contract
from pipelines.sources.forces import load_forces

HEADER = ["Reference", "Opened", "Cases", "Share", "Name", "Remarks"]


def contract(**changes: Any) -> Contract:
    columns = [
        {"header": "Reference", "name": "reference", "personal": "direct_identifier", "treatment": "pseudonymise"},
        {"header": "Opened", "also": ["Date opened"], "name": "opened", "type": "DATE", "required": True},
        {"header": "Cases", "name": "cases", "type": "BIGINT"},
        {"header": "Share", "name": "share", "type": "DOUBLE", "optional": True},
        {"header": "Name", "name": "name", "personal": "direct_identifier", "treatment": "drop", "optional": True},
        {"header": "Remarks", "name": "remarks", "personal": "free_text", "treatment": "drop", "optional": True},
    ]
    return Contract.model_validate(
        {
            "name": "case_list",
            "title": "Case list",
            "description": "Cases.",
            "publisher": "The force",
            "licence": "Internal",
            "home_page": "none",
            "cadence": "monthly",
            "lag_days": 30,
            "grain": "one case",
            "sensitivity": "personal",
            "expected_forces": "home",
            "layout": {"period": {"column": "opened", "length": "month"}},
            "example": "cases.xlsx",
            "columns": [{"type": "VARCHAR", "description": "A column.", **column} for column in columns],
            **changes,
        }
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "spool").mkdir()
    return Settings.load({}, warehouse_dir=tmp_path, pseudonym_key_file=tmp_path / "secret" / "key")


def find(path: Path, settings: Settings, *contracts: Contract) -> list[Found]:
    known = {item.name: item for item in contracts or (contract(),)}
    return find_extracts(path, path.name, settings.warehouse_dir / "spool", settings, known, load_forces())


def rows(found: Found) -> list[dict[str, str]]:
    with found.path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def faults(found: Found) -> list[list[object]]:
    path = found.path.with_suffix(".faults")
    return json.loads(path.read_text()) if path.exists() else []


def workbook(path: Path, cells: list[list[object]], prepare: Callable[[Any], None] = lambda book: None) -> Path:
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    prepare(book)
    book.save(path)
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8", newline="")
    return path


def ods(path: Path, content: str, manifest: str = "") -> Path:
    """A small OpenDocument spreadsheet whose tables are given as XML."""
    names = (
        "".join(
            f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
            for name, long in (("office", "office"), ("table", "table"), ("text", "text"), ("manifest", "manifest"))
        )
        + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    )
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content{names} office:version="1.2"><office:body>'
            f"<office:spreadsheet>{content}</office:spreadsheet></office:body></office:document-content>",
        )
        package.writestr(
            "META-INF/manifest.xml",
            f'<?xml version="1.0"?><manifest:manifest{names}><manifest:file-entry manifest:full-path="content.xml" '
            f'manifest:media-type="text/xml">{manifest}</manifest:file-entry></manifest:manifest>',
        )
    return path


def ods_row(*cells: str) -> str:
    return (
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
        )
        + "</table:table-row>"
    )


def rewrite(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """Change one part of a workbook."""
    with zipfile.ZipFile(path) as package:
        parts = {info.filename: package.read(info) for info in package.infolist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in parts.items():
            package.writestr(name, body)
    return path


SHEET = "xl/worksheets/sheet1.xml"
CASE = ["A1", dt.date(2020, 3, 5), 3, 0.25, "Jo Bloggs", "call after six"]


def test_a_table_below_titles_is_found_and_divided_by_month(tmp_path: Path, settings: Settings) -> None:
    path = workbook(
        tmp_path / "merseyside cases.xlsx",
        [
            ["Cases opened", None, None],
            [],
            HEADER,
            CASE,
            ["A2", dt.date(2020, 3, 31), "1,234", "12.5%"],
            [],
            ["A3", "01/04/2020", 5],
        ],
        lambda book: book.active.merge_cells("A1:F1"),
    )
    march, april = find(path, settings)
    assert [(f.identity.source, f.identity.force, str(f.identity.period_start)) for f in (march, april)] == [
        ("case_list", "merseyside", "2020-03-01"),
        ("case_list", "merseyside", "2020-04-01"),
    ]
    assert [(row["line"], row["opened"], row["cases"], row["share"]) for row in rows(march)] == [
        ("4", "2020-03-05", "3", "0.25"),
        ("5", "2020-03-31", "1234", "0.125"),
    ]
    assert [(row["line"], row["share"]) for row in rows(april)] == [("7", "")]
    assert (march.scan.records, april.scan.records) == (2, 1)


def merged(*ranges: str) -> Callable[[Any], None]:
    """Merge cells, which keeps what stands in the first one of each range."""

    def merge(book: Any) -> None:
        for cells in ranges:
            book.active.merge_cells(cells)

    return merge


SHORT_HEADER = ["Reference", "Opened", "Cases", "Share"]
TWO_CASES = [["A1", dt.date(2020, 3, 5), 3, 0.25], ["A2", dt.date(2020, 3, 6), 4, None]]


@pytest.mark.parametrize(
    ("head", "ranges"),
    [
        ([["Case", None, "Numbers", None], SHORT_HEADER], ["A1:B1", "C1:D1"]),
        ([["Reference", "Opened", "Numbers", None], [None, None, "Cases", "Share"]], ["A1:A2", "B1:B2", "C1:D1"]),
        ([["Case", None, "Cases", "Share"], ["Reference", "Opened", None, None]], ["A1:B1", "C1:C2", "D1:D2"]),
        # the upper row alone has all that is needed, but not all there is
        ([["Reference", "Opened", "Cases", "Rate"], [None, None, None, "Share"]], ["A1:A2", "B1:B2", "C1:C2"]),
    ],
    ids=[
        "a group row above",
        "two rows, groups to the right",
        "two rows, groups to the left",
        "an optional column below",
    ],
)
def test_headers_of_merged_cells_are_read(
    head: list[list[object]], ranges: list[str], tmp_path: Path, settings: Settings
) -> None:
    (plain,) = find(workbook(tmp_path / "plain.xlsx", [[], SHORT_HEADER, *TWO_CASES]), settings)
    (found,) = find(workbook(tmp_path / "merged.xlsx", [*head, *TWO_CASES], merged(*ranges)), settings)
    assert rows(found) == rows(plain)
    assert [row["line"] for row in rows(found)] == ["3", "4"]
    assert (found.scan.records, faults(found)) == (2, [])


def test_a_header_of_two_rows_is_read_from_opendocument(tmp_path: Path, settings: Settings) -> None:
    spanned = '<table:table-cell table:number-{0}s-spanned="2" office:value-type="string"><text:p>{1}</text:p></table:table-cell>'
    covered = "<table:covered-table-cell/>"
    upper = f"<table:table-row>{spanned.format('row', 'Reference')}{spanned.format('row', 'Opened')}"
    upper += f"{spanned.format('column', 'Numbers')}{covered}</table:table-row>"
    lower = ods_row("Cases", "Share").replace("<table:table-row>", f"<table:table-row>{covered}{covered}")
    content = f'<table:table table:name="s">{upper}{lower}{ods_row("A1", "2020-03-05", "3", "25%")}</table:table>'
    (found,) = find(ods(tmp_path / "cases.ods", content), settings)
    assert [(row["line"], row["cases"], row["share"]) for row in rows(found)] == [("3", "3", "0.25")]


def test_a_data_row_is_never_part_of_the_header(tmp_path: Path, settings: Settings) -> None:
    path = text(tmp_path / "c.csv", "Reference,Opened,Cases,\nA1,2020-03-05,,\n,2020-03-06,4,\n")
    (found,) = find(path, settings)
    assert [row["line"] for row in rows(found)] == ["2", "3"]


def test_the_same_rows_are_the_same_extract_in_every_format(tmp_path: Path, settings: Settings) -> None:
    cells = ["A1", "2020-03-05", "3"]
    found = [
        find(path, settings)[0]
        for path in (
            workbook(tmp_path / "a.xlsx", [HEADER[:3], ["A1", dt.date(2020, 3, 5), 3]]),
            text(tmp_path / "a.csv", ",".join(HEADER[:3]) + "\n" + ",".join(cells) + "\n"),
            text(tmp_path / "b.csv", "\n\ufeff"[1:] + ",".join(HEADER[:3]) + "\r\n" + ",".join(cells) + "\r\n"),
            ods(
                tmp_path / "a.ods", f'<table:table table:name="s">{ods_row(*HEADER[:3])}{ods_row(*cells)}</table:table>'
            ),
        )
    ]
    assert len({item.scan.sha256 for item in found}) == 1
    assert len({item.path.read_bytes() for item in found}) == 1


def test_nothing_personal_is_written(tmp_path: Path, settings: Settings) -> None:
    path = text(
        tmp_path / "cases.csv",
        ",".join(HEADER)
        + "\n REF  77,2020-03-05,3,,Jo Bloggs,call after six\nref 77,2020-03-06,Bloggs 07700,,Jo,x\nA9,2020-03-07,4,,,\n",
    )
    (found,) = find(path, settings)
    pseudonyms = [row["reference"] for row in rows(found)]
    assert [len(pseudonym) for pseudonym in pseudonyms] == [32, 32]
    assert faults(found) == [[3, "cases", "xxxxxx 99999", "is not a BIGINT"]]
    everything = b"".join(item.read_bytes() for item in (tmp_path / "spool").iterdir()).decode().casefold()
    assert not [word for word in ("ref", "77,", "bloggs", "after six", "07700") if word in everything.split("\n", 1)[1]]
    key = settings.pseudonym_key_file
    assert key.stat().st_mode & 0o077 == 0
    assert find(text(tmp_path / "x.csv", f"{','.join(HEADER[:3])}\nREF 77,2020-03-05,3\n"), settings)
    other = Settings.load({}, warehouse_dir=tmp_path, pseudonym_key_file=tmp_path / "other")
    assert rows(find(path, other)[0])[0]["reference"] != pseudonyms[0]
    assert rows(find(path, settings)[0])[0]["reference"] == pseudonyms[0]


def test_rows_that_cannot_be_read_are_set_aside_and_counted(tmp_path: Path, settings: Settings) -> None:
    path = text(
        tmp_path / "cases.csv",
        "Reference,Date opened,Cases\nA1,2020-03-05,1\nA2,soon,2\nA3,2020-03-06\nA4,2020-03-07,4,5\n\nA5,,5\n"
        "A6,2020-04-01,six\n",
    )
    march, april = find(path, settings)
    assert (march.scan.records, april.scan.records) == (5, 1)
    assert [row["line"] for row in rows(march)] == ["2"]
    assert faults(march) == [
        [3, "opened", "xxxx", "is not a DATE of the form %d/%m/%Y"],
        [4, None, None, "has not as many cells as the header"],
        [5, None, None, "has not as many cells as the header"],
        [7, "opened", "", "is empty"],
    ]
    assert faults(april) == [[7 + 1, "cases", "xxx", "is not a BIGINT"]]


def test_dates_count_from_either_epoch(tmp_path: Path, settings: Settings) -> None:
    def from_1904(book: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    path = workbook(tmp_path / "cases.xlsx", [HEADER[:3], ["A1", None, 3]], from_1904)
    book = openpyxl.load_workbook(path)
    book.active["B2"] = dt.date(2020, 3, 5)
    book.save(path)
    assert rows(find(path, settings)[0])[0]["opened"] == "2020-03-05"


def test_hidden_sheets_are_not_read(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("fpw"), "propagate", True)  # the command line keeps its lines to itself

    def hide(book: Any) -> None:
        sheet = book.create_sheet("old")
        sheet.append(HEADER[:3])
        sheet.append(["A2", dt.date(2019, 1, 1), 1])
        sheet.sheet_state = "hidden"

    (found,) = find(workbook(tmp_path / "cases.xlsx", [HEADER, CASE], hide), settings)
    assert str(found.identity.period_start) == "2020-03-01"
    assert "hidden sheets are not read (old)" in caplog.text


def test_declared_empty_rows_are_not_expanded(tmp_path: Path, settings: Settings) -> None:
    wide = workbook(tmp_path / "wide.xlsx", [HEADER, CASE])
    rewrite(
        wide,
        SHEET,
        lambda xml: xml.replace(
            "</sheetData>", "".join(f'<row r="{n}"/>' for n in range(3, 300_000)) + "</sheetData>"
        ).replace('<dimension ref="A1:F2"', '<dimension ref="A1:XFD1048576"'),
    )
    cell = '<table:table-cell table:number-columns-repeated="1024"/>'
    long = ods(
        tmp_path / "long.ods",
        f'<table:table table:name="s">{ods_row(*HEADER[:3])}{ods_row("A1", "2020-03-05", "3")}'
        f'<table:table-row table:number-rows-repeated="1048000">{cell}</table:table-row></table:table>',
    )
    for path in (wide, long):
        started = time.monotonic()
        assert len(rows(find(path, settings)[0])) == 1
        assert time.monotonic() - started < 2


def without_result(xml: str) -> str:
    return xml.replace("</sheetData>", '<row r="3"><c r="C3"><f>SUM(1,2)</f></c></row></sheetData>')


def with_error(xml: str) -> str:
    return xml.replace("</sheetData>", '<row r="3"><c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c></row></sheetData>')


def with_entities(xml: str) -> str:
    return '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + xml[xml.index("<worksheet") :]


def damaged(name: str, tmp_path: Path) -> Path:
    path = workbook(tmp_path / f"{name}.xlsx", [HEADER, CASE])
    match name:
        case "password":
            path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
        case "formula":
            rewrite(path, SHEET, without_result)
        case "error":
            rewrite(path, SHEET, with_error)
        case "entities":
            rewrite(path, SHEET, with_entities)
        case "macros":
            with zipfile.ZipFile(path, "a") as package:
                package.writestr("xl/vbaProject.bin", b"macro")
        case "macro-kind":
            path = path.rename(path.with_suffix(".xlsm"))
        case "cut-off":
            path.write_bytes(path.read_bytes()[:-400])
        case "bomb":
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package:
                package.writestr("xl/media/big.xml", bytes(50_000_000))
        case "no-workbook":
            path.write_bytes(b"Reference,Opened,Cases\n")
        case "unknown-column":
            workbook(path, [[*HEADER, "Mobile"], [*CASE, "07700 900000"]])
        case "lacks-column":
            workbook(path, [["Reference", "Opened"], CASE[:2]])
        case "no-period":
            workbook(path, [HEADER, ["A1", None, 3]])
        case "no-rows":
            workbook(path, [HEADER])
        case "month-first":
            workbook(path, [HEADER, ["A1", "03/05/2020", 3], ["A2", "03/31/2020", 3]])
        case "ods-password":
            path = ods(path.with_suffix(".ods"), "", '<manifest:encryption-data manifest:checksum="x"/>')
        case "ods-formula":
            cell = '<table:table-cell table:formula="of:=1+1"><text:p/></table:table-cell>'
            path = ods(
                path.with_suffix(".ods"), f"<table:table><table:table-row>{cell}</table:table-row></table:table>"
            )
        case "two-sheets":
            workbook(
                path, [HEADER, CASE, ["A2", dt.date(2020, 3, 6), "six"]], lambda book: book.copy_worksheet(book.active)
            )
        case "month-first-and-long":
            days = [f"{1 + day % 3:02d}/03/2020" for day in range(ROWS_IN_MEMORY)]
            text(
                path.with_suffix(".csv"),
                "\n".join(["Reference,Opened,Cases", *(f"A,{day},1" for day in [*days, "03/31/2020"])]),
            )
            path = path.with_suffix(".csv")
        case "header-without-column":
            workbook(path, [["Reference", "Opened", "Numbers"], ["", "", "Share"], ["A1", dt.date(2020, 3, 5), 0.25]])
    return path


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("password", "protected by a password"),
        ("formula", "a formula without a result in cell C3"),
        ("error", "an error instead of a value in cell C3"),
        ("entities", "declares XML entities"),
        ("macros", "holds macros"),
        ("macro-kind", "of the kind .xlsm, which may hold macros"),
        ("cut-off", "is no whole workbook"),
        ("bomb", "would grow from"),
        ("no-workbook", "is no whole workbook"),
        ("unknown-column", "has the unknown column 'Mobile'"),
        ("lacks-column", "lacks the column 'Cases'"),
        ("no-period", "no row whose 'Opened' tells a period"),
        ("no-rows", "has the header of case list and no row below it"),
        ("month-first", "put the month first"),
        ("ods-password", "password"),
        ("ods-formula", "a formula without a result"),
        ("month-first-and-long", "put the month first"),
        ("two-sheets", "in two sheets"),
        ("header-without-column", "lacks the column 'Cases'"),
    ],
)
def test_what_is_refused_whole_says_why_and_leaves_nothing(
    name: str, sentence: str, tmp_path: Path, settings: Settings
) -> None:
    with pytest.raises(DocumentRefused, match=sentence):
        find(damaged(name, tmp_path), settings)
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_file_of_no_source_is_nobodys(tmp_path: Path, settings: Settings) -> None:
    assert find(text(tmp_path / "menu.csv", "Dish,Price\nSoup,3\n"), settings) == []


def test_two_sources_with_one_header_must_be_told_apart(tmp_path: Path, settings: Settings) -> None:
    path = text(tmp_path / "cases.csv", ",".join(HEADER) + "\n")
    with pytest.raises(DocumentRefused, match="columns of both case_list and case_list_too"):
        find(path, settings, contract(), contract(name="case_list_too"))


def test_a_slice_is_an_extract_of_its_own(tmp_path: Path, settings: Settings) -> None:
    sliced = contract(layout={"period": {"column": "opened", "length": "year"}, "slice": "cases"})
    path = text(tmp_path / "c.csv", f"{','.join(HEADER[:3])}\nA1,2020-03-05,3\nA2,2020-04-05,4\nA3,2020-05-05,3\n")
    found = find(path, settings, sliced)
    assert [(item.identity.slice, len(rows(item))) for item in found] == [("3", 2), ("4", 1)]


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), max_size=12))
def test_every_row_is_loaded_or_set_aside(tmp_path: Path, settings: Settings, cells: list[list[str]]) -> None:
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(HEADER[:3])
    writer.writerows([["A0", "2020-03-05", "1"], *cells])
    path = tmp_path / "cases.csv"
    path.write_bytes(content.getvalue().encode("utf-8", "surrogatepass").replace(b"\0", b""))
    try:
        found = find(path, settings)
    except (DocumentRefused, UnicodeDecodeError):
        return
    expected = 1 + sum(bool("".join(row).replace("\0", "").strip()) for row in cells)
    assert sum(item.scan.records for item in found) == expected
    for item in found:
        assert len(rows(item)) + len({fault[0] for fault in faults(item)}) == item.scan.records


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("MAX_PARTS", "holds more than 3 periods and values of 'cases'"),
        ("MAX_FAULTS", r"has more than 3 rows that cannot be read \(one is line 12\)"),
    ],
)
def test_a_file_that_would_fill_memory_or_disk_is_refused(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, limit: str, sentence: str
) -> None:
    sliced = contract(layout={"period": {"column": "opened", "length": "month"}, "slice": "cases"})
    good = [f"A,2020-0{month}-01,{number}" for month in (1, 2, 3) for number in (1, 2)]
    bad = ["A,no date,1"] * 4
    path = text(tmp_path / "c.csv", "\n".join([",".join(HEADER[:3]), "A,2020-01-01,1", *bad[:2], *good, *bad[2:], ""]))
    monkeypatch.setattr(f"pipelines.ingest.parts.{limit}", 3)
    with pytest.raises(DocumentRefused, match=sentence):
        find(path, settings, sliced)
    assert list((tmp_path / "spool").iterdir()) == []


def test_rows_without_period_are_not_all_kept_in_memory(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.ingest.parts.MAX_FAULTS", 3)
    path = text(tmp_path / "c.csv", "\n".join([",".join(HEADER[:3]), *["A,no date,1"] * 9, "A,2020-01-01,1", ""]))
    with pytest.raises(DocumentRefused, match="no row whose 'Opened' tells a period"):
        find(path, settings)


def test_a_slice_too_long_to_be_one_is_set_aside(tmp_path: Path, settings: Settings) -> None:
    sliced = contract(
        layout={"period": {"column": "opened", "length": "year"}, "slice": "reference"},
        columns=[
            {"header": "Reference", "name": "reference", "type": "VARCHAR", "description": "A column."},
            {"header": "Opened", "name": "opened", "type": "DATE", "required": True, "description": "A column."},
            {"header": "Cases", "name": "cases", "type": "BIGINT", "description": "A column."},
        ],
        sensitivity="public",
    )
    path = text(tmp_path / "c.csv", f"{','.join(HEADER[:3])}\nA1,2020-03-05,3\n{'x' * 201},2020-04-05,4\n")
    (item,) = find(path, settings, sliced)
    assert item.scan.records == 2
    assert [(fault[0], fault[1], fault[3]) for fault in faults(item)] == [
        (3, "reference", "is longer than 200 characters")
    ]


def test_long_rows_are_written_before_they_fill_memory(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = []
    monkeypatch.setattr("pipelines.ingest.layouts.BULK_CHARACTERS", 1_000)
    monkeypatch.setattr(
        "pipelines.ingest.parts.Part.flush", lambda part, flush=Part.flush: (flushed.append(1), flush(part))
    )
    lines = [f"{'x' * 400},2020-03-05,3"] * 10
    (item,) = find(text(tmp_path / "c.csv", "\n".join([",".join(HEADER[:3]), *lines, ""])), settings)
    assert len(rows(item)) == 10
    assert len(flushed) == 4  # every third row, and at the end
