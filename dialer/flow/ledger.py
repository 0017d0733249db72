"""Callback and bill -> CallRecord: one door for two facts, so order, repetition and loss do not matter."""

import hashlib
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from dialer.carriers.contract import BillQuery, Call, CallbackAnswer, CarrierError, Reading
from dialer.flow import evidence, state
from dialer.flow.connect import carrier_of
from dialer.flow.matching import Matcher
from dialer.flow.seat import hold
from dialer.models import Account, Attempt, Callback, CallRecord
from dialer.terms import Disposition, HungUpBy, Via

logger = logging.getLogger(__name__)

CALLBACKS_AT_A_TIME = 100
APPLY_SECONDS = 60  # lease of the one process that applies callbacks
LONGEST_WINDOW_SECONDS = 6 * 3600  # of bills asked for at a time, so that a long gap is caught up in steps
SHORTEST_WINDOW_SECONDS = 60
PULL_SECONDS = 120  # for one window; the long queue's tasks are cut off after 300 s
AHEAD = timedelta(minutes=10)  # the carrier's clock may be ahead of ours
PULL_AGAIN_SECONDS = 60  # after a pull that failed
ACTIVE_DAYS = 7  # accounts that sent nothing for so long are not asked for bills

# Facts of a call that either way may bring; what is there is never replaced by nothing.
FACTS = (
    "carrier_call_uuid",
    "reference",
    "caller_id",
    "started_at",
    "answered_at",
    "ended_at",
    "ring_seconds",
    "talk_seconds",
    "disposition",
    "hangup_code",
    "hangup_meaning",
    "hung_up_by",
    "keypress",
    "recording_name",
)
NOTHING = (None, "", 0, Disposition.UNKNOWN, HungUpBy.UNKNOWN)


def receive(account: Account, *, kind: str, body: bytes, content_type: str, source: str | None) -> Callback:
    """The push is kept exactly as it came, before anybody tries to understand it. An equal one is counted."""
    key = {"account": account, "kind": kind, "sha256": hashlib.sha256(body).hexdigest()}
    now = timezone.now()
    known = Callback.objects.filter(**key)
    if not known.update(times_received=F("times_received") + 1, last_received_at=now):
        try:
            with transaction.atomic():
                return Callback.objects.create(
                    **key, body=body, content_type=content_type[:100], source=source, last_received_at=now
                )
        except IntegrityError:  # its twin came in the same moment
            known.update(times_received=F("times_received") + 1, last_received_at=now)
    return known.get()


def answer(account: Account) -> CallbackAnswer:
    """What the account's carrier wants to hear after a push."""
    return carrier_of(account).callback_answer()


def apply_next() -> bool:
    """Apply some received callbacks; whether there were any. May be rung twice or late."""
    with hold("callbacks", seconds=APPLY_SECONDS) as is_ours:
        if not is_ours:
            return False
        received = Callback.objects.filter(state=Callback.State.RECEIVED).select_related("account")
        callbacks = list(received.order_by("pk")[:CALLBACKS_AT_A_TIME])
        for callback in callbacks:
            apply(callback)
    return bool(callbacks)


def apply(callback: Callback) -> None:
    """The callback is applied, or unreadable with the reason. May be repeated."""
    reading = carrier_of(callback.account).read_callback(bytes(callback.body))
    if reading.complaint:
        _put_aside(callback, reading.complaint)
        return
    try:
        with transaction.atomic():
            record(callback.account, reading.calls, via=Via.CALLBACK)
            _mark_applied(callback, reading)
    except (IntegrityError, ValueError) as error:
        logger.exception("callback %s can't be applied", callback.pk)
        _put_aside(callback, f"It was read but not understood ({type(error).__name__}).")


def apply_again(callback: Callback) -> bool:
    """An unreadable callback gets another chance; whether it was one."""
    if callback.state != Callback.State.UNREADABLE:
        return False
    return state.advance(callback, Callback.State.RECEIVED, complaint="")


def pull_next() -> bool:
    """Ask one account for its bills if that is due; whether one was. May be rung twice or late."""
    now = timezone.now()
    recently = now - timedelta(days=ACTIVE_DAYS)
    due = Account.objects.filter(
        Q(next_pull_at__isnull=True) | Q(next_pull_at__lte=now),
        is_enabled=True,
        batches__sent_at__gte=recently,
    ).distinct()
    for account in due.order_by("next_pull_at", "pk"):
        with hold(f"bills:{account.pk}", seconds=settings.LEASE_SECONDS) as is_ours:
            if is_ours:
                pull(account, now=now)
                return True
    return False


