"""Shows suites as Dagster asset checks: one op per layer, one check per table and severity."""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from pipelines.checks.data_docs import Pages, page_of, write_index
from pipelines.checks.results import CheckResult, carry, last_statuses, record
from pipelines.checks.runner import run_suites
from pipelines.checks.suite import NewRows, Suite
from pipelines.store.built import (
    checks_of,
    digest_of_checks,
    extracts_of,
    forget,
    note,
    noted,
    noted_extracts,
    source_of,
)
from pipelines.store.warehouse import has_ops_table
from pipelines.workers import work_of

log = logging.getLogger("fpw.checks")

ERRORS, WARNINGS = "errors", "warnings"
PARTS = 4
"""In how many parts the suites of a layer are handed to the processes that run them."""
NOTHING = "Nothing to check: there is no expectation of this severity, or no extract of the source."


def build_asset_checks(
    suites: Mapping[str, Suite],
    *,
    layer: str,
    asset_key_for: Callable[[str], dg.AssetKey],
    config: Mapping[str, Any] | None = None,
    pages: Path | None = None,
    address: str = "",
    digests: Callable[..., Mapping[str, str]] | None = None,
) -> dg.AssetChecksDefinition:
    """Asset checks for every suite of `layer`; `asset_key_for` maps a table (`raw.x`) to the key of its asset.

    `pages` is the folder of the Data Docs and `address` the URL where it is served; each check links to its page.

    Each table has a check `errors`, which blocks: when an expectation of severity error fails, or any could not be
    run, no asset downstream of the layer's tables is built. Its check `warnings` does not. Both list every
    expectation with what was observed; one check per expectation would cost Dagster's event store more time than
    the expectations themselves take. Results go to `ops.check_result` before anything is stopped.

    With `digests`, which is `store.built.digests` of an installation, a table is looked at when there is something new
    behind it or behind what its checks look at, when its page is gone, or when the day makes a difference; else its last
    results stand for this run too. Of raw and staging tables what held before is asked of the rows of new extracts alone.

    The job must supply the resources `warehouse`, with `.build_path` (Path) and `.connect()` (context manager of a
    writing connection), and `check_pool`, an executor that runs the suites. `config` holds settings of DuckDB for
    the reading connections, such as memory_limit.
    """
    chosen = {asset_key_for(suite.table): suite for suite in suites.values() if suite.layer == layer}

    @dg.multi_asset_check(
        name=f"check_{layer}",
        description=f"The expectations of expectations/{layer}.",
        specs=[spec for key, suite in chosen.items() for spec in _specs(suite, key)],
        compute_kind="great_expectations",
        required_resource_keys={"warehouse", "check_pool"},
        can_subset=True,
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        warehouse, pool = context.resources.warehouse, context.resources.check_pool
        asked = {check.asset_key for check in context.selected_asset_check_keys}
        with warehouse.connect() as connection:
            unused = {key for key in asked if _is_unused(connection, chosen[key])}
            used = [suite for key, suite in chosen.items() if key in asked - unused]
            made_of: dict[str, str] = {}
            extracts: dict[str, dict[str, str]] = {}
            new: dict[str, NewRows] = {}
            due = used
            if digests and not context.is_subset:
                found, apart = digests(connection), digests(connection, extracts=False)
                made_of = {suite.table: digest_of_checks(suite.table, _sql(suite), found) for suite in used}
                known = noted(connection)
                due = [
                    suite
                    for suite in used
                    if known.get(checks_of(suite.table)) != made_of[suite.table]
                    or (pages and not (pages / page_of(suite.table)).exists())
                    or _is_dated(connection, suite)
                ]
                for suite in due if layer in ("raw", "staging") else ():
                    extracts[checks_of(suite.table)] = _extracts(connection, suite, found, apart)
                    if (rows := _new_rows(connection, suite, extracts[checks_of(suite.table)])) is not None:
                        new[suite.table] = rows
            forget(connection, {checks_of(suite.table) for suite in due})
            carried = carry(
                connection,
                context.run.run_id,
                "great_expectations",
                [(suite.table, expect.name) for suite in used if suite not in due for expect in suite.expectations],
            )
        log.info("Checking %d tables of %s, of %d", len(due), layer, len(used))
        docs = Pages(pages, context.run.run_id) if pages else None
        with work_of("the checks"):
            # Opening the file takes as long as a suite, so each part of them shares one.
            running = [
                pool.submit(run_suites, due[part::PARTS], warehouse.build_path, config=config, pages=docs, new=new)
                for part in range(PARTS)
            ]
            by_table = {table: results for future in running for table, results in future.result().items()}
        with warehouse.connect() as connection:
            record(connection, context.run.run_id, "great_expectations", by_table)
            well = [table for table, results in by_table.items() if not any(result.stops for result in results)]
            noting = {checks_of(table): made_of[table] for table in well if table in made_of}
            note(connection, noting, {name: extracts[name] for name in noting if name in extracts})
            if pages:
                write_index(connection, pages)
        for key, suite in chosen.items():
            if key not in asked:
                continue
            results = by_table.get(suite.table) or carried.get(suite.table, [])
            errors = [result for result in results if result.severity == "error" or result.stops]
            warnings = [result for result in results if result not in errors]
            for name, severity, part in (
                (ERRORS, dg.AssetCheckSeverity.ERROR, errors),
                (WARNINGS, dg.AssetCheckSeverity.WARN, warnings),
            ):
                if dg.AssetCheckKey(key, name) in context.selected_asset_check_keys:
                    link = _link(suite.table, pages, address) if results else {}
                    if suite.table in carried:
                        link["unchanged"] = dg.MetadataValue.bool(True)
                    yield _asset_check_result(key, name, severity, part, link)

    return checks


def _sql(suite: Suite) -> list[str]:
    return [text for expect in suite.expectations for text in expect.sql]


def _extracts(
    connection: duckdb.DuckDBPyConnection, suite: Suite, found: Mapping[str, str], apart: Mapping[str, str]
) -> dict[str, str]:
    """The extracts of a table of raw or staging, each with a hash of all that its rows, and what is asked of them alone,
    are made of."""
    asked = [text for expect in suite.by_extract for text in expect.sql]
    digest = digest_of_checks(suite.table, asked, {**found, suite.table: apart.get(suite.table, "")})
    return extracts_of(connection, [source_of(suite.table)], digest)


def _new_rows(connection: duckdb.DuckDBPyConnection, suite: Suite, extracts: Mapping[str, str]) -> NewRows | None:
    """What is new in a table since its checks were noted; None when they were not."""
    known = noted_extracts(connection, checks_of(suite.table))
    if not known:
        return None
    last = last_statuses(connection, suite.table)
    held = frozenset(expect.name for expect in suite.by_extract if last.get(expect.name) == "passed")
    return NewRows(tuple(sorted(key for key, digest in extracts.items() if known.get(key) != digest)), held)


def _is_dated(connection: duckdb.DuckDBPyConnection, suite: Suite) -> bool:
    """Whether a check that asks for the day answers otherwise today than it last did."""
    dated = [expect for expect in suite.expectations if expect.is_dated]
    if not dated:
        return False
    last = last_statuses(connection, suite.table)
    for expect in dated:
        query = f"FROM {{batch}} WHERE {expect.wrong}" if expect.wrong else expect.kwargs["unexpected_rows_query"]
        found = connection.execute(f"SELECT count(*) FROM ({query})".format(batch=suite.table)).fetchall()[0][0]
        if ("failed" if found else "passed") != last.get(expect.name):
            return True
    return False


def _is_unused(connection: duckdb.DuckDBPyConnection, suite: Suite) -> bool:
    """Whether a table is that of a source of which no extract was ever loaded, and empty: there is nothing to check."""
    if suite.layer not in ("raw", "staging") or not has_ops_table(connection, "extract"):
        return False
    extracts = "SELECT count(*) FROM ops.extract WHERE source = ? AND status <> 'refused'"
    if connection.execute(extracts, [source_of(suite.table)]).fetchall()[0][0]:
        return False
    return not connection.execute(f"SELECT count(*) FROM (SELECT 1 FROM {suite.table} LIMIT 1)").fetchall()[0][0]


def _specs(suite: Suite, key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            ERRORS,
            asset=key,
            blocking=True,
            description="What must hold for anything downstream to be built.\n\n" + _list(suite, "error"),
        ),
        dg.AssetCheckSpec(
            WARNINGS,
            asset=key,
            description="What a reader should know of.\n\n" + _list(suite, "warning"),
        ),
    ]


