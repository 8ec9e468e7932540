"""Refreshes after the first one: of nothing, and of what must not be published."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.conftest import street_row, write_street
from tests.integration.conftest import Installation, ask

pytestmark = pytest.mark.xdist_group("merseyside")

KNOWSLEY = "E01006437,Knowsley 003D"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_nothing_new_is_built_or_published_twice(merseyside: Installation) -> None:
    path = merseyside.settings.published_path
    before = ask(path, "SELECT release_id FROM ops.release")
    modified = path.stat().st_mtime_ns
    quiet = merseyside.run("refresh")
    assert quiet.returncode == 0, quiet.stdout + quiet.stderr
    assert f"Nothing is new since release {before[0][0]}" in quiet.stdout
    assert "dbt builds" not in quiet.stderr
    assert "WARNING" not in quiet.stderr
    assert path.stat().st_mtime_ns == modified


def test_a_failed_check_keeps_the_file_of_yesterday(merseyside: Installation) -> None:
    path = merseyside.settings.published_path
    before = digest(path)
    bad = write_street(
        merseyside.settings.raw_dir / "inbox",
        [street_row(1, month="2017-01", label="Merseyside Police", crime_type="Crimes against sense", area=KNOWSLEY)],
        name="2017-01-merseyside-street.csv",
    )
    try:
        done = merseyside.run("refresh")
        assert done.returncode == 1
        assert "NOT PUBLISHED" in done.stdout
        assert "Crimes against sense" in done.stdout
        assert "street_crime_type" in done.stdout
        assert digest(path) == before
    finally:
        bad.unlink()
    # A real extract stays when its file goes, until a person withdraws it.
    build = merseyside.settings.build_path
    ((extract_id,),) = ask(
        build, "SELECT extract_id FROM ops.extract WHERE period_start = '2017-01-01' AND NOT is_sample"
    )
    assert merseyside.run("withdraw", str(extract_id)).returncode == 0
