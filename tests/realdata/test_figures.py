"""The published figures against the catalogue of the documents: what follows from its own inputs, and what does not."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.xdist_group("realdata")

VERDICTS = {
    "yes": {"reproduces"},
    "derived": {"reproduces", "not_checkable"},
    "truncated": {"truncated"},
    "approx": {"truncated", "rounding"},
    "no": {"does_not_reproduce"},
    "not_checked": {"reproduces"},
}
"""What may stand beside each mark of the catalogue. not_checked are signs turned; approx agrees but for its last digit."""

EXCEPTIONS = {
    "000-0098": ("truncated", "0.3673 is 0.3 with its digits cut off, as the catalogue's own issue I-000-3 says"),
    "003-0007": ("rounding", "two rates of one decimal leave 0.1 open, as the catalogue's own issue I-003-1 says"),
    "003-0451": ("rounding", "a sum of whole pounds cannot give the 64 pence that are printed (issue I-003-23)"),
}
"""Figures whose mark the arithmetic does not bear out to the letter."""


@pytest.fixture(scope="module")
def catalogue(shared_data: Path) -> dict[str, dict[str, str]]:
    with (shared_data.parent / "catalogue" / "golden.csv").open(encoding="utf-8", newline="") as file:
        return {row["golden_id"]: row for row in csv.DictReader(file)}


def test_every_figure_is_carried_over_as_printed(
    published: duckdb.DuckDBPyConnection, catalogue: dict[str, dict[str, str]]
) -> None:
    found = published.execute(
        "SELECT figure_id, published_value, as_printed, issue_id FROM marts.reconciliation"
    ).fetchall()
    assert {figure: (value, issue) for figure, value, _, issue in found} == {
        figure: (float(row["value"]), row["issue_id"] or None) for figure, row in catalogue.items()
    }
    assert [figure for figure, _, printed, _ in found if printed not in catalogue[figure]["as_published"]] == []


def test_every_rule_gives_the_verdict_and_the_value_of_the_catalogue(
    published: duckdb.DuckDBPyConnection, catalogue: dict[str, dict[str, str]]
) -> None:
    found = {
        row[0]: row[1:]
        for row in published.execute(
            "SELECT figure_id, verdict, recomputed_value, catalogue_verdict FROM marts.figure_derivation"
        ).fetchall()
    }
    assert found.keys() == {figure for figure, row in catalogue.items() if row["derivation_rule"]}
    odd = {
        figure: verdict
        for figure, (verdict, _, _) in found.items()
        if verdict not in VERDICTS[catalogue[figure]["reproduces"]]
    }
    assert odd == {figure: verdict for figure, (verdict, _) in EXCEPTIONS.items()}
    assert {figure: mark for figure, (_, _, mark) in found.items()} == {
        figure: catalogue[figure]["reproduces"] for figure in found
    }
    for figure, (_, value, _) in found.items():
        if text := catalogue[figure]["recomputed_value"]:
            decimals = len(text.partition(".")[2])
            # The catalogue went on with implied bases that were not rounded.
            assert value == pytest.approx(float(text), rel=1e-5, abs=0.51 * 10**-decimals), figure


def test_what_rounding_can_add_to_an_implied_base_is_what_the_catalogue_says(
    published: duckdb.DuckDBPyConnection, catalogue: dict[str, dict[str, str]]
) -> None:
    for figure, tolerance in published.execute(
        "SELECT figure_id, input_tolerance FROM marts.figure_derivation WHERE rule = 'implied_base'"
    ).fetchall():
        told = re.search(r"\+/- (\d+)", catalogue[figure]["derivation_rule"])
        assert told is not None
        # The catalogue rounds some of them half a unit generously.
        assert tolerance == pytest.approx(float(told.group(1)), abs=1), figure


def test_no_two_numbers_of_the_hidden_crime_tables_give_the_stray_cell(catalogue: dict[str, dict[str, str]]) -> None:
    cells = [
        float(row["value"])
        for row in catalogue.values()
        if "crimes" in row["measure"] and "hidden" in row["indicator_id"]
    ]
    stray = float(catalogue["003-0066"]["value"])
    assert len(cells) > 100
    quotients = {abs(a / b - shift) for a in cells for b in cells if b for shift in (0, 1)}
    assert min(abs(quotient - stray) for quotient in quotients) > 5e-6


def test_every_issue_is_explained_and_counted(
    published: duckdb.DuckDBPyConnection, shared_data: Path, catalogue: dict[str, dict[str, str]]
) -> None:
    with (shared_data.parent / "catalogue" / "golden_issues.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["issue_id"] for row in csv.DictReader(file)}
    told = {
        row[0]: row[1]
        for row in published.execute("SELECT issue_id, figure_count FROM marts.published_issue").fetchall()
    }
    assert told.keys() == listed
    assert told == {issue: sum(row["issue_id"] == issue for row in catalogue.values()) for issue in listed}
    assert (
        published.execute(
            "SELECT count(*), count(issue) FROM marts.reconciliation WHERE issue_id IS NOT NULL"
        ).fetchone()
        == (sum(bool(row["issue_id"]) for row in catalogue.values()),) * 2
    )
