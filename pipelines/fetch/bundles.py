"""Fetches the files of forces and months that are published in zip archives: monthly ones, and ones made to order.

Every file becomes a file of its own. Its release is the month up to which its archive goes: the same month as an older
archive knew it, and as a newer one does, lie side by side.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pipelines.fetch.archive import (
    Changed,
    Member,
    NoRanges,
    Opened,
    known_members,
    open_local,
    open_remote,
    runs,
    unpack,
)
from pipelines.fetch.download import download, forget
from pipelines.fetch.form import Order, order, read_choices
from pipelines.fetch.pages import Link, file_name, find_links
from pipelines.fetch.publishers import Archive, FetchError, Form
from pipelines.fetch.trip import Item, Trip, Wanted, moment_of
from pipelines.ingest.discover import natural_key
from pipelines.periods import Span, add_months, month_label, months_between, parse_month

WHOLE = ".whole"
"""Folder, not seen by the register, of archives that are fetched whole and taken apart."""


@dataclass(frozen=True)
class Pick:
    """What is taken out of one archive. All of `wanted` is said: forces, sources, first and last month."""

    trip: Trip
    wanted: Wanted
    months: Span
    release: str
    dry_run: bool

    def members(self, opened: Opened) -> list[Member]:
        """The files in an archive that are wanted."""
        contracts = [c for source, c in self.trip.contracts.items() if self.wanted.has_source(source)]
        return [
            member
            for member in known_members(opened.zip, contracts)
            if member.force in self.wanted.forces and self.months.start <= member.month <= self.months.end
        ]

    def is_held(self, member: Member) -> bool:
        """Whether the same content, or a newer release of the file, is on disk."""
        return any(
            (held.sidecar.crc32 == member.info.CRC and held.sidecar.size_bytes == member.info.file_size)
            or natural_key(held.sidecar.release) > natural_key(self.release)
            for held in self.trip.holdings.by_name[member.name]
        )

    def absent(self, members: list[Member]) -> Iterator[Item]:
        """For each force and source, the months for which the archive holds no file."""
        found = {(member.force, member.source, member.month) for member in members}
        for force in self.wanted.forces:
            for source in filter(self.wanted.has_source, self.trip.contracts):
                months = months_between(self.months.start, self.months.end)
                missing = [month_label(month) for month in months if (force, source, month) not in found]
                if missing:
                    some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
                    yield Item(f"{force} {source}", "absent", f"the publisher has no file for {some}")


def look_at_archives(trip: Trip, archive: Archive) -> Iterator[Item]:
    """The archives there are, newest first."""
    some = {held.sidecar.address for held in trip.holdings.members()}
    for _, link in reversed(_archives(trip, archive).items()):
        yield Item(link.name, "held" if link.address in some else "new")


def look_at_form(trip: Trip, form: Form) -> Iterator[Item]:
    """The forces that the form offers, each with the months."""
    choices = read_choices(trip.client, form)
    months = f"{month_label(choices.months[0])} to {month_label(choices.months[-1])}"
    yield from (Item(force, "new", months) for force in choices.forces)


def get_archives(trip: Trip, archive: Archive, wanted: Wanted, *, dry_run: bool) -> Iterator[Item]:
    """Take what is wanted out of the monthly archives."""
    links = _archives(trip, archive)
    newest = max(links)
    first, last = wanted.first or add_months(newest, 1 - archive.months), wanted.last or newest
    if last > newest:
        yield Item(month_label(last), "absent", f"is not published yet; the newest archive is {month_label(newest)}")
    for link, months in _plan(archive, links, first, min(last, newest)):
        pick = Pick(trip, wanted, months, link.name.removesuffix(".zip"), dry_run)
        checksums = re.findall(archive.checksum, link.around) if archive.checksum else []
        yield from _from_archive(pick, link.address, checksums)


def get_custom(trip: Trip, form: Form, wanted: Wanted, *, dry_run: bool) -> Iterator[Item]:
    """Order an archive of what is wanted, and take it out."""
    choices = read_choices(trip.client, form)
    months = Span(wanted.first or choices.months[0], wanted.last or choices.months[-1])
    if months.start < choices.months[0] or months.end > choices.months[-1]:
        raise FetchError(
            f"{form.address} offers {month_label(choices.months[0])} to {month_label(choices.months[-1])} only; take "
            "other months from the archives."
        )
    for force in wanted.forces:
        if force not in choices.forces:
            yield Item(force, "absent", "the form does not offer this force")
    forces = tuple(force for force in wanted.forces if force in choices.forces)
    sources = [source for source in form.switches if wanted.has_source(source)]
    if dry_run:
        what = f"{', '.join(sources)}, {month_label(months.start)} to {month_label(months.end)}"
        yield from (Item(force, "new", what) for force in forces)
    elif forces:
        address = order(trip.client, form, choices, Order(forces, sources, months.start, months.end))
        pick = Pick(trip, replace(wanted, forces=forces), months, month_label(choices.months[-1]), dry_run)
        yield from _from_whole(pick, address, [])


def _archives(trip: Trip, archive: Archive) -> dict[dt.date, Link]:
    """The archives there are, by month, oldest first."""
    found = {}
    for link in find_links(trip.client, [archive.index], None, [archive.name]):
        match = re.fullmatch(archive.name, link.name, re.IGNORECASE)
        if match and (month := parse_month(match["month"])):
            found[month] = link
    return dict(sorted(found.items()))


def _plan(archive: Archive, links: dict[dt.date, Link], first: dt.date, last: dt.date) -> Iterator[tuple[Link, Span]]:
    """Which archives to open for which months: of those that hold the oldest month still missing, the newest.

    So the fewest are opened, and each month is as its publisher knew it last, or nearly so.
    """
    complete = parse_month(archive.complete_until or "") or dt.date.min
    while first <= last:
        reach = max(add_months(first, archive.months - 1), complete)
        fit = [month for month in links if first <= month <= reach]
        if not fit:
            raise FetchError(
                f"No archive holds {month_label(first)}; there are {month_label(min(links))} to {month_label(max(links))}."
            )
        yield links[fit[-1]], Span(first, min(last, fit[-1]))
        first = add_months(fit[-1], 1)


def _from_archive(pick: Pick, address: str, checksums: list[str]) -> Iterator[Item]:
    """By pieces, where the publisher serves them and less than half is wanted; else whole."""
    client = pick.trip.client
    for _ in range(client.options.tries):
        try:
            with open_remote(client, address) as opened:
                assert opened.remote is not None
                members = pick.members(opened)
                new = [member for member in members if not pick.is_held(member)]
                if not pick.dry_run and sum(member.end - member.start for member in new) > opened.remote.size / 2:
                    break
                yield from _take(pick, opened)
                return
        except Changed:
            continue
        except NoRanges:
            break
    yield from _from_whole(pick, address, checksums)


def _from_whole(pick: Pick, address: str, checksums: list[str]) -> Iterator[Item]:
    trip = pick.trip
    part = trip.folder / WHOLE / f"{file_name(address)}.part"
    if pick.dry_run:
        yield Item(file_name(address), "new", "the publisher does not serve pieces of it, so it is fetched whole")
        return
    limit = trip.settings.max_file_bytes
    fetched = download(trip.client, address, part, trip.progress, checksums=checksums, max_bytes=limit, check=False)
    assert fetched is not None, "no version of it is known"
    try:
        with open_local(fetched, address) as opened:
            yield from _take(pick, opened)
    finally:
        forget(part)
    shutil.rmtree(part.parent, ignore_errors=True)


def _take(pick: Pick, opened: Opened) -> Iterator[Item]:
    """Take what is wanted and new out of an archive, and say of each file what became of it."""
    members = pick.members(opened)
    new = [member for member in members if not pick.is_held(member)]
    if pick.dry_run:
        yield from (Item(member.name, _state(pick, member), "", member.info.file_size) for member in new)
    else:
        pick.trip.progress.begin(opened.name, 0, sum(member.info.file_size for member in new))
        try:
            for run in runs(new):
                if opened.remote:
                    opened.remote.load(run[0].start, run[-1].end)
                for member in run:
                    try:
                        yield _take_one(pick, opened, member)
                    except FetchError as error:
                        yield Item(member.name, "failed", str(error))
        finally:
            pick.trip.progress.end()
    fresh = {member.info.filename for member in new}
    yield from (Item(member.name, "held") for member in members if member.info.filename not in fresh)
    yield from pick.absent(members)


def _take_one(pick: Pick, opened: Opened, member: Member) -> Item:
    trip, state = pick.trip, _state(pick, member)
    if member.info.file_size > trip.settings.max_file_bytes:
        raise FetchError(
            f"{member.name} is larger than {trip.settings.max_file_bytes:,} bytes; if it is genuine, raise "
            "FPW_MAX_FILE_BYTES."
        )
    part = trip.folder / f"{member.name}.part"
    unpack(opened.zip, member, part, trip.progress)
    with part.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    sidecar = replace(
        trip.sidecar(member.name, member.source, opened.address, opened.final, opened.version),
        size_bytes=member.info.file_size,
        sha256=sha256,
        checksum=f"crc32 {member.info.CRC:08x}",
        member=member.info.filename,
        crc32=member.info.CRC,
    )
    place = trip.place(part, sidecar, pick.release)
    moment = moment_of(opened.version)
    return Item(member.name, state, place, member.info.file_size, moment.date() if moment else None)


def _state(pick: Pick, member: Member) -> Literal["new", "changed"]:
    return "changed" if pick.trip.holdings.by_name[member.name] else "new"
