"""Shows how downloads go: a bar on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as RichProgress

log = logging.getLogger("fpw.fetch")

LINE_SECONDS = 5


class Bars:
    """Bars on a terminal."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        self._bars = RichProgress(*columns, console=Console(stderr=True), transient=True)
        self._task: TaskID | None = None

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, name: str, done: int, total: int | None) -> None:
        self.end()
        self._task = self._bars.add_task(name, total=total, completed=done)

    def advance(self, count: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, count)

    def end(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None


class Lines:
    """Lines in a log, not more than one every few seconds."""

    def __init__(self) -> None:
        self._name = ""
        self._done = 0
        self._total: int | None = None
        self._said = 0.0

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, name: str, done: int, total: int | None) -> None:
        self._name, self._done, self._total = name, done, total
        self._said = time.monotonic()

    def advance(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._said > LINE_SECONDS:
            self._said = time.monotonic()
            share = f" ({100 * self._done / self._total:.0f} %)" if self._total else ""
            log.info("%s: %.1f MB%s", self._name, self._done / 1e6, share)

    def end(self) -> None:
        self._name = ""


def show_progress() -> Bars | Lines:
    """Bars where a person watches, lines elsewhere."""
    return Bars() if sys.stderr.isatty() else Lines()
