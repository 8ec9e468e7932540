"""A refresh that is killed leaves the published file whole, and the next one just works.

Two hundred kills at random points, most of them in publication, are in benchmarks/kills.py.
"""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_DIR
from tests.conftest import street_row, write_street
from tests.integration.conftest import Installation, ask

pytestmark = pytest.mark.xdist_group("merseyside")


def test_a_killed_refresh_leaves_the_published_file_and_the_next_one_takes_it_up(
    merseyside: Installation, tmp_path: Path
) -> None:
    path = merseyside.settings.published_path
    tables = ask(path, "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL")
    ((release,),) = ask(path, "SELECT release_id FROM ops.release")
    place = {"label": "Merseyside Police", "area": "E01006437,Knowsley 003D"}
    rows = [street_row(n, month="2017-01", **place) for n in range(200)]
    write_street(merseyside.settings.raw_dir / "inbox", rows, name="2017-01-merseyside-street.csv")
    told = tmp_path / "told.txt"
    with told.open("w") as output:
        refresh = subprocess.Popen(
            merseyside.command("refresh"),
            cwd=PROJECT_DIR,
            env=merseyside.settings.child_environment(FPW_THREADS="1"),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    while "dbt builds" not in told.read_text():  # the file is loaded, and nothing is made of it yet
        assert refresh.poll() is None, told.read_text()
        time.sleep(0.1)
    refresh.send_signal(signal.SIGKILL)
    refresh.wait()

    assert ask(path, "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL") == tables
    assert ask(path, "SELECT release_id FROM ops.release") == [(release,)]
    assert ask(path, "SELECT count(*) > 0 FROM marts.measure_value") == [(True,)]

    done = merseyside.run("refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was cut off before its end" in done.stderr
    loaded = "SELECT count(*), sum(rows_loaded) FROM ops.extract WHERE status = 'loaded' AND NOT is_sample"
    assert ask(path, loaded) == [(1, 200)]
    assert ask(path, "SELECT sum(crime_count) FROM marts.fct_street_crime_month WHERE month < '2018-01-01'") == [(200,)]
    assert ask(path, "SELECT count(*) FROM ops.extract WHERE status = 'pending'") == [(0,)]
