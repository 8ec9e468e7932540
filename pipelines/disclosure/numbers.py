"""The numbers that a release would let out: which row shows which, and which are the same number told twice.

A number is the numerator or denominator of a row of `value_history` (or its value, where that is a count and there is
neither). Rows of several measures can show the same number: the searches of a month are a count, the numerator of a
rate and the denominator of a share. Those are found by looking at the values, as a stranger would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ROWS = """
CREATE OR REPLACE TABLE policy.row AS
WITH kinds AS (
    SELECT
        known.*,
        tiers.made_of,
        tiers.counts,
        measures.unit,
        breakdowns.kind AS breakdown_kind,
        coalesce(areas.area_type NOT IN ('force', 'country'), true) OR coalesce(breakdowns.kind = 'place', false)
            AS is_below_force,
        CASE
            WHEN tiers.tier IS NULL OR (known.breakdown_type IS NOT NULL AND breakdowns.kind IS NULL) THEN NULL
            WHEN tiers.tier IN ('A', 'B') AND breakdowns.kind = 'people' THEN 'C'
            WHEN tiers.tier = 'A' AND breakdowns.kind = 'sensitive' THEN 'B'
            ELSE tiers.tier
        END AS tier
    FROM known.value_history AS known
    LEFT JOIN policy.disclosure_tier AS tiers ON known.measure_id = tiers.measure_id
    LEFT JOIN policy.disclosure_breakdown AS breakdowns ON known.breakdown_type = breakdowns.breakdown_type
    LEFT JOIN marts.dim_area AS areas ON known.area_code = areas.area_code
    LEFT JOIN marts.dim_measure AS measures ON known.measure_id = measures.measure_id
)
SELECT
    kinds.*,
    CASE WHEN rules.applies = 'everywhere' OR kinds.is_below_force THEN CAST(rules.threshold AS DOUBLE) END AS threshold,
    rules.protects,
    rules.words,
    CAST(rules.caution_below AS DOUBLE) AS caution_below,
    CASE
        WHEN kinds.tier IS NULL THEN 'no tier is declared for it'
        WHEN kinds.tier = 'X' THEN 'stays inside: it comes without the number of people behind it'
        WHEN
            (kinds.breakdown_type IS NOT NULL OR kinds.is_below_force)
            AND NOT list_contains(string_split(rules.cut_periods, '|'), kinds.period_type)
            THEN 'leaves by quarter and year only'
    END AS withheld
FROM kinds
LEFT JOIN policy.disclosure_rule AS rules ON kinds.tier = rules.tier
"""
"""Every value ever released, with its tier, the threshold that applies to it, and why it may not leave at all."""

NUMBERS = """
WITH numbered AS (
    SELECT
        known.*,
        concat_ws('|', area_code, period_type, period_start) AS key_id,
        known_until IS NULL OR known_until = max(known_until) OVER same AS is_last
    FROM policy.row AS known
    WHERE withheld IS NULL AND made_of IS NULL
    WINDOW same AS (PARTITION BY series_id, period_start)
),
parts AS (
    SELECT
        *,
        unnest(['n', 'd', 'v']) AS part,
        unnest([
            CASE WHEN counts IS DISTINCT FROM 'denominator' THEN numerator END,
            -- residents are public
            CASE WHEN denominator_id IS NULL THEN denominator END,
            CASE WHEN numerator IS NULL AND denominator IS NULL AND unit IN ('count', 'headcount', 'FTE') THEN value END
        ]) AS number
    FROM numbered
)
SELECT
    concat_ws('|', measure_id, {stem}, coalesce(denominator_id, '-'), part) AS family,
    breakdown_type,
    breakdown_value,
    part,
    number,
    is_last,
    known_from,
    threshold IS NOT NULL AS is_protected,
    series_id,
    period_start,
    area_code,
    period_type,
    period_end,
    threshold,
    coalesce(protects = 'answers', false) AS is_survey,
    coalesce(unit = 'percent', false) AS is_percent
FROM parts
WHERE
    number IS NOT NULL
    -- what is free to leave matters where it is a sum of what is not, or may repeat it
    AND (
        threshold IS NOT NULL
        OR measure_id IN (SELECT measure_id FROM parts WHERE threshold IS NOT NULL)
        OR key_id IN (SELECT key_id FROM parts WHERE threshold IS NOT NULL)
    )
