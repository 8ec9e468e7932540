"""Audits what the project installs: `make audit`. Needs the environment of the tests.

Lock files, environment and licences are audited everywhere. Known vulnerabilities are looked up by pip-audit, in the
advisory databases of PyPI and OSV: where none answers, this says NOT AUDITED and does not fail, for nothing is known then.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import Message
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pipelines.settings import PROJECT_DIR

RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
SERVICES = ("pypi", "osv")
CONTROL = "requests==2.19.0"
"""A release with a vulnerability that every advisory database knows: one that finds nothing in it is none."""
NOT_IN_A_LOCK = {"force-performance-warehouse", "pip", "setuptools", "wheel"}

ALLOWED = re.compile(
    r"(0BSD|(the )?apache|artistic|(\d-clause )?(new |modified )?bsd|cc0|cnri-python|hpnd|isc|gnu (library or )?lesser|lgpl|"
    r"mit|mozilla|mpl|psf|python software foundation|unlicense|zlib)\b",
    re.IGNORECASE,
)
"""Licences under which a package may be used and handed on unchanged beside this project's own (MIT)."""

ACCEPTED: dict[str, str] = {}
"""Vulnerabilities that do not concern this project: identifier, and why not."""


@dataclass
class Audit:
    """What was audited, in sentences, and what was found wrong."""

    done: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


Run = Callable[[list[str]], "subprocess.CompletedProcess[str]"]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=900)


Locked = dict[str, list[Requirement]]
"""By name: the requirements of a lock file, several where versions differ by the version of Python."""


def locked(text: str, name: str) -> tuple[Locked, list[str]]:
    """The requirements of a lock file, and what is wrong with it: anything but exact versions with hashes."""
    found: Locked = {}
    wrong = []
    for line in text.replace("\\\n", " ").splitlines():
        entry, *hashes = re.split(r"\s+--hash=", line.partition("#")[0].strip())
        if not entry:
            continue
        try:
            requirement = Requirement(entry)
        except InvalidRequirement:
            wrong.append(
                f"{name} holds {entry.split()[0]!r}, which is no requirement: only exact versions belong there."
            )
            continue
        exact = requirement.url is None and re.fullmatch(r"==[^*,]+", str(requirement.specifier))
        if not exact:
            wrong.append(f"{name} does not pin {requirement.name} to one version of the package index; run make lock.")
        if not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes):
            wrong.append(f"{name} holds {requirement.name} without hashes; run make lock.")
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found, wrong


def version_of(requirements: Iterable[Requirement]) -> str | None:
    """The version that is for this machine's Python, if any."""
    here = (item for item in requirements if item.marker is None or item.marker.evaluate())
    return next((str(item.specifier).removeprefix("==") for item in here), None)


def audit_locks(audit: Audit, folder: Path) -> Locked:
    """Audit both lock files and return what the larger one holds.

    It must hold whatever the other holds, in the same versions, and both must satisfy pyproject.toml.
    """
    runtime, wrong = locked((folder / RUNTIME).read_text(encoding="utf-8"), RUNTIME)
    everything, more = locked((folder / DEVELOPMENT).read_text(encoding="utf-8"), DEVELOPMENT)
    wrong += more
    for name, requirements in runtime.items():
        if {str(item) for item in requirements} != {str(item) for item in everything.get(name, ())}:
            wrong.append(f"{DEVELOPMENT} holds another {name} than {RUNTIME}; run make lock.")
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    for file, held, wanted in (
        (RUNTIME, runtime, [*project["dependencies"], *extras.get("build", ())]),
        (DEVELOPMENT, everything, extras.get("dev", [])),
    ):
        for requirement in map(Requirement, wanted):
            version = version_of(held.get(canonicalize_name(requirement.name), ()))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                wrong.append(f"{file} does not hold the {requirement} that pyproject.toml asks for; run make lock.")
    audit.wrong += wrong
    if not wrong:
        audit.done.append(f"Lock files: {len(everything)} packages, each pinned and hashed, no address of an index.")
    return everything


def audit_environment(audit: Audit, everything: Locked, run: Run = _run) -> None:
    """Audit that what is installed here is what is locked, complete and coherent."""
    installed = {canonicalize_name(package.metadata["Name"]): package.version for package in metadata.distributions()}
    wrong = [
        f"{name} {version} is installed but not locked; make clean, then install again."
        for name, version in sorted(installed.items())
        if name not in NOT_IN_A_LOCK and version_of(everything.get(name, ())) != version
    ]
    wrong += [
        f"{name} is locked but not installed; make clean, then install again."
        for name, requirements in everything.items()
        if name not in installed and version_of(requirements)
    ]
    checked = run([sys.executable, "-m", "pip", "check"])
    if checked.returncode:
        wrong += [f"pip check: {line}" for line in checked.stdout.splitlines()]
    audit.wrong += wrong
    if not wrong:
        audit.done.append("Environment: what is locked is installed and nothing else, and pip check finds nothing.")


