"""What a pack says, before anybody lays it out: plain data, read from the marts of one release.

`read_pack` takes a connection (an edition is a connection: the marts of a release, or the same with disclosure control
applied) and the declaration (dbt exposures), and returns a `Pack`. The workbook and the document only lay it out, and
work nothing out:

    Pack                 which plan, quarter, edition and release; `banner` where the records are synthetic
      Section            one exposure: title, description, paragraphs (`text`), and by its `layout`
        facts            cover: headings with their texts
        table            contents, table, trends, key: a Table
        pages            pages: a Page for each headline indicator
    Page                 heading, sentence, standing (verdict ...), facts, what reports tell, its Table, a Trend and Bars (or None) to draw
    Table                columns and rows of Cells; `rows` may be empty, then `none` says so in a sentence
    Cell                 a value (number, date or text) or the marker that stands for a missing one, never both;
                         a number has decimals, prefix and suffix and is as exact as in the mart; `link` is the id of a
                         section or page; `spark` names the rows to draw small
    Trend, Bars          charts: which rows of which table, where lines must not be drawn, and the text alternative

Rows are counted from 0; a Run is a range of rows, both ends included, over which a line may be drawn. Ids: a section's
is the name of its exposure, a page's the plan_indicator_id. `pipelines.board.numbers` writes a cell as text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pipelines.board.declaration import ColumnPlan, Declaration, Edition, Layout, SectionPlan, Unit
from pipelines.board.numbers import cell_text
from pipelines.macros import Macros
from pipelines.periods import Quarter
from pipelines.store.warehouse import WarehouseError

QUERIES = Path(__file__).parent / "queries"
LINES = "line"
"""Table of the connection that `lines.sql` fills: what is shown of each indicator."""


class Period(NamedTuple):
    """How a chart speaks of a kind of period."""

    title: str
    by: str


PERIODS = {
    "month": Period("Month", " by month,"),
    "quarter": Period("Quarter, by its first month", " by quarter,"),
    "fin_year": Period("Financial year, by its first month", ","),
    "cal_year": Period("Calendar year, by its first month", ","),
    "rolling_12m": Period("Year ending in", ", years ending"),
    "snapshot": Period("Day", ","),
}
"""What the days of a chart are, by the kind of period."""

NO_UNIT = Unit()

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """Rows `first` to `last` of a table, both included."""

    first: int
    last: int


@dataclass(frozen=True)
class Spark:
    """A small line: the values of these rows in the column `value` of the table with this id."""

    table_id: str
    run: Run


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: `value`, or `marker` where there is none; both None only beside a `spark`."""

    value: float | int | str | dt.date | None = None
    marker: str | None = None
    decimals: int = 0
    unit: Unit = NO_UNIT
    link: str | None = None
    spark: Spark | None = None


@dataclass(frozen=True)
class Column:
    """A column: `kind` as declared, width in characters."""

    name: str
    heading: str
    kind: str
    width: float


@dataclass(frozen=True)
class Table:
    """Rows of cells under their columns."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    none: str = ""

    def position(self, name: str) -> int:
        """Which column has this name, from 0."""
        return [column.name for column in self.columns].index(name)

    def column(self, name: str) -> list[Cell]:
        """The cells of a column."""
        place = self.position(name)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Break:
    """A day from which the series is no longer what it was; `row` is the first with a value from then on."""

    row: int
    day: dt.date
    words: str


@dataclass(frozen=True)
class Signal:
    """A point that is a special cause; `code` is that of the marts."""

    row: int
    code: str


@dataclass(frozen=True)
class Trend:
    """A line chart of columns value, mean, lpl, upl and target of a page's table over the days in column `x`."""

    title: str
    alt: str
    x: str
    x_title: str
    y_title: str
    values: tuple[Run, ...]
    limits: tuple[Run, ...]
    targets: tuple[Run, ...]
    breaks: tuple[Break, ...]
    signals: tuple[Signal, ...]
    from_zero: bool
    """Whether the axis of values begins at zero: always without process limits."""


@dataclass(frozen=True)
class Bars:
    """A bar chart with intervals of rows of the table with id `table_id`: columns force_name, value, ci_low, ci_high."""

    title: str
    alt: str
    table_id: str
    run: Run
    x_title: str
    own: int | None
    """Row of the plan's own force."""


