"""The inbox, notices, standing checks and retries: each against the real thing on loopback, or a real Dagster instance."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import json
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.remote_origin import RemoteInstigatorOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._utils.error import SerializableErrorInfo
from typer.testing import CliRunner

from pipelines.assets.published import PUBLISHED_KEY
from pipelines.checks.results import CheckResult, record
from pipelines.cli import app
from pipelines.operations.inbox import look
from pipelines.operations.notices import Notice, send
from pipelines.operations.retry import passes_by_itself, worth_retrying
from pipelines.operations.schedules import STANDING
from pipelines.operations.sensors import build_notice_sensors, build_standing_checks
from pipelines.operations.serve import address, is_loopback
from pipelines.operations.standing import Finding, refreshed_lately, schedules_run
from pipelines.outcome import outcome_of
from pipelines.settings import Settings
from pipelines.store.warehouse import WarehouseError

NOTICE = Notice(
    "failure", "The refresh failed", ("raw.x, check y failed: 3 found.", "It waits."), "run-1", "west-midlands"
)


# The inbox


def drop(raw: Path, name: str, text: str, mtime: int = 1_000) -> None:
    path = raw / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(mtime, mtime))


def test_a_file_counts_once_it_is_the_same_at_two_looks(tmp_path: Path) -> None:
    first = look(tmp_path, None)
    assert (first.delivery, first.unsettled) == (None, ())
    drop(tmp_path, "a.csv", "half")
    second = look(tmp_path, first.cursor)
    assert (second.delivery, second.unsettled) == (None, ("a.csv",))
    drop(tmp_path, "a.csv", "half and half", mtime=2_000)  # still growing
    third = look(tmp_path, second.cursor)
    assert third.delivery is None
    fourth = look(tmp_path, third.cursor)
    assert fourth.delivery is not None
    assert fourth.unsettled == ()
    assert look(tmp_path, fourth.cursor).delivery is None  # told once


def test_a_delivery_of_several_files_waits_for_the_last(tmp_path: Path) -> None:
    drop(tmp_path, "a.csv", "a")
    before = look(tmp_path, None)
    drop(tmp_path, "b.csv", "b")
    assert look(tmp_path, before.cursor).delivery is None
    found = look(tmp_path, look(tmp_path, before.cursor).cursor)
    assert found.delivery is not None


def test_the_same_content_at_another_time_or_under_another_name_is_no_news(tmp_path: Path) -> None:
    drop(tmp_path, "a.csv", "a")
    known = look(tmp_path, look(tmp_path, None).cursor)
    assert known.delivery
    drop(tmp_path, "a.csv", "a", mtime=9_000)
    drop(tmp_path, "copy.csv", "a")
    again = look(tmp_path, look(tmp_path, known.cursor).cursor)
    assert (again.delivery, again.unsettled) == (None, ())


def test_unfinished_downloads_are_not_seen(tmp_path: Path) -> None:
    drop(tmp_path, "a.csv.part", "a")
    found = look(tmp_path, look(tmp_path, None).cursor)
    assert (found.delivery, found.unsettled) == (None, ())


# Notices


class MailHandler(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to hand over a mail."""

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                self.say("354 go on")
                body = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    body += line
                self.server.mails.append(body.decode())  # type: ignore[attr-defined]
            self.say("221 bye" if word == b"QUIT" else "250 ok")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class HookHandler(BaseHTTPRequestHandler):
    """Takes what is posted, or answers with the server's `status`."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(make: Callable[[], socketserver.TCPServer]) -> Iterator[socketserver.TCPServer]:
    with make() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def mail_server() -> Iterator[socketserver.TCPServer]:
    with serving(lambda: socketserver.TCPServer(("127.0.0.1", 0), MailHandler)) as server:
        server.mails = []  # type: ignore[attr-defined]
        yield server


@pytest.fixture
def hook_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[socketserver.TCPServer]:
    with serving(lambda: HTTPServer(("127.0.0.1", 0), HookHandler)) as server:
        server.bodies, server.status = [], 200  # type: ignore[attr-defined]
        monkeypatch.setenv("FPW_WEBHOOK_URL", f"http://127.0.0.1:{server.server_address[1]}/hook?key=secret-key")
        yield server


def mailing(settings: Settings, port: int) -> Settings:
    return settings.model_copy(
        update={"notify_to": "night@force.example, data@force.example", "smtp_host": "127.0.0.1", "smtp_port": port}
    )


def test_a_notice_is_mailed_and_posted_with_the_runs_own_sentences(
    settings: Settings, mail_server: socketserver.TCPServer, hook_server: socketserver.TCPServer
) -> None:
    assert send(NOTICE, mailing(settings, mail_server.server_address[1])) == []
    (mail,) = mail_server.mails  # type: ignore[attr-defined]
    (body,) = hook_server.bodies  # type: ignore[attr-defined]
    for words in (NOTICE.subject, *NOTICE.sentences, "run-1", "docs/runbooks/nightly-failed.md"):
        assert words in mail
        assert words in body["text"]
    assert "To: night@force.example, data@force.example" in mail
    assert (body["kind"], body["run_id"], body["sentences"]) == ("failure", "run-1", list(NOTICE.sentences))


def test_without_settings_nothing_is_sent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FPW_WEBHOOK_URL", raising=False)
    assert send(NOTICE, settings) == []


def test_a_notice_that_cannot_be_sent_is_said_without_the_hooks_key(
    settings: Settings, hook_server: socketserver.TCPServer
) -> None:
    hook_server.status = 500  # type: ignore[attr-defined]
    with socketserver.TCPServer(("127.0.0.1", 0), MailHandler) as closed:
        port = closed.server_address[1]
    mail, hook = send(NOTICE, mailing(settings, port))
    assert f"127.0.0.1:{port}" in mail
    assert "FPW_SMTP_HOST" in mail
    assert "FPW_WEBHOOK_URL" in hook
    assert "secret-key" not in mail + hook


def checked(connection: duckdb.DuckDBPyConnection, run_id: str, **failed: str) -> None:
    """Results of a run's checks of one table: those named failed, with this severity."""
    record(
        connection,
        run_id,
        "great_expectations",
        {
            "raw.x": [
                CheckResult(name, severity, "failed", "3 found", 3, 9, "Ask for them.")  # type: ignore[arg-type]
                for name, severity in failed.items()
            ]
        },
    )


