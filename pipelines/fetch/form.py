"""Asks for a custom download: fills in the publisher's form, and waits for the archive to be made."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from pipelines.fetch.client import Client, Refused, check_link
from pipelines.fetch.publishers import FetchError, Form
from pipelines.periods import month_label, parse_month

log = logging.getLogger("fpw.fetch")

FIRST, LAST, FORCES, TOKEN = "date_from", "date_to", "forces", "csrfmiddlewaretoken"
"""Fields of the form of data.police.uk."""
TOKENS = 3
"""The token is refused now and then although it is fresh."""


@dataclass(frozen=True)
class Choices:
    """What the form offers: months in order, forces by their names, and the token that must come back with it."""

    months: tuple[dt.date, ...]
    forces: tuple[str, ...]
    token: str


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    forces: Sequence[str]
    sources: Sequence[str]
    first: dt.date
    last: dt.date


class _Reader(HTMLParser):
    """Choices and hidden fields of a form."""

    def __init__(self) -> None:
        super().__init__()
        self.select: str | None = None
        self.values: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "select":
            self.select = attributes.get("name")
        elif tag == "option" and self.select:
            self.values.setdefault(self.select, []).append(attributes.get("value", ""))
        elif tag == "input" and attributes.get("name"):
            self.values.setdefault(attributes["name"], []).append(attributes.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None


def read_choices(client: Client, form: Form) -> Choices:
    """What can be asked for now.

    Raises:
        FetchError: the page cannot be read, or holds no such form.
    """
    html, _ = client.read_text(form.address)
    reader = _Reader()
    reader.feed(html)
    months = sorted({month for text in reader.values.get(FIRST, ()) if (month := parse_month(text))})
    forces = [force for force in reader.values.get(FORCES, ()) if force]
    token = next(iter(reader.values.get(TOKEN, ())), "")
    if not (months and forces and token):
        raise FetchError(
            f"{form.address} no longer holds the form that is known; download by hand into raw/inbox, or use the archives."
        )
    return Choices(tuple(months), tuple(forces), token)


def order(client: Client, form: Form, choices: Choices, wanted: Order) -> str:
    """Ask for files, wait until the archive with them is made, and return its address.

    Raises:
        FetchError: the job was not taken, failed, or took too long.
    """
    job = _start(client, form, choices, wanted)
    progress = form.progress.format(job=job)
    host = urlsplit(form.address).netloc
    log.info("%s makes the archive (job %s)", host, job)
    started = time.monotonic()
    while time.monotonic() - started < form.longest_seconds:
        state = _state(client, progress)
        if state.get("status") == "ready" and state.get("url"):
            address = urljoin(progress, str(state["url"]))
            check_link(progress, address)
            return address
        if state.get("status") == "failed":
            raise FetchError(f"{host} could not make the archive; ask for fewer months or forces.")
        time.sleep(form.poll_seconds)
    raise FetchError(
        f"{host} did not make the archive within {form.longest_seconds:.0f} s; ask for fewer months or forces."
    )


def _start(client: Client, form: Form, choices: Choices, wanted: Order) -> str:
    """Send the form, and return the number of the job. A token that is refused is asked for anew."""
    parts = urlsplit(form.address)
    headers = {"Referer": form.address, "Origin": f"{parts.scheme}://{parts.netloc}"}
    for left in reversed(range(TOKENS)):
        fields = [(TOKEN, choices.token), (FIRST, month_label(wanted.first)), (LAST, month_label(wanted.last))]
        fields += [(FORCES, force) for force in wanted.forces]
        fields += [(form.switches[source], "on") for source in wanted.sources]
        try:
            with client.open(form.address, method="POST", headers=headers, form=fields) as answer:
                job = re.search(form.job, urlsplit(answer.url).path)
        except Refused:
            if not left:
                raise
            choices = read_choices(client, form)
            continue
        if job:
            return job[1]
        break
    raise FetchError(f"{form.address} did not take the order; download by hand into raw/inbox, or use the archives.")


def _state(client: Client, address: str) -> dict[str, object]:
    text, _ = client.read_text(address)
    try:
        state = json.loads(text)
    except json.JSONDecodeError as error:
        raise FetchError(
            f"{address} does not say how the job goes; download by hand into raw/inbox, or use the archives."
        ) from error
    return state if isinstance(state, dict) else {}
