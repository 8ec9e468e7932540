"""Times loading against a floor: what bare DuckDB takes for the same files in the same run.

    python benchmarks/load.py                            # 19 million rows in 1,548 files, 4.5 GB
    python benchmarks/load.py --million 1 --files 172    # a quick look

The files have the published street-crime format; their records are synthetic. Every measurement has a
process of its own, so that its peak memory is its own. The files are deleted afterwards.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import logging
import os
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb

from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.settings import SEEDS_DIR, Settings
from pipelines.sources.contract import Contract, load_contracts
from pipelines.sources.forces import Force, load_forces
from pipelines.store.warehouse import Warehouse

SOURCE = "police_uk_street"
FIRST_YEAR = 2019
NEW_MONTHS = 3
"""Months of all forces that arrive one after the other when the rest is loaded; the median counts."""
FEW_MONTHS = 3
BYTES_PER_ROW = 450
"""Disk that one row needs: its text, its place in the build database, and DuckDB's temporary files."""
MOST_RATIO, MOST_MEMORY_GB, MOST_NEW_MONTH_RATIO = 2.0, 3.0, 1.25

CRIME_TYPES = {
    "Violence and sexual offences": 31,
    "Anti-social behaviour": 20,
    "Criminal damage and arson": 9,
    "Public order": 8,
    "Vehicle crime": 7,
    "Other theft": 6,
    "Burglary": 6,
    "Shoplifting": 5,
    "Drugs": 3,
    "Other crime": 2,
    "Robbery": 1,
    "Theft from the person": 1,
    "Bicycle theft": 1,
}
"""Share of the rows in per cent."""
OUTCOMES = {
    "Unable to prosecute suspect": 40,
    "Investigation complete; no suspect identified": 39,
    "Court result unavailable": 7,
    "Under investigation": 4,
    "Awaiting court outcome": 3,
    "Further investigation is not in the public interest": 2,
    "Local resolution": 2,
    "Offender given a caution": 1,
    "Offender given a drugs possession warning": 1,
    "Action to be taken by another organisation": 1,
}
"""Share of the crimes in per cent; anti-social behaviour has no outcome."""
STREETS = [
    f"{start}{end} {kind}"
    for start in ("Alder", "Ash", "Beck", "Birch", "Dal", "East", "Elm", "Farn", "Hawk", "Kings", "Mill", "New", "Park")
    for end in ("bourne", "bury", "dale", "field", "ford", "gate", "ham", "hill", "ley", "low", "side", "thorpe", "ton")
    for kind in ("Avenue", "Close", "Court", "Crescent", "Drive", "Gardens", "Grove", "Lane", "Place", "Road", "Way")
]

log = logging.getLogger("fpw.benchmark")
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Plan:
    """The files to make: `months` to load at once, and some more that arrive one by one."""

    rows: int
    months: int

    @property
    def files(self) -> int:
        """Files to load at once."""
        return self.months * len(forces())

    @property
    def new_rows(self) -> int:
        """Rows of the months that arrive one by one."""
        return round(self.rows * NEW_MONTHS / self.months)


@dataclass(frozen=True)
class Extract:
    """One file to make."""

    force: Force
    month: str
    rows: int
    number: int

    def path(self, folder: Path) -> Path:
        """Where it lies: the month folder, under the published name."""
        return folder / self.month / f"{self.month}-{self.force.force}-street.csv"


