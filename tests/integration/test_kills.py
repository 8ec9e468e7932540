"""A refresh that is killed leaves the published file whole, and the next one just works."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_DIR
from pipelines.store.lock import cut_off
from tests.conftest import street_row, write_street
from tests.integration.conftest import Installation, ask

pytestmark = pytest.mark.xdist_group("merseyside")


MOMENTS = ((0.1, 0.4), None)
"""Stretches of a refresh in which it is killed, as shares of its length: while it loads. Then its processes are killed
while dbt builds the models, as the system does when memory runs out, and it goes on itself. Two hundred more kills, most
of them in publication, are in benchmarks/kills.py."""


def processes_of(parent: int) -> list[int]:
    """The processes that a refresh has beside it, for dbt and for the checks."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == parent and "spawn_main" in command:
            found.append(int(folder.name))
    return found


def test_a_kill_at_any_moment_leaves_the_published_file(merseyside: Installation, tmp_path: Path) -> None:
    installation = merseyside
    path, moments = installation.settings.published_path, random.Random(20190401)
    ((seconds,),) = [re.findall(r"Refreshed in (\d+) s", installation.first_output)]
    duration = 0.9 * int(seconds)  # the first refresh also loads the sample
    tables = ask(path, "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL")
    for number, stretch in enumerate(MOMENTS):
        # Something new to load, so that kills fall into loading as well as into models, checks and publication.
        month = f"2017-{number + 1:02}"
        place = {"label": "Merseyside Police", "area": "E01006437,Knowsley 003D"}
        rows = [street_row(n, month=month, **place) for n in range(200)]
        write_street(installation.settings.raw_dir / "inbox", rows, name=f"{month}-merseyside-street.csv")
        told = tmp_path / "told.txt"
        with told.open("w") as output:
            refresh = subprocess.Popen(
                installation.command("refresh"),
                cwd=PROJECT_DIR,
                env=installation.settings.child_environment(FPW_THREADS="1"),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        if stretch:
            time.sleep(moments.uniform(*stretch) * duration)
            refresh.send_signal(signal.SIGKILL)
            refresh.wait()
        else:
            while "dbt builds intermediate" not in told.read_text():
                assert refresh.poll() is None, told.read_text()
                time.sleep(0.1)
            for process in processes_of(refresh.pid):
                os.kill(process, signal.SIGKILL)
            assert refresh.wait(timeout=60) == 1
            words = " ".join(told.read_text().split())
            assert "A process of dbt was killed from outside, as the system does when memory runs out" in words
            assert "Traceback" not in words
        assert ask(path, "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL") == tables
        assert ask(path, "SELECT count(*) > 0 FROM marts.measure_value") == [(True,)]
        assert ask(path, "SELECT count(*) FROM ops.extract WHERE rows_read <> rows_loaded + rows_quarantined") == [(0,)]
    is_cut_off = cut_off(installation.settings.warehouse_dir) is not None  # the last kill may come too late
    done = installation.run("refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("was cut off before its end" in done.stderr) == is_cut_off
    assert ask(
        path, "SELECT count(*), sum(rows_loaded) FROM ops.extract WHERE status = 'loaded' AND NOT is_sample"
    ) == [(len(MOMENTS), 200 * len(MOMENTS))]
    assert ask(path, "SELECT sum(crime_count) FROM marts.fct_street_crime_month WHERE month < '2018-01-01'") == [
        (200 * len(MOMENTS),)
    ]
    assert ask(path, "SELECT count(*) FROM ops.extract WHERE status = 'pending'") == [(0,)]
