"""The queries of docs/cookbook as the tests read them."""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import PROJECT_DIR

COOKBOOK = PROJECT_DIR / "docs" / "cookbook"
SLOWEST_SECONDS = 0.2


@dataclass(frozen=True)
class Recipe:
    """One file: its header, line by line, and its statement."""

    path: Path

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def header(self) -> dict[str, list[str]]:
        """Words of the header -> what stands after them."""
        found: dict[str, list[str]] = {}
        for line in self.text.splitlines():
            if not (match := re.fullmatch(r"-- (\w+): (.+)", line)):
                break
            found.setdefault(match[1], []).append(match[2])
        return found

    @property
    def statement(self) -> str:
        """The query without comments."""
        return re.sub(r"--.*", "", self.text)

    @property
    def tables(self) -> set[str]:
        return set(re.findall(r"\b(?:marts|ops)\.\w+", self.statement))


def recipes() -> list[Recipe]:
    return [Recipe(path) for path in sorted(COOKBOOK.glob("*/*.sql"))]


def answer(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> list[dict[str, Any]]:
    """The rows, each by its column names."""
    relation = connection.execute(recipe.text)
    columns = [column[0] for column in relation.description or []]
    return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]


def median_seconds(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> float:
    """Median time of three runs on an open connection."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        connection.execute(recipe.text).fetchall()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
