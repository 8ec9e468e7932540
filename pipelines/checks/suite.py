"""What a check is: the small definitions that the files of `expectations/` are written in.

Nothing here imports Great Expectations (4 s): Dagster needs names and severities whenever definitions load.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.checks.vocabulary import literal

Severity = Literal["error", "warning"]

ROWS = "unexpected_rows_expectation"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TABLE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_DAY = re.compile(r"\b(current_date|current_timestamp|now|today)\b", re.IGNORECASE)
_TYPE = re.compile(r"expect_[a-z0-9_]+|" + ROWS)


@dataclass(frozen=True)
class Expect:
    """One expectation about a table.

    `name` is unique within its suite. `severity` 'error' stops what depends on the table and the publication;
    'warning' travels on. `type` and `kwargs` are those of Great Expectations. `description` says in one plain
    sentence what a failure means and how to mend it. `wrong` is the SQL condition that a wrong row meets, where rows
    alone show it: all such of a suite are counted in one pass over the table. `told` is a query of one text, which
    is reported as what was observed, also when nothing is wrong. `by_extract` promises that what is wrong with the rows
    of an extract does not depend on those of others, as is so of a condition on rows.
    Raises ValueError when the definition is not usable.
    """

    name: str
    severity: Severity
    type: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    wrong: str | None = None
    told: str | None = None
    by_extract: bool = False

    @property
    def sql(self) -> tuple[str, ...]:
        """What it asks, where that is SQL."""
        asked = (self.wrong, self.told, self.kwargs.get("unexpected_rows_query"))
        return tuple(str(text) for text in asked if text)

    @property
    def is_dated(self) -> bool:
        """Whether the answer depends on the day on which it is asked."""
        return any(_DAY.search(text) for text in self.sql)

    @property
    def holds_by_extract(self) -> bool:
        """Whether it holds for a table when it holds for the rows of each extract alone."""
        is_of_rows = self.wrong is not None and "{batch}" not in self.wrong
        return (is_of_rows or self.by_extract) and not self.told and not self.is_dated

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"Check name {self.name!r} is not snake_case: rename it.")
        if self.severity not in ("error", "warning"):
            raise ValueError(f"Check {self.name} has severity {self.severity!r}: use 'error' or 'warning'.")
        if not _TYPE.fullmatch(self.type):
            raise ValueError(
                f"Check {self.name} has type {self.type!r}: use a Great Expectations type (expect_...) or {ROWS}."
            )
        if not self.description:
            raise ValueError(f"Check {self.name} has no description: say what a failure means and the mend.")


@dataclass(frozen=True)
class NewRows:
    """What is new in a table since its suite was last run: the rows of some extracts. The checks `held` held for all
    others, so that those which hold by extract need only be asked of these rows."""

    extracts: tuple[str, ...]
    held: frozenset[str]


@dataclass(frozen=True)
class Suite:
    """All expectations about one table, named `<schema>.<table>`. Raises ValueError on repeated check names."""

    table: str
    description: str
    expectations: tuple[Expect, ...]

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.table):
            raise ValueError(f"Suite table {self.table!r} is not of the form schema.table: rename it.")
        names = [expect.name for expect in self.expectations]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"Suite {self.table} names a check twice: rename one of {', '.join(repeated)}.")

    @property
    def layer(self) -> str:
        """Schema of the table, which is also the folder of its file under `expectations/`."""
        return self.table.split(".")[0]

    @property
    def by_extract(self) -> tuple[Expect, ...]:
        """The checks that need only be asked of new extracts; one that names its table does so to see all of it."""
        chosen = (expect for expect in self.expectations if expect.holds_by_extract)
        return tuple(expect for expect in chosen if not any(self.table in text for text in expect.sql))


def not_null(column: str, description: str, severity: Severity = "error") -> Expect:
    """Check named `<column>_given`: the column holds a value in every row."""
    return Expect(
        name=f"{column}_given",
        severity=severity,
        type="expect_column_values_to_not_be_null",
        kwargs={"column": column},
        description=description,
        wrong=f"{column} IS NULL",
    )


def in_set(column: str, values: tuple[str, ...], description: str, severity: Severity = "error") -> Expect:
    """Check named `<column>_known`: every value that is given is one of `values` (NULL passes)."""
    return Expect(
        name=f"{column}_known",
        severity=severity,
        type="expect_column_values_to_be_in_set",
        kwargs={"column": column, "value_set": list(values)},
        description=description,
        wrong=f"{column} NOT IN ({', '.join(map(literal, values))})",
    )


def no_rows(
    name: str,
    query: str,
    description: str,
    severity: Severity = "error",
    *,
    wrong: str | None = None,
    told: str | None = None,
    by_extract: bool = False,
) -> Expect:
    """Check that a query finds nothing: each row it returns is one thing that is wrong.

    The query is DuckDB SQL. It names the table under test as `{batch}` without an alias of its own and writes
    a literal brace double, as `wrong` and `told` do. Columns it selects are shown for the first few rows found.
    """
    return Expect(
        name=name,
        severity=severity,
        type=ROWS,
        kwargs={"unexpected_rows_query": query},
        description=description,
        wrong=wrong,
        told=told,
        by_extract=by_extract,
    )
