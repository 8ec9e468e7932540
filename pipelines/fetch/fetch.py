"""Looks at a publication and fetches it, in the way it is published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.fetch.bundles import get_archives, get_custom, look_at_archives, look_at_form
from pipelines.fetch.files import get_files, look_at_files
from pipelines.fetch.publishers import FetchError
from pipelines.fetch.trip import Item, Trip, Wanted


def look(trip: Trip, wanted: Wanted) -> Iterator[Item]:
    """What the publisher has now, without fetching it.

    Raises:
        FetchError: the publisher's list cannot be had.
    """
    publication = trip.publication
    if publication.archive:
        return look_at_archives(trip, publication.archive)
    if publication.form:
        return look_at_form(trip, publication.form)
    return look_at_files(trip, wanted)


def get(trip: Trip, wanted: Wanted, *, dry_run: bool = False) -> Iterator[Item]:
    """Fetch what is wanted and not held, and say of each file what became of it, or with `dry_run` what would.

    A file that cannot be had does not keep the others from coming.

    Raises:
        FetchError: the publisher's list, or an archive, cannot be had.
    """
    publication = trip.publication
    if publication.archive:
        return get_archives(trip, publication.archive, wanted, dry_run=dry_run)
    if publication.form:
        return get_custom(trip, publication.form, wanted, dry_run=dry_run)
    return look_at_files(trip, wanted) if dry_run else get_files(trip, wanted)


@contextmanager
def one_at_a_time(raw_dir: Path) -> Iterator[None]:
    """Keep a second `fpw fetch` off the same raw folder.

    Raises:
        FetchError: one is running.
    """
    lock = FileLock(raw_dir / ".fetch.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise FetchError(f"Another `fpw fetch` is running on {raw_dir}; wait for it to end.") from error
    try:
        yield
    finally:
        lock.release()
