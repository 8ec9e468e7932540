"""The tables as they leave: what is hidden is blank and says why, everything that rests on it too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import duckdb

from pipelines.disclosure.policy import Mart, Tie, load_marts
from pipelines.store.warehouse import insert_rows

SAID = {
    "suppression": "Why numbers of the row are blank, in words; NULL where none is hidden.",
    "suppressed_since": "Export that first hid them, by its release.",
    "caution": "What to bear in mind with a value that is shown: it rests on few answers.",
}
"""What a public table says besides."""

MACROS = """
CREATE OR REPLACE MACRO series_of(measure, area, period, method, denominator, breakdown, value) AS concat_ws(
    '|', measure, area, period, method,
    coalesce(CASE WHEN denominator LIKE 'ons_mye_%' THEN 'mid_year_estimate' ELSE denominator END, '-'),
    coalesce(breakdown, '-'), coalesce(value, '-')
);
CREATE OR REPLACE MACRO series_elsewhere(series, area) AS
    regexp_replace(series, '^([^|]*)\\|[^|]*', '\\1|' || coalesce(area, ''));
CREATE OR REPLACE MACRO peers_of(series) AS series_elsewhere(series, '');
CREATE OR REPLACE MACRO subject_of(series) AS regexp_replace(
    series, '^([^|]*\\|[^|]*)\\|[^|]*\\|(.*?)(_per_(month|quarter|12_months|financial_year|calendar_year))?\\|', '\\1|\\2|'
);
"""

HIDDEN = """
CREATE OR REPLACE TABLE policy.hidden AS
-- a period of NULL stands for all
SELECT series_id, period_start, words, since FROM policy.hidden_row
UNION ALL
SELECT DISTINCT series_id, CAST(NULL AS DATE), withheld, CAST(NULL AS VARCHAR) FROM policy.row WHERE withheld IS NOT NULL;

CREATE OR REPLACE TABLE policy.caution AS
SELECT DISTINCT series_id, period_start, concat('fewer than ', CAST(caution_below AS INTEGER), ' answers') AS words
FROM policy.row
WHERE known_until IS NULL AND coalesce(denominator, numerator) < caution_below AND value IS NOT NULL;

-- a figure of a document is worked out from the value it is linked to, or by a rule from other figures
CREATE OR REPLACE TABLE policy.hidden_figure AS
WITH RECURSIVE linked AS (
    SELECT links.figure_id, min(hidden.words) AS words
    FROM policy.published_figure_match AS links
    JOIN policy.hidden AS hidden
        ON series_of(
            links.measure_id, links.area_code, links.period_type, links.method_id, links.denominator_id,
            links.breakdown_type, links.breakdown_value
        ) = hidden.series_id
        AND (hidden.period_start IS NULL OR hidden.period_start = CAST(links.period_start AS DATE))
    GROUP BY links.figure_id
),
ruled AS (
    SELECT figure_id, words FROM linked
    UNION
    SELECT rules.figure_id, ruled.words
    FROM policy.published_derivation AS rules JOIN ruled ON rules.input_figure_id = ruled.figure_id
)
SELECT figure_id, min(words) AS words, CAST(NULL AS VARCHAR) AS since FROM ruled GROUP BY figure_id;
"""


def lay_hidden(connection: duckdb.DuckDBPyConnection, rows: Iterable[tuple[str, date, str, str]]) -> None:
    """Lay what is hidden into schema `policy`: series, period, why in words, and the export that first hid it.

    `policy.row` must be there (see `numbers.ROWS`).
    """
    connection.execute(MACROS)
    connection.execute(
        "CREATE OR REPLACE TABLE policy.hidden_row (series_id VARCHAR, period_start DATE, words VARCHAR, since VARCHAR)"
    )
    insert_rows(
        connection,
        "policy.hidden_row",
        [dict(zip(("series_id", "period_start", "words", "since"), row, strict=True)) for row in rows],
    )
    connection.execute(HIDDEN)


def public_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The query of every table that leaves, by name (`marts.x`, `ops.x`), over the release that is open.

    A table or column that an older release does not have is left out.
    """
    there: dict[str, list[str]] = {}
    for schema, table, column in connection.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = current_database() ORDER BY 1, 2, column_index"
    ).fetchall():
        there.setdefault(f"{schema}.{table}", []).append(column)
    return {
        name: _query(name, mart, there[name])
        for name, mart in load_marts().items()
        if name in there and mart.stays_inside is None
    }


