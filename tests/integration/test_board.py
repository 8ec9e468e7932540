"""The board pack, opened as a reader and as a program would."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from pipelines.board.content import Cell, Earlier, Pack, read_pack
from pipelines.board.declaration import load_declaration
from pipelines.board.gate import check_document, check_workbook
from pipelines.board.numbers import cell_text
from pipelines.board.pack import PROVENANCE, make_pack
from pipelines.cli import app
from pipelines.periods import parse_quarter
from pipelines.settings import Settings
from pipelines.store.releases import newest, open_release
from pipelines.store.warehouse import WarehouseError
from tests.integration.conftest import Installation

pytestmark = pytest.mark.xdist_group("refresh")

PLAN, QUARTER = "pcp1620", "2020Q4"
RESTATED = "pcp1620_complaints_volume"
MARKER = re.compile(r"\[(x|z|c|b|u|low)\]")


def equal_to(number: Any) -> Any:
    """As equal as a cell can hold it: a spreadsheet keeps 15 digits."""
    return pytest.approx(number, rel=1e-15)


@dataclass(frozen=True)
class Made:
    """A pack on disk, and the settings and release behind it."""

    settings: Settings
    release: Path
    earlier_release: str
    folder: Path
    earlier_folder: Path

    @property
    def path(self) -> Path:
        return next(self.folder.glob("*.xlsx"))

    @property
    def document(self) -> Path:
        return next(self.folder.glob("*.pdf"))

    @property
    def provenance(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / PROVENANCE).read_text(encoding="utf-8"))
        return found


@pytest.fixture(scope="module")
def made(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two releases, an hour apart, in which a yearly number of complaints is restated; a pack of each."""
    settings = installation.settings.model_copy(
        update={"warehouse_dir": tmp_path_factory.mktemp("board"), "contact": "performance@force.example"}
    )
    source = newest(installation.settings.releases_dir)
    assert source is not None
    late = _copy(source, settings.releases_dir / source.name)
    moment = dt.datetime.strptime(source.name, "%Y%m%dT%H%M%SZ") - dt.timedelta(hours=1)
    early = _copy(source, settings.releases_dir / f"{moment:%Y%m%dT%H%M%SZ}")
    _rewrite(
        early / "ops/release.parquet", f"* REPLACE ('{early.name}' AS release_id, TIMESTAMP '{moment}' AS known_at)"
    )
    _rewrite(
        early / "marts/plan_scorecard.parquet",
        f"* REPLACE (CASE WHEN plan_indicator_id = '{RESTATED}' THEN value - 10 ELSE value END AS value)",
    )
    now = moment + dt.timedelta(hours=1)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            COPY (
                SELECT * FROM '{source}/marts/restatement.parquet'
                UNION ALL BY NAME
                SELECT series_id, period_type, period_start, period_end, TIMESTAMP '{now}' AS restated_at,
                    value - 10 AS old_value, value AS new_value, 10.0 AS difference, 'final' AS old_status,
                    'final' AS new_status, 'revised' AS change, 'new_extract' AS reason
                FROM '{source}/marts/plan_scorecard.parquet'
                WHERE plan_indicator_id = '{RESTATED}' AND period_label = '2020'
            ) TO '{late}/marts/restatement.parquet'
            """
        )
    before = (now - dt.timedelta(minutes=1)).isoformat()
    earlier = make_pack(settings, plan=PLAN, quarter="2020Q3", as_of=before, document=False)
    folder = make_pack(settings, plan=PLAN, quarter=QUARTER)
    return Made(settings, late, early.name, folder, earlier)


def _copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, copy_function=os.link)
    (target / "marts/restatement.parquet").unlink()
    shutil.copy(source / "marts/restatement.parquet", target / "marts/restatement.parquet")
    return target


def _rewrite(path: Path, columns: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM '{path}') TO '{path}.new' (FORMAT parquet)")
    Path(f"{path}.new").replace(path)


@pytest.fixture(scope="module")
def pack(made: Made) -> Pack:
    """What the pack says."""
    said = made.provenance["compared_with"]
    with open_release(made.release) as connection:
        return read_pack(
            connection,
            load_declaration(),
            plan_id=PLAN,
            quarter=parse_quarter(QUARTER),  # type: ignore[arg-type]
            earlier=Earlier(**said),
            contact=made.settings.contact,
        )


@pytest.fixture(scope="module")
def book(made: Made) -> Any:
    """The workbook as openpyxl reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it leaves the sparklines out
        return openpyxl.load_workbook(made.path)


