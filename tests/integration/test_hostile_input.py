"""Hostile files are refused in a sentence each, in bounded memory and time, and everything else is loaded."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import PROJECT_DIR, Settings
from tests.conftest import street_row, write_street
from tests.hostile import GOOD_CSV, HOSTILE, NAMES, ROWS, ods, write_hostile, xlsx

MEGABYTE = 1 << 20
RUN = """
import json, resource, sys, time
from pathlib import Path

def main():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    from pipelines.ingest.load import load
    from pipelines.ingest.register import register
    from pipelines.settings import Settings
    from pipelines.sources.contract import load_contracts
    from pipelines.store.warehouse import Warehouse

    settings, contracts = Settings.load(), load_contracts()
    warehouse = Warehouse(settings)
    warehouse.create_tables(contracts.values())
    started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = register(settings, warehouse, contracts, "run")
    for name in ("police_uk_street", "complaint_case", "performance_return"):
        load(settings, warehouse, contracts[name], "run")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started
    apart = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"refused": report.refused, "grown": grown << 10, "apart": apart.ru_maxrss << 10,
        "seconds": time.process_time() + apart.ru_utime + apart.ru_stime}))

if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[str, object], str]:
    """All hostile files and a few good ones, registered and loaded in a process of limited memory."""
    folder = tmp_path_factory.mktemp("hostile")
    settings = Settings.load({}, raw_dir=folder / "raw", warehouse_dir=folder / "ware house [1]'s", threads=2)
    settings = settings.model_copy(update={"pseudonym_key_file": folder / "key"})
    for place in ("hostile", "good"):
        (settings.raw_dir / place).mkdir(parents=True)
    write_hostile(settings.raw_dir / "hostile")
    for name, content in (("a.csv", GOOD_CSV.encode()), ("b.xlsx", xlsx()), ("c.ods", ods())):
        (settings.raw_dir / "good" / name).write_bytes(content)  # one content in three forms is one extract
    for number, name in enumerate(NAMES, start=1):
        month = f"2019-{number:02}"
        write_street(settings.raw_dir / name, [street_row(number, month)], f"{month}-west-midlands-street.csv")
    (settings.raw_dir / f"{NAMES[-1]}.csv").write_text(
        "measure,area,period,breakdown,numerator,denominator\ncadets,Kent,2020-03-31,,x,\n"
    )
    (settings.raw_dir / "caf\udce9.zip").write_bytes(b"PK")
    outside = folder / "outside.csv"
    outside.write_text("secret\n")
    (settings.raw_dir / "outside.csv").symlink_to(outside)
    (settings.raw_dir / "nothing.csv").symlink_to(settings.raw_dir / "gone.csv")
    (settings.raw_dir / "itself.csv").symlink_to(settings.raw_dir / "itself.csv")
    (settings.raw_dir / "elsewhere").symlink_to(folder)
    os.mkfifo(settings.raw_dir / "pipe.csv")
    script = folder / "run.py"
    script.write_text(RUN)
    environment = settings.child_environment(PYTHONPATH=str(PROJECT_DIR))
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return settings, json.loads(done.stdout), done.stderr


def ask(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.build_path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def reasons(refreshed: tuple[Settings, dict[str, object], str]) -> dict[str, str]:
    """Reason of the refusal by path."""
    found = ask(
        refreshed[0],
        "SELECT container, reason FROM ops.extract JOIN ops.raw_file USING (extract_id) WHERE status = 'refused'",
    )
    return dict(found)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_a_sentence(name: str, reasons: dict[str, str]) -> None:
    reason = reasons[f"hostile/{name}"]
    assert HOSTILE[name][1] in reason
    assert reason.endswith(".")
    assert len(reason) < 400
    assert "Error" not in reason


def test_everything_else_is_loaded(refreshed: tuple[Settings, dict[str, object], str]) -> None:
    settings, _, _ = refreshed
    assert ask(settings, "SELECT count(*) FROM raw.police_uk_street") == [(len(NAMES),)]
    assert ask(settings, "SELECT count(*) FROM raw.complaint_case") == [(ROWS,)]
    assert ask(settings, "SELECT count(*) FROM ops.extract WHERE status = 'pending'") == [(0,)]


def test_memory_and_time_are_bounded(refreshed: tuple[Settings, dict[str, object], str]) -> None:
    _, told, _ = refreshed
    assert told["grown"] < 300 * MEGABYTE
    assert told["apart"] < 2_300 * MEGABYTE
    assert told["seconds"] < 60


def test_nothing_outside_the_raw_folder_is_read(reasons: dict[str, str]) -> None:
    assert "leads out of the raw folder" in reasons["outside.csv"]
    assert "a link to a folder" in reasons["elsewhere"]
    assert "does not exist" in reasons["nothing.csv"]
    assert "is no regular file" in reasons["pipe.csv"]
    assert "itself.csv" in reasons
    assert not any("secret" in reason for reason in reasons.values())


def test_names_stay_names(refreshed: tuple[Settings, dict[str, object], str]) -> None:
    """Nothing that is told or kept holds a line break, an escape of a terminal, or a sign that turns the direction."""
    settings, _, log = refreshed
    paths = [path for (path,) in ask(settings, "SELECT file_path FROM ops.raw_file")]
    reasons = [reason for (reason,) in ask(settings, "SELECT reason FROM ops.extract WHERE reason IS NOT NULL")]
    for text in (*paths, *reasons, *log.splitlines()):
        assert str(text).isprintable(), text
    with settings.arrivals_path.open(encoding="utf-8", newline="") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell.startswith("=")]
    (answer,) = settings.answers_dir.iterdir()
    assert answer.name.startswith("x" * 100)


def test_the_spool_holds_nothing_of_refused_files(refreshed: tuple[Settings, dict[str, object], str]) -> None:
    settings, _, _ = refreshed
    known = {row[0] for row in ask(settings, "SELECT extract_id FROM ops.extract WHERE status = 'loaded'")}
    left = {path.stem for path in Path(settings.spool_dir).iterdir() if path.is_file() or path.is_symlink()}
    assert left <= known
