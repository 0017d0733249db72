"""What else can go wrong around a campaign, one bad day after another. Nobody is called twice, nobody is lost."""

import json
import random
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django_q.models import OrmQ

from dialer import tasks
from dialer.models import Account, Attempt, Batch, Bell, Callback, CallRecord, Seat
from recordings.models import Recording
from tests.chaos.schedule import PLAY_VOICE
from tests.chaos.stage import HOUR, Life, Process, Stage, Wave, until
from tests.chaos.verdict import Verdict, verdict
from tests.factories import make_account

pytestmark = pytest.mark.cluster

OpenStage = Callable[..., Stage]


def healed(stage: Stage) -> Verdict:
    """The verdict after undisturbed work."""
    stage.heal()
    return verdict(stage)


def states() -> set[str]:
    return set(Batch.objects.values_list("state", flat=True))


def door(stage: Stage, account: Account) -> str:
    path = reverse("callback", args=[account.pk, account.callback_secret, "bills"])
    return f"http://127.0.0.1:{stage.web_port}{path}"


def push(address: str, body: bytes) -> None:
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def test_a_carrier_that_is_down_for_hours_gets_everything_afterwards(open_stage: OpenStage) -> None:
    stage = open_stage()

    for _ in range(3):
        stage.live(Wave(has_carrier=False))
        assert states() == {Batch.State.WAITING}

    found = healed(stage)
    assert found.problems == ()
    assert found.uncertain == 0


