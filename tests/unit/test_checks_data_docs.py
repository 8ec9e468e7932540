"""Data Docs: pages that anybody can open without a network, whatever the files held."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from pipelines.checks import data_docs
from pipelines.checks.data_docs import Pages, page_of, write_index
from pipelines.checks.results import CheckResult, record
from pipelines.checks.runner import run_suites
from pipelines.checks.suite import Suite, in_set, no_rows, not_null

SUITE = Suite(
    "raw.t",
    "A table of words.",
    (
        not_null("word", "A word is missing: add it."),
        in_set("word", ("good",), "A word is not known: add it.", "warning"),
        no_rows("words_short", "SELECT word FROM {batch} WHERE strlen(word) > 9", "A word is long: cut it.", "warning"),
    ),
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE TABLE raw.t AS SELECT unnest(['good', '<script>alert(1)</script>']) AS word")
    return path


def page(folder: Path, table: str = "raw.t") -> str:
    return (folder / page_of(table)).read_text(encoding="utf-8")


def test_a_page_tells_every_expectation_and_what_was_found(database: Path, tmp_path: Path) -> None:
    found = run_suites([SUITE], database, pages=Pages(tmp_path / "docs", "run7"))["raw.t"]
    text = page(tmp_path / "docs")
    assert [result.status for result in found] == ["passed", "failed", "failed"]
    for words in (
        "A table of words.",
        "run7",
        "word_given (error): A word is missing: add it.",
        "0 of 2 rows",
        "words_short (warning): A word is long: cut it.",
        "Expectations: 3. Passed: 1. Errors failed: 0. Warnings: 2.",
    ):
        assert words in text
    assert text.count("fa-check-circle") == 2  # the one that passed, and its style
    # what a file holds is text, and nothing comes from a network
    assert "<script" not in text
    assert "1 of 2 rows, e.g. &lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)
    assert "@import" not in text
    assert list((tmp_path / "docs").rglob(".*")) == []


def test_a_broken_page_breaks_no_check(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.checks import gx

    monkeypatch.setattr(gx, "_view", lambda: 1 / 0)
    blocked = tmp_path / "docs"
    blocked.write_text("a file in the place of the folder")
    found = run_suites([SUITE], database, pages=Pages(blocked, "run7"))["raw.t"]
    assert [result.status for result in found] == ["passed", "failed", "failed"]
    run_suites([SUITE], database, pages=Pages(tmp_path / "others", "run7"))
    assert "could not be rendered (division by zero)" in page(tmp_path / "others")


def test_the_index_lists_every_table_with_its_state(tmp_path: Path) -> None:
    passed = CheckResult("a", "error", "passed", "none found", 0, 1, "A.")
    warned = CheckResult("b", "warning", "failed", "1 found", 1, 1, "B.")
    broken = CheckResult("c", "warning", "raised", "no column", None, 1, "C.")
    for table in ("raw.t", "raw.gone"):
        data_docs._replace(tmp_path / page_of(table), "A page.")
    with duckdb.connect() as connection:
        record(connection, "run1", "great_expectations", {"raw.t": [broken], "marts.old": [passed]})
        record(connection, "run2", "great_expectations", {"marts.m": [passed, broken], "raw.t": [passed, warned]})
        write_index(connection, tmp_path)
    text = (tmp_path / data_docs.INDEX).read_text(encoding="utf-8")
    rows = {
        cells[0]: cells[1:]
        for row in re.findall(r"<tr>(<td.*?)</tr>", text, re.S)
        if (cells := [re.sub(r"<.*?>|\s+", " ", cell).strip() for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.S)])
    }
    assert {table: cells[:4] for table, cells in rows.items()} == {
        "raw.t": ["warning", "0", "1", "1"],
        "marts.m": ["failed", "1", "0", "1"],
        "marts.old": ["passed", "0", "0", "1"],
    }
    assert "not in the last run" in rows["marts.old"][4]
    assert text.index("raw.t") < text.index("marts.m")
    assert '<a href="raw/t.html">' in text
    assert "marts/m.html" not in text  # it has no page
    assert not (tmp_path / "raw" / "gone.html").exists()
