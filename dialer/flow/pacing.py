"""How many people may be handed over now: limits of account and campaign, the canary, and the closing time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext

from dialer.flow import breaker
from dialer.flow.hours import Hours
from dialer.models import Account, Attempt, Batch, Campaign
from dialer.terms import Disposition

MINUTE = timedelta(minutes=1)
MEASURED_BATCHES = 5  # the newest settled batches of the account tell how fast its carrier calls
UNMEASURED_RATE = 1.0  # people per second, a cautious guess until the first batch is settled
WORTHWHILE = 10  # a batch is at least the tenth part of what it could be, so that bills do not drip into tiny ones


@dataclass(frozen=True, kw_only=True)
class Room:
    """People that may be handed over now; `because` says what the limit is, "" if there is none."""

    count: int
    because: str = ""


def room(
    campaign: Campaign,
    account: Account,
    *,
    hours: Hours,
    wish: int,
    now: datetime,
    calls_at: datetime | None = None,
    besides: Batch | None = None,
) -> Room:
    """At most `wish`; 0 or less with the reason if nobody may be handed over to the account now. Changes nothing.

    `calls_at` is when the carrier begins to call, if that is later. `besides` is the waiting batch that asks for room,
    which does not stand in its own way.
    """
    limits = [
        Room(count=wish),
        *_account_limits(account, wish=wish, now=now),
        *_campaign_limits(campaign, wish=wish, now=now),
        *_canary_limits(campaign, besides=besides, now=now),
    ]
    tightest = min(limits, key=lambda limit: limit.count)
    if tightest.count <= 0:
        return tightest
    return _before_closing(campaign, account, tightest, hours=hours, now=max(now, calls_at or now))


def has_better_hours(batch: Batch, *, people: int, hours: Hours, now: datetime) -> datetime | None:
    """When it opens again, if so many people of a batch can't be called before it closes and then has more time.

    None if they can, or if waiting would not help. For a batch that can only be sent as a whole.
    """
    wish = Room(count=people)
    closes_at = hours.closes_at(now)
    if (
        closes_at is None
        or not _before_closing(batch.campaign, batch.account, wish, hours=hours, now=now, besides=batch).because
    ):
        return None
    opens_at = hours.next_open(closes_at)
    then_closes_at = hours.closes_at(opens_at) if opens_at else None
    if opens_at is None or then_closes_at is None:
        return opens_at
    # Twice as much, for it may be looked at some time after it opens.
    return opens_at if (closes_at - now) * 2 < then_closes_at - opens_at else None


def is_canary_over(campaign: Campaign, *, now: datetime) -> bool:
    """Whether the first slice was called and nothing stands against calling the others."""
    return bool(campaign.canary_size) and not _canary_limits(campaign, besides=None, now=now)


def call_rate(account: Account) -> float | None:
    """People called per second, from handing over to the last dial of a batch; None if no batch was settled yet.

    Measured on the newest settled batches by the carrier's own times of the dials, so that bills which come late, or
    never, do not make it look slow. Batches that were called side by side are not counted one after the other.
    """
    settled = account.batches.filter(state=Batch.State.SETTLED, sent_at__isnull=False)
    newest = settled.annotate(last_dial_at=Max("call_records__started_at")).order_by("-sent_at")[:MEASURED_BATCHES]
    spans, people = [], 0
    for batch in newest:
        if batch.sent_at and batch.last_dial_at and batch.last_dial_at > batch.sent_at:
            spans.append((batch.sent_at, batch.last_dial_at))
            people += batch.contact_count
    seconds = _length(spans).total_seconds()
    return people / seconds if seconds else None


def _length(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """Of all of them, what they have in common counted once."""
    length, counted_until = timedelta(0), None
    for start, end in sorted(spans):
        start = start if counted_until is None else max(start, counted_until)
        if end > start:
            length, counted_until = length + (end - start), end
    return length


def _account_limits(account: Account, *, wish: int, now: datetime) -> Iterable[Room]:
    batches = Batch.objects.filter(account=account)
    if account.open_batch_limit is not None and batches.filter(state__in=Batch.OUT).count() >= account.open_batch_limit:
        yield Room(count=0, because=gettext("The account has as many batches at the carrier as it may."))
    if account.at_carrier_limit is not None:
        reached = gettext("The account's limit at the carrier is reached.")
        yield _left_at_carrier(account.at_carrier_limit, batches, wish=wish, because=reached)
    if account.numbers_per_minute is not None:
        left = account.numbers_per_minute - _handed_over(batches, since=now - MINUTE)
        yield Room(count=left, because=gettext("The account's numbers for this minute are used up."))


def _campaign_limits(campaign: Campaign, *, wish: int, now: datetime) -> Iterable[Room]:
    batches = Batch.objects.filter(campaign=campaign)
    if campaign.at_carrier_limit is not None:
        reached = gettext("The campaign's limit at the carrier is reached.")
        yield _left_at_carrier(campaign.at_carrier_limit, batches, wish=wish, because=reached)
    if campaign.numbers_per_minute is not None:
        left = campaign.numbers_per_minute - _handed_over(batches, since=now - MINUTE)
        yield Room(count=left, because=gettext("The campaign's numbers for this minute are used up."))


def _left_at_carrier(limit: int, batches: QuerySet[Batch], *, wish: int, because: str) -> Room:
    left = limit - _at_the_carrier(batches)
    if left < min(wish, limit) // WORTHWHILE:
        left = 0
    return Room(count=left, because=because)


def _canary_limits(campaign: Campaign, *, besides: Batch | None, now: datetime) -> list[Room]:
    """The first slice goes alone; the others wait until half of it is billed and the bills look well."""
    if not campaign.canary_size or campaign.is_canary_passed:
        return []
    slices = Attempt.objects.filter(
        batch__campaign=campaign, batch__state__in=[Batch.State.WAITING, *Batch.OUT, Batch.State.SETTLED]
    ).exclude(Q(disposition=Disposition.NOT_CALLED) | Q(silent_since__isnull=False))
    if besides is not None:
        slices = slices.exclude(batch=besides)
    found = slices.aggregate(handed_over=Count("pk"), billed=Count("pk", filter=Q(settled_at__isnull=False)))
    if not found["handed_over"]:
        return [Room(count=campaign.canary_size)]
    if found["billed"] * 2 < found["handed_over"]:
        first = gettext("The first slice is being called; the others wait until its bills look well.")
        return [Room(count=0, because=first)]
    if complaint := breaker.complaint(campaign, now=now):
        return [Room(count=0, because=complaint)]
    return []


def _before_closing(
    campaign: Campaign, account: Account, limit: Room, *, hours: Hours, now: datetime, besides: Batch | None = None
) -> Room:
    """What would be rung after closing time waits: as many as can be called until then, with those ahead of them."""
    closes_at = hours.closes_at(now)
    if closes_at is None:  # it never closes
        return limit
    last_ring_at = closes_at - timedelta(seconds=campaign.ring_seconds)
    rate = call_rate(account) or UNMEASURED_RATE
    others = Batch.objects.filter(account=account)
    ahead = _at_the_carrier(others if besides is None else others.exclude(pk=besides.pk))
    possible = int((last_ring_at - now).total_seconds() * rate) - ahead
    if possible >= limit.count:
        return limit
    too_soon = gettext("It closes too soon for more at the rate that the carrier calls.")
    return Room(count=max(possible, 0), because=too_soon)


def _at_the_carrier(batches: QuerySet[Batch]) -> int:
    """People handed over and neither billed nor declared silent."""
    return Attempt.objects.filter(
        batch__in=batches.filter(state__in=Batch.OUT), settled_at__isnull=True, silent_since__isnull=True
    ).count()


def _handed_over(batches: QuerySet[Batch], *, since: datetime) -> int:
    """People of batches that left since then, or are leaving."""
    recent = batches.filter(Q(sent_at__gt=since) | Q(state=Batch.State.SENDING)).exclude(state=Batch.State.REFUSED)
    return recent.aggregate(people=Sum("contact_count"))["people"] or 0
