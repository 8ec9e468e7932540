"""How the workbook of a pack looks: one face, few shades, nothing that rests on colour."""

from __future__ import annotations

import math
from functools import lru_cache

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from pipelines.board import house
from pipelines.board.house import ACCENT, DARK, LIGHT, MIDDLE, PALE

__all__ = ["ACCENT", "DARK", "LIGHT", "MIDDLE", "PALE"]

FACE = "Arial"

TITLE = Font(name=FACE, size=16, bold=True, color=DARK)
LEAD = Font(name=FACE, size=11, bold=True)
PLAIN = Font(name=FACE, size=10)
BOLD = Font(name=FACE, size=10, bold=True)
QUIET = Font(name=FACE, size=10, color=MIDDLE)
LINK = Font(name=FACE, size=10, underline="single", color=house.LINK)
WARNING = Font(name=FACE, size=11, bold=True, color=house.WARNING)
HEAD = Font(name=FACE, size=10, bold=True, color=house.WHITE)
HEAD_FILL = PatternFill("solid", fgColor=DARK)
LINE = Border(bottom=Side(style="thin", color=LIGHT))

TOP = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)
RIGHT = Alignment(horizontal="right", vertical="top")
DATE = Alignment(horizontal="left", vertical="top", indent=1)
HEAD_TEXT = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)
HEAD_NUMBER = Alignment(horizontal="right", vertical="top", wrap_text=True)
SPILL = Alignment(vertical="top")

LINE_HEIGHT = 13.5
"""Height of a line of text, in points."""


@lru_cache(maxsize=10_000)
def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column of this width (characters); rather one too many."""
    count = 0
    for paragraph in text.split("\n"):
        used, lines = 0.0, 1
        for word in paragraph.split(" "):
            length = len(word) * 0.9
            if used and used + 1 + length > width - 1:
                lines, used = lines + 1, 0.0
            lines += math.ceil(length / max(width - 1, 1)) - 1 if length > width - 1 else 0
            used += length + (1 if used else 0)
        count += lines
    return count
