"""Turns a published table with heads above and beside its cells into tidy rows, one for each cell.

A table is found by its title and its columns by their headers, never by an address. Publishers move rows and
columns between editions; what they keep is this:

- the title stands in the first cell of a row and begins with `Table` and the table's number;
- then come header rows, in which the first cell of a merged range holds its text;
- then the body: rows with a name beside numbers or markers, with blank rows between groups;
- then `Source` or `Notes`.

Footnote marks are cut from names and headers (`without_marks` states the rule); values stay as printed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipelines.ingest.documents import Grid

Row = tuple[int, list[str]]
"""Line of the sheet, and the tidy cells in the order of the contract's columns."""

MAX_LABEL_CHARACTERS, MAX_NUMBER_CHARACTERS = 2_000, 50
"""Longer texts are no names and no numbers, and patterns are not tried on them."""

TITLE_WITHIN = 40
"""A sheet whose first so many rows hold no title of the source holds none of its tables."""


@dataclass(frozen=True)
class Crosstab:
    """How the tables of one source look.

    `title` matches the beginning of a title, with the group `id`. `heads` names the columns that say what a row is
    about by patterns of their headers; a table without any such header has the area's name in its first column.
    `ungrouped` matches headers that belong to no group although one stands to the left above them.
    """

    title: str
    heads: dict[str, str]
    has_kinds: bool = False
    ungrouped: str = r"(?!)"

    @property
    def columns(self) -> tuple[str, ...]:
        """The tidy columns, in the order of the contract."""
        kind = ("area_kind",) if self.has_kinds else ()
        labels = ("column_group", "column_label", "unit", "value_text")
        return ("table_id", "table_title", "period_end", "sheet", "cell", *self.heads, *kind, *labels)

    def __call__(self, grid: Grid) -> Iterator[Row]:
        """The tidy rows of all tables of this source in the sheet, in reading order."""
        if not self.is_titled(grid.rows[:TITLE_WITHIN]):
            return
        starts = [index for index, row in enumerate(grid.rows) if self._title(row)]
        for start, end in zip(starts, [*starts[1:], len(grid.rows)], strict=True):
            yield from self._read(grid, start, end)

    def is_titled(self, first_rows: Iterable[Sequence[str]]) -> bool:
        """Whether the first rows of a sheet hold the title of a table of this source."""
        return any(self._title(row) for row in first_rows)

    def _title(self, row: Sequence[str]) -> re.Match[str] | None:
        return (
            re.match(self.title, " ".join(row[0][:MAX_LABEL_CHARACTERS].split()), re.IGNORECASE)
            if row and row[0]
            else None
        )

    def _read(self, grid: Grid, start: int, end: int) -> Iterator[Row]:
        title = self._title(grid.rows[start])
        assert title is not None, "tables begin at their titles"
        period = period_end(title.string) or _period_in_contents(grid.contents, title["id"])
        table = _Table(self.heads, self.ungrouped, grid.rows, start, end)
        names = [table.head(row, "area_name") for row in table.body]
        kinds = area_kinds([table.head(row, "area_code") for row in table.body], names)
        first = [
            title["id"],
            without_marks(title.string),
            period.isoformat() if period else "",
            (grid.name or "").strip(),
        ]
        for row, kind in zip(table.body, kinds, strict=True):
            heads = [*(table.head(row, name) for name in self.heads), *([kind] if self.has_kinds else [])]
            for column, labels in table.labels.items():
                address = f"{_letters(column)}{row + 1}"
                yield row + 1, [*first, address, *heads, *labels, _cell(grid.rows[row], column)]


