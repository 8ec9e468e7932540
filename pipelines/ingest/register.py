"""The register: finds new raw files, says what they are, and readies them for loading."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from uuid import uuid4

import duckdb

from pipelines.ingest.discover import ArchiveRefused, Container, archive_members, find_containers
from pipelines.ingest.identify import Identity, identify
from pipelines.ingest.scan import Scan, scan_path, scan_stream
from pipelines.settings import Settings
from pipelines.sources.contract import Contract, contracts_hash
from pipelines.sources.forces import load_forces
from pipelines.store.warehouse import Warehouse, insert_rows

log = logging.getLogger("fpw.register")


@dataclass(frozen=True)
class Candidate:
    """A file, or an archive member, that was read in this run."""

    container: Container
    file_path: str
    name: str
    scan: Scan
    identity: Identity

    @property
    def extract_id(self) -> str:
        return self.identity.extract_id(self.scan.sha256)


@dataclass
class RegisterReport:
    """What a run found. `refused` holds one sentence per file refused in this run."""

    files_found: int = 0
    files_read: int = 0
    new_extracts: int = 0
    known_again: int = 0
    withdrawn: int = 0
    missing: int = 0
    refused: list[str] = field(default_factory=list)


def register(settings: Settings, warehouse: Warehouse, contracts: dict[str, Contract], run_id: str) -> RegisterReport:
    """Read every raw file that is new or changed and enter it in `ops.extract`.

    New extracts are `pending` and lie ready in the spool folder under their extract id; files that are
    not what they claim are `refused` with a reason.
    """
    judged_by = contracts_hash(contracts)
    containers = find_containers(settings.raw_dir)
    spool = settings.spool_dir
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir(parents=True)
    with warehouse.connect() as connection:
        # An interrupted run leaves extracts pending that were never loaded: they are found anew.
        connection.execute(
            "DELETE FROM ops.raw_file WHERE extract_id IN (SELECT extract_id FROM ops.extract WHERE status = 'pending')"
        )
        connection.execute("DELETE FROM ops.extract WHERE status = 'pending'")
        known = {
            container: (size, mtime)
            for container, size, mtime in connection.execute(
                "SELECT DISTINCT container, container_size_bytes, container_mtime_ns FROM ops.raw_file WHERE judged_by = ?",
                [judged_by],
            ).fetchall()
        }
    changed = [c for c in containers if known.get(c.relative) != (c.size_bytes, c.mtime_ns)]
    report = RegisterReport(files_found=len(containers), files_read=len(changed))
    candidates = list(_read_all(changed, spool, settings, contracts))
    with warehouse.connect() as connection:
        connection.begin()
        present = {c.relative for c in containers}
        _withdraw_samples(connection, contracts, present, run_id, report)
        _forget_files(connection, [c.relative for c in changed])
        # A sample never stands in for a real extract that arrives in the same run.
        candidates.sort(key=lambda candidate: not candidate.container.is_sample)
        _enter(connection, contracts, candidates, present, judged_by, run_id, report)
        connection.commit()
    log.info(
        "%d files under %s: %d read, %d new extracts, %d refused",
        report.files_found,
        settings.raw_dir.name,
        report.files_read,
        report.new_extracts,
        len(report.refused),
    )
    return report


def spooled(settings: Settings, extract_id: str) -> Path:
    """Where the text of a pending extract lies."""
    return settings.spool_dir / f"{extract_id}.csv"


def _read_all(
    containers: list[Container], spool: Path, settings: Settings, contracts: dict[str, Contract]
) -> Iterator[Candidate]:
    if not containers:
        return
    total = sum(container.size_bytes for container in containers)
    log.info("Reading %d new or changed files (%.1f MB)", len(containers), total / 1e6)
    done, said = 0, time.monotonic()
    with ThreadPoolExecutor(settings.threads) as pool:
        results = pool.map(lambda container: read_container(container, spool, settings, contracts), containers)
        for container, found in zip(containers, results, strict=True):
            done += container.size_bytes
            if time.monotonic() - said > 2:
                said = time.monotonic()
                log.info("Read %.0f %% of the new files", 100 * done / max(total, 1))
            yield from found


def read_container(
    container: Container, spool: Path, settings: Settings, contracts: dict[str, Contract]
) -> list[Candidate]:
    """Everything one file on disk holds, accepted contents laid in `spool`; nothing is registered."""
    try:
        if container.is_archive:
            return list(_read_archive(container, spool, settings, contracts))
        if container.size_bytes > settings.max_file_bytes:
            raise ArchiveRefused(
                f"{container.path.name} is larger than {settings.max_file_bytes:,} bytes; "
                "if it is genuine, raise FPW_MAX_FILE_BYTES."
            )
        candidate = _candidate(container, container.relative, scan_path(container.path), contracts)
    except (ArchiveRefused, OSError) as error:
        reason = str(error)
        if isinstance(error, OSError):
            reason = f"{container.path.name} cannot be read ({error.strerror}); check its permissions."
        scan = Scan(f"unread:{container.relative}:{container.mtime_ns}", container.size_bytes, 0, ())
        return [Candidate(container, container.relative, container.path.name, scan, Identity(refusal=reason))]
    if candidate.identity.refusal is None:
        # Equal contents may be read side by side, so each link is made under a name of its own.
        link = spool / f"link-{uuid4().hex}"
        link.symlink_to(container.path)
        link.replace(spool / f"{candidate.extract_id}.csv")
    return [candidate]


def _read_archive(
    container: Container, spool: Path, settings: Settings, contracts: dict[str, Contract]
) -> Iterator[Candidate]:
    members = archive_members(container, max_bytes=settings.max_file_bytes, max_ratio=settings.max_compression_ratio)
    with zipfile.ZipFile(container.path) as archive:
        for info in members:
            unpacked = spool / f"unpacking-{uuid4().hex}"
            file_path = f"{container.relative}!{info.filename}"
            try:
                with archive.open(info) as packed, unpacked.open("wb") as copy:
                    scan = scan_stream(packed, copy)
            except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
                unpacked.unlink(missing_ok=True)
                raise ArchiveRefused(f"{container.path.name} is damaged ({error}); download it again.") from error
            candidate = _candidate(container, file_path, scan, contracts)
            if candidate.identity.refusal is None:
                unpacked.replace(spool / f"{candidate.extract_id}.csv")
            else:
                unpacked.unlink()
            yield candidate


def _candidate(container: Container, file_path: str, scan: Scan, contracts: dict[str, Contract]) -> Candidate:
    name = PurePosixPath(file_path.rsplit("!", 1)[-1]).name
    return Candidate(container, file_path, name, scan, identify(name, scan, contracts, load_forces()))


def _forget_files(connection: duckdb.DuckDBPyConnection, containers: list[str]) -> None:
    connection.execute("DELETE FROM ops.raw_file WHERE container IN (SELECT unnest(?::VARCHAR[]))", [containers])


def _withdraw_samples(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    present: set[str],
    run_id: str,
    report: RegisterReport,
) -> None:
    gone = [
        (extract_id, source, is_sample)
        for extract_id, source, is_sample, places in connection.execute(
            """
            SELECT e.extract_id, e.source, e.is_sample, list(f.container)
            FROM ops.extract AS e JOIN ops.raw_file AS f USING (extract_id)
            WHERE e.status IN ('loaded', 'superseded') GROUP BY ALL
            """
        ).fetchall()
        if not present & set(places)
    ]
    # Synthetic rows leave with their files; real ones stay until a person decides, for a folder may be unmounted.
    for extract_id, source, is_sample in gone:
        if is_sample:
            withdraw(connection, contracts[source], extract_id, "its sample file was removed", run_id)
            report.withdrawn += 1
        else:
            report.missing += 1
    if report.withdrawn:
        log.info("%d sample extracts left the warehouse with their files", report.withdrawn)
    if report.missing:
        log.warning(
            "%d loaded extracts are no longer in the raw folder; their rows stay in the warehouse", report.missing
        )


def withdraw(
    connection: duckdb.DuckDBPyConnection, contract: Contract, extract_id: str, reason: str, run_id: str
) -> None:
    """Take an extract's rows out of the raw table; it stays registered, and may come back."""
    connection.execute(f"DELETE FROM {contract.table} WHERE extract_id = ?", [extract_id])
    connection.execute("DELETE FROM ops.quarantine WHERE extract_id = ?", [extract_id])
    connection.execute("DELETE FROM ops.raw_file WHERE extract_id = ?", [extract_id])
    connection.execute(
        "UPDATE ops.extract SET status = 'withdrawn', reason = ?, run_id = ? WHERE extract_id = ?",
        [reason, run_id, extract_id],
    )


