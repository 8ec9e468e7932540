"""The whole refresh as its users meet it: output, publication, readers and failure."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from pipelines.assets.raw import ANEW, build_raw_assets
from pipelines.settings import PROJECT_DIR
from pipelines.sources.contract import load_contracts
from pipelines.store.lock import writer_lock
from pipelines.store.releases import all_releases
from pipelines.store.warehouse import Warehouse
from pipelines.summary import FIRST_QUERY
from tests.conftest import street_row, write_street
from tests.integration.conftest import Installation, ask, nights_of
from tests.seeded.fault import SET_ASIDE, Delivery, Fault
from tests.seeded.files import FILE_FAULTS

pytestmark = pytest.mark.xdist_group("refresh")

PUBLISHED_ALL_THE_SAME = (
    "street_header_only",
    "searches_sentinel_date",
    "survey_serial_completed",
    "return_percentage",
)
"""Planted defects that warn, or whose rows are set aside."""


def test_the_refresh_ends_with_what_a_newcomer_needs(installation: Installation) -> None:
    output = installation.first_output
    for words in ("police_uk_street", "quarantined", "Checks:", " 0 failed", "Measures:", "SAMPLE DATA", "Published:"):
        assert words in output
    assert str(installation.settings.published_path) in output
    assert "Traceback" not in output


def test_the_first_query_answers(installation: Installation) -> None:
    assert len(ask(installation.settings.published_path, FIRST_QUERY)) == 3


def test_the_published_file_explains_and_dates_itself(installation: Installation) -> None:
    path = installation.settings.published_path
    assert ask(path, "SELECT DISTINCT schema_name FROM duckdb_tables() ORDER BY 1") == [("marts",), ("ops",)]
    assert ask(path, "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL") == []
    assert (
        ask(
            path,
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL ORDER BY ALL",
        )
        == []
    )
    assert ask(path, "SELECT is_sample, home_force FROM ops.release") == [(True, "west-midlands")]
    assert ask(path, "SELECT DISTINCT source_kind FROM marts.measure_value WHERE value IS NOT NULL") == [("synthetic",)]
    assert ask(path, "SELECT count(*) > 100, count(DISTINCT engine) FROM ops.check_result") == [(True, 2)]


def test_the_questions_asked_most_have_a_view_each_and_every_column_is_in_the_dictionary(
    installation: Installation,
) -> None:
    path = installation.settings.published_path
    answers = ask(path, "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'answers'")
    assert len(answers) == 10
    for name, question in answers:
        assert "?" in str(question)
        assert ask(path, f"SELECT count(*) > 0 FROM answers.{name}") == [(True,)], name
    columns = (
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    )
    dictionary = "SELECT schema_name, table_name, column_name, data_type FROM marts.data_dictionary ORDER BY ALL"
    assert ask(path, dictionary) == ask(path, columns)
    assert ask(path, "SELECT * FROM marts.data_dictionary WHERE description IS NULL OR table_description IS NULL") == []


def test_clients_since_duckdb_1_2_can_read_the_published_file(installation: Installation) -> None:
    header = installation.settings.published_path.read_bytes()[:20]
    # Bytes 8 to 11 are DuckDB's magic word, the next eight the storage version; 1.2 wrote and reads 65.
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= 65


def test_a_run_that_is_to_build_anew_goes_on_where_nothing_is_new(installation: Installation, tmp_path: Path) -> None:
    settings = installation.settings.model_copy(update={"warehouse_dir": tmp_path})
    for path in (settings.build_path, settings.published_path, settings.arrivals_path):
        shutil.copy(installation.settings.warehouse_dir / path.name, path)
    register = build_raw_assets(load_contracts())[0]
    beside = SimpleNamespace(start=lambda: None)
    resources = {"warehouse": Warehouse(settings), "dbt": beside, "check_pool": beside}
    for tags, goes_on in (({}, False), ({ANEW: "yes"}, True)):
        done = dg.materialize([register], resources=resources, tags=tags)
        assert bool(done.asset_materializations_for_node("ops__extract")) is goes_on


READER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
print(connection.execute("SELECT release_id FROM ops.release").fetchall()[0][0], flush=True)
sys.stdin.readline()
connection.execute("SELECT sum(value) FROM marts.measure_value").fetchall()
print(connection.execute("SELECT release_id FROM ops.release").fetchall()[0][0], flush=True)
"""


