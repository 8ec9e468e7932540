"""The byte scan: what it counts must be what a CSV reader finds."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest import scan as scan_module
from pipelines.ingest.scan import Scan, scan_stream


def scan(content: bytes) -> Scan:
    return scan_stream(io.BytesIO(content))


CELL = st.text(st.sampled_from('ab,"\né£ '), max_size=6)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=8)


@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n"]), chunk=st.integers(1, 7), bom=st.booleans())
def test_records_are_those_a_csv_reader_finds(rows: list[list[str]], end: str, chunk: int, bom: bool) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows([["head", "er"], *rows])
    content = ("\ufeff" if bom else "").encode() + text.getvalue().encode()
    old, scan_module.CHUNK_BYTES = scan_module.CHUNK_BYTES, max(chunk, 4)
    try:
        found = scan(content)
    finally:
        scan_module.CHUNK_BYTES = old
    assert found.problem is None
    assert found.records == len(rows)
    assert found.headers == ("head", "er")
    assert found.sha256 == hashlib.sha256(text.getvalue().replace("\r\n", "\n").encode()).hexdigest()


def test_hash_does_not_depend_on_line_ends_but_on_content() -> None:
    unix, windows, other = scan(b"a,b\n1,2\n"), scan(b"a,b\r\n1,2\r\n"), scan(b"a,b\n1,3\n")
    assert unix.sha256 == windows.sha256 != other.sha256


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2", "looks cut off"),
        (b'a,b\n1,"2\n', "never closes"),
        (b"a,b\n1,\xe9\n", "is not UTF-8 (line 2)"),
        (b"a,b\n1,2\n1,\xc3", "middle of a character"),
        (b"a,b\n1,\0\n", "NUL byte in line 2"),
        (b"a,b\n1,2\n\n3,4\n", "blank line among its rows (line 3)"),
    ],
)
def test_unreadable_content_is_named_with_its_line(content: bytes, says: str) -> None:
    found = scan(content)
    problem = found.problem or found.gap
    assert problem is not None
    assert says in problem


def test_blank_lines_at_the_end_do_no_harm() -> None:
    found = scan(b"a,b\r\n1,2\r\n\r\n\r\n")
    assert (found.problem, found.gap, found.records) == (None, None, 1)


def test_line_breaks_inside_quotation_marks_end_no_record() -> None:
    found = scan(b'a,b\n1,"x\ny\n\nz"\n2,2\n')
    assert (found.problem, found.records) == (None, 2)
