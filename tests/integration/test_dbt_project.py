"""dbt's own unit tests, which stand beside the models, run against a built warehouse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.dbt_run import ensure_manifest
from pipelines.settings import Settings
from pipelines.store.built import BY_SOURCE, REGISTER
from tests.conftest import settle
from tests.integration.conftest import Installation, ask
from tests.integration.walk import Walk

pytestmark = pytest.mark.xdist_group("refresh")


def test_unit_tests_of_the_models(walk: Walk) -> None:
    """They run where a source and a measure were added as the documents say; dbt is slow to start, so it starts once."""
    units = {name: status for name, status in walk.results.items() if name.startswith("unit_test.")}
    assert len(units) >= 25
    assert set(units.values()) == {"pass"}


def test_links_of_published_figures_name_series_that_their_sources_give(installation: Installation) -> None:
    # A slip in a breakdown or a method would otherwise read as a source not supplied. The sample has every source.
    assert (
        ask(
            installation.settings.build_path,
            """
            SELECT links.figure_id, links.measure_id, links.period_type, links.breakdown_value, links.method_id
            FROM reference.published_figure_match AS links
            SEMI JOIN marts.measure_value AS computed USING (measure_id, period_type)
            ANTI JOIN marts.measure_value AS series
                ON links.measure_id = series.measure_id AND links.period_type = series.period_type
                AND links.breakdown_type IS NOT DISTINCT FROM series.breakdown_type
                AND links.breakdown_value IS NOT DISTINCT FROM series.breakdown_value
                AND links.method_id = series.method_id
            """,
        )
        == []
    )


def test_a_break_of_a_breakdown_names_one_that_is_computed_or_can_be_returned(installation: Installation) -> None:
    # A break whose breakdown no series has would never be found. The sample has every source.
    assert (
        ask(
            installation.settings.build_path,
            """
            SELECT breaks.break_id, breaks.measure_id, breaks.breakdown_type, breaks.breakdown_value
            FROM reference.series_break AS breaks
            LEFT JOIN reference.return_measure AS returnable ON breaks.measure_id = returnable.measure_id
            ANTI JOIN marts.dim_series AS series
                ON breaks.measure_id = series.measure_id
                AND breaks.breakdown_type = series.breakdown_type
                AND coalesce(breaks.breakdown_value, series.breakdown_value) = series.breakdown_value
            WHERE breaks.breakdown_type IS NOT NULL
                AND NOT coalesce(
                    list_contains(string_split(returnable.breakdown_types, '|'), breaks.breakdown_type), false
                )
            """,
        )
        == []
    )


def test_a_change_of_policing_units_breaks_every_series_by_them(installation: Installation) -> None:
    assert (
        ask(
            installation.settings.build_path,
            """
            SELECT DISTINCT changes.break_id, series.measure_id, series.breakdown_type
            FROM marts.dim_series AS series
            CROSS JOIN (
                SELECT DISTINCT break_id FROM reference.series_break WHERE break_id LIKE 'units_%'
            ) AS changes
            ANTI JOIN reference.series_break AS breaks
                ON changes.break_id = breaks.break_id
                AND series.measure_id = breaks.measure_id
                AND series.breakdown_type = breaks.breakdown_type
                AND breaks.breakdown_value IS NULL
            WHERE series.breakdown_type IN ('policing_unit', 'neighbourhood_unit', 'policing_area')
            """,
        )
        == []
    )


def test_a_manifest_that_was_cut_off_is_made_anew(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settle(Settings.load({}, warehouse_dir=tmp_path / "warehouse", threads=1), prepared)
    whole = tmp_path / "whole.json"
    manifest = ensure_manifest(settings)
    shutil.copy(manifest, whole)
    # what dbt would write again in fifteen seconds
    dbt = tmp_path / "dbt"
    dbt.write_text(f"#!/bin/sh\ncp {whole} {manifest}\n")
    dbt.chmod(0o755)
    monkeypatch.setattr("pipelines.dbt_run.DBT_EXECUTABLE", str(dbt))
    manifest.write_bytes(whole.read_bytes()[:-1000])
    for _ in range(2):  # and once is enough
        json.loads(ensure_manifest(settings).read_bytes())
        dbt.write_text("#!/bin/sh\nexit 1\n")


def test_a_table_by_source_is_made_of_the_extracts_of_each_source_alone(
    installation: Installation, first_build: Path
) -> None:
    # What is built again in a night rests on this promise (pipelines/store/built.py).
    target = installation.settings.dbt_target_dir
    nodes = json.loads((target / "manifest.json").read_bytes())["nodes"].values()
    promised = {node["name"]: node for node in nodes if node["config"].get("meta", {}).get(BY_SOURCE)}
    assert promised.keys() >= {"int_source_month", "int_supply_period", "int_own_period"}
    tables = [REGISTER, *(f"{node['schema']}.{name}" for name, node in promised.items())]
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{first_build}' AS build (READ_ONLY)")
        sources = connection.execute(
            f"SELECT DISTINCT source FROM build.{REGISTER} WHERE source IS NOT NULL"
        ).fetchall()
        assert len(sources) == 20
        for name, node in promised.items():
            sql = (target / "compiled" / "fpw" / node["original_file_path"]).read_text()
            for (source,) in sources:
                alone = sql
                for table in tables:
                    named = ".".join(f'"{part}"' for part in ("build", *table.split(".")))
                    alone = alone.replace(named, f"(SELECT * FROM {named} WHERE source = '{source}')")
                whole = f"SELECT * FROM build.{node['schema']}.{name} WHERE source = '{source}'"
                for one, other in ((alone, whole), (whole, alone)):
                    query = f"SELECT count(*) FROM (FROM ({one}) EXCEPT ALL FROM ({other}))"
                    assert connection.execute(query).fetchall() == [(0,)], (name, source)
