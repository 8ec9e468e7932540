"""The register: finds new raw files, says what they are, and readies them for loading."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import gzip
import hashlib
import io
import logging
import shutil
import time
import traceback
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast
from uuid import uuid4

import duckdb

from pipelines.ingest.apart import apart
from pipelines.ingest.discover import ArchiveRefused, Container, archive_members, find_containers, is_settled
from pipelines.ingest.documents import NOT_TEXT, DocumentRefused
from pipelines.ingest.extracts import find_extracts
from pipelines.ingest.identify import Identity, identify, published_form
from pipelines.ingest.scan import Scan, scan_path
from pipelines.returns.answer import ANSWER_ENDING, ANSWERS, answer_name
from pipelines.safe_text import for_csv, shown
from pipelines.settings import Settings
from pipelines.sources.contract import Contract, contracts_hash
from pipelines.sources.forces import FORCE_SEED, load_forces
from pipelines.store.advice import OF_THE_MACHINE, advised
from pipelines.store.files import write_whole
from pipelines.store.warehouse import Warehouse, WarehouseError, insert_rows

log = logging.getLogger("fpw.register")

JUDGE_AGAIN = "again"
"""Stands in `judged_by` for a refusal that something other than the file's content can lift."""


@dataclass(frozen=True)
class Candidate:
    """A file, or an archive member, that was read in this run: `member`; `file_path` names the extract within it too."""

    container: Container
    member: str
    file_path: str
    name: str
    scan: Scan
    identity: Identity
    judge_again: bool = False

    @property
    def extract_id(self) -> str:
        return self.identity.extract_id(self.scan.sha256)


@dataclass
class RegisterReport:
    """What a run found. `refused` holds one sentence per file refused in this run, `left` counts those left for the next."""

    files_found: int = 0
    files_read: int = 0
    new_extracts: int = 0
    known_again: int = 0
    withdrawn: int = 0
    missing: int = 0
    left: int = 0
    refused: list[str] = field(default_factory=list)


def register(settings: Settings, warehouse: Warehouse, contracts: dict[str, Contract], run_id: str) -> RegisterReport:
    """Read every raw file that is new or changed and enter it in `ops.extract`.

    New extracts are `pending` and lie ready in the spool folder under their extract id; files that are
    not what they claim are `refused` with a reason. A file that changes while it is read is left for the next run, and
    so is one that is known but cannot be read now; what was loaded from them before stays.

    Raises:
        WarehouseError: there is no raw folder, or the disk or the memory of this machine gave out; nothing was entered.
    """
    if not settings.raw_dir.is_dir():
        raise WarehouseError(
            f"The raw folder {settings.raw_dir} does not exist; check FPW_RAW_DIR or --raw, or mount it."
        )
    judged_by = _judge(settings, contracts)
    containers = find_containers(settings.raw_dir)
    report = RegisterReport(files_found=len(containers))
    spool = settings.spool_dir
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir(parents=True)
    with warehouse.connect() as connection:
        connection.begin()
        drop_pending(connection)  # what an interrupted run left
        present = _present(connection, containers)
        _withdraw_samples(connection, contracts, present, run_id, report)
        _recall_replaced(connection, present)
        connection.commit()
        known = {
            container: (size, mtime)
            for container, size, mtime in connection.execute(
                "SELECT DISTINCT container, container_size_bytes, container_mtime_ns FROM ops.raw_file "
                "WHERE judged_by = ?",
                [judged_by],
            ).fetchall()
        }
    changed = [c for c in containers if known.get(c.relative) != (c.size_bytes, c.mtime_ns)]
    report.files_read = len(changed)
    with closing(apart):
        candidates = list(_read_all(changed, spool, settings, contracts))
    left = _left_for_next(warehouse, changed, candidates)
    report.left = len(left)
    changed = [container for container in changed if container not in left]
    candidates = [candidate for candidate in candidates if candidate.container not in left]
    _hand_out_answers(settings, {candidate.name for candidate in candidates})
    arrivals = _arrivals(settings)
    # A sample never stands in for a real extract; otherwise what arrived earlier comes earlier, also when rebuilding.
    places = {extract_id: place for place, extract_id in enumerate(arrivals)}
    candidates.sort(key=lambda c: (not c.container.is_sample, places.get(c.extract_id, len(places))))
    with warehouse.connect() as connection:
        connection.begin()
        connection.execute(
            "DELETE FROM ops.raw_file WHERE container IN (SELECT unnest(?::VARCHAR[]))", [[c.relative for c in changed]]
        )
        new = _enter(connection, candidates, present, arrivals, judged_by, run_id, report)
        connection.commit()
    _note_arrivals(settings, [extract for extract in new if extract["extract_id"] not in arrivals])
    log.info(
        "%d files under %s: %d read, %d new extracts, %d refused",
        *(report.files_found, settings.raw_dir.name, report.files_read, report.new_extracts, len(report.refused)),
    )
    return report


