"""The dbt project's macros as Python functions that return SQL, for where there is no warehouse to run dbt on."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jinja2

from pipelines.settings import DBT_DIR


class Macros:
    """The macros of these files of `dbt_project/macros` and of `engine.sql`, or of all, dispatched to DuckDB as dbt does it."""

    def __init__(self, *files: str) -> None:
        folder = DBT_DIR / "macros"
        texts = [
            path.read_text(encoding="utf-8")
            for path in sorted({folder / name for name in ("engine.sql", *files)} if files else folder.glob("*.sql"))
        ]
        # a generic test is dbt's own kind of block
        text = "\n".join(text for text in texts if "{% test" not in text)
        self._environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
        self._context = {
            "adapter": SimpleNamespace(dispatch=self._dispatch),
            "return": lambda value: value,
            "fpw": self,
        }
        self._module = self._environment.from_string(text, globals=self._context).module

    def render(self, query: str, **names: Any) -> str:
        """A query that calls macros as `{{ fpw.name(...) }}`, and the other `names`, as SQL."""
        return self._environment.from_string(query, globals={**self._context, **names}).render()

    def _dispatch(self, name: str, package: str) -> Callable[..., str]:
        for prefix in ("duckdb__", "default__"):
            macro: Callable[..., str] | None = getattr(self._module, prefix + name, None)
            if macro is not None:
                return macro
        raise LookupError(f"macro {package}.{name} has no spelling for DuckDB")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
