"""Great Expectations on DuckDB. Importing this module takes 4 s: only `runner` does, when a check runs."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import sqlalchemy
from jinja2 import ChoiceLoader, DictLoader
from markupsafe import Markup
from sqlalchemy.pool import NullPool

from pipelines.checks import dialect
from pipelines.checks.data_docs import Pages, write_page
from pipelines.checks.results import CheckResult
from pipelines.checks.suite import ROWS, Expect, NewRows, Suite
from pipelines.checks.vocabulary import literal
from pipelines.ingest.personal import masked
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import without_values

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations
    from great_expectations.core.result_format import ResultFormat
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations import core
    from great_expectations.expectations.metrics.metric_provider import MetricProvider, metric_value
    from great_expectations.expectations.registry import get_expectation_impl
    from great_expectations.render import LegacyDiagnosticRendererType
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.renderer.renderer import renderer
    from great_expectations.render.view import DefaultJinjaPageView
    from great_expectations.validator.metric_configuration import MetricConfiguration
    from great_expectations.validator.validator import ValidationDependencies

# Its log repeats, with tracebacks, what a result already says.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

_SEVERITY = {"error": "critical", "warning": "warning"}
_SHOWN = 3
_FINDINGS = "fpw.findings"
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}  # values are shown by _told alone


@dataclass(frozen=True)
class Finding:
    """What was found for one check: how many things are wrong, and a short text; or why it could not run."""

    count: int | None
    observed: str
    trouble: bool = False


class Findings(MetricProvider):  # type: ignore[misc]
    """The findings of all checks of a suite as one metric: Great Expectations alone would ask table and plan anew for
    each expectation, twice, and spend more time on that than DuckDB on the answers."""

    metric_name = _FINDINGS
    domain_keys = ("batch_id",)
    value_keys = ("table",)

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(cls, execution_engine: Any, metric_value_kwargs: Mapping[str, Any], **_: Any) -> dict[str, Finding]:
        with execution_engine.engine.connect() as connection:
            suite, rows, new = _suites[metric_value_kwargs["table"]]
            return look(suite, connection, rows, new)


_suites: dict[str, tuple[Suite, int, NewRows | None]] = {}
"""Suites that are being validated, how many rows their tables have, and which of them are new."""


class _Looked:
    """An expectation whose finding is part of the metric `Findings`."""

    meta: Any

    def get_validation_dependencies(self, *_: Any, **__: Any) -> ValidationDependencies:
        metric = MetricConfiguration(_FINDINGS, {}, {"table": self.meta["table"]})
        return ValidationDependencies({_FINDINGS: metric}, {"result_format": ResultFormat.BASIC})

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        found: Finding = metrics[_FINDINGS][self.meta["name"]]
        if found.trouble:
            raise ValueError(found.observed)
        return {
            "success": not found.count,
            "result": {"observed_value": found.observed, "unexpected_count": found.count},
        }

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)  # type: ignore[untyped-decorator]
    def _diagnostic_observed_value_renderer(cls, configuration: Any = None, result: Any = None, **_: Any) -> str:
        # the page takes it as HTML, and it may hold what a file held
        return escape(str((result.result or {}).get("observed_value", "")))


class ExpectColumnValuesToNotBeNull(_Looked, core.ExpectColumnValuesToNotBeNull):  # type: ignore[misc]
    """As Great Expectations has it, found together with the others."""


class ExpectColumnValuesToBeInSet(_Looked, core.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """As Great Expectations has it, found together with the others."""


class ExpectColumnValuesToBeBetween(_Looked, core.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """As Great Expectations has it, found together with the others."""


class UnexpectedRowsExpectation(_Looked, core.UnexpectedRowsExpectation):  # type: ignore[misc]
    """As Great Expectations has it, found together with the others."""


def look(suite: Suite, connection: sqlalchemy.Connection, rows: int, new: NewRows | None = None) -> dict[str, Finding]:
    """What is found for each check of a suite whose table has so many rows; by name.

    With `new`, checks that held for all other rows are asked of the new ones first, and of the table when those are wrong.
    Conditions on rows are counted in one pass. When one of them cannot be asked, each is asked alone.
    """
    held = [expect for expect in suite.expectations if new and expect.name in new.held]
    counts: dict[str, int] = {}
    if new and held:
        of_new = _table_of(suite.table, new)
        counts = {name: 0 for name, count in _counts(held, of_new, connection).items() if not count}
        for expect in held:
            if not expect.wrong and not _any_found(expect, of_new, connection):
                counts[expect.name] = 0
    counts |= _counts((expect for expect in suite.expectations if expect.name not in counts), suite.table, connection)
    return {
        expect.name: _finding(expect, counts.get(expect.name), suite, connection, rows) for expect in suite.expectations
    }


def _table_of(table: str, new: NewRows) -> str:
    """The new rows of a table; one without an extract was never looked at."""
    extracts = ", ".join(map(literal, ("", *new.extracts)))
    return f"(SELECT * FROM {table} WHERE extract_id IN ({extracts}) OR extract_id IS NULL)"


def _counts(expectations: Iterable[Expect], table: str, connection: sqlalchemy.Connection) -> dict[str, int]:
    """How many rows are wrong, by check, of those that are conditions on rows; none when they cannot be asked together."""
    wrong = {expect.name: expect.wrong for expect in expectations if expect.wrong}
    if not wrong:
        return {}
    together = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in wrong.values())
    with suppress(sqlalchemy.exc.SQLAlchemyError):
        return dict(zip(wrong, _ask(f"SELECT {together} FROM {{batch}}", table, connection).one(), strict=True))
    return {}


def _any_found(expect: Expect, table: str, connection: sqlalchemy.Connection) -> bool:
    with suppress(sqlalchemy.exc.SQLAlchemyError):
        return bool(_ask(f"SELECT 1 FROM ({_rows(expect)}) AS wrong LIMIT 1", table, connection).all())
    return True


def _finding(expect: Expect, count: int | None, suite: Suite, connection: sqlalchemy.Connection, rows: int) -> Finding:
    if expect.wrong is None and expect.type != ROWS:
        return Finding(None, "")  # one that Great Expectations asks itself
    try:
        shown: list[dict[str, Any]] | None = None
        if count is None and expect.wrong:
            query = f"SELECT count(*) FROM {{batch}} WHERE {expect.wrong}"
            count = int(_ask(query, suite.table, connection).scalar_one())
        elif count is None:
            query = f"SELECT *, count(*) OVER () AS {_COUNT} FROM ({_rows(expect)}) AS wrong LIMIT {_SHOWN}"
            shown = [dict(row) for row in _ask(query, suite.table, connection).mappings()]
            count = max((int(row.pop(_COUNT)) for row in shown), default=0)
        return Finding(count, _observed(expect, count, shown, suite, connection, rows))
    except sqlalchemy.exc.SQLAlchemyError as error:
        return Finding(None, _one_line(getattr(error, "orig", None) or error), trouble=True)


_COUNT = "fpw_found"
"""Column that tells how many rows a query finds, beside the first of them, so that it is asked once."""


def _observed(
    expect: Expect,
    count: int,
    shown: list[dict[str, Any]] | None,
    suite: Suite,
    connection: sqlalchemy.Connection,
    rows: int,
) -> str:
    """What was found, with the first of what is wrong: `shown`, or what is found anew."""
    if expect.type == ROWS:
        text = f"{count:,} found" if count else "none found"
        if count:
            if shown is None:
                query = f"SELECT * FROM ({_rows(expect)}) AS wrong LIMIT {_SHOWN}"
                shown = [dict(row) for row in _ask(query, suite.table, connection).mappings()]
            told = (", ".join(_told(key, value, suite) for key, value in list(row.items())[:6]) for row in shown)
            text += f": {'; '.join(told)}"
    else:
        column = expect.kwargs["column"]
        text = f"{count:,} of {rows:,} rows"
        if count:
            query = f"SELECT {column} FROM {{batch}} WHERE ({expect.wrong}) AND {column} IS NOT NULL LIMIT {_SHOWN}"
            values = [_told("", value, suite) for (value,) in _ask(query, suite.table, connection)]
            text += f", e.g. {', '.join(values)}" if values else ""
    if expect.told:
        answer = str(_ask(expect.told, suite.table, connection).scalar_one())
        text = f"{answer}; {text}" if count else answer
    return text


_TRACES = re.compile(
    r"extract_id|line|file_name|source|force|period_start|slice|question|untidy_columns|extracts|\w+_count|rows_\w+|(lower|upper)_limit"
)
"""Columns of what a check finds that say where and how much, never what a record holds."""


def _told(key: str, value: object, suite: Suite) -> str:
    """A value that a check found, behind its column; of records that are not public only its shape."""
    is_shown = value is None or _is_public(suite.table) or _TRACES.fullmatch(key)
    text = str(value) if is_shown else masked(str(value))
    return f"{key} {text}".strip()


@cache
def _is_public(table: str) -> bool:
    """Whether what a table holds may be shown: figures, and records that their publisher publishes."""
    schema, name = table.split(".")
    if schema not in ("raw", "staging"):
        return True
    contract = load_contracts().get(name.removeprefix("stg_"))
    return contract is None or contract.sensitivity == "public"


def _rows(expect: Expect) -> str:
    return str(expect.kwargs["unexpected_rows_query"])


def _ask(query: str, table: str, connection: sqlalchemy.Connection) -> Any:
    """The result of a query in which {batch} stands for the table and literal braces are double."""
    try:
        return connection.exec_driver_sql(query.format(batch=table))
    except sqlalchemy.exc.SQLAlchemyError:
        connection.rollback()  # DuckDB answers nothing more in a transaction that met an error
        raise


@cache
def _context() -> Any:
    """The one context of this process: in memory, silent, nothing sent to anybody."""
    context = great_expectations.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    # It would write its whole configuration as YAML into memory twice for each table.
    context._save_project_config = lambda: None
    return context


def validate(
    suites: Iterable[Suite],
    database: Path,
    config: Mapping[str, Any],
    pages: Pages | None,
    new: Mapping[str, NewRows],
) -> dict[str, list[CheckResult]]:
    """Run suites against their tables in a DuckDB file and close the file; by table, one result per expectation.

    With `pages` each table gets its page of the Data Docs. `new` is as in `runner.run_suites`.

    Raises OSError when the file cannot be opened.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _datasource(database, config) as (datasource, connection):
            return {
                suite.table: _validate(suite, datasource, connection, pages, new.get(suite.table)) for suite in suites
            }


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