def _left_for_next(warehouse: Warehouse, changed: list[Container], candidates: list[Candidate]) -> set[Container]:
    """Files of which what was read does not count: they changed meanwhile, or are known and cannot be read now."""
    moving = {container for container in changed if not is_settled(container)}
    for container in moving:
        log.warning(
            "%s changed while it was read, as if it were still being copied; it is left for the next refresh",
            container.relative,
        )
    unread = {c.container: c.identity.refusal for c in candidates if c.judge_again and c.container not in moving}
    if not unread:
        return moving
    with warehouse.connect(read_only=True) as connection:
        rows = connection.execute(
            "SELECT DISTINCT container FROM ops.raw_file JOIN ops.extract USING (extract_id) WHERE status <> 'refused'"
        ).fetchall()
    known = {name for (name,) in rows}
    kept = {container for container in unread if container.relative in known}
    for container in kept:
        log.warning("%s What was loaded from it before stays.", unread[container])
    return moving | kept


def _hand_out_answers(settings: Settings, names: set[str]) -> None:
    """Bring the answers to files of this run to their place; one from before whose file was mended goes."""
    answers = {answer_name(name) for name in names}
    for name in answers:
        (settings.answers_dir / name).unlink(missing_ok=True)
    for answer in sorted((settings.spool_dir / ANSWERS).glob("*.xlsx")):
        if answer.name not in answers:
            continue  # its file is left for the next run
        settings.answers_dir.mkdir(parents=True, exist_ok=True)
        answer.replace(settings.answers_dir / answer.name)
        log.warning(
            "%s breaks rules of a return; every bad cell is marked in %s",
            *(answer.name.removesuffix(ANSWER_ENDING), settings.answers_dir / answer.name),
        )


class NoRoom(ArchiveRefused):
    """An archive that is sound, but for which the disk has no room now."""


def spooled(settings: Settings, extract_id: str) -> Path:
    """Where the text of a pending extract lies."""
    return settings.spool_dir / f"{extract_id}.csv"


def read_container(
    container: Container, spool: Path, settings: Settings, contracts: dict[str, Contract]
) -> list[Candidate]:
    """Everything one file on disk holds, accepted contents laid in `spool`; nothing is registered."""
    name = container.name
    if container.problem:
        return [_unread(container, f"{name} {container.problem}.", judge_again=True)]
    try:
        if container.is_archive:
            return list(_read_archive(container, spool, settings, contracts))
        if container.path.suffix.lower() == ".gz":
            return list(_read_gzip(container, spool, settings, contracts))
        if container.size_bytes > settings.max_file_bytes:
            raise ArchiveRefused(
                f"{name} is larger than {settings.max_file_bytes:,} bytes; if it is genuine, raise FPW_MAX_FILE_BYTES."
            )
        return _read_file(container, container.relative, name, container.path, spool, settings, contracts)
    except (NoRoom, WarehouseError) as error:
        return [_unread(container, str(error), judge_again=True)]  # no trouble of the file
    except ArchiveRefused as error:
        return [_unread(container, str(error))]
    except OSError as error:
        if error.errno in OF_THE_MACHINE or str(error.filename or "").startswith(str(spool)):
            raise WarehouseError(
                advised(f"{name} could not be laid into {spool} ({error.strerror or error})")
            ) from error
        reason = f"{name} cannot be read ({error.strerror or error}); check its permissions."
        return [_unread(container, reason, judge_again=True)]
    except MemoryError as error:
        raise WarehouseError(advised(f"{name} could not be read (out of memory)")) from error
    except Exception as error:
        # What the error says may hold what stands in a cell.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
        reason = f"{name} cannot be read ({where}); download or export it again."
        return [_unread(container, reason)]


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


def _judge(settings: Settings, contracts: dict[str, Contract]) -> str:
    """Changes with everything but the files themselves that decides what is refused."""
    digest = hashlib.sha256(contracts_hash(contracts).encode())
    digest.update(FORCE_SEED.read_bytes())
    digest.update(f"{settings.max_file_bytes}|{settings.max_compression_ratio}|{settings.force}".encode())
    return digest.hexdigest()[:16]


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


