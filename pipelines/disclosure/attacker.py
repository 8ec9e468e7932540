"""What a reader of everything that leaves can work out about a number that is hidden: the least and the most it can be.

The reader knows every number that is shown, in every vintage, how the numbers add up, that none is below zero, and which
blanks are not zero and so at least 1 (zeros are shown). He solves for the least and the most of each hidden number with
linear programming; that numbers are whole he does not use.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, identity
from scipy.sparse.csgraph import connected_components

from pipelines.disclosure.numbers import Flags, Floats, Ints, Numbers
from pipelines.disclosure.relations import TOLERANCE, Relation
from pipelines.store.warehouse import WarehouseError


@dataclass(frozen=True)
class System:
    """Every relation in every vintage, as equations: whole - parts - what is left over = 0.

    `value[unknown]` is the number behind each of the unknowns and `cell[unknown]` its cell; what is left over of a
    relation that is no sum is an unknown without cell (-1), with its own `threshold`.
    """

    equations: csr_matrix
    value: Floats
    cell: Ints
    threshold: Floats

    @property
    def floor(self) -> Floats:
        """The least that a reader knows each unknown to be."""
        return np.where(self.cell >= 0, np.minimum(1.0, self.value), 0.0)


def build_system(numbers: Numbers, relations: Iterable[Relation]) -> System:
    """The equations of all relations; one that was not true in some vintage is left out for that vintage.

    A part that was not told yet is no part then, and a whole that was no more than its parts was their sum.
    """
    first = np.cumsum([0, *map(len, numbers.versions)])
    told = [(place, value) for place, of_cell in enumerate(numbers.versions) for _, value in of_cell]
    # what was told no longer is in no equation
    value = [0.0 if math.isnan(value) else value for _, value in told]
    cell = [-1 if math.isnan(value) else place for place, value in told]
    threshold = [0.0] * len(value)
    rows: list[int] = []
    columns: list[int] = []
    signs: list[int] = []
    count = 0
    for relation in relations:
        members = (relation.whole, *relation.parts)
        for versions in _vintages(numbers, members):
            whole, *parts = (
                int(first[member]) + version for member, version in zip(members, versions, strict=True) if version >= 0
            )
            rest = value[whole] - sum(value[part] for part in parts)
            if not parts or rest < -TOLERANCE or (relation.is_exact and rest > TOLERANCE):
                continue
            if rest > TOLERANCE or relation.kind == "share":
                parts.append(len(value))
                value.append(max(rest, 0.0))
                cell.append(-1)
                threshold.append(relation.threshold)
            rows += [count] * (1 + len(parts))
            columns += [whole, *parts]
            signs += [1] + [-1] * len(parts)
            count += 1
    equations = csr_matrix((signs, (rows, columns)), shape=(count, len(value)), dtype=float)
    return System(equations, np.array(value), np.array(cell, dtype=np.int64), np.array(threshold))


def _vintages(numbers: Numbers, members: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Which version of each member was known at the same time (-1: none), for every time at which that changed.

    The first member, the whole, was known at all of them.
    """
    told = [numbers.versions[member] for member in members]
    begin = told[0][0][0]
    moments = {begin, *(since for versions in told for since, _ in versions if since > begin)}
    found = {tuple(_known(versions, moment) for versions in told) for moment in moments}
    return sorted(versions for versions in found if versions[0] >= 0)


def _known(versions: list[tuple[datetime, float]], moment: datetime) -> int:
    version = sum(since <= moment for since, _ in versions) - 1
    return -1 if version >= 0 and math.isnan(versions[version][1]) else version


