"""Arrows between the layers run one way: a model reads only its own layer and those before it."""

from __future__ import annotations

import re

import pytest

from pipelines.settings import DBT_DIR

LAYERS = ("staging", "intermediate", "measures", "marts")
LAYER_OF = {path.stem: path.parent.name for path in (DBT_DIR / "models").rglob("*.sql")}


@pytest.mark.parametrize("layer", LAYERS)
def test_no_model_reads_a_later_layer(layer: str) -> None:
    backwards = {
        f"{path.stem} reads {name}"
        for path in (DBT_DIR / "models" / layer).glob("*.sql")
        for name in re.findall(r"ref\('(\w+)'\)", path.read_text(encoding="utf-8"))
        if name in LAYER_OF and LAYERS.index(LAYER_OF[name]) > LAYERS.index(layer)
    }
    assert backwards == set()
