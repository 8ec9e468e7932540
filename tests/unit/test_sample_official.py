"""The sample's official statistics: published rates, the publisher's quirks, the same bytes each time."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipelines.ingest.crosstabs import READERS
from pipelines.ingest.documents import open_document
from pipelines.sample import official
from pipelines.sample.published import read_figures
from pipelines.settings import DBT_DIR

FIGURES = read_figures(DBT_DIR / "seeds")
READER = READERS["ons_pfa_table"]


def cells(path: Path) -> list[dict[str, str]]:
    document = open_document(path, path.name, max_bytes=1 << 30)
    return [dict(zip(READER.columns, row, strict=True)) for sheet in document.sheets for _, row in READER(sheet.grid)]


def printed_rates(path: Path) -> dict[str, str]:
    return {
        row["area_code"]: row["value_text"]
        for row in cells(path)
        if row["table_id"] == "P3" and row["column_label"] == "Total recorded crime (excluding fraud)"
    }


def test_rates_round_to_those_the_documents_print(tmp_path: Path) -> None:
    official.write(tmp_path, FIGURES, 1)
    earlier, latest = (printed_rates(tmp_path / edition.name) for edition in official.EDITIONS)
    for area, figure in official.RATES.items():
        assert float(latest[area]) == pytest.approx(FIGURES[figure].value, abs=0.001)
    assert float(earlier[official.HOME]) == pytest.approx(FIGURES[official.EARLIER_HOME_RATE].value, abs=0.001)
    assert latest[official.CITY] == "+"


def test_every_cell_written_is_read(tmp_path: Path) -> None:
    written = official.write(tmp_path, FIGURES, 1)
    for edition in official.EDITIONS:
        found = cells(tmp_path / edition.name)
        assert len(found) == written[edition.name]
        assert {row["period_end"][:7] for row in found} in ({"2020-06"}, {"2020-09"})
        names = {row["area_name"] for row in found} | {row["column_label"] for row in found}
        assert {name for name in names if name[-1].isdigit()} == {"Population figures (mid-2019) rounded to 100"}
        assert {"-", "+"} <= {row["value_text"] for row in found}


def test_open_data_has_the_publishers_quirks(tmp_path: Path) -> None:
    written = official.write(tmp_path, FIGURES, 1)
    name = next(name for name in written if name.endswith(".csv"))
    with (tmp_path / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == written[name]
    counts = [row["Number of Offences"] for row in rows]
    assert "-00 " in counts
    assert " -1 " in counts
    assert {"Action Fraud", "British Transport Police", "London, City of"} <= {row["Force Name"] for row in rows}
    assert [row["Financial Quarter"] for row in rows if not row["Financial Quarter"].isdigit()] == ["all quarters"]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        official.write(folder, FIGURES, 5)
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
