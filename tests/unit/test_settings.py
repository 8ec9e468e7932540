"""Settings come from the environment, and the command line overrides them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.settings import PROJECT_DIR, Settings


def test_defaults_lie_in_the_project() -> None:
    settings = Settings.load({})
    assert settings.raw_dir == PROJECT_DIR / "raw"
    assert settings.published_path == PROJECT_DIR / "warehouse" / "force_performance.duckdb"
    assert settings.force == "west-midlands"


def test_environment_and_overrides(tmp_path: Path) -> None:
    settings = Settings.load(
        {"FPW_FORCE": "kent", "FPW_THREADS": "3", "FPW_RAW_DIR": "/elsewhere"}, raw_dir=tmp_path, warehouse_dir=None
    )
    assert (settings.force, settings.threads, settings.raw_dir) == ("kent", 3, tmp_path)


def test_an_unusable_value_names_its_setting() -> None:
    with pytest.raises(ValidationError, match="threads"):
        Settings.load({"FPW_THREADS": "many"})


@pytest.mark.parametrize("cron", ["rubbish", "61 2 * * *", "* * *"])
def test_a_time_that_cron_does_not_know_is_refused(cron: str) -> None:
    with pytest.raises(ValidationError, match="is no time that cron knows; "):
        Settings.load({"FPW_NIGHTLY_CRON": cron})


def test_other_times_and_sizes_are_taken() -> None:
    settings = Settings.load({"FPW_NIGHTLY_CRON": "30 1 * * 1-5", "FPW_MEMORY_LIMIT": "1.5 GiB"})
    assert (settings.nightly_cron, settings.memory_limit) == ("30 1 * * 1-5", "1.5 GiB")
    with pytest.raises(ValidationError, match="no size of memory; write one as 2GB"):
        Settings.load({"FPW_MEMORY_LIMIT": "much"})


def test_a_child_process_sees_the_same_settings(tmp_path: Path) -> None:
    settings = Settings.load({}, raw_dir=tmp_path, force="kent", threads=2)
    assert Settings.load(settings.environment()) == settings
