"""Models that add what new extracts bring to what they hold: whatever comes in whichever order, their counts add up to
those of one build of everything. Their SQL is rendered outside dbt and run on DuckDB over drawn records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.macros import Macros
from pipelines.settings import DBT_DIR

MACROS = Macros()
EXTRACTS = ("a", "b", "c", "d")
CRIME_TYPES = {"Robbery": True, "Drugs": True, "Noise": False}
OUTCOMES = {"Charged": ("positive", False), "Nobody found": ("none", False), "Fined": ("positive", True)}
IDS = st.sampled_from(["1", "2", "3", None])
MONTHS = st.integers(1, 9).map(lambda month: f"2020-0{month}-01")
FORCES = st.sampled_from(["avon", "kent"])
CRIMES = st.lists(
    st.tuples(
        st.sampled_from(EXTRACTS),
        FORCES,
        MONTHS,
        st.sampled_from(sorted(CRIME_TYPES)),
        IDS,
        st.sampled_from(["x", None]),
    ),
    max_size=12,
)
GIVEN = st.lists(
    st.tuples(st.sampled_from(EXTRACTS), FORCES, MONTHS, IDS, st.sampled_from([*OUTCOMES, "New words"])), max_size=12
)
MODELS = ("int_street_record_count", "int_street_outcome_spell")


def sql_of(model: str) -> str:
    (path,) = (DBT_DIR / "models").rglob(f"{model}.sql")
    return path.read_text(encoding="utf-8")


def rendered(sql: str, new: Collection[str] | None) -> str:
    """The model's SQL for a first build, or for what is added of new extracts."""
    return jinja2.Template(sql).render(
        ref=lambda name: name,
        is_incremental=lambda: new is not None,
        new_extracts=lambda _: "('" + "', '".join(new or ()) + "')",
        months_between=MACROS.months_between,
    )


def values(rows: Sequence[tuple[Any, ...]], width: int) -> str:
    """The rows as SQL; of none, none."""
    told = [", ".join("NULL" if value is None else repr(value) for value in row) for row in rows]
    return " UNION ALL ".join(f"SELECT {row}" for row in told) or f"SELECT {', '.join(['NULL'] * width)} LIMIT 0"


def test_these_are_the_models_that_are_added_to() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (DBT_DIR / "models").rglob("*.yml")]
    models = [model for text in texts if "by_extract" in text for model in yaml.safe_load(text).get("models", ())]
    assert {model["name"] for model in models if "by_extract" in model.get("config", {}).get("meta", {})} == set(MODELS)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=40, deadline=None)
@given(crimes=CRIMES, outcomes=GIVEN, nights=st.lists(st.sets(st.sampled_from(EXTRACTS)), min_size=1, max_size=3))
def test_what_is_added_makes_up_the_whole(
    model: str, crimes: list[tuple[Any, ...]], outcomes: list[tuple[Any, ...]], nights: list[set[str]]
) -> None:
    sql = sql_of(model)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE crime (extract_id VARCHAR, force VARCHAR, period_start DATE, crime_type VARCHAR, "
            "crime_id VARCHAR, last_outcome_category VARCHAR, is_located BOOLEAN DEFAULT true, lad_name VARCHAR);"
            "CREATE TABLE outcome (extract_id VARCHAR, force VARCHAR, period_start DATE, crime_id VARCHAR, outcome_type VARCHAR);"
            "CREATE TABLE street_crime_type (crime_type VARCHAR, is_crime BOOLEAN);"
            "CREATE TABLE outcome_group (vocabulary VARCHAR, outcome VARCHAR, outcome_group VARCHAR, is_court_stage BOOLEAN);"
            "CREATE TABLE arrived (extract_id VARCHAR);"
            "CREATE VIEW stg_police_uk_street AS FROM crime WHERE extract_id IN (FROM arrived);"
            "CREATE VIEW stg_police_uk_outcomes AS FROM outcome WHERE extract_id IN (FROM arrived)"
        )
        connection.execute(
            "INSERT INTO crime (extract_id, force, period_start, crime_type, crime_id, last_outcome_category) "
            + values(crimes, 6)
        )
        connection.execute(f"INSERT INTO outcome {values(outcomes, 5)}")
        connection.execute(f"INSERT INTO street_crime_type {values(list(CRIME_TYPES.items()), 2)}")
        groups = [("police_uk", outcome, *group) for outcome, group in OUTCOMES.items()]
        connection.execute(f"INSERT INTO outcome_group {values(groups, 4)}")
        held: set[str] = set()
        for night, extracts in enumerate(nights):
            new = extracts - held
            connection.execute("INSERT INTO arrived SELECT unnest(?::VARCHAR[])", [sorted(new)])
            made = rendered(sql, sorted(new) if night else None)
            connection.execute(f"INSERT INTO held {made}" if night else f"CREATE TABLE held AS {made}")
            held |= new
        columns = [column[0] for column in connection.execute("FROM held").description]
        of, count = ", ".join(columns[:-1]), columns[-1]
        added = f"SELECT {of}, sum({count}) FROM held GROUP BY ALL HAVING sum({count}) <> 0"
        difference = (
            f"SELECT count(*) FROM ((({added}) EXCEPT ALL ({rendered(sql, None)})) "
            f"UNION ALL (({rendered(sql, None)}) EXCEPT ALL ({added})))"
        )
        assert connection.execute(difference).fetchall() == [(0,)]
