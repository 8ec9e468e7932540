"""Runs suites of `expectations/` on the build database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.checks.data_docs import Pages
from pipelines.checks.results import CheckResult
from pipelines.checks.suite import NewRows, Suite


def run_suites(
    suites: Iterable[Suite],
    database: Path,
    *,
    config: Mapping[str, Any] | None = None,
    pages: Pages | None = None,
    new: Mapping[str, NewRows] | None = None,
) -> dict[str, list[CheckResult]]:
    """Run suites in DuckDB, read-only, and return by table one result per expectation in the order of the suite.

    With `pages` each table gets its page of the Data Docs. `new` says by table what is new in it, where the rest was
    looked at before; the results are the same as without it.

    The file is closed when this returns, so that the next step may write to it; nobody may have it open for
    writing meanwhile. `config` holds settings of DuckDB, such as memory_limit and threads. The first call of a
    process takes 4 s longer, to import Great Expectations. A check that cannot run is returned as `raised`.

    Raises:
        FileNotFoundError: there is no build database.
        OSError: it cannot be opened for reading.
    """
    if not database.is_file():
        raise FileNotFoundError(f"Build database {database} does not exist: load the raw tables first.")
    from pipelines.checks import gx

    return gx.validate(suites, database.resolve(), config or {}, pages, new or {})


def run_suite(suite: Suite, database: Path, *, config: Mapping[str, Any] | None = None) -> list[CheckResult]:
    """Run one suite, as `run_suites` does several."""
    return run_suites([suite], database, config=config)[suite.table]