class Attack:
    """Widens what is known to be possible for each hidden number until it is wide enough, or cannot be wider.

    What was possible stays possible when more is hidden, so one attack serves while a pattern grows.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.low = system.value.copy()
        self.high = system.value.copy()

    def width(self) -> Floats:
        """How far apart the least and the most are that each unknown was found to be able to be."""
        return self.high - self.low

    def exposed(self, is_known: Flags, needed: Floats) -> dict[int, Ints]:
        """The unknowns that a reader narrows down closer than `needed`, each with the equations that bind it.

        `is_known` says what is shown; what `needed` has 0 for is not sought.
        """
        system = self.system
        unknown = np.flatnonzero(~is_known)
        self.low[is_known] = self.high[is_known] = system.value[is_known]
        equations = system.equations[:, unknown]
        used = np.flatnonzero(np.diff(equations.indptr))
        equations = equations[used]
        known_sum = -(system.equations[used] @ np.where(is_known, system.value, 0.0))
        needed = needed[unknown]
        _, block = connected_components(abs(equations).T @ abs(equations), directed=False)
        problem = _Problem(equations, known_sum, system.floor[unknown], self.low[unknown], self.high[unknown], block)
        bound = problem.widen(needed)
        self.low[unknown], self.high[unknown] = problem.low, problem.high
        # numbers that stand in no equation can be anything
        alone = np.setdiff1d(unknown, unknown[equations.indices])
        self.high[alone] = np.inf
        return {int(unknown[place]): used[lines] for place, lines in bound.items()}


class _Problem:
    """Linear programs over the unknown numbers; blocks of equations that hang together are solved side by side."""

    def __init__(
        self, equations: csr_matrix, known_sum: Floats, floor: Floats, low: Floats, high: Floats, block: Ints
    ) -> None:
        self.equations, self.known_sum, self.floor = equations, known_sum, floor
        self.low, self.high, self.block = low, high, block
        self.block_of_line = block[equations.indices[equations.indptr[:-1]]]

    def widen(self, needed: Floats) -> dict[int, Ints]:
        """Those that cannot be moved as far as they need to be, each with the equations that hold it."""
        # many at once, as long as that widens any
        left = self._open(needed)
        while len(left):
            for direction in (1, -1):
                self._push(self._open(needed), needed, direction)
            before, left = left, self._open(needed)
            if len(left) == len(before):
                break
        # then each for itself, one of every block at a time
        bound: dict[int, Ints] = {}
        while len(left := np.setdiff1d(self._open(needed), list(bound))):
            chosen = left[np.unique(self.block[left], return_index=True)[1]]
            binding = self._push(chosen, needed, 1) | self._push(chosen, needed, -1)
            for place in np.intersect1d(chosen, self._open(needed)):
                bound[int(place)] = np.flatnonzero(binding & (self.block_of_line == self.block[place]))
        return bound

    def _open(self, needed: Floats) -> Ints:
        return np.flatnonzero(self.high - self.low < needed - TOLERANCE)

    def _push(self, places: Ints, needed: Floats, direction: int) -> Flags:
        """Move all `places` as far up (1) or down (-1) as is asked of them, together; returns which equations bind."""
        binding = np.zeros(self.equations.shape[0], dtype=bool)
        if not len(places):
            return binding
        members = np.flatnonzero(np.isin(self.block, self.block[places]))
        lines = np.flatnonzero(np.isin(self.block_of_line, self.block[places]))
        extra, count = len(places), len(members)
        moved = np.searchsorted(members, places)
        moves = csr_matrix((np.full(extra, -float(direction)), (range(extra), moved)), shape=(extra, count))
        equations = self.equations[lines][:, members]
        solved = linprog(
            np.concatenate([np.zeros(count), -np.ones(extra)]),
            A_ub=hstack([moves, identity(extra)], format="csr"),
            b_ub=-direction * (self.low if direction > 0 else self.high)[places],
            A_eq=hstack([equations, csr_matrix((len(lines), extra))], format="csr"),
            b_eq=self.known_sum[lines],
            bounds=np.column_stack(
                [
                    np.concatenate([self.floor[members], np.zeros(extra)]),
                    np.concatenate([np.full(count, np.inf), needed[places]]),
                ]
            ),
            method="highs",
        )
        if solved.status != 0:
            raise WarehouseError(
                f"The numbers of the release do not add up as they did a moment ago ({solved.message}); report this: "
                "nothing was exported."
            )
        found = solved.x[:count]
        self.low[members] = np.minimum(self.low[members], found)
        self.high[members] = np.maximum(self.high[members], found)
        binding[lines] = abs(solved.eqlin.marginals) > TOLERANCE
        return binding
