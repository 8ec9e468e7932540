"""What the documents tell a reader to run works as written."""

from __future__ import annotations

import re

import duckdb
import pytest

from pipelines.settings import PROJECT_DIR
from tests.integration.conftest import Installation, ask

pytestmark = pytest.mark.xdist_group("refresh")


def blocks(document: str, language: str) -> list[str]:
    text = (PROJECT_DIR / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("query", blocks("docs/analysts.md", "sql") + blocks("docs/spc.md", "sql"))
def test_queries_for_analysts_answer(installation: Installation, query: str) -> None:
    rows = ask(installation.settings.published_path, query)
    # nothing is restated by a first release
    assert rows or "not_supplied" in query or "marts.restatement" in query


def test_the_first_query_of_the_readme_answers(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = blocks("README.md", "python")
    monkeypatch.chdir(installation.settings.warehouse_dir.parent)
    exec(block, {})
    assert "synthetic" in capsys.readouterr().out


def test_every_link_between_documents_leads_somewhere() -> None:
    for document in [PROJECT_DIR / "README.md", *(PROJECT_DIR / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_no_figure_is_left_to_be_filled_in() -> None:
    for document in [PROJECT_DIR / "README.md", *(PROJECT_DIR / "docs").rglob("*.md")]:
        text = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.findall(r"\b(?!FPW_)[A-Z]+_[A-Z_]+\b|\bTODO\b|\bTBD\b", text), document.name


def test_no_lock_file_names_an_index() -> None:
    for lock in PROJECT_DIR.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index" not in text
        pinned = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.DOTALL | re.MULTILINE)
        assert all("--hash=sha256:" in requirement for requirement in pinned), lock.name


def test_the_published_file_has_the_tables_the_readme_names(installation: Installation) -> None:
    with duckdb.connect(str(installation.settings.published_path), read_only=True) as connection:
        tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert {
        "measure_value",
        "search_ratio",
        "reconciliation",
        "source_month",
        "dim_measure",
        "fct_stop_search",
    } <= tables


def test_the_document_of_published_figures_lists_what_does_not_reproduce(installation: Installation) -> None:
    text = (PROJECT_DIR / "docs" / "published-figures.md").read_text(encoding="utf-8")
    with duckdb.connect(str(installation.settings.published_path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT figure_id, verdict, formula, coalesce(issue_id, '') FROM marts.figure_derivation "
            "WHERE verdict NOT IN ('reproduces', 'not_checkable') ORDER BY verdict, figure_id"
        ).fetchall()
        counts = dict(
            connection.execute("SELECT verdict, count(*) FROM marts.figure_derivation GROUP BY verdict").fetchall()
        )
        queries = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
        assert all(connection.execute(query).fetchall() for query in queries)
    assert re.findall(r"^\| \d{3}-\d{4} .*$", text, re.MULTILINE) == [f"| {' | '.join(row)} |" for row in rows]
    told = [int(number) for number in re.findall(r"\d+", text.split("Of ")[1].split("be checked")[0])]
    assert told == [
        sum(counts.values()),
        *(
            counts[verdict]
            for verdict in ("reproduces", "truncated", "rounding", "does_not_reproduce", "not_checkable")
        ),
    ]
