"""How often one number may be called in a rolling day and week, across all campaigns."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from dialer.calling_rules import Caps
from dialer.models import Account, Attempt, Batch
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
    limits = _limits(law)
    found = {}
    for number, moments in _called(numbers, since=now - WEEK, now=now, besides=besides).items():
        until = [_free_at(moments, period, limit, now=now) for period, limit in limits]
        if (latest := max(until, default=now)) > now:
            found[number] = latest
    return found


def handed_over(*, since: datetime) -> QuerySet[Attempt]:
    """Attempts that left since then, for certain or perhaps; without those that surely called nobody."""
    # By account, as the index of sending has it; so of a million attempts only those of the time's batches are read.
    batches = Batch.objects.filter(account__in=Account.objects.values("pk"), sent_at__gte=since)
    return Attempt.objects.filter(batch__in=batches.order_by().values("pk")).exclude(CALLED_NOBODY).order_by()


def capped_count(numbers: Numbers, *, law: Caps, now: datetime) -> int:
    """How many of the numbers `capped_until` would name; counted by the database."""
    limits = _limits(law)
    if not limits:
        return 0
    waits = Q(batch__sent_at__isnull=True)
    counts = {
        f"within_{period.days}": Count("pk", filter=waits | Q(batch__sent_at__gt=now - period)) for period, _ in limits
    }
    too_often = Q()
    for period, limit in limits:
        too_often |= Q(**{f"within_{period.days}__gte": limit})
    rows = _rows(numbers, since=now - WEEK).order_by().values("contact__number")
    return rows.annotate(**counts).filter(too_often).count()


def _limits(law: Caps) -> list[tuple[timedelta, int]]:
    wishes = ((DAY, settings.CALLS_PER_DAY, law.per_day), (WEEK, settings.CALLS_PER_WEEK, law.per_week))
    return [(period, _stricter(house, legal)) for period, house, legal in wishes if house or legal]


def _free_at(moments: list[datetime], period: timedelta, limit: int, *, now: datetime) -> datetime:
    """When fewer than so many of the calls lie within the period."""
    recent = sorted(moment for moment in moments if moment > now - period)
    return recent[-limit] + period if len(recent) >= limit else now


def _stricter(house: int, law: int | None) -> int:
    """0 of the house, and None of the law, mean: no limit. One of them is there."""
    return min(limit for limit in (house, law) if limit)


def _called(numbers: Numbers, *, since: datetime, now: datetime, besides: Batch | None) -> dict[str, list[datetime]]:
    """When each number was handed over; a batch that waits counts as of now."""
    rows = _rows(numbers, since=since)
    if besides is not None:
        rows = rows.exclude(batch=besides)
    called = defaultdict(list)
    for number, sent_at in rows.values_list("contact__number", "batch__sent_at"):
        called[number].append(sent_at or now)
    return called


def _rows(numbers: Numbers, *, since: datetime) -> QuerySet[Attempt]:
    """Attempts of batches that left since then or are to leave."""
    left = Q(batch__sent_at__gte=since) | Q(batch__sent_at__isnull=True)
    return Attempt.objects.filter(left, contact__number__in=numbers).exclude(CALLED_NOBODY)
