"""Shows suites as Dagster asset checks: one op per table, one check per severity."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from pipelines.checks.results import CheckResult, record
from pipelines.checks.runner import run_suite
from pipelines.checks.suite import Suite

log = logging.getLogger("fpw.checks")

ERRORS, WARNINGS = "errors", "warnings"


def build_asset_checks(
    suites: Mapping[str, Suite] | Iterable[Suite],
    *,
    layer: str,
    asset_key_for: Callable[[str], dg.AssetKey],
    config: Mapping[str, Any] | None = None,
) -> list[dg.AssetChecksDefinition]:
    """Asset checks for every suite of `layer`; `asset_key_for` maps a table (`raw.x`) to the key of its asset.

    Each table has a check `errors`, which blocks: when an expectation of severity error fails, or any could not be
    run, no asset downstream of the table is built. Its check `warnings` does not. Both list every expectation
    with what was observed; one check per expectation would cost Dagster's event store more time than the
    expectations themselves take. Results go to `ops.check_result` before anything is stopped.

    The job must supply a resource `warehouse` with `.build_path` (Path) and `.connect()` (context manager of a
    writing connection). `config` holds settings of DuckDB for the reading connection, such as memory_limit.
    """
    chosen = suites.values() if isinstance(suites, Mapping) else suites
    return [_table_checks(suite, asset_key_for(suite.table), config) for suite in chosen if suite.layer == layer]


def _table_checks(suite: Suite, key: dg.AssetKey, config: Mapping[str, Any] | None) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name=f"check_{suite.table.replace('.', '_')}",
        description=suite.description,
        specs=[
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
        ],
        compute_kind="great_expectations",
        required_resource_keys={"warehouse"},
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        warehouse = context.resources.warehouse
        log.info("Checking %s", suite.table)
        results = run_suite(suite, warehouse.build_path, config=config)
        with warehouse.connect() as connection:
            record(connection, context.run.run_id, suite.layer, suite.table, "great_expectations", results)
        errors = [result for result in results if result.severity == "error" or result.stops]
        warnings = [result for result in results if result not in errors]
        yield _asset_check_result(key, ERRORS, dg.AssetCheckSeverity.ERROR, errors)
        yield _asset_check_result(key, WARNINGS, dg.AssetCheckSeverity.WARN, warnings)

    return checks


def _list(suite: Suite, severity: str) -> str:
    return "\n".join(f"- `{item.name}`: {item.description}" for item in suite.expectations if item.severity == severity)


def _asset_check_result(
    key: dg.AssetKey, name: str, severity: dg.AssetCheckSeverity, results: list[CheckResult]
) -> dg.AssetCheckResult:
    broken = [result for result in results if result.status != "passed"]
    told = "; ".join(f"{result.name} {result.status}: {result.observed}" for result in broken)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=not broken,
        severity=severity,
        description=told or f"{len(results)} expectations hold.",
        metadata={
            "expectations": dg.TableMetadataValue(
                records=[
                    dg.TableRecord({"expectation": result.name, "status": result.status, "observed": result.observed})
                    for result in results
                ],
                schema=dg.TableSchema(columns=[dg.TableColumn(name) for name in ("expectation", "status", "observed")]),
            )
        },
    )