def licence_of(package: Message) -> list[str]:
    """The licences a package names, any of which will do; its expression where it has one."""
    if expression := package.get("License-Expression"):
        return [expression]
    named = [text.split(" :: ")[-1] for text in package.get_all("Classifier") or [] if text.startswith("License :: ")]
    return [text for text in named if text != "OSI Approved"] or [(package.get("License") or "").strip().split("\n")[0]]


def is_allowed(licence: str) -> bool:
    """Whether a licence, or an SPDX expression, is on the list: one of those joined by OR, each of those joined by AND."""
    terms = [ALLOWED.match(term.strip(" ()")) is not None for term in re.split(r" (?:OR|AND|WITH) ", licence)]
    return any(terms) if " OR " in licence and " AND " not in licence else all(terms)


def audit_licences(audit: Audit, everything: Iterable[str]) -> None:
    """Audit that each installed package has a licence of the list."""
    count, wrong = 0, []
    for package in metadata.distributions():
        if canonicalize_name(package.metadata["Name"]) not in everything:
            continue
        count += 1
        licences = licence_of(cast(Message, package.metadata))
        if not any(is_allowed(licence) for licence in licences):
            named = " or ".join(licences)[:100] or "no licence"
            wrong.append(f"{package.metadata['Name']} has {named}, which is not on the list in pipelines/audit.py.")
    audit.wrong += wrong
    if not wrong:
        audit.done.append(f"Licences: those of all {count} packages installed here are on the list.")


def audit_advisories(audit: Audit, lock: Path, run: Run = _run) -> None:
    """Look up known vulnerabilities of what the lock holds, or say that they were not looked up.

    A database that does not know the vulnerability of `CONTROL` counts as out of reach.
    """
    with TemporaryDirectory() as folder:
        control = Path(folder) / "control.txt"
        control.write_text(CONTROL + "\n", encoding="utf-8")
        service = next((name for name in SERVICES if _vulnerable(_looked_up(control, name, run))), None)
    if service is None:
        audit.done.append(
            f"Known vulnerabilities: NOT AUDITED. No advisory database answers from here (tried: {', '.join(SERVICES)}); "
            "run make audit where there is a network."
        )
        return
    found = _looked_up(lock, service, run)
    if found is None:
        audit.done.append(
            f"Known vulnerabilities: NOT AUDITED. The database {service} broke off; run make audit again."
        )
        return
    skipped = [package["name"] for package in found if "skip_reason" in package]
    for name, version, vulnerability, fixed in _vulnerable(found):
        if vulnerability not in ACCEPTED:
            mend = f"take {' or '.join(fixed)}" if fixed else "no version mends it yet"
            audit.wrong.append(f"{name} {version} has the vulnerability {vulnerability}: {mend}.")
    said = f"Known vulnerabilities: {len(found) - len(skipped)} packages looked up by pip-audit in {service}"
    audit.done.append(f"{said}; NOT AUDITED: {', '.join(skipped)}." if skipped else f"{said}.")


def _looked_up(requirements: Path, service: str, run: Run) -> list[dict[str, Any]] | None:
    """What pip-audit says of each package, or None when it could not ask."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--no-deps", "--disable-pip"]
    command += ["--vulnerability-service", service, "--format", "json", "--progress-spinner", "off", "--timeout", "20"]
    try:
        return list(json.loads(run(command).stdout)["dependencies"])
    except (ValueError, KeyError, subprocess.TimeoutExpired):
        return None


def _vulnerable(found: list[dict[str, Any]] | None) -> list[tuple[str, str, str, list[str]]]:
    return [
        (package["name"], package["version"], vulnerability["id"], vulnerability.get("fix_versions", []))
        for package in found or []
        for vulnerability in package.get("vulns", [])
    ]


def main() -> None:
    """Audit everything; exit code 1 when something is wrong."""
    audit = Audit()
    everything = audit_locks(audit, PROJECT_DIR)
    audit_environment(audit, everything)
    audit_licences(audit, everything)
    audit_advisories(audit, PROJECT_DIR / DEVELOPMENT)
    for sentence in (*audit.done, *(f"WRONG: {sentence}" for sentence in audit.wrong)):
        print(sentence)
    sys.exit(bool(audit.wrong))


if __name__ == "__main__":
    main()
