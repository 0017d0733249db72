"""Keeps a few programs running, each with everything it has started, and stops them in good order.

Knows neither Django nor the queue. Linux only: it relies on process groups, on a parent's death as a signal, on
signals that are waited for instead of handled, and on /proc.

A killed program leaves its children behind, and they would work on without a guard. So each program gets a session
of its own; when it ends, for whatever reason, the rest of its group is killed before it is started again. A stop
goes to the main process alone, which then stops its own: a signal to the whole group makes django-q2 hang for ever.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep

WAITED_FOR = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
TURN_SECONDS = 0.5
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 1.0, 30.0
STEADY_AFTER_SECONDS = 60  # a program that ran so long starts again after the first delay
WEDGED_GRACE_SECONDS = 10  # for a queue that does nothing anyway
MARK = "DIALER_SERVED_FROM"  # in the environment of everything that is started here
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)

Say = Callable[[str], None]


class AlreadyRunning(Exception):
    """Another supervisor holds the lock; the text says which."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A command to keep running; `queue` names the heartbeat that tells whether it works, if there is one."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    queue: str | None = None


@contextlib.contextmanager
def only_supervisor(lock: Path) -> Iterator[None]:
    """Hold the lock file until the end, also an end by SIGKILL. Raises AlreadyRunning if another process does."""
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise AlreadyRunning(file.read().strip() or "unknown") from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {os.uname().nodename}\n")
        file.flush()
        yield


def end_with(parent: int) -> None:
    """For a child that is about to become another program: it is told to stop as soon as its parent is dead."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)  # it died before we could ask to be told


def end_leftovers(mark: str, *, patience_seconds: float, say: Say) -> None:
    """Afterwards nothing runs that carries this mark. Only the holder of the lock may ask for it.

    The mains were told to stop when their supervisor died, so they get the time to finish what they have begun.
    """
    until = monotonic() + patience_seconds
    left = _marked(mark)
    if left:
        say(f"waiting for {len(left)} processes of an earlier run to finish")
    while left and monotonic() < until:
        sleep(TURN_SECONDS)
        left = _marked(mark)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _marked(mark: str) -> list[int]:
    line = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):  # ended meanwhile, or another user's
                if line in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


class _Child:
    """One program with its process group: not started, running, or waiting to be started again."""

    def __init__(self, program: Program, say: Say) -> None:
        self.program = program
        self.say = say
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.delay_seconds = 0.0
        self.start_after = 0.0
        self.kill_after: float | None = None

    @property
    def is_stopping(self) -> bool:
        return self.kill_after is not None

    @property
    def uptime(self) -> timedelta:
        return timedelta(seconds=monotonic() - self.started)

    def start(self) -> None:
        supervisor = os.getpid()

        def before_exec() -> None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)  # a program inherits the mask
            end_with(supervisor)

        self.process = subprocess.Popen(  # noqa: S603 - commands of our own making
            self.program.argv,
            env=dict(self.program.environment),
            start_new_session=True,
            preexec_fn=before_exec,  # safe here: there are no threads in this process
        )
        self.started, self.kill_after = monotonic(), None
        self.say(f"{self.program.name} started, process {self.process.pid}")

    def stop(self, grace_seconds: float) -> None:
        """Ask the main process to stop; after the grace `turn` kills the group."""
        if self.process and not self.is_stopping:
            self.kill_after = monotonic() + grace_seconds
            self.process.terminate()

    def turn(self) -> None:
        """Notice the end, or enforce it when the grace is over."""
        if not self.process:
            return
        # Only look (WNOWAIT): as long as the main process is not reaped, its number can't be another group's.
        if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            self._bury(self.process)
        elif self.kill_after is not None and monotonic() > self.kill_after:
            self.say(f"{self.program.name} does not stop and is killed")
            self._kill_group(self.process)

    def _bury(self, process: "subprocess.Popen[bytes]") -> None:
        self._kill_group(process)
        code = process.wait()
        seconds = self.uptime.total_seconds()
        is_steady = seconds > STEADY_AFTER_SECONDS or self.is_stopping
        doubled = min(max(self.delay_seconds * 2, FIRST_DELAY_SECONDS), LONGEST_DELAY_SECONDS)
        self.delay_seconds = FIRST_DELAY_SECONDS if is_steady else doubled
        self.start_after = monotonic() + self.delay_seconds
        self.process = None
        self.say(f"{self.program.name} ended with code {code} after {seconds:.0f} s")

    def _kill_group(self, process: "subprocess.Popen[bytes]") -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """Runs the programs until it is told to stop.

    `heartbeat_ages` gives the age of each queue's heartbeat, None for one that never was; a queue that it leaves
    out is not judged (the database may be away, which is no reason to kill anything). `each_turn` is called twice a
    second and has to be quick.
    """

    programs: Sequence[Program]
    grace_seconds: float
    late: timedelta
    heartbeat_ages: Callable[[], Mapping[str, timedelta | None]]
    say: Say
    each_turn: Callable[[], None] = lambda: None

    def run(self) -> None:
        """Return after SIGTERM, SIGINT or SIGHUP, when every program and every group has ended."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
        children = [_Child(program, self.say) for program in self.programs]
        is_stopping = False
        looked_at = monotonic()
        while not is_stopping or any(child.process for child in children):
            self._turn(children, is_stopping=is_stopping)
            if not is_stopping and monotonic() - looked_at > min(5.0, self.late.total_seconds() / 4):
                looked_at = monotonic()
                self._stop_wedged(children)
            told = signal.sigtimedwait(WAITED_FOR, TURN_SECONDS)
            if told and told.si_signo != signal.SIGCHLD:
                if not is_stopping:
                    self.say(f"stopping; what is under way may take up to {self.grace_seconds:.0f} s to finish")
                is_stopping = True
                for child in children:
                    child.stop(self.grace_seconds)

    def _turn(self, children: list[_Child], *, is_stopping: bool) -> None:
        for child in children:
            child.turn()
            if not child.process and not is_stopping and monotonic() >= child.start_after:
                child.start()
        _reap_strangers({child.process.pid for child in children if child.process})
        if not is_stopping:
            self.each_turn()

    def _stop_wedged(self, children: list[_Child]) -> None:
        """django-q2 can stop working for good and look healthy; its heartbeat can't."""
        ages = self.heartbeat_ages()
        for child in children:
            queue = child.program.queue
            is_young = not child.process or child.is_stopping or child.uptime < self.late
            if is_young or queue is None or queue not in ages:
                continue
            age = ages[queue]
            if age is None or age > self.late:
                self.say(f"{child.program.name} has shown no heartbeat for {self.late.total_seconds():.0f} s")
                child.stop(min(self.grace_seconds, WEDGED_GRACE_SECONDS))


def _reap_strangers(own: set[int]) -> None:
    """As process 1 of a container we inherit what others have left, and have to bury it."""
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in own:
                return  # its own turn comes first
            os.waitpid(ended.si_pid, 0)
