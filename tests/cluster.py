"""Real processes for tests: queues, the whole of `serve`, the sandbox, on the test's own database.

A test that uses them is marked `cluster` and takes the `transactional_db` fixture, since other processes see only
what is committed. Everything started here is found again by a mark in its environment, and nothing else is ended.

    with cluster.queue(tmp_path / "queue.log"):
        tasks.ring("dispatch")
        cluster.eventually(lambda: Batch.objects.filter(state=ACCEPTED).exists())
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection

MARK = "DIALER_TEST_RUN"
STOP_SECONDS = 20

Value = TypeVar("Value")


def eventually(condition: Callable[[], Value], seconds: float = 20, *, log: Path | None = None) -> Value:
    """The first true value of the condition, asked again and again; fails with the log when the time is over."""
    until, pause = monotonic() + seconds, Event()
    while not (value := condition()):
        if monotonic() > until:
            said = f"; the log says:\n{log.read_text()[-4000:]}" if log else ""
            raise AssertionError(f"did not happen within {seconds} s{said}")
        pause.wait(0.05)
    return value


def free_port() -> int:
    """A port of loopback that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True, kw_only=True)
class Process:
    """What the kernel tells about a running process."""

    pid: int
    parent: int
    session: int
    command: str
    environment: frozenset[str] = field(repr=False)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A started command, everything it has started in turn, and what they all say."""

    popen: "subprocess.Popen[bytes]"
    mark: str
    log: Path

    def processes(self) -> list[Process]:
        """All that are alive and stem from this command, orphans too, in the order of their numbers."""
        line = f"{MARK}={self.mark}"
        found = [_look_at(int(folder.name), line) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]
        return sorted(filter(None, found), key=lambda process: process.pid)

    def children_of(self, pid: int) -> list[Process]:
        return [process for process in self.processes() if process.parent == pid]

    def says(self, text: str) -> bool:
        return text in self.log.read_text()

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Ask the main process to stop, as an operator does, and return its exit code."""
        self.popen.terminate()
        return self.popen.wait(seconds)

    def end(self) -> None:
        """Afterwards nothing of it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
        while left := self.processes():
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            self.popen.poll()
        self.popen.wait()


@contextlib.contextmanager
def started(*argv: str, log: Path, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a command of the project until the block ends; its output goes to the end of the log."""
    mark = uuid.uuid4().hex
    environment = {**os.environ, **_settings_of_this_test(), **(env or {}), MARK: mark}
    with log.open("ab") as output:
        popen = subprocess.Popen(
            argv,
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,  # nobody is there to be asked
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    running = Running(popen=popen, mark=mark, log=log)
    try:
        yield running
    finally:
        running.end()


def manage(*arguments: str, log: Path, env: Mapping[str, str] | None = None) -> Any:
    """`manage.py ...` on the test database."""
    return started(sys.executable, "manage.py", *arguments, log=log, env=env)


def queue(log: Path, name: str = "", env: Mapping[str, str] | None = None) -> Any:
    """One queue alone, without a supervisor: the default one, or the one named."""
    return manage("qcluster", log=log, env={**({"Q_CLUSTER_NAME": name} if name else {}), **(env or {})})


def serve(log: Path, *options: str, port: int | None = None, env: Mapping[str, str] | None = None) -> Any:
    """The whole of `manage.py serve`; the web listens at the port on loopback."""
    address = {"WEB_ADDRESS": f"127.0.0.1:{port or free_port()}"}
    return manage("serve", *options, log=log, env={**address, **(env or {})})


def sandbox(log: Path, *options: str) -> Any:
    """The sandbox carrier; it says its address in its first line: `address_in(running)`."""
    return started(sys.executable, "-m", "sandbox", "--with-parent", *options, log=log)


def address_in(running: Running) -> str:
    """The address that a started sandbox says it listens at."""
    first = eventually(lambda: [line for line in running.log.read_text().splitlines() if "listening on" in line])
    return first[0].rpartition(" ")[2]


def database_url() -> str:
    """The test database as DATABASE_URL of another process."""
    of = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{of['NAME']}"
    return f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT'] or 5432}/{of['NAME']}"


def _settings_of_this_test() -> dict[str, str]:
    return {"DATABASE_URL": database_url(), "DATA_DIR": str(settings.DATA_DIR)}


def _look_at(pid: int, line: str) -> Process | None:
    folder = Path("/proc") / str(pid)
    try:
        environment = frozenset((folder / "environ").read_text(errors="replace").split("\0"))
        # After the name in brackets: state, parent, group, session.
        state, parent, _group, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
        command = (folder / "cmdline").read_text(errors="replace").replace("\0", " ").strip()
    except OSError:
        return None  # ended meanwhile
    if line not in environment or state == "Z":
        return None
    return Process(pid=pid, parent=int(parent), session=int(session), command=command, environment=environment)
