"""What leaves the building of a refreshed sample, and what a stranger can make of it."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from typer.testing import CliRunner

from pipelines.checks.catalog import load_suites
from pipelines.checks.runner import run_suites
from pipelines.cli import app
from pipelines.disclosure import Export, export_release, open_public
from pipelines.disclosure import export as exporting
from pipelines.disclosure.policy import SEEDS, load_marts, load_policy
from pipelines.settings import Settings
from pipelines.store.releases import find_release, open_release
from pipelines.store.warehouse import WarehouseError
from tests.attack import Attack, Cell
from tests.integration.conftest import Installation
from tests.made_release import make_release, split
from tests.unit.test_disclosure import small_numbers

pytestmark = pytest.mark.xdist_group("refresh")

STEM = "regexp_replace(method_id, '_per_(month|quarter|12_months|financial_year)$', '')"


@pytest.fixture(scope="module")
def release(installation: Installation) -> Path:
    return find_release(installation.settings.releases_dir)


@pytest.fixture(scope="module")
def exported(installation: Installation, release: Path) -> Export:
    return export_release(installation.settings, release)


def truth_of(release: Path) -> dict[tuple[object, ...], float]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""
            SELECT concat_ws('|', measure_id, {STEM}, coalesce(denominator_id, '-')), part, breakdown_type, breakdown_value,
                area_code, period_type, period_start, period_end, number
            FROM (
                SELECT *, unnest(['n', 'd']) AS part, unnest([numerator, denominator]) AS number
                FROM read_parquet(?)
            )
            WHERE number IS NOT NULL
            """,
            [str(release / "marts" / "measure_value.parquet")],
        ).fetchall()
    return {row[:-1]: row[-1] for row in rows}


@dataclass(frozen=True)
class Attacked:
    """The stranger on the export, the small numbers in it with what their tiers ask, and what they are."""

    attack: Attack
    asked: dict[Cell, float]
    truth: dict[tuple[object, ...], float]

    def behind(self, cell: Cell) -> float:
        """The number of a cell, or what is shown where the release has none."""
        name, key = cell
        return self.truth.get((*self.attack.names[name], *self.attack.keys[key]), self.attack.number[cell])


@pytest.fixture(scope="module")
def attacked(exported: Export, release: Path) -> Attacked:
    attack, truth = Attack.on(exported.folder), truth_of(release)
    behind = Attacked(attack, {}, truth).behind
    attack = attack.believing(behind)
    return Attacked(attack, small_numbers(attack, truth), truth)


def test_a_stranger_cannot_work_out_any_small_number(attacked: Attacked) -> None:
    assert len(attacked.asked) > 200
    ranges = attacked.attack.ranges(set(attacked.asked))
    for cell, (low, high) in ranges.items():
        assert low - 1e-6 <= attacked.behind(cell) <= high + 1e-6
        assert high - low >= attacked.asked[cell] - 1e-6


def test_without_secondary_suppression_he_can(attacked: Attacked) -> None:
    """The same tables, with every blank filled in that hides no small number."""
    attack = attacked.attack
    number = attack.number.copy()
    for cell in zip(*np.nonzero(attack.there & np.isnan(number)), strict=True):
        if cell not in attacked.asked:
            number[cell] = attacked.behind(cell)
    some = dict(list(attacked.asked.items())[:120])
    ranges = replace(attack, number=number).ranges(set(some))
    assert sum(high - low < some[cell] - 1e-6 for cell, (low, high) in ranges.items()) > 10


def test_the_gate_lets_nothing_out_that_can_be_worked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load({}, warehouse_dir=tmp_path, threads=1)
    told = split("complaints_count", "route", {"a": 3, "b": 40, "c": 25})
    release = make_release(settings.releases_dir, "20210101T000000Z", told)
    whole = exporting.choose
    monkeypatch.setattr(exporting, "choose", lambda *given, **_: whole(*given, secondary=False))
    with pytest.raises(WarehouseError, match=r"Nothing was exported, .* can be worked out .* more closely"):
        export_release(settings, release)
    assert not list((settings.exports_dir / "public").glob("[!.]*"))
    monkeypatch.undo()
    assert export_release(settings, release).folder.is_dir()


RESTS = (
    "figure_derivation", "figure_value", "peer_comparison", "peer_member", "peer_value", "plan_baseline",
    "plan_target_value", "reconciliation", "search_ratio",
)  # fmt: skip


