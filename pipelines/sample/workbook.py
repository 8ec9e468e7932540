"""Workbooks whose bytes are the same whenever they are written."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

_TIME = (2021, 5, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def write_workbook(path: Path, sheet: str, rows: Iterable[Sequence[Any]]) -> None:
    """Write one sheet of these rows; a None is an empty cell, a date a date cell."""
    write_sheets(path, {sheet: rows})


def write_sheets(path: Path, sheets: Mapping[str, Iterable[Sequence[Any]]]) -> None:
    """Write several sheets, each under its name, as `write_workbook` writes one."""
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        table = book.create_sheet(name)
        for row in rows:
            table.append(row)
    written = io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(path, "w") as out:
        for info in parts.infolist():
            content = parts.read(info)
            if info.filename == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>2021-05-01T00:00:00Z", content)
            member = zipfile.ZipInfo(info.filename, _TIME)
            member.compress_type, member.external_attr, member.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            out.writestr(member, content)
