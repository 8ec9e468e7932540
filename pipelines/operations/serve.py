"""Dagster's webserver and daemon, started and ended together."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

from pipelines.dbt_run import ensure_manifest
from pipelines.operations.instance import dagster_instance, prepare_home
from pipelines.settings import PROJECT_DIR, Settings
from pipelines.store.lock import held
from pipelines.store.warehouse import WarehouseError

log = logging.getLogger("fpw.serve")

WORKSPACE = PROJECT_DIR / "workspace.yaml"
ENDING = (signal.SIGTERM, signal.SIGINT)
_END_SECONDS = 20


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on this address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address(host: str, port: int) -> str:
    """Where a browser finds what listens on this host; what listens on all addresses goes by the machine's name."""
    everywhere = {"0.0.0.0", "::"}
    name = socket.gethostname() if host in everywhere else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Run the webserver and the daemon until this process is told to end, or one of them ends.

    The Data Docs, which Dagster's checks link to, are served on the port after the webserver's.

    Raises:
        WarehouseError: another process serves on this home of Dagster, a port is taken, or one of them ended by itself.
        pipelines.dbt_run.ModelError: dbt cannot parse the project.
    """
    home = settings.dagster_home
    prepare_home(settings)
    # Two daemons would each start the nightly run.
    with held(home, "serve", f"fpw serve is running on {home}", "end it, or set DAGSTER_HOME to another folder"):
        for number in (port, port + 1):
            _look_at_port(host, number)
        for signal_number in ENDING:
            signal.signal(signal_number, signal.default_int_handler)
        try:
            # Once, before both of them make it.
            ensure_manifest(settings)
            dagster_instance(settings).dispose()
        except KeyboardInterrupt:
            return
        _run(settings, host, port)


def _run(settings: Settings, host: str, port: int) -> None:
    settings.data_docs_dir.mkdir(parents=True, exist_ok=True)
    if settings.data_docs_url == Settings.model_fields["data_docs_url"].default:
        settings = settings.model_copy(update={"data_docs_url": address(host, port + 1)})
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

    for number in ENDING:
        signal.signal(number, end)
    running = {name: _start(command, settings, told) for name, command in programs.items()}
    log.info("Dagster is on %s (the webserver takes some seconds); Ctrl-C ends it", address(host, port))
    try:
        while not told:
            for name, (process, words) in running.items():
                if process.poll() is not None:
                    words.join(1)
                    raise WarehouseError(
                        f"Dagster's {name} ended by itself (exit code {process.returncode}); what it wrote above says why."
                    )
            time.sleep(0.5)
    finally:
        told.append(0)
        for process, _ in running.values():
            process.terminate()
        end_by = time.monotonic() + _END_SECONDS
        for process, _ in running.values():
            try:
                process.wait(max(0.1, end_by - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def _look_at_port(host: str, port: int) -> None:
    """Raise a sentence where nobody could listen on this port."""
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
            probe.bind(place)
    except OSError as error:
        raise WarehouseError(
            f"Port {port} of {host} cannot be listened on ({error.strerror}); end what uses it, or choose another --port "
            "(the one after it is used too) or --host."
        ) from error


def _start(command: list[str], settings: Settings, told: list[int]) -> tuple[subprocess.Popen[bytes], threading.Thread]:
    """A program, and the thread that passes on what it writes to standard error until it is `told` to end."""
    program = str(Path(sys.executable).with_name(command[0]))
    # of one group of its own, so that Ctrl-C reaches this process alone, which then ends them in order
    process = subprocess.Popen(
        [program, *command[1:]],
        env=settings.child_environment(DAGSTER_HOME=str(settings.dagster_home)),
        cwd=PROJECT_DIR,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    words = threading.Thread(target=_pass_on, args=(process.stderr, told), daemon=True)
    words.start()
    return process, words


def _pass_on(lines: Iterable[bytes], told: list[int]) -> None:
    for line in lines:
        if not told:  # being ended while it loads is told in a long trace
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()
