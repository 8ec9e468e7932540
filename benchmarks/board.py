"""Times the board pack on a release as large as that of a national warehouse.

    python benchmarks/board.py --warehouse warehouse     # a refreshed warehouse, such as that of the sample
    python benchmarks/board.py --as-is                   # its newest release as it is

The newest release of the warehouse is copied and its large tables are filled up to the number of rows that they have
with 19 million street crimes of 43 forces behind them (rows of areas that no plan asks for, extracts of other files).
Each run has a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import duckdb

from pipelines.board.content import Pack
from pipelines.settings import Settings
from pipelines.store.releases import newest

NATIONAL = {
    "marts/measure_value": 911_277,
    "marts/value_history": 911_277,
    "marts/comparison": 112_888,
    "marts/dim_series": 47_762,
    "marts/spc_point": 22_826,
    "ops/extract": 2_378,
    "ops/check_result": 1_803,
}
"""Rows of a release of 22 November 2026 over 19 million street crimes in 1,548 files, and the sample of the other sources."""
MOST = {"workbook": 5.0, "document": 15.0}
"""Seconds that each may take, reading the marts included."""
MOST_MEMORY_MB = 500.0
"""Of the workbook."""


PARTS = ("workbook", "document", "gate")


class Part(NamedTuple):
    """One file: seconds on the clock and of CPU, peak memory of the process, size and hash."""

    seconds: float
    cpu: float
    memory_mb: float
    size_kb: float
    hash: str


def main() -> None:
    """Print the times of the parts of the pack, beside their aims."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=None, help="folder of a refreshed warehouse")
    parser.add_argument("--plan", default="pcp1620")
    parser.add_argument("--quarter", default="2020Q4")
    parser.add_argument("--repeat", type=int, default=3, help="runs; the median counts")
    parser.add_argument("--as-is", action="store_true", help="take the release as it is")
    options = parser.parse_args()
    source = Settings.load(warehouse_dir=options.warehouse)
    release = newest(source.releases_dir)
    if release is None:
        sys.exit(f"{source.releases_dir} holds no release; run `fpw refresh`, or name another --warehouse.")
    with tempfile.TemporaryDirectory(prefix="fpw-board-") as folder:
        settings = source.model_copy(update={"warehouse_dir": Path(folder)})
        target = settings.releases_dir / release.name
        print(f"Release {release.name}{'' if options.as_is else ', made as large as a national one'}", flush=True)
        shutil.copytree(release, target, copy_function=os.link if _same_disk(release, folder) else shutil.copy)
        if not options.as_is:
            for name, rows in NATIONAL.items():
                print(f"  {name}: {_fill_up(target / f'{name}.parquet', rows):,} rows", flush=True)
        found: dict[str, list[Part]] = {}
        for _ in range(options.repeat):
            for part in PARTS:
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                    run = pool.submit(_run, part, settings, options.plan, options.quarter).result()
                found.setdefault(part, []).append(run)
                print(f"  {part}: {run.seconds:.2f} s ({run.cpu:.2f} s of CPU), {run.memory_mb:.0f} MB", flush=True)
    held = True
    for part, runs in found.items():
        seconds, memory = statistics.median(run.seconds for run in runs), max(run.memory_mb for run in runs)
        print(f"\n{part.capitalize()} of {options.plan}, {options.quarter}: {runs[0].size_kb:.0f} kB")
        _say("seconds, median", seconds, MOST.get(part))
        _say("peak memory, MB", memory, MOST_MEMORY_MB if part == "workbook" else None)
        same = len({run.hash for run in runs}) == 1
        print(f"the same bytes in every run: {'yes' if same else 'NO'}")
        held &= same and seconds <= MOST.get(part, seconds) and (memory <= MOST_MEMORY_MB or part != "workbook")
    sys.exit(0 if held else 1)


def _run(part: str, settings: Settings, plan: str, quarter: str) -> Part:
    # imported before the clock starts, as in a worker
    from pipelines.board.content import read_pack
    from pipelines.board.declaration import load_declaration
    from pipelines.board.document import write_document
    from pipelines.board.gate import check_pack, refuse
    from pipelines.board.workbook import write_workbook
    from pipelines.periods import parse_quarter
    from pipelines.store.releases import find_release, open_release

    span = parse_quarter(quarter)
    assert span is not None

    def read() -> Pack:
        with open_release(find_release(settings.releases_dir)) as connection:
            return read_pack(connection, load_declaration(), plan_id=plan, quarter=span)

    folder = settings.exports_dir
    if part == "gate":
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pack.xlsx").write_bytes(write_workbook(read()))
        (folder / "pack.pdf").write_bytes(write_document(read()))
    started, cpu = time.monotonic(), time.process_time()
    if part == "workbook":
        content = write_workbook(read())
    elif part == "document":
        content = write_document(read())
    else:
        findings = check_pack(folder, read())
        refuse(findings)
        content = repr(findings).encode()
    seconds, used = time.monotonic() - started, time.process_time() - cpu
    return Part(seconds, used, _peak_mb(), len(content) / 1000, hashlib.sha256(content).hexdigest())


def _peak_mb() -> float:
    """Peak memory of this process. `getrusage` would begin with that of the parent."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise LookupError("/proc/self/status does not say VmHWM; run this on Linux")


def _fill_up(path: Path, rows: int) -> int:
    """Repeat the rows of a table for areas and files that do not exist, until there are so many; returns their number."""
    with duckdb.connect() as connection:
        there = connection.execute(f"SELECT count(*) FROM '{path}'").fetchall()[0][0]
        names = [row[0] for row in connection.execute(f"DESCRIBE FROM '{path}'").fetchall()]
        changed = [name for name in ("area_code", "series_id", "extract_id", "sha256", "check_name") if name in names]
        replaced = ", ".join(f"{name} || '-' || copy AS {name}" for name in changed)
        connection.execute(
            f"""
            COPY (
                FROM '{path}'
                UNION ALL BY NAME
                SELECT * EXCLUDE (copy) REPLACE ({replaced})
                FROM '{path}', range({rows // max(there, 1) + 1}) AS times(copy)
                LIMIT {max(rows, there)}
            ) TO '{path}.new' (FORMAT parquet, COMPRESSION zstd)
            """
        )
        Path(f"{path}.new").replace(path)
        return int(connection.execute(f"SELECT count(*) FROM '{path}'").fetchall()[0][0])


def _same_disk(release: Path, folder: str) -> bool:
    return release.stat().st_dev == Path(folder).stat().st_dev


def _say(what: str, found: float, most: float | None) -> None:
    aim = f" (aim: at most {most:g}){'' if found <= most else ': MISSED'}" if most else ""
    print(f"{what}: {found:.2f}{aim}")


if __name__ == "__main__":
    main()
