"""Nothing personal reaches the warehouse: every personal column of every contract is filled and looked for."""

from __future__ import annotations

import csv
import logging
import zipfile
from pathlib import Path

import duckdb
import pytest

from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.settings import Settings
from pipelines.sources.contract import Column, Contract, load_contracts
from pipelines.store.warehouse import Warehouse

PERSONAL = {
    name: contract
    for name, contract in load_contracts().items()
    if any(column.personal and (column.treatment != "keep") for column in contract.columns)
}
SECRET = "Zyxwv"  # no word of any source, log or folder holds it
TEXT = {"DATE": "2020-03-05", "TIMESTAMP": "2020-03-05 10:15:00", "BIGINT": "1", "DOUBLE": "1", "BOOLEAN": "yes"}


def cell(contract: Contract, column: Column, number: int) -> str:
    if contract.layout and column.name == contract.layout.period.column:
        return TEXT["TIMESTAMP" if column.type == "TIMESTAMP" else "DATE"]
    if column.personal and column.treatment != "keep":
        return f"{SECRET} {column.name} {number}, 07700 {number:06}"
    return TEXT.get(column.type, "word")


def write(path: Path, contract: Contract) -> None:
    """Good rows, and for sources about people the same secrets where they do not belong: in a date, in a number."""
    headers = [column.header for column in contract.columns]
    good = [[cell(contract, column, number) for column in contract.columns] for number in range(30)]
    typed = [place for place, column in enumerate(contract.columns) if column.type != "VARCHAR"]
    if contract.sensitivity != "personal":
        typed = []
    strays = [[f"{SECRET} stray {place}" if p == place else c for p, c in enumerate(good[0])] for place in typed]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headers, *good, *strays, [*good[0], f"{SECRET} behind"], [f"{SECRET} alone"]])


def contents(path: Path) -> bytes:
    """The bytes of a file, unpacked when it is a workbook."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as package:
        return b"".join(package.read(name) for name in package.namelist())


@pytest.fixture
def filled(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, str]:
    monkeypatch.setattr(logging.getLogger("fpw"), "propagate", True)  # the command line keeps its lines to itself
    settings = Settings.load(
        {},
        raw_dir=tmp_path / "raw",
        warehouse_dir=tmp_path / "warehouse",
        pseudonym_key_file=tmp_path / "secrets" / "key",
        threads=2,
    )
    settings.raw_dir.mkdir()
    for name, contract in PERSONAL.items():
        write(settings.raw_dir / f"{name}.csv", contract)
        headers = ",".join(column.header for column in contract.columns)
        (settings.raw_dir / f"{name} with more.csv").write_text(f"{headers},Mobile\n", encoding="utf-8")
    (settings.raw_dir / "no header.csv").write_text(f"{SECRET},2020-03-05\n{SECRET},2020-03-06\n", encoding="utf-8")
    warehouse, contracts = Warehouse(settings), load_contracts()
    warehouse.create_tables(contracts.values())
    with caplog.at_level(logging.DEBUG):
        register(settings, warehouse, contracts, "run")
        for contract in contracts.values():
            load(settings, warehouse, contract, "run")
    return settings, caplog.text


def test_there_are_personal_sources() -> None:
    assert {"victim_survey", "complaint_case"} <= set(PERSONAL)


def test_no_secret_is_stored_or_told(filled: tuple[Settings, str]) -> None:
    settings, log = filled
    assert "Refused: " in log
    assert SECRET not in log
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        tables = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
        holding = {
            table: connection.execute(
                f"SELECT count(*) FROM {table} AS t WHERE contains(lower(t::VARCHAR), '{SECRET.lower()}') "
                "OR contains(t::VARCHAR, '07700')"
            ).fetchall()[0][0]
            for (table,) in tables
        }
        assert holding == dict.fromkeys(holding, 0)
        refused = connection.execute("SELECT file_name, reason FROM ops.extract WHERE status = 'refused'").fetchall()
    assert {f"{name} with more.csv" for name in PERSONAL} | {"no header.csv"} <= {name for name, _ in refused}
    files = [path for path in settings.warehouse_dir.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if SECRET.encode() in contents(path)] == []


@pytest.mark.parametrize("name", sorted(name for name, item in PERSONAL.items() if item.sensitivity == "personal"))
def test_good_rows_are_loaded_and_strays_are_in_quarantine_by_their_shape(
    name: str, filled: tuple[Settings, str]
) -> None:
    settings, _ = filled
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        loaded = connection.execute(f"SELECT count(*) FROM raw.{name}").fetchall()[0][0]
        read, kept, aside = connection.execute(
            "SELECT sum(rows_read), sum(rows_loaded), sum(rows_quarantined) FROM ops.extract "
            "WHERE source = ? AND status = 'loaded'",
            [name],
        ).fetchall()[0]
        shapes = connection.execute("SELECT DISTINCT value FROM ops.quarantine WHERE source = ?", [name]).fetchall()
    assert loaded == kept == 30
    assert read == kept + aside
    assert aside == 2 + sum(column.type != "VARCHAR" for column in PERSONAL[name].stored_columns)
    assert {value for (value,) in shapes} <= {None, "xxxxx xxxxx 9", "xxxxx xxxxx 99"}