def test_a_second_refresh_says_who_holds_the_warehouse(installation: Installation) -> None:
    with writer_lock(installation.settings.warehouse_dir):
        done = installation.run("refresh")
    assert done.returncode == 1
    assert "A refresh is running" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def killed_while_it_builds(installation: Installation, told: Path) -> None:
    """Start a refresh, and kill it when the new files are loaded and nothing is made of them yet."""
    with told.open("w") as output:
        refresh = subprocess.Popen(
            installation.command("refresh"),
            cwd=PROJECT_DIR,
            env=installation.settings.child_environment(FPW_THREADS="1"),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    while "dbt builds" not in told.read_text():
        assert refresh.poll() is None, told.read_text()
        time.sleep(0.1)
    refresh.send_signal(signal.SIGKILL)
    refresh.wait()


def test_neither_a_kill_nor_refused_files_hold_up_the_others(installation: Installation, tmp_path: Path) -> None:
    folder = installation.settings.raw_dir / "inbox"
    path = installation.settings.published_path
    ((before, release, first_run),) = ask(path, "SELECT known_at, release_id, run_id FROM ops.release")
    reader = subprocess.Popen(
        [*installation.command("status")[:1], "-c", READER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdin is not None
    assert reader.stdout.readline() == f"{release}\n"
    bad = write_street(folder, [street_row(1, month="2020-06")], name="2020-05-west-midlands-street.csv")
    good = write_street(folder, [street_row(2, month="2020-06")], name="2020-06-west-midlands-street.csv")
    delivery = Delivery(installation.settings.raw_dir)
    planted = [fault for fault in FILE_FAULTS if fault.name in PUBLISHED_ALL_THE_SAME]
    for fault in planted:
        fault.plant(delivery)
    try:
        killed_while_it_builds(installation, tmp_path / "told.txt")
        assert ask(path, "SELECT release_id FROM ops.release") == [(release,)]
        assert ask(path, "SELECT count(*) > 0 FROM marts.measure_value") == [(True,)]
        done = installation.run("refresh")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "was cut off before its end" in done.stderr
        assert ask(path, "SELECT count(*) FROM ops.extract WHERE status = 'pending'") == [(0,)]
        # who had the file open keeps it; who opens it now has the new one
        rest, _ = reader.communicate("again\n", timeout=60)
        assert rest == f"{release}\n"
        assert ask(path, f"SELECT release_id > '{release}', restored_at FROM ops.release") == [(True, None)]
        assert ask(path, "SELECT count(DISTINCT run_id) >= 2 FROM ops.check_result") == [(True,)]
        # what is as it was takes no space again
        earlier, later = all_releases(installation.settings.releases_dir)[-2:]
        for table, same in (("dim_plan_indicator", True), ("measure_value", False)):
            files = [folder / "marts" / f"{table}.parquet" for folder in (earlier, later)]
            assert files[0].samefile(files[1]) is same
        said = " ".join(done.stdout.split())
        assert "Refused files (1)" in said
        assert "is named for 2020-05, but 1 of its rows are of another month (the first: 2020-06)" in said
        assert "Refused files (1)" in installation.run("status").stdout
        june = (
            "measure_id = 'street_crime_count' AND period_type = 'month' AND period_start = '2020-06-01' "
            "AND breakdown_type IS NULL AND area_code = 'E23000014'"
        )
        assert ask(path, f"SELECT value FROM marts.measure_value WHERE {june}") == [(1,)]
        assert ask(path, f"SELECT value FROM marts.as_of(now()::TIMESTAMP) WHERE {june}") == [(1,)]
        assert ask(path, f"SELECT value FROM marts.as_of('{before}') WHERE {june}") == []
        # What nothing new is behind is not built or looked at again, and what was found of it stands for this run too.
        assert "Checking 20 tables" not in done.stderr
        assert re.search(r"int_street_record_count: what [1-9] new extracts bring is added to it", done.stderr)
        looked = "SELECT DISTINCT table_name FROM ops.check_result WHERE run_id = (SELECT run_id FROM ops.release) AND "
        again = {str(table) for (table,) in ask(path, f"{looked} looked_by = run_id")}
        kept = {str(table) for (table,) in ask(path, f"{looked} looked_by <> run_id AND looked_at < checked_at")}
        assert {"staging.stg_police_uk_street", "staging.stg_victim_survey", "marts.measure_value"} <= again
        assert "raw.police_uk_street" in kept  # the run that was killed had looked at it
        assert {"raw.control_room_call", "staging.stg_complaint_case", "marts.dim_area"} <= kept - again
        build = installation.settings.build_path
        of_seeds = f"{looked} looked_by = 'preparation'"  # which tested them, so that no refresh need
        assert {("reference.force",), ("reference.population",)} <= set(ask(path, of_seeds))
        known = "SELECT table_name, check_name, engine FROM ops.check_result WHERE run_id"
        assert ask(build, f"{known} = '{first_run}' EXCEPT {known} = (SELECT run_id FROM ops.release)") == []
        kept_raw = nights_of(installation) / later.name  # test_verify.py makes the release again from it
        shutil.copytree(installation.settings.raw_dir, kept_raw)
        # What is wrong with the other files travels with the figures.
        assert {fault.name: is_told(path, fault) for fault in planted} == dict.fromkeys(PUBLISHED_ALL_THE_SAME, True)
    finally:
        reader.kill()
        bad.unlink()
        good.unlink()
        delivery.clear()


def is_told(path: Path, fault: Fault) -> bool:
    """Whether the published file says of a planted defect what must be said of it."""
    kind, _, words = fault.caught_by.partition(": ")
    if kind == SET_ASIDE:
        query = f"FROM ops.quarantine WHERE contains(concat_ws(' ', column_name, reason), '{words}')"
    else:
        table, expect = fault.check
        query = (
            f"FROM ops.check_result WHERE table_name = '{table}' AND check_name = '{expect.name}' AND status = 'failed' "
            "AND severity = 'warning' AND run_id = (SELECT run_id FROM ops.release)"
        )
    return ask(path, f"SELECT count(*) > 0 {query}") == [(True,)]