def _enter(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    candidates: list[Candidate],
    present: set[str],
    judged_by: str,
    run_id: str,
    report: RegisterReport,
) -> None:
    now = dt.datetime.now(dt.UTC)
    status: dict[str, str] = {}
    last: dict[tuple[object, ...], int] = {}
    accepted: dict[str, tuple[str, str, str]] = {}
    for extract_id, sha256, source, force, period, sequence, state, file_name in connection.execute(
        "SELECT extract_id, sha256, source, force, period_start, sequence, status, file_name FROM ops.extract"
    ).fetchall():
        status[extract_id] = state
        key = (source, force, period)
        last[key] = max(last.get(key, 0), sequence or 0)
        if state in ("loaded", "superseded"):
            accepted[sha256] = (extract_id, source, file_name)
    on_disk = {candidate.extract_id for candidate in candidates} | {
        extract_id
        for extract_id, container in connection.execute("SELECT extract_id, container FROM ops.raw_file").fetchall()
        if container in present
    }
    extracts, files = [], []
    for candidate in candidates:
        identity, scan, extract_id = candidate.identity, candidate.scan, candidate.extract_id
        refusal, judged = identity.refusal, judged_by
        twin_id, twin_source, twin_name = accepted.get(scan.sha256, (extract_id, "", ""))
        # Header-only files of two forces are equal without being copies.
        if refusal is None and twin_id != extract_id and scan.records:
            if twin_id in on_disk:
                refusal = (
                    f"{candidate.name} has the same content as {twin_name}, which stands for another force or month; "
                    "remove the one that is named wrongly."
                )
                judged = "again"  # becomes acceptable when the other file goes
            else:
                withdraw(
                    connection, contracts[twin_source], twin_id, f"its file was renamed to {candidate.name}", run_id
                )
        container = candidate.container
        files.append(
            (candidate.file_path, container.relative, container.size_bytes, container.mtime_ns, extract_id, judged, now)
        )
        if refusal:
            report.refused.append(refusal)
        before = status.get(extract_id)
        if before in ("loaded", "superseded", "pending"):
            report.known_again += 1
            continue
        status[extract_id] = "refused" if refusal else "pending"
        sequence = None
        if refusal is None:
            key = (identity.source, identity.force, identity.period_start)
            sequence = last[key] = last.get(key, 0) + 1
            accepted[scan.sha256] = (extract_id, identity.source or "", candidate.name)
            report.new_extracts += 1
        extracts.append(
            {
                "extract_id": extract_id,
                "source": identity.source,
                "file_name": candidate.name,
                "file_path": candidate.file_path,
                "sha256": scan.sha256,
                "size_bytes": scan.size_bytes,
                "force": identity.force,
                "period_start": identity.period_start,
                "sequence": sequence,
                "rows_read": scan.records,
                "rows_loaded": 0,
                "rows_quarantined": 0,
                "status": status[extract_id],
                "reason": refusal,
                "is_sample": container.is_sample,
                "registered_at": now,
                "run_id": run_id,
            }
        )
    connection.execute(
        "DELETE FROM ops.extract WHERE extract_id IN (SELECT unnest(?::VARCHAR[]))",
        [[e["extract_id"] for e in extracts]],
    )
    insert_rows(connection, "ops.extract", extracts)
    columns = (
        "file_path",
        "container",
        "container_size_bytes",
        "container_mtime_ns",
        "extract_id",
        "judged_by",
        "seen_at",
    )
    insert_rows(connection, "ops.raw_file", [dict(zip(columns, row, strict=True)) for row in files])
