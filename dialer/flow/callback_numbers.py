"""Applied callback -> the numbers and campaigns it told of, so that it is found by them.

Noted in the transaction that applies the callback. Those that were applied before there was such a table are read once
more in the background, the newest first, some at a time.
"""

from collections.abc import Iterable, Iterator

from django.db import transaction

from dialer import phone
from dialer.carriers.contract import Call, ExtensionEvent, Reading
from dialer.flow.connect import carrier_of
from dialer.flow.matching import Matcher
from dialer.models import Batch, Callback, CallbackBacklog, CallbackNumber, CallRecord

AT_A_TIME = 100  # callbacks of before in one turn

Told = tuple[str, int | None]  # a number, and the campaign if it is known


def note(callback: Callback, reading: Reading) -> None:
    """The callback is found by every number it tells of. After its calls were recorded; may be repeated.

    A number stands once for each callback: should it belong to several campaigns, to the first of them.
    """
    told: dict[str, int | None] = {}
    for number, campaign in _told(callback, reading):
        told[number] = told.get(number) or campaign
    CallbackNumber.objects.bulk_create(
        [
            CallbackNumber(
                callback=callback,
                account_id=callback.account_id,
                campaign_id=campaign,
                number=number,
                received_at=callback.received_at,
            )
            for number, campaign in told.items()
            if number or campaign
        ],
        ignore_conflicts=True,
    )


def adopt(batch: Batch, records: Iterable[CallRecord]) -> None:
    """Callbacks that told of these calls before anybody knew of which batch they are belong to its campaign, too."""
    numbers = {record.number for record in records}
    told = CallbackNumber.objects.filter(account=batch.account_id, campaign__isnull=True, number__in=numbers)
    told.filter(received_at__gte=batch.sent_at or batch.due_at).update(campaign=batch.campaign_id)


def fill_next() -> bool:
    """The numbers of some callbacks of before are noted; whether there were any. May be rung twice or late."""
    backlog = CallbackBacklog.objects.first()
    if backlog is None:
        return False
    older = Callback.objects.filter(pk__lt=backlog.below).select_related("account").order_by("-pk")
    callbacks = list(older[:AT_A_TIME])
    with transaction.atomic():
        for callback in callbacks:
            if callback.state == Callback.State.APPLIED:
                note(callback, carrier_of(callback.account).read_callback(bytes(callback.body), kind=callback.kind))
        still = CallbackBacklog.objects.filter(pk=backlog.pk, below=backlog.below)
        if callbacks:
            still.update(below=callbacks[-1].pk)
        else:
            still.delete()
    return bool(callbacks)


def _told(callback: Callback, reading: Reading) -> Iterator[Told]:
    """A call's number as the ledger made it out: carriers add digits and leave some out."""
    ids = {call.carrier_call_id for call in reading.calls}
    records = CallRecord.objects.filter(account=callback.account_id, carrier_call_id__in=ids).order_by()
    facts = records.values_list("carrier_call_id", "number", "campaign") if ids else ()
    known = {key: (number, campaign) for key, number, campaign in facts}
    yield from known.values()
    others = [call for call in reading.calls if call.carrier_call_id not in known]
    yield from _read(callback, [*others, *reading.extension_events])


def _read(callback: Callback, told: list[Call | ExtensionEvent]) -> Iterator[Told]:
    """Of what became no call record."""
    matcher = Matcher(callback.account, references=[one.reference for one in told], numbers=())
    for one in told:
        batch = matcher.batch_of(one.reference)
        number = phone.read(one.number_on_wire, country=callback.account.country).number
        yield number or one.number_on_wire, batch.campaign_id if batch else None