def _validate(
    suite: Suite, datasource: Any, connection: sqlalchemy.Connection, pages: Pages | None, new: NewRows | None
) -> list[CheckResult]:
    schema, name = suite.table.split(".")
    try:
        rows = int(connection.exec_driver_sql(f"SELECT count(*) FROM {suite.table}").scalar_one())
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
            ready.append(_expectation(expect, suite))
        except Exception as error:
            results[expect.name] = _result(expect, "raised", _one_line(error), None, rows)
    by_name = {expect.name: expect for expect in suite.expectations}
    _suites[suite.table] = suite, rows, new
    gx_suite = great_expectations.ExpectationSuite(name=suite.table, expectations=ready)
    validation = batch.validate(gx_suite, result_format=_RESULT_FORMAT)
    for found in validation.results:
        expect = by_name[found.expectation_config.meta["name"]]
        results[expect.name] = _read(expect, found, rows)
    in_order = [results[expect.name] for expect in suite.expectations]
    if pages is not None:
        write_page(pages, suite, in_order, _sections(validation))
    return in_order


def _sections(validation: Any) -> str:
    """What was expected and found, as Great Expectations renders it; a broken page is no broken check."""
    try:
        document = ValidationResultsPageRenderer().render(validation)
        return Markup(_view().render(document))
    except Exception as error:
        return f"This page could not be rendered ({_one_line(error)}); ops.check_result has the results."


