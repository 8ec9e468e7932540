"""Seeded random draws, and tables of text by month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sample.definition import Definition, month_label

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Generator = np.random.Generator
EMPTY: Any = None


@dataclass(frozen=True)
class Table:
    """Rows of all months, sorted by month. All fields are text, as in the files; an empty field is null."""

    rows: pl.DataFrame
    months: Ints

    def of(self, month: int) -> pl.DataFrame:
        """The rows of one month."""
        first, end = np.searchsorted(self.months, [month, month + 1])
        return self.rows.slice(int(first), int(end - first))


def generator(definition: Definition, *names: str) -> Generator:
    """A random generator of its own for each part, so that no part depends on what is made before it."""
    return Generator(np.random.PCG64([definition.seed, *(crc32(name.encode()) for name in names)]))


def choose(rng: Generator, n: int, weights: Iterable[float]) -> Ints:
    """n random codes, each code as likely as its weight."""
    edges = np.cumsum(np.asarray(list(weights), dtype=float))
    codes: Ints = np.searchsorted(edges, rng.random(n) * edges[-1], side="right")
    return np.minimum(codes, len(edges) - 1)


def apportion(n: int, weights: Iterable[float]) -> Ints:
    """n shared out in proportion to the weights, largest remainders first."""
    share = np.asarray(list(weights), dtype=float)
    exact = share / share.sum() * n
    counts: Ints = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return counts


def deal(rng: Generator, n: int, weights: Iterable[float]) -> Ints:
    """n codes in random order, in number exactly (to the rounding) in proportion to the weights."""
    counts = apportion(n, weights)
    return rng.permutation(np.repeat(np.arange(len(counts)), counts))


def pick(rng: Generator, n: int, shares: Mapping[Any, float]) -> Texts:
    """n random labels."""
    return labels(shares)[choose(rng, n, shares.values())]


def labels(names: Iterable[str | None]) -> Texts:
    """Labels as an array that codes can index."""
    return np.array(list(names), dtype=object)


def text(name: str, values: Sequence[str | None] | Texts) -> pl.Series:
    """A text column; None is an empty field."""
    return pl.Series(name, list(values), dtype=pl.String)


def month_text(name: str, months: Ints) -> pl.Series:
    """Month numbers as `YYYY-MM`."""
    first = int(months.min())
    return text(name, [month_label(month) for month in range(first, int(months.max()) + 1)]).gather(months - first)
