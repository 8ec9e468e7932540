"""The audit of dependencies: what it finds wrong, and what it says when it could not look."""

from __future__ import annotations

import json
import subprocess
from email.message import Message
from pathlib import Path

import pytest

from pipelines.audit import CONTROL, Audit, audit_advisories, audit_locks, is_allowed, licence_of, locked
from pipelines.settings import PROJECT_DIR

HASH = f"--hash=sha256:{'0' * 64}"


def test_the_lock_files_of_the_project_are_in_order() -> None:
    audit = Audit()
    everything = audit_locks(audit, PROJECT_DIR)
    assert audit.wrong == []
    assert "duckdb" in everything


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("duckdb==2.0.0", "without hashes"),
        (f"duckdb==2.0.0 {HASH} --hash=md5:1", "without hashes"),
        (f"duckdb>=2 {HASH}", "does not pin duckdb"),
        (f"duckdb==2.* {HASH}", "does not pin duckdb"),
        (f"duckdb @ https://example.org/duckdb.whl {HASH}", "does not pin duckdb"),
        ("--index-url https://example.org/simple", "is no requirement"),
        ("-e .", "is no requirement"),
        ("git+https://example.org/x.git", "is no requirement"),
    ],
)
def test_a_lock_file_holds_only_exact_versions_with_hashes(line: str, says: str) -> None:
    _, wrong = locked(f"# comment\nagate==1.9.1 \\\n    {HASH} \\\n    {HASH}\n{line}\n", "x.lock")
    assert any(says in sentence for sentence in wrong)
    assert locked(f"agate==1.9.1 ; python_version < '3.12' \\\n    {HASH}\n", "x.lock")[1] == []


def test_the_lock_files_must_agree_with_each_other_and_the_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["a>=2", "b"]\noptional-dependencies.dev = ["c"]\n', encoding="utf-8"
    )
    (tmp_path / "requirements.lock").write_text(f"a==1.0 {HASH}\nb==1.0 {HASH}\n", encoding="utf-8")
    (tmp_path / "requirements-dev.lock").write_text(f"a==1.0 {HASH}\nb==1.1 {HASH}\n", encoding="utf-8")
    audit = Audit()
    audit_locks(audit, tmp_path)
    assert audit.done == []
    assert len(audit.wrong) == 3
    for words in ("holds another b", "hold the a>=2", "hold the c"):
        assert any(words in sentence for sentence in audit.wrong)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND (MIT OR Apache-2.0)", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", True),
        ("GNU Affero General Public License v3", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_licences_are_on_the_list_or_not(licence: str, allowed: bool) -> None:
    assert is_allowed(licence) is allowed


def test_the_licence_is_taken_from_wherever_a_package_names_it() -> None:
    package = Message()
    package["License"] = "BSD\nand its text"
    assert licence_of(package) == ["BSD"]
    package["Classifier"] = "License :: OSI Approved :: MIT License"
    assert licence_of(package) == ["MIT License"]
    package["License-Expression"] = "ISC"
    assert licence_of(package) == ["ISC"]


class Service:
    """An advisory database as pip-audit shows it; `known` are the vulnerabilities it has of each package."""

    def __init__(self, known: dict[str, list[str]], skipped: tuple[str, ...] = (), answers: bool = True) -> None:
        self.known, self.skipped, self.answers = known, skipped, answers

    def __call__(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        if not self.answers:
            return subprocess.CompletedProcess(command, 1, stdout="", stderr="Traceback: no route to host")
        lines = Path(command[command.index("--requirement") + 1]).read_text(encoding="utf-8").splitlines()
        names = [line.partition("==")[0] for line in lines if "==" in line]
        found = [
            {"name": name, "skip_reason": "not found"}
            if name in self.skipped
            else {
                "name": name,
                "version": "1",
                "vulns": [{"id": v, "fix_versions": ["2"]} for v in self.known.get(name, [])],
            }
            for name in names
        ]
        return subprocess.CompletedProcess(command, 0, stdout=json.dumps({"dependencies": found}), stderr="")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "x.lock"
    path.write_text(f"a==1 {HASH}\nb==1 {HASH}\n", encoding="utf-8")
    return path


CONTROLLED = {CONTROL.partition("==")[0]: ["CVE-2018-18074"]}


@pytest.mark.parametrize(
    ("service", "says"),
    [
        (Service({}, answers=False), "NOT AUDITED. No advisory database answers"),
        (Service({}, skipped=("a", "b", "requests")), "NOT AUDITED. No advisory database answers"),  # a bare mirror
        (Service({}), "NOT AUDITED. No advisory database answers"),  # one that knows nothing
        (Service(CONTROLLED), "2 packages looked up by pip-audit in pypi."),
        (Service(CONTROLLED, skipped=("b",)), "1 packages looked up by pip-audit in pypi; NOT AUDITED: b."),
    ],
)
def test_what_was_not_looked_up_is_said(lock: Path, service: Service, says: str) -> None:
    audit = Audit()
    audit_advisories(audit, lock, service)
    assert audit.wrong == []
    assert says in audit.done[0]


def test_a_vulnerability_is_wrong(lock: Path) -> None:
    audit = Audit()
    audit_advisories(audit, lock, Service(CONTROLLED | {"b": ["CVE-1"]}))
    assert audit.wrong == ["b 1 has the vulnerability CVE-1: take 2."]
