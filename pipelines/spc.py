"""`fpw spc`: process limits and special causes of anybody's series, by the SQL that makes `marts.spc_point`."""

from __future__ import annotations

import csv
import datetime as dt
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from pipelines.macros import Macros
from pipelines.safe_text import for_csv

REQUIRED = ("series_id", "month", "value", "direction")
OPTIONAL = ("target", "rebase")
RESULTS = (
    "mean", "lpl", "upl", "near_lpl", "near_upl", "rule", "point_type", "assurance",
    "segment", "points_in_segment", "moving_range", "ranges_screened", "is_trial_limits", "screening",
)  # fmt: skip
DIRECTIONS = ("increase", "decrease", "neutral")
_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_REBASE = {"": False, "0": False, "false": False, "1": True, "true": True}
_SHOWN_ERRORS = 10


class SpcError(ValueError):
    """The file cannot be used; the text says where and how to mend it."""


@dataclass
class Series:
    """The rows of a file: its header, the cells as they were, and what they mean, column by column."""

    header: list[str]
    has_mark: bool = False
    rows: list[list[str]] = field(default_factory=list)
    series: list[int] = field(default_factory=list)
    month: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    direction: list[str] = field(default_factory=list)
    target: list[float] = field(default_factory=list)
    rebase: list[bool] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What was found, for the person who ran the command."""

    rows: int
    series: int
    segments: int
    trial_segments: int
    special_causes: int
    ranges_screened: int
    gaps: int


def run_spc(source: Path, result: Path, *, screening: bool) -> Outcome:
    """Write the rows of `source` with their limits, rules and states to `result`.

    Raises:
        SpcError: the file lacks a column, or a cell of it cannot be read; nothing is written then.
    """
    if result.exists() and result.samefile(source):
        raise SpcError(f"{result} is the file to be read; name another one to be written.")
    if not result.parent.is_dir():
        raise SpcError(f"The folder {result.parent} does not exist; make it or name another one.")
    read = read_series(source)
    judged = judge(read, screening=screening)
    unfinished = result.with_name(f".{result.name}.{os.getpid()}")
    try:
        with unfinished.open("w", newline="", encoding="utf-8-sig" if read.has_mark else "utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*read.header, *RESULTS])
            for cells, found in zip(read.rows, judged, strict=True):
                writer.writerow([*map(for_csv, cells), *map(_text, found)])
        unfinished.replace(result)
    finally:
        unfinished.unlink(missing_ok=True)
    return _outcome(read, judged)


def read_series(source: Path) -> Series:
    """The rows of a CSV file of series.

    Raises:
        SpcError: naming the file, and the line and column of the first cells that cannot be used.
    """
    if not source.is_file():
        raise SpcError(f"{source} is not a file; name a CSV file with the columns {', '.join(REQUIRED)}.")
    with source.open("rb") as file:
        start = file.read(3)
    if start[:2] == b"PK":
        raise SpcError(f"{source} is a workbook or an archive; save the sheet as CSV UTF-8 and try again.")
    errors: list[str] = []
    lines = _lines(source)
    try:
        _, header = next(lines, (1, []))
        places = _places(source, header)
        read = Series(header, has_mark=start == b"\xef\xbb\xbf")
        seen: dict[tuple[str, int], int] = {}
        codes: dict[str, tuple[int, str, int]] = {}
        for line, cells in lines:
            try:
                _take(read, cells, line, places, seen, codes)
            except SpcError as error:
                errors.append(f"{source}, line {line}, {error}")
    except UnicodeDecodeError:
        raise SpcError(f"{source} is not text in UTF-8; save it as CSV UTF-8 and try again.") from None
    except csv.Error as error:
        raise SpcError(f"{source} is not a CSV file ({error}); save it as CSV UTF-8 and try again.") from None
    if errors:
        more = [f"and {len(errors) - _SHOWN_ERRORS:,} lines more"] if len(errors) > _SHOWN_ERRORS else []
        raise SpcError("\n".join([*errors[:_SHOWN_ERRORS], *more]))
    if not read.rows:
        raise SpcError(f"{source} has no rows below its header; add a row for each series and month.")
    return read


def judge(read: Series, *, screening: bool) -> list[tuple[object, ...]]:
    """The columns RESULTS of every row, in the order of the rows."""
    macros = _macros()
    cells = {
        "row_number": np.arange(len(read.rows), dtype=np.int64),
        "series_id": np.array(read.series, dtype=np.int64),
        "point_number": np.array(read.month, dtype=np.int64),
        "value_or_nan": np.array(read.value, dtype=np.float64),
        "direction": np.array(read.direction, dtype=object),
        "target_or_nan": np.array(read.target, dtype=np.float64),
        "is_rebase": np.array(read.rebase, dtype=np.bool_),
    }
    assurance = macros.spc_assurance("ends.direction", "ends.target", "ends.lpl", "ends.upl")
    with duckdb.connect() as connection:
        connection.register("cells", cells)
        return connection.execute(f"""
            with

            numbered as (

                select
                    row_number,
                    series_id,
                    point_number,
                    direction,
                    case when not isnan(value_or_nan) then value_or_nan end as value,
                    case when not isnan(target_or_nan) then target_or_nan end as target,
                    -- a rebase in the first month of a series begins nothing new
                    1 + sum(case when is_rebase and point_number > first_number then 1 else 0 end) over (
                        partition by series_id order by point_number
                    ) as segment

                from (select *, min(point_number) over (partition by series_id) as first_number from cells) as dated

            ),

            points as ({macros.xmr_points("numbered", screening)}),

            ends as (

                select
                    series_id,
                    arg_max(direction, point_number) as direction,
                    arg_max(target, point_number) as target,
                    arg_max_null(lpl, point_number) as lpl,
                    arg_max_null(upl, point_number) as upl

                from points

                group by series_id

            )

            select
                points.mean,
                points.lpl,
                points.upl,
                points.near_lpl,
                points.near_upl,
                points.rule,
                points.point_type,
                {assurance} as assurance,
                cast(points.segment as bigint) as segment,
                points.points_in_segment,
                points.moving_range,
                points.ranges_screened,
                points.is_trial_limits,
                points.screening

            from points
            inner join ends on points.series_id = ends.series_id

            order by points.row_number
        """).fetchall()


@cache
def _macros() -> Macros:
    return Macros("spc.sql")


def _lines(source: Path) -> Iterator[tuple[int, list[str]]]:
    """The number of the first line and the cells of every record that is not blank."""
    with source.open(newline="", encoding="utf-8-sig") as file:
        reader, first = csv.reader(file, strict=True), 1
        for cells in reader:
            if cells:
                yield first, cells
            first = reader.line_num + 1


def _places(source: Path, header: list[str]) -> dict[str, int]:
    names = [name.strip().lower() for name in header]
    if missing := [name for name in REQUIRED if name not in names]:
        raise SpcError(
            f"{source}, line 1: there is no column {' or '.join(map(repr, missing))}; the header must name "
            f"{', '.join(REQUIRED)}, divided by commas."
        )
    for name in (*REQUIRED, *OPTIONAL):
        if names.count(name) > 1:
            raise SpcError(f"{source}, line 1: the column {name!r} stands twice; take one of them out.")
    if taken := [name for name in names if name in RESULTS]:
        raise SpcError(f"{source}, line 1: the column {taken[0]!r} is one that fpw spc adds; rename it or take it out.")
    return {name: names.index(name) for name in (*REQUIRED, *OPTIONAL) if name in names} | {"": len(header)}


def _take(
    read: Series,
    cells: list[str],
    line: int,
    places: dict[str, int],
    seen: dict[tuple[str, int], int],
    codes: dict[str, tuple[int, str, int]],
) -> None:
    if len(cells) != places[""]:
        raise SpcError(
            f"all columns: the row has {len(cells)} cells and the header {places['']}; "
            "add what is missing, or put text that holds a comma in quotes."
        )
    series_id = cells[places["series_id"]].strip()
    if not series_id:
        raise SpcError("column series_id: the cell is empty; name the series.")
    month = _month(cells[places["month"]].strip())
    value = _number("value", cells[places["value"]].strip())
    direction = cells[places["direction"]].strip().lower()
    if direction not in DIRECTIONS:
        raise SpcError(f"column direction: {direction!r} is not known; write increase, decrease or neutral.")
    target = _number("target", cells[places["target"]].strip()) if "target" in places else math.nan
    rebase = cells[places["rebase"]].strip().lower() if "rebase" in places else ""
    if rebase not in _REBASE:
        raise SpcError(
            f"column rebase: {rebase!r} is not known; write true or 1 where limits start anew, else nothing."
        )
    code, first_direction, first_line = codes.setdefault(series_id, (len(codes), direction, line))
    if direction != first_direction:
        raise SpcError(
            f"column direction: series {series_id!r} is {first_direction!r} in line {first_line} and {direction!r} here; "
            "a series has one direction."
        )
    before = seen.setdefault((series_id, month), line)
    if before != line:
        raise SpcError(
            f"column month: {cells[places['month']].strip()} of series {series_id!r} stands already in line {before}; "
            "keep one row for each month."
        )
    read.rows.append(cells)
    read.series.append(code)
    read.month.append(month)
    read.value.append(value)
    read.direction.append(direction)
    read.target.append(target)
    read.rebase.append(_REBASE[rebase])


def _month(text: str) -> int:
    """Months since the year 0."""
    found = _MONTH.fullmatch(text)
    try:
        day = dt.date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
    except ValueError:
        day = None
    if day is None:
        raise SpcError(f"column month: {text!r} is not a month; write it as 2024-04 or 2024-04-01.")
    return day.year * 12 + day.month - 1


def _number(column: str, text: str) -> float:
    """The number, or NaN for an empty cell."""
    if not text:
        return math.nan
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    raise SpcError(
        f"column {column}: {text!r} is not a number; write digits with a point for decimals and nothing else, "
        "and leave the cell empty where there is none."
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _outcome(read: Series, judged: list[tuple[object, ...]]) -> Outcome:
    place = {name: number for number, name in enumerate(RESULTS)}
    segments: dict[tuple[int, object], tuple[object, ...]] = {}
    ranges = points = causes = 0
    for series, found in zip(read.series, judged, strict=True):
        segments[series, found[place["segment"]]] = found
        points += found[place["point_type"]] is not None
        ranges += found[place["moving_range"]] is not None
        causes += found[place["rule"]] is not None
    filled = [found for found in segments.values() if found[place["points_in_segment"]]]
    return Outcome(
        rows=len(read.rows),
        series=len(set(read.series)),
        segments=len(segments),
        trial_segments=sum(bool(found[place["is_trial_limits"]]) for found in filled),
        special_causes=causes,
        ranges_screened=sum(int(str(found[place["ranges_screened"]])) for found in filled),
        # every run of neighbouring points begins with one that has no moving range
        gaps=points - ranges - len(filled),
    )