@pytest.fixture(scope="module")
def sheets(made: Made) -> dict[str, list[list[Any]]]:
    """The cells of every sheet as calamine reads them."""
    found = CalamineWorkbook.from_path(str(made.path))
    return {name: found.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in found.sheet_names}


def _tables(book: Any) -> list[tuple[Any, Any]]:
    return [(sheet, table) for sheet in book.worksheets for table in sheet.tables.values()]


def _records(book: Any, sheets: dict[str, list[list[Any]]], name: str) -> list[dict[str, Any]]:
    """Rows of the table of a sheet, by heading, as calamine reads them."""
    (table,) = book[name].tables.values()
    first, last = re.findall(r"\d+", table.ref)
    head, *rows = sheets[name][int(first) - 1 : int(last)]
    return [dict(zip(head, row, strict=True)) for row in rows]


def _mart(made: Made, query: str) -> list[dict[str, Any]]:
    with open_release(made.release) as connection:
        found = connection.execute(query)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_a_sheet_has_one_table_with_a_header_and_no_holes(book: Any) -> None:
    assert len(_tables(book)) > 15
    for sheet, table in _tables(book):
        assert len(sheet.tables) == 1
        assert not sheet.merged_cells.ranges
        assert table.headerRowCount == 1
        head, *rows = sheet[table.ref]
        headings = [cell.value for cell in head]
        assert headings == [column.name for column in table.tableColumns]
        assert len(set(headings)) == len(headings)
        for row in rows:
            empty = {heading for heading, cell in zip(headings, row, strict=True) if cell.value is None}
            assert empty <= {"Trend"}, (sheet.title, row[0].row, empty)
        assert sheet.freeze_panes
        assert sheet.page_setup.orientation == "landscape"
        assert str(sheet.page_setup.paperSize) == sheet.PAPERSIZE_A4
        assert sheet.page_setup.fitToWidth == 1
    names = [table.displayName for _, table in _tables(book)]
    assert len(set(names)) == len(names)


def test_no_number_is_wider_than_its_column(book: Any) -> None:
    for sheet, table in _tables(book):
        for row in sheet[table.ref][1:]:
            for cell in row:
                if isinstance(cell.value, int | float):
                    form = cell.number_format.split(";")[0]
                    decimals = len(form.partition(".")[2].rstrip('"').split('"')[0])
                    shown = f"{cell.value:,.{decimals}f}" + "".join(re.findall(r'"([^"]*)"', form))
                    assert len(shown) < sheet.column_dimensions[cell.column_letter].width, (
                        sheet.title,
                        cell.coordinate,
                    )


def test_nothing_is_hidden_worked_out_or_signed(book: Any, made: Made) -> None:
    properties = book.properties
    assert properties.title.startswith("West Midlands: Police and Crime Plan")
    assert properties.language == "en-GB"
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible"
        assert len(sheet.title) <= 31
        assert not re.search(r"[\[\]:*?/\\]", sheet.title)
        assert not any(entry.hidden for entry in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()))
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.comment is None
                assert cell.data_type not in ("f", "e"), (sheet.title, cell.coordinate)
    with zipfile.ZipFile(made.path) as parts:
        assert not [name for name in parts.namelist() if "vba" in name.lower() or "comment" in name.lower()]
        assert not re.search(r"creator|lastModifiedBy", parts.read("docProps/core.xml").decode())


