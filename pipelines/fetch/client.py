"""Asks publishers: one request at a time, at a polite rate, patient with what passes and plain about what does not."""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from pipelines import __version__
from pipelines.fetch.publishers import ClientOptions, FetchError

log = logging.getLogger("fpw.fetch")

USER_AGENT = f"force-performance-warehouse/{__version__}"
PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 10

FormFields = Sequence[tuple[str, str]]


class NotPublished(FetchError):
    """There is nothing at an address (404 or 410)."""


class Refused(FetchError):
    """The publisher does not answer requests of this kind (403, 405, 501)."""


class Client:
    """One session with all publishers.

    Proxies come from the standard variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). `ca_bundle` is a file of certificates
    to trust in place of the built-in ones.
    """

    def __init__(self, options: ClientOptions, ca_bundle: Path | None = None) -> None:
        if ca_bundle and not ca_bundle.exists():
            raise FetchError(f"The certificates {ca_bundle} do not exist; correct FPW_CA_BUNDLE.")
        self.options = options
        self._verify = str(ca_bundle) if ca_bundle else None
        self._asked: dict[str, float] = {}
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT
        # A range counts the bytes as they travel, so they must travel as they are.
        self._session.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=1))

    @contextmanager
    def open(
        self, address: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, form: FormFields = ()
    ) -> Iterator[requests.Response]:
        """The answer to a request, its body not read yet; `answer.url` is the address it came from.

        Statuses that pass are tried again, redirects are followed; 304 and 416 are answers like 200 and 206.

        Raises:
            NotPublished: 404 or 410.
            Refused: 403, 405 or 501.
            FetchError: no answer, or another status, in one sentence.
        """
        answer = self._ask(method, address, dict(headers or {}), form)
        try:
            yield answer
        finally:
            answer.close()

    def read_text(self, address: str) -> tuple[str, str]:
        """A page, and the address it came from.

        Raises:
            FetchError: it cannot be had.
        """
        for failures in range(1, self.options.tries + 1):
            with self.open(address) as answer:
                try:
                    return answer.content.decode(answer.encoding or "utf-8", "replace"), answer.url
                except requests.RequestException as error:
                    trouble = f"{address} broke off ({reason(error)})"
            if failures < self.options.tries:
                self.wait(failures, trouble)
        raise FetchError(f"{trouble}, after {self.options.tries} tries; try again later.")

    def wait(self, failures: int, why: str, asked: float | None = None) -> None:
        """Pause after so many failures in a row, or as long as the publisher asked.

        Raises:
            FetchError: the publisher asked for too long a pause.
        """
        seconds = self.options.wait_seconds * 2 ** max(failures - 1, 0)
        if asked is not None:
            if asked > self.options.longest_wait_seconds:
                raise FetchError(f"{why}, and asks to wait {asked / 60:.0f} minutes; try again then.")
            seconds = asked
        seconds = min(seconds, self.options.longest_wait_seconds)
        log.info("%s; trying again in %.0f s", why, seconds)
        time.sleep(seconds)

    def _ask(self, method: str, address: str, headers: dict[str, str], form: FormFields) -> requests.Response:
        host = urlsplit(address).netloc
        for failures in range(1, self.options.tries + 1):
            asked = None
            try:
                answer = self._follow(method, address, headers, form)
            except requests.exceptions.SSLError as error:
                raise FetchError(
                    f"The certificate of {host} is not trusted ({reason(error)}); if your network inspects traffic, "
                    "name your organisation's certificates in FPW_CA_BUNDLE."
                ) from error
            except requests.exceptions.ProxyError as error:
                raise FetchError(
                    f"The proxy did not pass on a request to {host} ({reason(error)}); check HTTPS_PROXY and NO_PROXY."
                ) from error
            except (requests.ConnectionError, requests.Timeout) as error:
                trouble = f"{host} does not answer ({reason(error)})"
                mend = "check the network, or name your proxy in HTTPS_PROXY"
            except requests.RequestException as error:
                raise FetchError(f"{address} cannot be asked for ({reason(error)}); correct the address.") from error
            else:
                status = answer.status_code
                if status in (200, 206, 304, 416):
                    return answer
                asked = _seconds(answer.headers.get("Retry-After"))
                answer.close()
                trouble = f"{host} answered {status} ({answer.reason or 'no reason given'}) to {urlsplit(address).path}"
                if status in (404, 410):
                    raise NotPublished(f"{trouble}; look at the publisher's page, the address may have changed.")
                if status == 407:
                    raise FetchError(f"{trouble}; put user and password into HTTPS_PROXY.")
                if status not in PASSING:
                    raise (Refused if status in (403, 405, 501) else FetchError)(
                        f"{trouble}; open the address in a browser to see why."
                    )
                mend = "try again later"
            if failures < self.options.tries:
                self.wait(failures, trouble, asked)
        raise FetchError(f"{trouble}, after {self.options.tries} tries; {mend}.")

    def _follow(self, method: str, address: str, headers: dict[str, str], form: FormFields) -> requests.Response:
        """One request and the redirects it meets. No redirect leads away from an encrypted connection."""
        seen = set()
        while True:
            seen.add((method, address))
            self._pace(urlsplit(address).netloc)
            answer = self._session.request(
                method,
                address,
                headers=headers,
                data=list(form) if method == "POST" else None,
                stream=True,
                allow_redirects=False,
                verify=self._verify,
                timeout=(self.options.connect_seconds, self.options.stall_seconds),
            )
            location = answer.headers.get("Location")
            if answer.status_code not in REDIRECTS or not location:
                return answer
            answer.close()
            target = urljoin(address, location)
            check_link(address, target)
            if method == "POST" and answer.status_code in (301, 302, 303):
                method = "GET"
            if (method, target) in seen or len(seen) > MOST_REDIRECTS:
                raise FetchError(f"{address} is redirected in a circle; look at the publisher's page.")
            address = target

    def _pace(self, host: str) -> None:
        due = self._asked.get(host, -self.options.interval_seconds) + self.options.interval_seconds
        time.sleep(max(due - time.monotonic(), 0))
        self._asked[host] = time.monotonic()


def check_link(origin: str, target: str) -> None:
    """Refuse a way from `origin` to `target` that leaves the web, or an encrypted connection.

    Raises:
        FetchError: it does.
    """
    scheme = urlsplit(target).scheme
    if scheme not in ("http", "https"):
        raise FetchError(f"{origin} leads to {target}, which is no web address; look at the publisher's page.")
    if scheme == "http" and urlsplit(origin).scheme == "https":
        raise FetchError(
            f"{origin} leads to {target}, which is not encrypted; that is not followed: look at the publisher's page."
        )


def reason(error: BaseException) -> str:
    """What lies at the bottom of an error of the HTTP library, in few words."""
    chain: list[BaseException] = []
    step: object = error
    while isinstance(step, BaseException) and step not in chain:
        chain.append(step)
        inner = [arg for arg in step.args if isinstance(arg, BaseException)]
        step = getattr(step, "reason", None) or (inner[0] if inner else None) or step.__cause__ or step.__context__
    for found in reversed(chain):
        if isinstance(found, TimeoutError) or "Timeout" in type(found).__name__:
            return "nothing came in time"
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
    return " ".join(str(chain[-1]).split())[:200] or type(chain[-1]).__name__


def _seconds(text: str | None) -> float | None:
    """A Retry-After header in seconds from now; it is a number or a date."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max((moment - dt.datetime.now(dt.UTC)).total_seconds(), 0)
