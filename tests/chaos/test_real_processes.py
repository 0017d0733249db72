"""The whole of `manage.py serve` and the sandbox, as they run in life, killed in parts and whole at random moments.

CHAOS_ROUNDS campaigns go through it, each with kills of its own; CHAOS_SEED, which is printed, repeats their order.
"""

import os
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from threading import Event

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from config.schedules import WORK
from dialer import tasks
from dialer.flow import intake, ledger, lifecycle
from dialer.models import Batch, ContactList
from recordings import archive
from recordings.models import Recording
from tests import cluster
from tests.chaos import worker
from tests.chaos.schedule import PLAY_VOICE
from tests.chaos.stage import Stage
from tests.chaos.verdict import verdict

pytestmark = pytest.mark.cluster

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "3"))
SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**9))
KILLS = 4  # in each round, and at its end everything at once
LONGEST_PAUSE_SECONDS = 1.0
ANSWER_SECONDS = 0.3
PATIENCE_SECONDS = 90


def serving(stage: Stage) -> AbstractContextManager[cluster.Running]:
    environment = {"DATA_DIR": str(stage.folder), "DJANGO_SETTINGS_MODULE": "tests.chaos.settings"}
    return cluster.serve(stage.folder / "serve.log", "--grace", "3", port=stage.web_port, env=environment)


def launch(stage: Stage) -> None:
    people = (stage.folder / "people.csv").read_bytes()
    worker.confirm(intake.upload(stage.campaign, SimpleUploadedFile("people.csv", people)))
    eventually(stage, lambda: ContactList.objects.get().state == ContactList.State.READY)
    lifecycle.launch(stage.campaign)
    tasks.ring("dispatch")


def eventually(stage: Stage, condition: Callable[[], object]) -> None:
    cluster.eventually(condition, PATIENCE_SECONDS, log=stage.folder / "serve.log")


def strike(stage: Stage, served: cluster.Running, dice: random.Random) -> str:
    """Kill the carrier, one process of ours, or all of them; what was struck."""
    if dice.random() < 0.2:
        stage.stop_carrier()
        stage.start_carrier()
        return "the carrier"
    processes = served.processes()
    if dice.random() < 0.15:
        kill(processes)
        return "all processes"
    if not processes:
        return "nothing, nobody is left"
    victim = dice.choice(processes)
    kill([victim])
    return victim.command.rpartition("/")[2]


def kill(processes: list[cluster.Process]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            process.kill()


def is_over(stage: Stage) -> bool:
    """Asks for everything on the way, as an operator may at any time, instead of waiting for minutes."""
    ledger.ask_now(stage.account)
    Batch.objects.filter(state=Batch.State.WAITING).update(due_at=timezone.now())
    for recording in Recording.objects.filter(state=Recording.State.DUE):
        archive.ask_again(recording)
    for kind in WORK:
        tasks.ring(kind)
    return stage.is_over()


@pytest.mark.parametrize("number", range(ROUNDS))
def test_nobody_is_called_twice_or_lost(
    number: int, open_stage: Callable[..., Stage], capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED + number)
    stage = open_stage([dice.randrange(100) for _ in range(40)], batch_size=4)
    stage.start_carrier()
    stage.tell("configure", always={PLAY_VOICE: f"slow:{ANSWER_SECONDS}"})  # so that kills come while it goes on
    struck = []

    with serving(stage) as served:
        launch(stage)
        for _ in range(KILLS):
            Event().wait(dice.uniform(0, LONGEST_PAUSE_SECONDS))  # the random moment
            struck.append(strike(stage, served, dice))
        kill(served.processes())
    stage.pass_time()
    with serving(stage):
        eventually(stage, lambda: is_over(stage))

    found = verdict(stage)
    with capsys.disabled():
        print(f"\nCHAOS_SEED={SEED}, round {number}: killed {', '.join(struck)}; uncertain {found.uncertain}")  # noqa: T201
    assert found.problems == ()
