"""Text of others made safe: in a spreadsheet it stays text and is never worked out, in a message it stays one line.

Everything that writes a workbook puts its texts into cells with `fill`; everything that writes CSV passes its values
through `for_csv`, or its text columns through `for_csv_sql` where DuckDB writes the file. Numbers and dates are left
alone by all three, so they stay numbers and dates. Names of files, sheets and columns go into messages through `shown`.
"""

from __future__ import annotations

import re
from typing import Any

MAX_LETTERS = 32_000
"""A cell of a workbook holds 32,767 characters; the rest is for saying that a text was cut."""

# Spreadsheets pass over blanks and invisible signs; signs of full width count as their plain forms in some.
_BLANK = "[ \x00-\x1f\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}]*"
_SIGN = "[-=+@\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}]"
_FIELD = rf"(^|[;\t\r\n])({_BLANK}{_SIGN})"
"""Where a formula can begin: in front of the text, and behind what another country's settings take for a separator."""
_BLANK_START = r"^([\t\r\n])"
_NOT_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
_HARMLESS = r"-|[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?%?"


def may_be_formula(text: str) -> bool:
    """Whether a spreadsheet might work this text out: it begins with = + - @, tab or a line break.

    Blanks and invisible signs in front make no difference. A plain number (-3.5, +2%) and a hyphen alone are harmless.
    """
    return _has_sign_in_front(text) and not re.fullmatch(_HARMLESS, text)


def _has_sign_in_front(text: str) -> bool:
    return text[:1] in ("\t", "\r", "\n") or re.match(_BLANK + _SIGN, text) is not None


def clean(text: str) -> str:
    """The text without characters that no workbook may hold; one that is longer than a cell ends with how much it lacks."""
    text = re.sub(_NOT_XML, "\N{REPLACEMENT CHARACTER}", text)
    left_out = len(text) - MAX_LETTERS
    return text if left_out <= 0 else f"{text[:MAX_LETTERS]}... (and {left_out:,} more characters than a cell holds)"


def fill(cell: Any, value: object) -> Any:
    """Put a value into an openpyxl cell (of any kind) and return the cell.

    Text is stored as text (data type `s`), also when it looks like a formula, an error or a number; one with
    a sign in front gets the mark `quotePrefix` besides, so that it stays text when somebody edits the cell. Numbers, dates, booleans and None
    stay what they are. A formula of one's own is set on the cell directly, and never built from text of the data.
    """
    if not isinstance(value, str):
        cell.value = value
        return cell
    cell.value = clean(value) or None
    if value:
        cell.data_type = "s"
    if _has_sign_in_front(value):
        cell.quotePrefix = True
    return cell


def for_csv(value: object) -> object:
    """A value as it may stand in a CSV file that people open in a spreadsheet.

    The rule: an apostrophe is put in front of a text that may be a formula (see
    `may_be_formula`), and in front of a formula sign behind a semicolon, tab or line break inside a text, since
    another country's settings divide fields there. NUL bytes are cut. All other values are left as they are.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    if re.fullmatch(_HARMLESS, text):
        return text
    text = re.sub(_FIELD, r"\1'\2", text)
    return re.sub(_BLANK_START, r"'\1", text)


def for_csv_sql(text_column: str) -> str:
    """SQL expression for DuckDB that does to a VARCHAR column or expression what `for_csv` does to a text.

    `text_column` is SQL: quote the name of a column whose name is not plain.
    """
    cut = f"replace({text_column}, chr(0), '')"
    marked = f"regexp_replace({cut}, {_literal(_FIELD)}, {_literal(chr(92) + '1' + chr(39) + chr(92) + '2')}, 'g')"
    marked = f"regexp_replace({marked}, {_literal(_BLANK_START)}, {_literal(chr(39) + chr(92) + '1')})"
    return f"CASE WHEN regexp_full_match({cut}, {_literal(_HARMLESS)}) THEN {cut} ELSE {marked} END"


def shown(text: str, longest: int | None = None) -> str:
    """A name as it may stand in a message, a log or a terminal: what does not print is written out (`\\n`, `\\u202e`).

    Two names are never shown alike, unless they are cut to the `longest` number of characters.
    """
    if not text.isprintable() or "\\" in text:
        text = "".join(map(_printable, text))
    return text if longest is None or len(text) <= longest else f"{text[:longest]}..."


def _printable(sign: str) -> str:
    if sign.isprintable() and sign != "\\":
        return sign
    if "\udc80" <= sign <= "\udcff":  # a byte of a file name that is not UTF-8
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