ORDER BY is_last DESC, series_id, period_start, part, known_from
""".replace("{stem}", "regexp_replace(method_id, '_per_(month|quarter|12_months|financial_year|calendar_year)$', '')")


@dataclass(frozen=True)
class Key:
    """An area and a period."""

    area_code: str
    period_type: str
    start: date
    end: date

    @property
    def months(self) -> int:
        """Months of the period, counted by their names; a snapshot is within one."""
        return (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1


@dataclass(frozen=True)
class Row:
    """A row of the standard shape over all its versions, and the cells of its numbers by part (n, d or v)."""

    series_id: str
    period_start: date
    threshold: float
    """NaN where none applies."""
    is_survey: bool
    is_share: bool
    cells: dict[str, int]


@dataclass(frozen=True)
class Numbers:
    """What could be let out.

    A quantity is a number told over areas and periods. `table[quantity, key]` is its last known value, NaN where nobody
    tells it; `cell[quantity, key]` is the number of that cell, -1 where there is none. What a cell said before it was
    revised stands in `versions`: since when it was known, and its value, oldest first; every cell has at least one.
    """

    keys: list[Key]
    table: Floats
    cell: Ints
    versions: list[list[tuple[datetime, float]]]
    rows: list[Row]
    breakdowns: list[Breakdown]


@dataclass(frozen=True)
class Breakdown:
    """The quantities that are the values of one breakdown, and those that the same measures tell without it."""

    parts: tuple[int, ...]
    wholes: tuple[int, ...]


def read_numbers(connection: duckdb.DuckDBPyConnection) -> Numbers:
    """The numbers of `policy.row`, with siblings found; see `Numbers`."""
    found = connection.execute(NUMBERS).fetchall()
    names = [description[0] for description in connection.description or []]
    told = [dict(zip(names, record, strict=True)) for record in found]
    series_of = {name: place for place, name in enumerate(dict.fromkeys(map(_series, told)))}
    key_of = {name: place for place, name in enumerate(dict.fromkeys(map(_key, told)))}
    values = np.full((len(series_of), len(key_of)), np.nan)
    is_protected = np.zeros(len(series_of), dtype=bool)
    for record in told:
        series, key = series_of[_series(record)], key_of[_key(record)]
        is_protected[series] |= record["is_protected"]
        if record["is_last"]:
            values[series, key] = record["number"]
    quantity, table = find_siblings(values, list(series_of), is_protected)
    there = ~np.isnan(table)
    cell = np.full(table.shape, -1, dtype=np.int64)
    cell[there] = np.arange(np.count_nonzero(there))
    versions: list[dict[datetime, float]] = [{} for _ in range(np.count_nonzero(there))]
    rows: dict[tuple[str, date], Row] = {}
    for record in told:
        place = quantity[series_of[_series(record)]]
        number = cell[place, key_of[_key(record)]] if place >= 0 else -1
        if number < 0:
            continue
        row = rows.setdefault(
            (record["series_id"], record["period_start"]),
            Row(
                record["series_id"],
                record["period_start"],
                math.nan if record["threshold"] is None else record["threshold"],
                bool(record["is_survey"]),
                bool(record["is_percent"]),
                {},
            ),
        )
        row.cells[record["part"]] = int(number)
        versions[number].setdefault(record["known_from"], record["number"])
    return Numbers(
        keys=[Key(*name) for name in key_of],
        table=table,
        cell=cell,
        versions=[_changes(told_then) for told_then in versions],
        rows=list(rows.values()),
        breakdowns=_breakdowns(series_of, quantity, is_protected),
    )


def _series(record: dict[str, Any]) -> tuple[str, str | None, str | None]:
    return record["family"], record["breakdown_type"], record["breakdown_value"]


def _key(record: dict[str, Any]) -> tuple[str, str, date, date]:
    return record["area_code"], record["period_type"], record["period_start"], record["period_end"]


def _changes(told_then: dict[datetime, float]) -> list[tuple[datetime, float]]:
    changes: list[tuple[datetime, float]] = []
    for moment, value in sorted(told_then.items()):
        if not changes or changes[-1][1] != value:
            changes.append((moment, value))
    return changes


def find_siblings(
    values: Floats, series: list[tuple[str, str | None, str | None]], is_protected: Flags
) -> tuple[Ints, Floats]:
    """Which series tell the same quantity: their values agree wherever both have one, and not by chance.

    `values` is series by key, NaN where a series has none. Returns the quantity of each series (-1 for one that need
    not be protected and repeats nothing that must), and the values, quantity by key.
    Two different numbers in common, or one of the same breakdown, are no chance; of a series that need not be
    protected three are asked. To take two series for one that are not does no harm: a reader is thought to know more.
    """
    quantity = np.full(len(series), -1, dtype=np.int64)
    table = np.empty_like(values)
    first: list[int] = []
    has_value = ~np.isnan(values)
    order = sorted(range(len(series)), key=lambda place: (not is_protected[place], -has_value[place].sum()))
    for place in order:
        keys = np.flatnonzero(has_value[place])
        known, mine = table[: len(first), keys], values[place, keys]
        both = ~np.isnan(known)
        alike = ((known == mine) | ~both).all(axis=1) & both.any(axis=1)
        for other in np.flatnonzero(alike):
            common = mine[both[other]]
            different = len(np.unique(common[common > 0]))
            enough = 3 if not is_protected[place] else 1 if series[place][1:] == series[first[other]][1:] else 2
            if different >= enough:
                quantity[place] = other
                break
        else:
            if not is_protected[place]:
                continue
            quantity[place] = len(first)
            table[len(first)] = np.nan
            first.append(place)
        row = table[quantity[place]]
        row[keys] = np.where(np.isnan(row[keys]), mine, row[keys])
    return quantity, table[: len(first)].copy()


def _breakdowns(
    series_of: dict[tuple[str, str | None, str | None], int], quantity: Ints, is_protected: Flags
) -> list[Breakdown]:
    parts: dict[tuple[str, str], list[int]] = {}
    for (family, breakdown_type, _), place in series_of.items():
        if breakdown_type is not None and is_protected[place]:
            parts.setdefault((family, breakdown_type), []).append(int(quantity[place]))
    found: dict[tuple[int, ...], set[int]] = {}
    for (family, _), quantities in parts.items():
        whole = series_of.get((family, None, None))
        wholes = found.setdefault(tuple(sorted(set(quantities))), set())
        if whole is not None and quantity[whole] >= 0:
            wholes.add(int(quantity[whole]))
    return [Breakdown(parts, tuple(sorted(wholes))) for parts, wholes in found.items() if len(parts) > 1]
