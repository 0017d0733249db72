"""The supervisor with small programs in the place of web and queues."""

import os
import signal
import sys
from itertools import pairwise

import pytest

from dialer import supervisor
from tests import cluster

pytestmark = pytest.mark.cluster

# Runs one shell command under a supervisor. Each line begins with the seconds since the start.
SCRIPT = """
import os, sys
from datetime import timedelta
from time import monotonic
from dialer.supervisor import Program, Supervisor

start, grace, shell = monotonic(), float(sys.argv[1]), sys.argv[2]
Supervisor(
    programs=[Program(name="it", argv=["/bin/sh", "-c", shell], environment=os.environ, queue="its queue")],
    grace_seconds=grace,
    late=timedelta(seconds=float(sys.argv[3])),
    heartbeat_ages=lambda: eval(sys.argv[4]),
    say=lambda text: print(f"{monotonic() - start:.2f} {text}", flush=True),
).run()
"""


@pytest.fixture
def supervised(tmp_path):
    """Start a supervisor over one shell command."""

    def start(shell: str, *, grace: float = 5, late: float = 1000, ages: str = "{}"):
        log = tmp_path / "log"
        return cluster.started(sys.executable, "-c", SCRIPT, str(grace), shell, str(late), ages, log=log)

    return start


@pytest.fixture(autouse=True)
def no_database(monkeypatch):
    """These programs need none, and `started` would ask for its name."""
    monkeypatch.setattr(cluster, "_settings_of_this_test", dict)


def starts(running: cluster.Running) -> list[float]:
    """When the program was started, in seconds."""
    return [float(line.split()[0]) for line in running.log.read_text().splitlines() if "it started" in line]


def test_what_fails_is_started_again_later_and_later(supervised):
    with supervised("exit 3") as running:
        times = cluster.eventually(lambda: (found := starts(running)) and len(found) == 3 and found)

        first, second = (later - earlier for earlier, later in pairwise(times))
        assert first >= 0.99  # the script rounds
        assert second >= 1.99
        assert running.says("it ended with code 3")
        assert running.stop() == 0


def test_what_an_ended_program_leaves_behind_is_killed_before_it_starts_again(supervised):
    with supervised("sleep 1000 & exit 0") as running:
        cluster.eventually(lambda: len(starts(running)) >= 2)

        assert len([process for process in running.processes() if process.command == "sleep 1000"]) <= 1
        assert running.stop() == 0
        assert running.processes() == []


def test_what_does_not_stop_is_killed_with_its_group_after_the_grace(supervised):
    with supervised("trap '' TERM; echo trapped; sleep 1000; sleep 1000", grace=1) as running:
        cluster.eventually(lambda: running.says("trapped"))

        assert running.stop() == 0
        assert running.says("it does not stop and is killed")
        assert running.processes() == []


def test_a_stop_goes_to_the_main_process_alone(supervised, tmp_path):
    told = tmp_path / "told"
    part = f"(while [ ! -e {told} ]; do sleep 0.1; done; echo finished)"
    with supervised(f"trap 'touch {told}; wait; exit 0' TERM; echo trapped; {part} & wait", grace=15) as running:
        cluster.eventually(lambda: running.says("trapped") and len(running.processes()) >= 3)

        assert running.stop() == 0
        assert running.says("finished")


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_way_to_say_stop_stops(supervised, told):
    with supervised("exec sleep 1000") as running:
        cluster.eventually(lambda: starts(running))
        running.popen.send_signal(told)

        assert running.popen.wait(cluster.STOP_SECONDS) == 0
        assert running.processes() == []


@pytest.mark.parametrize("ages", ["{'its queue': None}", "{'its queue': timedelta(seconds=2)}"])
def test_a_program_without_a_heartbeat_is_started_again_once_it_is_old_enough(supervised, ages):
    with supervised("exec sleep 1000", late=1, ages=ages) as running:
        times = cluster.eventually(lambda: (found := starts(running)) and len(found) == 2 and found)

        assert times[1] - times[0] > 1
        assert running.says("it has shown no heartbeat for 1 s")


@pytest.mark.parametrize("ages", ["{'its queue': timedelta(seconds=0.5)}", "{}", "{'another': None}"])
def test_a_program_is_left_alone_while_its_heartbeat_is_young_or_not_known(supervised, ages):
    # The loop turns at least every half second, so after four looks it has had its chance.
    ages = f"print('look', flush=True) or {ages}"
    with supervised("exec sleep 1000", late=1, ages=ages) as running:
        cluster.eventually(lambda: running.log.read_text().count("look") >= 4)

        assert len(starts(running)) == 1
        assert not running.says("no heartbeat")


def test_orphans_that_become_ours_are_buried():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)

    supervisor._reap_strangers({child})
    assert os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG)  # one of our own is left to its turn

    supervisor._reap_strangers(set())
    with pytest.raises(ChildProcessError):
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG)
