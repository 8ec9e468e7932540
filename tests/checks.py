"""What the checks of a suite find, asked of DuckDB directly: Great Expectations takes a hundred times as long."""

from __future__ import annotations

import duckdb

from pipelines.checks.suite import ROWS, Expect, Suite


def query(expect: Expect) -> str:
    """SQL for the rows that fail a check, with `{batch}` for its table; raises KeyError for an unknown kind."""
    if expect.type == ROWS:
        return str(expect.kwargs["unexpected_rows_query"])
    if expect.wrong:
        return f"SELECT 1 FROM {{batch}} WHERE {expect.wrong}"
    if expect.type == "expect_column_values_to_be_unique":
        column = expect.kwargs["column"]
        return f"SELECT 1 FROM {{batch}} WHERE {column} IS NOT NULL QUALIFY count(*) OVER (PARTITION BY {column}) > 1"
    raise KeyError(f"{expect.name} is of the kind {expect.type}, which tests/checks.py does not know: add it.")


def found(connection: duckdb.DuckDBPyConnection, table: str, expect: Expect) -> int:
    """How many rows fail a check."""
    rows = connection.execute(f"SELECT count(*) FROM ({query(expect).format(batch=table)})").fetchone()
    assert rows is not None
    return int(rows[0])


def failed(connection: duckdb.DuckDBPyConnection, suite: Suite) -> set[str]:
    """Names of the checks of a suite that some row fails; conditions on rows are asked in one pass."""
    wrong = {expect.name: expect.wrong for expect in suite.expectations if expect.wrong}
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in wrong.values()) or "0"
    row = connection.execute(f"SELECT {counts} FROM {{batch}}".format(batch=suite.table)).fetchone()
    assert row is not None
    others = {e.name for e in suite.expectations if e.name not in wrong and found(connection, suite.table, e)}
    return others | {name for name, count in zip(wrong, row, strict=False) if count}
