"""The extracts in a file whose form is not fixed by its publisher: found by header, divided by period."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.ingest.documents import Document, DocumentRefused, Sheet, open_document
from pipelines.ingest.identify import Identity
from pipelines.ingest.layouts import Table, find_table, missing_columns
from pipelines.ingest.parts import Part, divide
from pipelines.ingest.scan import Scan
from pipelines.returns.answer import ANSWERS, answer_table
from pipelines.safe_text import shown
from pipelines.settings import Settings
from pipelines.sources.contract import NATIONAL, Contract
from pipelines.sources.forces import Force

log = logging.getLogger("fpw.extracts")


@dataclass(frozen=True)
class Found:
    """An extract within a file. `place` tells it from the others of the file; its rows lie at `path`."""

    place: str
    identity: Identity
    scan: Scan
    path: Path


def find_extracts(
    path: Path,
    name: str,
    spool: Path,
    settings: Settings,
    contracts: Mapping[str, Contract],
    forces: Mapping[str, Force],
) -> list[Found]:
    """The extracts of the file at `path`, which is called `name`; none when no source has such a header.

    Where rows break the rules of their source, the answer to the file is written into the spool folder's `answers`.

    Raises:
        DocumentRefused: the file is not what it seems to be; the message is the predicate of a sentence.
    """
    with _no_collection():
        return _find(path, name, spool, settings, contracts, forces)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Rows are many and none is part of a cycle: to look for cycles among them takes a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _find(
    path: Path,
    name: str,
    spool: Path,
    settings: Settings,
    contracts: Mapping[str, Contract],
    forces: Mapping[str, Force],
) -> list[Found]:
    document = open_document(path, name, max_bytes=settings.max_file_bytes)
    tables = [table for sheet in document.sheets if (table := _table(sheet, contracts)) is not None]
    if not tables:
        _refuse_near_miss(document, contracts)
        return []
    if document.hidden:
        hidden = ", ".join(shown(sheet, 40) for sheet in document.hidden[:5])
        log.warning("%s: its hidden sheets are not read (%s)", name, hidden)
    for table in tables:
        _refuse_unknown_columns(table)
        _refuse_format(table, document)
    found: dict[tuple[object, ...], Found] = {}
    parts: list[Part] = []
    try:
        for table in tables:
            force = _force(table.contract, name, settings, forces)
            divided = divide(table, spool, settings)
            parts += divided
            if table.contract.layout and table.contract.layout.rules and any(part.faults for part in divided):
                answer_table(table, spool / ANSWERS, name)
            for part in divided:
                extract = _found(table, part, force)
                key = (extract.identity.source, part.span, part.slice)
                if key in found:
                    raise DocumentRefused(
                        f"holds {table.contract.title.lower()} of {extract.place} in two sheets "
                        f"({found[key].place} and {extract.place}); put them into one"
                    )
                found[key] = extract
    except BaseException:
        for part in parts:
            part.discard()
        raise
    if not found:
        titles = " and ".join(sorted({table.contract.title.lower() for table in tables}))
        raise DocumentRefused(f"has the header of {titles} and no row below it; fill it in, or take it out")
    return list(found.values())


def _table(sheet: Sheet, contracts: Mapping[str, Contract]) -> Table | None:
    """The table in a sheet. One with a single head row is looked for first; of two sources the closer one wins."""
    tidy = [contract for contract in contracts.values() if contract.layout and not contract.layout.crosstab]
    tables = [table for contract in tidy if (table := find_table(contract, sheet)) is not None]
    if tables:
        tables.sort(key=lambda table: (-table.matched, len(table.unknown)))
        first, *others = tables
        if others and (others[0].matched, others[0].unknown) == (first.matched, first.unknown):
            raise DocumentRefused(
                f"has the columns of both {first.contract.name} and {others[0].contract.name}; "
                "make the contracts in pipelines/sources tell them apart"
            )
        return first
    cross = [contract for contract in contracts.values() if contract.layout and contract.layout.crosstab]
    return next((table for contract in cross if (table := find_table(contract, sheet)) is not None), None)


def _found(table: Table, part: Part, force: str) -> Found:
    identity = Identity(table.contract.name, force, part.span.start, None, period_end=part.span.end, slice=part.slice)
    sheet, slice_ = shown(table.sheet.name or "", 80), shown(part.slice or "")
    place = " ".join(text for text in (sheet, slice_, f"{part.span.start} to {part.span.end}") if text)
    scan = Scan(part.sha256, part.path.stat().st_size, part.records, ())
    return Found(place, identity, scan, part.path)


def _force(contract: Contract, name: str, settings: Settings, forces: Mapping[str, Force]) -> str:
    """The force a file is of: the one its name holds, else the home force; none where one file covers all."""
    if contract.expected_forces == NATIONAL:
        return NATIONAL
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold())
    named = [slug for slug in forces if re.search(rf"(^|-){re.escape(slug)}(-|$)", plain)]
    return max(named, key=len, default=settings.force)


def _refuse_unknown_columns(table: Table) -> None:
    layout = table.contract.layout
    if layout is None or layout.unknown_columns == "ignore" or not table.unknown:
        return
    named = ", ".join(f"'{shown(header, 40)}'" for header in table.unknown[:5])
    more = f" and {len(table.unknown) - 5} more" if len(table.unknown) > 5 else ""
    raise DocumentRefused(
        f"has the unknown column{'s' if len(table.unknown) > 1 else ''} {named}{more}; name it under `also` of the column "
        f"it is in pipelines/sources/{table.contract.name}.yaml, or take it out"
    )


def _refuse_format(table: Table, document: Document) -> None:
    layout = table.contract.layout
    if layout and document.format not in layout.formats:
        raise DocumentRefused(
            f"holds {table.contract.title.lower()} as {document.format.upper()}; deliver it as "
            f"{' or '.join(layout.formats).upper()}, or add the format to pipelines/sources/{table.contract.name}.yaml"
        )


def _refuse_near_miss(document: Document, contracts: Mapping[str, Contract]) -> None:
    """Say which columns a file lacks that is nearly a known source."""
    nearest: tuple[int, Contract, list[str]] | None = None
    for sheet in document.sheets:
        for contract in contracts.values():
            if contract.layout is None or contract.layout.crosstab:
                continue
            missing = missing_columns(contract, sheet)
            if missing and (nearest is None or len(missing) < nearest[0]):
                nearest = (len(missing), contract, [column.header for column in missing])
    if nearest is not None:
        _, contract, headers = nearest
        raise DocumentRefused(
            f"looks like {contract.title.lower()}, but lacks the column{'s' if len(headers) > 1 else ''} "
            f"{', '.join(map(repr, headers))}; name its own headers for them under `also` in "
            f"pipelines/sources/{contract.name}.yaml"
        )
    if document.hidden:
        raise DocumentRefused("has no table of a known source in a visible sheet; unhide the sheet that holds it")