def _list(suite: Suite, severity: str) -> str:
    return "\n".join(f"- `{item.name}`: {item.description}" for item in suite.expectations if item.severity == severity)


def _link(table: str, pages: Path | None, address: str) -> dict[str, dg.MetadataValue[Any]]:
    """The page of a table, where it is served and where it lies: a browser follows no link from a site to a file."""
    if not pages:
        return {}
    return {
        "data docs": dg.MetadataValue.url(f"{address.rstrip('/')}/{page_of(table)}"),
        "page": dg.MetadataValue.path(str(pages / page_of(table))),
    }


def _asset_check_result(
    key: dg.AssetKey,
    name: str,
    severity: dg.AssetCheckSeverity,
    results: list[CheckResult],
    link: Mapping[str, dg.MetadataValue[Any]],
) -> dg.AssetCheckResult:
    broken = [result for result in results if result.status != "passed"]
    told = "; ".join(f"{result.name} {result.status}: {result.observed}" for result in broken)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=not broken,
        severity=severity,
        description=told or (f"{len(results)} expectations hold." if results else NOTHING),
        metadata={
            **link,
            "expectations": dg.TableMetadataValue(
                records=[
                    dg.TableRecord({"expectation": result.name, "status": result.status, "observed": result.observed})
                    for result in results
                ],
                schema=dg.TableSchema(columns=[dg.TableColumn(name) for name in ("expectation", "status", "observed")]),
            ),
        },
    )
