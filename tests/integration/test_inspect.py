"""`fpw inspect`: what a file is taken for, and why."""

from __future__ import annotations

import zipfile
from pathlib import Path

from typer.testing import CliRunner

from pipelines.cli import app
from tests.conftest import HEADERS, street_row, write_file, write_street

fpw = CliRunner()


def test_a_good_file_is_named_for_what_it_is(tmp_path: Path) -> None:
    path = write_street(tmp_path, [street_row(1), street_row(2)])
    result = fpw.invoke(app, ["inspect", str(path)])
    assert result.exit_code == 0
    for words in ("Street-level crime", "West Midlands Police, 2019-04", "12 columns", "2 records"):
        assert words in result.output


def test_each_member_of_an_archive_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "download.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("2019-04/2019-04-kent-street.csv", HEADERS["police_uk_street"] + "\n")
        archive.writestr("2019-04/2019-04-kent-outcomes.csv", "Crime ID,Month\n1,2\n")
    result = fpw.invoke(app, ["inspect", str(path)])
    assert result.exit_code == 1
    assert "2019-04-kent-street.csv: Street-level crime" in result.output
    assert "2019-04-kent-outcomes.csv: REFUSED" in result.output
    assert "lacks the columns 'Reported by'" in result.output


def test_a_renamed_file_is_recognised_by_its_columns(tmp_path: Path) -> None:
    path = write_file(tmp_path / "export (1).csv", [HEADERS["police_uk_street"], street_row()])
    result = fpw.invoke(app, ["inspect", str(path)])
    assert result.exit_code == 1
    assert "has the columns of street-level crime" in result.output


def test_no_such_file_is_one_sentence(tmp_path: Path) -> None:
    result = fpw.invoke(app, ["inspect", str(tmp_path / "nothing.csv")])
    assert result.exit_code == 2
    assert "is not a file" in result.output
