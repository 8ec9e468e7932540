"""A release is made again from its raw files, as on another machine."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_DIR
from pipelines.store.releases import all_releases, read_manifest
from tests.conftest import street_row, write_street
from tests.integration.conftest import Installation, nights_of

pytestmark = pytest.mark.xdist_group("refresh")


def shuffled(raw: Path, target: Path) -> None:
    """The sample below `raw` in folders whose order, and the times of whose files, are of no order at all."""
    draws = random.Random(20190401)
    for path in sorted((raw / "sample").rglob("*.*")):
        if path.is_file() and path.name != "SAMPLE.txt":
            place = target / "sample" / f"{draws.randrange(10**9):09}" / path.name
            place.parent.mkdir(parents=True)
            shutil.copyfile(path, place)
            moment = draws.randrange(10**9)
            os.utime(place, (moment, moment))
    (target / "sample" / "SAMPLE.txt").touch()


def test_a_release_is_the_same_to_the_last_bit_when_it_is_made_again_elsewhere(
    installation: Installation, tmp_path: Path
) -> None:
    settings = installation.settings
    folder, raw = all_releases(settings.releases_dir)[0], settings.raw_dir
    if nights_of(installation).exists():  # a release of which a part was built, and the rest was as it was
        raw = max(nights_of(installation).iterdir())
        folder = settings.releases_dir / raw.name
    shuffled(raw, tmp_path / "raw")
    if (raw / "inbox").exists():
        shutil.copytree(raw / "inbox", tmp_path / "raw" / "inbox")
    # What came after the release: a month more, and another release of one that it has.
    for month in ("2019-05", "2020-09"):
        rows = [street_row(number, month=month) for number in range(20)]
        write_street(tmp_path / "raw" / "inbox", rows, name=f"{month}-west-midlands-street.csv")
    before = settings.build_path.stat().st_mtime_ns, settings.published_path.stat().st_mtime_ns

    done = subprocess.run(
        [*installation.command("release", "verify", folder.name), "--raw", str(tmp_path / "raw")],
        cwd=PROJECT_DIR,
        env=settings.child_environment(
            FPW_THREADS="3", FPW_PSEUDONYM_KEY_FILE=str(tmp_path / "key"),
            TZ="Pacific/Chatham", LC_ALL="tr_TR.UTF-8", PYTHONHASHSEED="4",
        ),
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    manifest = read_manifest(folder)
    assert done.stdout.count("same, bit for bit") == len(manifest["tables"])
    assert done.stdout.count(manifest["content_sha256"]) == 2
    assert "models and seeds done" in done.stderr
    assert (settings.build_path.stat().st_mtime_ns, settings.published_path.stat().st_mtime_ns) == before
    assert not list(settings.warehouse_dir.glob(".verify-*"))