def ended(instance: dg.DagsterInstance, run_id: str) -> dg.RunStatusSensorContext:
    """What a sensor is given when this run has ended."""
    events = [entry.dagster_event for entry in instance.all_logs(run_id) if entry.dagster_event]
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return dg.build_run_status_sensor_context("notice", events[-1], instance, run)


def test_a_warning_is_told_though_the_next_run_holds_the_build_database(
    settings: Settings, instance: dg.DagsterInstance, hook_server: socketserver.TCPServer
) -> None:
    _, warning_notice, _ = build_notice_sensors(settings, refresh, refresh)
    run_id = refresh.execute_in_process(instance=instance).run_id
    settings.warehouse_dir.mkdir()
    settings.build_path.write_text("held by another process, so that it cannot be opened")
    with duckdb.connect(str(settings.published_path)) as connection:
        checked(connection, "the-run-before", late="warning", other="error")
        checked(connection, run_id, late="warning", gap="warning", other="error")
    warning_notice(ended(instance, run_id))
    (body,) = hook_server.bodies  # type: ignore[attr-defined]
    assert body["sentences"] == ["raw.x, gap: 3 found. Ask for them."]
    assert body["subject"].endswith("was published with 1 new warning")
    assert (body["kind"], body["run_id"]) == ("warning", run_id)


@dg.op
def fail() -> None:
    """A step that fails in a sentence."""
    raise WarehouseError("The share is away; mount it.")


@dg.job
def export() -> None:
    """A job that fails."""
    fail()


def test_a_failure_of_any_job_is_told(
    settings: Settings, instance: dg.DagsterInstance, hook_server: socketserver.TCPServer
) -> None:
    failure_notice, *_ = build_notice_sensors(settings, refresh, refresh)
    run_id = export.execute_in_process(instance=instance, raise_on_error=False).run_id
    failure_notice(ended(instance, run_id).for_run_failure())
    (body,) = hook_server.bodies  # type: ignore[attr-defined]
    assert body["subject"].startswith("The export of ")
    assert (body["kind"], body["sentences"]) == ("failure", ["The share is away; mount it."])


