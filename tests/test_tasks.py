from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Task

from config.schedules import DEFAULT_QUEUE, LONG_QUEUE, Work
from dialer import tasks
from dialer.health import heartbeat_ages
from dialer.models import Bell, Heartbeat
from dialer.schedule_sync import sync_after_migrate, sync_schedules
from tests import cluster

pytestmark = pytest.mark.django_db

due: list[str] = []
done: list[str] = []
SECRET = "+8613800001234 and a key"


def do_next() -> bool:
    """A work function: one unit of what is due, and whether there was any."""
    if not due:
        return False
    done.append(due.pop(0))
    if done[-1] == "broken":
        raise ValueError(SECRET)
    if done[-1] == "timed out":
        raise SystemExit
    return True


@pytest.fixture(autouse=True)
def two_kinds_of_work(settings):
    settings.WORK = {
        "letters": Work(function=f"{__name__}.do_next", queue=DEFAULT_QUEUE, then=("parcels",)),
        "parcels": Work(function=f"{__name__}.do_next", queue=LONG_QUEUE),
    }
    due.clear()
    done.clear()


@pytest.fixture
def rung(django_capture_on_commit_callbacks):
    """Call, commit, and tell which messages lie in the queues."""

    def call(function, *arguments):
        with django_capture_on_commit_callbacks(execute=True):
            function(*arguments)
        return messages()

    return call


def messages() -> list[tuple[str, str, str]]:
    return [(row.key, row.task["func"], *row.task["args"]) for row in OrmQ.objects.order_by("pk")]


def test_a_ring_waits_for_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tasks.ring("letters")
        assert messages() == []

    assert messages() == [("dialer", "dialer.tasks.tick", "letters")]


@pytest.mark.django_db(transaction=True)
def test_a_ring_of_a_transaction_that_is_undone_did_not_happen():
    with transaction.atomic():
        tasks.ring("letters")
        transaction.set_rollback(True)

    assert messages() == []


def test_each_kind_is_rung_for_on_its_own_queue(rung):
    assert rung(tasks.ring, "parcels") == [("long", "dialer.tasks.tick", "parcels")]


def test_the_default_queue_is_named_even_where_another_queue_asks(rung, monkeypatch):
    tasks._broker.cache_clear()
    monkeypatch.setattr("django_q.conf.Conf.CLUSTER_NAME", "long")  # as in the process of that queue

    assert rung(tasks.ring, "letters")[0][0] == "dialer"


def test_a_thousand_rings_are_one_message(rung):
    def ring_often():
        for _ in range(1000):
            tasks.ring("letters")

    assert len(rung(ring_often)) == 1


def test_a_ring_whose_message_got_lost_is_repeated_after_half_a_minute(rung):
    rung(tasks.ring, "letters")
    OrmQ.objects.all().delete()
    assert rung(tasks.ring, "letters") == []

    Bell.objects.update(rung_at=Now() - timedelta(seconds=31))

    assert len(rung(tasks.ring, "letters")) == 1


def test_a_message_that_can_not_be_sent_leaves_no_bell_ringing(rung, monkeypatch, caplog):
    def refuse(*_, **__):
        raise OSError("the queue is away")

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "async_task", refuse)
        rung(tasks.ring, "letters")
    assert "the queue is away" in caplog.text

    assert len(rung(tasks.ring, "letters")) == 1


def test_an_unknown_kind_is_the_callers_mistake():
    with pytest.raises(KeyError):
        tasks.ring("postcards")


def test_a_tick_works_until_nothing_is_due_and_rings_for_what_follows(rung):
    due.extend(["a", "b", "c"])

    assert rung(tasks.tick, "letters") == [("long", "dialer.tasks.tick", "parcels")]
    assert done == ["a", "b", "c"]


def test_a_tick_that_found_nothing_rings_for_nothing(rung):
    assert rung(tasks.tick, "letters") == []


def test_a_tick_stops_when_its_budget_is_over_and_rings_again(rung, settings):
    settings.TASK_BUDGET_SECONDS = 0
    due.extend(["a", "b"])

    rung(tasks.tick, "letters")

    assert done == ["a"]
    assert ("dialer", "dialer.tasks.tick", "letters") in messages()


def test_a_ring_during_a_tick_is_a_new_message(rung):
    rung(tasks.ring, "letters")
    tasks.tick("letters")

    assert len(rung(tasks.ring, "letters")) == 2


