"""Checks that tables of official statistics share."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.checks.shared import given, holds, lineage, staged, unique, with_file
from pipelines.checks.suite import Expect, no_rows
from pipelines.checks.vocabulary import literal, seed_rows, seed_values

_FORCES = seed_rows("reference/force", "force_name", "area_code", "force_kind")
_ALIASES = seed_rows("reference/area_alias", "area_name", "area_code")
_CODES = {name: code for name, code, *_ in (*_FORCES, *_ALIASES)}
_TERRITORIAL = {code for _, code, kind in _FORCES if kind == "territorial"}


def _words(words: Iterable[str]) -> str:
    return ", ".join(literal(word) for word in words)


def _pairs(codes: Iterable[str]) -> str:
    """Name and code of every name that means one of these areas."""
    wanted = set(codes)
    return ", ".join(f"({literal(name)}, {literal(code)})" for name, code in _CODES.items() if code in wanted)


def cells(source: str) -> tuple[Expect, ...]:
    """What holds for the raw table of a source that is read cell by cell."""
    return (
        *lineage(source),
        given("table_id", "A cell does not tell its table: look at the title in the sheet named here."),
        given("column_label", "A column has no header, so its numbers cannot be told apart: look at the sheet."),
        given("area_name", "A row has no area: look at the sheet."),
        unique(
            "cell_unique",
            ("extract_id", "sheet", "cell"),
            "A cell was read twice and would be counted twice: correct pipelines/ingest/crosstabs.py.",
        ),
        holds(
            "headers_without_footnotes",
            "NOT regexp_matches(column_label, '[A-Za-z][A-Za-z][A-Za-z][0-9][0-9]?$|\\[note') "
            "AND NOT regexp_matches(area_name, '[0-9]$|\\[note')",
            ("extract_id", "line", "area_name", "column_label"),
            "A footnote mark is still part of a name, which then fits no other edition: extend without_marks in "
            "pipelines/ingest/crosstabs.py.",
            "warning",
        ),
    )


def period_is_month_end() -> Expect:
    """Check `period_is_month_end`: the last day of the period ends a month."""
    return holds(
        "period_is_month_end",
        "period_end = last_day(period_end)",
        ("extract_id", "line", "table_id", "period_end"),
        "A table does not end with a month, so its period was misread: look at its title.",
    )


def staged_cells(source: str, *values: str) -> tuple[Expect, ...]:
    """What holds for the staging model of an official source; each of `values` has a column for its marker."""
    markers = [(value, "marker" if value == "value" else f"{value}_marker") for value in values]
    return (
        *staged(source),
        *(
            no_rows(
                f"{marker}_known",
                with_file(
                    f"SELECT any_value(extract_id) AS extract_id, {marker}, count(*) AS row_count FROM {{batch}} "
                    f"WHERE {marker} NOT IN ({_words(_markers_of(source))}) GROUP BY {marker}"
                ),
                "A sign stands in the place of a number that nobody has explained: look for it in the notes of the table "
                "and add it to seed official_marker.csv.",
                "warning",
            )
            for _, marker in markers
        ),
        *(
            holds(
                f"{value}_or_{marker}",
                f"{value} IS NULL OR {marker} IS NULL",
                ("extract_id", "line", value, marker),
                "A cell has both a number and a marker: correct macro cell_marker.",
            )
            for value, marker in markers
        ),
    )


def _markers_of(source: str) -> tuple[str, ...]:
    return (
        "",
        *(marker for name, marker in seed_rows("reference/official_marker", "source", "marker") if name == source),
    )


def areas_named(column: str, only: str = "true") -> Expect:
    """Check `areas_named`: every name of a force is one that the models know."""
    return no_rows(
        "areas_named",
        with_file(
            f"SELECT any_value(extract_id) AS extract_id, {column}, count(*) AS row_count FROM {{batch}} "
            f"WHERE {only} AND {column} NOT IN ({_words(_CODES)}) GROUP BY {column}"
        ),
        "A force goes by a name that no area has, so its figures are in no measure: add the name to seed area_alias.csv.",
        "warning",
    )


def offences_grouped() -> Expect:
    """Check `offences_grouped`: every offence code but those of fraud is in a group, and so in one that makes the total."""
    return no_rows(
        "offences_grouped",
        with_file(
            "SELECT any_value(extract_id) AS extract_id, offence_code, any_value(offence_description) AS offence, "
            "any_value(offence_subgroup) AS offence_subgroup, count(*) AS row_count FROM {batch} "
            "WHERE offence_group <> 'Fraud offences' "
            f"AND offence_code NOT IN ({_words(seed_values('reference/offence_group', 'offence_code'))}) "
            "GROUP BY offence_code"
        ),
        "An offence code is in no group, so its offences are in the total alone: add it to seed offence_group.csv.",
        "warning",
    )


def codes_fit_names(column: str, only: str = "true") -> Expect:
    """Check `codes_fit_names`: a printed area code is that of the area named beside it."""
    return no_rows(
        "codes_fit_names",
        with_file(
            f"SELECT any_value(extract_id) AS extract_id, {column}, area_code, count(*) AS row_count FROM {{batch}} "
            f"WHERE {only} AND area_code IS NOT NULL AND {column} IN ({_words(_CODES)}) "
            f"AND ({column}, area_code) NOT IN ({_pairs(_CODES.values())}) GROUP BY {column}, area_code"
        ),
        "The publisher printed the code of another area beside a name; the models go by the name: tell the publisher.",
        "warning",
    )


def forces_all_there(column: str, only: str = "true") -> Expect:
    """Check `forces_all_there`: a real table by force has a row for each territorial force."""
    return no_rows(
        "forces_all_there",
        f"""
        SELECT register.file_name, found.* FROM (
            SELECT extract_id, period_start, count(DISTINCT area.code) AS forces
            FROM (SELECT * FROM {{batch}} WHERE {only}) AS rows
            LEFT JOIN (VALUES {_pairs(_TERRITORIAL)}) AS area (name, code) ON area.name = rows.{column}
            GROUP BY extract_id, period_start
        ) AS found
        LEFT JOIN ops.extract AS register USING (extract_id)
        WHERE found.forces < {len(_TERRITORIAL)} AND NOT register.is_sample
        """,
        "A table by force lacks forces: some are left out, merged, or named in a way the models do not know.",
        "warning",
    )


def quarters_without_gap() -> Expect:
    """Check `quarters_without_gap`: of a year there are the quarters from the first to the last that is published."""
    return no_rows(
        "quarters_without_gap",
        with_file(
            "SELECT extract_id, financial_year, string_agg(DISTINCT financial_quarter, ', ' ORDER BY financial_quarter) "
            "AS quarters FROM {batch} GROUP BY extract_id, financial_year "
            "HAVING count(DISTINCT financial_quarter) <> max(financial_quarter)"
        ),
        "A quarter is missing before one that is there, so the year has no value: download the file again.",
        "warning",
    )
