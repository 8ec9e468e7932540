"""`fpw checks`: the last results, and what changed since the run before."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipelines.checks.results import PREPARATION, CheckResult, carry, record
from pipelines.cli import app


def outcome(name: str, status: str = "passed", severity: str = "error") -> CheckResult:
    return CheckResult(name, severity, status, f"what {name} saw", 0, 1, f"The mend of {name}.")  # type: ignore[arg-type]


def keep(path: Path, run_id: str, *results: CheckResult, table: str = "raw.police_uk_street") -> None:
    with duckdb.connect(str(path)) as connection:
        record(connection, run_id, "great_expectations", {table: results})


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """Two runs: one check broke, one was mended, one came new, one was not run again."""
    path = tmp_path / "build.duckdb"
    keep(path, "first", outcome("a"), outcome("b", "failed", "warning"), outcome("c"), outcome("d"))
    keep(path, "first", outcome("m"), table="marts.dim_month")
    keep(
        path, "second", outcome("a", "failed", "warning"), outcome("b"), outcome("c"), outcome("e", "raised", "warning")
    )
    keep(path, "second", outcome("m"), table="marts.dim_month")
    return path


def fpw(build: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["checks", "--warehouse", str(build.parent), *arguments])


def test_the_last_run_is_told_with_what_changed(build: Path) -> None:
    result = fpw(build)
    lines = [line.strip() for line in result.output.splitlines()]
    assert lines[0].startswith("Run second, ")
    assert lines[0].endswith(str(build))
    assert "Failed: errors, which stop publication (1):" in lines
    assert "could not run: raw.police_uk_street, e: what e saw. The mend of e." in lines
    assert "warning: raw.police_uk_street, a: what a saw. The mend of a." in lines
    assert lines[lines.index("newly failing (2):") + 1 :][:2] == [
        "raw.police_uk_street, a (warning)",
        "raw.police_uk_street, e (warning)",
    ]
    assert lines[lines.index("mended (1):") + 1] == "raw.police_uk_street, b (error)"
    assert lines[lines.index("new checks (1):") + 1] == "raw.police_uk_street, e (warning)"
    assert lines[lines.index("not run this time (1):") + 1] == "raw.police_uk_street, d (error)"
    counts = {line.split("│")[1].strip(): line.split("│")[2:-1] for line in lines if line.startswith("│")}
    assert {layer: [int(count) for count in cells] for layer, cells in counts.items()} == {
        "raw": [2, 0, 0, 1, 1],
        "marts": [1, 0, 0, 0, 0],
    }
    assert "The mend of c" not in result.output
    assert result.exit_code == 1


def test_warnings_alone_end_well_and_a_run_can_be_named(build: Path) -> None:
    result = fpw(build, "--run", "fir")
    assert result.exit_code == 0
    assert result.output.startswith("Run first, ")
    assert "no run before it" in result.output


def test_the_preparation_is_no_run_to_compare_with(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    keep(path, PREPARATION, outcome("s"), table="reference.force")
    keep(path, "first", outcome("a"))
    assert "no run before it" in fpw(path).output


def test_every_check_or_those_of_a_table_are_listed(build: Path) -> None:
    assert "passed: raw.police_uk_street, c: what c saw." in fpw(build, "--all").output
    result = fpw(build, "--table", "marts.dim_month")
    assert "passed: marts.dim_month, m: what m saw." in result.output
    assert "police_uk_street" not in result.output
    assert "nothing changed" in result.output
    assert result.exit_code == 0
    assert fpw(build, "--table", "month").exit_code == 2


def test_while_the_build_is_written_the_published_file_answers(build: Path) -> None:
    published = build.with_name("force_performance.duckdb")
    keep(published, "published", outcome("a"))
    with duckdb.connect(str(build)):
        result = fpw(build)
    assert result.output.startswith("Run published, ")
    assert str(published) in result.output


def test_nothing_to_tell_is_one_sentence(tmp_path: Path) -> None:
    result = fpw(tmp_path / "build.duckdb")
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    with duckdb.connect(str(tmp_path / "build.duckdb")):
        pass
    result = fpw(tmp_path / "build.duckdb")
    assert "No check has run in" in result.output
    assert fpw(tmp_path / "build.duckdb", "--run", "x").exit_code == 2


def test_results_that_stand_for_the_run_too_say_when_they_were_found(build: Path) -> None:
    with duckdb.connect(str(build)) as connection:
        checks = [("raw.police_uk_street", "a"), ("raw.police_uk_street", "b"), ("marts.dim_month", "never_ran")]
        found = carry(connection, "third", "great_expectations", checks)
    assert {table: [result.name for result in results] for table, results in found.items()} == {
        "raw.police_uk_street": ["a", "b"]
    }
    keep(build, "third", outcome("m"), table="marts.dim_month")
    result = fpw(build)
    assert "2 of them were found by earlier runs" in result.output
    assert "warning: raw.police_uk_street, a (2" in result.output
    assert ": what a saw. The mend of a." in result.output
    assert "newly failing" not in result.output


def test_results_of_an_earlier_version_are_told_too(build: Path) -> None:
    with duckdb.connect(str(build)) as connection:
        for column in ("looked_by", "looked_at"):
            connection.execute(f"ALTER TABLE ops.check_result DROP COLUMN {column}")
    result = fpw(build)
    assert result.output.startswith("Run second, ")
    assert "found by earlier runs" not in result.output