def test_every_page_has_its_charts_and_every_chart_says_what_it_shows(book: Any, made: Made, pack: Pack) -> None:
    drawn = sum(bool(page.trend) + bool(page.bars) for page in pack.pages)
    assert drawn >= 7
    assert sum(len(sheet._charts) for sheet in book.worksheets) == drawn
    assert {page.number.rstrip("ab") for page in pack.pages} == {str(number) for number in range(1, 13)}
    with zipfile.ZipFile(made.path) as parts:
        drawings = "".join(parts.read(name).decode() for name in parts.namelist() if "drawings/drawing" in name)
        charts = [parts.read(name).decode() for name in parts.namelist() if "charts/chart" in name]
        sparklines = parts.read("xl/worksheets/sheet3.xml").decode().count("<x14:sparkline>")
    alternatives = re.findall(r'descr="([^"]+)"', drawings)
    assert len(alternatives) == drawn
    assert all(len(text) > 60 for text in alternatives)
    assert sparklines == sum(cell.spark is not None for cell in pack.section("board_scorecard").table.column("trend"))  # type: ignore[union-attr]
    assert sparklines > 3
    for chart in charts:
        assert 'smooth val="1"' not in chart
        assert not re.search(r"<minus>.*<plus>", chart)  # Excel asks for them in the other order
        assert "<title>" in chart.replace("c:", "")
        assert chart.count("<valAx>") + chart.count("<catAx>") == 2


def test_no_line_leads_over_a_break_or_a_gap_or_a_marker(book: Any, made: Made) -> None:
    sheet = next(sheet for sheet in book.worksheets if sheet.title.startswith("9a "))
    (chart,) = sheet._charts
    ranges = [
        (series.xVal.numRef.f, series.yVal.numRef.f) for series in chart.series if series.tx and series.tx.v == "Value"
    ]
    assert len(ranges) == 2  # before and after the wider definition of a complaint
    ends = []
    for x, y in ranges:
        (first, last) = re.findall(r"\$(\d+)", y)
        assert re.findall(r"\$(\d+)", x) == [first, last]
        column = re.findall(r"\$([A-Z]+)\$", y)[0]
        assert all(isinstance(sheet[f"{column}{row}"].value, int | float) for row in range(int(first), int(last) + 1))
        ends.append((int(first), int(last)))
    assert ends[0][1] + 1 == ends[1][0]
    assert sheet[f"A{ends[1][0]}"].value == "February 2020"
    broken = [series for series in chart.series if series.tx and series.tx.v == "Break in the series"]
    assert len(broken) == 1
    assert broken[0].errBars is not None


def test_links_lead_to_sheets_and_back(book: Any) -> None:
    links = {
        (sheet.title, cell.hyperlink.location.split("!")[0].strip("'"))
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.hyperlink
    }
    titles = set(book.sheetnames)
    assert {target for _, target in links} <= titles
    assert {target for source, target in links if source == "Contents"} == titles - {"Contents"}
    assert {source for source, target in links if target == "Contents"} == titles - {"Contents"}
    pages = {title for title in titles if re.match(r"\d", title)}
    assert {target for source, target in links if source == "Scorecard"} >= pages
    assert {source for source, target in links if target == "Scorecard"} >= pages


def test_numbers_of_the_scorecard_are_those_of_the_mart(book: Any, sheets: dict[str, Any], made: Made) -> None:
    columns = {
        "Value": "value",
        "95 % from": "ci_low",
        "95 % to": "ci_high",
        "Year before": "previous_value",
        "Target": "target_level",
        "Similar forces": "comparator_value",
    }
    for name, plan in (("Scorecard", PLAN), ("Reports on the plan", "ar2021")):
        marts = {
            (row["indicator_name"], row["period_label"]): row
            for row in _mart(made, f"SELECT * FROM marts.plan_scorecard WHERE plan_id = '{plan}'")
        }
        compared = 0
        for row in _records(book, sheets, name):
            period = re.sub(r" \(\d+ months old\)", "", row["Period"])
            for heading, column in columns.items():
                found = row.get(heading)
                if found is None:
                    continue
                expected = marts[row["Indicator"], period][column] if period != "[z]" else None
                if isinstance(found, int | float):
                    assert found == equal_to(expected), (row["Indicator"], heading)
                    compared += 1
                else:
                    assert MARKER.fullmatch(found), (row["Indicator"], heading, found)
                    assert expected is None, (row["Indicator"], heading, expected)
        assert compared > 40


