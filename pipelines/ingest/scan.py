"""One pass over the bytes of a text file: content hash, record count, and what would make it unreadable."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

MAX_BLANK_LINES = 1_000_000
CHUNK_BYTES = 1 << 18
MAX_HEADER_BYTES = 1 << 16
MAX_RECORD_BYTES = 2 << 20
"""As DuckDB's reader. A longer record, quoted line breaks included, is found when it spans so many bytes of whole chunks."""


_MAGIC = {
    b"PK\x03\x04": "is a workbook or an archive under a wrong name; give it its own ending, such as .xlsx or .zip",
    b"\xd0\xcf\x11\xe0": "is a workbook of the old kind under a wrong name; save it as .xlsx and deliver that",
    b"\x1f\x8b": "is packed with gzip; give it the ending .gz, or unpack it",
    b"\xff\xfe": "is not UTF-8 but UTF-16; export it again as CSV in UTF-8",
    b"\xfe\xff": "is not UTF-8 but UTF-16; export it again as CSV in UTF-8",
}
"""First bytes of files that are no text, and what to do."""


@dataclass(frozen=True)
class Scan:
    """What the bytes of a delimited text file say, whatever its columns mean.

    Attributes:
        sha256: hash of the content without byte-order mark and with CRLF read as LF.
        size_bytes: size as delivered.
        records: records below the header, quoted line breaks not counted as ends.
        headers: the cells of the first record.
        problem: why the file cannot be read at all, as the predicate of a sentence; None if it can.
        gap: a blank line among the records, in the same form; only a table that must be looked for may have one.
    """

    sha256: str
    size_bytes: int
    records: int
    headers: tuple[str, ...]
    problem: str | None = None
    gap: str | None = None


@dataclass
class _State:
    digest: object = field(default_factory=hashlib.sha256)
    size: int = 0
    lines: int = 0
    record_ends: int = 0
    blank_lines: int = 0
    first_blank_line: int | None = None
    trailing_newlines: int = 0
    open_bytes: int = 0
    open_line: int = 1
    in_quotes: bool = False
    after_newline: bool = False
    last_byte: bytes = b""
    first: bytes = b""
    problem: str | None = None


def scan_path(path: Path) -> Scan:
    """Scan the file at `path`.

    Raises:
        OSError: the file cannot be opened or read.
    """
    with path.open("rb") as file:
        return scan_stream(file)


def scan_stream(source: IO[bytes]) -> Scan:
    """Scan an open binary stream to its end. The caller bounds its size."""
    state = _State()
    decoder = codecs.getincrementaldecoder("utf-8")()
    pending = b""
    for chunk in _chunks(source):
        state.size += len(chunk)
        _check_bytes(state, decoder, chunk)
        text = pending + chunk
        # A carriage return at the end of a chunk may belong to a line end that the next chunk completes.
        pending = b"\r" if text.endswith(b"\r") else b""
        _take(state, _with_lf(text[: len(text) - len(pending)]))
    _take(state, pending)
    if state.problem is None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            state.problem = "ends in the middle of a character, so it looks cut off; download or export it again"
    return _finish(state)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    first = True
    while chunk := source.read(CHUNK_BYTES):
        if first and chunk.startswith(codecs.BOM_UTF8):
            chunk = chunk[len(codecs.BOM_UTF8) :]
        first = False
        if chunk:
            yield chunk


def _with_lf(text: bytes) -> bytes:
    if b"\r" not in text:
        return text
    data = np.frombuffer(text, np.uint8)
    is_return = data == ord("\r")
    line_ends = np.count_nonzero(is_return[:-1] & (data[1:] == ord("\n")))
    if line_ends == np.count_nonzero(is_return):
        return text.replace(b"\r", b"")  # four times faster than to replace pairs
    return text.replace(b"\r\n", b"\n")


def _check_bytes(state: _State, decoder: codecs.IncrementalDecoder, chunk: bytes) -> None:
    if state.problem is not None:
        return
    if b"\0" in chunk:
        line = state.lines + chunk[: chunk.index(b"\0")].count(b"\n") + 1
        state.problem = f"holds a NUL byte in line {line}, so it is no text file; export it again as CSV in UTF-8"
    elif not (chunk.isascii() and not decoder.getstate()[0]):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = state.lines + chunk[: error.start].count(b"\n") + 1
            state.problem = f"is not UTF-8 (line {line}); export it again as CSV in UTF-8"


def _take(state: _State, text: bytes) -> None:
    if not text:
        return
    state.digest.update(text)  # type: ignore[attr-defined]
    if len(state.first) < MAX_HEADER_BYTES:
        state.first += text[: MAX_HEADER_BYTES - len(state.first)]
    state.last_byte = text[-1:]
    data = np.frombuffer(text, np.uint8)
    is_newline = is_end = data == ord("\n")
    if state.in_quotes or b'"' in text:
        quotes = np.cumsum(data == ord('"'), dtype=np.uint8)  # may overflow: only odd or even counts
        is_end = is_newline & ((quotes + state.in_quotes) % 2 == 0)
        state.in_quotes ^= bool(quotes[-1] % 2)
    is_blank = is_end.copy()
    is_blank[1:] &= is_end[:-1]
    is_blank[0] &= state.after_newline
    if is_blank.any():
        state.blank_lines += int(np.count_nonzero(is_blank))
        if state.first_blank_line is None:
            state.first_blank_line = state.lines + int(np.count_nonzero(is_newline[: is_blank.argmax()])) + 1
    state.lines += int(np.count_nonzero(is_newline))
    record_ends = int(np.count_nonzero(is_end))
    state.record_ends += record_ends
    if record_ends:
        state.open_bytes, state.open_line = 0, state.lines + 1
    else:
        state.open_bytes += len(text)
        if state.open_bytes > MAX_RECORD_BYTES and state.problem is None:
            state.problem = (
                f"has a row of more than 2 MB about line {state.open_line}, as if a quotation mark were never closed; "
                "export it again"
            )
    state.after_newline = bool(is_end[-1])
    run = len(text) - len(text.rstrip(b"\n")) if state.after_newline else 0
    state.trailing_newlines = run + (state.trailing_newlines if run == len(text) else 0)


def _finish(state: _State) -> Scan:
    header_line = state.first.split(b"\n", 1)[0]
    trailing_blank = max(state.trailing_newlines - 1, 0)
    problem = next((says for magic, says in _MAGIC.items() if state.first.startswith(magic)), state.problem)
    headers: list[str] = []
    try:
        headers = next(csv.reader([header_line.decode("utf-8", errors="replace")]), [])
    except csv.Error:
        if problem is None or state.open_bytes:
            problem = "has line ends of an old kind (CR); save it with LF or CRLF"
    if problem is None:
        if state.blank_lines > MAX_BLANK_LINES:
            problem = f"has {state.blank_lines:,} blank lines; take them out"
        elif state.size == 0 or not state.first.strip():
            problem = "is empty; download or export it again"
        elif state.in_quotes:
            problem = "opens a quotation mark that it never closes, so it looks cut off; download or export it again"
        elif state.last_byte != b"\n":
            problem = "does not end with a line end, so it looks cut off; download or export it again"
    return Scan(
        sha256=state.digest.hexdigest(),  # type: ignore[attr-defined]
        size_bytes=state.size,
        records=max(state.record_ends - state.blank_lines - 1, 0),
        headers=tuple(headers),
        problem=problem,
        gap=(
            f"has a blank line among its rows (line {state.first_blank_line}); remove it or export the file again"
            if state.blank_lines > trailing_blank
            else None
        ),
    )