def _read_archive(
    container: Container, spool: Path, settings: Settings, contracts: dict[str, Contract]
) -> Iterator[Candidate]:
    members = archive_members(container, max_bytes=settings.max_file_bytes, max_ratio=settings.max_compression_ratio)
    unpacked_bytes, free = sum(info.file_size for info in members), shutil.disk_usage(spool).free
    if unpacked_bytes > free / 2:
        raise NoRoom(
            f"{container.name} unpacks to {unpacked_bytes:,} bytes, but only {free:,} are free; make room and try again."
        )
    try:
        with zipfile.ZipFile(container.path) as archive:
            for info in members:
                with archive.open(info) as packed:
                    yield from _read_packed(container, info.filename, packed, spool, settings, contracts)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise ArchiveRefused(f"{container.name} is damaged ({shown(str(error), 100)}); download it again.") from error


def _read_gzip(
    container: Container, spool: Path, settings: Settings, contracts: dict[str, Contract]
) -> Iterator[Candidate]:
    name = container.name[: -len(".gz")]
    try:
        with gzip.open(container.path) as packed:
            yield from _read_packed(container, name, cast(IO[bytes], packed), spool, settings, contracts)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ArchiveRefused(f"{container.name} is damaged ({error}); download it again.") from error


def _read_packed(
    container: Container,
    member: str,
    packed: IO[bytes],
    spool: Path,
    settings: Settings,
    contracts: dict[str, Contract],
) -> list[Candidate]:
    """A member of an archive, unpacked only for as long as it is read."""
    unpacked = spool / f"unpacking-{uuid4().hex}"
    limit = min(settings.max_file_bytes, settings.max_compression_ratio * container.size_bytes)
    try:
        with unpacked.open("wb") as copy:
            while chunk := packed.read(1 << 20):
                copy.write(chunk)
                if copy.tell() > limit:
                    raise ArchiveRefused(
                        f"{container.name} grows too much when '{shown(member, 80)}' is unpacked; if it is genuine, raise "
                        "FPW_MAX_FILE_BYTES or FPW_MAX_COMPRESSION_RATIO."
                    )
        member = shown(member)
        name = PurePosixPath(member).name
        return _read_file(container, f"{container.relative}!{member}", name, unpacked, spool, settings, contracts)
    finally:
        unpacked.unlink(missing_ok=True)


def _read_file(
    container: Container,
    file_path: str,
    name: str,
    path: Path,
    spool: Path,
    settings: Settings,
    contracts: dict[str, Contract],
) -> list[Candidate]:
    """The extract that a file in a published form is, or all those found in another."""
    forces = load_forces()
    is_text = PurePosixPath(name).suffix.lower() not in NOT_TEXT
    scan = scan_path(path) if is_text else Scan(_file_hash(path), path.stat().st_size, 0, ())
    if not is_text or not (published_form(name, contracts) or scan.problem):
        try:
            arguments = (path, name, spool, settings, contracts, forces)
            found = find_extracts(*arguments) if is_text else apart.call(find_extracts, *arguments)
        except DocumentRefused as error:
            return [Candidate(container, file_path, file_path, name, scan, Identity(refusal=f"{name} {error}."))]
        if found:
            for extract in found:
                extract_id = extract.identity.extract_id(extract.scan.sha256)
                extract.path.replace(spool / f"{extract_id}.csv")
                if (faults := extract.path.with_suffix(".faults")).exists():
                    faults.replace(spool / f"{extract_id}.faults")
            return [
                Candidate(container, file_path, f"{file_path}#{extract.place}", name, extract.scan, extract.identity)
                for extract in found
            ]
    candidate = Candidate(container, file_path, file_path, name, scan, identify(name, scan, contracts, forces))
    if candidate.identity.refusal is None:
        # Equal contents may be read side by side, so each is laid down under a name of its own first.
        laid = spool / f"laid-{uuid4().hex}"
        if path == container.path:
            laid.symlink_to(path)
        else:
            path.replace(laid)
        laid.replace(spool / f"{candidate.extract_id}.csv")
    return [candidate]


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unread(container: Container, reason: str, *, judge_again: bool = False) -> Candidate:
    """A refusal of a file whose content is not known; its place and time stand in for the hash."""
    scan = Scan(f"unread:{container.relative}:{container.mtime_ns}", container.size_bytes, 0, ())
    place = container.relative
    return Candidate(container, place, place, container.name, scan, Identity(refusal=reason), judge_again)


