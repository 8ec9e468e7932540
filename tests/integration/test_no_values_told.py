"""What a record holds is told by no check, no error, no log and no history of runs, unless its publisher publishes it."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest

from pipelines import dbt_run
from pipelines.assets.raw import build_raw_assets
from pipelines.checks.catalog import load_suites
from pipelines.checks.runner import run_suites
from pipelines.ingest import personal
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse, WarehouseError, without_values

SECRET = "Zyxwv Utsrq"
HIDDEN = sorted(name for name, contract in load_contracts().items() if contract.sensitivity != "public")
ABOUT_VALUES = [
    f"SELECT '{SECRET}'::INTEGER",
    f"SELECT cell::DECIMAL(4, 2) FROM (SELECT '{SECRET} to INT32' AS cell)",
    f"SELECT '{SECRET}'::DATE",
    f"SELECT strptime('{SECRET}', '%Y')",
    f"SELECT error('{SECRET}')",
    f"CREATE TEMP TABLE t (x VARCHAR PRIMARY KEY); INSERT INTO t VALUES ('{SECRET}'), ('{SECRET}')",
    f"SELECT '{SECRET}'::UUID",
    f"SELECT '{SECRET}\nOriginal Line: {SECRET}'::BIGINT",
    f"SELECT ('{SECRET}' || chr(10))::BOOLEAN",
]


def trouble(query: str) -> duckdb.Error:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute(query).fetchall()
    return caught.value


@pytest.mark.parametrize("query", ABOUT_VALUES)
def test_an_error_about_a_value_does_not_quote_it(query: str) -> None:
    told = without_values(trouble(query))
    assert "Error: " in told
    assert "Zyxwv" not in told
    assert "Utsrq" not in told


def test_an_error_says_what_it_may() -> None:
    cast = trouble(f"SELECT cell::INTEGER FROM (SELECT '{SECRET}' AS cell)")
    assert without_values(cast) == "Conversion Error: to INT32, from column cell"
    missing = trouble("CREATE TEMP TABLE t (x INTEGER NOT NULL); INSERT INTO t VALUES (NULL)")
    assert without_values(missing) == "Constraint Error: t.x is not given"
    assert "nosuch" in without_values(trouble("SELECT nosuch FROM (SELECT 1)"))


def test_the_history_of_runs_keeps_no_value(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A raw asset that breaks on a value, as Dagster records it."""

    def breaks(_: Settings, warehouse: Warehouse, *__: object) -> None:
        with warehouse.connect() as connection:
            connection.execute(ABOUT_VALUES[0])

    monkeypatch.setattr("pipelines.assets.raw.load", breaks)
    asset = build_raw_assets({"complaint_case": load_contracts()["complaint_case"]})[1]
    result = dg.materialize([asset], resources={"warehouse": warehouse}, selection=[asset.key], raise_on_error=False)
    told = str([event for event in result.all_events if event.is_step_failure])
    assert "to INT32" in told
    assert "Zyxwv" not in str(result.all_events)


def test_dbt_is_told_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.events.types import AdapterEventDebug
    from dbt_common.events.event_manager_client import add_callback_to_manager
    from dbt_common.exceptions import DbtRuntimeError

    said: list[str] = []
    add_callback_to_manager(
        lambda event: said.append(event.info.msg) if event.info.name == AdapterEventDebug.__name__ else None
    )
    monkeypatch.setattr(DuckDBConnectionManager, "exception_handler", DuckDBConnectionManager.exception_handler)
    dbt_run._keep_values_to_itself()
    manager = SimpleNamespace(rollback_if_open=lambda: None)
    with pytest.raises(DbtRuntimeError) as caught, DuckDBConnectionManager.exception_handler(manager, "SELECT 1"):
        raise trouble(ABOUT_VALUES[0])
    assert "to INT32" in str(caught.value)
    assert "Zyxwv" not in str(caught.value)
    assert any("to INT32" in text for text in said)
    assert not any("Zyxwv" in text for text in said)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the checks observe where every text of every record that is not public is a secret, by table."""
    folder = tmp_path_factory.mktemp("told")
    settings = Settings.load({}, raw_dir=folder, warehouse_dir=folder, threads=1)
    warehouse, contracts = Warehouse(settings), load_contracts()
    warehouse.create_tables(contracts.values())
    with warehouse.connect() as connection:
        connection.execute("CREATE SCHEMA staging")
        for name in HIDDEN:
            contract = contracts[name]
            values = ", ".join(f"{_bad_value(column.type)} AS {column.name}" for column in contract.stored_columns)
            connection.execute(
                f"INSERT INTO {contract.table} BY NAME SELECT {values}, 'f00d' AS extract_id, 7 AS line, 'kent' AS force, "
                "DATE '2020-03-01' AS period_start FROM range(3)"
            )
            connection.execute(f"CREATE TABLE staging.stg_{name} AS FROM {contract.table}")
    tables = [f"{layer}{name}" for layer in ("raw.", "staging.stg_") for name in HIDDEN]
    suites = load_suites()
    found = run_suites([suites[table] for table in tables], settings.build_path)
    return {table: [f"{result.status} {result.observed}" for result in results] for table, results in found.items()}


def _bad_value(kind: str) -> str:
    return {"VARCHAR": f"'{SECRET}'", "BIGINT": "-86419753", "DOUBLE": "-86419753", "DATE": "DATE '2419-07-13'",
            "TIMESTAMP": "TIMESTAMP '2419-07-13 01:02:03'"}.get(kind, "NULL")  # fmt: skip


@pytest.mark.parametrize("table", [f"{layer}{name}" for layer in ("raw.", "staging.stg_") for name in HIDDEN])
def test_a_failed_check_shows_no_value(table: str, told: dict[str, list[str]]) -> None:
    assert any(text.startswith("failed") for text in told[table])
    for secret in ("Zyxwv", "zyxwv", "Utsrq", "86419753", "2419"):
        assert [text for text in told[table] if secret in text] == []


def test_a_failed_check_shows_where_and_in_what_shape(told: dict[str, list[str]]) -> None:
    texts = [text for table in told for text in told[table]]
    assert any("extract_id f00d, line 7" in text for text in texts)
    assert any("xxxxx xxxxx" in text.lower() for text in texts)


@pytest.fixture
def key_maker() -> Iterator[Callable[[Path], bytes]]:
    personal.pseudonymiser.cache_clear()
    yield personal._key
    personal.pseudonymiser.cache_clear()


def test_two_that_make_the_key_at_once_get_one_key(tmp_path: Path, key_maker: Callable[[Path], bytes]) -> None:
    path = tmp_path / "deep" / "key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: key_maker(path), range(40)))
    assert len(keys) == 1
    assert [item.name for item in path.parent.iterdir()] == ["key"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_open_to_everybody_is_told_and_none_is_shown(
    tmp_path: Path,
    key_maker: Callable[[Path], bytes],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("fpw"), "propagate", True)
    path = tmp_path / "key"
    path.write_text("c0ffee" * 12)
    path.chmod(0o644)
    key_maker(path)
    assert "open to everybody" in caplog.text
    path.write_text("c0ffee" * 12 + "no hex")
    with pytest.raises(WarehouseError) as caught:
        key_maker(path)
    assert "c0ffee" not in caplog.text + str(caught.value)
