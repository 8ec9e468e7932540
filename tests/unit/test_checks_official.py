"""Checks that tables of official statistics share find what they are for."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.checks import official
from pipelines.checks.suite import Expect
from pipelines.checks.vocabulary import seed_rows

FORCES = [
    (name, code)
    for name, code, kind in seed_rows("reference/force", "force_name", "area_code", "force_kind")
    if kind == "territorial"
]


@pytest.fixture
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    """A real table with a row for each territorial force."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA ops")
        connection.execute(
            "CREATE TABLE ops.extract AS SELECT 'e' AS extract_id, 'f.xlsx' AS file_name, false AS is_sample"
        )
        connection.execute(
            "CREATE TABLE cells (extract_id VARCHAR, line BIGINT, period_start DATE, sheet VARCHAR, cell VARCHAR, "
            "table_id VARCHAR, area_name VARCHAR, area_code VARCHAR, column_label VARCHAR, value DOUBLE, marker VARCHAR)"
        )
        connection.executemany(
            "INSERT INTO cells VALUES ('e', ?, '2020-01-01', 'P1', ?, 'P1', ?, ?, 'Robbery', 1, NULL)",
            [(number, f"C{number}", *force) for number, force in enumerate(FORCES)],
        )
        yield connection


def found(table: duckdb.DuckDBPyConnection, expect: Expect) -> list[tuple[object, ...]]:
    query = expect.kwargs["unexpected_rows_query"].format(batch="cells")
    return table.execute(query).fetchall()


def by_name(expectations: tuple[Expect, ...], name: str) -> Expect:
    return next(expect for expect in expectations if expect.name == name)


def test_a_good_table_passes(table: duckdb.DuckDBPyConnection) -> None:
    for expect in (
        official.areas_named("area_name"),
        official.codes_fit_names("area_name"),
        official.forces_all_there("area_name"),
        by_name(official.cells("ons_pfa_table"), "headers_without_footnotes"),
        by_name(official.cells("ons_pfa_table"), "cell_unique"),
        by_name(official.staged_cells("ons_pfa_table", "value"), "marker_known"),
        by_name(official.staged_cells("ons_pfa_table", "value"), "value_or_marker"),
    ):
        assert found(table, expect) == [], expect.name


def test_an_unknown_name_is_told_and_leaves_a_force_missing(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("UPDATE cells SET area_name = 'Hampshire and elsewhere' WHERE area_name = 'Hampshire'")
    assert [row[2:] for row in found(table, official.areas_named("area_name"))] == [("Hampshire and elsewhere", 1)]
    assert [row[-1] for row in found(table, official.forces_all_there("area_name"))] == [42]


def test_other_names_of_a_force_are_known(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("UPDATE cells SET area_name = 'London, City of' WHERE area_name = 'City of London'")
    for check in (official.areas_named, official.codes_fit_names, official.forces_all_there):
        assert found(table, check("area_name")) == []


def test_the_code_of_another_area_is_told(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("UPDATE cells SET area_code = 'E23000032' WHERE area_name = 'Surrey'")
    assert [row[2:4] for row in found(table, official.codes_fit_names("area_name"))] == [("Surrey", "E23000032")]


def test_a_sample_may_leave_forces_out(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("DELETE FROM cells WHERE line > 5; UPDATE ops.extract SET is_sample = true")
    assert found(table, official.forces_all_there("area_name")) == []


@pytest.mark.parametrize(
    "change", ["area_name = 'Kent7'", "column_label = 'Robbery5'", "column_label = 'Robbery [note 2]'"]
)
def test_a_footnote_mark_left_on_a_name_is_told(table: duckdb.DuckDBPyConnection, change: str) -> None:
    table.execute(f"UPDATE cells SET {change} WHERE line = 3")
    assert len(found(table, by_name(official.cells("ons_pfa_table"), "headers_without_footnotes"))) == 1


def test_a_cell_read_twice_is_told(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("INSERT INTO cells FROM cells WHERE line = 3")
    assert len(found(table, by_name(official.cells("ons_pfa_table"), "cell_unique"))) == 1


def test_unexplained_markers_and_markers_beside_numbers_are_told(table: duckdb.DuckDBPyConnection) -> None:
    table.execute(
        "UPDATE cells SET marker = '..', value = NULL WHERE line = 1; UPDATE cells SET marker = '!' WHERE line = 2"
    )
    expectations = official.staged_cells("ons_pfa_table", "value")
    assert [row[2:] for row in found(table, by_name(expectations, "marker_known"))] == [("!", 1)]
    assert len(found(table, by_name(expectations, "value_or_marker"))) == 1
