"""What is built again in a night: all that is made of something new, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.store.built import (
    added,
    digest_of_checks,
    digests,
    due,
    extracts_of,
    forget,
    note,
    noted,
    sources_behind,
    sources_read,
)
from pipelines.store.warehouse import create_ops_table


def node(kind: str, name: str, schema: str, *above: str, sql: str = "", by_source: bool = False) -> dict[str, Any]:
    return {
        "unique_id": f"{kind}.fpw.{name}",
        "resource_type": kind,
        "name": name,
        "alias": name,
        "schema": schema,
        "raw_code": sql,
        "depends_on": {"nodes": list(above)},
        "config": {"meta": {"by_source": by_source}},
    }


NODES = [
    node("seed", "force", "reference"),
    node("model", "stg_crime", "staging", "source.fpw.raw.crime"),
    node("model", "stg_survey", "staging", "source.fpw.raw.survey"),
    node("model", "int_source_month", "intermediate", "source.fpw.ops.extract", "seed.fpw.force", by_source=True),
    node(
        "model",
        "msr_survey",
        "measures",
        *("model.fpw.stg_survey", "model.fpw.int_source_month"),
        sql="(select * from {{ ref('int_source_month') }} where source = 'survey')",
    ),
    node("model", "msr_crime", "measures", "model.fpw.stg_crime", "model.fpw.int_source_month"),
    node("model", "measure_value", "marts", "model.fpw.msr_survey", "model.fpw.msr_crime"),
    node("model", "value_history", "marts", "source.fpw.ops.release"),
    node("model", "dim_force", "marts", "seed.fpw.force"),
    node("test", "survey_is_whole", "tests", "model.fpw.msr_survey"),
]
MANIFEST: dict[str, Any] = {
    "nodes": {entry["unique_id"]: entry for entry in NODES},
    "sources": {
        f"source.fpw.{schema}.{name}": {"resource_type": "source", "source_name": schema, "name": name}
        for schema, name in (("raw", "crime"), ("raw", "survey"), ("ops", "extract"), ("ops", "release"))
    },
}
MEMBERS = [entry["unique_id"] for entry in NODES if entry["resource_type"] != "seed"]


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    """A build database in which everything is noted as built from one extract of each source."""
    with duckdb.connect() as connection:
        for table in ("extract", "release"):
            create_ops_table(connection, table)
        connection.execute("INSERT INTO ops.extract (extract_id, source) VALUES ('a', 'crime'), ('b', 'survey')")
        connection.execute("INSERT INTO ops.release (release_id) VALUES ('first')")
        for entry in NODES:
            if entry["resource_type"] == "model":
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {entry['schema']}")
                connection.execute(f"CREATE TABLE {entry['schema']}.{entry['name']} (a INTEGER)")
        note(connection, hashes(connection))
        yield connection


def hashes(connection: duckdb.DuckDBPyConnection, force: str = "kent") -> dict[str, str]:
    return digests(connection, Settings.load({}, force=force), MANIFEST)


def again(connection: duckdb.DuckDBPyConnection, force: str = "kent") -> set[str]:
    """Names of what is to be built or tested again."""
    chosen, kept = due(MEMBERS, MANIFEST, hashes(connection, force), noted(connection))
    assert sorted(chosen + kept) == sorted(MEMBERS)
    return {key.split(".")[2] for key in chosen}


def test_where_nothing_changed_nothing_is_built(build: duckdb.DuckDBPyConnection) -> None:
    assert again(build) == set()


def test_a_new_extract_touches_what_is_made_of_its_source_and_of_the_register(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("INSERT INTO ops.extract (extract_id, source) VALUES ('c', 'crime')")
    assert again(build) == {"stg_crime", "int_source_month", "msr_crime", "measure_value"}
    build.execute("UPDATE ops.extract SET status = 'withdrawn' WHERE source = 'survey'")
    assert again(build) == {entry["name"] for entry in NODES[1:] if entry["name"] not in ("dim_force", "value_history")}


def test_a_new_release_touches_what_names_it(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("UPDATE ops.release SET release_id = 'second'")
    assert again(build) == {"value_history"}


def test_everything_is_built_for_another_force_and_where_nothing_is_known(build: duckdb.DuckDBPyConnection) -> None:
    everything = {key.split(".")[2] for key in MEMBERS}
    assert again(build, force="essex") == everything
    forget(build)
    assert again(build) == everything


def test_what_a_cut_off_run_may_have_left_is_built_again_with_all_that_stands_on_it(
    build: duckdb.DuckDBPyConnection,
) -> None:
    forget(build, {"staging.stg_survey"})
    assert again(build) == {"stg_survey", "msr_survey", "survey_is_whole", "measure_value"}
    note(build, hashes(build))
    build.execute("DROP TABLE marts.dim_force")
    assert again(build) == {"dim_force"}


def test_checks_look_again_when_any_table_they_name_is_new(build: duckdb.DuckDBPyConnection) -> None:
    queries = ["SELECT * FROM {batch} JOIN staging.stg_survey USING (id)", "SELECT * FROM ops.extract"]

    def of(table: str) -> str:
        return digest_of_checks(table, queries, hashes(build))

    before = of("staging.stg_stops"), of("marts.dim_force")
    assert before[1] == of("marts.dim_force")
    assert before[0] != of("staging.stg_stops")  # of a table that nobody knows
    before = of("staging.stg_survey"), of("marts.dim_force")
    build.execute("INSERT INTO ops.extract (extract_id, source) VALUES ('c', 'crime')")
    assert of("staging.stg_survey") == before[0]
    assert of("marts.dim_force") != before[1]
    between = of("marts.dim_force")
    build.execute("INSERT INTO ops.extract (extract_id, source) VALUES ('d', 'survey')")
    assert of("staging.stg_survey") != before[0]
    assert of("marts.dim_force") != between


MONTHS = "(select * from {{ ref('int_source_month') }}"


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        (f"{MONTHS} where source = 'a')", ["a"]),
        (f"{MONTHS}\n\n    where\n        source in ('a', 'b')\n        and is_within_series\n\n)", ["a", "b"]),
        (f"{MONTHS} where source = 'a'), {MONTHS} where source = 'b')", ["a", "b"]),
        (f"{MONTHS} where source = 'a'), {MONTHS})", None),
        (f"{MONTHS} where source = 'a' or true)", None),
        (f"{MONTHS} where source in ({{{{ own | join(', ') }}}}))", None),
        (f"{MONTHS} where source = 'a'), (select * from {{{{ ref(\"int_source_month\") }}}})", None),
        (f"{MONTHS} where status = 'a')", None),
        (f"(select * from b join {MONTHS.split('from ')[1]} where source = 'a')", None),
        (f"{MONTHS} where source = 'a' union all select 1)", None),
        ("(select * from {{ ref('int_period') }} where source = 'a')", None),
    ],
)
def test_what_is_read_of_a_table_by_source_is_told_only_where_it_is_certain(sql: str, read: list[str] | None) -> None:
    assert sources_read(sql, "intermediate.int_source_month") == read


def test_extracts_are_added_where_those_before_are_still_there(build: duckdb.DuckDBPyConnection) -> None:
    table = "intermediate.int_source_month"
    held = {"a": "1", "b": "2"}
    assert added(build, table, held) is None, "of a table that is noted, but not by extract"
    note(build, {table: "x"}, {table: held})
    assert added(build, table, held) == []
    assert added(build, table, {**held, "d": "4", "c": "3"}) == ["c", "d"]
    assert added(build, table, {"a": "1", "c": "3"}) is None, "one is gone"
    assert added(build, table, {**held, "b": "3"}) is None, "one has changed, or what is made of it"
    assert added(build, table, {**held, **dict.fromkeys("cde", "3")}) is None, "more are new than not"
    forget(build, {table})
    assert added(build, table, held) is None
    note(build, {table: "x"}, {table: held})
    build.execute(f"DROP TABLE {table}")
    assert added(build, table, held) is None


def test_an_extract_has_another_hash_when_its_line_or_what_is_made_with_it_changes(
    build: duckdb.DuckDBPyConnection,
) -> None:
    build.execute("UPDATE ops.extract SET status = 'loaded'")
    build.execute("INSERT INTO ops.extract (extract_id, source, status) VALUES ('gone', 'crime', 'superseded')")
    first = extracts_of(build, {"crime"}, "code")
    assert first.keys() == {"a"}
    assert extracts_of(build, {"crime"}, "code") == first
    assert extracts_of(build, {"crime"}, "other code") != first
    build.execute("UPDATE ops.extract SET rows_loaded = 7 WHERE extract_id = 'a'")
    assert extracts_of(build, {"crime"}, "code") != first


def test_without_the_extracts_a_table_is_made_of_code_and_seeds(build: duckdb.DuckDBPyConnection) -> None:
    before = digests(build, Settings.load({}, force="kent"), MANIFEST, extracts=False)
    build.execute("INSERT INTO ops.extract (extract_id, source) VALUES ('c', 'crime')")
    assert digests(build, Settings.load({}, force="kent"), MANIFEST, extracts=False) == before
    other = digests(build, Settings.load({}, force="avon-and-somerset"), MANIFEST, extracts=False)
    assert other["staging.stg_crime"] != before["staging.stg_crime"]


def test_a_table_that_is_added_to_is_made_of_raw_tables_and_seeds_alone() -> None:
    assert sources_behind("staging.stg_crime", MANIFEST) == {"crime"}
    with pytest.raises(ValueError, match=r"measures\.msr_crime reads ops\.extract, so take meta by_extract away"):
        sources_behind("measures.msr_crime", MANIFEST)
