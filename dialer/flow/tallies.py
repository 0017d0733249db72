"""Counts of calls that are kept as calls are recorded: no page counts call records.

The ledger says what its rows were and what they are, and `move` carries the difference over in the same transaction,
so order, repetition and corrections make no difference to the sums.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F

from dialer.models import CallRecord, CallTally, Campaign
from dialer.models.tally import quarter_of

MILLION = 1_000_000
AT_A_TIME = 5_000  # rows read from the database in one go
FACTS = ("campaign_id", "account_id", "started_at", "disposition", "keypress", "currency", "talk_seconds", "cost")


class Kind(NamedTuple):
    """What the calls of one tally have in common."""

    campaign_id: int | None
    account_id: int
    quarter: int
    disposition: str
    keypress: str
    currency: str


class Amounts(NamedTuple):
    """What is summed up of them."""

    calls: int = 0
    talk_seconds: int = 0
    cost_millionths: int = 0

    def plus(self, other: "Amounts", *, times: int = 1) -> "Amounts":
        return Amounts(*(mine + times * theirs for mine, theirs in zip(self, other, strict=True)))


NONE = Amounts()
Counted = dict[Kind, Amounts]


def count(rows: Iterable[CallRecord]) -> Counted:
    """What the rows add to the tallies, each row once."""
    each = {row.pk: row for row in rows}
    return _count(tuple(getattr(row, name) for name in FACTS) for row in each.values())


def move(before: Counted, after: Counted) -> None:
    """The tallies hold `after` instead of `before`. Call it last in the transaction that writes the call records.

    Kinds are taken in their order, so two processes never wait for each other; a tally that another process counts at
    is waited for only until that process commits.
    """
    for kind in sorted({*before, *after}, key=_order):
        change = after.get(kind, NONE).plus(before.get(kind, NONE), times=-1)
        if change != NONE:
            _add(kind, change)


def rebuild(campaign_id: int | None) -> int:
    """The tallies of one campaign, or of the calls of none, are counted afresh from its call records; how many.

    May be repeated, and done while calls are recorded: whoever records waits, and then adds to what was counted.
    """
    with transaction.atomic():
        _keep_others_out()
        counted = _counted(campaign_id)
        CallTally.objects.filter(campaign=campaign_id).delete()
        rows = [CallTally(**kind._asdict(), **amounts._asdict()) for kind, amounts in counted.items()]
        CallTally.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def differs(campaign_id: int | None) -> bool:
    """Whether its tallies are not what a full count says now."""
    with transaction.atomic():
        _keep_others_out()
        fields = (*Kind._fields, *Amounts._fields)
        kept = {
            Kind(*row[: len(Kind._fields)]): Amounts(*row[len(Kind._fields) :])
            for row in CallTally.objects.filter(campaign=campaign_id).values_list(*fields)
        }
        kept = {kind: amounts for kind, amounts in kept.items() if amounts != NONE}
        return kept != _counted(campaign_id)


def slices() -> Iterator[int | None]:
    """What `rebuild` and `differs` take, one after the other: the newest campaigns first, and the calls of none."""
    yield from Campaign.objects.order_by("-pk").values_list("pk", flat=True)
    yield None


def money(millionths: int) -> Decimal:
    return Decimal(millionths) / MILLION


def _counted(campaign_id: int | None) -> Counted:
    rows = CallRecord.objects.filter(campaign=campaign_id).order_by().values_list(*FACTS)
    return _count(rows.iterator(chunk_size=AT_A_TIME))


def _count(rows: Iterable[tuple[Any, ...]]) -> Counted:
    counted: Counted = defaultdict(Amounts)
    for *kind, talk_seconds, cost in rows:
        key = _kind(*kind)
        amounts = Amounts(calls=1, talk_seconds=talk_seconds, cost_millionths=_millionths(cost))
        counted[key] = counted[key].plus(amounts)
    return dict(counted)


def _kind(
    campaign_id: int | None,
    account_id: int,
    started_at: datetime | None,
    disposition: str,
    keypress: str,
    currency: str,
) -> Kind:
    # An enumeration's member and its word are one kind.
    return Kind(campaign_id, account_id, quarter_of(started_at), str(disposition), keypress, currency)


def _millionths(cost: Decimal | None) -> int:
    return round((cost or 0) * MILLION)


def _order(kind: Kind) -> tuple[Any, ...]:
    return (kind.campaign_id or 0, *kind[1:])


def _add(kind: Kind, change: Amounts) -> None:
    this = CallTally.objects.filter(**kind._asdict())
    sums = {name: F(name) + value for name, value in change._asdict().items()}
    if not this.update(**sums):
        # Its twin may be made in the same moment; then this waits for it and makes nothing.
        CallTally.objects.bulk_create([CallTally(**kind._asdict())], ignore_conflicts=True)
        this.update(**sums)


def _keep_others_out() -> None:
    """Nobody counts until the transaction ends. On SQLite a transaction that writes is alone anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'LOCK TABLE "{CallTally._meta.db_table}" IN SHARE ROW EXCLUSIVE MODE')