@cache
def _view() -> DefaultJinjaPageView:
    """Great Expectations' view of a page, without the frame and the overview, which ours has."""
    view = DefaultJinjaPageView()
    view._template = "sections.j2"
    sections = "{% for section in sections[1:] %}{% set section_loop = loop %}{% include 'section.j2' %}{% endfor %}"
    view.env.loader = ChoiceLoader([DictLoader({"sections.j2": sections}), view.env.loader])
    return view


def _expectation(expect: Expect, suite: Suite) -> Any:
    return get_expectation_impl(expect.type)(
        **expect.kwargs,
        severity=_SEVERITY[expect.severity],
        description=f"{expect.name} ({expect.severity}): {expect.description}",
        meta={"name": expect.name, "table": suite.table},
    )


def _read(expect: Expect, found: Any, rows: int) -> CheckResult:
    trouble = _trouble(found.exception_info)
    if trouble is not None:
        return _result(expect, "raised", trouble, None, rows)
    count = found.result.get("unexpected_count")
    observed = found.result.get("observed_value")
    if observed is None and count is not None:
        observed = f"{count:,} of {rows:,} rows"
    return _result(expect, "passed" if found.success else "failed", str(observed), count, rows)


def _trouble(info: Mapping[str, Any]) -> str | None:
    """Why an expectation raised, or None: told flat for the expectation, or once for each of its metrics."""
    entries = [info] if "raised_exception" in info else list(info.values())
    messages = [str(entry["exception_message"]) for entry in entries if entry.get("raised_exception")]
    return _one_line(messages[0]) if messages else None


def _one_line(error: BaseException | str) -> str:
    return " ".join((without_values(error) if isinstance(error, BaseException) else error).split())[:300]


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
