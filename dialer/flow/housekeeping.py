"""What grows without end is cut: old exchanges, exports, notices, sessions, unfinished uploads, programs’ answers.

Calls and recordings are never touched.
"""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.utils import timezone

from dialer.flow import exports, notices, uploads, webhook_delivery
from dialer.models import ApiAnswer, CarrierExchange

AT_A_TIME = 2000
ANSWERS_KEPT = timedelta(days=1)  # in which a program may repeat a request under its key


def prune_next() -> bool:
    """Remove some of what is too old; whether there was so much that another turn is worth it."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    exports.expire()
    notices.prune(now=timezone.now())
    uploads.prune(now=timezone.now())
    too_old = CarrierExchange.objects.filter(at__lt=timezone.now() - timedelta(days=settings.EXCHANGES_KEPT_DAYS))
    keys = list(too_old.order_by("pk").values_list("pk", flat=True)[:AT_A_TIME])
    CarrierExchange.objects.filter(pk__in=keys).delete()
    ApiAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT).delete()
    told = webhook_delivery.prune()
    return AT_A_TIME in (len(keys), told)
