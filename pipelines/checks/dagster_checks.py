"""Shows suites as Dagster asset checks: one op per layer, one check per table and severity."""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from pipelines.checks.data_docs import Pages, page_of, write_index
from pipelines.checks.results import CheckResult, record
from pipelines.checks.runner import run_suites
from pipelines.checks.suite import Suite
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
) -> dg.AssetChecksDefinition:
    """Asset checks for every suite of `layer`; `asset_key_for` maps a table (`raw.x`) to the key of its asset.

    `pages` is the folder of the Data Docs and `address` the URL where it is served; each check links to its page.

    Each table has a check `errors`, which blocks: when an expectation of severity error fails, or any could not be
    run, no asset downstream of the layer's tables is built. Its check `warnings` does not. Both list every
    expectation with what was observed; one check per expectation would cost Dagster's event store more time than
    the expectations themselves take. Results go to `ops.check_result` before anything is stopped.

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
        due = [suite for key, suite in chosen.items() if key in asked - unused]
        log.info("Checking %d tables of %s", len(due), layer)
        docs = Pages(pages, context.run.run_id) if pages else None
        with work_of("the checks"):
            # Opening the file takes as long as a suite, so each part of them shares one.
            running = [
                pool.submit(run_suites, due[part::PARTS], warehouse.build_path, config=config, pages=docs)
                for part in range(PARTS)
            ]
            by_table = {table: results for future in running for table, results in future.result().items()}
        found = {key: by_table.get(suite.table, []) for key, suite in chosen.items() if key in asked}
        with warehouse.connect() as connection:
            record(connection, context.run.run_id, "great_expectations", by_table)
            if pages:
                write_index(connection, pages)
        for key, results in found.items():
            errors = [result for result in results if result.severity == "error" or result.stops]
            warnings = [result for result in results if result not in errors]
            for name, severity, part in (
                (ERRORS, dg.AssetCheckSeverity.ERROR, errors),
                (WARNINGS, dg.AssetCheckSeverity.WARN, warnings),
            ):
                if dg.AssetCheckKey(key, name) in context.selected_asset_check_keys:
                    link = _link(chosen[key].table, pages, address) if results else {}
                    yield _asset_check_result(key, name, severity, part, link)

    return checks


def _is_unused(connection: duckdb.DuckDBPyConnection, suite: Suite) -> bool:
    """Whether a table is that of a source of which no extract was ever loaded, and empty: there is nothing to check."""
    if suite.layer not in ("raw", "staging") or not has_ops_table(connection, "extract"):
        return False
    source = suite.table.split(".")[1].removeprefix("stg_")
    extracts = "SELECT count(*) FROM ops.extract WHERE source = ? AND status <> 'refused'"
    if connection.execute(extracts, [source]).fetchall()[0][0]:
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