class _Table:
    """Where heads, headers and body lie between the rows `start` (the title) and `end` of a sheet."""

    def __init__(self, heads: dict[str, str], ungrouped: str, rows: list[list[str]], start: int, end: int) -> None:
        self.patterns, self.ungrouped, self.rows = heads, ungrouped, rows
        self.heads: dict[str, int] = {}
        first = start + 1
        while first < end and not self._begins_body(first):
            first += 1
        last = next((index for index in range(first, end) if _ends_body(rows[index])), end)
        self.heads = self.heads or {"area_name": 0}
        columns = range(max((len(row) for row in rows[start:last]), default=0))
        beside = [column for column in columns if column not in self.heads.values()]
        self.columns = [column for column in beside if any(_cell(row, column) for row in rows[first:last])]
        # A heading between groups has no value, and nothing is lost with it; a coded row without values is missing data.
        self.body = [
            index
            for index in range(first, last)
            if self.head(index, "area_code") or any(_cell(rows[index], column) for column in self.columns)
        ]
        headers = {
            index: {column: rows[index][column] for column in beside if _cell(rows[index], column)}
            for index in range(start + 1, first)
        }
        self.labels = self._labels({index: cells for index, cells in headers.items() if cells})

    def head(self, index: int, name: str) -> str:
        """What a row's head says, without footnote marks; empty when the table has no such head."""
        text = _cell(self.rows[index], self.heads[name]) if name in self.heads else ""
        return area_name(text) if name == "area_name" else without_marks(text)

    def _begins_body(self, index: int) -> bool:
        """Whether a row is the first of the body; of a header row, take note which heads it names."""
        row = self.rows[index]
        found = {name: column for column, cell in enumerate(row) if (name := self._head_named(cell))}
        self.heads |= found
        places = set(self.heads.values()) or {0}
        is_named = not found and any(_cell(row, place) for place in places)
        return is_named and any(_is_value(_cell(row, column)) for column in range(len(row)) if column not in places)

    def _head_named(self, cell: str) -> str | None:
        label = without_marks(cell)
        found = (name for name, pattern in self.patterns.items() if re.fullmatch(pattern, label, re.IGNORECASE))
        return next(found, None)

    def _labels(self, headers: dict[int, dict[int, str]]) -> dict[int, tuple[str, str, str]]:
        """Group, label and unit of each column.

        The labels stand in the header row that names most columns, or above it where that row has none for a column.
        Rows above it are groups, rows below it units.
        """
        unit_of_all = self._take_unit_of_all(headers)
        named = max(headers, key=lambda index: (len(headers[index].keys() & set(self.columns)), index), default=-1)
        used = set(self.columns).union(*headers.values())
        groups = {index: self._spread(headers[index], used) for index in sorted(headers) if index < named}
        units = [self._spread(headers[index]) for index in headers if index > named]
        result = {}
        for column in self.columns:
            at = max((index for index in headers if index <= named and column in headers[index]), default=-1)
            label = without_marks(headers[at][column]) if at >= 0 else ""
            above = [
                without_marks(spread[column]) for index, spread in groups.items() if index < at and column in spread
            ]
            if re.fullmatch(self.ungrouped, label, re.IGNORECASE):
                above = []
            unit = next((spread[column] for spread in units if column in spread), unit_of_all)
            result[column] = (": ".join(above), label, without_marks(unit))
        return result

    def _spread(self, cells: dict[int, str], used: set[int] | None = None) -> dict[int, str]:
        """A header cell speaks for the columns to the next cell; with `used`, only as far as a column not in use."""
        spread, text = {}, ""
        for column in range(max([*cells, *self.columns]) + 1):
            text = cells.get(column, text if used is None or column in used else "")
            if text:
                spread[column] = text
        return spread

    def _take_unit_of_all(self, headers: dict[int, dict[int, str]]) -> str:
        """The unit at the right end of the line that names the country; the line is no header then."""
        for index, cells in headers.items():
            caption = _cell(self.rows[index], 0)
            if caption and not self._head_named(caption) and self.columns and list(cells) == self.columns[-1:]:
                return headers.pop(index)[self.columns[-1]]
        return ""


def _cell(row: list[str], column: int) -> str:
    return row[column].strip() if column < len(row) else ""


