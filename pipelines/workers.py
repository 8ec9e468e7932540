"""Processes beside the run, for what is slow to import and for what can use a second core."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def process_pool(processes: int, imports: str) -> Iterator[Executor]:
    """A pool whose processes start at once, import a module, wait for work, and never outlive this process."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_follow, initargs=(os.getpid(),))
    for _ in range(processes):
        pool.submit(_import, imports)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


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
