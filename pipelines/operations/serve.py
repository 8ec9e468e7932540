"""Dagster's webserver and daemon, started and ended together."""

from __future__ import annotations

import ipaddress
import logging
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from pipelines.operations.instance import prepare_home
from pipelines.settings import PROJECT_DIR, Settings
from pipelines.store.warehouse import WarehouseError

log = logging.getLogger("fpw.serve")

WORKSPACE = PROJECT_DIR / "workspace.yaml"
_END_SECONDS = 20


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on this address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Run the webserver and the daemon until this process is told to end, or one of them ends.

    The Data Docs, which Dagster's checks link to, are served on the port after the webserver's.

    Raises:
        WarehouseError: one of them ended by itself.
    """
    prepare_home(settings)
    settings.data_docs_dir.mkdir(parents=True, exist_ok=True)
    if settings.data_docs_url == Settings.model_fields["data_docs_url"].default:
        settings = settings.model_copy(update={"data_docs_url": f"http://{host}:{port + 1}"})
    pages = ["--bind", host, "--directory", str(settings.data_docs_dir), str(port + 1)]
    programs = {
        "server of the Data Docs": [Path(sys.executable).name, "-m", "http.server", *pages],
        "webserver": ["dagster-webserver", "--workspace", str(WORKSPACE), "--host", host, "--port", str(port)],
        "daemon": ["dagster-daemon", "run", "--workspace", str(WORKSPACE)],
    }
    if not is_loopback(host):
        log.warning(
            "Everybody who can reach %s can start runs: Dagster asks nobody for a name. Put the organisation's sign-on in "
            "front (docs/operations.md), or serve on 127.0.0.1.",
            host,
        )
    told: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    running = {name: _start(command, settings) for name, command in programs.items()}
    log.info("Dagster is on http://%s:%d (the webserver takes some seconds); Ctrl-C ends it", host, port)
    try:
        while not told:
            for name, process in running.items():
                if process.poll() is not None:
                    raise WarehouseError(
                        f"Dagster's {name} ended by itself (exit code {process.returncode}); what it wrote above says why. "
                        f"Is port {port} or {port + 1} taken, or another daemon running on {settings.dagster_home}?"
                    )
            time.sleep(0.5)
    finally:
        for process in running.values():
            process.terminate()
        end_by = time.monotonic() + _END_SECONDS
        for process in running.values():
            try:
                process.wait(max(0.1, end_by - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def _start(command: list[str], settings: Settings) -> subprocess.Popen[bytes]:
    program = str(Path(sys.executable).with_name(command[0]))
    # of one group of its own, so that Ctrl-C reaches this process alone, which then ends them in order
    return subprocess.Popen(
        [program, *command[1:]],
        env=settings.child_environment(DAGSTER_HOME=str(settings.dagster_home)),
        cwd=PROJECT_DIR,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
