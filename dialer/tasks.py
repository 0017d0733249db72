"""The queue's doorbell: what the queue runs, and how it is rung.

A message says only "look": it carries no content, may come twice, late or never. The rows are the truth, the work
functions named in `config.schedules` claim them, and the sweep rings once a minute for whatever nobody rang for.
Of the whole project only this module and `dialer.schedule_sync` know django-q2.
"""

import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import cache, wraps
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django_q.brokers import Broker, get_broker
from django_q.models import Failure
from django_q.tasks import async_task

from config.schedules import DEFAULT_QUEUE, SWEEP_FUNCTION
from dialer.models import Bell, Heartbeat

TICK_FUNCTION = "dialer.tasks.tick"
RING_LOST_AFTER = timedelta(seconds=30)  # a message that nobody took by then is taken for lost
FAILURES_KEPT = timedelta(days=7)

logger = logging.getLogger(__name__)


def ring(kind: str) -> None:
    """Let the queue look for due work of this kind, after the commit; a thousand rings are one message.

    A ring inside a transaction that is rolled back did not happen. A ring that fails is logged and not raised:
    the sweep makes up for it. Raises KeyError for a kind that `config.schedules` does not know.
    """
    queue = settings.WORK[kind].queue
    transaction.on_commit(lambda: _ring_now(kind, queue), robust=True)  # a partial would break Django's error log


def ring_for_sweep(queue: str) -> None:
    """Let the queue sweep now, as after a start, when nobody knows what was left undone."""
    _send(queue, SWEEP_FUNCTION, queue)


def _ring_now(kind: str, queue: str) -> None:
    Bell.objects.get_or_create(kind=kind)
    if not _silent_bells(kind).exists():
        return  # still ringing after our commit, so its tick will see our rows; no write lock is taken
    with transaction.atomic():  # the bell and its message, or neither
        if _silent_bells(kind).update(is_ringing=True, rung_at=Now()):
            _send(queue, TICK_FUNCTION, kind)


def _silent_bells(kind: str) -> QuerySet[Bell]:
    is_silent = Q(is_ringing=False) | Q(rung_at__isnull=True) | Q(rung_at__lt=Now() - RING_LOST_AFTER)
    return Bell.objects.filter(is_silent, kind=kind)


def _send(queue: str, function: str, argument: str) -> None:
    async_task(function, argument, broker=_broker(queue))


@cache
def _broker(queue: str) -> Broker:
    """Always by name: without one django-q2 takes the queue of the process that asks."""
    return get_broker(settings.Q_CLUSTER["name"] if queue == DEFAULT_QUEUE else queue)


def _logged(task: Callable[[str], None]) -> Callable[[str], None]:
    """A task that fails is a line in the log without any value, since messages may hold numbers and secrets."""

    @wraps(task)
    def run(name: str) -> None:
        try:
            task(name)
        except Exception as error:  # noqa: BLE001 - the queue would only keep the text; its time-out passes through
            logger.error("%s of %s stopped by %s (%s)", task.__name__, name, _type_name(error), _places(error))

    return run


def _type_name(error: Exception) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _places(error: Exception) -> str:
    """Where it happened, innermost first, without the text of any line."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[1:][-5:]))


@_logged
def tick(kind: str) -> None:
    """Do what is due of one kind, for TASK_BUDGET_SECONDS; what is left then is rung for again.

    An error ends this tick and not the kind: the sweep rings again within two minutes.
    """
    Bell.objects.filter(kind=kind).update(is_ringing=False)  # first, so that a ring from now on is a new message
    work = settings.WORK[kind]
    do_next = import_string(work.function)
    until = monotonic() + settings.TASK_BUDGET_SECONDS
    is_anything_done = False
    try:
        while do_next():
            is_anything_done = True
            if monotonic() >= until:
                ring(kind)
                break
    finally:
        if is_anything_done:
            for follower in work.then:
                ring(follower)


@_logged
def sweep(queue: str) -> None:
    """Ring every kind of work of this queue, and write down that the queue went the whole way to a worker."""
    Heartbeat.objects.update_or_create(queue=queue, defaults={"at": Now()})
    for kind, work in settings.WORK.items():
        if work.queue == queue:
            ring(kind)
    if queue == DEFAULT_QUEUE:
        Failure.objects.filter(stopped__lt=Now() - FAILURES_KEPT).delete()
