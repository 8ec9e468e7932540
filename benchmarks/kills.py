"""Kills the pipeline at random points, and looks at what is left and at the run after it.

    python benchmarks/kills.py                        # 190 kills while files are stored, 10 of whole refreshes
    python benchmarks/kills.py --kills 20 --whole 0   # a quick look

One small installation (three months of one force; the records are synthetic) is refreshed once and used throughout.
Before each kill a file arrives, sometimes one that replaces an earlier one. Then a process takes the steps that write:
register, load, draft a release, write and publish it. It is killed (SIGKILL) at a moment drawn evenly from the length of
such a run, and what it left is looked at:

- **intact**: the published file opens, is of the release before or of the one in hand, and its tables have the rows of
  that release's manifest; every release in the folder is whole; no extract is registered as loaded without its rows.
- **message**: `fpw status` and the next run can say who was cut off (unless the run was at its end, or not begun).
- **next run**: it succeeds, publishes, and every row that ever arrived is there once, with nothing pending or left over.

With `--whole` some complete refreshes (`fpw refresh`, with dbt and the checks) are killed as well.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import duckdb

from pipelines import __version__
from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.sample import load_definition, make_sample
from pipelines.settings import PROJECT_DIR, SEEDS_DIR, Settings
from pipelines.sources.contract import Contract, load_contracts
from pipelines.store import releases
from pipelines.store.lock import cut_off, writer_lock
from pipelines.store.publish import publish
from pipelines.store.warehouse import Warehouse

SOURCE = "police_uk_street"
STEPS = ("beginning", "register", "load", "draft", "publication", "end")
MONTHS = 24
"""Months to which files arrive; from the second round on each replaces one."""
PROGRESS_SECONDS = 2


@dataclass
class Counts:
    """What was found after the kills; `broken` holds a sentence for each fault."""

    kills: int = 0
    intact: int = 0
    message: int = 0
    next_run: int = 0
    in_step: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


class Installation:
    """The installation that is killed again and again."""

    def __init__(self, folder: Path) -> None:
        settings = Settings.load({}, raw_dir=folder / "raw", warehouse_dir=folder / "warehouse", threads=1)
        self.settings = settings.model_copy(update={"pseudonym_key_file": folder / "secrets" / "key"})
        self.warehouse = Warehouse(self.settings)
        self.arrived: dict[str, int] = {}
        self.settings.raw_dir.mkdir(parents=True)

    def prepare(self) -> None:
        """Make the sample and refresh once."""
        definition = load_definition().only(["west-midlands"], "2019-04", "2019-06", ())
        make_sample(self.settings.raw_dir, seeds_dir=SEEDS_DIR, definition=definition)
        self.refresh()

    def refresh(self) -> str:
        """A whole refresh; returns what it said.

        Raises:
            SystemExit: it failed.
        """
        done = subprocess.run(**self.command(), capture_output=True)
        if done.returncode:
            raise SystemExit(f"The refresh failed:\n{done.stdout}{done.stderr}")
        return str(done.stderr)

    def command(self) -> dict[str, object]:
        """How `fpw refresh` is started here."""
        return {
            "args": [sys.executable, "-m", "pipelines.cli", "refresh"],
            "cwd": PROJECT_DIR,
            "env": self.settings.child_environment(),
            "text": True,
        }

    def arrive(self, number: int, rows: int) -> None:
        """Bring a street-crime file; its crimes carry the number, so that each arrival differs."""
        month = f"{2015 + number % MONTHS // 12}-{number % 12 + 1:02}"
        path = self.settings.raw_dir / "inbox" / f"{month}-west-midlands-street.csv"
        path.parent.mkdir(exist_ok=True)
        label = "West Midlands Police"
        with path.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(load_contracts()[SOURCE].headers)
            for row in range(rows):
                crime = f"{number * 1_000_000 + row:064x}"
                place = ("-1.9", "52.5", "On or near High Street", "E01009417", "Birmingham 001A")
                writer.writerow((crime, month, label, label, *place, "Burglary", "Under investigation", ""))
        self.arrived[month] = rows

    def faults(self) -> list[str]:
        """What is not as it should be after a kill."""
        found = [*self._faults_of_published(), *self._faults_of_releases()]
        with duckdb.connect(str(self.settings.build_path), read_only=True) as connection:
            short = connection.execute(
                "SELECT count(*) FROM (SELECT e.extract_id FROM ops.extract AS e "
                f"LEFT JOIN raw.{SOURCE} AS r USING (extract_id) WHERE e.source = '{SOURCE}' "
                "GROUP BY ALL HAVING count(r.line) <> any_value(if(e.status = 'loaded', e.rows_loaded, 0)))"
            ).fetchall()[0][0]
        return found + ([f"{short} extracts do not have the rows they are registered with"] if short else [])

    def _faults_of_published(self) -> list[str]:
        try:
            with duckdb.connect(str(self.settings.published_path), read_only=True) as connection:
                release = connection.execute("SELECT release_id FROM ops.release").fetchall()[0][0]
                manifest = releases.read_manifest(self.settings.releases_dir / release)
                rows = {
                    name: connection.execute(f"SELECT count(*) FROM marts.{name}").fetchall()[0][0]
                    for name in manifest["tables"]
                }
        except (duckdb.Error, OSError, ValueError) as error:
            return [f"the published file cannot be read: {error}"]
        wrong = [name for name, told in manifest["tables"].items() if rows[name] != told["rows"]]
        return [f"the published file has other rows than its release in {', '.join(wrong)}"] if wrong else []

    def _faults_of_releases(self) -> list[str]:
        last = sorted(self.settings.releases_dir.glob("[0-9]*"))[-2:]
        try:
            with duckdb.connect() as connection:
                for folder in last:
                    for name, told in releases.read_manifest(folder)["tables"].items():
                        file = folder / "marts" / f"{name}.parquet"
                        rows = connection.execute(f"SELECT count(*) FROM '{file}'").fetchall()[0][0]
                        if rows != told["rows"]:
                            return [f"{file} has {rows} rows instead of {told['rows']}"]
        except (duckdb.Error, OSError, ValueError) as error:
            return [f"a release cannot be read: {error}"]
        return []

    def rest(self) -> list[str]:
        """What is not as it should be after a run that succeeded."""
        with duckdb.connect(str(self.settings.published_path), read_only=True) as connection:
            pending, held = connection.execute(
                "SELECT count(*) FILTER (status = 'pending'), coalesce(sum(rows_loaded) FILTER (status = 'loaded' "
                "AND NOT is_sample), 0) FROM ops.extract"
            ).fetchall()[0]
        found = [f"{pending} extracts are pending"] if pending else []
        if held != sum(self.arrived.values()):
            found.append(f"{held} rows are loaded of {sum(self.arrived.values())} that arrived")
        folders = (self.settings.warehouse_dir, self.settings.releases_dir)
        return found + [f"{path} was left" for folder in folders for path in folder.glob(".*")]


def store(settings: Settings, contracts: dict[str, Contract], step: Synchronized[int]) -> None:
    """The steps of a refresh that write, without dbt and checks; `step` says which one is in hand."""
    warehouse = Warehouse(settings)
    with writer_lock(settings.warehouse_dir):
        step.value = 1
        register(settings, warehouse, contracts, "kills")
        step.value = 2
        load(settings, warehouse, contracts[SOURCE], "kills")
        step.value = 3
        releases.draft(warehouse)
        step.value = 4
        releases.complete(warehouse, run_id="kills", code_version=__version__)
        with ThreadPoolExecutor(1) as beside:
            release = beside.submit(releases.lay_down, warehouse)
            publish(warehouse, after=release.result)
        step.value = 5


class Killer:
    """Starts runs, and kills some."""

    def __init__(self, installation: Installation, seed: int) -> None:
        self.installation, self.moments = installation, random.Random(seed)
        self.contracts = load_contracts()
        self.context = get_context("forkserver")  # which imports once for all runs
        self.context.set_forkserver_preload(["benchmarks.kills"])
        self.step = self.context.Value("i", 0)
        self.seconds: list[float] = []

    def start(self) -> BaseProcess:
        """A run of the steps that write."""
        self.step.value = 0
        process = self.context.Process(target=store, args=(self.installation.settings, self.contracts, self.step))
        process.start()
        return process

    def whole_run(self) -> list[str]:
        """A run that is not killed; returns what was wrong with it."""
        started = time.monotonic()
        process = self.start()
        process.join()
        self.seconds.append(time.monotonic() - started)
        return [f"the next run ended with {process.exitcode}"] if process.exitcode else self.installation.rest()

    def kill_one(self, number: int, counts: Counts) -> None:
        """Kill a run at a moment of its length, look, and run again."""
        self.installation.arrive(number, 200 + number)
        process = self.start()
        time.sleep(self.moments.uniform(0, statistics.median(self.seconds[-9:])))
        process.kill()
        process.join()
        killed_in = STEPS[self.step.value]
        counts.in_step[killed_in] += 1
        look(self.installation, counts, f"kill {number} ({killed_in})", is_at_work=0 < self.step.value < 5)
        faults = self.whole_run()
        counts.next_run += not faults
        counts.broken += [f"after kill {number} ({killed_in}): {fault}" for fault in faults]


def look(installation: Installation, counts: Counts, which: str, *, is_at_work: bool) -> None:
    """Count what a kill left."""
    counts.kills += 1
    faults = installation.faults()
    told = cut_off(installation.settings.warehouse_dir) is not None
    counts.intact += not faults
    counts.message += told or not is_at_work
    counts.broken += [f"{which}: {fault}" for fault in faults]
    if is_at_work and not told:
        counts.broken.append(f"{which}: nobody says that it was cut off")


def kill_refreshes(installation: Installation, number: int, seed: int) -> Counts:
    """Kill complete refreshes at moments of their length, and let one end."""
    counts, moments = Counts(), random.Random(seed)
    started = time.monotonic()
    installation.refresh()
    length = time.monotonic() - started
    for kill in range(number):
        installation.arrive(10_000 + kill, 300 + kill)
        process = subprocess.Popen(
            **installation.command(),  # type: ignore[call-overload]
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moments.uniform(0.05, 0.95) * length)
        has_ended = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        counts.in_step["whole refresh"] += 1
        time.sleep(0.5)  # its own processes notice within a fifth of a second
        look(installation, counts, f"kill {kill} of a refresh", is_at_work=not has_ended)
        print(f"{kill + 1} of {number} whole refreshes killed", file=sys.stderr)
    installation.refresh()
    faults = installation.rest()
    counts.next_run += 0 if faults else number
    counts.broken += [f"after the last refresh: {fault}" for fault in faults]
    return counts


def report(title: str, counts: Counts, seconds: float) -> None:
    """Print one line of counts, and every fault."""
    print(f"{title}: {counts.kills} kills in {seconds:.0f} s")
    print(f"  intact {counts.intact}, message {counts.message}, next run succeeded {counts.next_run}")
    print(
        "  killed in: "
        + ", ".join(f"{step} {counts.in_step[step]}" for step in (*STEPS, "whole refresh") if counts.in_step[step])
    )
    for sentence in counts.broken:
        print(f"  BROKEN {sentence}")


def main() -> None:
    """Run, print the counts, and end with 1 when anything was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=190, help="of the steps that write (default: 190)")
    parser.add_argument("--whole", type=int, default=10, help="of whole refreshes (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the installation is made")
    arguments = parser.parse_args()
    arguments.dir.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="fpw-kills-", dir=arguments.dir)).absolute()
    broken = 0
    try:
        installation = Installation(work)
        print("Preparing: one whole refresh, a minute or two", file=sys.stderr)
        installation.prepare()
        if arguments.kills:
            killer, counts, started = Killer(installation, arguments.seed), Counts(), time.monotonic()
            for _ in range(3):
                if faults := killer.whole_run():
                    raise SystemExit("; ".join(faults))
            said = time.monotonic()
            for number in range(arguments.kills):
                killer.kill_one(number, counts)
                if time.monotonic() - said > PROGRESS_SECONDS:
                    said = time.monotonic()
                    print(f"{number + 1} of {arguments.kills} kills, {len(counts.broken)} faults", file=sys.stderr)
            report("Steps that write", counts, time.monotonic() - started)
            broken += len(counts.broken)
        if arguments.whole:
            started = time.monotonic()
            counts = kill_refreshes(installation, arguments.whole, arguments.seed)
            report("Whole refreshes", counts, time.monotonic() - started)
            broken += len(counts.broken)
    finally:
        shutil.rmtree(work)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
