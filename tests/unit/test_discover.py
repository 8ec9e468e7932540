"""Discovery: every file is found, and no archive leads outside or swells beyond measure."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipelines.ingest.discover import ArchiveRefused, archive_members, find_containers, has_extracts, natural_key


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def members_of(path: Path, max_bytes: int = 10**6, max_ratio: int = 50) -> list[str]:
    container = find_containers(path.parent)[0]
    return [info.filename for info in archive_members(container, max_bytes=max_bytes, max_ratio=max_ratio)]


def test_files_are_found_in_any_folder_and_documents_passed_over(tmp_path: Path) -> None:
    for name in (
        "a.csv",
        "deep/er/b.csv",
        "c.zip",
        "README.md",
        "a.csv.meta.yml",
        ".hidden.csv",
        "d.csv.part",
        "d.csv.filepart",
        "Unconfirmed 1.crdownload",
        "~$returns.xlsx",
        "~WRL0001.tmp",
        "returns.xlsx~",
        ".git/e.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert [container.relative for container in find_containers(tmp_path)] == ["a.csv", "c.zip", "deep/er/b.csv"]


def test_a_marker_makes_its_folder_and_those_below_synthetic(tmp_path: Path) -> None:
    for name in ("sample/SAMPLE.txt", "sample/2019/a.csv", "real/b.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert {c.relative: c.is_sample for c in find_containers(tmp_path)} == {
        "real/b.csv": False,
        "sample/2019/a.csv": True,
    }


def test_an_empty_or_missing_folder_holds_no_extracts(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("x")
    assert not has_extracts(tmp_path)
    assert not has_extracts(tmp_path / "missing")


def test_order_is_natural() -> None:
    assert sorted(["r10/a", "r2/a", "r2/A10", "r2/a9"], key=natural_key) == ["r2/a", "r2/a9", "r2/A10", "r10/a"]


def test_members_of_a_sound_archive_are_listed(tmp_path: Path) -> None:
    assert members_of(
        zipped(tmp_path / "x.zip", {"2019-04/a.csv": b"1", "README.txt": b"2", "2019-03/b.csv": b"3"})
    ) == [
        "2019-03/b.csv",
        "2019-04/a.csv",
    ]


@pytest.mark.parametrize("name", ["../a.csv", "/a.csv", "x/../../a.csv", "..\\a.csv", "C:\\a.csv"])
def test_a_member_that_leads_outside_refuses_the_archive(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveRefused, match=r"x\.zip .*leads outside"):
        members_of(zipped(tmp_path / "x.zip", {"good.csv": b"1", name: b"2"}))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match=r"x\.zip .*would grow"):
        members_of(zipped(tmp_path / "x.zip", {"a.csv": b"0" * 900_000}))
    with pytest.raises(ArchiveRefused, match="FPW_MAX_FILE_BYTES"):
        members_of(zipped(tmp_path / "x.zip", {"a.csv": b"0" * 900_000}), max_bytes=1000, max_ratio=10**9)


def test_something_else_under_the_name_of_a_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ArchiveRefused, match=r"x\.zip cannot be opened"):
        members_of(tmp_path / "x.zip")