def _ends_body(row: list[str]) -> bool:
    first = next((cell for cell in row if cell and not cell.isspace()), "")
    return re.match(r"\s*(sources?|notes?)\b", first, re.IGNORECASE) is not None


def _is_value(text: str) -> bool:
    """Whether a cell holds a number, or a marker in the place of one."""
    if len(text) > MAX_NUMBER_CHARACTERS:
        return False
    return re.fullmatch(r"[-+]?[\d,]*\.?\d+(e[-+]?\d+)?%?|[-–.:*+~]{1,3}|\[\w\]|n/?a", text, re.IGNORECASE) is not None


def _letters(column: int) -> str:
    """The letters by which spreadsheet programs call a column; 0 is A."""
    return (_letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)


_MONTHS = [name.casefold() for name in calendar.month_name[1:]]
_MONTH = r"(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" if name[3:] else name for name in _MONTHS) + r"|sept)"
_YEAR = r"(?:(?:19|20)\d\d|(?!(?:19|20)\d\d)\d\d)"
_MARK = r"[1-9]\d?"
# Blanks after the commas only at the end of a text, where no list of other numbers can go on.
_MARKS = rf"(?:{_MARK}(?:, ?{_MARK})*$|{_MARK}(?:,{_MARK})*(?=[\s),;:]))"
_NO_MONTH = "".join(rf"(?<!\b{name[:3]})" for name in _MONTHS)
_MARKS_TO_CUT = (
    (r"^\*\s*(?=\w)|\s*\[notes? [^\]]*\]|\s*\(R\)$", ""),
    (rf"^([EWKNS]\d{{8}}){_MARKS}$", r"\1"),
    (rf"\b((?:{_MONTH}\s+['’]?|to\s+|mid-){_YEAR}){_MARKS}", r"\1"),
    (rf"(?:(?<=[^\W\d_]{{3}}){_NO_MONTH}|(?<=\))){_MARKS}", ""),
    (rf"(?<=\S)\s+{_MARK}(?:,{_MARK})+$", ""),
)


@lru_cache(maxsize=10_000)
def without_marks(text: str) -> str:
    """A name or header with blanks and line breaks made single, and without footnote marks.

    The rule, because digits can belong to a text. Marks are numbers of one or two digits, with commas between. Cut are
    - `[note 1]`, `(R)` for revised at the end, and an asterisk in front of a text;
    - what follows the eight digits of an area code: `E230000118`;
    - marks glued to a word of three letters or more, or to a bracket: `Northumbria7`, `fraud4)`, `(mid-2016)4`;
    - marks glued to the year after a month (`March 181,2`, `Mar '083`, `March 20191`), after `to` or after `mid-`;
    - a list of marks without blanks, but for the one in front, at the end: `(households) 7,8,10`.
    Kept is every other digit: `Aged 16`, `Level 2`, `A4`, `S60`, `CO2`, `mid-2016`, `March 2018`, `rounded to 100`.
    """
    text = " ".join(text.split())
    if len(text) > MAX_LABEL_CHARACTERS:
        return text
    for pattern, kept in _MARKS_TO_CUT:
        text = re.sub(pattern, kept, text, flags=re.IGNORECASE)
    return text.strip()


def area_name(text: str) -> str:
    """The name of an area without footnote marks. No area has a number in the end, so `London 10` is London."""
    name = without_marks(text)
    return re.sub(r"(?<=[^\W\d_])[\s,]*\d[\d,\s]*$", "", name)


def period_end(text: str) -> dt.date | None:
    """The last day a title speaks of: `year ending March 2018`, `30 September 2019`, or mid-year estimates to a year.

    Where it names several, as a comparison does, the latest is meant.
    """
    text = " ".join(text.split()).casefold()
    days = rf"(?:\bending\s+(?:(\d{{1,2}})\s+)?|(?<!\d)(\d{{1,2}})\s+)({_MONTH})\s+({_YEAR})"
    ends = [_date(int(one or other or 31), month, year) for one, other, month, year in re.findall(days, text)]
    if not ends and "mid-year" in text:
        ends = [dt.date(int(year), 6, 30) for year in re.findall(r"(?<!\d)((?:19|20)\d\d)", text)]
    return max(ends, default=None)