def test_a_failed_check_is_told_though_the_next_run_holds_the_build_database(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    key = dg.AssetKey(["raw", "x"])

    @dg.multi_asset_check(name="check_raw", specs=[dg.AssetCheckSpec("errors", asset=key, blocking=True)])
    def check_raw() -> Iterator[dg.AssetCheckResult]:
        yield dg.AssetCheckResult(passed=False, asset_key=key, check_name="errors", description="y failed: 3 found")

    job = dg.Definitions(
        assets=[dg.AssetSpec(key)],
        asset_checks=[check_raw],
        jobs=[dg.define_asset_job("refresh", selection=dg.AssetSelection.all_asset_checks())],
        executor=dg.in_process_executor,
    ).resolve_job_def("refresh")
    done = job.execute_in_process(instance=instance, raise_on_error=False)
    settings.warehouse_dir.mkdir()
    settings.build_path.write_text("held by another process, so that it cannot be opened")
    (told,) = outcome_of(settings, done.run_id, succeeded=done.success, events=done.all_events).failures
    assert told == f"raw.x, y failed: 3 found; `fpw checks --run {done.run_id}` says more."


# Standing checks

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


@dg.op
def work() -> None:
    """Nothing."""


@dg.job
def refresh() -> None:
    """A job."""
    work()


NIGHTLY = dg.ScheduleDefinition(
    name="nightly",
    job=refresh,
    cron_schedule="0 2 * * *",
    execution_timezone="Europe/London",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def seen(instance: dg.DagsterInstance, status: InstigatorStatus, since: dt.datetime) -> InstigatorState:
    """As a daemon notes a schedule when it first meets it."""
    from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    location = ManagedGrpcPythonEnvCodeLocationOrigin(LoadableTargetOrigin(module_name="m"), location_name="m")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "repo"), "nightly")
    data = ScheduleInstigatorData(cron_schedule="0 2 * * *", start_timestamp=since.timestamp())
    return instance.add_instigator_state(InstigatorState(origin, InstigatorType.SCHEDULE, status, data))


def tick(instance: dg.DagsterInstance, state: InstigatorState, at: dt.datetime, status: TickStatus) -> None:
    failure = status is TickStatus.FAILURE
    instance.create_tick(
        TickData(
            state.instigator_origin_id,
            "nightly",
            InstigatorType.SCHEDULE,
            status,
            at.timestamp(),
            run_ids=[] if failure else ["run-1"],
            error=SerializableErrorInfo("It broke.", [], None) if failure else None,
            selector_id=state.selector_id,
        )
    )


def heartbeat(instance: dg.DagsterInstance) -> None:
    from dagster._daemon.types import DaemonHeartbeat

    for daemon in instance.get_required_daemon_types():
        instance.add_daemon_heartbeat(DaemonHeartbeat(dt.datetime.now().timestamp(), daemon, "id", []))


def findings(instance: dg.DagsterInstance) -> dict[str, tuple[bool, str]]:
    return {found.name: (found.passed, found.sentence) for found in schedules_run(instance, [NIGHTLY], NOW)}


def test_a_schedule_that_no_daemon_runs_is_found(instance: dg.DagsterInstance) -> None:
    found = findings(instance)
    assert not found["daemon_runs"][0]
    assert "fpw serve" in found["daemon_runs"][1]
    assert not found["nightly_fires"][0]


def test_a_schedule_that_fired_last_night_is_well(instance: dg.DagsterInstance) -> None:
    heartbeat(instance)
    state = seen(instance, InstigatorStatus.RUNNING, NOW - dt.timedelta(days=9))
    tick(instance, state, NOW - dt.timedelta(hours=7), TickStatus.SUCCESS)
    assert all(passed for passed, _ in findings(instance).values())


@pytest.mark.parametrize(
    ("status", "hours", "result", "words"),
    [
        (InstigatorStatus.RUNNING, 31, TickStatus.SUCCESS, "did not fire when it was due on 22 November 2026 at 02:00"),
        (InstigatorStatus.RUNNING, 7, TickStatus.FAILURE, "failed"),
        (InstigatorStatus.STOPPED, 7, TickStatus.SUCCESS, "switched off"),
    ],
)
def test_a_schedule_that_is_declared_but_does_not_run_is_found(
    instance: dg.DagsterInstance, status: InstigatorStatus, hours: int, result: TickStatus, words: str
) -> None:
    heartbeat(instance)
    state = seen(instance, status, NOW - dt.timedelta(days=9))
    tick(instance, state, NOW - dt.timedelta(hours=hours), result)
    passed, sentence = findings(instance)["nightly_fires"]
    assert not passed
    assert words in sentence


