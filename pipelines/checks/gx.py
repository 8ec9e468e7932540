"""Great Expectations on DuckDB. Importing this module takes 4 s: only `runner` does, when a check runs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy
from sqlalchemy.pool import NullPool

from pipelines.checks import dialect
from pipelines.checks.results import CheckResult
from pipelines.checks.suite import ROWS, Expect, Suite

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.expectations.registry import get_expectation_impl

# Its log repeats, with tracebacks, what a result already says.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

_SEVERITY = {"error": "critical", "warning": "warning"}
_SHOWN = 3
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": _SHOWN}


class CountedRows(great_expectations.expectations.UnexpectedRowsExpectation):  # type: ignore[misc]
    """The SQL expectation of Great Expectations, which counts the rows and does not also fetch them.

    The original runs every query twice and holds every row found in memory.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        found = metrics["unexpected_rows_query.row_count"]
        return {"success": found == 0, "result": {"observed_value": found}}


@cache
def _context() -> Any:
    """The one context of this process: in memory, silent, nothing sent to anybody."""
    return great_expectations.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )


def validate(suite: Suite, database: Path, config: Mapping[str, Any]) -> list[CheckResult]:
    """Run a suite against its table in a DuckDB file and close the file; one result per expectation, in order.

    Raises OSError when the file cannot be opened.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _datasource(database, config) as (datasource, connection):
            return _validate(suite, datasource, connection)


@contextmanager
def _datasource(database: Path, config: Mapping[str, Any]) -> Iterator[tuple[Any, sqlalchemy.Connection]]:
    """The data source of the file, and a connection of our own that is closed afterwards.

    No connection is pooled, so none outlives its query; ours keeps the file open, and its pages in memory,
    from one query to the next. Every connection must be configured alike, or DuckDB refuses the second.
    """
    # The path is no part of the address, where a dollar sign would be taken for the name of a setting.
    arguments = {
        "database": str(database),
        "read_only": True,
        "config": {"autoinstall_known_extensions": "false", **config},
    }
    options: dict[str, Any] = {"poolclass": NullPool, "connect_args": arguments}
    with _open(sqlalchemy.create_engine(dialect.ADDRESS, **options), database) as connection:
        yield _registered(repr(arguments), options), connection


_sources: dict[str, Any] = {}


def _registered(key: str, options: dict[str, Any]) -> Any:
    """Great Expectations' data source for these options; to set one up takes as long as half a suite."""
    if key not in _sources:
        _sources[key] = _context().data_sources.add_or_update_sql(
            name=f"build_{len(_sources)}", connection_string=dialect.ADDRESS, create_temp_table=False, kwargs=options
        )
    return _sources[key]


def _open(engine: sqlalchemy.Engine, database: Path) -> sqlalchemy.Connection:
    try:
        return engine.connect()
    except Exception as error:
        reason = _one_line(getattr(error, "orig", None) or error)
        raise OSError(f"Build database {database} cannot be read ({reason}): close whatever has it open.") from error


def _validate(suite: Suite, datasource: Any, connection: sqlalchemy.Connection) -> list[CheckResult]:
    schema, name = suite.table.split(".")
    try:
        rows = connection.execute(sqlalchemy.text(f"SELECT count(*) FROM {suite.table}")).scalar_one()
    except sqlalchemy.exc.SQLAlchemyError as error:
        reason = _one_line(getattr(error, "orig", None) or error)
        unread = f"{suite.table} cannot be read, so build it first ({reason})"
        return [_result(expect, "raised", unread, None, None) for expect in suite.expectations]
    if suite.table in {asset.name for asset in datasource.assets}:
        datasource.delete_asset(suite.table)  # its columns may have changed
    batch = (
        datasource.add_table_asset(suite.table, table_name=name, schema_name=schema)
        .add_batch_definition_whole_table(suite.table)
        .get_batch()
    )
    results: dict[str, CheckResult] = {}
    ready = []
    for expect in suite.expectations:
        try:
            ready.append(_expectation(expect))
        except Exception as error:
            results[expect.name] = _result(expect, "raised", _one_line(error), None, rows)
    by_name = {expect.name: expect for expect in suite.expectations}
    if ready:
        gx_suite = great_expectations.ExpectationSuite(name=suite.table, expectations=ready)
        for found in batch.validate(gx_suite, result_format=_RESULT_FORMAT).results:
            expect = by_name[found.expectation_config.meta["name"]]
            results[expect.name] = _read(expect, found, suite, connection, rows)
    return [results[expect.name] for expect in suite.expectations]


def _expectation(expect: Expect) -> Any:
    kind = CountedRows if expect.type == ROWS else get_expectation_impl(expect.type)
    return kind(
        **expect.kwargs,
        severity=_SEVERITY[expect.severity],
        description=expect.description,
        meta={"name": expect.name},
    )


def _read(expect: Expect, found: Any, suite: Suite, connection: sqlalchemy.Connection, rows: int) -> CheckResult:
    trouble = _trouble(found.exception_info)
    if trouble is not None:
        return _result(expect, "raised", trouble, None, rows)
    status = "passed" if found.success else "failed"
    result = found.result
    if expect.type == ROWS:
        count = int(result["observed_value"])
        observed = f"{count:,} found" if count else "none found"
        if count:
            observed += f": {_sample(expect, suite, connection)}"
        return _result(expect, status, observed, count, rows)
    if "unexpected_count" in result:
        count = int(result["unexpected_count"] or 0)
        values = ", ".join(str(value) for value in result.get("partial_unexpected_list", [])[:_SHOWN])
        observed = f"{count:,} of {rows:,} rows" + (f", e.g. {values}" if count and values != "None" else "")
        return _result(expect, status, observed, count, rows)
    return _result(expect, status, f"observed {result.get('observed_value')}", None, rows)


def _sample(expect: Expect, suite: Suite, connection: sqlalchemy.Connection) -> str:
    """The first rows that a failed SQL expectation found."""
    query = expect.kwargs["unexpected_rows_query"].format(batch=f"{suite.table}")
    found = connection.exec_driver_sql(f"SELECT * FROM ({query}) LIMIT {_SHOWN}").mappings().all()
    return "; ".join(", ".join(f"{key} {value}" for key, value in list(row.items())[:6]) for row in found)


def _trouble(info: Mapping[str, Any]) -> str | None:
    """Why an expectation raised, or None: told flat for the expectation, or once for each of its metrics."""
    entries = [info] if "raised_exception" in info else list(info.values())
    messages = [str(entry["exception_message"]) for entry in entries if entry.get("raised_exception")]
    return _one_line(messages[0]) if messages else None


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]


def _result(expect: Expect, status: Any, observed: str, unexpected: int | None, rows: int | None) -> CheckResult:
    return CheckResult(
        name=expect.name,
        severity=expect.severity,
        status=status,
        observed=observed,
        unexpected_count=unexpected,
        rows_checked=rows,
        description=expect.description,
    )
