"""One sweep a minute for each queue: the only rows in django-q2's table of schedules that are ours.

Operators have no schedules. One row that can't be read stops all the others, and whoever may write one may run any
function, so the rows are made here and nowhere else.
"""

from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone
from django_q.models import Schedule

from config.schedules import DEFAULT_QUEUE, SWEEP_FUNCTION, SWEEP_MINUTES
from dialer.models import Seat

NAME_PREFIX = "dialer: "
OURS = Q(name__startswith=NAME_PREFIX) | Q(func__startswith="dialer.") | Q(func__startswith="recordings.")


def sync_schedules() -> None:
    """Afterwards there is one schedule for each queue, due at once, and none of ours besides. May be repeated."""
    with transaction.atomic():
        _wait_for_others()
        kept = [_sync(queue).pk for queue in settings.QUEUES]
        Schedule.objects.filter(OURS).exclude(pk__in=kept).delete()


def sync_after_migrate(*, using: str, **_: Any) -> None:
    """Receiver of `post_migrate`; does nothing while the tables of only some of the apps are there."""
    needed = {Schedule._meta.db_table, Seat._meta.db_table}
    if needed <= set(connections[using].introspection.table_names()):
        sync_schedules()


def _wait_for_others() -> None:
    """The name of a schedule is not unique, so two machines that start together have to take turns."""
    Seat.objects.get_or_create(name="schedules")
    Seat.objects.select_for_update().get(name="schedules")


def _sync(queue: str) -> Schedule:
    name = f"{NAME_PREFIX}sweep {queue}"
    row = Schedule.objects.filter(name=name).order_by("pk").first() or Schedule(name=name)
    row.func = SWEEP_FUNCTION
    row.args = repr((queue,))
    row.kwargs = row.hook = row.cron = row.intended_date_kwarg = None
    row.cluster = None if queue == DEFAULT_QUEUE else queue
    row.schedule_type, row.minutes, row.repeats = Schedule.MINUTES, SWEEP_MINUTES, -1
    row.next_run = timezone.now()
    row.save()
    return row