def drop_pending(connection: duckdb.DuckDBPyConnection, extract_ids: list[str] | None = None) -> None:
    """Forget extracts that were never loaded, those named or all: the next run finds them anew."""
    named = "" if extract_ids is None else "AND extract_id IN (SELECT unnest($ids::VARCHAR[]))"
    given = {} if extract_ids is None else {"ids": extract_ids}
    pending = f"SELECT extract_id FROM ops.extract WHERE status = 'pending' {named}"
    connection.execute(f"DELETE FROM ops.raw_file WHERE extract_id IN ({pending})", given)
    connection.execute(f"DELETE FROM ops.extract WHERE extract_id IN ({pending})", given)


def _present(connection: duckdb.DuckDBPyConnection, containers: list[Container]) -> set[str]:
    """Files that are on disk; what is known to lie in a folder that cannot be looked into now counts as there."""
    closed = tuple(f"{container.relative}/" for container in containers if container.problem)
    known = connection.execute("SELECT DISTINCT container FROM ops.raw_file").fetchall()
    return {container.relative for container in containers} | {name for (name,) in known if name.startswith(closed)}


def _withdraw_samples(
    connection: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    present: set[str],
    run_id: str,
    report: RegisterReport,
) -> None:
    """Synthetic rows leave with their files; real ones stay until a person decides, for a folder may be unmounted."""
    for extract_id, source, is_sample, places in connection.execute(
        """
        SELECT e.extract_id, e.source, e.is_sample, coalesce(list(f.container) FILTER (f.container IS NOT NULL), [])
        FROM ops.extract AS e LEFT JOIN ops.raw_file AS f USING (extract_id)
        WHERE e.status = 'loaded' OR (e.status = 'superseded' AND e.is_sample) GROUP BY ALL
        """
    ).fetchall():
        if present & set(places):
            continue
        if is_sample:
            withdraw(connection, contracts[source], extract_id, "Its sample file was removed.", run_id)
            report.withdrawn += 1
        else:
            report.missing += 1
    if report.withdrawn:
        log.info("%d sample extracts left the warehouse with their files", report.withdrawn)
    if report.missing:
        log.warning(
            "%d loaded extracts are no longer in the raw folder; their rows stay in the warehouse "
            "(fpw withdraw takes them out)",
            report.missing,
        )


def _recall_replaced(connection: duckdb.DuckDBPyConnection, present: set[str]) -> None:
    """Where the current release of a month is gone from disk and one it replaced is there, that one is read again."""
    recalled = connection.execute(
        """
        WITH places AS (
            SELECT extract_id, bool_or(list_contains($present, container)) AS is_on_disk FROM ops.raw_file GROUP BY ALL
        ),
        extracts AS (
            SELECT e.*, coalesce(p.is_on_disk, false) AS is_on_disk
            FROM ops.extract AS e LEFT JOIN places AS p USING (extract_id) WHERE e.status IN ('loaded', 'superseded')
        )
        SELECT arg_max(extract_id, sequence) FILTER (status = 'superseded' AND is_on_disk) FROM extracts
        GROUP BY source, force, period_start, slice
        HAVING NOT bool_or(status = 'loaded' AND is_on_disk) AND bool_or(status = 'superseded' AND is_on_disk)
        """,
        {"present": sorted(present)},
    ).fetchall()
    ids = [row[0] for row in recalled]
    connection.execute(
        "DELETE FROM ops.raw_file WHERE container IN (SELECT container FROM ops.raw_file "
        "WHERE extract_id IN (SELECT unnest(?::VARCHAR[])))",
        [ids],
    )
    connection.execute(
        "UPDATE ops.extract SET status = 'withdrawn', reason = 'It is read again because its successor is gone.' "
        "WHERE extract_id IN (SELECT unnest(?::VARCHAR[]))",
        [ids],
    )


