"""A stranger with the exported files, a spreadsheet of sums and a solver: what can he work out about a blank cell?

Nothing here uses the code of `pipelines.disclosure`. The stranger reads every table of an export, sees from the numbers
that are shown which of them may be the same and which may add up, supposes that the blank ones do too, and solves for
the least and the most that a blank can be. An oracle tells him which of his guesses are wrong (`believing`), so he
knows more than a reader ever will.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

Cell = tuple[int, int]
Numbers = npt.NDArray[np.float64]
MOST_SUBSETS = 6

NUMBERS = """
WITH told AS (
    SELECT *, suppression IS NOT NULL AS is_blank,
        concat_ws('|', measure_id, regexp_replace(method_id, '_per_(month|quarter|12_months|financial_year)$', ''),
            coalesce(denominator_id, '-')) AS quotient
    FROM read_parquet($file)
    WHERE (area_code, period_type) IN (
        SELECT (area_code, period_type) FROM read_parquet($file) WHERE suppression IS NOT NULL
    )
),
parts AS (
    SELECT *, unnest(['n', 'd']) AS part, unnest([numerator, denominator]) AS number FROM told
)
SELECT quotient, part, breakdown_type, breakdown_value, area_code, period_type, period_start, period_end, number, is_blank
FROM parts
-- a blank row has a numerator where others of the kind have one
WHERE number IS NOT NULL OR (is_blank AND (quotient, part) IN (SELECT (quotient, part) FROM parts WHERE number IS NOT NULL))
"""

COUNT_OF = """
split_part({series}, '|', 1) || '|' || split_part({series}, '|', 4) || '|-', 'n',
nullif(split_part({series}, '|', 6), '-'), nullif(split_part({series}, '|', 7), '-'), split_part({series}, '|', 2)
"""

ELSEWHERE = {
    "value_history": f"""
        SELECT {COUNT_OF.format(series="series_id")}, period_type, period_start, period_end, numerator FROM told
        WHERE denominator IS NULL AND numerator IS NOT NULL
    """,
    "restatement": f"""
        SELECT {COUNT_OF.format(series="series_id")}, period_type, period_start, period_end, new_numerator FROM told
        WHERE new_denominator IS NULL AND new_numerator IS NOT NULL
    """,
    "plan_indicator_value": f"""
        SELECT {COUNT_OF.format(series="series_id")}, period_type, period_start, period_end, numerator FROM told
        WHERE denominator IS NULL AND numerator IS NOT NULL
    """,
    # the year so far is the sum of its months
    "comparison": f"""
        SELECT {COUNT_OF.format(series="series_id")},
            CASE WHEN comparison_type LIKE '%to_date' THEN 'so far' ELSE period_type END, period_start, period_end, value
        FROM told WHERE interval_method LIKE 'ratio_of_counts%' AND value IS NOT NULL
        UNION ALL
        SELECT {COUNT_OF.format(series="series_id")},
            CASE WHEN comparison_type LIKE '%to_date' THEN 'so far' ELSE period_type END, reference_period_start,
            reference_period_end, reference_value
        FROM told WHERE interval_method LIKE 'ratio_of_counts%' AND reference_value IS NOT NULL
    """,
    # a mean of so many months is their sum
    "spc_point": f"""
        SELECT {COUNT_OF.format(series="series_id")}, 'month', month, last_day(month), value FROM told
        WHERE value IS NOT NULL AND denominator_basis IS NULL
        UNION ALL
        SELECT {COUNT_OF.format(series="any_value(series_id)")}, 'so far', min(month), last_day(max(month)),
            round(any_value(mean) * count(*), 6)
        FROM told WHERE mean IS NOT NULL AND denominator_basis IS NULL GROUP BY series_id, segment
    """,
    "search_ratio": """
        SELECT 'stop_search_count|stop_search_count|-', 'n', ethnicity_basis, ethnic_group, area_code, period_type,
            period_start, period_end, group_searches
        FROM told WHERE method_id = 'rate_ratio_known_only' AND group_searches IS NOT NULL
    """,
    # what a document printed of it
    "reconciliation": """
        SELECT measure_id || '|' || coalesce(method_id, '') || '|-', 'n', breakdown_type, breakdown_value, area_code,
            CASE WHEN month(period_start) = 4 THEN 'fin_year' ELSE 'cal_year' END, period_start, period_end, published_value
        FROM told WHERE unit = 'count' AND published_value IS NOT NULL
    """,
}
"""What other tables tell of counts: of which one, and how many."""


@dataclass
class Attack:
    """What the stranger holds: numbers by name and key (NaN: blank), and sums he believes in."""

    names: list[tuple[str, str, str | None, str | None]]
    keys: list[tuple[str, str, object, object]]
    number: Numbers
    there: npt.NDArray[np.bool_]
    equations: list[tuple[Cell, list[Cell], bool]] = field(default_factory=list)
    """Whole, parts, and whether the parts are all of it."""
    nobody: set[Cell] = field(default_factory=set)
    """Blanks that he must not take for one or more: nobody is left of a number that was hidden before."""

    @cached_property
    def place(self) -> dict[tuple[str, str, str | None, str | None], int]:
        """Of each name."""
        return {name: place for place, name in enumerate(self.names)}

    @classmethod
    def on(cls, folder: Path) -> Attack:
        """Everything that stands in `marts/` of an export."""
        file = str(folder / "marts" / "measure_value.parquet")
        with duckdb.connect() as connection:
            told = connection.execute(NUMBERS, {"file": file}).fetchall()
            parents = dict(
                connection.execute(
                    "SELECT area_code, parent_area_code FROM read_parquet(?)",
                    [str(folder / "marts" / "dim_area.parquet")],
                ).fetchall()
            )
            for table, query in ELSEWHERE.items():
                other = folder / "marts" / f"{table}.parquet"
                if not other.exists():
                    continue
                connection.execute(f"CREATE OR REPLACE VIEW told AS FROM read_parquet('{other}')")
                known = {tuple(row[:4]) for row in told}
                told += [(*row, False) for row in connection.execute(query).fetchall() if tuple(row[:4]) in known]
        names = list(dict.fromkeys((row[0], row[1], row[2], row[3]) for row in told))
        keys = list(dict.fromkeys(row[4:8] for row in told))
        name_at, key_at = ({one: place for place, one in enumerate(many)} for many in (names, keys))
        number = np.full((len(names), len(keys)), np.nan)
        there = np.zeros(number.shape, dtype=bool)
        for row in told:
            place = name_at[row[0], row[1], row[2], row[3]], key_at[row[4:8]]
            there[place] = True
            if not row[9] and np.isnan(number[place]):
                number[place] = row[8]
        attack = cls(names, keys, number, there)
        attack.equations = [
            *attack.siblings(),
            *attack.sums(),
            *attack.periods(),
            *attack.areas(parents),
            *attack.shares(),
        ]
        return attack

    def siblings(self) -> Iterator[tuple[Cell, list[Cell], bool]]:
        """Two names that mostly say the same where both say anything, of at least two different numbers."""
        blank = self.there & np.isnan(self.number)
        for one in np.flatnonzero(blank.any(axis=1)):
            mine = np.flatnonzero(self.there[one])
            theirs, own = self.number[:, mine], self.number[one, mine]
            agree = (theirs == own) & (own > 0)
            some = ((theirs > 0) | (own > 0)) & ~np.isnan(theirs) & ~np.isnan(own)
            for other in np.flatnonzero(agree.sum(axis=1) * 2 > some.sum(axis=1)):
                same = self.names[one][1:] == self.names[other][1:]  # two measures that count by the same
                if other != one and (same or len(np.unique(own[agree[other]])) > 1):
                    for key in map(int, mine[self.there[other, mine]]):
                        yield (int(one), key), [(int(other), key)], True

    def sums(self) -> Iterator[tuple[Cell, list[Cell], bool]]:
        """Values of a breakdown, as many as there are, that make another number: by their names, or by their numbers."""
        groups: dict[tuple[str, str, str], list[int]] = {}
        for place, (quotient, part, kind, _) in enumerate(self.names):
            if kind is not None:
                groups.setdefault((quotient, part, kind), []).append(place)
        for (quotient, part, kind), members in groups.items():
            if not (self.there[members] & np.isnan(self.number[members])).any():
                continue
            if (total := self.place.get((quotient, part, None, None))) is not None:
                yield from self._within(total, members)
            for whole, (of, same, other, value) in enumerate(self.names):
                if (of, same) == (quotient, part) and value and other != kind:
                    named = {one: self.names[one][3] or "" for one in members}
                    named = {one: name for one, name in named.items() if name.startswith(value) or name.endswith(value)}
                    if any(len(name) > len(value) for name in named.values()):
                        yield from self._within(whole, list(named))
            for chosen in self._guesses(members):
                summed = np.where(self.there[chosen], self.number[chosen], 0).sum(axis=0)
                seen = np.flatnonzero(self.there[chosen].any(axis=0) & ~np.isnan(summed))
                shown = self.number[:, seen]
                agree = (abs(shown - summed[seen]) < 1e-6) & (shown > 0)
                for whole in map(int, np.flatnonzero(agree.sum(axis=1) * 2 > (shown > 0).sum(axis=1))):
                    if whole not in chosen and len(np.unique(shown[whole, agree[whole]])) > 2:
                        yield from self._within(whole, chosen)

    def _guesses(self, members: list[int]) -> Iterator[list[int]]:
        """Values that might be a sum together: any of few; of many all, all but one, and those whose names begin alike."""
        if len(members) <= MOST_SUBSETS:
            for size in range(2, len(members) + 1):
                yield from map(list, combinations(members, size))
            return
        yield members
        yield from ([one for one in members if one != left] for left in members)
        names = [self.names[one][3] or "" for one in members]
        beginnings = {name[:length] for name in names for length in range(1, len(name))}
        alike = {tuple(i for i, name in zip(members, names, strict=True) if name.startswith(one)) for one in beginnings}
        yield from map(list, sorted(alike))

    def _within(self, whole: int, parts: list[int]) -> Iterator[tuple[Cell, list[Cell], bool]]:
        for key in map(int, np.flatnonzero(self.there[whole])):
            told = [(part, key) for part in parts if self.there[part, key]]
            if told:
                yield (whole, key), told, True
                yield (whole, key), told, False

    def periods(self) -> Iterator[tuple[Cell, list[Cell], bool]]:
        """Months and quarters of a longer period, and two periods of the same days."""
        of: dict[tuple[str, str], list[int]] = {}
        for place, (area, kind, _, _) in enumerate(self.keys):
            of.setdefault((area, kind), []).append(place)
        for whole, (area, kind, start, end) in enumerate(self.keys):
            for short in ("month", "quarter"):
                parts = [
                    place
                    for place in of.get((area, short), [])
                    if self.keys[place][2] >= start and self.keys[place][3] <= end
                ]
                if kind not in ("month", short) and parts:
                    yield from self._in_time(whole, parts)
            for (where, other), places in of.items():
                if where == area and other < kind:
                    for place in places:
                        if self.keys[place][2:] == (start, end):
                            yield from self._in_time(whole, [place])

    def _in_time(self, whole: int, parts: list[int]) -> Iterator[tuple[Cell, list[Cell], bool]]:
        there = self.there[:, parts]
        total = np.where(there, self.number[:, parts], 0).sum(axis=1)
        is_additive = ~(abs(self.number[:, whole] - total) > 1e-6)
        for name in map(int, np.flatnonzero(self.there[:, whole] & there.any(axis=1) & is_additive)):
            yield (name, whole), [(name, part) for part in parts if self.there[name, part]], True

    def areas(self, parents: dict[str, str]) -> Iterator[tuple[Cell, list[Cell], bool]]:
        """The areas within another."""
        parts_of: dict[tuple[object, ...], list[int]] = {}
        for place, (area, *period) in enumerate(self.keys):
            parts_of.setdefault((parents.get(area), *period), []).append(place)
        for whole, key in enumerate(self.keys):
            parts = parts_of.get(tuple(key), [])
            for name in map(int, np.flatnonzero(self.there[:, whole] & self.there[:, parts].any(axis=1))):
                told = [(name, part) for part in parts if self.there[name, part]]
                yield (name, whole), told, True
                yield (name, whole), told, False

    def shares(self) -> Iterator[tuple[Cell, list[Cell], bool]]:
        """A numerator that was never above its denominator is within it."""
        for below, (quotient, part, kind, value) in enumerate(self.names):
            above = self.place.get((quotient, "n", kind, value), -1)
            if part == "d" and above >= 0 and not (self.number[above] > self.number[below]).any():
                for key in np.flatnonzero(self.there[above] & self.there[below]):
                    yield (below, int(key)), [(above, int(key))], False

    def believing(self, truth: Callable[[Cell], float]) -> Attack:
        """The same stranger, but for what he believes in and is not true: a sum by chance, a misprint in a document."""

        def is_true(whole: Cell, parts: list[Cell], is_all: bool) -> bool:
            rest = truth(whole) - sum(map(truth, parts))
            return abs(rest) < 1e-6 or (not is_all and rest > 0)

        right = self.number.copy()
        for cell in zip(*np.nonzero(self.there), strict=True):
            right[cell] = truth(cell)
        number = np.where(abs(self.number - right) > 1e-6, np.nan, self.number)
        nobody = {(int(name), int(key)) for name, key in np.argwhere(self.there & (right == 0))}
        return replace(self, number=number, nobody=nobody, equations=[one for one in self.equations if is_true(*one)])

    def ranges(self, wanted: set[Cell]) -> dict[Cell, tuple[float, float]]:
        """The least and the most that each of these blanks can be."""
        blanks = [(int(name), int(key)) for name, key in np.argwhere(self.there & np.isnan(self.number))]
        column = {cell: place for place, cell in enumerate(blanks)}
        same = [
            (column[one], column[parts[0]])
            for one, parts, is_all in self.equations
            if is_all and len(parts) == 1 and one in column and parts[0] in column
        ]
        pairs = np.array(same).reshape(-1, 2)
        links = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(blanks),) * 2)
        width, unknown = connected_components(links, directed=False)
        floor = np.zeros(width)
        # zeros are shown, so a blank count is at least 1; a blank share may be one of nobody
        np.maximum.at(floor, unknown, [float(self._counts(cell) and cell not in self.nobody) for cell in blanks])
        lines: set[tuple[tuple[tuple[int, float], ...], float]] = set()
        for whole, parts, is_all in self.equations:
            terms: dict[int, float] = {}
            known = 0.0
            for cell, sign in ((whole, 1.0), *((part, -1.0) for part in parts)):
                if cell in column:
                    terms[int(unknown[column[cell]])] = terms.get(int(unknown[column[cell]]), 0.0) + sign
                else:
                    known += sign * self.number[cell]
            if terms := {place: sign for place, sign in terms.items() if sign}:
                if not is_all:
                    terms[-1] = -1.0
                lines.add((tuple(sorted(terms.items())), -known))
        entries = []
        for line, (terms_of_line, _) in enumerate(ordered := sorted(lines)):
            for place, sign in terms_of_line:
                entries.append((line, place if place >= 0 else width, sign))
                width += place < 0
        row, place, sign = zip(*entries, strict=True)
        matrix = csr_matrix((sign, (row, place)), shape=(len(ordered), width))
        right = np.array([known for _, known in ordered])
        floor = np.concatenate([floor, np.zeros(width - len(floor))])
        _, block = connected_components(abs(matrix).T @ abs(matrix), directed=False)
        solved: dict[int, tuple[float, float]] = {}
        for one in sorted({int(unknown[column[cell]]) for cell in wanted}):
            mine = np.flatnonzero(block == block[one])
            used = np.flatnonzero(np.diff(matrix[:, mine].indptr))
            low, high = (
                _least(sign * (mine == one), matrix[used][:, mine], right[used], floor[mine]) for sign in (1.0, -1.0)
            )
            solved[one] = low, -high
        return {cell: solved[int(unknown[column[cell]])] for cell in wanted}

    def _counts(self, cell: Cell) -> bool:
        quotient, part, kind, value = self.names[cell[0]]
        return quotient not in self.broken and (part == "d" or (quotient, "d", kind, value) not in self.place)

    @cached_property
    def broken(self) -> set[str]:
        """Quotients whose numbers are not whole."""
        return {name[0] for name, told in zip(self.names, self.number, strict=True) if (np.nan_to_num(told) % 1).any()}


def _least(goal: Numbers, matrix: csr_matrix, right: Numbers, floor: Numbers) -> float:
    bounds = np.column_stack([floor, np.full(len(floor), np.inf)])
    solved = linprog(goal, A_eq=matrix, b_eq=right, bounds=bounds, method="highs")
    assert solved.status in (0, 3), f"the stranger believes in sums that contradict each other: {solved.message}"
    return float(solved.fun) if solved.status == 0 else -np.inf
