"""Processes beside the run, for what is slow to import and for what can use a second core."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from pipelines.store.advice import LESS_MEMORY
from pipelines.store.warehouse import WarehouseError


class Pool(ProcessPoolExecutor):
    """Processes that import a module when they are started, wait for work, and never outlive this process."""

    def __init__(self, processes: int, imports: str) -> None:
        context = multiprocessing.get_context("spawn")
        super().__init__(processes, mp_context=context, initializer=_follow, initargs=(os.getpid(),))
        self._awaited = [imports] * processes

    def start(self) -> None:
        """Begin to import, if that has not begun; whoever does not call this waits for it at the first work."""
        while self._awaited:
            self.submit(_import, self._awaited.pop())


@contextmanager
def process_pool(processes: int, imports: str) -> Iterator[Pool]:
    """A pool that is gone on leaving, with whatever it still had to do."""
    pool = Pool(processes, imports)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def work_of(what: str) -> Iterator[None]:
    """Around what is handed to a pool and waited for; `what` names the pool's processes in the sentence when one is lost.

    Raises:
        WarehouseError: a process was killed, or its memory ran out; whatever else the work itself raises.
    """
    try:
        yield
    except BrokenProcessPool as error:
        raise WarehouseError(
            f"A process of {what} was killed from outside, as the system does when memory runs out: {LESS_MEMORY}"
        ) from error
    except MemoryError as error:
        raise WarehouseError(f"Memory ran out in a process of {what}: {LESS_MEMORY}") from error


def _import(name: str) -> None:
    importlib.import_module(name)  # a module cannot be sent back


def _follow(parent: int) -> None:
    """End with the parent: a killed run must not leave a process behind that holds the build database."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