def test_an_error_ends_the_tick_and_is_logged_without_its_words(rung, caplog):
    due.extend(["a", "broken", "c"])

    assert tasks.tick("letters") is None

    assert done == ["a", "broken"]
    assert "tick of letters stopped by builtins.ValueError" in caplog.text
    assert "test_tasks.py:" in caplog.text
    assert SECRET not in caplog.text


def test_what_was_done_before_an_error_is_still_rung_for(rung):
    due.extend(["a", "broken"])

    assert rung(tasks.tick, "letters") == [("long", "dialer.tasks.tick", "parcels")]


def test_the_queues_own_time_out_is_not_swallowed():
    due.append("timed out")

    with pytest.raises(SystemExit):
        tasks.tick("letters")


def test_a_kind_that_no_longer_exists_ends_quietly(caplog):
    tasks.tick("postcards")

    assert "tick of postcards stopped by builtins.KeyError" in caplog.text


def test_a_sweep_rings_every_kind_of_its_queue_and_shows_a_heartbeat(rung):
    assert rung(tasks.sweep, LONG_QUEUE) == [("long", "dialer.tasks.tick", "parcels")]
    assert list(Heartbeat.objects.values_list("queue", flat=True)) == [LONG_QUEUE]


def test_a_second_sweep_renews_the_heartbeat():
    Heartbeat.objects.create(queue=LONG_QUEUE, at=timezone.now() - timedelta(hours=1))

    tasks.sweep(LONG_QUEUE)

    assert timedelta(0) <= heartbeat_ages()[LONG_QUEUE] < timedelta(seconds=30)


def test_the_default_sweep_forgets_failures_after_a_week():
    for name, days in (("old", 8), ("new", 6)):
        at = timezone.now() - timedelta(days=days)
        Task.objects.create(id=name, name=name, func="x.y", started=at, stopped=at, success=False)

    tasks.sweep(LONG_QUEUE)
    assert Failure.objects.count() == 2

    tasks.sweep(DEFAULT_QUEUE)
    assert list(Failure.objects.values_list("name", flat=True)) == ["new"]


def test_there_is_one_schedule_for_each_queue_however_often_it_is_made():
    sync_schedules()
    sync_schedules()

    rows = Schedule.objects.order_by("pk").values_list("func", "args", "cluster", "schedule_type", "minutes", "repeats")
    assert list(rows) == [
        ("dialer.tasks.sweep", "('default',)", None, "I", 1, -1),
        ("dialer.tasks.sweep", "('long',)", "long", "I", 1, -1),
    ]


def test_schedules_of_older_versions_and_doubles_go_and_those_of_others_stay():
    sync_schedules()
    kept = list(Schedule.objects.order_by("pk").values_list("pk", flat=True))
    Schedule.objects.create(name="dialer: sweep default", func="dialer.tasks.sweep")
    Schedule.objects.create(name="an old name", func="dialer.tasks.sweep_everything")
    other = Schedule.objects.create(name="theirs", func="elsewhere.work")

    sync_schedules()

    assert list(Schedule.objects.order_by("pk").values_list("pk", flat=True)) == [*kept, other.pk]


def test_a_spoilt_schedule_is_repaired_and_due_at_once():
    sync_schedules()
    Schedule.objects.update(args="not python", cluster="x", next_run=timezone.now() + timedelta(days=400))

    sync_schedules()

    assert set(Schedule.objects.values_list("args", "cluster")) == {("('default',)", None), ("('long',)", "long")}
    assert not Schedule.objects.filter(next_run__gt=timezone.now()).exists()


def test_migrating_makes_the_schedules():
    Schedule.objects.all().delete()

    sync_after_migrate(using="default")

    assert Schedule.objects.count() == 2


def test_migrating_one_app_alone_is_no_error(monkeypatch):
    Schedule.objects.all().delete()
    monkeypatch.setattr(connection.introspection, "table_names", lambda: ["auth_user"])

    sync_after_migrate(using="default")

    assert not Schedule.objects.exists()


def test_nobody_can_make_the_queue_run_a_function_from_the_console():
    assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [DEFAULT_QUEUE, LONG_QUEUE])
def test_a_real_queue_shows_its_heartbeat_through_all_its_parts(tmp_path, name):
    log = tmp_path / "queue.log"
    with cluster.queue(log, "" if name == DEFAULT_QUEUE else name) as queue:
        tasks.ring_for_sweep(name)

        cluster.eventually(lambda: heartbeat_ages()[name] is not None, log=log)

        assert queue.stop() == 0
        assert queue.processes() == []