def _enter(
    connection: duckdb.DuckDBPyConnection,
    candidates: list[Candidate],
    present: set[str],
    arrivals: dict[str, dt.datetime],
    judged_by: str,
    run_id: str,
    report: RegisterReport,
) -> list[dict[str, object]]:
    now = dt.datetime.now(dt.UTC)
    status: dict[str, str] = {}
    last: dict[tuple[object, ...], int] = {}
    current: dict[tuple[object, ...], str] = {}
    accepted: dict[str, tuple[str, str]] = {}
    sample_contents: set[str] = set()
    for extract_id, sha256, *key_parts, sequence, state, file_name, is_sample in connection.execute(
        "SELECT extract_id, sha256, source, force, period_start, slice, sequence, status, file_name, is_sample "
        "FROM ops.extract"
    ).fetchall():
        status[extract_id] = state
        key = tuple(key_parts)
        last[key] = max(last.get(key, 0), sequence or 0)
        if state == "loaded":
            current[key] = extract_id
        if state in ("loaded", "superseded"):
            accepted[sha256] = (extract_id, file_name)
        if is_sample and key[0]:
            sample_contents.add(sha256)
    on_disk = {candidate.extract_id for candidate in candidates} | {
        extract_id
        for extract_id, container in connection.execute("SELECT extract_id, container FROM ops.raw_file").fetchall()
        if container in present
    }
    entered: dict[str, dict[str, object]] = {}
    files: dict[str, dict[str, object]] = {}
    for candidate in candidates:
        identity, scan, extract_id = candidate.identity, candidate.scan, candidate.extract_id
        key = identity.key
        refusal, judge_again = identity.refusal, candidate.judge_again
        twin_id, twin_name = accepted.get(scan.sha256, (extract_id, ""))
        # Header-only files of two forces are equal without being copies. A twin whose file is gone was renamed.
        if refusal is None and twin_id != extract_id and twin_id in on_disk and scan.records:
            refusal, judge_again = (
                f"{candidate.name} has the same content as {twin_name}, which stands for another force or month; "
                "remove the one that is named wrongly.",
                True,
            )
        container = candidate.container
        files[candidate.file_path] = {
            "file_path": candidate.file_path,
            "container": container.relative,
            "container_size_bytes": container.size_bytes,
            "container_mtime_ns": container.mtime_ns,
            "extract_id": extract_id,
            "judged_by": JUDGE_AGAIN if judge_again else judged_by,
            "seen_at": now,
        }
        if refusal:
            report.refused.append(refusal)
            log.warning("Refused: %s", refusal)
        before = status.get(extract_id)
        # An older release that was put back is current again when its successor is no longer there.
        returns = before == "superseded" and current.get(key) not in on_disk
        if before in ("loaded", "superseded", "pending") and not returns:
            report.known_again += 1
            continue
        status[extract_id] = "refused" if refusal else "pending"
        sequence = None
        if refusal is None:
            sequence = last[key] = last.get(key, 0) + 1
            accepted[scan.sha256] = (extract_id, candidate.name)
            report.new_extracts += 1
        entered[extract_id] = {
            "extract_id": extract_id,
            "source": identity.source,
            "file_name": candidate.name,
            "file_path": candidate.file_path,
            "sha256": scan.sha256,
            "size_bytes": scan.size_bytes,
            "force": identity.force,
            "period_start": identity.period_start,
            "period_end": identity.period_end,
            "slice": identity.slice,
            "sequence": sequence,
            "rows_read": scan.records,
            "rows_loaded": 0,
            "rows_quarantined": 0,
            "status": status[extract_id],
            "reason": refusal,
            "is_sample": container.is_sample or scan.sha256 in sample_contents,
            "registered_at": arrivals.get(extract_id, now),
            "run_id": run_id,
        }
    connection.execute("DELETE FROM ops.extract WHERE extract_id IN (SELECT unnest(?::VARCHAR[]))", [list(entered)])
    insert_rows(connection, "ops.extract", list(entered.values()))
    insert_rows(connection, "ops.raw_file", list(files.values()))
    return [extract for extract in entered.values() if extract["status"] == "pending"]


def _arrivals(settings: Settings) -> dict[str, dt.datetime]:
    """When each extract arrived, in the order of arrival, from a file that outlives the build database."""
    if not settings.arrivals_path.exists():
        return {}
    arrived: dict[str, dt.datetime] = {}
    with settings.arrivals_path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            with contextlib.suppress(TypeError, ValueError):  # a line that a killed run left unfinished
                arrived[row["extract_id"]] = dt.datetime.fromisoformat(row["registered_at"])
    return arrived


def _note_arrivals(settings: Settings, extracts: list[dict[str, object]]) -> None:
    if not extracts:
        return
    before = ""
    if settings.arrivals_path.exists():
        with settings.arrivals_path.open(encoding="utf-8", newline="") as file:
            before = file.read()
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ("extract_id", "file_path", "registered_at"), extrasaction="ignore")
    if not before:
        writer.writeheader()
    writer.writerows({name: for_csv(value) for name, value in extract.items()} for extract in extracts)
    write_whole(settings.arrivals_path, before + text.getvalue())
