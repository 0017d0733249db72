"""What a launch is likely to lead to: when it ends, what it costs, whom it can't call yet. Estimates, said as such."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from dialer.flow import caps, routes
from dialer.flow.batching import batch_size
from dialer.flow.connect import capabilities_of
from dialer.flow.hours import hours_of, zones_of
from dialer.flow.mistakes import DialerError
from dialer.flow.pacing import UNMEASURED_RATE, call_rate
from dialer.models import Account, CallRecord, Campaign, Contact, Route
from dialer.terms import Disposition, Feature

RECENT_CALLS = 1000  # of an account, the newest: what they cost tells what the next ones will
LOW, HIGH = 0.1, 0.9  # of the answered calls, by what they cost
FEWEST_COSTS = 5  # answered calls with a price; fewer tell nothing
MOST_STRETCHES = 400  # of open hours that an end may be away: more than a year


@dataclass(frozen=True, kw_only=True)
class Rate:
    """People called per second, over all accounts of the campaign."""

    people_per_second: float
    is_measured: bool  # else a cautious guess stands in it


@dataclass(frozen=True, kw_only=True)
class Share:
    """The part of the people who go through one account, and in how many batches."""

    account: Account
    share: int
    people: int
    batch_size: int
    batch_count: int


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one account's calls of the first round may cost; without figures, `because` says why nobody knows."""

    account: Account
    currency: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    expected_answers: int = 0
    calls_seen: int = 0
    because: str = ""


def shares(campaign: Campaign, people: int) -> list[Share]:
    """Everybody in exactly one of them, by the shares of the accounts."""
    ways = routes.routes_of(campaign)
    counts = _parts(people, [way.share for way in ways])
    return [_share(campaign, way, count) for way, count in zip(ways, counts, strict=True)]


def rate(campaign: Campaign) -> Rate:
    """As fast as the accounts called lately, and no faster than account and campaign allow."""
    measured = [(way.account, call_rate(way.account)) for way in routes.routes_of(campaign)]
    together = sum(_at_most(found or UNMEASURED_RATE, account.numbers_per_minute) for account, found in measured)
    return Rate(
        people_per_second=_at_most(together, campaign.numbers_per_minute),
        is_measured=all(found is not None for _, found in measured),
    )


def ends_at(campaign: Campaign, people: int, *, rate: Rate, start_at: datetime) -> datetime | None:
    """When the last one of the first round is called, keeping to the hours; None if no end is in sight."""
    try:
        hours = hours_of(campaign, on=start_at.date())
    except DialerError:
        return None
    left, at = timedelta(seconds=people / rate.people_per_second), start_at
    for _ in range(MOST_STRETCHES):
        opens_at = hours.next_open(at)
        if opens_at is None:
            return None
        closes_at = hours.closes_at(opens_at)
        if closes_at is None or opens_at + left <= closes_at:
            return opens_at + left
        left, at = left - (closes_at - opens_at), closes_at
    return None


def costs(parts: Sequence[Share]) -> list[Cost]:
    """Of each account that calls anybody."""
    return [_cost(part.account, part.people) for part in parts if part.people]


def called_today(people: QuerySet[Contact], campaign: Campaign, *, now: datetime) -> QuerySet[Contact]:
    """Those of the campaign's people, none that is skipped, who were handed over today by any campaign."""
    numbers = caps.handed_over(since=today_began(campaign, now=now)).values("contact__number")
    return people.filter(campaign=campaign, skip_reason="", number__in=numbers)


def today_began(campaign: Campaign, *, now: datetime) -> datetime:
    """The midnight with which the callees' day began; of several zones the earliest, so that nobody's day is cut."""
    clocks = [now.astimezone(zone) for zone in zones_of(campaign)]
    return min(clock.replace(hour=0, minute=0, second=0, microsecond=0, fold=0) for clock in clocks)


def capped_count(campaign: Campaign, *, now: datetime) -> int:
    """People of the campaign who were called so often that they may not be called now, but later."""
    try:
        law = hours_of(campaign, on=now.date()).rules.caps
    except DialerError:
        return 0
    return caps.capped_count(_numbers(campaign), law=law, now=now)


def _share(campaign: Campaign, way: Route, people: int) -> Share:
    size = batch_size(campaign, way.account)
    return Share(
        account=way.account,
        share=way.share,
        people=people,
        batch_size=size,
        batch_count=math.ceil(people / size),
    )


def _parts(whole: int, weights: Sequence[int]) -> list[int]:
    total, counts, given, seen = sum(weights), [], 0, 0
    for weight in weights:
        seen += weight
        until = whole * seen // total
        counts.append(until - given)
        given = until
    return counts


def _at_most(per_second: float, per_minute: int | None) -> float:
    return per_second if per_minute is None else min(per_second, per_minute / 60)


def _numbers(campaign: Campaign) -> QuerySet[Any, Any]:
    return campaign.contacts.filter(skip_reason="").order_by().values("number")


def _cost(account: Account, people: int) -> Cost:
    if Feature.COSTS not in capabilities_of(account).features:
        return Cost(account=account, because=gettext("Its carrier does not tell what calls cost."))
    rows = CallRecord.objects.filter(account=account).order_by("-pk").values_list("disposition", "cost", "currency")
    recent = list(rows[:RECENT_CALLS])
    answered = [(cost, currency) for disposition, cost, currency in recent if disposition == Disposition.ANSWERED]
    currency = _most_common([currency for cost, currency in answered if cost is not None])
    prices = sorted(cost for cost, of in answered if cost is not None and of == currency)
    if len(prices) < FEWEST_COSTS:
        return Cost(account=account, because=gettext("Too few of its calls were answered and priced so far."))
    answers = math.ceil(people * len(answered) / len(recent))
    return Cost(
        account=account,
        currency=currency,
        low=_quantile(prices, LOW) * answers,
        high=_quantile(prices, HIGH) * answers,
        expected_answers=answers,
        calls_seen=len(recent),
    )


def _most_common(words: Sequence[str]) -> str:
    return Counter(words).most_common(1)[0][0] if words else ""


def _quantile(ordered: Sequence[Decimal], part: float) -> Decimal:
    return ordered[round((len(ordered) - 1) * part)]
