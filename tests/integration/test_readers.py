"""Readers while the file is published again and again; benchmarks/readers.py is the long version."""

from __future__ import annotations

from pathlib import Path

from benchmarks.readers import run


def test_readers_see_each_release_whole_and_none_after_a_newer_one(tmp_path: Path) -> None:
    found = run(tmp_path, readers=8, publications=6)
    assert found.faults == 0, found
    # or nothing was proved
    assert found.queries > 30
    assert found.held_through > 0