def test_the_gate_sees_what_rests_on_a_hidden_number(tmp_path: Path, exported: Export) -> None:
    """Every table with the numbers it leaves with, and said to be hidden in all of its rows."""
    database = tmp_path / "checked.duckdb"
    rows: dict[str, int] = {}
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE SCHEMA exports; CREATE SCHEMA reference")
        load_policy(connection)
        for file in (exported.folder / "marts").glob("*.parquet"):
            columns = [row[0] for row in connection.execute(f"DESCRIBE FROM '{file}'").fetchall()]
            hidden = "REPLACE ('all' AS suppression)" if "suppression" in columns else ""
            connection.execute(f"CREATE VIEW exports.{file.stem} AS SELECT * {hidden} FROM '{file}'")
            rows[file.stem] = connection.execute(f"SELECT count(*) FROM '{file}'").fetchall()[0][0]
        for seed in SEEDS:
            connection.execute(f"CREATE TABLE reference.{seed} AS FROM policy.{seed}")
    suites = load_suites()
    results = run_suites([suites[f"exports.{table}"] for table in RESTS], database, config={})
    passed = {table for table, checks in results.items() if {check.status for check in checks} == {"passed"}}
    assert passed == {f"exports.{table}" for table in RESTS if not rows[table]}
    assert len(passed) < 3


def test_every_table_is_written_as_parquet_and_csv_and_named_in_the_manifest(exported: Export) -> None:
    said = json.loads((exported.folder / "manifest.json").read_text(encoding="utf-8"))
    assert said == json.loads(json.dumps(exported.manifest, default=str))
    assert said["is_sample"]
    assert {check["status"] for check in said["checks"]} == {"passed"}
    assert {path.stem for path in (exported.folder / "marts").iterdir()} == set(said["tables"])
    for table, about in said["tables"].items():
        file = exported.folder / "csv" / f"{table}.csv"
        assert hashlib.sha256(file.read_bytes()).hexdigest() == about["csv_sha256"]
        if about["rows"] < 3000:
            with file.open(encoding="utf-8", newline="") as lines:
                assert sum(1 for _ in csv.reader(lines)) == about["rows"] + 1, table
    assert not {"fct_stop_search", "fct_street_crime_month", "rare_event_point"} & set(said["tables"])


def test_every_measure_breakdown_mart_and_column_is_declared(exported: Export, release: Path) -> None:
    assert exported.manifest["without_tier"] == []
    marts = {name.removeprefix("marts."): mart for name, mart in load_marts().items() if name.startswith("marts.")}
    assert {path.stem for path in (release / "marts").iterdir()} == set(marts)
    for name, mart in marts.items():
        with duckdb.connect() as connection:
            file = str(release / "marts" / f"{name}.parquet")
            there = {row[0] for row in connection.execute("DESCRIBE FROM read_parquet(?)", [file]).fetchall()}
        assert set(mart.columns) <= there, name


def test_the_public_sees_what_was_exported_and_the_release_stays_whole(
    installation: Installation, exported: Export, release: Path
) -> None:
    query = "SELECT count(*), count(value) FROM marts.measure_value WHERE measure_id = 'complaints_count' AND breakdown_type = 'ethnic_group' AND period_type = 'quarter'"
    with open_public(installation.settings, release) as public, open_release(release) as whole:
        (rows, values), (all_rows, all_values) = (one.execute(query).fetchall()[0] for one in (public, whole))
        assert (rows, all_rows, all_values) == (all_rows, rows, rows)
        assert 0 < values < all_values
        assert public.execute("SELECT count(*) FROM marts.as_of('2030-01-01')").fetchall() != [(0,)]
        # the rows of a month of searches are as many as the people who were searched
        told = "SELECT count(*) > 0, count(rows_loaded) > 0 FROM ops.extract WHERE source = ?"
        sources = ("complaint_case", "police_uk_stop_search", "police_uk_street")
        assert [public.execute(told, [source]).fetchall()[0] for source in sources] == [
            (True, False), (True, False), (True, True),
        ]  # fmt: skip
    assert len(list((installation.settings.exports_dir / "public").glob("[0-9]*"))) == 1


def test_a_search_ratio_leaves_only_with_the_counts_it_is_made_of(exported: Export) -> None:
    with open_release(exported.folder) as connection:
        told = connection.execute(
            """
            SELECT count(*), count(ratio.ratio) FROM marts.search_ratio AS ratio
            JOIN marts.measure_value AS counted
                ON counted.measure_id = 'stop_search_count' AND ratio.area_code = counted.area_code
                AND ratio.period_type = counted.period_type AND ratio.period_start = counted.period_start
                AND ratio.ethnicity_basis = counted.breakdown_type
                AND counted.breakdown_value IN (ratio.ethnic_group, 'White', 'unknown')
            WHERE counted.suppression IS NOT NULL AND ratio.group_searches IS NOT NULL
            """
        ).fetchall()
    assert told == [(0, 0)]


def test_fpw_export_says_what_was_hidden(installation: Installation, exported: Export) -> None:
    done = CliRunner().invoke(app, ["export", "--warehouse", str(installation.settings.warehouse_dir)])
    assert done.exit_code == 0, done.output
    assert str(exported.folder) in done.output
    assert f"{sum(exported.manifest['rows_hidden'].values()):,} values suppressed" in done.output
    assert "SAMPLE DATA" in done.output
