"""Writes the sample: files as data.police.uk publishes them, in the ways in which people store them."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.sample.crimes import make_crimes
from pipelines.sample.definition import Definition, FileType, SampleForce, load_definition, month_label
from pipelines.sample.draw import Bools, Ints, Table, generator
from pipelines.sample.places import make_places
from pipelines.sample.published import read_figures
from pipelines.sample.searches import make_searches
from pipelines.sample.seeds import ForceSeed, read_seeds
from pipelines.store.warehouse import WarehouseError

SAMPLE_DIR = "sample"
PARTIAL_DIR = ".sample.partial"
REPLACED_DIR = ".sample.replaced"
MARKER = "SAMPLE.txt"
NOTICE = """\
This is synthetic sample data made by this project. It holds no real records: every crime, outcome,
search, street name, LSOA code, survey answer, complaint, collision and call in it is made up.
"""
README = f"""\
{NOTICE}
It follows the formats in which publishers and forces hand such data over, so that everything can be tried
without a download. Street crime is scaled down to about a tenth. Totals come out as published where a
figure is published: search ratios, satisfaction, complaints, road casualties, returns. To work with real data, delete the folder `{SAMPLE_DIR}` of the raw
directory and put downloads in its place.
"""
_ZIP_TIME = (2021, 5, 1, 0, 0, 0)


class SampleError(WarehouseError):
    """The sample cannot be made; the message names the mend."""


@dataclass
class SampleReport:
    """What was written. Rows include the bad rows and the re-release."""

    folder: Path
    files: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    bad_rows: int = 0
    bytes: int = 0


def make_sample(
    raw_dir: Path,
    *,
    seeds_dir: Path,
    progress: Callable[[str], None] | None = None,
    definition: Definition | None = None,
) -> SampleReport:
    """Make the sample extracts in `raw_dir/sample`, all or nothing; a former sample is replaced.

    The same definition, seeds and library versions give the same bytes.

    Raises:
        SampleError: `raw_dir/sample` exists and is not a sample.
        FileNotFoundError: a seed is missing.
    """
    definition = definition or load_definition()
    target, partial, replaced = (raw_dir / name for name in (SAMPLE_DIR, PARTIAL_DIR, REPLACED_DIR))
    if target.exists() and not (target / MARKER).is_file():
        raise SampleError(f"{target} is no sample folder (it has no {MARKER}); rename it, then make the sample again.")
    seeds = read_seeds(seeds_dir, definition)
    for leftover in (partial, replaced):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir(parents=True)
    report = SampleReport(target)
    for number, force in enumerate(definition.forces, 1):
        if progress:
            progress(f"making sample extracts: {force} ({number} of {len(definition.forces)})")
        _ForceWriter(definition, force, partial, report).write(seeds)
    figures = read_figures(seeds_dir) if definition.others else {}
    for source in definition.others:
        if progress:
            progress(f"making sample extracts: {source.replace('_', ' ')}")
        folder = partial / source.replace("_", "-")
        folder.mkdir()
        written = import_module(f"pipelines.sample.{source}").write(folder, figures, definition.seed)
        report.files += len(written)
        report.rows[source] = sum(written.values())
    for folder in (partial, *(path for path in partial.rglob("*") if path.is_dir())):
        (folder / "README.txt").write_bytes(README.encode())
    (partial / MARKER).write_bytes(NOTICE.encode())
    report.bytes = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
    if target.exists():
        target.rename(replaced)
    partial.rename(target)
    shutil.rmtree(replaced, ignore_errors=True)
    return report


class _ForceWriter:
    """Writes the files of one force in its way of delivery."""

    def __init__(self, definition: Definition, force: str, folder: Path, report: SampleReport) -> None:
        self.definition, self.force, self.folder, self.report = definition, force, folder, report
        self.part: SampleForce = definition.forces[force]
        self.archive: zipfile.ZipFile | None = None

    def write(self, seeds: dict[str, ForceSeed]) -> None:
        """Make and write all files of the force."""
        definition, force = self.definition, self.force
        places = make_places(definition, force, seeds)
        crimes = make_crimes(definition, force, seeds[force].label, places)
        removed, added = self._changed_rows(crimes.month)
        tables: dict[FileType, Table] = {
            "outcomes": crimes.outcomes(definition, places, ~removed),
            "stop-and-search": make_searches(definition, force, seeds[force], places),
            "street": crimes.street(definition, places, definition.last_month, ~removed),
        }
        if self.part.delivery == "zip":
            first, last = month_label(definition.first_month), month_label(definition.last_month)
            self.archive = zipfile.ZipFile(self.folder / f"{force}-{first}-to-{last}.zip", "w")
            self.archive.comment = NOTICE.strip().encode()
        again = definition.re_release
        for month in definition.supplied_months(force):
            for kind, table in tables.items():
                rows = table.of(month)
                if again and (again.force, again.month, "street") == (force, month, kind):
                    self._add(rows, kind, month, self.folder / again.folder)
                    rows = crimes.street(definition, places, month, ~added).of(month)
                self._add(rows, kind, month)
        if self.archive:
            self.archive.close()

    def _changed_rows(self, months: Ints) -> tuple[Bools, Bools]:
        """The rows which the second release of a month drops, and those which only it holds."""
        removed, added = np.zeros((2, len(months)), dtype=bool)
        again = self.definition.re_release
        if again and again.force == self.force:
            rows = np.flatnonzero(months == again.month)
            rows = generator(self.definition, self.force, "re-release").permutation(rows)
            removed[rows[: again.rows_removed]] = True
            added[rows[again.rows_removed : again.rows_removed + again.rows_added]] = True
        return removed, added

    def _add(self, rows: pl.DataFrame, kind: FileType, month: int, folder: Path | None = None) -> None:
        """Write one file; a given folder holds a second release, which is free of bad rows."""
        for bad in self.definition.bad_rows if folder is None else ():
            if (bad.force, bad.month, bad.type) == (self.force, month, kind):
                at = bad.line - 2
                row = rows.slice(at, 1).with_columns(pl.lit(bad.value).alias(bad.column))
                rows = pl.concat([rows.head(at), row, rows.slice(at)])
                self.report.bad_rows += 1
        name = f"{month_label(month)}-{self.force}-{kind}.csv"
        buffer = io.BytesIO()
        rows.write_csv(buffer, line_terminator="\r\n" if self.part.line_end == "crlf" else "\n")
        if folder is None and self.archive:
            member = zipfile.ZipInfo(f"{month_label(month)}/{name}", _ZIP_TIME)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            member.create_system = 3  # the same on every operating system
            self.archive.writestr(member, buffer.getvalue())
        else:
            by_delivery = self.folder / (self.force if self.part.delivery == "flat" else month_label(month))
            folder = folder or by_delivery
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(buffer.getvalue())
        self.report.files += 1
        self.report.rows[kind] = self.report.rows.get(kind, 0) + rows.height
