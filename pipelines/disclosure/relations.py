"""How the numbers hang together: every sum that a reader could find, found by looking, not listed by hand.

A relation says that a whole is the sum of its parts, or no less. Sums are sought over breakdowns (also over some of
their values), over time (months, quarters and years; two periods of the same days) and over areas; that a share's
numerator is within its denominator is one too, and that two measures repeat each other. Each is sought for every area
and period by itself, among the numbers that are told there: that it fails elsewhere, or that a part is not told, takes
nothing from what a reader knows. A relation that holds only by chance does no harm: it makes him know more than he does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipelines.disclosure.numbers import ALIKE, Flags, Floats, Ints, Key, Numbers

TOLERANCE = 1e-6
MOST_VALUES = 24
"""Of a breakdown of more values only the sums of all, and of all but one, are looked for elsewhere."""
FEWEST_DIFFERENT = 3
"""So many different sums must agree before some values of a breakdown are taken to add up to another number."""

Place = tuple[int, int]
"""A quantity at a key."""


@dataclass(frozen=True, order=True)
class Relation:
    """Cells: the whole is the sum of the parts or, where `is_exact` is false, can be more.

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
        *_between_siblings(numbers),
    }
    return sorted(relation for relation in found if relation.whole not in relation.parts)


def _over_breakdowns(numbers: Numbers) -> Iterator[Relation]:
    """What the values told of a breakdown are in sum, or within, key by key; and what some of them are in sum."""
    for breakdown in numbers.breakdowns:
        for whole in breakdown.wholes:
            for key in _places(~np.isnan(numbers.table[whole])):
                parts = [(part, key) for part in breakdown.parts if part != whole]
                yield from _within("breakdown", numbers, (whole, key), parts)
        yield from _over_some(numbers, np.array(breakdown.parts))


def _within(kind: str, numbers: Numbers, whole: Place, parts: Iterable[Place]) -> Iterator[Relation]:
    """The parts that are told make up the whole or lie within it: together or, where they overlap, each alone."""
    told = [part for part in parts if numbers.cell[part] >= 0]
    if told:
        yield _relation(kind, numbers, whole, told, is_exact=False)
    if sum(numbers.table[part] for part in told) > numbers.table[whole] + TOLERANCE:
        for part in told:
            yield _relation(kind, numbers, whole, [part], is_exact=False)


def _over_some(numbers: Numbers, parts: Ints) -> Iterator[Relation]:
    """Sums of some values of a breakdown that are another number: mostly, and not by chance.

    A value that is not told somewhere is no part there. Both halves of the keys are searched besides all of them, so
    that a number that was corrected in one place does not keep the sum from being found.
    """
    values, told = np.nan_to_num(numbers.table[parts]), ~np.isnan(numbers.table)
    is_cut = told[parts].any(axis=0)
    weights = np.random.default_rng(0).integers(1, 1 << 20, told.shape[1]).astype(float)
    by_keys: dict[bytes, list[int]] = {}
    for quantity in range(len(told)):
        by_keys.setdefault((told[quantity] & is_cut).tobytes(), []).append(quantity)
    for code, members in by_keys.items():
        keys = np.flatnonzero(np.frombuffer(code, dtype=bool))
        if len(keys) < FEWEST_DIFFERENT:
            continue
        sought = numbers.table[members]
        searched = [keys, *np.array_split(keys, 2)] if len(keys) * (1 - ALIKE) >= 1 else [keys]
        found: set[tuple[int, tuple[int, ...]]] = set()
        for some in searched:
            found.update(_subsets(values[:, some] @ weights[some], sought[:, some] @ weights[some]))
        for place, chosen in found:
            quantity, subset = members[place], np.array(chosen)
            if quantity in parts[subset]:
                continue
            mine = numbers.table[quantity, keys]
            agree = abs(values[np.ix_(subset, keys)].sum(axis=0) - mine) <= TOLERANCE
            positive = agree & (mine > 0)
            different = len(np.unique(mine[positive]))
            if different >= FEWEST_DIFFERENT and positive.sum() >= ALIKE * np.count_nonzero(mine > 0):
                for key in map(int, keys[positive]):
                    summed = [(int(part), key) for part in parts[subset] if told[part, key]]
                    yield _relation("breakdown", numbers, (quantity, key), summed)


