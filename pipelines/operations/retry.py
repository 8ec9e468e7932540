"""What is worth trying again: faults that pass by themselves, of the network or of a file that somebody has open."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb

log = logging.getLogger("fpw.retry")

TIMES, SECONDS = 2, 60
_PASSING = {
    errno.EAGAIN,
    errno.EBUSY,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EIO,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ENETUNREACH,
    errno.ENOTCONN,
    errno.EREMOTEIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
}
"""Errors of shares that come and go. A full disk, a missing right or a wrong file do not mend themselves."""


def passes_by_itself(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, may be gone in a minute."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _PASSING:
            return True
        if isinstance(error, duckdb.IOException) and "could not set lock" in str(error).lower():
            return True  # somebody has the build database open
        error = error.__cause__
    return False


@contextmanager
def worth_retrying() -> Iterator[None]:
    """Around a step of a run: what may pass by itself is tried `TIMES` times more, after `SECONDS` each; the rest fails."""
    try:
        yield
    except Exception as error:
        if not passes_by_itself(error):
            raise
        log.warning("%s It is tried again in %d seconds.", error, SECONDS)
        raise dg.RetryRequested(max_retries=TIMES, seconds_to_wait=SECONDS) from error
