"""Times a night with one new month of all forces, against the first refresh and against building everything again.

    python benchmarks/night.py                              # 19 million street records and their outcomes; 20 minutes, 18 GB
    python benchmarks/night.py --million 0.5 --months 4   # a quick look, 6 minutes

Street crime and outcomes of all territorial forces, synthetic and in the published format, are refreshed beside the
sample of all sources; then a month arrives, and another. What a night leaves is compared with what building all of it
again makes: their tables must be the same, or the exit code is 1. The files are deleted afterwards.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from load import NEW_MONTHS, Plan, deliver, forces, log, make_files, month_name, start_log

from pipelines.sample import make_sample
from pipelines.settings import DBT_DIR, PROJECT_DIR, SEEDS_DIR, Settings
from pipelines.store.releases import REMEMBERING

NIGHTS = NEW_MONTHS - 1
"""Months that arrive one after the other."""
NOT_COMPARED = (*REMEMBERING, "int_street_outcome_spell")
"""Marts that differ after one release more, and the table whose sums alone are the same when it is added to."""
BYTES_PER_ROW = 900
"""Disk that one street record, with its outcome, needs: the text of both, and their places in the build database."""


def make_outcomes(folder: Path) -> int:
    """Write outcomes beside the street files below `folder`; returns their number.

    Nine crimes of ten have one within six months, and a tenth another one three months later, as far as months go.
    """
    count = 0
    for force in forces():
        street = folder / "*" / f"*-{force.force}-street.csv"
        with duckdb.connect() as connection, tempfile.TemporaryDirectory(dir=folder) as parts:
            connection.execute(
                f"""
                CREATE TABLE crime AS
                SELECT "Crime ID", CAST("Month" || '-01' AS DATE) AS month, COLUMNS(
                    ['Reported by', 'Falls within', 'Longitude', 'Latitude', 'Location', 'LSOA code', 'LSOA name']),
                    hash("Crime ID") AS chance
                FROM read_csv('{street}', all_varchar = true) WHERE "Crime ID" IS NOT NULL;
                COPY (
                    WITH outcome AS (
                        SELECT *, month + to_months(CAST(chance % 6 AS INTEGER)) AS given, ['Suspect charged',
                            'Unable to prosecute suspect', 'Investigation complete; no suspect identified',
                            'Local resolution', 'Offender given a caution'][CAST(chance // 8 % 5 + 1 AS INTEGER)] AS outcome
                        FROM crime WHERE chance // 64 % 10 <> 0
                        UNION ALL
                        SELECT *, month + to_months(CAST(chance % 6 + 3 AS INTEGER)), 'Suspect charged'
                        FROM crime WHERE chance // 64 % 10 = 1
                    )
                    SELECT "Crime ID", strftime(given, '%Y-%m') AS "Month",
                        COLUMNS(['Reported by', 'Falls within', 'Longitude', 'Latitude', 'Location', 'LSOA code', 'LSOA name']),
                        outcome AS "Outcome type", strftime(given, '%Y-%m') AS part
                    FROM outcome WHERE given <= (SELECT max(month) FROM crime)
                ) TO '{parts}' (FORMAT csv, HEADER, PARTITION_BY (part), OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'data_{{i}}');
                """
            )
            for part in Path(parts).glob("part=*"):
                month = part.name.removeprefix("part=")
                (file,) = part.iterdir()
                count += sum(1 for _ in file.open("rb")) - 1
                file.rename(folder / month / f"{month}-{force.force}-outcomes.csv")
        log.info("%s: outcomes made", force.force)
    return count


def refresh(settings: Settings, *options: str) -> tuple[float, float]:
    """Seconds and seconds of processor time of one `fpw refresh`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    folders = ["--raw", str(settings.raw_dir), "--warehouse", str(settings.warehouse_dir)]
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "refresh", *options, *folders],
        cwd=PROJECT_DIR,
        env=settings.child_environment(FPW_THREADS=str(settings.threads)),
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"The refresh failed:\n{done.stdout}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, used


def contents(settings: Settings) -> dict[str, tuple[int, int]]:
    """Rows of each table that models make, and a hash of them that does not depend on their order."""
    found: dict[str, tuple[int, int]] = {}
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        for schema in ("intermediate", "measures", "marts"):
            for path in sorted((DBT_DIR / "models" / schema).glob("*.sql")):
                if path.stem in NOT_COMPARED:
                    continue
                table = f"{schema}.{path.stem.removeprefix('mart_')}"
                query = f"SELECT count(*), sum(hash(line)) FROM {table} AS line"
                found[table] = connection.execute(query).fetchall()[0]
    return found


def main() -> None:
    """Make the files, refresh, let months arrive, and hold what the nights left against what is built anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--million", type=float, default=19, help="street records to begin with, in millions")
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the files are made")
    arguments = parser.parse_args()
    start_log()
    plan = Plan(rows=round(arguments.million * 1e6), months=arguments.months)
    work = Path(tempfile.mkdtemp(prefix="night-", dir=arguments.dir))
    try:
        if shutil.disk_usage(work).free < (need := BYTES_PER_ROW * (plan.rows + plan.new_rows)):
            raise SystemExit(
                f"{work} needs {need / 1e9:.0f} GB free: name another --dir, or fewer rows with --million."
            )
        if not measure(plan, work, arguments.threads):
            raise SystemExit(1)
    finally:
        shutil.rmtree(work)


def measure(plan: Plan, work: Path, threads: int) -> bool:
    """Print what each refresh took; whether the nights left what building everything makes."""
    settings = Settings.load({}, raw_dir=work / "raw", warehouse_dir=work / "warehouse", threads=threads)
    settings = settings.model_copy(update={"pseudonym_key_file": work / "key"})
    settings.raw_dir.mkdir()
    make_files(plan, work / "made", threads)
    outcomes = make_outcomes(work / "made")
    print(f"{plan.rows:,} street records of {plan.months} months to begin with; {outcomes:,} outcomes in all")
    make_sample(settings.raw_dir, seeds_dir=SEEDS_DIR)
    deliver(work / "made", settings.raw_dir, range(plan.months))
    tell("the first refresh", first := refresh(settings))
    for month in range(plan.months, plan.months + NIGHTS):
        deliver(work / "made", settings.raw_dir, [month])
        tell(f"the night in which {month_name(month)} comes", night := refresh(settings))
    tell("a night with nothing new", refresh(settings))
    left = contents(settings)
    tell("everything built again", anew := refresh(settings, "--anew"))
    print(
        f"the last night took {night[0] / anew[0]:.2f} of building everything, and {night[0] / first[0]:.2f} of the first"
    )
    if differing := [table for table, content in contents(settings).items() if left[table] != content]:
        print(f"NOT THE SAME as built again: {', '.join(differing)}")
    else:
        print(f"the same as built again: {len(left)} tables")
    return not differing


def tell(what: str, took: tuple[float, float]) -> None:
    """Print what a refresh took."""
    print(f"{what:<40} {took[0]:6.0f} s   {took[1]:6.0f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
