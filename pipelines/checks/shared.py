"""Checks that many tables share. A suite is these and the few that are its own."""

from __future__ import annotations

from pipelines.checks.suite import Expect, Severity, in_set, no_rows, not_null
from pipelines.checks.vocabulary import literal, seed_values
from pipelines.sources.contract import NATIONAL, load_contracts
from pipelines.store.warehouse import WHITE_SPACE

# White space as the models' macro clean_text knows it.
_WITHDRAW = "take the file out of the raw directory and run `fpw withdraw` with its extract_id"

# Outermost points of the United Kingdom, in degrees, rounded outwards.
UK_LONGITUDE = (-8.7, 1.8)
UK_LATITUDE = (49.8, 60.9)


def lineage(source: str) -> tuple[Expect, ...]:
    """What holds for the raw table of every source: each row is traceable, and none is lost or counted twice."""
    current = f"SELECT * FROM ops.extract WHERE source = '{source}' AND status = 'loaded'"
    return (
        not_null("extract_id", "A row without extract_id cannot be traced to its file: load the source again."),
        not_null("line", "A row without line cannot be found in its file: load the source again."),
        not_null("force", "The force comes from the file name: correct the name and load the file again."),
        not_null("period_start", "The month comes from the file name: correct the name and load the file again."),
        unique_lines("A line of a file was loaded twice and would be counted twice: load the extract again."),
        no_rows(
            "rows_match_register",
            f"""
            SELECT file_name, extract_id, rows_loaded AS rows_registered, row_count AS rows_in_table
            FROM (SELECT file_name, extract_id, rows_loaded FROM ({current}) AS loaded) AS registered
            FULL JOIN (SELECT extract_id, count(*) AS row_count FROM {{batch}} GROUP BY extract_id) AS found
                USING (extract_id)
            WHERE rows_loaded IS NULL OR rows_loaded <> coalesce(row_count, 0)
            """,
            "Rows were lost or added between the file and the table, or an extract is not registered as loaded: "
            "load the extract named here again.",
        ),
        no_rows(
            "labels_match_register",
            f"""
            SELECT registered.file_name, found.extract_id, found.force, found.period_start
            FROM (SELECT DISTINCT extract_id, force, period_start FROM {{batch}}) AS found
            JOIN ({current}) AS registered USING (extract_id)
            WHERE found.force IS DISTINCT FROM registered.force
                OR found.period_start IS DISTINCT FROM registered.period_start
            """,
            "Rows carry another force or month than their extract is registered for: load the extract again.",
            by_extract=True,
        ),
        no_rows(
            "one_extract_per_period",
            """
            SELECT found.force, found.period_start, registered.slice, count(*) AS extracts
            FROM (SELECT DISTINCT force, period_start, extract_id FROM {batch}) AS found
            LEFT JOIN ops.extract AS registered USING (extract_id)
            GROUP BY found.force, found.period_start, registered.slice
            HAVING count(*) > 1
            """,
            "Two releases of one force and period are current and would both be counted: load the later one again.",
        ),
        no_rows(
            "release_keeps_rows",
            f"""
            SELECT found.file_name, found.period_start, found.rows_removed, replaced.rows_loaded AS rows_before
            FROM ({current}) AS found JOIN ops.extract AS replaced ON replaced.extract_id = found.supersedes
            WHERE found.rows_removed - found.rows_added > replaced.rows_loaded / 10
                AND EXISTS (SELECT 1 FROM {{batch}} AS rows WHERE rows.extract_id = found.extract_id)
            """,
            "A later release of a period lost more than a tenth of its rows, as an export does that starts or ends within "
            "the period: look whether the file holds the whole period, else withdraw the extract with `fpw withdraw`.",
            "warning",
        ),
        _force_known(source),
        no_rows(
            "table_filled",
            f"""
            SELECT count(*) AS extracts, sum(rows_loaded) AS rows_registered FROM ({current}) AS registered
            WHERE NOT EXISTS (SELECT 1 FROM {{batch}})
            HAVING count(*) > 0
            """,
            "The source has extracts but its table is empty: see ops.quarantine for the reason.",
            "warning",
        ),
        no_rows(
            "extract_has_rows",
            f"""
            SELECT file_name, force, period_start FROM ({current}) AS registered
            WHERE rows_read = 0 AND EXISTS (SELECT 1 FROM {{batch}})
            """,
            "A file has a header and no row, which counts its period as one without records: if there were some, export "
            "it again.",
            "warning",
        ),
    )


