"""Finds on a publisher's pages the links to files."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

from pipelines.fetch.client import Client
from pipelines.fetch.publishers import FetchError

log = logging.getLogger("fpw.fetch")


@dataclass(frozen=True)
class Link:
    """A link of a page: its address, the name of the file behind it, and the text between the links beside it."""

    address: str
    name: str
    around: str


class _Reader(HTMLParser):
    """Links and texts of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.base: str | None = None
        self.pieces: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "base" and href and self.base is None:
            self.base = href
        elif tag == "a" and href:
            self.pieces.append(("link", href.strip()))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.pieces.append(("text", data))


def links(html: str, address: str) -> list[Link]:
    """All links of the page found at `address`, absolute, in order; one for each address."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    base = urljoin(address, reader.base or "")
    places = [index for index, (kind, _) in enumerate(reader.pieces) if kind == "link"]
    found: dict[str, Link] = {}
    for before, place, after in zip([-1, *places], places, [*places[1:], len(reader.pieces)], strict=False):
        try:
            target = urldefrag(urljoin(base, reader.pieces[place][1])).url
        except ValueError:
            continue
        around = " ".join(text for kind, text in reader.pieces[before + 1 : after] if kind == "text")
        found.setdefault(target, Link(target, file_name(target), around))
    return list(found.values())


def file_name(address: str) -> str:
    """Name of the file behind an address: the end of its path, or of a path in its query (`/file?uri=/a/b.xlsx`)."""
    parts = urlsplit(address)
    names = [PurePosixPath(unquote(parts.path)).name]
    names += [PurePosixPath(value).name for _, value in parse_qsl(parts.query)]
    return next((name for name in names if PurePosixPath(name).suffix), names[0])


def find_links(client: Client, pages: Sequence[str], follow: str | None, patterns: Sequence[str]) -> list[Link]:
    """Links of the pages, and of the pages these link to by `follow`, whose file name fits one of the patterns.

    Raises:
        FetchError: a page cannot be read, or none links to such a file.
    """
    found: dict[str, Link] = {}
    further: dict[str, None] = {}
    for page in pages:
        for link in _page_links(client, page):
            if _fits(link, patterns):
                found.setdefault(link.address, link)
            elif follow and _leads_on(link.address, page, follow):
                further.setdefault(link.address)
    for page in further:
        found |= {link.address: link for link in _page_links(client, page) if _fits(link, patterns)}
    if not found:
        raise FetchError(
            f"{pages[0]} links to no file like {' or '.join(patterns)}; look at the page, and correct the pattern or the "
            "address in publishers.yaml."
        )
    return list(found.values())


def _page_links(client: Client, page: str) -> list[Link]:
    log.info("Reading %s", page)
    html, address = client.read_text(page)
    return links(html, address)


def _fits(link: Link, patterns: Sequence[str]) -> bool:
    return any(re.fullmatch(pattern, link.name, re.IGNORECASE) for pattern in patterns)


def _leads_on(target: str, page: str, follow: str) -> bool:
    parts = urlsplit(target)
    return parts.netloc == urlsplit(page).netloc and bool(re.fullmatch(follow, parts.path.rstrip("/")))
