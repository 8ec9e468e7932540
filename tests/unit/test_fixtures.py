"""Every fixture is a file of the source after which it is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.settings import PROJECT_DIR, Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse

FIXTURES = sorted((PROJECT_DIR / "tests" / "fixtures").iterdir())


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_a_fixture_is_of_its_source(fixture: Path, settings: Settings, warehouse: Warehouse) -> None:
    settings = settings.model_copy(update={"pseudonym_key_file": settings.raw_dir.parent / "key"})
    shutil.copy(fixture, settings.raw_dir)
    contracts = load_contracts()
    assert register(settings, warehouse, contracts, "run").refused == []
    assert load(settings, warehouse, contracts[fixture.stem], "run").rows_loaded
