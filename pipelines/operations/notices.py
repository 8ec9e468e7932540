"""Notices about runs, by e-mail and to a webhook, in the run's own sentences."""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
from dataclasses import asdict, dataclass
from email.message import EmailMessage

import requests

from pipelines.settings import Settings

log = logging.getLogger("fpw.notices")

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Notice:
    """What happened, in a line, and the sentences that say more. `kind` is failure or warning; `run_id` may be empty."""

    kind: str
    subject: str
    sentences: tuple[str, ...]
    run_id: str
    force: str

    @property
    def text(self) -> str:
        """The whole notice as plain text."""
        lines = [self.subject, "", *(f"- {sentence}" for sentence in self.sentences)]
        run = f"Run {self.run_id}; " if self.run_id else ""
        return "\n".join([*lines, "", f"{run}docs/runbooks/nightly-failed.md says what to do.", ""])


def send(notice: Notice, settings: Settings) -> list[str]:
    """Send a notice wherever the settings say; returns a sentence for each way that failed.

    A notice that cannot be sent never fails the run that it is about.
    """
    failures = []
    if settings.notify_to:
        try:
            _mail(notice, settings)
        except (OSError, smtplib.SMTPException) as error:
            failures.append(
                f"The notice could not be mailed through {settings.smtp_host}:{settings.smtp_port} "
                f"({_in_short(error)}); check FPW_SMTP_HOST, FPW_SMTP_PORT, FPW_SMTP_USER and FPW_SMTP_PASSWORD."
            )
    if webhook := settings.secret("WEBHOOK_URL"):
        try:
            _post(notice, webhook, settings)
        except requests.RequestException as error:
            # without the address, which may hold a key
            failures.append(f"The webhook did not take the notice ({type(error).__name__}); check FPW_WEBHOOK_URL.")
    for sentence in failures:
        log.warning(sentence)
    return failures


def _mail(notice: Notice, settings: Settings) -> None:
    message = EmailMessage()
    message["Subject"] = f"[{notice.force} performance warehouse] {notice.subject}"
    message["From"] = settings.notify_from
    message["To"] = settings.notify_to
    message.set_content(notice.text)
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS) as server:
        if settings.smtp_starttls:
            server.starttls(context=ssl.create_default_context(cafile=settings.ca_bundle))
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.secret("SMTP_PASSWORD") or "")
        server.send_message(message)


def _post(notice: Notice, address: str, settings: Settings) -> None:
    # `text` is what chat services show; the rest is for programs
    body = json.dumps({"text": notice.text, **asdict(notice)})
    verify = str(settings.ca_bundle) if settings.ca_bundle else True
    answer = requests.post(
        address, data=body, headers={"Content-Type": "application/json"}, timeout=TIMEOUT_SECONDS, verify=verify
    )
    answer.raise_for_status()


def _in_short(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {error.smtp_error!r}"
    return str(error) or type(error).__name__