def test_a_refresh_that_is_too_long_ago_is_found(instance: dg.DagsterInstance) -> None:
    now = dt.datetime.now(dt.UTC)
    assert not refreshed_lately(instance, "refresh", now).passed
    refresh.execute_in_process(instance=instance)
    assert refreshed_lately(instance, "refresh", now + dt.timedelta(hours=25)).passed
    late = refreshed_lately(instance, "refresh", now + dt.timedelta(hours=27))
    assert not late.passed
    assert "a night was missed" in late.sentence


def test_what_the_standing_checks_find_is_told_once(
    settings: Settings, instance: dg.DagsterInstance, hook_server: socketserver.TCPServer
) -> None:
    checks = build_standing_checks(settings, [NIGHTLY])
    hourly = dg.define_asset_job(STANDING, selection=dg.AssetSelection.checks(checks))
    job = dg.Definitions(
        assets=[dg.AssetSpec(PUBLISHED_KEY)], asset_checks=[checks], jobs=[hourly], executor=dg.in_process_executor
    ).resolve_job_def(STANDING)
    _, _, standing_notice = build_notice_sensors(settings, refresh, hourly)

    def told() -> list[str]:
        run_id = job.execute_in_process(instance=instance).run_id
        hook_server.bodies.clear()  # type: ignore[attr-defined]
        standing_notice(ended(instance, run_id))
        return [sentence for body in hook_server.bodies for sentence in body["sentences"]]  # type: ignore[attr-defined]

    first = told()
    assert len(first) == 4
    assert any("Schedule nightly is declared but was never seen" in sentence for sentence in first)
    assert told() == []
    settings.warehouse_dir.mkdir()
    settings.published_path.write_text("damaged")
    (changed,) = told()
    assert f"{settings.published_path} cannot be read" in changed


def test_the_doctor_tells_what_is_to_be_mended_when_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, hook_server: socketserver.TCPServer
) -> None:
    found = [Finding("clock", True, "It is right."), Finding("daemon_runs", False, "It does not run; start it.")]
    monkeypatch.setattr("pipelines.operations.doctor.examine", lambda _: found)
    folders = ["--raw", str(settings.raw_dir), "--warehouse", str(settings.warehouse_dir)]
    assert CliRunner().invoke(app, ["doctor", *folders]).exit_code == 1
    assert hook_server.bodies == []  # type: ignore[attr-defined]
    assert CliRunner().invoke(app, ["doctor", "--notify", *folders]).exit_code == 1
    (body,) = hook_server.bodies  # type: ignore[attr-defined]
    assert body["subject"] == f"1 to mend on {socket.gethostname()}"
    assert body["sentences"] == ["It does not run; start it."]


def test_the_end_of_a_notice_without_a_run_names_none() -> None:
    alone = dataclasses.replace(NOTICE, run_id="")
    assert alone.text.endswith("\n\ndocs/runbooks/nightly-failed.md says what to do.\n")


# Retries


@pytest.mark.parametrize("number", [errno.ESTALE, errno.ETIMEDOUT, errno.EIO])
def test_a_share_that_went_away_is_tried_again(number: int) -> None:
    with pytest.raises(dg.RetryRequested) as asked, worth_retrying():
        raise RuntimeError("could not read") from OSError(number, "gone")
    assert (asked.value.max_retries, asked.value.seconds_to_wait) == (2, 60)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), OSError(errno.EACCES, "no"), ValueError("wrong")])
def test_what_does_not_mend_itself_fails_at_once(error: Exception) -> None:
    with pytest.raises(type(error)), worth_retrying():
        raise error


def test_a_build_database_that_somebody_has_open_is_tried_again(tmp_path: Path) -> None:
    assert passes_by_itself(duckdb.IOException("IO Error: Could not set lock on file x: Conflicting lock is held"))
    assert not passes_by_itself(duckdb.IOException("IO Error: disk is full"))


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("wall.example", False)],
)
def test_only_loopback_counts_as_this_machine_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


def test_a_server_on_all_addresses_is_found_by_the_machines_name() -> None:
    assert address("0.0.0.0", 3001) == f"http://{socket.gethostname()}:3001"
    assert address("127.0.0.1", 3001) == "http://127.0.0.1:3001"
    assert address("::1", 3001) == "http://[::1]:3001"
