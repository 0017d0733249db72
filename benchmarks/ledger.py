"""A page of 1,000 bills, against a bare bulk insert of as many call records."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from benchmarks import rows
from benchmarks.ratio import Ratio, Work, compare
from dialer.carriers.contract import Call
from dialer.flow import ledger
from dialer.models import Account, Batch, CallRecord
from dialer.terms import Disposition, HungUpBy, Via

CALLS, ROUNDS = 1000, 3

Before = Callable[[Account, list[Call]], None]


def measure() -> Iterator[Ratio]:
    for what, before in BEFORE.items():
        yield compare(what, against="bulk insert", count=CALLS, things="calls", rounds=rounds(before))


def nothing(account: Account, page: list[Call]) -> None:
    """The calls are new."""


def by_callback(account: Account, page: list[Call]) -> None:
    """Every call is known, and its bill tells something more."""
    ledger.record(account, [replace(call, caller_id="") for call in page], via=Via.CALLBACK)


def by_pull(account: Account, page: list[Call]) -> None:
    """Every call is known as it is: the windows of the questions overlap."""
    ledger.record(account, page, via=Via.PULL)


BEFORE: dict[str, Before] = {
    "bills of new calls": nothing,
    "bills of calls known by callback": by_callback,
    "bills read before": by_pull,
}


def rounds(before: Before) -> Iterator[tuple[Work, Work]]:
    account, other = rows.account(), rows.account()
    for _ in range(ROUNDS):
        campaign = rows.campaign(account)
        page = list(calls(rows.batch(campaign, rows.people(campaign, CALLS))))
        before(account, page)
        yield lambda page=page: ledger.record(account, page, via=Via.PULL), lambda page=page: insert(other, page)


def calls(batch: Batch) -> Iterator[Call]:
    """An answered call with a recording for each of its people."""
    now = timezone.now()
    for key, number in batch.attempts.values_list("pk", "contact__number"):
        yield Call(
            carrier_call_id=str(key),
            reference=batch.reference,
            number_on_wire=number.removeprefix("+62"),
            caller_id="62215550100",
            started_at=now - timedelta(seconds=30),
            answered_at=now - timedelta(seconds=20),
            ended_at=now,
            ring_seconds=10,
            talk_seconds=20,
            disposition=Disposition.ANSWERED,
            hangup_code="10000",
            hangup_meaning="normal",
            hung_up_by=HungUpBy.CALLEE,
            keypress="1",
            recording_name=f"{key}.mp3",
            raw={"id": key, "number": number, "padding": "x" * 600},  # as long as a bill of the carrier
        )


def insert(account: Account, page: list[Call]) -> None:
    with transaction.atomic():
        CallRecord.objects.bulk_create(
            [
                CallRecord(
                    account=account,
                    carrier_call_id=call.carrier_call_id,
                    reference=call.reference,
                    number=call.number_on_wire,
                    caller_id=call.caller_id,
                    started_at=call.started_at,
                    answered_at=call.answered_at,
                    ended_at=call.ended_at,
                    ring_seconds=call.ring_seconds,
                    talk_seconds=call.talk_seconds,
                    disposition=call.disposition,
                    keypress=call.keypress,
                    recording_name=call.recording_name,
                    raw_bill=call.raw,
                )
                for call in page
            ]
        )
