"""The pages about a new source and a new measure, followed word for word, end in what they promise."""

from __future__ import annotations

import csv
import json
from itertools import pairwise

import pytest

from pipelines.assets.models import build_model_assets
from tests.integration.conftest import ask
from tests.integration.walk import Walk, blocks

pytestmark = pytest.mark.xdist_group("refresh")

PAGES = ("adding-a-source.md", "adding-a-measure.md")


def promised() -> list[tuple[str, list[list[str]]]]:
    """The queries of the pages, each with the table that the page shows below it."""
    found = []
    for page in PAGES:
        parts = blocks(page)
        for query, table in pairwise(parts):
            if (query.language, table.language) == ("sql", "table"):
                rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.text.splitlines()[2:]]
                found.append((query.text, rows))
    return found


def test_every_query_of_the_pages_shows_its_answer() -> None:
    queries = [block for page in PAGES for block in blocks(page) if block.language == "sql"]
    assert len(promised()) == len(queries) == 3


@pytest.mark.parametrize(("query", "rows"), promised())
def test_the_queries_answer_what_the_page_shows(walk: Walk, query: str, rows: list[list[str]]) -> None:
    found = ask(walk.settings.build_path, query)
    assert [["" if cell is None else str(cell) for cell in row] for row in found] == rows


def test_source_and_measure_are_where_the_pages_say(walk: Walk) -> None:
    manifest = json.loads(walk.manifest.read_text(encoding="utf-8"))
    keys = {key.to_user_string() for asset in build_model_assets(manifest) for key in asset.keys}
    assert {"staging/stg_vehicle_seizure", "measures/msr_vehicle_seizures"} <= keys
    parents = manifest["nodes"]["model.fpw.measure_value"]["depends_on"]["nodes"]
    assert "model.fpw.msr_vehicle_seizures" in parents


def test_no_personal_data_of_the_example_is_stored(walk: Walk) -> None:
    (columns,) = zip(
        *ask(walk.settings.build_path, "SELECT column_name FROM (DESCRIBE raw.vehicle_seizure)"), strict=True
    )
    assert not {"registration", "keeper_name"} & set(columns)
    (example,) = [block for block in blocks(PAGES[0]) if block.language == "csv"]
    numbers = {row[0] for row in csv.reader(example.text.splitlines()) if row and row[0].startswith("S-")}
    assert not numbers & {
        row[0] for row in ask(walk.settings.build_path, "SELECT seizure_reference FROM raw.vehicle_seizure")
    }


def test_nothing_scaffolded_is_left_to_do(walk: Walk) -> None:
    for folder in ("pipelines/sources", "expectations", "dbt_project/models", "dbt_project/seeds", "tests/fixtures"):
        for path in (walk.folder / folder).rglob("*.*"):
            if path.name != "contract.py":  # which knows what is left to do by that word
                assert "TODO" not in path.read_text(encoding="utf-8"), path
