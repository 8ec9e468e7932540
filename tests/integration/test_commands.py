"""The small commands of `fpw`: what they say, and what they refuse to do."""

from __future__ import annotations

import zipfile
from pathlib import Path

from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse
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


def test_a_mistyped_raw_folder_makes_no_sample(tmp_path: Path) -> None:
    result = fpw.invoke(app, ["refresh", "--raw", str(tmp_path / "rwa"), "--warehouse", str(tmp_path / "warehouse")])
    assert result.exit_code == 2
    assert "does not exist; check FPW_RAW_DIR or --raw" in result.output
    assert not (tmp_path / "rwa").exists()


def test_an_emptied_raw_folder_makes_no_sample_beside_real_extracts(settings: Settings, warehouse: Warehouse) -> None:
    path = write_street(settings.raw_dir, [street_row(1)])
    register(settings, warehouse, load_contracts(), "run")
    load(settings, warehouse, load_contracts()["police_uk_street"], "run")
    path.unlink()
    result = fpw.invoke(app, ["refresh", "--raw", str(settings.raw_dir), "--warehouse", str(settings.warehouse_dir)])
    assert result.exit_code == 2
    assert "but the warehouse holds 1 real ones" in result.output
    assert list(settings.raw_dir.iterdir()) == []


def test_an_extract_can_be_withdrawn_once_its_file_is_gone(settings: Settings, warehouse: Warehouse) -> None:
    path = write_street(settings.raw_dir, [street_row(1)])
    register(settings, warehouse, load_contracts(), "run")
    load(settings, warehouse, load_contracts()["police_uk_street"], "run")
    with warehouse.connect() as connection:
        extract_id = connection.execute("SELECT extract_id FROM ops.extract").fetchall()[0][0]
    command = ["withdraw", extract_id, "--warehouse", str(settings.warehouse_dir)]
    environment = {"FPW_RAW_DIR": str(settings.raw_dir)}
    refused = fpw.invoke(app, command, env=environment)
    assert refused.exit_code == 2
    assert "is still in the raw folder" in refused.output
    path.unlink()
    assert fpw.invoke(app, command, env=environment).exit_code == 0
    with warehouse.connect() as connection:
        assert connection.execute("SELECT count(*) FROM raw.police_uk_street").fetchall() == [(0,)]
        assert connection.execute("SELECT status, reason FROM ops.extract").fetchall() == [
            ("withdrawn", "It was withdrawn by hand.")
        ]


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    path = write_street(tmp_path, [street_row(1)])
    result = fpw.invoke(app, ["inspect", str(path)], env={"FPW_THREADS": "many"})
    assert result.exit_code == 2
    assert "FPW_THREADS is not usable" in result.output
    unknown = fpw.invoke(app, ["refresh", "--force", "atlantis", "--raw", str(tmp_path)])
    assert unknown.exit_code == 2
    assert "There is no force 'atlantis'" in unknown.output