def _date(day: int, month: str, year: str) -> dt.date:
    """The date; a day beyond the end of the month is its last."""
    number = next(n for n, name in enumerate(_MONTHS, start=1) if name.startswith(month[:3]))
    whole_year = int(year) + (2000 if len(year) == 2 else 0)
    return dt.date(whole_year, number, max(1, min(day, calendar.monthrange(whole_year, number)[1])))


def _period_in_contents(contents: list[list[str]], table_id: str) -> dt.date | None:
    """The period of a table whose title has none, as the table of contents gives it."""
    for row in contents:
        if row and row[0].strip().casefold() in (table_id.casefold(), f"table {table_id}".casefold()):
            return next((end for end in map(period_end, row[1:]) if end), None)
    return None


_COUNTRIES = {"england", "wales", "england and wales"}
_REGIONS = {
    "north east", "north west", "yorkshire and the humber", "east midlands", "west midlands", "east", "eastern",
    "east of england", "london", "south east", "south west",
}  # fmt: skip
_KINDS = {"K04": "country", "E92": "country", "W92": "country", "E12": "region", "E23": "force", "W15": "force"}


def area_kinds(codes: Sequence[str], names: Sequence[str]) -> list[str]:
    """What each row of a table is about: country, region, force or other (a total, a part of a country).

    Without code the name tells. West Midlands is a region and a force: of the two rows of a table the region comes
    first; a single one is the region where the table has other regions and no force, else the force.
    """
    plain = [re.sub(r"[^a-z]+", " ", name.casefold()).strip() for name in names]
    has_regions = any(name in _REGIONS - {"west midlands"} for name in plain)
    seen: set[str] = set()
    kinds = []
    for code, name in zip(codes, plain, strict=True):
        kind = _KINDS.get(code[:3]) if code else None
        if kind is None:
            if name in _COUNTRIES:
                kind = "country"
            elif name == "west midlands":
                kind = "region" if has_regions and name not in seen else "force"
            elif name.removesuffix(" region") in _REGIONS:
                kind = "region"
            elif re.match(r"total\b|england\b|wales\b|great britain\b|central service", name):
                kind = "other"
            else:
                kind = "force"
        seen.add(name)
        kinds.append(kind)
    return kinds


READERS: dict[str, Crosstab] = {
    "ons_pfa_table": Crosstab(
        title=r"Table (?P<id>P\d+[a-z]?) ?[:.]",
        heads={"area_code": r"area codes?", "area_name": r"area names?"},
        has_kinds=True,
    ),
    "ons_csp_recorded_crime": Crosstab(
        title=r"Table (?P<id>C\d+[a-z]?) ?[:.] .*community safety partnership",
        heads={
            "area_code": r"police force area code",
            "area_name": r"police force area name",
            "csp_code": r"community safety partnership code",
            "csp_name": r"community safety partnership name",
            "lad_code": r"local authority code",
            "lad_name": r"local authority name",
        },
    ),
    "home_office_use_of_force_table": Crosstab(
        title=r"Table (?P<id>\d+[a-z]?) ?[:.] .*\b(?:incidents|tactics|CED)\b.*\bby (?:type and )?police force\b(?! area)",
        heads={
            "financial_year": r"financial year",
            "region": r"region",
            "area_name": r"police force",
            "tactic_group": r"type of force",
            "tactic": r"tactic",
        },
        has_kinds=True,
        ungrouped=r"number of times tactic reported",
    ),
    "home_office_workforce_table": Crosstab(
        title=r"Table (?P<id>\d+[a-z]?) ?[:.] .*\bby police force area\b.*\b(?:FTE|headcount)\b",
        heads={"area_name": r"police force(?: area)?"},
        has_kinds=True,
    ),
}
"""By the name that a contract gives under `layout.crosstab`."""
