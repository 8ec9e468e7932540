"""One refresh at a time: a lock beside the build database that says who holds it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.store.warehouse import WarehouseError


@contextmanager
def writer_lock(warehouse_dir: Path) -> Iterator[None]:
    """Hold the warehouse for writing. The lock falls with the process, however it ends.

    Raises:
        WarehouseError: another process holds it; the message says which.
    """
    try:
        warehouse_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(
            f"{warehouse_dir} cannot be made ({error.strerror}); choose another --warehouse."
        ) from error
    holder = warehouse_dir / "refresh.holder"
    lock = FileLock(warehouse_dir / "refresh.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        who = holder.read_text(encoding="utf-8").strip() if holder.exists() else "another process"
        raise WarehouseError(f"A refresh is running on {warehouse_dir} ({who}); wait for it to end.") from error
    except OSError as error:
        raise WarehouseError(
            f"{warehouse_dir} cannot be written to ({error.strerror}); mend its permissions."
        ) from error
    try:
        holder.write_text(
            f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n",
            encoding="utf-8",
        )
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