def test_numbers_of_pages_peers_and_published_figures_are_those_of_the_marts(
    book: Any, sheets: dict[str, Any], made: Made
) -> None:
    values = {
        (row["indicator_name"], row["period_start"]): row["value"]
        for row in _mart(
            made,
            "SELECT indicator_name, period_start, value.value FROM marts.plan_indicator_value AS value "
            f"JOIN marts.dim_plan_indicator USING (plan_indicator_id) WHERE value.plan_id = '{PLAN}'",
        )
    }
    months = {
        (row["measure_id"], row["month"], row["method_id"]): row
        for row in _mart(made, "SELECT * FROM marts.spc_point WHERE breakdown_type IS NULL AND area_code = 'E23000014'")
    }
    indicators = _mart(made, f"SELECT * FROM marts.dim_plan_indicator WHERE plan_id = '{PLAN}'")
    compared = 0
    for sheet in (title for title in book.sheetnames if re.match(r"\d", title) and book[title].tables):
        indicator = next(
            row for row in indicators if f"{row['indicator_name']}: " in str(book[sheet]["A1"].value) + ": "
        )
        for row in _records(book, sheets, sheet):
            month = months.get((indicator["measure_id"], row["First day"], indicator["method_id"]))
            expected = values.get((indicator["indicator_name"], row["First day"]))
            if month and row["Last day"] - row["First day"] < dt.timedelta(days=31):
                expected = month["value"]
                for heading, column in (("Mean", "mean"), ("Lower limit", "lpl"), ("Upper limit", "upl")):
                    if isinstance(row[heading], int | float):
                        assert row[heading] == equal_to(month[column]), (sheet, row)
                        compared += 1
            if isinstance(row["Value"], int | float):
                assert row["Value"] == equal_to(expected), (sheet, row)
                compared += 1
    assert compared > 300

    peers = {
        tuple(str(row[name])[:15] for name in ("member_name", "value", "ci_low", "ci_high"))
        for row in _mart(made, "SELECT * FROM marts.peer_member")
    }
    rows = _records(book, sheets, "Similar forces")
    members = [row for row in rows if not row["Force"].startswith("Mean of")]
    assert len(members) >= 5
    assert all(
        tuple(str(row[name])[:15] for name in ("Force", "Value", "95 % from", "95 % to")) in peers
        for row in members
        if isinstance(row["95 % from"], float)
    )
    figures = {row["figure_id"]: row for row in _mart(made, "SELECT * FROM marts.reconciliation")}
    published = _records(book, sheets, "Published against computed")
    assert len(published) > 700
    for row in published:
        figure = figures[row["Figure number"]]
        for heading, column in (("Published", "published_value"), ("Computed", "computed_value")):
            if isinstance(row[heading], int | float):
                assert row[heading] == equal_to(figure[column]), row
            else:
                assert figure[column] is None or row[heading] == "[low]", row


def test_the_pack_tells_the_twelve_headlines_with_the_figures_of_the_annual_report(
    book: Any, sheets: dict[str, Any]
) -> None:
    published = _records(book, sheets, "Published against computed")
    printed = [row for row in published if row["Document"] == "003 Annual Report 2020/21" and row["Headline"] != "[z]"]
    agree = [row for row in printed if row["Agreement"] == "= Agrees"]
    assert len(agree) > 250
    assert {int(row["Headline"]) for row in agree} >= {1, 2, 8, 9, 11}
    (gap,) = [row for row in printed if row["Figure"] == "gap to england wales" and row["Headline"] == 1]
    assert (gap["As printed"], round(gap["Computed"], 1), gap["Agreement"]) == ("3.5", 3.4, "≈ Rounding")
    text = {name: " ".join(str(cell) for row in rows for cell in row) for name, rows in sheets.items()}
    first = next(name for name in text if name.startswith("1 "))
    assert "86.9 per 1,000 population" in text[first]
    assert "I-003-1: The report says 3.5 points" in text[first]
    satisfied = next(name for name in text if name.startswith("8 "))
    assert "Victims satisfied with the whole experience, 2020: 42.7 %" in text[satisfied]
    assert all("SAMPLE DATA: synthetic records" in text[name] for name in text)


def test_what_changed_since_the_last_pack(book: Any, sheets: dict[str, Any], made: Made) -> None:
    assert made.provenance["compared_with"]["quarter"] == "2020Q3"
    (row,) = _records(book, sheets, "What changed")
    assert (row["Indicator"], row["Period"]) == ("Complaints received in a year", "2020")
    assert (row["New value"] - row["Old value"], row["Reason"]) == (10, "New records")


