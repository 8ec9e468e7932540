"""The forces, from the reference seed that the models read too."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipelines.settings import SEEDS_DIR

FORCE_SEED = SEEDS_DIR / "reference" / "force.csv"


class Force(BaseModel):
    """One force: `force` is its data.police.uk name, `area_code` its ONS code."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    force: str
    area_code: str
    force_name: str
    police_uk_label: str
    force_kind: str


@cache
def load_forces(path: Path = FORCE_SEED) -> dict[str, Force]:
    """All forces by their data.police.uk name."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["force"]: Force.model_validate(row) for row in csv.DictReader(file)}


def same_force(label: str, force: Force) -> bool:
    """Whether a label in a file names this force.

    Labels changed over the years ("Avon & Somerset Constabulary", "Avon and Somerset Constabulary"),
    so ampersands, hyphens and the words for a police body do not count.
    """
    return _bare(label) == _bare(force.police_uk_label)


def _bare(label: str) -> str:
    text = re.sub(r"\s+", " ", label.casefold().replace("&", " and ").replace("-", " ")).strip()
    return re.sub(r"( (police|constabulary|service))+$", "", text)
