"""Makes a pack: finds the release, opens the edition, writes the files and says where every number came from."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipelines import __version__
from pipelines.board.content import Earlier, Pack, read_pack
from pipelines.board.declaration import Edition, load_declaration
from pipelines.board.gate import Finding, check_pack, refuse
from pipelines.periods import Quarter, parse_quarter
from pipelines.settings import Settings
from pipelines.store.files import sync
from pipelines.store.releases import find_release, open_release
from pipelines.store.warehouse import WarehouseError

PROVENANCE = "provenance.json"

log = logging.getLogger("fpw.board")


def make_pack(
    settings: Settings,
    *,
    quarter: str,
    plan: str | None = None,
    edition: Edition = "internal",
    release_id: str | None = None,
    as_of: str | None = None,
    document: bool = True,
) -> Path:
    """Write the pack of a quarter into `warehouse/exports/<plan>/<quarter>/<edition>/`; returns the folder.

    The pack is made from the newest release, from the one named, or from the newest that is no later than `as_of` (a
    day or moment). Without a plan it is that of the plan which began last by the end of the quarter. The folder is
    replaced as a whole, or left as it was: it is left when the publication gate finds anything wrong with the written
    files. Two packs of one release have the same bytes. `document` is False for the workbook alone.

    Raises:
        WarehouseError: the quarter, plan or release cannot be used, the files cannot be written, or the gate found
            something.
    """
    span = parse_quarter(quarter)
    if span is None:
        raise WarehouseError(
            f"{quarter!r} is no quarter; write it as 2020Q4, by the year the financial year starts in "
            "(2020Q4 is January to March 2021)."
        )
    release = find_release(settings.releases_dir, release_id, as_of)
    log.info("Reading release %s for %s", release.name, span.label)
    with _open(settings, release, edition) as connection:
        plan = plan or _plan_of(connection, span)
        exports = settings.exports_dir / plan
        folder = exports / span.name / edition
        earlier = _earlier(exports, span, edition, release.name)
        read = partial(
            read_pack,
            declaration=load_declaration(),
            plan_id=plan,
            quarter=span,
            edition=edition,
            earlier=earlier,
            contact=settings.contact,
        )
        pack = read(connection)
        sources = _sources(connection, span)
    files = _files(pack, document)

    def checked(written: Path) -> bytes:
        log.info("Checking the files as a stranger would")
        with _open(settings, release, edition) as again:
            findings = check_pack(written, read(again))
        refuse(findings)
        return _provenance(pack, files, sources, findings)

    _write(folder, files, checked)
    return folder


def _open(settings: Settings, release: Path, edition: Edition) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """An edition is a connection: the release itself, or what of it may leave the building."""
    if edition == "internal":
        return open_release(release)
    from pipelines.disclosure import open_public

    public: AbstractContextManager[duckdb.DuckDBPyConnection] = open_public(settings, release)
    return public


def _files(pack: Pack, with_document: bool) -> dict[str, bytes]:
    """The outputs of a pack, by name."""
    from pipelines.board.workbook import write_workbook

    stem = f"{pack.force}-{pack.plan_id}-{pack.quarter.name}-{pack.edition}"
    files = {}
    if with_document:
        from pipelines.board.document import write_document

        log.info("Writing the document: %d headlines", len(pack.pages))
        files[f"{stem}.pdf"] = write_document(pack)
    log.info("Writing the workbook: %d pages, %d tables", len(pack.pages), len(pack.tables))
    return files | {f"{stem}.xlsx": write_workbook(pack)}


def _plan_of(connection: duckdb.DuckDBPyConnection, quarter: Quarter) -> str:
    found = connection.execute(
        """
        SELECT plan_id FROM marts.dim_plan WHERE plan_kind = 'plan' AND starts_on <= ?
        ORDER BY is_common, starts_on DESC, plan_id LIMIT 1
        """,
        [quarter.end],
    ).fetchall()
    if not found:
        raise WarehouseError(f"No plan had begun by {quarter.end:%-d %B %Y}; name one with --plan.")
    return str(found[0][0])


def _earlier(exports: Path, quarter: Quarter, edition: Edition, release_id: str) -> Earlier | None:
    """The last pack of an earlier quarter that was made from a release no later than this one.

    A pack made again from the same release is held against the same one as before, whatever came after it.
    """
    packs = {path.parts[-3]: _read(path) for path in sorted(exports.glob(f"*/{edition}/{PROVENANCE}"))}
    before = packs.get(quarter.name)
    if before and before["release_id"] == release_id:
        return Earlier(**before["compared_with"]) if before["compared_with"] else None
    known = [name for name, pack in packs.items() if name < quarter.name and pack["release_id"] <= release_id]
    if not known:
        return None
    last = packs[max(known)]
    return Earlier(quarter=last["quarter"], release_id=last["release_id"], known_at=last["known_at"])


def _read(path: Path) -> dict[str, Any]:
    try:
        provenance: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WarehouseError(
            f"{path} cannot be read ({error}); put it back from the backup, or move the folder of its pack away."
        ) from error
    return provenance


def _sources(connection: duckdb.DuckDBPyConnection, quarter: Quarter) -> dict[str, Any]:
    extracts = connection.execute(
        "SELECT extract_id, source, file_name, sha256 FROM ops.extract "
        "WHERE status = 'loaded' AND (period_start IS NULL OR period_start <= ?) ORDER BY ALL",
        [quarter.end],
    )
    names = [column[0] for column in extracts.description or ()]
    loaded = [dict(zip(names, row, strict=True)) for row in extracts.fetchall()]
    code, passed, warnings = connection.execute(
        "SELECT code_version, checks_passed, warnings FROM ops.release"
    ).fetchall()[0]
    return {
        "release_code_version": code,
        "checks": {"passed": passed, "warnings": warnings},
        "extracts": loaded,
    }


def _provenance(pack: Pack, files: dict[str, bytes], sources: dict[str, Any], findings: list[Finding]) -> bytes:
    outputs = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    said = {
        "title": pack.title,
        "plan": pack.plan_id,
        "quarter": pack.quarter.name,
        "edition": pack.edition,
        "force": pack.force,
        "release_id": pack.release_id,
        "known_at": pack.known_at,
        "is_sample": pack.is_sample,
        "code_version": __version__,
        "compared_with": pack.earlier.__dict__ if pack.earlier else None,
        "outputs": outputs,
        "gate": [{"check": finding.check, "passed": finding.passed} for finding in findings],
        **sources,
    }
    return (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()


def _write(folder: Path, files: dict[str, bytes], checked: Callable[[Path], bytes]) -> None:
    """Put the files in the place of the folder in one step, with the provenance that `checked` gives of them."""
    fresh, old = (folder.with_name(f".{folder.name}.{word}") for word in ("new", "old"))
    try:
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, content in files.items():
            (fresh / name).write_bytes(content)
            sync(fresh / name)
        (fresh / PROVENANCE).write_bytes(checked(fresh))
        sync(fresh / PROVENANCE)
        if folder.exists():
            folder.replace(old)
        fresh.replace(folder)
        sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.replace(folder)
        raise WarehouseError(
            f"{folder} could not be written ({error.strerror or error}); close its files and check free space and "
            "permissions. The pack made before is untouched."
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