def pull(account: Account, *, now: datetime) -> None:
    """One window of bills is in the ledger, and the account says when to ask again, or why it failed.

    A window too full to be read in one turn is halved; what was read of it stays, for reading twice is harmless.
    """
    start = account.pull_from or _first_start(account, now=now)
    end = min(start + timedelta(seconds=account.pull_window_seconds), now + AHEAD)
    stop_at = time.monotonic() + PULL_SECONDS
    try:
        for calls in carrier_of(account).bills(BillQuery(start=start, end=end)):
            record(account, calls, via=Via.PULL)
            if time.monotonic() > stop_at and account.pull_window_seconds > SHORTEST_WINDOW_SECONDS:
                shorter = max(account.pull_window_seconds // 2, SHORTEST_WINDOW_SECONDS)
                _note_pull(account, pull_window_seconds=shorter, next_pull_at=now)
                return
    except CarrierError as error:
        logger.warning("account %s: bills could not be pulled", account.pk)
        _note_pull(account, pull_complaint=str(error), next_pull_at=now + timedelta(seconds=PULL_AGAIN_SECONDS))
        return
    if end < now:
        _note_pull(account, pull_complaint="", pull_from=end, next_pull_at=now)
        return
    _note_pull(
        account,
        pull_complaint="",
        pulled_at=now,
        # Bills are found by the time of the dial, so a call that goes on now is looked for again.
        pull_from=now - timedelta(seconds=settings.BILLS_OVERLAP_SECONDS),
        pull_window_seconds=LONGEST_WINDOW_SECONDS,
        next_pull_at=now + timedelta(seconds=settings.BILLS_EVERY_SECONDS),
    )


def ask_now(account: Account) -> None:
    """The account's bills are due at once. The caller rings for `bills`."""
    Account.objects.filter(pk=account.pk).update(next_pull_at=timezone.now())


def record(account: Account, calls: Sequence[Call], *, via: Via, now: datetime | None = None) -> None:
    """Each call is one call record that knows by which ways it came; its attempt is settled, its batch proven.

    Idempotent and indifferent to order: a bill's fact wins over a callback's, and something over nothing.
    """
    now = now or timezone.now()
    outgoing = {call.carrier_call_id: call for call in calls if call.is_outgoing}
    if not outgoing:
        return
    with transaction.atomic():
        matcher = Matcher(account, outgoing.values())
        known = _known(account, outgoing)
        fresh = [_new(account, call, matcher) for key, call in outgoing.items() if key not in known]
        CallRecord.objects.bulk_create(fresh, ignore_conflicts=True)
        records = _known(account, outgoing)
        for key, call_record in records.items():
            _merge(call_record, outgoing[key], matcher, via=via, now=now)
        CallRecord.objects.bulk_update(
            records.values(),
            [
                *FACTS,
                "number",
                "batch",
                "campaign",
                "attempt",
                "by_callback_at",
                "by_pull_at",
                "raw_callback",
                "raw_bill",
                "awaits_archive",
            ],
            batch_size=200,
        )
        _settle_attempts(records.values(), now=now)
        evidence.accept_proven(matcher.batches())


def _first_start(account: Account, *, now: datetime) -> datetime:
    """Before the first batch that left."""
    first = account.batches.filter(sent_at__isnull=False).order_by("sent_at").values_list("sent_at", flat=True).first()
    return (first or now) - timedelta(seconds=settings.BILLS_OVERLAP_SECONDS)


def _note_pull(account: Account, **changes: Any) -> None:
    Account.objects.filter(pk=account.pk).update(**changes)


def _known(account: Account, calls: Iterable[str]) -> dict[str, CallRecord]:
    rows = CallRecord.objects.select_for_update().filter(account=account, carrier_call_id__in=list(calls))
    return {row.carrier_call_id: row for row in rows.order_by("pk")}


def _new(account: Account, call: Call, matcher: Matcher) -> CallRecord:
    return CallRecord(account=account, carrier_call_id=call.carrier_call_id, number=matcher.number_of(call))


def _merge(row: CallRecord, call: Call, matcher: Matcher, *, via: Via, now: datetime) -> None:
    is_authority = via == Via.PULL or row.by_pull_at is None
    if call.recording_name and not row.recording_name:
        row.awaits_archive = True
    for name in FACTS:
        new, old = getattr(call, name), getattr(row, name)
        if new not in NOTHING and (is_authority or old in NOTHING):
            setattr(row, name, new)
    attempt = matcher.attempt_of(call)
    batch = matcher.batch_of(call)
    if attempt is not None:
        row.attempt, row.number = attempt, attempt.contact.number
    if batch is not None:
        row.batch, row.campaign_id = batch, batch.campaign_id
    if via == Via.CALLBACK:
        row.by_callback_at = row.by_callback_at or now
        row.raw_callback = dict(call.raw)
    else:
        row.by_pull_at = row.by_pull_at or now
        row.raw_bill = dict(call.raw)


def _settle_attempts(records: Iterable[CallRecord], *, now: datetime) -> None:
    """Each attempt says what its calls came to; an answered call outweighs the others."""
    attempts: dict[int, Attempt] = {}
    for row in records:
        if row.attempt is None:
            continue
        attempt = attempts.setdefault(row.attempt.pk, row.attempt)
        if attempt.disposition != Disposition.ANSWERED:
            attempt.disposition = row.disposition
        attempt.keypress = row.keypress or attempt.keypress
        attempt.settled_at = attempt.settled_at or now
        attempt.silent_since = None
    Attempt.objects.bulk_update(
        attempts.values(), ["disposition", "keypress", "settled_at", "silent_since"], batch_size=500
    )


def _put_aside(callback: Callback, complaint: str) -> None:
    state.advance(callback, Callback.State.UNREADABLE, complaint=complaint)


def _mark_applied(callback: Callback, reading: Reading) -> None:
    state.advance(
        callback,
        Callback.State.APPLIED,
        applied_at=timezone.now(),
        was_repaired=reading.was_repaired,
        complaint="",
    )
