"""Another force changes one setting, and has a scorecard and a pack of its own."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from tests.integration.conftest import Installation, ask

pytestmark = pytest.mark.xdist_group("merseyside")

MERSEYSIDE = "E23000004"


def test_its_scorecard_is_its_own(merseyside: Installation) -> None:
    path = merseyside.settings.published_path
    assert ask(path, "SELECT DISTINCT plan_id, is_common, area_code FROM marts.dim_plan") == [
        ("everyforce", True, MERSEYSIDE)
    ]
    assert ask(path, "SELECT DISTINCT area_code FROM marts.plan_scorecard") == [(MERSEYSIDE,)]
    assert ask(path, "SELECT count(*) FROM marts.plan_scorecard WHERE is_latest") == [(20,)]
    with_value = "SELECT count(*) FROM marts.plan_scorecard WHERE is_latest AND value IS NOT NULL"
    assert ask(path, with_value) == [(5,)]  # the sample of this installation has the police's own files alone


def test_its_pack_names_no_other_force(merseyside: Installation) -> None:
    done = merseyside.run("board", "--quarter", "2019Q1")
    assert done.returncode == 0, done.stdout + done.stderr
    files = {Path(line).suffix: Path(line) for line in done.stdout.splitlines()}
    assert files[".xlsx"].name == "merseyside-everyforce-2019Q1-internal.xlsx"
    book = openpyxl.load_workbook(files[".xlsx"], read_only=True)
    cells = {
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
    }
    pages = [page.extract_text() for page in PdfReader(files[".pdf"]).pages]
    assert "Merseyside" in cells
    assert "Merseyside" in pages[0]
    assert [text for text in (*cells, *pages) if "West Midlands" in text] == []
