"""Faults of the machine, made for the length of a `with`: real ones, for whoever runs the tests, root too."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

_CAPABILITY_VERSION = 0x20080522
_PAST_PERMISSIONS = 0b110
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which root passes over permission bits."""


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    """The file or folder with these permission bits, which also root obeys meanwhile (in this thread and its children)."""
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        with _permissions_count():
            yield
    finally:
        path.chmod(before)


@contextmanager
def _permissions_count() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    held, fewer = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, held) == 0
    fewer[:] = held[:]
    fewer[0] &= ~_PAST_PERMISSIONS
    assert libc.capset(header, fewer) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0


@contextmanager
def full_disk(folder: Path, room: int) -> Iterator[None]:
    """The folder on a disk with so many bytes of room; where nothing may be mounted, this process cannot write beyond that place
    of any file instead.

    What was in the folder, and what is in it at the end, is kept.
    """
    aside = folder.with_name(f"{folder.name}-aside")
    folder.rename(aside)
    folder.mkdir()
    held = sum(-(-path.lstat().st_size // 4096) * 4096 for path in aside.rglob("*"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={(held + room) // 4096 * 4}k", "tmpfs", str(folder)]
    is_mounted = shutil.which("mount") is not None and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True, symlinks=True)
        with _short_files(room) if not is_mounted else nullcontext():
            yield
    finally:
        shutil.rmtree(aside)
        shutil.copytree(folder, aside, symlinks=True)
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder)
        aside.rename(folder)


@contextmanager
def _short_files(length: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
