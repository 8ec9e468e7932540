"""Which rows are hidden: those with a number too small to be shown, and as many more as it takes to keep it hidden.

First every small number, then whatever a single sum would give it away by, then whatever the attacker of
`pipelines.disclosure.attacker` needs to narrow it down further than its tier allows, until he cannot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import count

import numpy as np
from scipy.sparse import csr_matrix

from pipelines.disclosure.attacker import Attack, build_system
from pipelines.disclosure.numbers import Flags, Floats, Ints, Numbers
from pipelines.disclosure.relations import TOLERANCE, Relation

LEAST_MOVE = 0.01
"""A number that cannot be moved so far is known to the unit."""


@dataclass(frozen=True)
class Memory:
    """What earlier exports let out: places in `Numbers.rows` they hid, and values of cells they showed."""

    hidden_rows: frozenset[int] = frozenset()
    shown: frozenset[tuple[int, float]] = frozenset()


@dataclass(frozen=True)
class Pattern:
    """What is hidden, and how well."""

    hidden: Flags
    """By row."""
    small: Flags
    """By row: holds a number that is too small to be shown, now or in an earlier vintage."""
    threshold: Floats
    """Of each small number, in each vintage, how closely it may be worked out at most."""
    width: Floats
    """How far apart the least and the most are that it can be for a reader; found out up to the threshold."""
    rounds: int


def choose(
    numbers: Numbers, relations: list[Relation], memory: Memory | None = None, *, secondary: bool = True
) -> Pattern:
    """Hide the small numbers and whatever else would give them away.

    Only what an earlier export let out can keep a number from being protected. Without `secondary` only the small
    numbers are hidden: what the attacker then finds shows that he can.
    """
    chooser = _Chooser(numbers, relations, memory or Memory())
    if secondary:
        chooser.protect()
    else:
        chooser.attack.exposed(chooser.known(), chooser.needed)
    small = chooser.needed > 0
    return Pattern(
        chooser.hidden_rows(),
        chooser.shows @ chooser.small > 0,
        chooser.needed[small],
        chooser.attack.width()[small],
        chooser.rounds,
    )


class _Chooser:
    """A growing set of hidden cells; a row is hidden when it holds one, and a cell is known while a row shows it."""

    def __init__(self, numbers: Numbers, relations: list[Relation], memory: Memory) -> None:
        self.numbers = numbers
        self.system = build_system(numbers, relations)
        self.columns = self.system.equations.tocsc()
        self.attack = Attack(self.system)
        self.rounds = 0
        self.shows = _incidence([sorted(set(row.cells.values())) for row in numbers.rows], len(numbers.versions))
        self.told = np.asarray(self.shows.sum(axis=0)).ravel()
        self.quantity = np.empty(len(numbers.versions), dtype=np.int64)
        for quantity, cells in enumerate(numbers.cell):
            self.quantity[cells[cells >= 0]] = quantity
        self.windows = _windows(numbers, relations)
        threshold, self.small = _small(numbers)
        self.hidden = self.small.copy()
        self.was_hidden = np.zeros(len(numbers.rows), dtype=bool)
        self.was_hidden[list(memory.hidden_rows)] = True
        cell, value = self.system.cell, self.system.value
        self.was_shown = np.array([pair in memory.shown for pair in zip(cell, value, strict=True)], dtype=bool)
        self.needed = np.where(
            cell >= 0,
            np.where(self.small, threshold, 0.0)[cell],
            # what a share leaves over
            np.where(value < self.system.threshold - TOLERANCE, self.system.threshold, 0.0),
        )
        self.needed[(value <= TOLERANCE) | self.was_shown] = 0.0
        # what no earlier export told stays untold, also where a new row would tell it
        untold = np.ones(len(self.hidden), dtype=bool)
        untold[cell[self.known() & (cell >= 0)]] = False
        self.hidden |= untold & (self.shows.T @ self.was_hidden > 0)
        self.stays_hidden = self.hidden.copy()

    def hidden_rows(self) -> Flags:
        """Rows that hold a hidden cell, or were hidden before."""
        return np.asarray(self.shows @ self.hidden > 0) | self.was_hidden

    def known(self) -> Flags:
        """Unknowns of the system that a reader sees: in a row that is shown, or in an earlier export."""
        shown = np.asarray(self.shows.T @ ~self.hidden_rows() > 0)
        return np.asarray(((self.system.cell >= 0) & shown[self.system.cell]) | self.was_shown)

    def protect(self) -> None:
        """Hide more until every small number is protected, or nothing is left that would protect it."""
        for self.rounds in count(1):
            self._close_windows()
            known = self.known()
            exposed = self._narrowed(known) or self.attack.exposed(known, self.needed)
            chosen = {cell for one, lines in exposed.items() if (cell := self._partner(known, one, lines)) is not None}
            if not chosen:
                break
            self.hidden[list(chosen)] = True
        self._show_needless(known)

    def _show_needless(self, known: Flags) -> None:
        """Show what a reader works out to the unit all the same: a blank there hides nothing and protects nothing."""
        is_cell = self.system.cell >= 0
        self.attack.exposed(known, np.where(is_cell & ~known, LEAST_MOVE, 0.0))
        is_open = is_cell & ~known & (self.attack.width() >= LEAST_MOVE - TOLERANCE)
        unclear = np.zeros(len(self.hidden))
        unclear[self.system.cell[is_open]] = 1.0
        # a row shows all its numbers, and a number is shown by all its rows
        is_clear = np.asarray(self.shows.T @ (self.shows @ unclear > 0) == 0)
        self.hidden &= self.stays_hidden | ~is_clear

    def _close_windows(self) -> None:
        """Windows that overlap give their months away by their differences: one with a hidden month is hidden."""
        known = np.zeros(len(self.hidden), dtype=bool)
        known[self.system.cell[self.known() & (self.system.cell >= 0)]] = True
        for window, months in self.windows:
            self.hidden[window] |= known[window] and not known[months].all()

    def _narrowed(self, known: Flags) -> dict[int, Ints]:
        """Small numbers that one equation alone narrows down too far, each with it, where more can be hidden in it."""
        system, unknown = self.system, 1.0 - known
        wholes, parts = system.equations.maximum(0), (-system.equations).maximum(0)
        room = np.where(wholes @ unknown > 0, np.inf, parts @ (unknown * (system.value - system.floor)))
        room = np.where(parts @ unknown > 0, room, 0.0)
        asked = abs(system.equations).multiply(self.needed * unknown).max(axis=1).toarray().ravel()
        found: dict[int, Ints] = {}
        for line in np.flatnonzero((asked > 0) & (room < asked - TOLERANCE)):
            lines = np.array([line])
            if len(self._free(known, lines)):
                members = system.equations.indices[system.equations.indptr[line] : system.equations.indptr[line + 1]]
                found.update({int(member): lines for member in members if self.needed[member] and not known[member]})
        return found

    def _free(self, known: Flags, lines: Ints) -> Ints:
        """Cells of these equations that are shown, that no earlier export told, and that are not zero."""
        members = np.unique(self.system.equations[lines].indices)
        free = known[members] & ~self.was_shown[members] & (abs(self.system.value[members]) > TOLERANCE)
        return np.unique(self.system.cell[members[free]])

    def _partner(self, known: Flags, one: int, lines: Ints) -> int | None:
        """What to hide besides: of the equations that bind the number, else of its own, else of those further out."""
        columns = self.columns
        own = columns[:, [one]].indices
        reach = np.unique(np.concatenate([lines, own]))
        rings = [lines, own]
        while True:
            for ring in rings:
                if len(ring) and len(free := self._free(known, ring)):
                    return self._cheapest(free, float(self.needed[one] - self.attack.width()[one]))
            members = np.unique(self.system.equations[reach].indices)
            wider = np.unique(columns[:, members[~known[members]]].indices)
            if len(wider) == len(reach):
                return None
            rings, reach = [wider], wider

    def _cheapest(self, cells: Ints, lacking: float) -> int:
        """The smallest that leaves room enough, counted as often as it is told; rather of a quantity partly hidden."""
        value = np.array([np.nanmax([abs(value) for _, value in self.numbers.versions[cell]]) for cell in cells])
        cost = value * self.told[cells] * np.where(np.isin(self.quantity[cells], self.quantity[self.hidden]), 0.3, 1.0)
        enough = np.flatnonzero(value - 1 >= lacking)
        return int(cells[enough[np.argmin(cost[enough])]] if len(enough) else cells[np.argmax(value)])


def _incidence(cells: list[list[int]], width: int) -> csr_matrix:
    """Row by cell: 1 where the row tells the cell."""
    lengths = [len(of_row) for of_row in cells]
    places = [place for of_row in cells for place in of_row]
    return csr_matrix(
        (np.ones(len(places)), (np.repeat(np.arange(len(cells)), lengths), places)), shape=(len(cells), width)
    )


def _small(numbers: Numbers) -> tuple[Floats, Flags]:
    """Of each cell the threshold that applies to it (0: none), and whether it is too small to be shown.

    A number above zero and below the threshold of its row is, in whatever vintage. When it is the denominator, the
    numerator goes with it. In a survey the answers count, not those who said yes.
    """
    threshold = np.zeros(len(numbers.versions))
    small = np.zeros(len(numbers.versions), dtype=bool)
    for row in numbers.rows:
        if math.isnan(row.threshold):
            continue
        is_small = {
            part: any(0 < value < row.threshold for _, value in numbers.versions[cell])
            for part, cell in row.cells.items()
            if not (row.is_survey and part == "n" and "d" in row.cells)
        }
        if is_small.get("d") and "n" in row.cells:
            is_small["n"] = any(value > 0 for _, value in numbers.versions[row.cells["n"]])
        for part, too_small in is_small.items():
            cell = row.cells[part]
            small[cell] |= too_small
            if not (row.is_survey and part == "n" and "d" in row.cells):
                threshold[cell] = max(threshold[cell], row.threshold)
    return threshold, small


def _windows(numbers: Numbers, relations: list[Relation]) -> list[tuple[int, list[int]]]:
    """Rolling twelve months and their months or quarters, but for windows that are a year told elsewhere too."""
    period = np.empty(len(numbers.versions), dtype=object)
    for key, cells in zip(numbers.keys, numbers.cell.T, strict=True):
        period[cells[cells >= 0]] = key.period_type
    in_time = [relation for relation in relations if relation.kind == "time"]
    twins = {cell for relation in in_time if len(relation.parts) == 1 for cell in (relation.whole, *relation.parts)}
    return [
        (relation.whole, list(relation.parts))
        for relation in in_time
        if period[relation.whole] == "rolling_12m" and relation.whole not in twins
    ]
