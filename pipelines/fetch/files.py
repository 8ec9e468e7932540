"""Fetches files that have addresses of their own: links on a publisher's pages, and addresses made from templates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import Formatter

from pipelines.fetch.client import NotPublished, Refused
from pipelines.fetch.download import Download, Version, download, forget, version_of
from pipelines.fetch.pages import file_name, find_links
from pipelines.fetch.publishers import FetchError, File
from pipelines.fetch.sidecar import Held, write_sidecar
from pipelines.fetch.trip import Item, State, Trip, Wanted, moment_of
from pipelines.periods import Span, month_label, months_between, span_of


@dataclass(frozen=True)
class Offer:
    """A file at an address. One made from a template need not exist."""

    source: str
    name: str
    address: str
    is_guessed: bool = False


def get_files(trip: Trip, wanted: Wanted) -> Iterator[Item]:
    """Fetch every file that is wanted and not held in its present version."""
    for offer in _offers(trip, wanted):
        try:
            yield _get(trip, offer)
        except FetchError as error:
            yield _trouble(offer, error)


def look_at_files(trip: Trip, wanted: Wanted) -> Iterator[Item]:
    """What fetching would bring, by asking for the head of every file."""
    for offer in _offers(trip, wanted):
        try:
            version = _head(trip, offer.address)
        except FetchError as error:
            yield _trouble(offer, error)
            continue
        held, moment = trip.holdings.by_address.get(offer.address), moment_of(version)
        state: State = "new" if held is None else "held" if _version(held).unchanged(version) else "changed"
        yield Item(offer.name, state, "", version.total, moment.date() if moment else None)


def _offers(trip: Trip, wanted: Wanted) -> list[Offer]:
    publication = trip.publication
    files = [file for file in publication.files if wanted.has_source(file.source)]
    offers = [offer for file in files if file.address for offer in _from_template(file, wanted)]
    named = {file.name: file for file in files if file.name}
    links = find_links(trip.client, publication.pages, publication.follow, list(named)) if named else []
    for link in links:
        for pattern, file in named.items():
            if match := re.fullmatch(pattern, link.name, re.IGNORECASE):
                span = _covered(match)
                if span is None or wanted.overlaps(span):
                    offers.append(Offer(file.source, link.name, link.address))
                break
    return offers


def _get(trip: Trip, offer: Offer) -> Item:
    held = trip.holdings.by_address.get(offer.address)
    fetched = download(
        trip.client,
        offer.address,
        trip.folder / f"{offer.name}.part",
        trip.progress,
        known=_version(held) if held else None,
        max_bytes=trip.settings.max_file_bytes,
    )
    if fetched is None or _is_content_held(trip, offer, fetched):
        return Item(offer.name, "held")
    moment = moment_of(fetched.version)
    sidecar = replace(
        trip.sidecar(offer.name, offer.source, offer.address, fetched.address, fetched.version),
        size_bytes=fetched.size_bytes,
        sha256=fetched.sha256,
        checksum=fetched.checksum,
    )
    place = trip.place(fetched.path, sidecar, f"{(moment or dt.datetime.now(dt.UTC)).date()}")
    return Item(offer.name, "changed" if held else "new", place, fetched.size_bytes, moment.date() if moment else None)


def _is_content_held(trip: Trip, offer: Offer, fetched: Download) -> bool:
    """Whether the same content lies here already; then what was fetched goes, and its version is noted."""
    for twin in trip.holdings.by_name[offer.name]:
        if twin.sidecar.sha256 == fetched.sha256:
            forget(fetched.path)
            version = fetched.version
            sidecar = replace(
                twin.sidecar,
                address=offer.address,
                final_address=fetched.address,
                etag=version.etag,
                last_modified=version.last_modified,
            )
            write_sidecar(twin.path, sidecar)
            trip.holdings.add(Held(twin.path, sidecar))
            return True
    return False


def _head(trip: Trip, address: str) -> Version:
    try:
        with trip.client.open(address, method="HEAD") as answer:
            return version_of(answer, address)
    except Refused:
        with trip.client.open(address, headers={"Range": "bytes=0-0"}) as answer:
            return version_of(answer, address)


def _trouble(offer: Offer, error: FetchError) -> Item:
    return Item(offer.name, "absent" if offer.is_guessed and isinstance(error, NotPublished) else "failed", str(error))


def _version(held: Held) -> Version:
    sidecar = held.sidecar
    return Version(sidecar.address, sidecar.etag, sidecar.last_modified, sidecar.size_bytes)


def _from_template(file: File, wanted: Wanted) -> list[Offer]:
    """The addresses a template stands for: one for each month, year or force that is wanted."""
    assert file.address is not None
    fields = {field for _, field, _, _ in Formatter().parse(file.address) if field}
    choices = {"force": list(wanted.forces)}
    if fields & {"month", "year"}:
        if wanted.first is None or wanted.last is None:
            raise FetchError(f"{file.source} is published by month or year; say which with --from and --to.")
        months = months_between(wanted.first, wanted.last)
        choices["month"] = [month_label(month) for month in months]
        choices["year"] = sorted({str(month.year) for month in months})
    found = [file.address]
    for field in sorted(fields):
        if field not in choices:
            raise FetchError(f"The address {file.address} has the field {field!r}; month, year and force are known.")
        found = [address.replace(f"{{{field}}}", value) for address in found for value in choices[field]]
    return [Offer(file.source, file_name(address), address, is_guessed=bool(fields)) for address in found]


def _covered(match: re.Match[str]) -> Span | None:
    """The time that a file covers, by the groups of its name."""
    groups = match.groupdict()
    if text := groups.get("month"):
        return span_of(text, "month")
    if text := groups.get("year"):
        return span_of(text, "year")
    if text := groups.get("year_to_march"):
        return span_of(f"{text}-03", "financial_year")
    return None
