"""The two programs beside the demo: the sandbox carrier and `manage.py serve`."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from dialer.supervisor import end_with

BASE_DIR = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90
STOP_SECONDS = 120
CALLS_PER_REAL_SECOND = 60  # how much faster than life the sandbox lets calls pass


class DidNotStart(Exception):
    """A program did not come up; `str(error)` says which."""


class SandboxProcess:
    """The sandbox's control door."""

    def __init__(self, address: str) -> None:
        self.address = address

    def configure(self, **switches: Any) -> None:
        body = json.dumps(switches).encode()
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.address}/_sandbox/configure", data=body, headers={"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("state")
        return found

    def calls(self) -> list[dict[str, Any]]:
        """Every call of every carrier."""
        found: list[dict[str, Any]] = self._ask("calls?limit=1000000")
        return found

    def _ask(self, name: str) -> Any:
        with urllib.request.urlopen(f"{self.address}/_sandbox/{name}", timeout=30) as answer:  # noqa: S310
            return json.load(answer)


@contextmanager
def sandbox(*apps: tuple[str, str]) -> Iterator[SandboxProcess]:
    """The sandbox as a process of its own, until the block ends. `apps` are its options such as ("--app", "id:key")."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [
            sys.executable,
            *("-m", "sandbox", "--port", "0", "--with-parent"),
            *("--speed", str(CALLS_PER_REAL_SECOND)),
            *(part for app in apps for part in app),
        ],
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if "listening on" not in line:
            raise DidNotStart("The sandbox did not start.")
        yield SandboxProcess(line.split()[-1])
    finally:
        _stop(process)


@contextmanager
def console(address: str) -> Iterator[None]:
    """Console and queue under their supervisor, until the block or this process ends, also when its terminal is closed.

    Healthy when the block begins.
    """
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=BASE_DIR,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=partial(end_with, os.getpid()),  # safe here: there are no threads in this process
        env=os.environ.copy(),
    )
    try:
        _wait_for(f"{address}/login/", process)
        yield
    finally:
        _stop(process)


def _wait_for(url: str, process: "subprocess.Popen[Any]") -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own loopback address
            return
        except OSError:
            time.sleep(0.3)
    raise DidNotStart("The console did not start.")


def _stop(process: "subprocess.Popen[Any]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
