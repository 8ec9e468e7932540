"""Synthetic calls and incidents of a control room over a winter, clock change included. No figure is published of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np

from pipelines.sample.draw import Generator, choose
from pipelines.sample.published import Figure
from pipelines.sample.rows import Row, add_bad_row, write_csv

FORCE = "west-midlands"
LONDON = ZoneInfo("Europe/London")
FIRST = dt.datetime(2020, 10, 1, tzinfo=LONDON)
END = dt.datetime(2021, 4, 1, tzinfo=LONDON)
CLOCKS_BACK = dt.datetime(2020, 10, 25, 1, tzinfo=dt.UTC)
CLOCKS_FORWARD = dt.datetime(2021, 3, 28, 1, tzinfo=dt.UTC)

CALLS, INCIDENTS = 3_600, 2_400
CALL_HEADER = ("Call ID", "Line", "Queued", "Answered", "Abandoned At", "Caller Number")
INCIDENT_HEADER = ("Incident ID", "Created", "First Grade", "Final Grade", "Dispatched", "Arrived", "Unit", "Log Text")

# By line: usual wait in seconds, spread of its logarithm, share of callers who give up.
WAITS = {"999": (3.5, 0.75, 0.015), "101": (70, 1.1, 0.08)}
# By last grade: share of incidents, usual minutes to arrival, spread of its logarithm, share without an arrival.
GRADES = {
    "P1": (0.16, 8.5, 0.5, 0.05),
    "P2": (0.36, 42, 0.8, 0.15),
    "P3": (0.28, 300, 0.9, 0.45),
    "P9": (0.20, 600, 0.9, 0.9),
}
REGRADED, ARRIVED_TOO_EARLY = 0.08, 0.005
UNITS = (
    "Birmingham East", "Birmingham West", "Coventry", "Dudley", "Sandwell", "Solihull", "Walsall", "Wolverhampton", "",
)  # fmt: skip


def write(folder: Path, figures: Mapping[str, Figure], seed: int) -> dict[str, int]:
    """Write the two files into `folder`; returns their rows by file name, one bad row in each among them."""
    rng = Generator(np.random.PCG64([seed, crc32(b"control_room")]))
    calls, incidents = _calls(rng), _incidents(rng)
    add_bad_row(calls, CALL_HEADER.index("Answered"), "25:61:00")
    add_bad_row(incidents, INCIDENT_HEADER.index("Created"), "31/02/2021 10:00:00")
    period = f"{FIRST:%Y-%m}-to-{END - dt.timedelta(days=1):%Y-%m}"
    files = {
        f"{FORCE}-control-room-calls-{period}.csv": (CALL_HEADER, calls),
        f"{FORCE}-control-room-incidents-{period}.csv": (INCIDENT_HEADER, incidents),
    }
    for name, (header, rows) in files.items():
        write_csv(folder / name, header, rows)
    return {name: len(rows) for name, (_, rows) in files.items()}


def _moments(rng: Generator, count: int) -> list[dt.datetime]:
    """Moments of the period in order; a few lie around each clock change, where a local time alone does not tell all."""
    start, end = FIRST.timestamp(), END.timestamp()
    near = [change.timestamp() + offset for change in (CLOCKS_BACK, CLOCKS_FORWARD) for offset in (-3600, -3, 900)]
    seconds = np.sort(np.concatenate([rng.uniform(start, end, count - len(near)), near]))
    return [dt.datetime.fromtimestamp(int(second), tz=dt.UTC) for second in seconds]


def _calls(rng: Generator) -> list[Row]:
    rows: list[Row] = []
    for number, queued in enumerate(_moments(rng, CALLS), start=1):
        line = "999" if rng.random() < 0.4 else "101"
        usual, spread, abandoned = WAITS[line]
        end = _local(queued + dt.timedelta(seconds=round(float(rng.lognormal(np.log(usual), spread)))))
        outcome = ["", end] if rng.random() < abandoned else [end, ""]
        # Ofcom keeps these numbers free for fiction.
        rows.append([f"C{number:06}", line, _local(queued), *outcome, f"01632 960{int(rng.integers(0, 1000)):03}"])
    return rows


def _incidents(rng: Generator) -> list[Row]:
    rows: list[Row] = []
    grades = list(GRADES)
    drawn = choose(rng, INCIDENTS, (share for share, *_ in GRADES.values()))
    for number, (created, code) in enumerate(zip(_moments(rng, INCIDENTS), drawn, strict=True), start=1):
        grade = grades[int(code)]
        first = grades[int(rng.integers(0, len(grades)))] if rng.random() < REGRADED else grade
        _, usual, spread, unattended = GRADES[grade]
        dispatched = arrived = ""
        if rng.random() >= unattended:
            taken = dt.timedelta(minutes=float(rng.lognormal(np.log(usual), spread)))
            early = rng.random() < ARRIVED_TOO_EARLY
            dispatched = _local(created + taken * float(rng.uniform(0.1, 0.5)))
            arrived = _local(created - taken if early else created + taken)
        unit = UNITS[int(choose(rng, 1, [*[1] * (len(UNITS) - 1), 0.1])[0])]
        log = "made up for the sample" if number % 3 else ""
        rows.append([f"I{number:06}", _local(created), first, grade, dispatched, arrived, unit, log])
    return rows


def _local(moment: dt.datetime) -> str:
    """The moment as a clock in London shows it."""
    return moment.astimezone(LONDON).strftime("%d/%m/%Y %H:%M:%S")
