"""Known words, read from the dbt seeds so that a check and the models can never disagree about them."""

from __future__ import annotations

import csv
from pathlib import Path

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"


def seed_rows(seed: str, *columns: str) -> tuple[tuple[str, ...], ...]:
    """Values of `columns` in each row of a seed (`reference/force`), in the order of the file.

    Raises ValueError when the seed or one of the columns does not exist.
    """
    path = SEEDS / f"{seed}.csv"
    if not path.is_file():
        raise ValueError(f"Seed {path} does not exist: add it or correct the suite that names it.")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [column for column in columns if column not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(f"Seed {path} has no column {missing[0]}: correct the suite or the seed.")
        return tuple(tuple(row[column] for column in columns) for row in reader)


def seed_values(seed: str, column: str) -> tuple[str, ...]:
    """Values of one column of a seed; raises ValueError as `seed_rows` does."""
    return tuple(row[0] for row in seed_rows(seed, column))


def literal(text: str) -> str:
    """`text` as a string of SQL inside a check's query, where braces are doubled."""
    return "'" + text.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"