def _force_known(source: str) -> Expect:
    if load_contracts()[source].expected_forces == NATIONAL:
        return in_set("force", (NATIONAL,), "A file that covers all forces is loaded for one of them: load it again.")
    return known("force", "reference/force", "force")


def unique_lines(description: str) -> Expect:
    """Check `line_unique`: no two rows share extract_id and line.

    Cheap at 19 million rows: within an extract whose lines run from first to last without a gap, as many lines
    as rows cannot repeat. Only the others, those with quarantined rows, are counted line by line.
    """
    return no_rows(
        "line_unique",
        with_file("""
        SELECT extract_id, line, count(*) AS row_count
        FROM {batch}
        WHERE extract_id IN (
            SELECT extract_id FROM {batch}
            GROUP BY extract_id
            HAVING max(line) - min(line) + 1 <> count(*) OR sum(line) * 2 <> (max(line) + min(line)) * count(*)
        )
        GROUP BY extract_id, line
        HAVING count(*) > 1
        """),
        description,
        by_extract=True,
    )


def known(column: str, seed: str, seed_column: str, severity: Severity = "error") -> Expect:
    """Check `<column>_known`: every value given stands in a seed, which is where a new one is added."""
    return in_set(
        column,
        seed_values(seed, seed_column),
        f"The publisher uses a word for {column} that the models do not know: add it to seed {seed}.csv.",
        severity,
    )


def between(
    column: str, low: float | None, high: float | None, description: str, severity: Severity = "error"
) -> Expect:
    """Check `<column>_in_range`: every value given lies within `low` and `high` (None: no limit)."""
    return Expect(
        name=f"{column}_in_range",
        severity=severity,
        type="expect_column_values_to_be_between",
        kwargs={"column": column, "min_value": low, "max_value": high},
        description=description,
        wrong=outside(column, low, high),
    )


def outside(column: str, low: object, high: object) -> str:
    """SQL condition that a value below `low` or above `high` meets (None: no limit)."""
    return " OR ".join(f"{column} {sign} {limit}" for sign, limit in (("<", low), (">", high)) if limit is not None)


def with_file(query: str) -> str:
    """A query of rows with `extract_id`, with the name of the file each is from in front."""
    return f"""
        SELECT register.file_name, found.* FROM ({query}) AS found
        LEFT JOIN ops.extract AS register USING (extract_id)
    """


def matches(column: str, pattern: str, description: str, severity: Severity = "error") -> Expect:
    """Check `<column>_formed`: every value given matches a regular expression as a whole."""
    wrong = f"NOT regexp_full_match({column}, {literal(pattern)})"
    return no_rows(
        f"{column}_formed",
        with_file(f"SELECT extract_id, line, {column} FROM {{batch}} WHERE {wrong}"),
        description,
        severity,
        wrong=wrong,
    )


def holds(
    name: str, condition: str, columns: tuple[str, ...], description: str, severity: Severity = "error"
) -> Expect:
    """Check that a SQL condition is true in every row; where it is NULL it counts as false.

    `columns` are shown for the first rows in which it is not, with the name of the file when the first is extract_id.
    """
    wrong = f"({condition}) IS NOT TRUE"
    query = f"SELECT {', '.join(columns)} FROM {{batch}} WHERE {wrong}"
    query = with_file(query) if columns[0] == "extract_id" else query
    return no_rows(name, query, description, severity, wrong=wrong)


def given(column: str, description: str, severity: Severity = "error") -> Expect:
    """Check `<column>_given`: the column holds a value in every row; the files in which it does not are named."""
    return holds(f"{column}_given", f"{column} IS NOT NULL", ("extract_id", "line", column), description, severity)


def worded(column: str, words: tuple[str, ...], description: str, severity: Severity = "error") -> Expect:
    """Check `<column>_known` of a raw table: every text given is one of `words`, white space around it aside.

    Blank text is no word: the models take it as missing. Each other text is shown with how often it is found and
    one file that holds it.
    """
    known_words = ", ".join(literal(word) for word in words)
    return no_rows(
        f"{column}_known",
        with_file(
            f"SELECT any_value(extract_id) AS extract_id, {column}, count(*) AS row_count FROM {{batch}} "
            f"WHERE {column} NOT IN ({known_words}) "
            f"AND trim({column}, {WHITE_SPACE}) NOT IN ('', {known_words}) GROUP BY {column}"
        ),
        description,
        severity,
        by_extract=True,
    )


