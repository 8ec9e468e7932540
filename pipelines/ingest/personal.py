"""Personal data: what must not be stored is dropped or replaced before a row leaves the reader."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipelines.store.warehouse import WarehouseError

log = logging.getLogger("fpw.personal")

PSEUDONYM_DIGITS = 32


@cache
def pseudonymiser(key_file: Path) -> Callable[[str], str]:
    """Replaces a value by a keyed hash (HMAC-SHA-256, 32 hex digits): the same value, the same pseudonym.

    White space around a value and the case of letters make no difference. The key is made on first use. Whoever
    holds it can test guesses, so it stays outside the project and the warehouse; without it, or with another,
    pseudonyms no longer meet those stored before.

    Raises:
        WarehouseError: the key cannot be read or made.
    """
    key = _key(key_file)

    def pseudonym(value: str) -> str:
        text = " ".join(value.split()).casefold()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM_DIGITS] if text else ""

    return pseudonym


def masked(value: str) -> str:
    """A value's shape without its content: letters become x, digits 9."""
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", value))


def _key(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o007:
            log.warning("The key of the pseudonyms %s is open to everybody on this machine; close it (chmod 600)", path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise WarehouseError(
            f"The key of the pseudonyms {path} cannot be used ({error}); restore it, or set FPW_PSEUDONYM_KEY_FILE."
        ) from error
    if len(key) < 32:
        raise WarehouseError(f"The key of the pseudonyms {path} is shorter than 64 hex digits; restore it.")
    return key


def _make(path: Path) -> None:
    """Write a new key, whole or not at all; where another process was faster, its key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        log.warning("Made the key of the pseudonyms: %s (keep it, and keep it secret)", path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
