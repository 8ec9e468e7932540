"""Checks that follow from contracts: each planted defect fails its check alone, and good tables pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines.checks.generated import complete, lateness_is_told, sources_agree, sums_preserved
from pipelines.checks.suite import Expect, Suite
from pipelines.settings import Settings
from pipelines.sources.contract import Contract, load_contracts
from pipelines.store.warehouse import Warehouse

STREET, COLLISION = "police_uk_street", "stats19_collision"
MODEL = "staging.stg_searches"
MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.fpw.stg_searches": {
            "resource_type": "model",
            "schema": "staging",
            "alias": "stg_searches",
            "config": {"persist_docs": {"columns": True}, "contract": {"enforced": True}},
            "columns": {
                name: {"name": name, "data_type": kind, "description": f"The {name}.", "constraints": constraints}
                for name, kind, constraints in (
                    ("line", "bigint", [{"type": "not_null"}]),
                    ("period_type", "varchar", []),
                    ("searches", "double", []),
                    ("rank", "varchar", []),
                )
            },
        },
        "seed.fpw.force": {"resource_type": "seed", "schema": "reference", "alias": "force"},
    }
}


MEASURES = "marts.measure_value"
SUMS = {
    "searches": {
        "staging": "SELECT DATE '2019-04-01' AS period_start, 104 AS amount",
        "marts": "SELECT period_start, sum(value) AS amount FROM marts.measure_value WHERE source_id = 's2' "
        "AND measure_id = 'searches' GROUP BY period_start",
    }
}
PAIRS = {
    "searches": {
        "what": "Two counts", "measures": ["searches"], "one": "source_id = 's1'", "other": "source_id = 's2'",
        "band_pct": 5,
    }
}  # fmt: skip


def suites(*contracts: Contract) -> dict[str, Suite]:
    tables = [*(contract.table for contract in contracts), MODEL]
    bare = {table: Suite(table, "A table.", ()) for table in tables}
    return complete(bare, {contract.name: contract for contract in contracts}, MANIFEST)


SUITES = {
    **suites(*(load_contracts()[name] for name in (STREET, COLLISION))),
    MEASURES: Suite(MEASURES, "A table.", (*sums_preserved(SUMS), *sources_agree(PAIRS))),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse = Warehouse(Settings.load({}, warehouse_dir=tmp_path_factory.mktemp("warehouse"), threads=1))
    warehouse.create_tables(load_contracts()[name] for name in (STREET, COLLISION))
    with warehouse.connect() as connection:
        connection.execute(f"""
            -- 26 months of one force with 100 and 110 rows in turn, and two years of collisions
            INSERT INTO ops.extract BY NAME
            SELECT concat('s', n) AS extract_id, '{STREET}' AS source, concat(n, '.csv') AS file_name,
                'west-midlands' AS force, CAST(DATE '2019-01-01' + to_months(n::INTEGER) AS DATE) AS period_start,
                100 + n % 2 * 10 AS rows_loaded, 'loaded' AS status, true AS is_sample, 'run1' AS run_id,
                TIMESTAMPTZ '2021-04-01 00:00:00+00' + to_seconds(n) AS registered_at
            FROM range(26) AS t (n)
            UNION ALL BY NAME
            SELECT concat('c', year) AS extract_id, '{COLLISION}' AS source, concat(year, '.csv') AS file_name,
                'national' AS force, make_date(year, 1, 1) AS period_start, 1 AS rows_loaded, 'loaded' AS status,
                true AS is_sample, 'run1' AS run_id, TIMESTAMPTZ '2021-04-01 00:00:00+00' AS registered_at
            FROM (SELECT unnest([2014, 2015]::INTEGER[]) AS year);
            INSERT INTO raw.{STREET} BY NAME
            SELECT 's0' AS extract_id, 2 AS line, DATE '2019-01-01' AS month, 'Burglary' AS crime_type;
            INSERT INTO raw.{COLLISION} BY NAME
            SELECT 'c2014' AS extract_id, 2 AS line, '2014A' AS collision_index, DATE '2014-05-01' AS collision_date,
                20 AS police_force, 2 AS number_of_casualties;
            CREATE SCHEMA staging; CREATE SCHEMA marts;
            CREATE TABLE marts.measure_value AS
            SELECT measure_id, 'A' AS area_code, 'fin_year' AS period_type, DATE '2019-04-01' AS period_start,
                DATE '2020-03-31' AS period_end, NULL::VARCHAR AS breakdown_type, NULL::VARCHAR AS breakdown_value, source_id,
                method_id, value, 'computed' AS source_kind
            FROM (VALUES ('searches', 's1', 'counted', 100e0), ('searches', 's1', 'other', 200e0),
                ('searches', 's2', 'counted', 104e0), ('thefts', 's1', 'counted', 100e0), ('thefts', 's2', 'counted', 150e0)
            ) AS t (measure_id, source_id, method_id, value);
            CREATE TABLE {MODEL} (line BIGINT NOT NULL, period_type VARCHAR, searches DOUBLE, rank VARCHAR);
            COMMENT ON COLUMN {MODEL}.line IS 'The line.';
            COMMENT ON COLUMN {MODEL}.period_type IS 'The period_type.';
            COMMENT ON COLUMN {MODEL}.searches IS 'The searches.';
            COMMENT ON COLUMN {MODEL}.rank IS 'The rank.';
            INSERT INTO {MODEL} VALUES (1, 'month', 0, 'first'), (2, NULL, NULL, NULL);
        """)
        yield connection


@pytest.fixture
def tables(shared: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    shared.execute("BEGIN")
    yield shared
    shared.execute("ROLLBACK")


def rows(tables: duckdb.DuckDBPyConnection, table: str, expect: Expect) -> list[tuple[object, ...]]:
    query = expect.kwargs.get("unexpected_rows_query") or f"SELECT 1 FROM {{batch}} WHERE {expect.wrong}"
    return tables.execute(query.format(batch=table)).fetchall()


def failed(tables: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {expect.name for expect in SUITES[table].expectations if rows(tables, table, expect)}


def check(table: str, name: str) -> Expect:
    return next(expect for expect in SUITES[table].expectations if expect.name == name)


def told(tables: duckdb.DuckDBPyConnection, table: str, name: str) -> str:
    query = check(table, name).told
    assert query is not None
    return str(tables.execute(query.format(batch=table)).fetchall()[0][0])


@pytest.mark.parametrize("table", SUITES)
def test_good_tables_pass(tables: duckdb.DuckDBPyConnection, table: str) -> None:
    assert failed(tables, table) == set()


RAW, ROADS, REGISTER = f"raw.{STREET}", f"raw.{COLLISION}", "UPDATE ops.extract SET "


@pytest.mark.parametrize(
    ("table", "defect", "names"),
    [
        (RAW, f"ALTER TABLE raw.{STREET} ALTER longitude TYPE VARCHAR", "columns_as_promised"),
        (RAW, f"ALTER TABLE raw.{STREET} DROP context", "columns_as_promised"),
        (RAW, f"ALTER TABLE raw.{STREET} ADD COLUMN surprise INTEGER", "columns_as_promised"),
        (RAW, f"ALTER TABLE raw.{STREET} RENAME lsoa_name TO lsoa", "columns_as_promised"),
        (RAW, f"COMMENT ON COLUMN raw.{STREET}.month IS 'The year.'", "columns_as_promised"),
        (RAW, f"COMMENT ON COLUMN raw.{STREET}.month IS NULL", "columns_as_promised"),
        (RAW, f"UPDATE raw.{STREET} SET crime_type = NULL", "required_given"),
        (RAW, f"UPDATE raw.{STREET} SET month = '1899-12-30'", "dates_plausible"),
        (RAW, f"UPDATE raw.{STREET} SET month = current_date + 3", "dates_plausible"),
        (RAW, f"{REGISTER} period_start = current_date + 40 WHERE extract_id = 's25'", "periods_begun"),
        (RAW, f"{REGISTER} is_sample = false", "newest_period_in_time"),
        (RAW, f"{REGISTER} rows_loaded = 50 WHERE extract_id = 's25'", "volume_as_usual"),
        (RAW, f"{REGISTER} rows_loaded = 210 WHERE extract_id = 's25'", "volume_as_usual"),
        (RAW, f"{REGISTER} rows_loaded = 50, registered_at = now(), run_id = 'run2' WHERE extract_id = 's20'", "volume_as_usual"),
        # of a first load, which has no past, only the newest period is judged; and none with too few before it
        (RAW, f"{REGISTER} rows_loaded = 50 WHERE extract_id = 's20'", ""),
        (RAW, f"{REGISTER} rows_loaded = 50, registered_at = now(), run_id = 'run2' WHERE extract_id = 's11'", ""),
        (ROADS, f"UPDATE raw.{COLLISION} SET number_of_casualties = -1", "number_of_casualties_in_range"),
        (ROADS, f"{REGISTER} period_start = '2017-01-01' WHERE extract_id = 'c2015'", "periods_complete"),
        (MODEL, f"ALTER TABLE {MODEL} ALTER searches TYPE BIGINT", "columns_as_promised"),
        (MODEL, f"ALTER TABLE {MODEL} ALTER line DROP NOT NULL", "columns_as_promised"),
        (MODEL, f"COMMENT ON COLUMN {MODEL}.rank IS 'A rank.'", "columns_as_promised"),
        (MODEL, f"UPDATE {MODEL} SET period_type = 'week' WHERE line = 1", "period_type_known"),
        (MODEL, f"UPDATE {MODEL} SET searches = -1 WHERE line = 1", "searches_in_range"),
        (MODEL, f"UPDATE {MODEL} SET line = 0 WHERE line = 1", "line_in_range"),
        (MEASURES, f"UPDATE {MEASURES} SET value = 103 WHERE source_id = 's2'", "searches_sums_preserved"),
        (MEASURES, f"UPDATE {MEASURES} SET period_start = '2018-04-01'", "searches_sums_preserved"),
        (MEASURES, f"UPDATE {MEASURES} SET value = 90 WHERE source_id = 's1' AND method_id = 'counted'", "searches_agree"),
        # a year that only one of the two has is no gap, nor is one of sample records
        (MEASURES, f"DELETE FROM {MEASURES} WHERE source_id = 's1'", ""),
        (MEASURES, f"UPDATE {MEASURES} SET value = 1, source_kind = 'synthetic' WHERE source_id = 's1'", ""),
    ],
)  # fmt: skip
def test_a_defect_fails_its_check(tables: duckdb.DuckDBPyConnection, table: str, defect: str, names: str) -> None:
    tables.execute(defect)
    assert failed(tables, table) == set(names.split())


def test_columns_in_another_order_are_told(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute(f"DROP TABLE {MODEL}")
    tables.execute(f"CREATE TABLE {MODEL} (period_type VARCHAR, line BIGINT NOT NULL, searches DOUBLE, rank VARCHAR)")
    wrong = {str(row[0]) for row in rows(tables, MODEL, check(MODEL, "columns_as_promised"))}
    assert wrong == {"line", "period_type", "searches", "rank"}  # two by their place, and all by their comments


def test_lateness_is_told_and_a_sample_is_not_judged(tables: duckdb.DuckDBPyConnection) -> None:
    name = "newest_period_in_time"
    assert told(tables, RAW, name) == "sample, not judged"
    tables.execute(
        f"{REGISTER} is_sample = false, period_start = date_trunc('month', current_date) WHERE source = '{STREET}'"
    )
    assert rows(tables, RAW, check(RAW, name)) == []
    tables.execute(f"{REGISTER} period_start = '2021-02-01' WHERE source = '{STREET}'")
    # March is due 75 days after its end
    assert told(tables, RAW, name) == "newest period begins 2021-02-01, the next is due by 2021-06-15"
    assert rows(tables, RAW, check(RAW, name)) == tables.execute("SELECT current_date - DATE '2021-06-15'").fetchall()
    tables.execute(f"DELETE FROM raw.{STREET}")
    assert told(tables, RAW, name) == "no extract"
    assert failed(tables, RAW) == set()


def test_a_night_on_which_a_source_becomes_late_is_none_with_nothing_new(tables: duckdb.DuckDBPyConnection) -> None:
    contracts = {name: load_contracts()[name] for name in (STREET, COLLISION)}
    assert lateness_is_told(tables, contracts)
    tables.execute(f"{REGISTER} is_sample = false WHERE source = '{STREET}'")
    assert not lateness_is_told(tables, contracts)
    tables.execute(f"""
        INSERT INTO ops.check_result BY NAME
        SELECT '{RAW}' AS table_name, 'newest_period_in_time' AS check_name, unnest(['failed', 'passed']) AS status,
            unnest([now(), now() - INTERVAL 1 DAY]) AS checked_at
    """)
    assert lateness_is_told(tables, contracts)
    tables.execute(f"{REGISTER} period_start = date_trunc('month', current_date) WHERE source = '{STREET}'")
    assert not lateness_is_told(tables, contracts)


def test_a_new_year_of_a_yearly_source_is_due_after_its_end(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute(f"{REGISTER} is_sample = false WHERE source = '{COLLISION}'")
    assert (
        told(tables, ROADS, "newest_period_in_time") == "newest period begins 2015-01-01, the next is due by 2017-10-28"
    )


def test_a_volume_is_shown_with_its_limits(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute(f"{REGISTER} rows_loaded = 50 WHERE extract_id = 's25'")
    name, force, _, loaded, low, high = rows(tables, RAW, check(RAW, "volume_as_usual"))[0]
    # 24 loads of 100 and 110 in turn: mean 105, moving ranges of 10
    assert (name, force, loaded, low, high) == ("25.csv", "west-midlands", 50, 78, 132)
    assert told(tables, RAW, "volume_as_usual") == "loads judged: 1; with fewer than 12 before them: 0"
    assert told(tables, ROADS, "volume_as_usual") == "loads judged: 0; with fewer than 12 before them: 1"


def test_the_gap_between_two_sources_is_told(tables: duckdb.DuckDBPyConnection) -> None:
    # of two methods of a source the nearer one counts
    assert told(tables, MEASURES, "searches_agree") == "1 pairs, gap from 4.0 to 4.0 %"
    tables.execute(f"UPDATE {MEASURES} SET source_kind = 'synthetic'")
    assert told(tables, MEASURES, "searches_agree") == "1 pairs, sample, not judged"
    tables.execute(f"DELETE FROM {MEASURES}")
    assert told(tables, MEASURES, "searches_agree") == "no value of both"
    assert failed(tables, MEASURES) == set()


def test_a_check_of_the_suite_stays_as_it_is() -> None:
    own = Suite(RAW, "A table.", (Expect("required_given", "warning", "expect_own", {}, "Our own."),))
    found = complete({RAW: own}, {STREET: load_contracts()[STREET]}, MANIFEST)[RAW].expectations
    assert [(e.severity, e.type) for e in found if e.name == "required_given"] == [("warning", "expect_own")]


def test_a_suite_of_no_table_is_named() -> None:
    with pytest.raises(ValueError, match=r"marts\.nothing is of no table"):
        complete({"marts.nothing": Suite("marts.nothing", "No table.", ())}, {}, MANIFEST)


def test_every_contract_says_when_its_data_are_due() -> None:
    assert all(contract.lag_days > 0 for contract in load_contracts().values())
