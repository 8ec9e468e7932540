"""The process in which workbooks are read: whatever ends it, or floods it, is one refusal, and the next file is read."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from pipelines.ingest.apart import Apart
from pipelines.ingest.documents import DocumentRefused


class PanicError(BaseException):
    """No Exception, as the panics of a library written in Rust."""


def fine(text: str) -> str:
    logging.getLogger("fpw.extracts").warning("said of %s", text)
    return text.upper()


def panics() -> None:
    raise PanicError("holds a secret")


def fills_memory() -> int:
    return len(bytearray(1 << 30))


def loops() -> None:
    while True:
        pass


def refuses() -> None:
    raise DocumentRefused("is odd")


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    with closing(Apart(memory_bytes=200 << 20, cpu_seconds=1)) as apart:
        yield apart


def test_results_errors_and_log_lines_come_back(
    apart: Apart, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("fpw"), "propagate", True)
    assert apart.call(fine, "file") == "FILE"
    assert "said of file" in caplog.text
    with pytest.raises(DocumentRefused, match="is odd"):
        apart.call(refuses)


@pytest.mark.parametrize("function", [panics, fills_memory, loops, os.abort])
def test_what_breaks_or_floods_the_reader_is_refused_and_the_next_file_is_read(
    apart: Apart, function: Callable[[], object]
) -> None:
    with pytest.raises(DocumentRefused, match="breaks its reader") as caught:
        apart.call(function)
    assert "secret" not in str(caught.value)
    assert apart.call(fine, "next") == "NEXT"
