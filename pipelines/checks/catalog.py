"""Finds the suites: one file per table under `expectations/<layer>/`."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from pipelines.checks.suite import Suite

EXPECTATIONS = Path(__file__).resolve().parents[2] / "expectations"


def load_suites(folder: Path = EXPECTATIONS) -> dict[str, Suite]:
    """All suites found in `folder`, keyed by table (`raw.police_uk_street`), in order of layer and name.

    Raises ValueError naming the file when it defines no SUITE or a suite for another table than its path says.
    """
    return dict(_load(folder))


@cache
def _load(folder: Path) -> tuple[tuple[str, Suite], ...]:
    suites = []
    for path in sorted(folder.glob("*/*.py")):
        table = f"{path.parent.name}.{path.stem}"
        if path.stem != "__init__":
            suites.append((table, _read(path, table)))
    return tuple(suites)


def _read(path: Path, table: str) -> Suite:
    spec = importlib.util.spec_from_file_location(f"expectations.{table}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be read as Python: check its name.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    suite = getattr(module, "SUITE", None)
    if not isinstance(suite, Suite):
        raise ValueError(f"{path} defines no SUITE: add SUITE = Suite(table={table!r}, ...).")
    if suite.table != table:
        raise ValueError(f"{path} holds the suite of {suite.table}: move it or set table={table!r}.")
    return suite
