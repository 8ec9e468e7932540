"""What `fpw doctor` finds on a machine that is not fit, each with its mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.operations import doctor
from pipelines.operations.standing import Finding
from pipelines.settings import Settings


def found(settings: Settings, check: Callable[[Settings], Finding]) -> Finding:
    finding = check(settings)
    assert finding.sentence.endswith(".")
    return finding


def test_the_machine_of_the_tests_is_fit(settings: Settings) -> None:
    for check in (doctor._python, doctor._raw_folder, doctor._warehouse_folder, doctor._pseudonym_key, doctor._clock):
        assert found(settings, check).passed


def test_packages_that_are_not_as_locked_are_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "duckdb==0.1 \\\n    --hash=sha256:00\npolars==999 ; python_version < '3' \\\n    --hash=sha256:00\nnot-there==1 \\\n"
    )
    monkeypatch.setattr(doctor, "LOCK", lock)
    finding = found(settings, doctor._packages)
    assert not finding.passed
    assert "duckdb" in finding.sentence
    assert "not-there is missing" in finding.sentence
    assert "polars" not in finding.sentence  # of another Python


def test_more_memory_than_there_is_cannot_be_given_to_duckdb(settings: Settings) -> None:
    finding = found(settings.model_copy(update={"memory_limit": "900TB"}), doctor._memory)
    assert not finding.passed
    assert "lower it" in finding.sentence
    assert found(settings.model_copy(update={"memory_limit": "100MB"}), doctor._memory).passed


def test_a_raw_folder_that_is_not_there_or_has_what_cannot_be_read_is_found(settings: Settings, tmp_path: Path) -> None:
    (settings.raw_dir / "away.csv").symlink_to(tmp_path / "nowhere.csv")
    assert "away.csv" in found(settings, doctor._raw_folder).sentence
    gone = settings.model_copy(update={"raw_dir": tmp_path / "gone"})
    assert "FPW_RAW_DIR" in found(gone, doctor._raw_folder).sentence


def test_a_key_that_others_can_read_is_found(settings: Settings, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("0" * 64)
    key.chmod(0o644)
    open_key = settings.model_copy(update={"pseudonym_key_file": key})
    assert "chmod 600" in found(open_key, doctor._pseudonym_key).sentence
    key.chmod(0o600)
    assert found(open_key, doctor._pseudonym_key).passed


def test_too_little_room_is_found_before_it_fails_a_night(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: _usage(1 << 20))
    assert "make room" in found(settings, doctor._room).sentence
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: _usage(1 << 40))
    assert found(settings, doctor._room).passed


def _usage(free: int) -> object:
    from types import SimpleNamespace

    return SimpleNamespace(free=free)


def test_a_clock_behind_the_last_release_is_found(settings: Settings) -> None:
    last = settings.releases_dir / "20990101T020000Z"
    last.mkdir(parents=True)
    (last / "manifest.json").write_text("{}")
    finding = found(settings, doctor._clock)
    assert not finding.passed
    assert "set the clock right" in finding.sentence
