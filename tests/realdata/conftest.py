"""One warehouse built from all the real extracts, by the same job that runs every night."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.refresh import run_refresh
from pipelines.settings import Settings
from tests.conftest import settle

OUTCOMES = "detection-rates-data.csv.gz"
OUTCOME_FORCES = ("West Midlands", "London, City of")


def published_outcomes(shared_data: Path) -> pl.DataFrame:
    """The published table of outcomes, every cell as text."""
    return pl.read_csv(shared_data / "home_office" / OUTCOMES, infer_schema=False)


@pytest.fixture(scope="session")
def real_settings(shared_data: Path, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a warehouse that was refreshed from the real extracts; of the large table of outcomes two forces."""
    folder = tmp_path_factory.mktemp("real")
    for source in ("police_uk", "stats19", "ons_pfa", "home_office"):
        shutil.copytree(shared_data / source, folder / "raw" / source, ignore=shutil.ignore_patterns(OUTCOMES))
    published_outcomes(shared_data).filter(pl.col("force_name").is_in(OUTCOME_FORCES)).write_csv(
        folder / "raw" / OUTCOMES.removesuffix(".gz")
    )
    settings = Settings.load({}, raw_dir=folder / "raw", warehouse_dir=folder / "warehouse", threads=2)
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
