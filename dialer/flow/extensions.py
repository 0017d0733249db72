"""Events of extensions -> what each agent's telephone does now, and whether a transferred person was answered.

Pushes come late, twice and in any order, so nothing here depends on it: what is kept is the latest of each kind by the
carrier's clock, and of two in the same second the same one whichever came first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from dialer.carriers.contract import ExtensionEvent
from dialer.flow.matching import Matcher
from dialer.models import Account, Extension, Transfer
from dialer.terms import ExtensionState

PATIENCE: Final = timedelta(seconds=60)  # nobody lets it ring longer; should its end never be told, it is one
RANKS: Final = {ExtensionState.RINGING: 0, ExtensionState.TALKING: 1, ExtensionState.FREE: 2}  # in the same second
OF_EXTENSION: Final = ("state", "since", "call_uuid", "number")
OF_TRANSFER: Final = ("reference", "campaign_id", "number", "extension", "rang_at", "answered_at", "ended_at")


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event of an agent's side, with what our own rows know of it."""

    event: ExtensionEvent
    number: str  # E.164 if it could be read, else as it came
    campaign_id: int | None


def note(account: Account, events: Iterable[ExtensionEvent]) -> None:
    """Each extension and each transfer is as the latest events say. Idempotent, and indifferent to their order.

    Only an agent's side tells of an extension: what the person called does is the bill's to say. The number of queries
    does not grow with the events.
    """
    ours = [event for event in events if not event.is_customer_side]
    if not ours:
        return
    matcher = Matcher(account, references=[event.reference for event in ours], numbers=())
    told = [_told(event, matcher) for event in ours]
    with transaction.atomic():
        _note_extensions(account, told)
        _note_transfers(account, told)


def untaken(*, since: datetime, now: datetime | None = None) -> QuerySet[Transfer]:
    """People who were put through since then, and nobody answered: it ended, or rang longer than PATIENCE."""
    now = now or timezone.now()
    is_over = Q(ended_at__gte=F("rang_at")) | Q(rang_at__lt=now - PATIENCE)
    return Transfer.objects.filter(is_over, rang_at__gte=since, answered_at__isnull=True)


def is_untaken(transfer: Transfer, *, now: datetime) -> bool:
    """Whether `untaken` holds this one.

    An end before the latest ringing was another extension's that gave up; then the next one rings.
    """
    if transfer.answered_at or not transfer.rang_at:
        return False
    has_ended = transfer.ended_at is not None and transfer.ended_at >= transfer.rang_at
    return has_ended or transfer.rang_at < now - PATIENCE


def _told(event: ExtensionEvent, matcher: Matcher) -> Told:
    batch = matcher.batch_of(event.reference)
    return Told(
        event=event,
        number=matcher.read(event.number_on_wire) or event.number_on_wire,
        campaign_id=batch.campaign_id if batch else None,
    )


def _note_extensions(account: Account, told: list[Told]) -> None:
    """Unknown ones are made first and then locked with the others, so that no two processes make one twice."""
    names = sorted({one.event.extension for one in told})
    first = {one.event.extension: one for one in reversed(told)}
    Extension.objects.bulk_create([_extension(account, first[name]) for name in names], ignore_conflicts=True)
    rows = Extension.objects.select_for_update(no_key=True).filter(account=account, name__in=names).order_by("name")
    known = {row.name: row for row in rows}
    changed = {one.event.extension for one in told if _is_news(known[one.event.extension], one)}
    Extension.objects.bulk_create(
        [known[name] for name in sorted(changed)],
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=OF_EXTENSION,
    )


def _extension(account: Account, one: Told) -> Extension:
    row = Extension(account=account, name=one.event.extension)
    _set_state(row, one)
    return row


def _is_news(row: Extension, one: Told) -> bool:
    """Whether the row was changed, for the event is later than what it knows."""
    event = one.event
    known = (row.since, RANKS[ExtensionState(row.state)], row.call_uuid, row.number)
    if (event.at, RANKS[event.state], event.carrier_call_uuid, _with_whom(one)) <= known:
        return False
    _set_state(row, one)
    return True


def _set_state(row: Extension, one: Told) -> None:
    row.state, row.since = one.event.state, one.event.at
    row.call_uuid, row.number = one.event.carrier_call_uuid, _with_whom(one)


def _with_whom(one: Told) -> str:
    return "" if one.event.state == ExtensionState.FREE else one.number


def _note_transfers(account: Account, told: list[Told]) -> None:
    of_calls = [one for one in told if one.event.carrier_call_uuid]
    if not of_calls:
        return
    uuids = sorted({one.event.carrier_call_uuid for one in of_calls})
    Transfer.objects.bulk_create([Transfer(account=account, call_uuid=uuid) for uuid in uuids], ignore_conflicts=True)
    rows = Transfer.objects.select_for_update(no_key=True).filter(account=account, call_uuid__in=uuids)
    known = {row.call_uuid: row for row in rows.order_by("call_uuid")}
    before = {uuid: _facts(row) for uuid, row in known.items()}
    for one in of_calls:
        _merge(known[one.event.carrier_call_uuid], one)
    Transfer.objects.bulk_create(
        [row for uuid, row in known.items() if _facts(row) != before[uuid]],
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=OF_TRANSFER,
    )


def _merge(row: Transfer, one: Told) -> None:
    """The row knows what the event says, too: the latest of each kind, and whose telephone the most telling one was."""
    event = one.event
    if _tells_more(row, event):
        row.extension = event.extension
    if event.state == ExtensionState.RINGING:
        row.rang_at = max(row.rang_at or event.at, event.at)
    elif event.state == ExtensionState.TALKING:
        row.answered_at = max(row.answered_at or event.at, event.at)
    else:
        row.ended_at = max(row.ended_at or event.at, event.at)
    if event.reference > row.reference:
        row.reference, row.campaign_id = event.reference, one.campaign_id
    row.number = max(row.number, one.number, key=lambda number: (number.startswith("+"), number))


def _tells_more(row: Transfer, event: ExtensionEvent) -> bool:
    """Whether this extension is the one to name: who answered last, else was rung last, else hung up last."""
    if event.state == ExtensionState.TALKING:
        known = row.answered_at
    elif event.state == ExtensionState.RINGING:
        if row.answered_at:
            return False
        known = row.rang_at
    else:
        if row.answered_at or row.rang_at:
            return False
        known = row.ended_at
    return known is None or (event.at, event.extension) > (known, row.extension)


def _facts(row: Transfer) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in OF_TRANSFER)
