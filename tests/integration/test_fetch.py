"""Fetching: from a publisher that cuts off, stalls, redirects, refuses, lies and changes its mind, the right bytes come."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines import __version__
from pipelines.cli import app
from pipelines.fetch import client as client_module
from pipelines.fetch.client import Client
from pipelines.fetch.download import Download, Version, download
from pipelines.fetch.fetch import get, look, one_at_a_time
from pipelines.fetch.pages import links
from pipelines.fetch.progress import Lines
from pipelines.fetch.publishers import ClientOptions, FetchError, Publishers
from pipelines.fetch.sidecar import read_sidecar
from pipelines.fetch.trip import Item, Trip, Wanted
from pipelines.ingest.discover import find_containers
from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.settings import PROJECT_DIR, Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse
from tests.conftest import HEADERS, street_row
from tests.integration.publisher import Answer, Document, Fault, Publisher, Request, forward_proxy, md5, publish

QUICK = ClientOptions(
    interval_seconds=0, connect_seconds=2, stall_seconds=0.2, tries=3, wait_seconds=0, longest_wait_seconds=60
)
CONTENT = bytes(range(256)) * 40
APRIL, MAY = dt.date(2019, 4, 1), dt.date(2019, 5, 1)
WEST_MIDLANDS = Wanted(("west-midlands",))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publish() as running:
        yield running


def fetch(
    publisher: Publisher, folder: Path, path: str = "/a.csv", options: ClientOptions = QUICK, **arguments: Any
) -> Download | None:
    """One download; `max_bytes` and the like may be given."""
    address = arguments.pop("address", None) or publisher.address(path)
    client = arguments.pop("client", None) or Client(options)
    part = folder / f"{path.rsplit('/', 1)[-1]}.part"
    return download(client, address, part, Lines(), **{"max_bytes": 10**7, **arguments})


def fails(publisher: Publisher, folder: Path, path: str = "/a.csv", **arguments: Any) -> str:
    """The sentence in which a download ends; it leaves nothing that the register would read."""
    with pytest.raises(FetchError) as error:
        fetch(publisher, folder, path, **arguments)
    assert find_containers(folder) == []
    return str(error.value)


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


# Broken connections


@hypothesis_settings(max_examples=25)
@given(
    cuts=st.lists(st.integers(1, 400), max_size=8),
    validators=st.sampled_from(["etag", "date", "both"]),
    chunked=st.booleans(),
)
def test_however_often_it_is_cut_off_the_bytes_are_the_same(cuts: list[int], validators: str, chunked: bool) -> None:
    content = CONTENT[:2000]
    etag, date = '"1"' if validators != "date" else None, "Wed, 01 May 2024 09:30:00 GMT"
    faults = [Fault(after=length) for length in cuts]
    with publish() as publisher, tempfile.TemporaryDirectory() as folder:
        publisher.documents["/a.csv"] = Document(
            content, etag=etag, last_modified=None if validators == "etag" else date, faults=faults, chunked=chunked
        )
        done = fetch(publisher, Path(folder))
        assert done is not None
        assert done.path.read_bytes() == content
        assert done.sha256 == hashlib.sha256(content).hexdigest()
        starts = [request.first_byte or 0 for request in publisher.requests]
        assert starts == sorted(set(starts)), "nothing is fetched twice"


@hypothesis_settings(max_examples=25)
@given(
    steps=st.lists(st.tuples(st.integers(1, 600), st.booleans()), max_size=6),
    if_range=st.booleans(),
)
def test_pieces_of_two_versions_are_never_put_together(steps: list[tuple[int, bool]], if_range: bool) -> None:
    versions = [bytes([65 + number]) * 1200 for number in range(len(steps) + 1)]
    plan = list(steps)

    def change(document: Document, request: Request) -> None:
        after, changes = plan.pop(0) if plan else (None, False)
        if changes:
            number = versions.index(document.content) + 1
            document.content, document.etag, document.last_modified = versions[number], f'"{number}"', None
        document.faults = [Fault(after=after)]

    with publish() as publisher, tempfile.TemporaryDirectory() as folder:
        publisher.documents["/a.csv"] = document = Document(
            versions[0], etag='"0"', last_modified=None, if_range=if_range, on_request=change
        )
        done = fetch(publisher, Path(folder), options=QUICK.model_copy(update={"tries": 12}))
        assert done is not None
        assert done.path.read_bytes() == document.content


@pytest.mark.parametrize("chunked", [False, True])
def test_a_standstill_is_broken_off_and_resumed(publisher: Publisher, tmp_path: Path, chunked: bool) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, faults=[Fault(after=1000, stall=True)], chunked=chunked)
    done = fetch(publisher, tmp_path)
    assert done is not None
    assert done.path.read_bytes() == CONTENT
    starts = [request.first_byte for request in publisher.requests]
    assert starts == ([0, 1000] if not chunked else [0, starts[1]])
    assert publisher.requests[1].headers["if-range"] == '"1"'


def test_what_never_gets_further_is_given_up_and_kept_for_later(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = document = Document(CONTENT, faults=[Fault(after=500)] + [Fault(after=0)] * 3)
    assert "a.csv broke off at 500 bytes" in fails(publisher, tmp_path)
    assert not document.faults
    done = fetch(publisher, tmp_path)
    assert done is not None
    assert done.path.read_bytes() == CONTENT
    assert publisher.requests[-1].first_byte == 500


@pytest.mark.parametrize(
    "document", [Document(CONTENT, ranges=False), Document(CONTENT, etag=None, last_modified=None)]
)
def test_what_cannot_be_resumed_is_fetched_from_the_beginning(
    publisher: Publisher, tmp_path: Path, document: Document
) -> None:
    document.faults = [Fault(after=500)]
    publisher.documents["/a.csv"] = document
    done = fetch(publisher, tmp_path)
    assert done is not None
    assert done.path.read_bytes() == CONTENT


def test_a_file_that_changes_all_the_time_is_given_up(publisher: Publisher, tmp_path: Path) -> None:
    def change(document: Document, request: Request) -> None:
        document.etag = f'"{len(publisher.requests)}"'
        document.faults = [Fault(after=500 + len(publisher.requests))]

    publisher.documents["/a.csv"] = Document(CONTENT, if_range=False, on_request=change)
    assert "changed while it was fetched" in fails(publisher, tmp_path)


def test_a_finished_part_is_not_asked_for_again(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT)
    fetch(publisher, tmp_path)  # killed before it was laid down
    fetch(publisher, tmp_path)
    assert len(publisher.requests) == 1


# Lengths, checksums and kinds


def test_a_length_that_is_too_long_is_not_believed(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, ranges=False, announce=lambda length: length + 100)
    assert "broke off at 10,240 bytes" in fails(publisher, tmp_path)


def test_a_length_that_is_too_short_is_seen_by_the_range(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, announce=lambda length: (length + 1) // 2)
    done = fetch(publisher, tmp_path)
    assert done is not None
    assert done.path.read_bytes() == CONTENT


def test_without_ranges_it_is_seen_by_the_archive(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.zip"] = Document(
        zipped({"a.csv": CONTENT}), ranges=False, announce=lambda length: length - 30
    )
    assert "is damaged or cut off" in fails(publisher, tmp_path, "/a.zip")


def test_a_text_of_unknown_length_is_refused_and_an_archive_checked(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, ranges=False, measured=False)
    assert "does not say how long a.csv is" in fails(publisher, tmp_path)
    whole = zipped({"a.csv": CONTENT})
    publisher.documents["/a.xlsx"] = Document(whole, ranges=False, measured=False)
    done = fetch(publisher, tmp_path, "/a.xlsx")
    assert done is not None
    assert done.path.read_bytes() == whole


@pytest.mark.parametrize(
    "header",
    [
        lambda content: {"Repr-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"},
        lambda content: {"Digest": f"SHA-256={base64.b64encode(hashlib.sha256(content).digest()).decode()}"},
        lambda content: {"x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(content).digest()).decode()},
    ],
)
def test_the_publishers_checksum_is_held_against_the_file(publisher: Publisher, tmp_path: Path, header: Any) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, headers=header(CONTENT), faults=[Fault(after=500)])
    done = fetch(publisher, tmp_path)
    assert done is not None
    assert done.checksum == f"sha256 {done.sha256}"
    publisher.documents["/b.csv"] = Document(CONTENT, headers=header(CONTENT + b"x"))
    assert "does not have the checksum" in fails(publisher, tmp_path, "/b.csv")


@pytest.mark.parametrize(
    ("kind", "body"), [("text/html; charset=utf-8", CONTENT), ("application/zip", b"\n<!DOCTYPE html><p>Sorry</p>")]
)
def test_a_page_in_place_of_the_file_is_refused(publisher: Publisher, tmp_path: Path, kind: str, body: bytes) -> None:
    publisher.documents["/a.zip"] = Document(body, kind=kind)
    assert "web page instead of" in fails(publisher, tmp_path, "/a.zip")


def test_nothing_is_no_file(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(b"", ranges=False)
    assert "is empty" in fails(publisher, tmp_path)


def test_a_file_beyond_measure_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT)
    publisher.documents["/endless.csv"] = Document(CONTENT, chunked=True, ranges=False)
    assert "raise FPW_MAX_FILE_BYTES" in fails(publisher, tmp_path, max_bytes=1000)
    assert "raise FPW_MAX_FILE_BYTES" in fails(publisher, tmp_path, "/endless.csv", max_bytes=1000)


def test_a_packed_transfer_is_unpacked(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, encoding="gzip", faults=[Fault(after=60)])
    done = fetch(publisher, tmp_path)
    assert done is not None
    assert done.path.read_bytes() == CONTENT
    assert [request.first_byte for request in publisher.requests] == [0, 0], "what is packed cannot be resumed"


# Statuses, redirects, rates


def test_a_busy_publisher_is_given_the_time_it_asks_for(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(client_module.time, "sleep", pauses.append)
    in_half_a_minute = f"{dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30):%a, %d %b %Y %H:%M:%S GMT}"
    publisher.documents["/a.csv"] = Document(
        CONTENT,
        faults=[
            Fault(429, {"Retry-After": "7"}),
            Fault(503, {"Retry-After": in_half_a_minute}),
            Fault(500),
            Fault(502),
        ],
    )
    options = QUICK.model_copy(update={"tries": 5, "wait_seconds": 2})
    assert fetch(publisher, tmp_path, options=options) is not None
    waited = [pause for pause in pauses if pause]
    assert waited[0] == 7
    assert 28 < waited[1] <= 30
    assert waited[2:] == [8, 16], "else twice as long each time"


def test_too_long_a_pause_ends_the_command(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, faults=[Fault(429, {"Retry-After": "3600"})])
    assert "asks to wait 60 minutes; try again then" in fails(publisher, tmp_path)


@pytest.mark.parametrize(
    ("status", "words", "requests"),
    [(500, "after 3 tries; try again later", 3), (404, "the address may have changed", 1), (401, "in a browser", 1)],
)
def test_a_refusal_is_one_sentence(
    publisher: Publisher, tmp_path: Path, status: int, words: str, requests: int
) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, faults=[Fault(status)] * 5)
    assert words in fails(publisher, tmp_path)
    assert len(publisher.requests) == requests


def test_nobody_there_is_one_sentence(publisher: Publisher, tmp_path: Path) -> None:
    with publish() as gone:
        address = gone.address("/a.csv")
    assert "does not answer (Connection refused)" in fails(publisher, tmp_path, address=address)


def test_redirects_are_followed_also_to_another_host(publisher: Publisher, tmp_path: Path) -> None:
    target = publisher.address("/store/1", host="localhost")
    publisher.documents["/a.csv"] = Document(b"", faults=[Fault(302, {"Location": "/b"})] * 5)
    publisher.documents["/b"] = Document(b"", faults=[Fault(308, {"Location": target})] * 5)
    publisher.documents["/store/1"] = Document(CONTENT, faults=[Fault(after=300)])
    done = fetch(publisher, tmp_path)
    assert done is not None
    assert done.address == target
    assert done.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("location", "words"),
    [("/a.csv", "in a circle"), ("ftp://127.0.0.1/a.csv", "no web address"), ("file:///etc/passwd", "no web address")],
)
def test_a_redirect_that_leads_nowhere_is_refused(
    publisher: Publisher, tmp_path: Path, location: str, words: str
) -> None:
    publisher.documents["/a.csv"] = Document(b"", faults=[Fault(301, {"Location": location})] * 20)
    assert words in fails(publisher, tmp_path)
    assert len(publisher.requests) == 1


def test_ever_new_redirects_end(publisher: Publisher, tmp_path: Path) -> None:
    def on(request: Request) -> Answer:
        return 302, {"Location": f"/a.csv?{len(publisher.requests)}"}, b""

    publisher.documents["/a.csv"] = on
    assert "in a circle" in fails(publisher, tmp_path)
    assert len(publisher.requests) <= 12


def test_requests_to_one_host_keep_their_distance_and_name_the_product(publisher: Publisher, tmp_path: Path) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, faults=[Fault(500), Fault(500)])
    started = time.monotonic()
    fetch(publisher, tmp_path, options=QUICK.model_copy(update={"interval_seconds": 0.05}))
    assert time.monotonic() - started >= 0.1
    assert publisher.requests[0].headers["user-agent"] == f"force-performance-warehouse/{__version__}"
    assert publisher.requests[0].headers["accept-encoding"] == "identity"


# Proxy and certificates


def test_the_proxy_of_the_environment_is_used(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT, faults=[Fault(after=300)])
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with forward_proxy() as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        address = publisher.address("/a.csv", host="data.publisher.example")  # which nobody but the proxy can find
        done = fetch(publisher, tmp_path, address=address)
    assert done is not None
    assert done.path.read_bytes() == CONTENT
    assert asked == [address, address]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a private authority, `ca.pem`, and a certificate of 127.0.0.1, `server.pem`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = tmp_path_factory.mktemp("authority")
    now = dt.datetime.now(dt.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Authority", "127.0.0.1")]
    for number, file in enumerate(("ca.pem", "server.pem")):
        import ipaddress

        builder = (
            x509.CertificateBuilder()
            .subject_name(names[number])
            .issuer_name(names[0])
            .public_key(keys[number].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=number == 0, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[number].public_key()), critical=False)
        )
        if number == 0:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            names_of_it = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
            builder = builder.add_extension(names_of_it, critical=False)
        certificate = builder.sign(keys[0], hashes.SHA256())
        key = keys[number].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / file).write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + (key if number else b""))
    return folder


@pytest.fixture
def secure(authority: Path) -> Iterator[Publisher]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    with publish(context) as running:
        yield running


def test_a_private_authority_is_trusted_only_when_it_is_named(
    secure: Publisher, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure.documents["/a.csv"] = Document(CONTENT)
    address = secure.address("/a.csv", "https")
    assert "name your organisation's certificates in FPW_CA_BUNDLE" in fails(secure, tmp_path, address=address)
    done = fetch(secure, tmp_path, address=address, client=Client(QUICK, authority / "ca.pem"))
    assert done is not None
    assert done.path.read_bytes() == CONTENT
    with pytest.raises(FetchError, match="correct FPW_CA_BUNDLE"):
        Client(QUICK, tmp_path / "mistyped.pem")


def test_no_redirect_leads_away_from_encryption(
    secure: Publisher, publisher: Publisher, authority: Path, tmp_path: Path
) -> None:
    publisher.documents["/a.csv"] = Document(CONTENT)
    secure.documents["/a.csv"] = Document(b"", faults=[Fault(302, {"Location": publisher.address("/a.csv")})])
    address, client = secure.address("/a.csv", "https"), Client(QUICK, authority / "ca.pem")
    assert "is not encrypted; that is not followed" in fails(secure, tmp_path, address=address, client=client)
    assert publisher.requests == []


# Files on pages


def configuration(publisher: Publisher, **publications: dict[str, Any]) -> Publishers:
    """A configuration whose addresses, where they start with a slash, are the local publisher's."""

    def local(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: inner if key in ("switches", "follow") else local(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [local(inner) for inner in value]
        return publisher.address(value) if isinstance(value, str) and value.startswith("/x/") else value

    known = {name: {"title": name, "home_page": "/x/", **local(value)} for name, value in publications.items()}
    return Publishers.model_validate(
        {
            "client": QUICK.model_dump(),
            "licences": {"Open Government Licence v3.0": "https://licence.example/"},
            "publications": known,
        }
    )


STATS19 = {
    "pages": ["/x/index"],
    "files": [
        {"source": "stats19_collision", "name": r"collision-(?P<year>\d{4})\.csv"},
        {"source": "stats19_vehicle", "name": r"vehicle-(?P<year>\d{4})\.csv"},
    ],
}


def travel(settings: Settings, publishers: Publishers, name: str, wanted: Wanted, **arguments: Any) -> list[Item]:
    """Fetch one publication, as the command does."""
    trip = Trip(settings, publishers, name, Client(QUICK, settings.ca_bundle), Lines())
    return list(get(trip, wanted, **arguments))


def states(items: list[Item]) -> dict[str, str]:
    return {item.name: item.state for item in items}


def raw_files(settings: Settings) -> list[str]:
    return [container.relative for container in find_containers(settings.raw_dir)]


def page(*hrefs: str) -> Document:
    return Document("".join(f'<p><a href="{href}">x</a></p>' for href in hrefs).encode(), kind="text/html")


def test_links_are_found_as_a_browser_finds_them() -> None:
    html = (
        '<base href="https://stats.example/data/"><a href="a.csv">A</a><A HREF=\'/file?uri=%2fx%2fb.xlsx&amp;y=1\'>B</A>'
        '<a name="c">none</a> md5 abc <a href="a.csv#top">again</a><a href="//store.example/d%20e.ods">D</a>'
    )
    found = links(html, "https://stats.example/")
    assert [(link.address, link.name) for link in found] == [
        ("https://stats.example/data/a.csv", "a.csv"),
        ("https://stats.example/file?uri=%2fx%2fb.xlsx&y=1", "b.xlsx"),
        ("https://store.example/d%20e.ods", "d e.ods"),
    ]
    assert "md5 abc" in found[1].around


def test_files_are_picked_from_a_page_by_source_and_year(publisher: Publisher, settings: Settings) -> None:
    index = page("collision-2018.csv", "collision-2019.csv", "vehicle-2019.csv", "notes.pdf")
    index.ranges, index.faults = False, [Fault(after=60)]
    publisher.documents["/x/index"] = index
    for name in ("collision-2018.csv", "collision-2019.csv", "vehicle-2019.csv"):
        publisher.documents[f"/x/{name}"] = Document(name.encode())
    publishers = configuration(publisher, stats19=STATS19)
    wanted = Wanted(first=dt.date(2019, 3, 1), last=dt.date(2019, 6, 1), sources=frozenset({"stats19_collision"}))
    assert states(travel(settings, publishers, "stats19", wanted)) == {"collision-2019.csv": "new"}
    assert states(travel(settings, publishers, "stats19", Wanted())) == {
        "collision-2018.csv": "new",
        "collision-2019.csv": "held",
        "vehicle-2019.csv": "new",
    }
    assert raw_files(settings) == [
        f"stats19/2024-05-01/{name}" for name in ("collision-2018.csv", "collision-2019.csv", "vehicle-2019.csv")
    ]


def test_pages_lead_to_pages(publisher: Publisher, settings: Settings) -> None:
    publisher.documents["/x/collection"] = page(
        "/x/release-2018", "/x/release-2019", "/x/about", "https://else.example/"
    )
    for year in (2018, 2019):
        publisher.documents[f"/x/release-{year}"] = page(f"vehicle-{year}.csv", "/x/release-2017")
        publisher.documents[f"/x/vehicle-{year}.csv"] = Document(b"x" * year)
    publishers = configuration(publisher, stats19=STATS19 | {"pages": ["/x/collection"], "follow": r"/x/release-\d{4}"})
    assert set(states(travel(settings, publishers, "stats19", Wanted())).values()) == {"new"}
    assert publisher.asked("/x/about") == publisher.asked("/x/release-2017") == []


def test_a_page_without_such_links_says_what_to_mend(publisher: Publisher, settings: Settings) -> None:
    publisher.documents["/x/index"] = page("something-else.csv")
    with pytest.raises(FetchError, match=r"links to no file like collision.*publishers\.yaml"):
        travel(settings, configuration(publisher, stats19=STATS19), "stats19", Wanted())


def test_an_address_is_made_of_month_and_force(publisher: Publisher, settings: Settings) -> None:
    publisher.documents["/x/2019-04/kent.csv"] = Document(CONTENT)
    file = {"source": "stats19_vehicle", "address": "/x/{month}/{force}.csv"}
    publishers = configuration(publisher, made={"files": [file]})
    items = travel(settings, publishers, "made", Wanted(("kent", "surrey"), APRIL, MAY))
    assert [(item.name, item.state) for item in items] == [
        ("kent.csv", "new"),
        ("kent.csv", "absent"),
        ("surrey.csv", "absent"),
        ("surrey.csv", "absent"),
    ]
    with pytest.raises(FetchError, match="say which with --from and --to"):
        travel(settings, publishers, "made", WEST_MIDLANDS)


def test_the_sidecar_says_where_a_file_is_from(publisher: Publisher, settings: Settings) -> None:
    publisher.documents["/x/index"] = page("vehicle-2019.csv")
    publisher.documents["/x/vehicle-2019.csv"] = Document(
        b"", faults=[Fault(302, {"Location": publisher.address("/store", host="localhost")})]
    )
    publisher.documents["/store"] = Document(CONTENT)
    (item,) = travel(settings, configuration(publisher, stats19=STATS19), "stats19", Wanted())
    sidecar = read_sidecar(settings.raw_dir / f"{item.detail}.meta.yml")
    assert sidecar is not None
    assert sidecar.publisher == "Department for Transport"
    assert (sidecar.licence, sidecar.licence_address) == ("Open Government Licence v3.0", "https://licence.example/")
    assert sidecar.address == publisher.address("/x/vehicle-2019.csv")
    assert sidecar.final_address == publisher.address("/store", host="localhost")
    assert sidecar.published_at == "2024-05-01T09:30:00Z"
    assert abs(dt.datetime.fromisoformat(sidecar.retrieved_at) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert (sidecar.size_bytes, sidecar.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert sidecar.release == "2024-05-01"
    assert sidecar.etag == '"1"'


def test_what_changed_at_the_publisher_becomes_a_release_beside_the_old(
    publisher: Publisher, settings: Settings
) -> None:
    publisher.documents["/x/index"] = page("vehicle-2019.csv")
    publisher.documents["/x/vehicle-2019.csv"] = document = Document(b"first")
    publishers = configuration(publisher, stats19=STATS19)

    def once() -> str:
        return travel(settings, publishers, "stats19", Wanted())[0].state

    assert once() == "new"
    assert once() == "held"
    document.content, document.etag = b"again", '"2"'  # the same day
    assert once() == "changed"
    document.content, document.etag, document.last_modified = b"later", '"3"', "Thu, 09 May 2024 09:30:00 GMT"
    trip = Trip(settings, publishers, "stats19", Client(QUICK), Lines())
    assert [item.state for item in look(trip, Wanted())] == ["changed"]
    assert publisher.requests[-1].method == "HEAD"
    document.faults = [Fault(405)]
    assert [item.state for item in look(trip, Wanted())] == ["changed"]
    assert publisher.requests[-1].method == "GET"
    assert once() == "changed"
    assert once() == "held"
    document.etag = '"4"'  # another stamp on the same content
    assert once() == "held"
    assert once() == "held"
    assert publisher.requests[-1].headers["if-none-match"] == '"4"'
    assert [(settings.raw_dir / place).read_text() for place in raw_files(settings)] == ["first", "again", "later"]


def test_without_stamps_contents_are_compared(publisher: Publisher, settings: Settings) -> None:
    publisher.documents["/x/index"] = page("vehicle-2019.csv")
    publisher.documents["/x/vehicle-2019.csv"] = document = Document(b"first", etag=None, last_modified=None)
    publishers = configuration(publisher, stats19=STATS19)
    found = []
    for content in (b"first", b"first", b"other"):
        document.content = content
        found += travel(settings, publishers, "stats19", Wanted())
    assert [item.state for item in found] == ["new", "held", "changed"]


def test_an_altered_file_is_fetched_anew_and_left_alone(publisher: Publisher, settings: Settings) -> None:
    publisher.documents["/x/index"] = page("vehicle-2019.csv")
    publisher.documents["/x/vehicle-2019.csv"] = Document(CONTENT)
    publishers = configuration(publisher, stats19=STATS19)
    (item,) = travel(settings, publishers, "stats19", Wanted())
    (settings.raw_dir / item.detail).write_bytes(b"edited")
    trip = Trip(settings, publishers, "stats19", Client(QUICK), Lines())
    assert trip.holdings.altered == [settings.raw_dir / item.detail]
    assert [again.state for again in get(trip, Wanted())] == ["new"]
    assert (settings.raw_dir / item.detail).read_bytes() == b"edited"
    (settings.raw_dir / "stats19/2024-05-01_2/vehicle-2019.csv").write_bytes(CONTENT[::-1])
    result = CliRunner().invoke(app, ["fetch", "verify", "--raw", str(settings.raw_dir)])
    assert (result.exit_code, result.output.count("is not as it was fetched on")) == (1, 2)
    assert "0 of 2 fetched files are as they were fetched." in result.output


def test_one_file_that_fails_does_not_keep_the_others_away(publisher: Publisher, settings: Settings) -> None:
    publisher.documents["/x/index"] = page("collision-2019.csv", "vehicle-2019.csv")
    publisher.documents["/x/vehicle-2019.csv"] = Document(CONTENT)
    items = travel(settings, configuration(publisher, stats19=STATS19), "stats19", Wanted())
    assert states(items) == {"collision-2019.csv": "failed", "vehicle-2019.csv": "new"}


# Archives of data.police.uk

ARCHIVE = {
    "index": "/x/archive/",
    "name": r"(?P<month>\d{4}-\d{2})\.zip",
    "checksum": "[0-9a-f]{32}",
    "months": 3,
    "complete_until": "2019-02",
    "sources": ["police_uk_street", "police_uk_outcomes"],
}
LABELS = {"west-midlands": "West Midlands Police", "kent": "Kent Police"}


def street(month: str, force: str, rows: int, outcome: str = "Under investigation") -> bytes:
    lines = [street_row(number, month, LABELS[force], outcome=outcome) for number in range(rows)]
    return "\n".join([HEADERS["police_uk_street"], *lines, ""]).encode()


def monthly_archive(
    months: list[str], forces: list[str], rows: int = 40, outcome: str = "Under investigation"
) -> bytes:
    return zipped(
        {
            f"{month}/{month}-{force}-street.csv": street(month, force, rows, outcome)
            for month in months
            for force in forces
        }
        | {"2019-04/2019-04-atlantis-street.csv": b"x" * 9000, "notes.txt": b"hello"}
    )


def put_archives(publisher: Publisher, archives: dict[str, bytes], **options: Any) -> Publishers:
    rows = "".join(
        f'<tr><td><a href="{month}.zip">{month}</a></td><td>{md5(content)}</td></tr>'
        for month, content in archives.items()
    )
    publisher.documents["/x/archive/"] = Document(f"<table>{rows}</table>".encode(), kind="text/html")
    for month, content in archives.items():
        publisher.documents[f"/x/archive/{month}.zip"] = Document(content, etag=f'"{md5(content)}"', **options)
    return configuration(publisher, police_uk_archive={"archive": ARCHIVE, "folder": "police_uk"})


def test_files_of_a_force_are_taken_out_of_an_archive_that_stays_where_it_is(
    publisher: Publisher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.fetch.archive.TAIL", 1024)
    monkeypatch.setattr("pipelines.fetch.archive.BLOCK", 1024)
    months, forces = ["2019-03", "2019-04", "2019-05"], ["kent", "west-midlands"]
    content = zipped(
        {
            f"{month}/{month}-{force}-street.csv": street(month, force, 20) + os.urandom(20_000 * (force == "kent"))
            for month in months
            for force in forces
        }
    )
    publishers = put_archives(publisher, {"2019-05": content})
    archive = publisher.documents["/x/archive/2019-05.zip"]
    assert isinstance(archive, Document)
    archive.faults = [Fault(), Fault(after=30), Fault(503), Fault(after=50, stall=True)]
    wanted = Wanted(("west-midlands",), APRIL, dt.date(2019, 6, 1))
    items = travel(settings, publishers, "police_uk_archive", wanted)
    assert states(items) == {
        "2019-06": "absent",
        "2019-04-west-midlands-street.csv": "new",
        "2019-05-west-midlands-street.csv": "new",
        "west-midlands police_uk_outcomes": "absent",
    }
    places = [f"police_uk/2019-05/2019-0{number}-west-midlands-street.csv" for number in (4, 5)]
    assert raw_files(settings) == places
    assert (settings.raw_dir / places[0]).read_bytes() == street("2019-04", "west-midlands", 20)
    assert publisher.sent_bytes < len(content) / 4
    sidecar = read_sidecar(settings.raw_dir / f"{places[0]}.meta.yml")
    assert sidecar is not None
    assert sidecar.member == "2019-04/2019-04-west-midlands-street.csv"
    assert sidecar.address == publisher.address("/x/archive/2019-05.zip")


def test_the_newest_archive_that_holds_a_month_is_opened(publisher: Publisher, settings: Settings) -> None:
    numbers = range(1, 10)
    archives = {
        f"2019-{last:02}": monthly_archive(
            [f"2019-{month:02}" for month in numbers if (last <= 2 or last - 3 < month) and month <= last],
            ["west-midlands"],
            rows=last,
        )
        for last in numbers
    }
    publishers = put_archives(publisher, archives)
    travel(settings, publishers, "police_uk_archive", Wanted(("west-midlands",), dt.date(2019, 1, 1)))
    assert [place.split("/")[1:] for place in raw_files(settings)] == [
        [f"2019-{archive:02}", f"2019-{month:02}-west-midlands-street.csv"]
        for archive, month in [(3, 1), (3, 2), (3, 3), (6, 4), (6, 5), (6, 6), (9, 7), (9, 8), (9, 9)]
    ]
    # What an older archive says of a month is not fetched over what a newer one says.
    items = travel(settings, publishers, "police_uk_archive", Wanted(("west-midlands",), dt.date(2019, 3, 1), APRIL))
    assert set(states(items).values()) == {"held", "changed", "absent"}
    assert states(items)["2019-04-west-midlands-street.csv"] == "held"
    assert "police_uk/2019-05/2019-03-west-midlands-street.csv" in raw_files(settings)


def test_an_archive_that_changes_while_it_is_read_is_read_anew(publisher: Publisher, settings: Settings) -> None:
    old, new = (
        monthly_archive(["2019-04", "2019-05"], ["west-midlands", "kent"], rows=400 + extra) for extra in (0, 1)
    )
    publishers = put_archives(publisher, {"2019-05": old})
    archive = publisher.documents["/x/archive/2019-05.zip"]
    assert isinstance(archive, Document)

    def change(document: Document, request: Request) -> None:
        if len(publisher.asked("/x/archive/2019-05.zip")) == 2:
            document.content, document.etag = new, '"new"'

    archive.on_request = change
    travel(settings, publishers, "police_uk_archive", Wanted(("kent",), MAY, MAY))
    (place,) = raw_files(settings)
    assert (settings.raw_dir / place).read_bytes() == street("2019-05", "kent", 401)


@pytest.mark.parametrize("options", [{"ranges": False}, {"etag": None, "last_modified": None}])
def test_an_archive_that_cannot_be_read_in_pieces_is_fetched_whole(
    publisher: Publisher, settings: Settings, options: dict[str, Any]
) -> None:
    content = monthly_archive(["2019-04", "2019-05"], ["west-midlands", "kent"])
    publishers = put_archives(publisher, {"2019-05": content})
    publisher.documents["/x/archive/2019-05.zip"] = Document(content, **options)
    travel(settings, publishers, "police_uk_archive", Wanted(("kent",), APRIL, APRIL))
    assert raw_files(settings) == ["police_uk/2019-05/2019-04-kent-street.csv"]
    assert not (settings.raw_dir / "police_uk" / ".whole").exists()


def test_most_of_an_archive_is_fetched_whole_and_its_checksum_compared(
    publisher: Publisher, settings: Settings
) -> None:
    content = monthly_archive(["2019-04", "2019-05"], ["west-midlands", "kent"])
    publishers = put_archives(publisher, {"2019-05": content})
    everything = Wanted(("kent", "west-midlands"), APRIL)
    index = publisher.documents["/x/archive/"]
    assert isinstance(index, Document)
    right, index.content = index.content, index.content.replace(md5(content).encode(), md5(b"other").encode())
    with pytest.raises(FetchError, match="does not have the checksum that its publisher gives"):
        travel(settings, publishers, "police_uk_archive", everything)
    assert raw_files(settings) == []
    index.content = right
    travel(settings, publishers, "police_uk_archive", everything)
    assert len(raw_files(settings)) == 4


def test_a_dry_run_fetches_nothing(publisher: Publisher, settings: Settings) -> None:
    publishers = put_archives(publisher, {"2019-05": monthly_archive(["2019-04", "2019-05"], ["kent"])})
    items = travel(settings, publishers, "police_uk_archive", Wanted(("kent",), APRIL), dry_run=True)
    assert states(items)["2019-05-kent-street.csv"] == "new"
    assert list(settings.raw_dir.rglob("*")) == []


def test_what_was_fetched_is_registered_loaded_and_replaced_by_its_next_release(
    publisher: Publisher, settings: Settings, warehouse: Warehouse
) -> None:
    def bring(archives: dict[str, bytes]) -> list[tuple[Any, ...]]:
        publishers = put_archives(publisher, archives)
        travel(settings, publishers, "police_uk_archive", Wanted(("west-midlands",), APRIL, APRIL))
        contracts = load_contracts()
        register(settings, warehouse, contracts, "run")
        load(settings, warehouse, contracts["police_uk_street"], "run")
        with warehouse.connect(read_only=True) as connection:
            return connection.execute(
                "SELECT e.sequence, e.status, e.is_sample, count(s.extract_id), any_value(s.last_outcome_category) "
                "FROM ops.extract AS e LEFT JOIN raw.police_uk_street AS s USING (extract_id) GROUP BY ALL ORDER BY 1"
            ).fetchall()

    first = {"2019-04": monthly_archive(["2019-04"], ["west-midlands", "kent"])}
    assert bring(first) == [(1, "loaded", False, 40, "Under investigation")]
    later = monthly_archive(["2019-04", "2019-05"], ["west-midlands", "kent"], outcome="Local resolution")
    assert bring(first | {"2019-05": later}) == [
        (1, "superseded", False, 0, None),
        (2, "loaded", False, 40, "Local resolution"),
    ]


# Custom downloads of data.police.uk


def form_of(publisher: Publisher, content: bytes, *, refusals: int = 0, polls: int = 2) -> dict[str, Any]:
    """A form as data.police.uk has it, and the job behind it."""
    left = {"refusals": refusals, "polls": polls}
    months = "".join(f'<option value="2019-0{number}">x</option>' for number in (6, 5, 4))
    forces = "".join(f'<input type="checkbox" name="forces" value="{force}">' for force in ("kent", "west-midlands"))

    def form(request: Request) -> Answer:
        if request.method == "GET":
            token = f"token-{left['refusals']}"
            html = (
                f"<form><input type='hidden' name='csrfmiddlewaretoken' value='{token}'>"
                f'<select name="date_from">{months}</select><select name="date_to">{months}</select>{forces}</form>'
            )
            return 200, {"Content-Type": "text/html", "Set-Cookie": f"csrftoken={token}"}, html.encode()
        good = "csrfmiddlewaretoken=token-0" in request.body and "csrftoken=token-0" in request.headers.get(
            "cookie", ""
        )
        if not good or request.headers.get("referer") != publisher.address("/x/data/"):
            left["refusals"] -= 1
            return 403, {}, b"CSRF verification failed"
        return 302, {"Location": "/x/data/fetch/0a-1b/"}, b""

    def progress(request: Request) -> Answer:
        left["polls"] -= 1
        ready = b'{"status": "ready", "url": "/x/download/abc.zip"}'
        return 200, {"Content-Type": "application/json"}, b'{"status": "queued"}' if left["polls"] > 0 else ready

    publisher.documents["/x/data/"] = form
    publisher.documents["/x/data/fetch/0a-1b/"] = Document(b"<p>Wait</p>", kind="text/html")
    publisher.documents["/x/data/progress/0a-1b/"] = progress
    publisher.documents["/x/download/abc.zip"] = Document(content, faults=[Fault(after=200)])
    return {
        "folder": "police_uk",
        "form": {
            "address": "/x/data/",
            "job": "/data/fetch/([0-9a-f-]+)/",
            "progress": "/x/data/progress/{job}/",
            "poll_seconds": 0,
            "switches": {"police_uk_street": "include_crime", "police_uk_outcomes": "include_outcomes"},
        },
    }


def test_a_custom_download_is_ordered_waited_for_and_taken_apart(publisher: Publisher, settings: Settings) -> None:
    content = monthly_archive(["2019-04", "2019-05"], ["west-midlands"])
    publishers = configuration(publisher, custom=form_of(publisher, content, refusals=1))
    wanted = Wanted(("west-midlands", "surrey"), APRIL, MAY, frozenset({"police_uk_street"}))
    assert states(travel(settings, publishers, "custom", wanted)) == {
        "surrey": "absent",
        "2019-04-west-midlands-street.csv": "new",
        "2019-05-west-midlands-street.csv": "new",
    }
    posted = [request.body for request in publisher.requests if request.method == "POST"]
    assert len(posted) == 2, "a refused token is asked for anew"
    assert posted[1].endswith("date_from=2019-04&date_to=2019-05&forces=west-midlands&include_crime=on")
    assert raw_files(settings) == [f"police_uk/2019-06/2019-0{number}-west-midlands-street.csv" for number in (4, 5)]
    with pytest.raises(FetchError, match="offers 2019-04 to 2019-06 only; take other months from the archives"):
        travel(settings, publishers, "custom", Wanted(("kent",), dt.date(2018, 1, 1), MAY))


def test_a_form_that_is_another_is_told_from_one_that_fails(publisher: Publisher, settings: Settings) -> None:
    publishers = configuration(publisher, custom=form_of(publisher, b""))
    publisher.documents["/x/data/progress/0a-1b/"] = lambda request: (200, {}, b'{"status": "failed"}')
    with pytest.raises(FetchError, match="could not make the archive; ask for fewer months"):
        travel(settings, publishers, "custom", WEST_MIDLANDS)
    publisher.documents["/x/data/"] = page("nothing")
    with pytest.raises(FetchError, match="no longer holds the form that is known; download by hand into raw/inbox"):
        travel(settings, publishers, "custom", WEST_MIDLANDS)


# The command


def write_configuration(publishers: Publishers, path: Path) -> Path:
    path.write_text(yaml.safe_dump(publishers.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    return path


def test_a_killed_download_goes_on_where_it_was_killed(
    publisher: Publisher, settings: Settings, tmp_path: Path
) -> None:
    publisher.documents["/x/index"] = page("vehicle-2019.csv")
    publisher.documents["/x/vehicle-2019.csv"] = Document(CONTENT, faults=[Fault(after=4000, stall=True)])
    publishers = configuration(publisher, stats19=STATS19)
    publishers = publishers.model_copy(update={"client": QUICK.model_copy(update={"stall_seconds": 30})})
    file = write_configuration(publishers, tmp_path / "publishers.yaml")
    running = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "fetch", "get", "stats19", "--raw", str(settings.raw_dir)],
        cwd=PROJECT_DIR,
        env=settings.child_environment(FPW_PUBLISHERS_FILE=str(file)),
        stderr=subprocess.DEVNULL,
    )
    part = settings.raw_dir / "stats19" / "vehicle-2019.csv.part"
    waited_until = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size == 4000) and time.monotonic() < waited_until:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert raw_files(settings) == []
    result = CliRunner().invoke(
        app,
        ["fetch", "get", "stats19", "--raw", str(settings.raw_dir)],
        env={"FPW_PUBLISHERS_FILE": str(file)},
    )
    assert result.exit_code == 0, result.output
    assert "1 files fetched, 0 of them changed since; 0 are held as they are published; 0 failed." in result.output
    assert publisher.requests[-1].first_byte == 4000
    assert (settings.raw_dir / "stats19/2024-05-01/vehicle-2019.csv").read_bytes() == CONTENT
    assert not part.exists()


def test_the_command_lists_fetches_and_says_what_went_wrong(
    publisher: Publisher, settings: Settings, tmp_path: Path
) -> None:
    publisher.documents["/x/index"] = page("collision-2019.csv", "vehicle-2019.csv")
    publisher.documents["/x/vehicle-2019.csv"] = Document(CONTENT)
    file = write_configuration(configuration(publisher, stats19=STATS19), tmp_path / "publishers.yaml")

    def fpw(*arguments: str) -> tuple[int, str]:
        command = ["fetch", *arguments, "--raw", str(settings.raw_dir)]
        result = CliRunner().invoke(app, command, env={"FPW_PUBLISHERS_FILE": str(file)})
        return result.exit_code, result.output

    assert "feeds stats19_collision, stats19_vehicle" in fpw("list")[1]
    code, said = fpw("get", "stats19", "--dry-run")
    assert (code, "new       vehicle-2019.csv, 0.0 MB, published 2024-05-01" in said) == (1, True)
    code, said = fpw("get", "stats19")
    assert (code, "failed    collision-2019.csv" in said, "1 failed" in said) == (1, True, True)
    code, said = fpw("list", "stats19", "--source", "stats19_vehicle")
    assert (code, "held      vehicle-2019.csv" in said) == (0, True)
    for arguments, words in (
        (["--from", "soon"], "is no month"),
        (["--from", "2020-01", "--to", "2019-01"], "exchange them"),
        (["--force", "atlantis"], "There is no force 'atlantis'"),
        (["--source", "police_uk_street"], "does not feed 'police_uk_street'"),
    ):
        code, said = fpw("get", "stats19", *arguments)
        assert (code, words in said) == (2, True), said


def test_one_fetch_at_a_time(settings: Settings) -> None:
    with (
        one_at_a_time(settings.raw_dir),
        pytest.raises(FetchError, match="Another `fpw fetch` is running"),
        one_at_a_time(settings.raw_dir),
    ):
        pass
    assert raw_files(settings) == []


def test_a_version_with_another_length_is_another() -> None:
    version = Version("a", '"1"', None, 100)
    assert version.same(Version("a", '"1"', None, 100))
    assert not version.same(Version("a", '"1"', None, 101))
    assert not version.same(Version("a", '"2"', None, 100))
    assert Version("a", 'W/"1"', "date").validator == "date"