@dataclass(frozen=True)
class Fact:
    """A heading with its paragraphs."""

    heading: str
    text: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A headline indicator."""

    id: str
    number: str
    name: str
    sentence: str
    standing: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    told: tuple[Fact, ...]
    notes: tuple[str, ...]
    table: Table
    trend: Trend | None
    bars: Bars | None

    @property
    def heading(self) -> str:
        """As the page is headed."""
        return f"Headline {self.number}: {self.name}"


@dataclass(frozen=True)
class Brief:
    """A table as the document has it: a part of the table of the section. `more` rows stand in the workbook only."""

    table: Table
    more: int
    tally: Table | None


@dataclass(frozen=True)
class Section:
    """One exposure of the declaration, filled."""

    id: str
    title: str
    description: str
    layout: Layout
    text: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    brief: Brief | None = None
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """The pack before this one, as its provenance names it."""

    quarter: str
    release_id: str
    known_at: str


@dataclass(frozen=True)
class Pack:
    """A quarter of a plan."""

    plan_id: str
    plan_title: str
    force: str
    force_name: str
    quarter: Quarter
    edition: Edition
    release_id: str
    known_at: str
    is_sample: bool
    earlier: Earlier | None
    sections: tuple[Section, ...]
    withheld_mark: str = ""
    """Marker of a number that may not be told."""

    @property
    def title(self) -> str:
        """Title of the document."""
        return f"{self.force_name}: {self.plan_title}, {self.quarter.label}"

    @property
    def banner(self) -> str | None:
        """What must stand on every page where the records are synthetic."""
        if not self.is_sample:
            return None
        return "SAMPLE DATA: synthetic records, made for trying things out. Nothing here is the performance of a force."

    def section(self, section_id: str) -> Section:
        """The section with this id."""
        return next(section for section in self.sections if section.id == section_id)

    @property
    def pages(self) -> tuple[Page, ...]:
        """All pages, in order."""
        return tuple(page for section in self.sections for page in section.pages)

    @property
    def tables(self) -> dict[str, Table]:
        """Every table by its id, in order."""
        found = {section.table.id: section.table for section in self.sections if section.table}
        return found | {page.table.id: page.table for page in self.pages}


def read_pack(
    connection: duckdb.DuckDBPyConnection,
    declaration: Declaration,
    *,
    plan_id: str,
    quarter: Quarter,
    edition: Edition = "internal",
    earlier: Earlier | None = None,
    contact: str = "",
) -> Pack:
    """The pack of a plan and quarter from the marts of one release.

    `connection` is left with a temporary table `line`. Nothing of a period that ends after the quarter is read.

    Raises:
        WarehouseError: there is no such plan, the quarter is later than the release, or the release lacks a mart or a
            column that a section needs.
    """
    return _Reader(connection, declaration, plan_id, quarter, edition, earlier, contact).pack()


class _Reader:
    """Reads one pack; holds what all its sections share."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        declaration: Declaration,
        plan_id: str,
        quarter: Quarter,
        edition: Edition,
        earlier: Earlier | None,
        contact: str,
    ) -> None:
        self.connection, self.declaration, self.quarter = connection, declaration, quarter
        self.edition, self.earlier, self.contact = edition, earlier, contact
        self.plans = [plan.of_edition(edition) for plan in declaration.sections if edition in plan.audience]
        self.macros = Macros("periods.sql", "comparison.sql", "series.sql", "plans.sql")
        self.release = self._release()
        self.parameters: Row = {
            "plan": plan_id,
            "quarter_end": quarter.end,
            "since": earlier.known_at if earlier else self.release["known_at"],
            "known_at": self.release["known_at"],
        }
        self.plan = self._plan(plan_id)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {LINES} AS {self._sql('lines')}", self._used("lines"))
        self.trends: dict[str, list[Row]] = defaultdict(list)
        for row in self._read("trend"):
            self.trends[row["plan_indicator_id"]].append(row)
        self.told: dict[str, list[Row]] = defaultdict(list)
        self.peers: list[Row] = []
        self._layouts: dict[Layout, Callable[[SectionPlan], dict[str, Any]]] = {
            "facts": self._facts,
            "contents": self._contents,
            "table": self._rows,
            "pages": self._pages,
            "trends": self._trends,
            "key": self._key,
        }

    def pack(self) -> Pack:
        self.page_rows = self._read("pages")
        self.page_ids = {row["plan_indicator_id"] for row in self.page_rows}
        self.link_ids = self.page_ids | {plan.id for plan in self.plans}
        self.trend_rows = [row for key, rows in self.trends.items() if key not in self.page_ids for row in rows]
        sections = tuple(self._section(plan) for plan in self.plans)
        return Pack(
            plan_id=self.plan["plan_id"],
            plan_title=self.plan["plan_title"],
            force=self.plan["force"],
            force_name=self.plan["force_name"],
            quarter=self.quarter,
            edition=self.edition,
            release_id=self.release["release_id"],
            known_at=self.parameters["known_at"],
            is_sample=self.release["is_sample"],
            earlier=self.earlier,
            sections=sections,
            withheld_mark=self._marker("suppressed"),
        )

    # reading

    def _sql(self, query: str) -> str:
        # the public edition has a column that says why a number is gone
        gone = (lambda row: f"{row}.suppression IS NOT NULL") if self.edition == "public" else (lambda row: "false")
        return self.macros.render((QUERIES / f"{query}.sql").read_text(encoding="utf-8"), withheld=gone)

    def _used(self, query: str) -> Row:
        text = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
        return {name: value for name, value in self.parameters.items() if re.search(rf"\${name}\b", text)}

    def _read(self, query: str) -> list[Row]:
        try:
            found = self.connection.execute(self._sql(query), self._used(query))
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise WarehouseError(
                f"Release {self.release['release_id']} cannot fill the board pack (query {query}: "
                f"{str(error).splitlines()[0]}); it was made by another version of the pipeline: "
                "take a later release, or the version of its time."
            ) from error
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _release(self) -> Row:
        try:
            names = (
                "release_id",
                "known_at",
                "code_version",
                "is_sample",
                "extracts_loaded",
                "checks_passed",
                "warnings",
            )
            row = self.connection.execute(f"SELECT {', '.join(names)} FROM ops.release").fetchall()[0]
        except (duckdb.Error, IndexError) as error:
            raise WarehouseError(
                "The release does not say when and from what it was made; it is older than the board pack: take a later one."
            ) from error
        release = dict(zip(names, row, strict=True))
        return release | {"known_at": f"{release['known_at']:%Y-%m-%d %H:%M:%S}"}

    def _plan(self, plan_id: str) -> Row:
        found = self._read("cover")
        if not found:
            known = [
                row[0] for row in self.connection.execute("SELECT plan_id FROM marts.dim_plan ORDER BY 1").fetchall()
            ]
            raise WarehouseError(f"There is no plan {plan_id!r}; the release knows {', '.join(known)}.")
        if self.parameters["known_at"][:10] <= f"{self.quarter.end}":
            raise WarehouseError(
                f"{self.quarter.name} ends on {self.quarter.end:%-d %B %Y}, after release {self.release['release_id']}; "
                "name an earlier quarter, or a later release."
            )
        return found[0]

    # cells

    def _table(
        self, plan: SectionPlan, rows: list[Row], *, table_id: str | None = None, title: str | None = None
    ) -> Table:
        columns = tuple(Column(c.name, c.heading, c.kind, c.width) for c in plan.columns)
        cells = tuple(tuple(self._cell(column, row) for column in plan.columns) for row in rows)
        return Table(table_id or plan.id, title or plan.title, columns, cells, none=plan.none)

    def _cell(self, column: ColumnPlan, row: Row) -> Cell:
        value = row.get(column.name)
        if column.kind == "spark":
            spark = self._spark(row["plan_indicator_id"])
            return Cell(spark=spark) if spark else Cell(marker=self._marker("not_applicable"))
        if column.kind == "word":
            word = self.declaration.words[column.words or column.name].get(value) if value is not None else None
            return Cell(value=word.text if word else value) if value is not None else Cell(marker="[z]")
        if column.kind == "number":
            return self._number(column, row)
        if value is None or value == "":
            return Cell(marker=self._marker("not_applicable"))
        link = row.get("link", row.get("plan_indicator_id")) if column.kind == "link" else None
        return Cell(value=value, link=link if link in self.link_ids else None)

    def _number(self, column: ColumnPlan, row: Row) -> Cell:
        value = row[column.name]
        code = row.get(column.status) if column.status else None
        if value is None:
            words = self.declaration.words["value"]
            return Cell(marker=words[code].mark if code in words else column.empty)
        decimals = row[column.decimals] if isinstance(column.decimals, str) else column.decimals
        if column.status and value != 0 and round(value, decimals) == 0:
            return Cell(marker=self._marker("low"))
        unit = self.declaration.units.get(row[column.unit], NO_UNIT) if column.unit else NO_UNIT
        return Cell(value=value, decimals=decimals, unit=unit)

    def _marker(self, code: str) -> str:
        return self.declaration.words["value"][code].mark

    def _brief(self, plan: SectionPlan, rows: list[Row], table: Table) -> Brief | None:
        """The table as the document has it: rows are chosen by the codes of the marts, and counted by what is read."""
        if plan.document is None:
            return None
        places = [table.position(name) for name in plan.document.columns]
        kept = [
            tuple(cells[place] for place in places)
            for row, cells in zip(rows, table.rows, strict=True)
            if all(row[name] in codes for name, codes in plan.document.where.items())
        ]
        short = Table(
            table.id,
            table.title,
            tuple(table.columns[place] for place in places),
            tuple(kept[: plan.document.rows]),
            none=plan.document.none or plan.none,
        )
        tally = _tally(table, *plan.document.tally) if plan.document.tally and rows else None
        return Brief(short, len(kept) - len(short.rows), tally)

    # sections

    def _section(self, plan: SectionPlan) -> Section:
        section = Section(plan.id, plan.title, plan.description, plan.layout, plan.text)
        made = self._layouts[plan.layout](plan)
        return Section(**{**section.__dict__, **made})

    def _facts(self, plan: SectionPlan) -> dict[str, Any]:
        sample = ", from synthetic records" if self.release["is_sample"] else ""
        known = dt.datetime.fromisoformat(self.parameters["known_at"])
        values = self.plan | {
            "quarter_label": self.quarter.label,
            "edition": self.edition,
            "known_at": f"{known:%-d %B %Y, %H:%M} (UTC)",
            "release_id": self.release["release_id"],
            "release_words": f"{self.release['extracts_loaded']:,} raw extracts{sample}; {self.release['checks_passed']:,} "
            f"checks passed, {self.release['warnings']:,} with a warning",
            "code_version": f"fpw {self.release['code_version']}",
            "contact": self.contact or "The force's performance team",
        }
        return {"facts": tuple(Fact(column.heading, (str(values[column.name]),)) for column in plan.columns)}

    def _contents(self, plan: SectionPlan) -> dict[str, Any]:
        rows: list[Row] = []
        for other in self.plans:
            if other.layout == "pages":
                rows += [
                    {
                        "sheet": f"{row['number']} {row['indicator_name']}",
                        "description": row["sentence"],
                        "link": row["plan_indicator_id"],
                    }
                    for row in self.page_rows
                ]
            elif other.id != plan.id:
                rows.append({"sheet": other.title, "description": other.description, "link": other.id})
        return {"table": self._table(plan, rows)}

    def _rows(self, plan: SectionPlan) -> dict[str, Any]:
        rows = self._read(plan.query or "")
        table = self._table(plan, rows)
        brief = self._brief(plan, rows, table)
        if plan.query == "changes":
            since = plan.texts["since"].format(**self.earlier.__dict__) if self.earlier else plan.texts["first"]
            return {"table": table, "brief": brief, "text": (*plan.text, since)}
        return {"table": table, "brief": brief}

    def _trends(self, plan: SectionPlan) -> dict[str, Any]:
        return {"table": self._table(plan, self.trend_rows)}

    def _key(self, plan: SectionPlan) -> dict[str, Any]:
        rows = [
            {"of": name.capitalize(), "mark": word.mark, "word": word.word, "meaning": word.meaning}
            for name, words in self.declaration.words.items()
            for word in words.values()
        ]
        table = self._table(plan, rows)
        return {"table": table, "brief": self._brief(plan, rows, table)}

    # pages

    def _pages(self, plan: SectionPlan) -> dict[str, Any]:
        for row in self._read("told"):
            self.told[row["plan_indicator_id"]].append(row)
        self.peers = self._read("peers")
        return {"pages": tuple(self._page(plan, row) for row in self.page_rows)}

    def _page(self, plan: SectionPlan, row: Row) -> Page:
        key = row["plan_indicator_id"]
        rows = self.trends.get(key, [])
        table = self._table(plan, rows, table_id=key, title=row["indicator_name"])
        told = self.told[key]
        return Page(
            id=key,
            number=row["number"],
            name=row["indicator_name"],
            sentence=row["sentence"],
            standing=tuple(fact for column in plan.standing if (fact := self._fact(column, row))),
            facts=tuple(fact for column in plan.facts if (fact := self._fact(column, row))),
            told=tuple(
                Fact(
                    f"{plan.texts[heading]}: {document}",
                    tuple(r["text"] for r in told if (r["kind"], r["document"]) == (kind, document)),
                )
                for kind, heading in (("related", "related"), ("figures", "figures"), ("disagreement", "disagreements"))
                for document in dict.fromkeys(r["document"] for r in told if r["kind"] == kind)
            ),
            notes=tuple(self._notes(plan, rows)),
            table=table,
            trend=self._trend(row, rows, table),
            bars=self._bars(row),
        )

    def _fact(self, column: ColumnPlan, row: Row) -> Fact | None:
        value = row[column.name]
        if not value:
            return None
        texts = value if isinstance(value, list) else [cell_text(self._cell(column, row))]
        return Fact(column.heading, tuple(texts))

    def _notes(self, plan: SectionPlan, rows: list[Row]) -> list[str]:
        if not rows:
            return [plan.texts["no_series"]]
        notes = []
        if any(row["mean"] is not None for row in rows):
            notes.append(plan.texts["signals"])
        if rows[-1]["is_trial_limits"]:
            notes.append(plan.texts["trial"])
        until = max((row["limits_until"] for row in rows if row["limits_until"]), default=None)
        if until and until > self.quarter.end:
            notes.append(plan.texts["later"].format(until=f"{until:%B %Y}"))
        notes += [plan.texts["break"].format(words=row["break_words"]) for row in rows if row["break_date"]]
        if any(row["break_date"] or row["is_after_gap"] for row in rows):
            notes.append(plan.texts["unbroken"])
        return notes

    def _spark(self, key: str) -> Spark | None:
        """The last values that lie on one line, if they are three or more."""
        rows = self.trends.get(key, [])
        runs = _runs([row["value"] for row in rows], [_is_apart(row) for row in rows])
        if not runs or runs[-1].last - runs[-1].first < 2:
            return None
        if key in self.page_ids:
            return Spark(key, runs[-1])
        before = next(place for place, row in enumerate(self.trend_rows) if row["plan_indicator_id"] == key)
        trends = next(plan.id for plan in self.plans if plan.layout == "trends")
        return Spark(trends, Run(before + runs[-1].first, before + runs[-1].last))

    def _trend(self, line: Row, rows: list[Row], table: Table) -> Trend | None:
        if not any(row["value"] is not None for row in rows):
            return None
        apart = [_is_apart(row) for row in rows]
        anew = [
            cut or row["segment"] != rows[place - 1]["segment"]
            for place, (cut, row) in enumerate(zip(apart, rows, strict=True))
        ]
        step = [
            cut or row["target"] != rows[place - 1]["target"]
            for place, (cut, row) in enumerate(zip(apart, rows, strict=True))
        ]
        numbers = table.column("value")
        shown = [cell.value for cell in numbers]
        breaks = tuple(
            Break(
                next(later for later in range(place, len(rows)) if shown[later] is not None),
                row["break_date"],
                row["break_words"],
            )
            for place, row in enumerate(rows)
            if row["break_date"] and any(value is not None for value in shown[place:])
        )
        values = _runs(shown, apart)
        # a year or a snapshot stands at its last day, anything that begins anew at its first
        x = "ends_on" if rows[0]["period_type"] in ("rolling_12m", "snapshot") else "starts_on"
        ends = [str(row["label"]).removeprefix("Year ending ") for row in (rows[0], rows[-1])]
        span = " to ".join(dict.fromkeys(ends))
        return Trend(
            title=f"{line['indicator_name']}{PERIODS[rows[0]['period_type']].by} {span}",
            alt=self._trend_alt(line, rows, numbers, breaks),
            x=x,
            x_title=PERIODS[rows[0]["period_type"]].title,
            y_title=str(line["unit"]).capitalize(),
            values=values,
            limits=_runs([row["mean"] for row in rows], anew),
            targets=_runs([row["target"] for row in rows], step),
            breaks=breaks,
            signals=tuple(
                Signal(place, row["variation"])
                for place, row in enumerate(rows)
                if str(row["variation"]).startswith("special_cause") and shown[place] is not None
            ),
            from_zero=all(row["mean"] is None for row in rows),
        )

    def _trend_alt(self, line: Row, rows: list[Row], numbers: list[Cell], breaks: tuple[Break, ...]) -> str:
        there = [(row, cell) for row, cell in zip(rows, numbers, strict=True) if cell.value is not None]
        if not there:
            return f"{line['indicator_name']}: no value."
        low, high = min(there, key=lambda pair: pair[0]["value"]), max(there, key=lambda pair: pair[0]["value"])
        parts = [
            f"Line chart of {line['indicator_name']} ({line['unit']}): {cell_text(there[0][1])} in {there[0][0]['label']}, "
            f"{cell_text(there[-1][1])} in {there[-1][0]['label']}",
            f"lowest {cell_text(low[1])} in {low[0]['label']}, highest {cell_text(high[1])} in {high[0]['label']}",
        ]
        if rows[-1]["mean"] is not None:
            mean, lpl, upl = (
                cell_text(Cell(rows[-1][name], decimals=line["decimals"], unit=numbers[-1].unit))
                for name in ("mean", "lpl", "upl")
            )
            parts.append(f"mean of the last segment {mean}, process limits {lpl} to {upl}")
        parts += [f"break on {entry.words}" for entry in breaks]
        return "; ".join(parts) + "."

    def _bars(self, line: Row) -> Bars | None:
        places = [
            place for place, row in enumerate(self.peers) if row["plan_indicator_id"] == line["plan_indicator_id"]
        ]
        if not places:
            return None
        plan = next(plan for plan in self.plans if plan.query == "peers")
        rows = [self.peers[place] for place in places]
        value = next(column for column in plan.columns if column.name == "value")
        told = "; ".join(f"{row['force_name']} {cell_text(self._number(value, row))}" for row in rows)
        return Bars(
            title=f"{line['indicator_name']}, {line['period']}, similar forces",
            alt=f"Bar chart of {line['indicator_name']} ({line['unit']}), {line['period']}, with 95 % intervals: {told}.",
            table_id=plan.id,
            run=Run(places[0], places[-1]),
            x_title=str(line["unit"]).capitalize(),
            own=next((place for place in places if self.peers[place]["role"] == "own"), None),
        )


def _tally(table: Table, down: str, across: str) -> Table:
    """How many rows of a table have each pair of texts in two columns."""
    pairs = Counter(
        (cell_text(one), cell_text(other)) for one, other in zip(table.column(down), table.column(across), strict=True)
    )
    totals = Counter(cell_text(cell) for cell in table.column(across))
    heads = sorted(totals, key=lambda head: (-totals[head], head))
    first = table.columns[table.position(down)]
    return Table(
        f"{table.id}_tally",
        table.title,
        (first, *(Column(head, head, "number", 10) for head in heads)),
        tuple(
            (Cell(value=name), *(Cell(value=pairs[name, head]) for head in heads))
            for name in sorted({pair[0] for pair in pairs})
        ),
    )


def _is_apart(row: Row) -> bool:
    """Whether no line may lead from the row before to this one."""
    return bool(row["is_after_gap"] or row["break_date"])


def _runs(values: list[Any], apart: list[bool]) -> tuple[Run, ...]:
    """Stretches of rows that have a value, cut where `apart` says so."""
    runs: list[Run] = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1].last == place - 1 and not apart[place]:
            runs[-1] = Run(runs[-1].first, place)
        else:
            runs.append(Run(place, place))
    return tuple(runs)