def test_a_page_instead_of_an_answer_is_never_answered_by_a_second_launch(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.start_carrier()
    stage.tell("configure", always={PLAY_VOICE: "html_before_accept"})
    stage.live()
    stage.tell("configure", always={})

    found = healed(stage)

    assert found.problems == ()
    assert found.uncertain == len(stage.people)
    assert stage.state()["requests"][PLAY_VOICE] == Batch.objects.count()


def test_a_page_instead_of_a_yes_is_cleared_up_by_the_bills(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.start_carrier()
    stage.tell("configure", always={PLAY_VOICE: "html_after_accept"})

    found = healed(stage)

    assert found.problems == ()
    assert found.uncertain == 0


def test_callbacks_may_be_faster_than_the_answer_to_the_launch(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.start_carrier()
    stage.tell("configure", always={PLAY_VOICE: "callback_before_answer"})

    stage.live(Wave(workers=[Life(), Life()]))

    found = healed(stage)
    assert found.problems == ()
    assert found.uncertain == 0


def test_what_another_accounts_address_receives_changes_nothing(open_stage: OpenStage) -> None:
    stage = open_stage(switches={"callbacks": "lost"})
    stage.live(Wave(workers=[Life(place="before bills are posted")]))
    other = make_account()
    calls = [call for call in stage.ask("calls") if call["bill"]]
    for call in calls:
        bill = {
            "id": call["bill"],
            "customuuid": call["reference"],
            "destnumber": call["number"],
            "billsec": 99,
            "direction": "callout",
        }
        push(door(stage, other), json.dumps(bill).encode())

    found = healed(stage)

    assert found.problems == ()
    foreign = CallRecord.objects.filter(account=other)
    assert foreign.count() == len(calls) > 0
    assert not foreign.exclude(batch=None, attempt=None, campaign=None).exists()


def test_the_pull_alone_finds_everything(open_stage: OpenStage) -> None:
    stage = open_stage(switches={"callbacks": "lost"})

    found = healed(stage)

    assert found.problems == ()
    assert not Callback.objects.exists()
    assert CallRecord.objects.filter(by_pull_at__isnull=False).count() == len(stage.people)


@pytest.mark.parametrize("callbacks", ["doubled", "shuffled"])
def test_callbacks_in_any_order_and_number_change_nothing(callbacks: str, open_stage: OpenStage) -> None:
    stage = open_stage(switches={"callbacks": callbacks})
    assert healed(stage).problems == ()
    before = list(Attempt.objects.order_by("pk").values())
    bodies = [bytes(body) for body in Callback.objects.values_list("body", flat=True)] * 3
    random.Random(7).shuffle(bodies)

    stage.start_web()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda body: push(door(stage, stage.account), body), bodies))
    stage.live()

    assert verdict(stage).problems == ()
    assert list(Attempt.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    "place",
    ["before a list is claimed", "after a batch is committed", "after the launch is posted"],
)
def test_a_queue_emptied_by_hand_is_filled_by_one_sweep(place: str, open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.live(Wave(workers=[Life(place=place)]))
    for model in (OrmQ, Bell, Seat):
        model.objects.all().delete()

    found = healed(stage)

    assert found.problems == ()
    assert found.uncertain == 0


@pytest.mark.parametrize(
    "place", ["after a batch is claimed", "after the launch is posted", "before recordings are enrolled"]
)
def test_a_clock_set_back_an_hour_repeats_nothing(place: str, open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.live(Wave(workers=[Life(place=place)]))
    stage.pass_time(-2 * HOUR)  # the hour that has passed, and one in which it is earlier than what was noted

    worker = stage.start_worker()
    assert worker.has_ended(20)
    stage.pass_time()

    assert healed(stage).problems == ()
    assert stage.state()["requests"][PLAY_VOICE] <= Batch.objects.count()


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[], None]]:
    """A full file system at the folder; what is yielded makes it large. Skips where nothing can be mounted."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can't be mounted here (mount of a tmpfs needs root)")
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=50m", str(folder)], check=True) and None
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_recordings_wait_for_room_on_a_full_disk(open_stage: OpenStage) -> None:
    stage = open_stage()
    with small_disk(Path(settings.MEDIA_ROOT) / "recordings") as make_room:
        stage.live()
        stage.quiet_carrier()
        stage.live()
        full = Recording.objects.filter(state=Recording.State.DUE, complaint__contains="No space left")
        assert full.exists()
        (stage.folder / "problems").unlink()  # a full disk is told loudly, and rightly
        make_room()

        assert healed(stage).problems == ()


def test_an_answer_that_a_locked_database_kept_from_being_noted_is_found_by_bills(open_stage: OpenStage) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has one lock for the whole database")
    stage = open_stage(batch_size=4, switches={"callbacks": "lost"})
    stage.start_carrier()
    stage.tell("next", fates=["slow:0.5"])
    worker = stage.start_worker(database_patience_seconds=0.3)
    until(lambda: stage.state()["batches"])

    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert worker.has_ended(20)
        other.execute("ROLLBACK")

    assert Batch.objects.get().state == Batch.State.SENDING
    (stage.folder / "problems").unlink()  # it is told loudly, and rightly
    stage.pass_time()
    found = healed(stage)
    assert found.problems == ()
    assert found.uncertain == 0


def test_a_task_rung_a_hundred_times_at_once_sends_each_batch_once(open_stage: OpenStage) -> None:
    stage = open_stage(batch_size=2)
    stage.live(Wave(workers=[Life(place="after the launch is committed")]))
    for kind in ("dispatch", "bills", "callbacks", "settle", "recordings"):
        for _ in range(100):
            tasks._send(settings.WORK[kind].queue, tasks.TICK_FUNCTION, kind)

    stage.live(Wave(workers=[Life(), Life(), Life()]))

    found = healed(stage)
    assert found.problems == ()
    assert found.uncertain == 0
    assert stage.state()["requests"][PLAY_VOICE] == Batch.objects.count()


LONGER_THAN_ANY_CLAIM = timedelta(minutes=10)  # and shorter than files of killed processes are kept


def fallen_asleep(stage: Stage, place: str) -> Process:
    """A worker that stands still at the place; some places come only with callbacks or bills."""
    for _ in range(6):
        worker = stage.start_worker(Life(place=place, is_frozen=True))
        until(lambda of=worker: stage.deaths() or of.has_ended())
        if stage.deaths():
            return worker
        stage.quiet_carrier()
        stage.pass_time()
    raise AssertionError(f"{place!r} was never reached")


# None of them inside a transaction: on one machine, which SQLite means, all would sleep at the same time.
@pytest.mark.parametrize(
    "place",
    [
        "after a list is claimed",
        "after a batch is claimed",
        "before the launch is connected",
        "before the answer to the launch",
        "before the answer is noted",
        "after a callback is applied",
        "before the window of bills is noted",
        "before the recording is written",
        "before the recording is renamed",
        "before the recording is noted",
    ],
)
def test_a_machine_that_slept_past_its_claim_wakes_up_to_no_harm(place: str, open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.start_carrier()
    stage.start_web()
    sleeper = fallen_asleep(stage, place)
    stage.pass_time(LONGER_THAN_ANY_CLAIM)
    stage.live(Wave(rest=LONGER_THAN_ANY_CLAIM))

    sleeper.thaw()
    assert sleeper.has_ended(20)
    stage.pass_time()

    assert healed(stage).problems == ()