def test_an_older_release_gives_the_values_that_it_knew(made: Made) -> None:
    said = json.loads((made.earlier_folder / PROVENANCE).read_text(encoding="utf-8"))
    assert (said["release_id"], said["compared_with"]) == (made.earlier_release, None)
    with (
        zipfile.ZipFile(next(made.earlier_folder.glob("*.xlsx"))) as old,
        zipfile.ZipFile(made.path) as new,
    ):
        assert "<v>3700</v>" in old.read("xl/worksheets/sheet3.xml").decode()
        assert "<v>3710</v>" in new.read("xl/worksheets/sheet3.xml").decode()


def test_the_command_makes_the_same_pack_again_and_says_where(made: Made) -> None:
    before = {path.name: path.read_bytes() for path in made.folder.iterdir()}
    warehouse = str(made.settings.warehouse_dir)
    done = CliRunner(env={"FPW_CONTACT": made.settings.contact}).invoke(
        app, ["board", "--quarter", QUARTER.lower(), "--plan", PLAN, "--warehouse", warehouse]
    )
    assert done.exit_code == 0, done.output
    assert f"{made.path}\n" in done.output
    assert {path.name: path.read_bytes() for path in made.folder.iterdir()} == before
    assert "performance@force.example" in str(
        CalamineWorkbook.from_path(str(made.path)).get_sheet_by_name("Cover").to_python()
    )


def test_nothing_of_a_later_period_is_shown(made: Made) -> None:
    quarter = parse_quarter("2019Q2")
    assert quarter is not None
    with open_release(made.release) as connection:
        pack = read_pack(connection, load_declaration(), plan_id=PLAN, quarter=quarter)
    kept = [name for name in pack.tables if name != "board_extracts"]
    days = [
        cell.value for name in kept for row in pack.tables[name].rows for cell in row if isinstance(cell.value, dt.date)
    ]
    assert len(days) > 100
    assert max(days) <= quarter.end
    assert pack.section("board_reports").table is not None
    assert not pack.tables["board_reports"].rows
    words = " ".join(page.sentence + (page.trend.alt if page.trend else "") for page in pack.pages)
    assert not re.search(r"(October|November|December) 2019|20(2\d|19/20)", words)
    assert any("worked out from months up to" in note for page in pack.pages for note in page.notes)