def _subsets(values: Floats, sought: Floats) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Which of the numbers `sought` is a sum of which two or more of `values`, by their places; zeros are left out.

    Every sum of the first half of the values is looked for in the sums of the second half.
    """
    live = np.flatnonzero(values)
    if len(live) < 2:
        return
    if len(live) > MOST_VALUES:
        whole = values[live].sum()
        for place, one in enumerate(sought):
            if abs(one - whole) <= TOLERANCE:
                yield place, tuple(map(int, live))
            for left_out in live[abs(whole - values[live] - one) <= TOLERANCE]:
                yield place, tuple(int(part) for part in live if part != left_out)
        return
    halves = [_all_sums(values[half]) for half in np.array_split(live, 2)]
    order = np.argsort(halves[1])
    ordered = halves[1][order]
    lacking = sought[:, None] - halves[0]
    low = np.searchsorted(ordered, lacking - TOLERANCE)
    high = np.searchsorted(ordered, lacking + TOLERANCE)
    first, second = np.array_split(live, 2)
    for place, one in np.argwhere(high > low):
        for other in order[low[place, one] : high[place, one]]:
            subset = *_members(first, one), *_members(second, other)
            if len(subset) > 1:
                yield int(place), subset


def _all_sums(values: Floats) -> Floats:
    """The sums of all subsets; that of number n holds the values whose bits are set in n."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
    return sums


def _members(places: Ints, number: int) -> tuple[int, ...]:
    return tuple(int(place) for bit, place in enumerate(places) if int(number) >> bit & 1)


def _over_time(numbers: Numbers) -> Iterator[Relation]:
    """Months and quarters that make a longer period, and periods of the same days."""
    by_kind: dict[tuple[str, str], list[tuple[Key, int]]] = {}
    by_days: dict[tuple[str, object, object], list[int]] = {}
    for place, key in enumerate(numbers.keys):
        by_kind.setdefault((key.area_code, key.period_type), []).append((key, place))
        by_days.setdefault((key.area_code, key.start, key.end), []).append(place)
    for place, key in enumerate(numbers.keys):
        for period_type in ("month", "quarter"):
            inside = [
                other
                for part, other in by_kind.get((key.area_code, period_type), ())
                if part.start >= key.start and part.end <= key.end
            ]
            if key.period_type not in ("month", period_type) and inside:
                yield from _where_equal(numbers, place, inside)
    for places in by_days.values():
        for one, other in combinations(places, 2):
            yield from _where_equal(numbers, one, [other])


def _where_equal(numbers: Numbers, whole: int, parts: list[int]) -> Iterator[Relation]:
    """A period that is the sum of those told of its parts."""
    told = numbers.cell[:, parts] >= 0
    rest = numbers.table[:, whole] - np.nansum(numbers.table[:, parts], axis=1)
    for quantity in _places(told.any(axis=1) & (abs(rest) <= TOLERANCE)):
        summed = [(quantity, part) for part, is_told in zip(parts, told[quantity], strict=True) if is_told]
        yield _relation("time", numbers, (quantity, whole), summed)


def _over_areas(numbers: Numbers, parents: dict[str, str]) -> Iterator[Relation]:
    """Areas that make up, or lie within, the area above them."""
    place_of = {(key.area_code, key.period_type, key.start): place for place, key in enumerate(numbers.keys)}
    children: dict[int, list[int]] = {}
    for place, key in enumerate(numbers.keys):
        parent = place_of.get((parents.get(key.area_code, ""), key.period_type, key.start))
        if parent is not None:
            children.setdefault(parent, []).append(place)
    for whole, parts in children.items():
        for quantity in _places(~np.isnan(numbers.table[:, whole])):
            yield from _within("area", numbers, (quantity, whole), [(quantity, part) for part in parts])


def _within_shares(numbers: Numbers) -> Iterator[Relation]:
    for row in numbers.rows:
        if row.is_share and "n" in row.cells and "d" in row.cells and row.cells["n"] != row.cells["d"]:
            threshold = 0 if row.is_survey or math.isnan(row.threshold) else row.threshold
            yield Relation("share", row.cells["d"], (row.cells["n"],), is_exact=False, threshold=threshold)


def _between_siblings(numbers: Numbers) -> Iterator[Relation]:
    for one, other in numbers.siblings:
        for key in _places(numbers.table[one] == numbers.table[other]):
            yield _relation("sibling", numbers, (one, key), [(other, key)])


def _relation(kind: str, numbers: Numbers, whole: Place, parts: Iterable[Place], *, is_exact: bool = True) -> Relation:
    return Relation(kind, int(numbers.cell[whole]), tuple(sorted(int(numbers.cell[part]) for part in parts)), is_exact)


def _places(are: Flags) -> list[int]:
    return [int(place) for place in np.flatnonzero(are)]
