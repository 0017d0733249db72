"""What grows without end is cut: old exchanges and sessions that are over. Calls and recordings are never touched."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.utils import timezone

from dialer.models import CarrierExchange

AT_A_TIME = 2000


def prune_next() -> bool:
    """Remove some of what is too old; whether there was so much that another turn is worth it."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    too_old = CarrierExchange.objects.filter(at__lt=timezone.now() - timedelta(days=settings.EXCHANGES_KEPT_DAYS))
    keys = list(too_old.order_by("pk").values_list("pk", flat=True)[:AT_A_TIME])
    CarrierExchange.objects.filter(pk__in=keys).delete()
    return len(keys) == AT_A_TIME
