"""The document of the pack and its charts: what is drawn, how it looks, and what is said when it cannot be made."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from pipelines.board import house
from pipelines.board.charts import LINES, bar_chart, draw, trend_chart
from pipelines.board.content import Bars, Break, Cell, Column, Run, Signal, Table, Trend, _tally
from pipelines.board.declaration import Unit
from pipelines.board.document import _quoted, _weasyprint
from pipelines.board.gate import Finding, refuse
from pipelines.store.warehouse import WarehouseError

PERCENT = Unit(suffix=" %")


def table(values: list[float | None]) -> Table:
    names = ("starts_on", "value", "mean", "lpl", "upl", "target")
    months = [dt.date(2020, month, 1) for month in range(1, len(values) + 1)]
    rows = [
        (
            Cell(month),
            Cell(value, decimals=1, unit=PERCENT) if value is not None else Cell(marker="[x]"),
            *(Cell(number, decimals=1) for number in (50.0, 40.0, 60.0, 45.0)),
        )
        for month, value in zip(months, values, strict=True)
    ]
    return Table("t", "", tuple(Column(name, name, "number", 9) for name in names), tuple(rows))


def trend(**changed: Any) -> Trend:
    told = {
        "title": "T", "alt": "What is drawn", "x": "starts_on", "x_title": "Month", "y_title": "Percent",
        "values": (Run(0, 1), Run(3, 4)), "limits": (Run(0, 4),), "targets": (), "from_zero": False,
        "breaks": (Break(3, dt.date(2020, 4, 1), "new rules"),), "signals": (Signal(1, "special_cause_concern"),),
    }  # fmt: skip
    return Trend(**(told | changed))


def rows(spec: dict[str, Any], mark: str) -> list[dict[str, Any]]:
    return [
        row
        for layer in spec["layer"]
        if layer["mark"]["type"] == mark
        for row in layer["data"].get("values") or spec["datasets"][layer["data"]["name"]]
    ]


def test_a_line_ends_at_a_gap_and_a_break_and_starts_anew() -> None:
    spec = trend_chart(trend(), table([41.0, 66.0, None, 52.0, 51.0]), 300, 150)
    lines: dict[str, list[str]] = {}
    for row in rows(spec, "line"):
        if row["line"] == "Value":
            lines.setdefault(row["run"], []).append(row["day"])
    assert list(lines.values()) == [["2020-01-01", "2020-02-01"], ["2020-04-01", "2020-05-01"]]
    assert [row["day"] for row in rows(spec, "rule")] == ["2020-04-01"]
    assert not any(row.get("number") is None for row in rows(spec, "line"))
    assert spec["description"] == "What is drawn"
    (marked,) = [row for row in rows(spec, "point") if "mark" in row]
    assert (marked["number"], marked["mark"]) == (66.0, "Concern")


def test_axes_have_titles_and_begin_at_zero_where_they_should() -> None:
    for from_zero in (True, False):
        spec = trend_chart(trend(from_zero=from_zero), table([41.0, 66.0, None, 52.0, 51.0]), 300, 150)
        encoded = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")["encoding"]
        assert (encoded["x"]["title"], encoded["y"]["title"]) == ("Month", "Percent")
        assert encoded["y"]["scale"]["zero"] is from_zero
        assert "interpolate" not in str(spec).replace("'interpolate': 'linear'", "")


def test_every_line_differs_without_its_colour() -> None:
    looks = [(line.dash, line.width) for line in LINES.values()]
    assert len(set(looks)) == len(looks)


def test_bars_keep_their_order_and_tell_their_numbers() -> None:
    names = ("force_name", "value", "ci_low", "ci_high")
    forces = (("West", 9.0, 8.0, 10.0), ("East", 8.0, 7.0, None))
    cells = tuple(
        tuple(Cell(value, decimals=1) if value is not None else Cell(marker="[z]") for value in force)
        for force in forces
    )
    peers = Table("p", "", tuple(Column(name, name, "number", 9) for name in names), cells)
    spec = bar_chart(Bars("B", "Bars of it", "p", Run(0, 1), "Percent", own=0), peers, 240, 100)
    (drawing,) = draw([spec])
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawing)
    assert texts.index("West") < texts.index("East")
    assert {"9.0", "8.0", "Percent"} <= set(texts)
    assert draw([spec]) == [drawing]


def test_contrast_is_that_of_the_guidelines_and_every_pair_of_the_house_has_enough() -> None:
    assert house.contrast("000000", "FFFFFF") == pytest.approx(21)
    assert house.contrast("FFFFFF", "767676") == pytest.approx(4.54, abs=0.005)
    for what, (one, other, least) in house.PAIRS.items():
        assert house.contrast(one, other) >= least, what


def test_rows_are_counted_by_what_is_read() -> None:
    texts = [("a", "yes"), ("b", "no"), ("a", "no"), ("a", "no")]
    counted = _tally(
        Table(
            "t",
            "",
            (Column("x", "X", "text", 9), Column("y", "Y", "text", 9)),
            tuple((Cell(one), Cell(other)) for one, other in texts),
        ),
        "x",
        "y",
    )
    assert [column.heading for column in counted.columns] == ["X", "no", "yes"]
    assert [[cell.value for cell in row] for row in counted.rows] == [["a", 2, 1], ["b", 1, 0]]


def test_text_cannot_leave_its_place_in_the_style_sheet() -> None:
    assert _quoted('A "plan" </style>\\') == 'A \\"plan\\" \\3c /style>\\\\'


def test_what_to_install_is_said_when_the_system_cannot_lay_out_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    (tmp_path / "weasyprint.py").write_text(
        "raise OSError(\"cannot load library 'libpango-1.0-0': no such file\\nmore\")"
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(WarehouseError, match=r"libpango-1.0-0.*apt-get install libpango-1.0-0 .*--no-document"):
        _weasyprint()


def test_a_pack_is_refused_with_the_first_things_found() -> None:
    refuse([Finding("a", ())])
    with pytest.raises(WarehouseError, match=r"found a: one; a: two; b: three and 1 more\. The pack made before"):
        refuse([Finding("a", ("one", "two")), Finding("b", ("three", "four"))])
