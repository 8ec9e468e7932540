"""How the workbooks of a return look."""

from __future__ import annotations

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

FONT = Font(name="Calibri", size=11)
HEAD = PatternFill("solid", fgColor="1F3864")
HEAD_FONT = Font(name="Calibri", size=11, bold=True, color="FFFFFF")
WRAPPED = Alignment(wrap_text=True, vertical="top")
BAD = PatternFill("solid", fgColor="FFE08A")
BAD_FONT = Font(name="Calibri", size=11, bold=True, color="7F0000")
_EDGE = Side(style="thick", color="7F0000")
BAD_BORDER = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)

WIDTHS = {"measure": 32, "area": 26, "period": 14, "breakdown": 34, "numerator": 16, "denominator": 16, "note": 40}
"""Width of each column, in characters."""


def height(text: str, width: int) -> float:
    """Height in points of a row whose longest cell holds this text, in a column of this width."""
    lines = sum(-(-max(len(line), 1) // width) for line in text.split("\n"))
    return min(15.5 * max(lines, 1), 400)
