"""Locks that say who holds them: one refresh at a time on a warehouse, one `fpw serve` on a home of Dagster."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.store.advice import advised
from pipelines.store.files import write_whole
from pipelines.store.warehouse import WarehouseError

log = logging.getLogger("fpw.lock")

HOLDER = "refresh.holder"
"""Says who holds the lock; it stays where the holder was killed, as only the lock itself falls with the process."""


@contextmanager
def writer_lock(warehouse_dir: Path) -> Iterator[None]:
    """Hold the warehouse for writing. The lock falls with the process, however it ends.

    What runs within may take it once more.

    Raises:
        WarehouseError: another process holds it, and the message says which; or the folder cannot be written to.
    """
    try:
        warehouse_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"{warehouse_dir} cannot be made ({error.strerror}); choose another --warehouse."
        ) from error
    with held(warehouse_dir, "refresh", f"A refresh is running on {warehouse_dir}", "wait for it to end") as before:
        if before:
            log.warning("The last run (%s) was cut off before its end; what it left undone is done now", before)
        yield


@contextmanager
def held(folder: Path, name: str, busy: str, mend: str) -> Iterator[str | None]:
    """Hold the lock of this name in a folder; gives who held it last, where that process was killed.

    Raises:
        WarehouseError: another process holds it: `busy`, who it is, and `mend`; or the folder cannot be written to.
    """
    holder = folder / f"{name}.holder"
    lock = FileLock(folder / f"{name}.lock", is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise WarehouseError(f"{busy} ({_told(holder) or 'another process'}); {mend}.") from error
    except OSError as error:
        raise WarehouseError(advised(f"{folder} cannot be written to ({error.strerror})")) from error
    try:
        yield _take(holder) if lock.lock_counter == 1 else None
    finally:
        if lock.lock_counter == 1:
            with contextlib.suppress(OSError):
                holder.unlink()
        lock.release()


def cut_off(warehouse_dir: Path) -> str | None:
    """Who held the warehouse and was killed before the end, when nobody has held it since; None otherwise."""
    lock = FileLock(warehouse_dir / "refresh.lock", is_singleton=True)
    who = _told(warehouse_dir / HOLDER)
    if who is None or lock.is_locked:
        return None
    try:
        with lock.acquire(timeout=0):
            return who
    except (Timeout, OSError):
        return None  # it is at work, or this user may only read


def _take(holder: Path) -> str | None:
    before = _told(holder)
    try:
        write_whole(
            holder,
            f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n",
        )
    except OSError as error:
        raise WarehouseError(advised(f"{holder.parent} cannot be written to ({error.strerror})")) from error
    return before


def _told(holder: Path) -> str | None:
    try:
        return holder.read_text(encoding="utf-8").strip()
    except OSError:
        return None
