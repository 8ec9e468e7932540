"""Reads workbooks in a process of its own: what breaks or floods it ends that process, and no more than one file.

The library that reads workbooks allocates what a file declares. A cell far from the others, written in a few bytes,
makes it ask for hundreds of gigabytes, and then it ends its process, which Python cannot catch.
"""

from __future__ import annotations

import logging
import os
import re
import resource
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pipelines.ingest.documents import DocumentRefused
from pipelines.workers import process_pool

P = ParamSpec("P")
T = TypeVar("T")

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 600
TOO_MUCH = (
    f"breaks its reader, or needs more than {MEMORY_BYTES >> 30} GB of memory or {CPU_SECONDS // 60} minutes; "
    "copy the table alone, without cells far below or beside it, into a new workbook"
)


class Apart:
    """Calls functions, one at a time, in a process whose memory and time are bounded; it starts with the first call."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES, cpu_seconds: int = CPU_SECONDS) -> None:
        self._limits = memory_bytes, cpu_seconds
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._pool: Executor | None = None

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns or raises; its log lines are handled here.

        Raises:
            DocumentRefused: the process ended under it, as it took more memory or time than it may.
        """
        with self._lock:
            if self._pool is None:
                self._pool = self._stack.enter_context(process_pool(1, "pipelines.ingest.extracts"))
            try:
                result, error, records = self._pool.submit(_bounded, self._limits, function, args, kwargs).result()
            except BrokenProcessPool:
                self.close()
                raise DocumentRefused(TOO_MUCH) from None
        for record in records:
            logging.getLogger(record.name).handle(record)
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the process; another call starts it anew."""
        self._stack.close()
        self._pool = None


# What follows runs in the process apart.


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args = record.getMessage(), None
        self.records.append(record)


def _bounded(
    limits: tuple[int, int], function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, BaseException | None, list[logging.LogRecord]]:
    _limit(*limits)
    kept = _Kept()
    log = logging.getLogger("fpw")
    log.handlers, log.propagate = [kept], False
    log.setLevel(logging.INFO)
    try:
        return function(*args, **kwargs), None, kept.records
    except MemoryError:
        return None, DocumentRefused(TOO_MUCH), kept.records
    except Exception as error:
        error.__traceback__ = error.__cause__ = error.__context__ = None
        return None, error, kept.records
    except BaseException:  # a panic of the library is no Exception
        return None, DocumentRefused("breaks its reader; save it again in a spreadsheet program"), kept.records


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Bound this process's memory and, from now on, its time; leave no image of its memory behind when it dies."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    for limit, value in (
        (resource.RLIMIT_DATA, _own_bytes() + memory_bytes),
        (resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(limit)
        resource.setrlimit(limit, (value if most == resource.RLIM_INFINITY else min(value, most), most))


@cache
def _own_bytes() -> int:
    """What the process holds before its first call; its last words are lost, as they would stand among the progress."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    status = Path("/proc/self/status")
    found = re.search(r"VmData:\s*(\d+) kB", status.read_text(encoding="ascii")) if status.exists() else None
    return int(found[1]) << 10 if found else 0


apart = Apart()
"""The one of this process."""
