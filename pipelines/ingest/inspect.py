"""Says what a file is taken for without touching the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.ingest.discover import Container
from pipelines.ingest.register import Candidate, read_container
from pipelines.periods import month_label
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.sources.forces import load_forces


def inspect_file(path: Path, settings: Settings) -> Iterator[tuple[str, bool]]:
    """(text, whether it is accepted) for the file, or for each member of the archive."""
    status = path.stat()
    container = Container(path.absolute(), path.name, status.st_size, status.st_mtime_ns, is_sample=False)
    contracts = load_contracts()
    with TemporaryDirectory() as spool:
        for candidate in read_container(container, Path(spool), settings, contracts):
            yield _describe(candidate), candidate.identity.refusal is None


def _describe(candidate: Candidate) -> str:
    identity, scan = candidate.identity, candidate.scan
    if identity.refusal:
        return f"{candidate.file_path}: REFUSED\n  {identity.refusal}"
    contract = load_contracts()[identity.source or ""]
    force = load_forces()[identity.force or ""]
    assert identity.period_start is not None
    return (
        f"{candidate.file_path}: {contract.title} ({contract.name})\n"
        f"  for {force.police_uk_label}, {month_label(identity.period_start)}: its name has the published form,\n"
        f"  and its {len(scan.headers)} columns are those of pipelines/sources/{contract.name}.yaml.\n"
        f"  {scan.records:,} records, {scan.size_bytes:,} bytes, content {scan.sha256[:16]}, "
        f"extract {candidate.extract_id}.\n"
        "  Month and force of the rows themselves are checked when it is loaded."
    )
