"""A parent with Django loaded that forks processes on demand, so that a life costs milliseconds.

Run as `python -m tests.chaos.nursery`: one line of JSON in, the number of the forked process out. It never opens
the database. Everything here ends together with the process that started it.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Nursery:
    """The driver's side: starts the parent and asks it for children."""

    def __init__(self, *, environment: dict[str, str], log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.chaos.settings", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def fork(self, **orders: Any) -> int:
        """The number of a new process that follows the orders."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(orders).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the nursery has ended; see {self._log.name}")
        return int(answer)

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._process, self._log:
            self._process.kill()


def main() -> None:
    _end_with(os.getppid())
    _warm_up()
    from tests.chaos import worker

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    parent = os.getpid()
    for line in sys.stdin.buffer:
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line), parent, worker)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _live(orders: dict[str, Any], parent: int, worker: Any) -> None:
    """The whole life of a child; does not return."""
    code = 1
    try:
        _end_with(parent)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        worker.play(orders)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _warm_up() -> None:
    """Load what a life needs, without opening the database."""
    import django

    django.setup()
    from django.conf import settings
    from django.urls import get_resolver
    from django.utils.module_loading import import_string

    from dialer import phone

    for work in settings.WORK.values():
        import_string(work.function)
    get_resolver().url_patterns  # noqa: B018 - loads them
    phone.read("081234567890", country="ID")


def _end_with(parent: int) -> None:
    """Linux kills this process when its parent dies."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main()
