"""A publisher on loopback that misbehaves on demand."""

from __future__ import annotations

import gzip
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: str = ""

    @property
    def first_byte(self) -> int | None:
        """Start of the range that is asked for; negative counts from the end."""
        text = self.headers.get("range", "").removeprefix("bytes=")
        if not text:
            return None
        return int(text) if text.startswith("-") else int(text.split("-")[0])


@dataclass(frozen=True)
class Fault:
    """How one answer goes wrong. `after` bytes of the body it is cut, or comes to a standstill."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after: int | None = None
    stall: bool = False


@dataclass
class Document:
    """A file or a page that is published; `versions` follow each other, one for each request."""

    content: bytes
    kind: str = "application/octet-stream"
    etag: str | None = '"1"'
    last_modified: str | None = "Wed, 01 May 2024 09:30:00 GMT"
    ranges: bool = True
    if_range: bool = True
    announce: Callable[[int], int] = lambda length: length
    """Content-Length that is told for a body of that length."""
    chunked: bool = False
    measured: bool = True
    encoding: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    on_request: Callable[[Document, Request], None] = lambda document, request: None

    @property
    def validators(self) -> dict[str, str]:
        found = {"ETag": self.etag, "Last-Modified": self.last_modified}
        return {name: value for name, value in found.items() if value}


Answer = tuple[int, dict[str, str], bytes]
Page = Callable[[Request], Answer]


class Publisher:
    """The server: `documents` by path, or functions that answer; `requests` is what came in."""

    def __init__(self) -> None:
        self.documents: dict[str, Document | Page] = {}
        self.requests: list[Request] = []
        self.sent_bytes = 0
        self.closing = threading.Event()
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.rfile.read(length).decode())
                publisher.requests.append(request)
                document = publisher.documents.get(urlsplit(self.path).path)
                if document is None:
                    self.reply(404, {}, b"not here")
                elif isinstance(document, Document):
                    self.publish(document, request)
                else:
                    self.reply(*document(request))

            do_GET = do_HEAD = do_POST = answer

            def publish(self, document: Document, request: Request) -> None:
                document.on_request(document, request)
                fault = document.faults.pop(0) if document.faults else Fault()
                if fault.status:
                    self.reply(fault.status, fault.headers, b"trouble")
                    return
                headers = {"Content-Type": document.kind, **document.validators, **document.headers, **fault.headers}
                wanted = request.headers
                if document.etag and wanted.get("if-none-match") == document.etag:
                    self.reply(304, document.validators, b"")
                    return
                body, status = document.content, 200
                if document.encoding == "gzip":
                    body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
                start = request.first_byte if document.ranges else None
                if start is not None and document.if_range and "if-range" in wanted:
                    start = start if wanted["if-range"] in document.validators.values() else None
                if start is not None:
                    total = len(body)
                    start = max(total + start, 0) if start < 0 else start
                    if start >= total:
                        self.reply(416, {"Content-Range": f"bytes */{total}"}, b"")
                        return
                    end = wanted["range"].split("-")[-1] if not wanted["range"].startswith("bytes=-") else ""
                    stop = min(int(end) + 1, total) if end else total
                    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
                    body, status = body[start:stop], 206
                self.reply(status, headers, body, document, fault)

            def reply(
                self,
                status: int,
                headers: dict[str, str],
                body: bytes,
                document: Document | None = None,
                fault: Fault | None = None,
            ) -> None:
                fault = fault or Fault()
                chunked, measured = (document.chunked, document.measured) if document else (False, True)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                elif measured and status != 304:
                    length = document.announce(len(body)) if document else len(body)
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                if self.command == "HEAD" or status == 304:
                    return
                cut = body if fault.after is None else body[: fault.after]
                pieces = [f"{len(cut):x}\r\n".encode() + cut + b"\r\n"] if chunked and cut else [cut]
                if chunked and fault.after is None:
                    pieces.append(b"0\r\n\r\n")
                publisher.sent_bytes += len(cut)
                for piece in pieces:
                    self.wfile.write(piece)
                self.wfile.flush()
                if fault.stall:
                    publisher.closing.wait(5)
                if fault.after is not None or fault.stall or not measured or (document and len(cut) != length):
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def address(self, path: str, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def asked(self, path: str) -> list[Request]:
        """The requests for one path."""
        return [request for request in self.requests if urlsplit(request.path).path == path]


@contextmanager
def publish(context: ssl.SSLContext | None = None) -> Iterator[Publisher]:
    """A running publisher; with TLS when a context is given."""
    publisher = Publisher()
    if context:
        publisher.server.socket = context.wrap_socket(publisher.server.socket, server_side=True)
    thread = threading.Thread(target=publisher.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        publisher.closing.set()
        publisher.server.shutdown()
        publisher.server.server_close()


@contextmanager
def forward_proxy() -> Iterator[tuple[str, list[str]]]:
    """A proxy for plain HTTP that sends every request to the port in its address on loopback; and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            parts = urlsplit(self.path)
            with socket.create_connection(("127.0.0.1", parts.port or 80), timeout=5) as upstream:
                lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
                lines += [f"{name}: {value}" for name, value in self.headers.items() if name.lower() == "range"]
                upstream.sendall("\r\n".join([*lines, "", ""]).encode())
                while piece := upstream.recv(1 << 16):
                    self.wfile.write(piece)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()
