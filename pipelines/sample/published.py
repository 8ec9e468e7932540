"""The published figures that sample extracts are made to reproduce."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One published figure; `value` in the unit printed."""

    figure_id: str
    measure_id: str
    quantity: str
    period_start: str
    period_end: str
    breakdown_type: str
    breakdown_value: str
    value: float
    area_code: str = ""
    value_kind: str = ""


def read_figures(seeds_dir: Path) -> dict[str, Figure]:
    """All published figures that have a value, by figure_id, from seed published_figure."""
    with (seeds_dir / "published" / "published_figure.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["figure_id"]: Figure(
                **{name: row[name] for name in Figure.__dataclass_fields__ if name != "value"},
                value=float(row["value"]),
            )
            for row in csv.DictReader(file)
            if row["value"]
        }
