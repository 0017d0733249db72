"""Is the work being done? Asked of the rows that only a working queue writes.

The queue's own status looks well while nothing gets done, so it is not asked.
"""

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dialer.models import Heartbeat


def heartbeat_ages() -> dict[str, timedelta | None]:
    """How long ago each queue last worked, on the database's clock; None for one that never did."""
    age = ExpressionWrapper(Now() - F("at"), output_field=DurationField())
    known = dict(Heartbeat.objects.annotate(age=age).values_list("queue", "age"))
    return {queue: known.get(queue) for queue in settings.QUEUES}


def late_queues() -> Collection[str]:
    """The queues that have not worked for HEARTBEAT_LATE_SECONDS, or never."""
    late = timedelta(seconds=settings.HEARTBEAT_LATE_SECONDS)
    return [queue for queue, age in heartbeat_ages().items() if age is None or age > late]


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """For machines: 200 while the database answers and every queue works, else 503. Says nothing else to anybody."""
    try:
        is_well = not late_queues()
    except DatabaseError:
        is_well = False
    return JsonResponse({"status": "ok" if is_well else "failing"}, status=200 if is_well else 503)
