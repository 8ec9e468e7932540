"""One warehouse built from all the real data.police.uk extracts, by the same job that runs every night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.refresh import run_refresh
from pipelines.settings import Settings
from tests.conftest import settle


@pytest.fixture(scope="session")
def real_settings(shared_data: Path, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a warehouse that was refreshed from the real extracts."""
    settings = Settings.load(
        {}, raw_dir=shared_data / "police_uk", warehouse_dir=tmp_path_factory.mktemp("real") / "warehouse", threads=2
    )
    outcome = run_refresh(settle(settings, prepared))
    assert outcome.succeeded, outcome.failures
    return settings


@pytest.fixture
def build(real_settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build database, with the raw tables."""
    with duckdb.connect(str(real_settings.build_path), read_only=True) as connection:
        yield connection


@pytest.fixture
def published(real_settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, as an analyst opens it."""
    with duckdb.connect(str(real_settings.published_path), read_only=True) as connection:
        yield connection
