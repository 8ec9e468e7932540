"""The house style: colours, faces and words that workbook, document and charts share. Nothing rests on colour alone."""

from __future__ import annotations

FACES = ("Liberation Sans", "Arial", "Helvetica", "DejaVu Sans")
"""The first that the machine has; DejaVu Sans has the marks that the others lack."""

DARK, MIDDLE, LIGHT, PALE = "1F3864", "595959", "BFBFBF", "EDF1F7"
ACCENT = "B34700"
"""Dark orange for what is wanted (targets): as dark as the blue is not, so it differs in greyscale too."""
INK, WHITE, BAR, WARNING, LINK = "000000", "FFFFFF", "D0D5DD", "7F0000", "0B3C8C"

PAIRS = {
    "text on paper": (INK, WHITE, 4.5),
    "text on a pale ground": (INK, PALE, 4.5),
    "quiet text on paper": (MIDDLE, WHITE, 4.5),
    "quiet text on a pale ground": (MIDDLE, PALE, 4.5),
    "headings": (DARK, WHITE, 4.5),
    "heads of tables": (WHITE, DARK, 4.5),
    "warning": (WARNING, WHITE, 4.5),
    "links": (LINK, WHITE, 4.5),
    "number in a bar": (INK, BAR, 4.5),
    "number in the own bar": (WHITE, DARK, 4.5),
    "line of values": (DARK, WHITE, 3.0),
    "line of the mean": (MIDDLE, WHITE, 3.0),
    "line of targets": (ACCENT, WHITE, 3.0),
}
"""What stands on what in the document and its charts, with the contrast that WCAG 2.2 AA asks of it."""


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (six hex digits), 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted(_luminance(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
