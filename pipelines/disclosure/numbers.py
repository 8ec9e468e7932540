"""The numbers that a release would let out: which row shows which, and which are the same number told twice.

A number is the numerator or denominator of a row of `value_history` (or its value, where that is a count and there is
neither). Rows of several measures can show the same number: the searches of a month are a count, the numerator of a
rate and the denominator of a share. Those are found by looking at the values, as a stranger would.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ALIKE = 0.8
"""Two series that agree in so many of the numbers above zero that both tell are the same number where they do."""

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
    known_from,
    known_until,
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
    revised stands in `versions`: since when it was known, and its value, oldest first; every cell has at least one. From
    when it was told no longer, the value is NaN there and 0 in the table.
    """

    keys: list[Key]
    table: Floats
    cell: Ints
    versions: list[list[tuple[datetime, float]]]
    rows: list[Row]
    breakdowns: list[Breakdown]
    siblings: list[tuple[int, int]]
    """Quantities that are the same number where they agree, but do not agree everywhere."""


@dataclass(frozen=True)
class Breakdown:
    """The quantities that are the values of one breakdown, and those that they are parts of.

    Wholes are what the same measures tell without a breakdown, or by a coarser one that this is declared to be within;
    then the parts are the values within that one.
    """

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
    told_then: dict[tuple[int, int], dict[datetime, float]] = {}
    for record in told:
        series, key = series_of[_series(record)], key_of[_key(record)]
        is_protected[series] |= record["is_protected"]
        versions_of = told_then.setdefault((series, key), {})
        versions_of[record["known_from"]] = record["number"]
        if record["known_until"] is not None:
            versions_of.setdefault(record["known_until"], math.nan)
    for place, versions_of in told_then.items():
        # what is told no longer adds nothing
        values[place] = np.nan_to_num(max(versions_of.items())[1])
    revised = _revised(told_then, values.shape)
    quantity, table, siblings = find_siblings(values, revised, list(series_of), is_protected)
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
    for (series, key), versions_of in told_then.items():
        if quantity[series] >= 0:
            told_of_cell = versions[cell[quantity[series], key]]
            for moment, value in versions_of.items():
                told_of_cell.setdefault(moment, value)
    return Numbers(
        keys=[Key(*name) for name in key_of],
        table=table,
        cell=cell,
        versions=[_changes(told_of_cell) for told_of_cell in versions],
        rows=list(rows.values()),
        breakdowns=_breakdowns(series_of, quantity, is_protected, _nestings(connection)),
        siblings=siblings,
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


def _revised(told_then: dict[tuple[int, int], dict[datetime, float]], shape: tuple[int, ...]) -> Ints:
    """A number for every way in which a cell was revised, series by key; 0 where it never was."""
    codes: dict[tuple[object, ...], int] = {}
    revised = np.zeros(shape, dtype=np.int64)
    for place, told in told_then.items():
        if len(told) > 1 and len(changes := _changes(told)) > 1:
            revised[place] = codes.setdefault((changes[0][1], *changes[1:]), len(codes) + 1)
    return revised


def find_siblings(
    values: Floats, revised: Ints, series: list[tuple[str, str | None, str | None]], is_protected: Flags
) -> tuple[Ints, Floats, list[tuple[int, int]]]:
    """Which series tell the same quantity: their values agree wherever both have one, and not by chance.

    `values` is series by key, NaN where a series has none; `revised` tells how each came about. Returns the quantity of
    each series (-1 for one that need not be protected and repeats nothing that must), the values, quantity by key, and
    pairs of quantities that are the same number wherever they agree: ALIKE of what both tell, or all of it but not what
    was told before.
    Two different numbers in common, or one of the same breakdown, are no chance; of a series that need not be
    protected, or that does not agree everywhere, three are asked. To take two series for one that are not does no harm:
    a reader is thought to know more.
    """
    quantity = np.full(len(series), -1, dtype=np.int64)
    table, versions = np.empty_like(values), np.zeros_like(revised)
    first: list[int] = []
    pairs: list[tuple[int, int]] = []
    has_value = ~np.isnan(values)
    order = sorted(range(len(series)), key=lambda place: (not is_protected[place], -has_value[place].sum()))
    for place in order:
        keys = np.flatnonzero(has_value[place])
        known, mine = table[: len(first), keys], values[place, keys]
        both, same = ~np.isnan(known), known == mine
        agree, some = same & (mine > 0), both & ((known > 0) | (mine > 0))
        is_same = ((same & (versions[: len(first), keys] == revised[place, keys])) | ~both).all(axis=1)
        near: list[int] = []
        count = agree.sum(axis=1)
        for other in map(int, np.flatnonzero((count > 0) & (count >= ALIKE * some.sum(axis=1)))):
            is_exact = count[other] == some[other].sum()
            is_cut = series[place][1:] == series[first[other]][1:]
            enough = 3 if not is_protected[place] or not is_exact else 1 if is_cut else 2
            if len(np.unique(mine[agree[other]])) < enough:
                continue
            if is_same[other]:
                quantity[place] = other
                break
            near.append(other)
        else:
            if not is_protected[place] and not near:
                continue
            quantity[place] = len(first)
            pairs += [(len(first), other) for other in near]
            table[len(first)] = np.nan
            first.append(place)
        row = quantity[place]
        new = keys[np.isnan(table[row, keys])]
        table[row, new], versions[row, new] = values[place, new], revised[place, new]
    return quantity, table[: len(first)].copy(), pairs


def _nestings(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Breakdowns and the coarser ones that they are within, as the seed declares."""
    return connection.execute(
        "SELECT breakdown_type, unnest(string_split(within, '|')) FROM policy.disclosure_breakdown "
        "WHERE within IS NOT NULL ORDER BY ALL"
    ).fetchall()


def _breakdowns(
    series_of: dict[tuple[str, str | None, str | None], int],
    quantity: Ints,
    is_protected: Flags,
    nestings: list[tuple[str, str]],
) -> list[Breakdown]:
    values: dict[tuple[str, str], dict[str, int]] = {}
    for (family, breakdown_type, value), place in series_of.items():
        if breakdown_type is not None and quantity[place] >= 0:
            values.setdefault((family, breakdown_type), {})[value or ""] = place
    found: dict[tuple[int, ...], set[int]] = {}

    def add(places: Iterable[int], whole: int | None) -> None:
        parts = tuple(sorted({int(quantity[place]) for place in places if is_protected[place]}))
        wholes = found.setdefault(parts, set())
        if whole is not None and quantity[whole] >= 0:
            wholes.add(int(quantity[whole]))

    for (family, breakdown_type), of_breakdown in values.items():
        add(of_breakdown.values(), series_of.get((family, None, None)))
        for coarser in (coarser for finer, coarser in nestings if finer == breakdown_type):
            for group, whole in values.get((family, coarser), {}).items():
                name = group.lower()
                within = [
                    place
                    for value, place in of_breakdown.items()
                    if value.lower().startswith(name) or value.lower().endswith(name)
                ]
                add(within, whole)
    return [Breakdown(parts, tuple(sorted(wholes))) for parts, wholes in found.items() if wholes or len(parts) > 1]
