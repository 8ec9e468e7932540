"""How the numbers hang together: every sum that a reader could find, found by looking, not listed by hand.

A relation says that a whole is the sum of its parts, or no less. Sums are sought over breakdowns (also over some of
their values), over time (months, quarters and years; two periods of the same days) and over areas; that a share's
numerator is within its denominator is one too. A relation that holds only by chance does no harm: it makes the reader
know more than he does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipelines.disclosure.numbers import Floats, Ints, Key, Numbers

TOLERANCE = 1e-6
MOST_VALUES = 12
"""Of a breakdown of more values only the sums of all, and of all but one, are looked at."""
FEWEST_DIFFERENT = 3
"""So many different sums must agree before a part of a breakdown is taken to add up to another number."""


@dataclass(frozen=True, order=True)
class Relation:
    """Cells: the whole is the sum of the parts or, where `is_exact` is false, at least that.

    What a share leaves over counts people too: it is protected as a number below `threshold` is (0: not at all).
    """

    kind: str
    whole: int
    parts: tuple[int, ...]
    is_exact: bool = True
    threshold: float = 0


def find_relations(numbers: Numbers, parents: dict[str, str]) -> list[Relation]:
    """All relations between the cells of `numbers`, each once; `parents` is the area that an area is part of."""
    found = {
        *_over_breakdowns(numbers),
        *_over_time(numbers),
        *_over_areas(numbers, parents),
        *_within_shares(numbers),
    }
    return sorted(relation for relation in found if relation.whole not in relation.parts)


def _over_breakdowns(numbers: Numbers) -> Iterator[Relation]:
    """Sums of all or some values of a breakdown that are another number wherever both are told."""
    table, told = numbers.table, ~np.isnan(numbers.table)
    weights = np.random.default_rng(0).integers(1, 1 << 20, table.shape[1]).astype(float)
    for breakdown in numbers.breakdowns:
        parts = np.array(breakdown.parts)
        whole_told = told[parts].all(axis=0)
        by_keys: dict[bytes, list[int]] = {}
        for quantity in range(len(table)):
            common = whole_told & told[quantity]
            if common.any():
                by_keys.setdefault(common.tobytes(), []).append(quantity)
        for code, quantities in by_keys.items():
            keys = np.flatnonzero(np.frombuffer(code, dtype=bool))
            yield from _sums(numbers, breakdown.wholes, parts, keys, quantities, weights[keys])
        # parts that do not make up a whole are within it: together, or where they overlap each alone
        for whole in breakdown.wholes:
            keys = np.flatnonzero(whole_told & told[whole])
            rest = table[whole, keys] - table[np.ix_(parts, keys)].sum(axis=0)
            groups: Iterable[Ints] = [parts] if (rest >= -TOLERANCE).all() else parts[:, None]
            for group in groups if (abs(rest) > TOLERANCE).any() else ():
                yield from _relations("breakdown", numbers, whole, group, keys, is_exact=False)


def _sums(
    numbers: Numbers, wholes: tuple[int, ...], parts: Ints, keys: Ints, quantities: list[int], weights: Floats
) -> Iterator[Relation]:
    """Each subset of parts is summed once, weighted over the keys, and looked up among the other quantities."""
    values = numbers.table[np.ix_(parts, keys)]
    live = np.flatnonzero((values != 0).any(axis=1))
    if len(live) < 2:
        return
    if len(live) <= MOST_VALUES:
        chosen = (np.arange(1 << len(live))[:, None] >> np.arange(len(live))) & 1 == 1
        chosen = chosen[chosen.sum(axis=1) > 1]
    else:
        chosen = np.vstack([np.ones(len(live), dtype=bool), ~np.eye(len(live), dtype=bool)])
    sums = chosen @ (values[live] @ weights)
    order = np.argsort(sums)
    for quantity in quantities:
        told = numbers.table[quantity, keys]
        sought = told @ weights
        margin = TOLERANCE * max(1.0, abs(sought) * TOLERANCE)
        low, high = np.searchsorted(sums[order], [sought - margin, sought + margin])
        different = len(np.unique(told[told > 0]))
        for place in order[low:high]:
            subset = live[chosen[place]]
            is_all = len(subset) == len(live) and quantity in wholes
            if (
                quantity not in parts[subset]
                and (is_all or different >= FEWEST_DIFFERENT)
                and np.allclose(values[subset].sum(axis=0), told, rtol=0, atol=TOLERANCE)
            ):
                yield from _relations("breakdown", numbers, quantity, parts[subset], keys)


def _over_time(numbers: Numbers) -> Iterator[Relation]:
    """Months and quarters that make a longer period, and periods of the same days."""
    by_kind: dict[tuple[str, str], list[tuple[Key, int]]] = {}
    by_days: dict[tuple[str, object, object], list[int]] = {}
    for place, key in enumerate(numbers.keys):
        by_kind.setdefault((key.area_code, key.period_type), []).append((key, place))
        by_days.setdefault((key.area_code, key.start, key.end), []).append(place)
    for place, key in enumerate(numbers.keys):
        for period_type, months in (("month", 1), ("quarter", 3)):
            inside = [
                other
                for part, other in by_kind.get((key.area_code, period_type), ())
                if part.start >= key.start and part.end <= key.end
            ]
            if key.period_type not in ("month", period_type) and inside and len(inside) * months == key.months:
                yield from _where_equal(numbers, place, inside)
    for places in by_days.values():
        for one, other in combinations(places, 2):
            yield from _where_equal(numbers, one, [other])


def _where_equal(numbers: Numbers, whole: int, parts: list[int]) -> Iterator[Relation]:
    with np.errstate(invalid="ignore"):
        equal = np.isclose(numbers.table[:, whole], numbers.table[:, parts].sum(axis=1), rtol=0, atol=TOLERANCE)
    for quantity in np.flatnonzero(equal):
        yield _relation("time", numbers.cell[quantity, whole], numbers.cell[quantity, parts])


def _over_areas(numbers: Numbers, parents: dict[str, str]) -> Iterator[Relation]:
    """Areas that make up, or lie within, the area above them."""
    place_of = {(key.area_code, key.period_type, key.start): place for place, key in enumerate(numbers.keys)}
    children: dict[int, list[int]] = {}
    for place, key in enumerate(numbers.keys):
        parent = place_of.get((parents.get(key.area_code, ""), key.period_type, key.start))
        if parent is not None:
            children.setdefault(parent, []).append(place)
    for whole, parts in children.items():
        for quantity in np.flatnonzero(~np.isnan(numbers.table[:, whole])):
            told = [part for part in parts if numbers.cell[quantity, part] >= 0]
            rest = numbers.table[quantity, whole] - numbers.table[quantity, told].sum()
            if told and rest >= -TOLERANCE:
                cells = numbers.cell[quantity, told]
                yield _relation("area", numbers.cell[quantity, whole], cells, is_exact=rest <= TOLERANCE)


def _within_shares(numbers: Numbers) -> Iterator[Relation]:
    for row in numbers.rows:
        if row.is_share and "n" in row.cells and "d" in row.cells and row.cells["n"] != row.cells["d"]:
            threshold = 0 if row.is_survey or math.isnan(row.threshold) else row.threshold
            yield Relation("share", row.cells["d"], (row.cells["n"],), is_exact=False, threshold=threshold)


def _relations(
    kind: str, numbers: Numbers, whole: int, parts: Ints, keys: Ints, *, is_exact: bool = True
) -> Iterator[Relation]:
    for key in keys:
        yield _relation(kind, numbers.cell[whole, key], numbers.cell[parts, key], is_exact=is_exact)


def _relation(kind: str, whole: int, parts: Ints, *, is_exact: bool = True) -> Relation:
    return Relation(kind, int(whole), tuple(sorted(int(part) for part in parts)), is_exact)