def worded_as_seed(column: str, seed: str, seed_column: str, severity: Severity = "error") -> Expect:
    """Check `<column>_known` of a raw table as `worded` does, with the words of a seed."""
    return worded(
        column,
        seed_values(seed, seed_column),
        f"The publisher uses a word for {column} that the models do not know: add it to seed {seed}.csv.",
        severity,
    )


def tidy(*columns: str) -> Expect:
    """Check `text_tidy` of a raw table (a warning): no text is blank or has white space around it.

    Staging cleans it, so the figures stand; the publisher may want to know. Shows which columns it is in.
    """
    untidy = {column: f"({column} <> trim({column}) OR {column} < '!')" for column in columns}
    named = ", ".join(f"CASE WHEN {condition} THEN '{column}' END" for column, condition in untidy.items())
    wrong = " OR ".join(untidy.values())
    return no_rows(
        "text_tidy",
        with_file(f"SELECT extract_id, line, concat_ws(', ', {named}) AS untidy_columns FROM {{batch}} WHERE {wrong}"),
        "The publisher left text blank or with white space around it: it is counted as missing or without the white "
        "space, so nothing need be done; tell the publisher if it is much.",
        "warning",
        wrong=wrong,
    )


def month_of_file(what: str) -> Expect:
    """Check `month_matches_file` of a raw table: each row is of the month of its file."""
    return holds(
        "month_matches_file",
        "month = period_start",
        ("extract_id", "line", "month", "period_start"),
        f"{what} belongs to another month than its file, which is then not what its name says: {_WITHDRAW}.",
    )


def unique(name: str, columns: tuple[str, ...], description: str) -> Expect:
    """Check that no two rows share `columns`; NULL counts as a value."""
    key = ", ".join(columns)
    return no_rows(
        name, f"SELECT {key}, count(*) AS row_count FROM {{batch}} GROUP BY {key} HAVING count(*) > 1", description
    )


def refers(column: str, table: str, target: str, description: str, severity: Severity = "error") -> Expect:
    """Check `<column>_refers`: every value given stands in column `target` of another table of the database."""
    return no_rows(
        f"{column}_refers",
        f"""
        SELECT {column}, count(*) AS row_count FROM {{batch}}
        WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT {target} FROM {table})
        GROUP BY {column}
        """,
        description,
        severity,
    )


def staged(source: str) -> tuple[Expect, ...]:
    """What holds for every staging model: the rows of its raw table, one for one, with the same key."""
    return (
        not_null("extract_id", "A staged row cannot be traced to its file: correct the staging model."),
        not_null("line", "A staged row cannot be found in its file: correct the staging model."),
        not_null("force", "A staged row has no force: correct the staging model."),
        _force_known(source),
        not_null("period_start", "A staged row has no month: correct the staging model."),
        no_rows(
            "rows_match_raw",
            f"""
            SELECT extract_id, raw_count, staged_count
            FROM (SELECT extract_id, count(*) AS raw_count FROM raw.{source} GROUP BY extract_id) AS before
            FULL JOIN (SELECT extract_id, count(*) AS staged_count FROM {{batch}} GROUP BY extract_id) AS found
                USING (extract_id)
            WHERE raw_count IS DISTINCT FROM staged_count
            """,
            "Staging is one row for one, and here rows were lost or repeated: correct the staging model.",
        ),
        unique_lines("Staging repeats a row of raw: correct the staging model."),
    )


def trimmed(*columns: str) -> Expect:
    """Check `text_trimmed` of a staging model: no text is empty or has blanks around it, whatever the file holds."""
    return holds(
        "text_trimmed",
        " AND ".join(f"({column} IS NULL OR ({column} = trim({column}) AND {column} <> ''))" for column in columns),
        ("extract_id", "line", *columns),
        "Text is empty or has blanks around it, so equal words would be counted apart: give the column macro "
        "clean_text in the staging model.",
    )


