"""Which releases are kept: all of the last weeks, then the last of each month, for ever the last of each quarter."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.settings import Settings
from pipelines.store.publish import published_release
from pipelines.store.releases import all_releases, moment
from pipelines.store.warehouse import WarehouseError

log = logging.getLogger("fpw.retention")

_NAME = re.compile(rb"\b\d{8}T\d{6}Z\b")


def why_kept(settings: Settings) -> dict[Path, list[str]]:
    """Every release, oldest first, with the reasons why it is kept; one without a reason may go.

    Raises:
        WarehouseError: the published file, or a file that may name a release, cannot be read.
    """
    releases = all_releases(settings.releases_dir)
    reasons: dict[Path, list[str]] = {release: [] for release in releases}
    if not releases:
        return reasons
    published, named = published_release(settings), _named(settings.exports_dir)
    newest = moment(releases[-1].name)
    month = newest.year * 12 + newest.month
    last_of_month = _last_of_each(releases, lambda when: when.year * 12 + when.month)
    last_of_quarter = _last_of_each(releases, lambda when: (when.year * 12 + when.month - 1) // 3)
    for release in releases:
        when, because = moment(release.name), reasons[release]
        if release.name == published:
            because.append("published")
        if release == releases[-1]:
            because.append("newest")
        elif newest - when <= timedelta(days=settings.keep_days):
            because.append(f"of the last {settings.keep_days} days")
        elif release in last_of_month and month - (when.year * 12 + when.month) <= settings.keep_months:
            because.append(f"last of {when:%B %Y}")
        elif release in last_of_quarter:
            because.append(f"last of the quarter to {_quarter_end(when)}")
        if release.name in named:
            because.append(f"named by {named[release.name]}")
    return reasons


def remove_old(settings: Settings) -> list[str]:
    """Remove the releases that nothing speaks for; returns their names.

    A release goes out of sight in one step before its files are removed, and a removal that was cut short is ended the
    next time. Files that it shares with others stay, under their names. The warehouse must be held for writing.

    Raises:
        WarehouseError: what speaks for a release cannot be read, so that none was removed.
        OSError: a folder cannot be removed.
    """
    for leftover in settings.releases_dir.glob(".*.old"):
        shutil.rmtree(leftover)
    removed = []
    for release, reasons in why_kept(settings).items():
        if reasons:
            continue
        out_of_sight = release.with_name(f".{release.name}.old")
        release.replace(out_of_sight)
        shutil.rmtree(out_of_sight)
        removed.append(release.name)
    if removed:
        log.info(
            "Removed %d old release%s by the retention rule: %s",
            *(len(removed), "s" if len(removed) > 1 else "", ", ".join(removed)),
        )
    return removed


def _last_of_each(releases: list[Path], span: Callable[[datetime], int]) -> set[Path]:
    return set({span(moment(release.name)): release for release in releases}.values())


def _quarter_end(when: datetime) -> str:
    return f"{when.replace(month=3 * ((when.month - 1) // 3) + 3, day=1):%B %Y}"


def _named(exports: Path) -> dict[str, str]:
    """Releases that something which left the warehouse is made from -> the file that says so, below `exports`."""
    named: dict[str, str] = {}
    for path in sorted(exports.rglob("*.json")):
        try:
            found = _NAME.findall(path.read_bytes())
        except OSError as error:
            raise WarehouseError(
                f"{path} cannot be read ({error.strerror}), and it may name a release that must be kept; mend its "
                "permissions, or take it away."
            ) from error
        for name in found:
            named.setdefault(name.decode(), path.relative_to(exports).as_posix())
    return named
