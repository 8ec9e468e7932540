"""Dagster's servers as they run in an office: the daemon starts the nightly job by itself, and Postgres keeps its runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.operations.instance import HEADER, dagster_instance, prepare_home
from pipelines.operations.serve import _start, serve
from pipelines.outcome import outcome_of
from pipelines.settings import PROJECT_DIR, Settings
from pipelines.store.warehouse import WarehouseError
from tests.conftest import settle, street_row, write_street

pytestmark = pytest.mark.xdist_group("serve")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], seconds: float) -> object:
    """What the condition gives, once it gives something; None when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.5)
    return None


def page(port: int) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def ended_runs(settings: Settings) -> list[dg.DagsterRun]:
    """Runs that the schedule started and that are over."""
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        return [run for run in instance.get_runs(limit=5) if run.is_finished and "dagster/schedule_name" in run.tags]


def test_the_daemon_starts_the_nightly_job_by_itself_and_everything_ends_with_fpw_serve(
    tmp_path: Path, prepared: Path
) -> None:
    settings = Settings.load({}, raw_dir=tmp_path / "raw", warehouse_dir=tmp_path / "warehouse", threads=1)
    settle(settings, prepared)
    # the run that is started ends at its first step, in a sentence
    write_street(settings.raw_dir, [street_row()], name="2019-04-west-midlands-street.csv")
    settings.build_path.write_text("not a database")
    port = free_port()
    serving = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "serve", "--port", str(port)],
        cwd=PROJECT_DIR,
        env=settings.child_environment(FPW_NIGHTLY_CRON="* * * * *"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    try:
        assert until(lambda: page(port), 300), "the webserver did not answer"
        runs = until(lambda: ended_runs(settings), 420)
        assert isinstance(runs, list), "the schedule started no run"
        assert {(run.job_name, run.tags["dagster/schedule_name"]) for run in runs} == {("refresh", "nightly")}
        with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
            events = [entry.dagster_event for entry in instance.all_logs(runs[0].run_id) if entry.dagster_event]
        (sentence,) = outcome_of(settings, runs[0].run_id, succeeded=False, events=events).failures
        assert "build.duckdb" in sentence
    finally:
        serving.send_signal(signal.SIGTERM)
        _, told = serving.communicate(timeout=120)
    assert serving.returncode == 0, told
    assert page(port) is None
    assert "Traceback" not in told.split("Ctrl-C ends it")[0]
    assert "Parsing the dbt project" not in told


def test_a_port_that_is_taken_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    unset_home(monkeypatch)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for first in (port, port - 1):  # the Data Docs are served on the port after it
            with pytest.raises(
                WarehouseError, match=rf"Port {port} of 127.0.0.1 cannot be listened on \(Address already"
            ):
                serve(settings, host="127.0.0.1", port=first)
    with pytest.raises(WarehouseError, match=r"nowhere\.invalid cannot be listened on .* or --host"):
        serve(settings, host="nowhere.invalid", port=port)


@pytest.mark.parametrize("port", ["0", "65535"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    assert "Invalid value for '--port'" in CliRunner().invoke(app, ["serve", "--port", port]).output


def test_a_second_server_on_the_same_home_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    unset_home(monkeypatch)
    settings.dagster_home.mkdir(parents=True)
    (settings.dagster_home / "serve.holder").write_text("process 7 on night, since yesterday\n")
    with (
        FileLock(settings.dagster_home / "serve.lock"),
        pytest.raises(WarehouseError, match=r"fpw serve is running on .*dagster \(process 7 on night, .*; end it, or"),
    ):
        serve(settings, host="127.0.0.1", port=free_port())


def test_what_a_program_writes_is_passed_on_until_it_is_told_to_end(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[int] = []
    program = "import sys, time; print('at work', file=sys.stderr, flush=True); time.sleep(60)"
    process, words = _start(["python", "-c", program], settings, told)
    assert until(lambda: "at work" in capfd.readouterr().err, 20)
    told.append(1)
    process.send_signal(signal.SIGINT)
    process.wait(20)
    words.join(20)
    assert "KeyboardInterrupt" not in capfd.readouterr().err


# Dagster's home


def unset_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """No home, and none left behind for other tests, whatever is exported meanwhile."""
    monkeypatch.setenv("DAGSTER_HOME", "restored afterwards")
    monkeypatch.delenv("DAGSTER_HOME")


def test_the_home_follows_the_settings_until_somebody_makes_it_their_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    unset_home(monkeypatch)
    monkeypatch.delenv("FPW_DAGSTER_POSTGRES_URL", raising=False)
    path = settings.dagster_home / "dagster.yaml"
    prepare_home(settings)
    assert "pipelines.store.event_log" in path.read_text()
    monkeypatch.setenv("FPW_DAGSTER_POSTGRES_URL", "postgresql://dagster:secret@127.0.0.1/dagster")
    prepare_home(settings)
    assert "FPW_DAGSTER_POSTGRES_URL" in path.read_text()
    assert "secret" not in path.read_text()
    own = path.read_text().removeprefix(HEADER) + "# mine\n"
    path.write_text(own)
    prepare_home(settings)
    assert path.read_text() == own


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def postgres() -> Iterator[str]:
    """A Postgres server on loopback, with an empty database; its address."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("postgres") or (str(installed[-1] / "postgres") if installed else None)
    if found is None:
        message = "Postgres is not installed; on Debian: apt-get install postgresql."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    programs, port = Path(found).resolve().parent, free_port()
    as_server: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "nobody")
            as_server = ["setpriv", "--reuid=nobody", "--clear-groups", "--"]
        data = str(Path(folder) / "data")
        make = [*as_server, str(programs / "initdb"), "-D", data, "--auth=trust", "--username=dagster", "--no-sync"]
        subprocess.run(make, check=True, capture_output=True, cwd=folder)
        options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]
        command = [*as_server, str(programs / "postgres"), "-D", data, "-p", str(port)]
        command += [part for option in options for part in ("-c", option)]
        with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as server:
            assert until(lambda: listens(port), 60), "Postgres did not start"
            yield f"postgresql://dagster@127.0.0.1:{port}/postgres"
            server.send_signal(signal.SIGINT)


@dg.op
def work() -> None:
    """Nothing."""


@dg.job
def small() -> None:
    """A job."""
    work()


def test_runs_are_kept_in_postgres_for_everybody(
    settings: Settings, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unset_home(monkeypatch)
    monkeypatch.setenv("FPW_DAGSTER_POSTGRES_URL", postgres)
    with dagster_instance(settings) as instance:
        run_id = small.execute_in_process(instance=instance).run_id
    assert not list(settings.dagster_home.rglob("*.db"))
    # another user on another machine: another home, the same database
    other = settings.model_copy(update={"warehouse_dir": settings.warehouse_dir.with_name("other")})
    unset_home(monkeypatch)
    with dagster_instance(other) as instance:
        (run,) = instance.get_runs()
        assert (run.run_id, run.status) == (run_id, dg.DagsterRunStatus.SUCCESS)
        assert len(json.dumps([str(entry) for entry in instance.all_logs(run_id)])) > 1000