def in_order(earlier: str, later: str, description: str) -> Expect:
    """Check `<later>_after_<earlier>` of a staging model (a warning): of two local times of a record, where both are
    given, the later is not before the earlier. In the hour that comes twice in October it may show so.
    """
    twice = f"month({earlier}) = 10 AND day({earlier}) >= 25 AND isodow({earlier}) = 7 AND hour({earlier}) = 1"
    return holds(
        f"{later}_after_{earlier}",
        f"{earlier} IS NULL OR {later} IS NULL OR {later} >= {earlier} OR ({twice})",
        ("extract_id", "line", earlier, later),
        description,
        "warning",
    )


def kind_follows_sample(column: str, condition: str) -> Expect:
    """Check `source_kind_told`: `source_kind` is 'synthetic' exactly where `condition` on `column` (the extract or
    extracts behind the row) says that any of them is a sample."""
    return no_rows(
        "source_kind_told",
        f"""
        SELECT source_kind, {column} FROM (SELECT DISTINCT source_kind, {column} FROM {{batch}}) AS kinds
        WHERE ((source_kind = 'synthetic') = coalesce({condition}, false)) IS NOT TRUE
        """,
        "Made-up sample records are not told apart from real ones, or the reverse: correct source_kind in the model.",
    )


def extracts_current(query: str) -> Expect:
    """Check `extracts_current`: the extracts that `query` selects are registered and not superseded."""
    return no_rows(
        "extracts_current",
        f"SELECT * FROM ({query}) AS used (extract_id) WHERE extract_id NOT IN "
        "(SELECT extract_id FROM ops.extract WHERE status = 'loaded')",
        "Figures rest on an extract that is not current: build the models again after loading.",
    )


def forces_up_to_date() -> Expect:
    """Check `forces_up_to_date` of source_month: a force that supplied a source has its newest month; but for the home
    force, of which `home_force_up_to_date` speaks."""
    return no_rows(
        "forces_up_to_date",
        """
        SELECT source, newest_month, count(*) AS forces, min(force) AS for_one, min(newest_of_force) AS longest_since
        FROM (
            SELECT source, force, max(month) AS newest_of_force, max(max(month)) OVER (PARTITION BY source) AS newest_month
            FROM {batch} AS months WHERE status = 'supplied' GROUP BY source, force
        ) AS newest
        WHERE newest_of_force < newest_month AND force NOT IN (SELECT force FROM marts.dim_force WHERE is_home_force)
        GROUP BY source, newest_month
        """,
        "Forces that supplied a source before are not in its newest month: put their files in the raw directory, or note "
        "that they did not publish.",
        "warning",
    )


def home_force_up_to_date() -> Expect:
    """Check `home_force_up_to_date` of source_month: the home force has the newest month that any force supplied."""
    home = "(SELECT force FROM marts.dim_force WHERE is_home_force)"
    return no_rows(
        "home_force_up_to_date",
        f"""
        SELECT {home} AS home_force, source, newest_month, newest_of_home_force
        FROM (
            SELECT source, max(month) AS newest_month, max(month) FILTER (WHERE force = {home}) AS newest_of_home_force
            FROM {{batch}}
            WHERE status = 'supplied'
            GROUP BY source
        ) AS newest
        WHERE newest_of_home_force IS DISTINCT FROM newest_month
        """,
        "Another force has a newer month of this source than the home force, whose latest figures are therefore "
        "missing: put the home force's file in the raw directory, or note that it did not publish.",
        "warning",
    )


def place() -> tuple[Expect, ...]:
    """What holds for the coordinates of any data.police.uk record."""
    limits = {"longitude": UK_LONGITUDE, "latitude": UK_LATITUDE}
    return (
        *(
            holds(
                f"{column}_in_range",
                f"{column} IS NULL OR {column} BETWEEN {low} AND {high}",
                ("extract_id", "line", column),
                "A point lies outside the United Kingdom, so an area may be wrong: tell the publisher.",
                "warning",
            )
            for column, (low, high) in limits.items()
        ),
        holds(
            "coordinates_whole",
            "(longitude IS NULL) = (latitude IS NULL)",
            ("extract_id", "line", "longitude", "latitude"),
            "A record has one coordinate without the other: look at the line of the file named here.",
            "warning",
        ),
    )