def test_provenance_names_the_release_the_extracts_and_the_hash_of_each_file(made: Made) -> None:
    import hashlib

    said = made.provenance
    assert (said["plan"], said["quarter"], said["edition"], said["is_sample"]) == (PLAN, QUARTER, "internal", True)
    assert said["release_id"] == made.release.name
    assert said["outputs"] == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (made.document, made.path)
    }
    assert len(said["gate"]) > 15
    assert all(entry["passed"] for entry in said["gate"])
    loaded = _mart(
        made, "SELECT count(*) AS n FROM ops.extract WHERE status = 'loaded' AND period_start <= DATE '2021-03-31'"
    )
    assert len(said["extracts"]) == loaded[0]["n"]
    assert all(len(entry["sha256"]) == 64 for entry in said["extracts"])
    assert made.path.name == f"west-midlands-{PLAN}-{QUARTER}-internal.xlsx"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"quarter": "2021-03"}, "is no quarter; write it as 2020Q4"),
        ({"quarter": "2020Q4", "plan": "nosuch"}, "There is no plan 'nosuch'; the release knows ar2021"),
        ({"quarter": "2029Q4", "plan": PLAN}, "2029Q4 ends on 31 March 2030, after release"),
        ({"quarter": "2001Q4"}, "No plan had begun by 31 March 2002"),
        ({"quarter": "2020Q4", "release_id": "20010101T000000Z"}, "There is no release"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(made: Made, options: dict[str, str], sentence: str) -> None:
    with pytest.raises(WarehouseError, match=re.escape(sentence)):
        make_pack(made.settings, **options)  # type: ignore[arg-type]


# the document


@pytest.fixture(scope="module")
def told(made: Made) -> PdfReader:
    """The document as pypdf reads it."""
    return PdfReader(made.document)


def test_the_document_is_tagged_and_says_what_it_is(told: PdfReader, pack: Pack) -> None:
    root = told.root_object
    assert root["/MarkInfo"]["/Marked"].value is True  # type: ignore[index]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en-GB"
    assert told.metadata is not None
    assert (told.metadata.title, told.metadata.author) == (pack.title, None)
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_object().get_data()  # type: ignore[union-attr]
    assert 12 <= len(told.pages) <= 20
    titles = [entry["/Title"] for entry in _flat(told.outline)]
    assert [page.heading for page in pack.pages] == [title for title in titles if re.match(r"Headline \d", title)]


def _flat(outline: Any) -> list[Any]:
    return [leaf for entry in outline for leaf in (_flat(entry) if isinstance(entry, list) else [entry])]


def test_the_document_tells_the_sentences_and_numbers_of_the_scorecard_on_pages_of_its_contents(
    told: PdfReader, pack: Pack
) -> None:
    texts = [page.extract_text() for page in told.pages]
    words = [re.sub(r"\s+", " ", text) for text in texts]
    text = " ".join(words)
    squeezed = re.sub(r"\s", "", text)
    for page in pack.pages:
        assert re.sub(r"\s", "", page.sentence) in squeezed, page.heading
    scorecard = pack.section("board_scorecard").table
    assert scorecard is not None
    numbers = [cell_text(cell) for name in ("value", "ci_low", "ci_high") for cell in scorecard.column(name)]
    assert len([number for number in numbers if number[0] != "["]) > 30
    assert not [number for number in numbers if number.replace(" ", "") not in squeezed]
    assert all("SAMPLE DATA" in page for page in words)
    assert f"Page 3 of {len(words)}" in words[2]
    contents = next(page for page in words if page.split(" ", 3)[0] == "Contents" or " Contents Scorecard" in page)
    for page in pack.pages:
        place = re.search(re.escape(page.heading) + r"[ .]*(\d+)", contents)
        assert place is not None, page.heading
        assert page.heading in words[int(place[1]) - 1]


def test_every_chart_of_the_document_is_a_drawing_with_a_text_alternative(
    made: Made, told: PdfReader, pack: Pack
) -> None:
    said = [page_chart.alt for page in pack.pages for page_chart in (page.trend, page.bars) if page_chart]
    waiting, found = [told.root_object["/StructTreeRoot"].get_object()], []
    while waiting:
        element = waiting.pop()
        found += [element["/Alt"]] if element.get("/S") == "/Figure" else []
        children = element.get("/K") or []
        opened = [child.get_object() for child in (children if isinstance(children, list) else [children])]
        waiting += [child for child in opened if isinstance(child, dict)]
    assert sorted(found) == sorted(said)
    assert len(said) >= 7
    assert not [image for page in told.pages for image in page.images]


# the gate


def _tampered_workbook(source: Path, target: Path) -> None:
    """A copy with one thing wrong for every check."""
    changes = {
        "xl/worksheets/sheet3.xml": [("<v>3710</v>", "<v>3711</v>")],
        "xl/worksheets/sheet4.xml": [("location=\"'Contents'!", "location=\"'Content'!")],
        "xl/worksheets/sheet5.xml": [("<col ", '<col hidden="1" ')],
        "xl/drawings/drawing1.xml": [('descr="Line chart', 'title="Line chart')],
        "docProps/core.xml": [("</cp:coreProperties>", "<dc:creator>A Person</dc:creator></cp:coreProperties>")],
        "xl/styles.xml": [('rgb="00595959"', 'rgb="00D5D5D5"')],
    }
    with zipfile.ZipFile(source) as parts, zipfile.ZipFile(target, "w") as out:
        for name in parts.namelist():
            text = content = parts.read(name)
            for old, new in changes.get(name, ()):
                text = text.replace(old.encode(), new.encode(), 1)
                assert text != content, (name, old)
            if name == "xl/worksheets/sheet17.xml":  # a number of the similar forces becomes an error
                text = re.sub(rb'(<c r="F\d+"[^>]*?)( t="n")?>(<v>)[^<]*', rb'\1 t="e">\3#REF!', text, count=1)
                assert text != content
            if name == "xl/workbook.xml":
                text = re.sub(rb'(name="Notes"[^>]*state=")visible', rb"\1hidden", text)
                assert text != content
            out.writestr(name, text)
        out.writestr("xl/comments1.xml", "<comments/>")


@pytest.fixture(scope="module")
def found(made: Made, pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the gate finds in a workbook and a document that were changed after they were written, by check.

    The marts withhold one number of the workbook, and tell another sentence than the document.
    """
    folder = tmp_path_factory.mktemp("tampered")
    workbook, document = folder / "pack.xlsx", folder / "pack.pdf"
    _tampered_workbook(made.path, workbook)
    writer = PdfWriter(clone_from=made.document)
    writer.add_metadata({"/Author": "A Person"})
    writer.root_object[NameObject("/Lang")] = TextStringObject("de")
    del writer.root_object["/MarkInfo"]
    figures = [entry for entry in writer._objects if isinstance(entry, dict) and entry.get("/S") == "/Figure"]
    del figures[0]["/Alt"]
    links = [note.get_object() for page in writer.pages for note in page.get("/Annots") or ()]
    next(link for link in links if "/Dest" in link)[NameObject("/Dest")] = TextStringObject("nowhere")
    writer.write(document)

    scorecard = pack.section("board_scorecard")
    assert scorecard.table is not None
    place, row = scorecard.table.position("value"), 0
    cells = list(scorecard.table.rows[row])
    cells[place] = Cell(marker=pack.withheld_mark)
    withheld = replace(scorecard, table=replace(scorecard.table, rows=(tuple(cells), *scorecard.table.rows[1:])))
    pages = pack.section("board_pages")
    told = replace(pages, pages=(replace(pages.pages[0], sentence="86.9 became 87.9."), *pages.pages[1:]))
    changed = {"board_scorecard": withheld, "board_pages": told}
    wanted = replace(pack, sections=tuple(changed.get(section.id, section) for section in pack.sections))
    findings = [*check_workbook(workbook, wanted), *check_document(document, wanted)]
    return {finding.check: "; ".join(finding.wrong) for finding in findings}


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        ("workbook_cells_as_marts", r"number_as_mart, \d found: sheet Scorecard, cell \w+, heading Value, number 3711"),
        (
            "workbook_cells_as_marts",
            r"marker_for_missing, 1 found: sheet Scorecard, cell \w+, heading Value, number 86",
        ),
        ("workbook_nothing_worked_out", r"Similar forces!F\d+ holds an error value"),
        ("workbook_nothing_hidden", "sheet Notes is hidden"),
        ("workbook_nothing_hidden", "2 Hidden crimes brought to hides column 1"),
        ("workbook_charts_described", "has no text alternative"),
        ("workbook_links_lead_somewhere", "leads to 'Content', which is no sheet"),
        ("workbook_properties", "creator names A Person"),
        ("workbook_no_foreign_parts", "it holds xl/comments1.xml"),
        ("workbook_contrast", "text #D5D5D5 on #FFFFFF has a contrast of 1"),
        ("document_says_what_the_marts_say", "the sentence of Headline 1: .* is not in the document"),
        ("document_tagged", "it is not marked as tagged"),
        ("document_properties", "Author names A Person; .*language is de and not en-GB"),
        ("document_charts_described", "a chart has no text alternative"),
        ("document_links_lead_somewhere", "has a link to nowhere, which is nowhere"),
    ],
)
def test_the_gate_finds_what_is_wrong(found: dict[str, str], check: str, sentence: str) -> None:
    assert re.search(sentence, found[check]), found[check]


def test_the_gate_finds_nothing_else(found: dict[str, str]) -> None:
    assert {check for check, wrong in found.items() if not wrong} == {
        "workbook_sheet_names",
        "document_fonts_embedded",
        "document_nothing_hidden",
        "document_pages",
    }


def test_a_pack_that_fails_is_not_put_in_place(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tampered_workbook(made.path, tmp_path / "pack.xlsx")
    before = {path: path.read_bytes() for path in made.settings.exports_dir.rglob("*") if path.is_file()}
    files = {"pack.xlsx": (tmp_path / "pack.xlsx").read_bytes()}
    monkeypatch.setattr("pipelines.board.pack._files", lambda *_: files)
    with pytest.raises(
        WarehouseError, match=r"not put in place, because the publication gate found workbook_cells_as_m"
    ):
        make_pack(made.settings, plan=PLAN, quarter=QUARTER)
    assert {path: path.read_bytes() for path in made.settings.exports_dir.rglob("*") if path.is_file()} == before
