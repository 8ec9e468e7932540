"""What stands in the way of making a release again, and how what comes out is held against it."""

from __future__ import annotations

import ast
import copy
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.settings import PROJECT_DIR, Settings
from pipelines.store.inputs import code_of_numbers, recipe
from pipelines.store.releases import content_hash, export
from pipelines.store.warehouse import Warehouse, WarehouseError, create_history_table
from pipelines.verify import Comparison, _load, _memory_of, compare, hindrances, workplace
from tests.conftest import street_row, write_street


@pytest.fixture
def manifest(settings: Settings) -> dict[str, Any]:
    return {"release_id": "20211101T020500Z", "extracts": [], **copy.deepcopy(recipe(settings))}


def test_nothing_stands_in_the_way_of_what_was_made_here(manifest: dict[str, Any], settings: Settings) -> None:
    assert hindrances(manifest, settings) == ([], [])


def test_other_code_and_seeds_hinder_and_other_packages_are_said(manifest: dict[str, Any], settings: Settings) -> None:
    manifest["code"] |= {"sha256": "0", "commit": "0123456789abcdef"}
    manifest["seeds_sha256"] = "0"
    manifest["packages"]["duckdb"] = "1.0.0"
    manifest["machine"] = "aarch64 glibc 2.40"
    (code, seeds), (package, machine) = hindrances(manifest, settings)
    assert "other code (version" in code
    assert "commit 0123456789ab" in code
    assert "reference tables" in seeds
    assert "duckdb was 1.0.0 and is" in package
    assert "aarch64 glibc 2.40" in machine


def test_the_code_that_is_compared_is_all_that_makes_numbers() -> None:
    """What it imports of the project, wherever in a module, is part of it."""
    covered = {path.relative_to(PROJECT_DIR).as_posix() for path in code_of_numbers() if path.suffix == ".py"}
    assert {"pipelines/ingest/load.py", "pipelines/periods.py"} < covered
    imported: set[str] = set()
    for path in covered:
        for node in ast.walk(ast.parse((PROJECT_DIR / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    files = {f"{name.replace('.', '/')}{end}" for name in imported for end in (".py", "/__init__.py")}
    assert {file for file in files if file.startswith("pipelines/") and (PROJECT_DIR / file).is_file()} <= covered


def test_a_manifest_that_names_no_extracts_is_too_old(settings: Settings) -> None:
    with pytest.raises(WarehouseError, match=r"20211101T020500Z does not say what it was made of"):
        hindrances({"release_id": "20211101T020500Z"}, settings)


def test_a_raw_file_that_is_gone_or_changed_is_named(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row(1)])
    wanted = {"extract_id": "0123456789abcdef", "file_path": "old/gone.csv", "sha256": "f" * 64}
    with pytest.raises(WarehouseError, match=r"of its 1 extracts 1 is not in the raw folder any more.*old/gone.csv"):
        _load(settings, warehouse, [wanted | {"registered_at": "2021-01-01 00:00:00+00:00"}])


def test_what_a_release_knew_before_is_taken_from_itself(tmp_path: Path) -> None:
    """When the release before it was removed: what stood until this one said otherwise stands again."""
    folder = tmp_path / "20211101T020500Z"
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA marts")
        create_history_table(connection)
        connection.execute(
            """
            CREATE TABLE marts.value_history AS FROM history.value;
            INSERT INTO marts.value_history (series_id, known_from, known_until) VALUES
                ('ended before', '2021-09-01 02:05:00', '2021-10-01 02:05:00'),
                ('ended now', '2021-09-01 02:05:00', '2021-11-01 02:05:00'),
                ('stands', '2021-09-01 02:05:00', NULL),
                ('new', '2021-11-01 02:05:00', NULL);
            """
        )
        export(connection, "marts", folder / "marts")
        (folder / "manifest.json").write_text(json.dumps({"known_at": "2021-11-01 02:05:00"}))
        file = _memory_of(folder, tmp_path / "memory") / "marts" / "value_history.parquet"
        known = f"SELECT series_id, known_until::VARCHAR FROM '{file}' ORDER BY ALL"
        assert connection.execute(known).fetchall() == [
            ("ended before", "2021-10-01 02:05:00"),
            ("ended now", None),
            ("stands", None),
        ]


def test_what_a_killed_verification_left_is_cleared_and_another_at_work_is_not(tmp_path: Path) -> None:
    (tmp_path / ".verify-killed" / "marts").mkdir(parents=True)
    with workplace(tmp_path) as first, workplace(tmp_path) as second:
        assert sorted(tmp_path.glob(".verify-*")) == sorted([first, second])
    assert not list(tmp_path.glob(".verify-*"))


def exported(folder: Path, rows: str) -> dict[str, dict[str, Any]]:
    """A folder with one mart of these rows, and what a manifest says of it."""
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE SCHEMA marts; CREATE TABLE marts.m AS SELECT * FROM (VALUES {rows}) AS t (name, x, ids)"
        )
        tables = export(connection, "marts", folder / "marts")
    (folder / "manifest.json").write_text(json.dumps({"tables": tables}))
    return tables


def compared(tmp_path: Path, released: str, remade: str) -> Comparison:
    exported(tmp_path / "released", released)
    (found,) = compare(tmp_path / "released", exported(tmp_path / "remade", remade), tmp_path / "remade")
    return found


def test_the_same_rows_in_another_order_are_the_same_bytes(tmp_path: Path) -> None:
    found = compared(tmp_path, "('a', 1.5e0, ['e']), ('b', NULL, [])", "('b', NULL, []), ('a', 1.5e0, ['e'])")
    assert (found.is_same, found.verdict, found.rows) == (True, "same, bit for bit", 2)


def test_last_digits_are_told_from_other_numbers(tmp_path: Path) -> None:
    found = compared(tmp_path, "('a', 0.3e0, ['e']), ('b', 2e0, [])", "('a', 0.1e0 + 0.2e0, ['e']), ('b', 2e0, [])")
    assert (found.is_same, found.verdict) == (False, "1 rows differ in their last digits")


def test_rows_that_differ_are_shown(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        "('a', 0.3e0, ['e']), ('b', 2e0, []), ('gone', 1e0, [])",
        "('a', 0.4e0, ['e']), ('b', 2e0, []), ('new', 1e0, [])",
    )
    assert not found.is_same
    assert found.verdict == "differs: 2 rows gone, 2 new or changed"
    assert found.examples == (
        "name=a: x 0.3 -> 0.4",
        "name=new: only when made again",
        "name=gone: only in the release",
    )


def test_a_mart_that_one_side_lacks_differs(tmp_path: Path) -> None:
    tables = exported(tmp_path / "released", "('a', 1e0, ['e'])")
    (found,) = compare(tmp_path / "released", {}, tmp_path / "remade")
    assert (found.is_same, found.verdict) == (False, "not made again")
    assert content_hash(tables) != content_hash({})