@dataclass(frozen=True)
class Measurement:
    """What one process took."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    rows: int

    def __str__(self) -> str:
        return f"{self.seconds:7.2f} s   {self.cpu_seconds:7.2f} s of CPU   peak {self.peak_bytes / 1e9:.2f} GB"


def forces() -> list[Force]:
    """The territorial forces, in the order of their names."""
    return sorted((f for f in load_forces().values() if f.force_kind == "territorial"), key=lambda f: f.force)


def month_name(number: int) -> str:
    """`YYYY-MM` of a month, counted from the first."""
    return f"{FIRST_YEAR + number // 12}-{number % 12 + 1:02d}"


def population() -> dict[str, int]:
    """Residents by force area; the City of London counts its visitors, as its crimes do."""
    people: dict[str, int] = {}
    with (SEEDS_DIR / "reference" / "population.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["year"] == str(FIRST_YEAR):
                area = row["force_area_code"]
                people[area] = people.get(area, 0) + int(row["population"])
    return {force.area_code: max(people[force.area_code], 80_000) for force in forces()}


def extracts(plan: Plan) -> list[Extract]:
    """The files, sized by population, with some variation from month to month."""
    draw = random.Random(1)
    people = population()
    found: list[Extract] = []
    for months, rows in (
        (range(plan.months), plan.rows),
        (range(plan.months, plan.months + NEW_MONTHS), plan.new_rows),
    ):
        keys = list(itertools.product(months, forces()))
        weights = [people[force.area_code] * draw.uniform(0.9, 1.1) for _, force in keys]
        ends = [round(rows * share / sum(weights)) for share in itertools.accumulate(weights, initial=0)]
        for (month, force), (start, end) in zip(keys, itertools.pairwise(ends), strict=True):
            found.append(Extract(force, month_name(month), end - start, len(found)))
    return found


def make_files(plan: Plan, folder: Path, threads: int) -> int:
    """Write the files below `folder`; returns their bytes."""
    wanted = extracts(plan)
    for month in {extract.month for extract in wanted}:
        (folder / month).mkdir(parents=True)
    points = {area: people // 150 for area, people in population().items()}
    total, done, said = sum(extract.rows for extract in wanted), 0, time.monotonic()
    with duckdb.connect() as connection, ThreadPoolExecutor(threads) as pool:
        connection.execute("SET threads = 1")  # the files are written side by side
        _make_choices(connection, "crime_type", _drawn(CRIME_TYPES))
        _make_choices(connection, "outcome", _drawn(OUTCOMES))
        _make_choices(connection, "street", STREETS)
        for force in forces():
            _make_places(connection, force, points[force.area_code])
        made = pool.map(lambda e: _make_file(connection, e, points[e.force.area_code], folder), wanted)
        for extract, _ in zip(wanted, made, strict=True):
            done += extract.rows
            if time.monotonic() - said > 5:
                said = time.monotonic()
                log.info("Made %.0f %% of the rows", 100 * done / total)
    os.sync()
    return sum(extract.path(folder).stat().st_size for extract in wanted)


def _make_choices(connection: duckdb.DuckDBPyConnection, table: str, names: list[str]) -> None:
    connection.execute(
        f"CREATE TABLE {table} AS SELECT unnest(range(len($names))) AS choice, unnest($names) AS {table}",
        {"names": names},
    )


def _make_places(connection: duckdb.DuckDBPyConnection, force: Force, points: int) -> None:
    """Map points of a force, five to an LSOA, in the order of the areas."""
    connection.execute(
        f"""
        CREATE TABLE {_places(force)} AS
        SELECT i AS point, round(-5 + hash(i, $label) % 6000000 / 1e6, 6) AS longitude,
            round(50 + hash($label, i) % 5000000 / 1e6, 6) AS latitude, 'On or near ' || street AS location,
            'E01' || lpad((hash($label) % 900000 + i // 5)::VARCHAR, 6, '0') AS lsoa_code,
            $name || ' ' || lpad((1 + i // 25)::VARCHAR, 3, '0') || chr((65 + i // 5 % 5)::INTEGER) AS lsoa_name
        FROM range($points) AS r(i) JOIN street ON choice = hash(i, $label, 1) % {len(STREETS)}
        """,
        {"label": force.police_uk_label, "name": force.force_name, "points": points},
    )


def _make_file(connection: duckdb.DuckDBPyConnection, extract: Extract, points: int, folder: Path) -> None:
    force, label = extract.force, _text(extract.force.police_uk_label)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            COPY (
                WITH pick AS (SELECT hash(i, {extract.number}) AS h FROM range({extract.rows}) AS r(i))
                SELECT
                    CASE WHEN crime_type <> 'Anti-social behaviour' THEN sha256({extract.number} || '-' || h) END
                        AS "Crime ID",
                    '{extract.month}' AS "Month", {label} AS "Reported by", {label} AS "Falls within",
                    longitude AS "Longitude", latitude AS "Latitude", location AS "Location",
                    lsoa_code AS "LSOA code", lsoa_name AS "LSOA name", crime_type AS "Crime type",
                    CASE WHEN crime_type <> 'Anti-social behaviour' THEN outcome END AS "Last outcome category",
                    NULL AS "Context"
                FROM pick
                JOIN {_places(force)} ON point = h % {points}
                JOIN crime_type ON crime_type.choice = h // 1000000 % 100
                JOIN outcome ON outcome.choice = h // 100000000 % 100
                ORDER BY point, h
            ) TO {_text(str(extract.path(folder)))} (FORMAT csv, HEADER)
            """
        )


def _places(force: Force) -> str:
    return f"place_{force.area_code}"


def _drawn(shares: dict[str, int]) -> list[str]:
    return [name for name, share in shares.items() for _ in range(share)]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def measure_floor(settings: Settings) -> Measurement:
    """Bare DuckDB: one `read_csv` with explicit types into a table of an empty file, and a checkpoint."""
    contract = load_contracts()[SOURCE]
    paths = [str(path) for path in sorted(settings.raw_dir.rglob("*.csv"))]
    settings.warehouse_dir.mkdir(parents=True)
    started = time.perf_counter()
    with duckdb.connect(str(settings.warehouse_dir / "floor.duckdb")) as connection:
        connection.execute(f"SET threads = {settings.threads}")
        connection.execute("SET memory_limit = ?", [settings.memory_limit])
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            """
            CREATE TABLE street AS
            SELECT * FROM read_csv($paths, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
                columns = $types, dateformat = $date_format)
            """,
            {
                "paths": paths,
                "types": {column.name: column.type for column in contract.columns},
                "date_format": contract.date_format,
            },
        )
        connection.execute("CHECKPOINT")
        rows = connection.execute("SELECT count(*) FROM street").fetchall()[0][0]
    return _measurement(started, rows)


def measure_load(settings: Settings) -> Measurement:
    """The product: register and load whatever is new in the raw folder; the build database is closed at the end."""
    contracts: dict[str, Contract] = load_contracts()
    warehouse = Warehouse(settings)
    started = time.perf_counter()
    warehouse.create_tables(contracts.values())
    registered = register(settings, warehouse, contracts, "benchmark")
    middle = time.perf_counter()
    report = load(settings, warehouse, contracts[SOURCE], "benchmark")
    measurement = _measurement(started, report.rows_loaded)
    log.info("Registered in %.2f s, loaded in %.2f s", middle - started, started + measurement.seconds - middle)
    if registered.refused or report.extracts_refused or report.rows_quarantined:
        raise SystemExit("The generated files were not loaded whole; the log above names the reasons.")
    return measurement


def _measurement(started: float, rows: int) -> Measurement:
    seconds, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Measurement(seconds, used.ru_utime + used.ru_stime, peak, rows)


def apart(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """The function's result, from a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=start_log) as pool:
        try:
            return pool.submit(function, *arguments, **named).result()
        except BrokenProcessPool:
            raise SystemExit(
                "A process was killed, probably for want of memory; try fewer rows with --million."
            ) from None


def start_log() -> None:
    """Progress goes to the standard error stream, results to the standard output."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)


def deliver(made: Path, raw: Path, months: Iterable[int]) -> None:
    """Link the files of these months into a raw folder."""
    for month in map(month_name, months):
        (raw / month).mkdir(parents=True)
        for path in (made / month).iterdir():
            os.link(path, raw / month / path.name)


def measure(plan: Plan, work: Path, threads: int, repeat: int) -> None:
    """Make the files below `work`, take all measurements and print them."""

    def settings(name: str) -> Settings:
        return Settings.load(raw_dir=work / f"raw-{name}", warehouse_dir=work / f"warehouse-{name}", threads=threads)

    made = work / "made"
    log.info("Making %s rows in %s files", f"{plan.rows + plan.new_rows:,}", f"{len(extracts(plan)):,}")
    size = apart(make_files, plan, made, threads)
    deliver(made, settings("all").raw_dir, range(plan.months))
    limit = settings("all").memory_limit
    print(
        f"{plan.rows:,} rows in {plan.files:,} files; {threads} threads, DuckDB {duckdb.__version__} limited to {limit}; "
        f"{size / 1e9:.2f} GB of text with the {NEW_MONTHS} new months"
    )
    pairs: list[tuple[Measurement, Measurement]] = []
    for _ in range(repeat):
        log.info("Floor: bare DuckDB reads the same files")
        bare = settings("all").model_copy(update={"warehouse_dir": work / "floor"})
        floor = apart(measure_floor, bare)
        shutil.rmtree(bare.warehouse_dir)
        log.info("Load: register and load into an empty warehouse")
        shutil.rmtree(settings("all").warehouse_dir, ignore_errors=True)
        loaded = apart(measure_load, settings("all"))
        if not floor.rows == loaded.rows == plan.rows:
            raise SystemExit(f"{plan.rows:,} rows were made, {floor.rows:,} read and {loaded.rows:,} loaded.")
        pairs.append((floor, loaded))
        print(f"floor      {floor}\nload       {loaded}")
        print(
            f"load / floor: {loaded.seconds / floor.seconds:.2f}, in CPU {loaded.cpu_seconds / floor.cpu_seconds:.2f}",
            flush=True,
        )
    ratios = [loaded.seconds / floor.seconds for floor, loaded in pairs]
    _print_aim("load / floor, median", statistics.median(ratios), MOST_RATIO)
    _print_aim("peak of the load in GB, worst", max(loaded.peak_bytes for _, loaded in pairs) / 1e9, MOST_MEMORY_GB)
    log.info("New months: %d months are loaded in one warehouse, %d in the other", FEW_MONTHS, plan.months)
    deliver(made, settings("few").raw_dir, range(FEW_MONTHS))
    apart(measure_load, settings("few"))
    seconds: dict[str, list[float]] = {"few": [], "all": []}
    for month in range(plan.months, plan.months + NEW_MONTHS):
        for name, taken in seconds.items():
            deliver(made, settings(name).raw_dir, [month])
            taken.append(apart(measure_load, settings(name)).seconds)
    few, full = (statistics.median(taken) for taken in seconds.values())
    for months, taken in zip((FEW_MONTHS, plan.months), seconds.values(), strict=True):
        print(
            f"new month  {statistics.median(taken):7.2f} s   on {months} months "
            f"(median of {', '.join(f'{s:.2f}' for s in taken)})"
        )
    _print_aim(f"new month on {plan.months} / on {FEW_MONTHS}", full / few, MOST_NEW_MONTH_RATIO)


def _print_aim(name: str, value: float, most: float) -> None:
    print(f"{name}: {value:.2f} (aim: at most {most:.2f}, {'met' if value <= most else 'MISSED'})", flush=True)


def main() -> None:
    """Read the command line, check the disk, measure, clean up."""
    per_month = len(forces())
    parser = argparse.ArgumentParser(description="Times loading against bare DuckDB on synthetic street crime.")
    parser.add_argument("--million", type=float, default=19, metavar="N", help="million rows (default: 19)")
    parser.add_argument(
        "--files", type=int, default=36 * per_month, help=f"a multiple of {per_month} forces (default: %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=Settings.load().threads, help="default: one per core")
    parser.add_argument("--repeat", type=int, default=1, help="how often to time floor and load (default: 1)")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the files are made")
    parser.add_argument("--keep", action="store_true", help="leave the files and the warehouses in place")
    arguments = parser.parse_args()
    months, rest = divmod(arguments.files, per_month)
    if rest or months <= FEW_MONTHS:
        parser.error(f"--files must be a multiple of {per_month}, and more than {FEW_MONTHS * per_month}")
    plan = Plan(rows=round(arguments.million * 1e6), months=months)
    if plan.rows < 10 * plan.files or arguments.threads < 1 or arguments.repeat < 1:
        parser.error("--million must give at least 10 rows per file, --threads and --repeat at least 1")
    arguments.dir.mkdir(parents=True, exist_ok=True)
    needed, free = (plan.rows + plan.new_rows) * BYTES_PER_ROW, shutil.disk_usage(arguments.dir).free
    if free < needed:
        raise SystemExit(
            f"{needed / 1e9:.1f} GB are needed in {arguments.dir}, but only {free / 1e9:.1f} GB are free; "
            "choose another folder with --dir or fewer rows with --million."
        )
    start_log()
    work = Path(tempfile.mkdtemp(prefix="fpw-benchmark-", dir=arguments.dir)).absolute()
    try:
        measure(plan, work, arguments.threads, arguments.repeat)
    finally:
        if arguments.keep:
            log.info("The files are in %s", work)
        else:
            shutil.rmtree(work)


if __name__ == "__main__":
    main()
