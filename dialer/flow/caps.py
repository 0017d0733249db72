"""How often one number may be called in a rolling day and week, across all campaigns."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from dialer.calling_rules import Caps
from dialer.models import Attempt, Batch
from dialer.terms import Disposition

DAY = timedelta(days=1)
WEEK = timedelta(days=7)

Numbers = Collection[str] | QuerySet[Any, Any]  # E.164; a query of them is not fetched

CALLED_NOBODY = Q(batch__state__in=[Batch.State.REFUSED, Batch.State.CANCELLED]) | Q(disposition=Disposition.NOT_CALLED)


def capped_until(numbers: Numbers, *, law: Caps, now: datetime, besides: Batch | None = None) -> dict[str, datetime]:
    """Numbers that have been called often enough, with the moment from which they may be called again.

    The stricter of the law's figure and the house's holds. Whoever stands in a batch that is to leave counts as
    called now, and so does whoever may have been called, as in an uncertain batch. `besides` is not counted.
    """
    wishes = ((DAY, settings.CALLS_PER_DAY, law.per_day), (WEEK, settings.CALLS_PER_WEEK, law.per_week))
    limits = [(period, _stricter(house, legal)) for period, house, legal in wishes if house or legal]
    found = {}
    for number, moments in _called(numbers, since=now - WEEK, now=now, besides=besides).items():
        until = [_free_at(moments, period, limit, now=now) for period, limit in limits]
        if (latest := max(until, default=now)) > now:
            found[number] = latest
    return found


def handed_over_since(numbers: Numbers, *, period: timedelta, now: datetime | None = None) -> set[str]:
    """Those of the numbers that were handed over within the period, or stand in a batch that is to leave."""
    now = now or timezone.now()
    return set(_called(numbers, since=now - period, now=now, besides=None))


def _free_at(moments: list[datetime], period: timedelta, limit: int, *, now: datetime) -> datetime:
    """When fewer than so many of the calls lie within the period."""
    recent = sorted(moment for moment in moments if moment > now - period)
    return recent[-limit] + period if len(recent) >= limit else now


def _stricter(house: int, law: int | None) -> int:
    """0 of the house, and None of the law, mean: no limit. One of them is there."""
    return min(limit for limit in (house, law) if limit)


def _called(numbers: Numbers, *, since: datetime, now: datetime, besides: Batch | None) -> dict[str, list[datetime]]:
    """When each number was handed over; a batch that waits counts as of now."""
    rows = Attempt.objects.filter(
        Q(batch__sent_at__gte=since) | Q(batch__sent_at__isnull=True), contact__number__in=numbers
    ).exclude(CALLED_NOBODY)
    if besides is not None:
        rows = rows.exclude(batch=besides)
    called = defaultdict(list)
    for number, sent_at in rows.values_list("contact__number", "batch__sent_at"):
        called[number].append(sent_at or now)
    return called
