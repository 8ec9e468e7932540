"""Says what a file is taken for without touching the warehouse."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.ingest.apart import apart
from pipelines.ingest.discover import Container
from pipelines.ingest.register import Candidate, read_container
from pipelines.periods import month_label
from pipelines.safe_text import shown
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.sources.forces import load_forces


def inspect_file(path: Path, settings: Settings) -> Iterator[tuple[str, bool]]:
    """(text, whether it is accepted) for the file, or for each member of the archive."""
    status = path.stat()
    container = Container(path.absolute(), shown(path.name), status.st_size, status.st_mtime_ns, is_sample=False)
    with TemporaryDirectory() as spool, closing(apart):
        candidates = read_container(container, Path(spool), settings, load_contracts())
        by_file = itertools.groupby(candidates, key=lambda candidate: candidate.member)
        for file_path, found in by_file:
            extracts = list(found)
            refusal = extracts[0].identity.refusal
            yield f"{file_path}: REFUSED\n  {refusal}" if refusal else _describe(file_path, extracts), refusal is None


def _describe(file_path: str, extracts: list[Candidate]) -> str:
    first = extracts[0]
    contract = load_contracts()[first.identity.source or ""]
    force = load_forces().get(first.identity.force or "")
    who = f"for {force.police_uk_label}" if force else "for all forces"
    rows = sum(extract.scan.records for extract in extracts)
    if contract.layout is None:
        assert first.identity.period_start is not None
        return (
            f"{file_path}: {contract.title} ({contract.name})\n"
            f"  {who}, {month_label(first.identity.period_start)}: its name has the published form,\n"
            f"  and its {len(first.scan.headers)} columns are those of pipelines/sources/{contract.name}.yaml.\n"
            f"  {rows:,} records, {first.scan.size_bytes:,} bytes, content {first.scan.sha256[:16]}, "
            f"extract {first.extract_id}.\n"
            "  Month and force of the rows themselves are checked when it is loaded."
        )
    starts, ends = zip(*((e.identity.period_start, e.identity.period_end) for e in extracts), strict=True)
    sources = ", ".join(sorted({load_contracts()[extract.identity.source or ""].title for extract in extracts}))
    return (
        f"{file_path}: {sources} ({contract.name})\n"
        f"  {who}, {min(starts)} to {max(ends)}: its header has the columns of pipelines/sources/{contract.name}.yaml.\n"
        f"  {rows:,} records in {len(extracts):,} extracts, one for each {contract.layout.period.length.replace('_', ' ')}"
        f"{' and ' + contract.layout.slice if contract.layout.slice else ''}."
    )