def _query(name: str, mart: Mart, there: Sequence[str]) -> str:
    if not mart.hide:
        kept = ", ".join(_blanked(mart, column, f"this.{column}") for column in there if column in mart.columns)
        return f"SELECT {kept} FROM {name} AS this"
    ties = [_tie(place, name, tie) for place, tie in enumerate(mart.hide)]
    hits = [_hit(place, tie, there) for place, tie in enumerate(mart.hide)]
    blanked = {column: hits[place] for place, tie in enumerate(mart.hide) for column in tie.columns}
    blanked |= {column: " OR ".join(hits) for column in mart.says}
    status: dict[str, str] = {}
    for hit, tie in zip(hits, mart.hide, strict=True):
        if tie.status:
            status[tie.status] = f"{status[tie.status]} OR {hit}" if tie.status in status else hit
    columns: list[str] = []
    for column in there:
        if column in status:
            columns.append(f"CASE WHEN {status[column]} THEN 'suppressed' ELSE this.{column} END AS {column}")
        elif column in blanked:
            columns.append(_blanked(mart, column, f"CASE WHEN {blanked[column]} THEN NULL ELSE this.{column} END"))
        elif column in mart.columns:
            columns.append(_blanked(mart, column, f"this.{column}"))
    cautioned = mart.hide[0].series is not None and mart.hide[0].first is not None
    for said, column in (("words", "suppression"), ("since", "suppressed_since")):
        first = ", ".join(f"CASE WHEN {hit} THEN tie_{place}.{said} END" for place, hit in enumerate(hits))
        columns.append(f"coalesce({first}) AS {column}")
    if cautioned:
        columns.append(f"CASE WHEN NOT ({hits[0]}) THEN caution.words END AS caution")
    joins = " ".join(f"LEFT JOIN tie_{place} USING (place)" for place in range(len(ties)))
    own = mart.hide[0]
    return (
        f"WITH this AS (SELECT *, row_number() OVER () AS place FROM {name}), "
        f"own AS (SELECT place, {own.series or 'NULL'} AS series, {own.first or 'NULL'} AS first FROM this), "
        + ", ".join(ties)
        + f" SELECT {', '.join(columns)} FROM this JOIN own USING (place) {joins}"
        + (
            " LEFT JOIN policy.caution AS caution ON own.series = caution.series_id AND own.first = caution.period_start"
            if cautioned
            else ""
        )
        + (
            " WHERE own.series IS NULL OR own.series NOT IN "
            "(SELECT series_id FROM policy.hidden WHERE period_start IS NULL)"
            if mart.rows == "left out"
            else ""
        )
    )


def _tie(place: int, name: str, tie: Tie) -> str:
    """A common table expression: rows of the table, by place, that rest on something hidden, and why."""
    if tie.figure:
        table, key, on = "policy.hidden_figure", tie.figure, "rested.key = hidden.figure_id"
    else:
        table = "policy.hidden"
        key, on = (
            (tie.series, "rested.key = hidden.series_id")
            if tie.series
            else (f"peers_of({tie.peers_of})", "rested.key = peers_of(hidden.series_id)")
            if tie.peers_of
            else (
                f"subject_of({tie.months_of})",
                "rested.key = subject_of(hidden.series_id) AND split_part(hidden.series_id, '|', 3) = 'month'",
            )
        )
    first, last = tie.first or "NULL", tie.last or tie.first or "NULL"
    if tie.months_of:
        # that months do not leave is no word on how small they are
        on += " AND hidden.period_start = rested.first"
    elif tie.first:
        on += " AND (hidden.period_start IS NULL OR hidden.period_start BETWEEN rested.first AND rested.last)"
    return (
        f"tie_{place} AS (SELECT rested.place, min(hidden.words) AS words, min(hidden.since) AS since "
        f"FROM (SELECT place, {key} AS key, {first} AS first, {last} AS last FROM this) AS rested "
        f"JOIN {table} AS hidden ON {on} GROUP BY rested.place)"
    )


def _hit(place: int, tie: Tie, there: Sequence[str]) -> str:
    """Whether the row has something to hide: a number that is missing anyway keeps its own reason."""
    told = " OR ".join(f"this.{column} IS NOT NULL" for column in tie.columns if column in there) or "true"
    return f"(tie_{place}.words IS NOT NULL AND ({told}))"


def _blanked(mart: Mart, column: str, expression: str) -> str:
    for blank in mart.blank:
        if column in blank.columns:
            expression = f"CASE WHEN {blank.where} THEN NULL ELSE {expression} END"
    return f"{expression} AS {column}"
