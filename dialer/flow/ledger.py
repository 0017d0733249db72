"""Callback and bill -> CallRecord: one door for two facts, so order, repetition and loss do not matter."""

import hashlib
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from dialer.carriers import with_feature
from dialer.carriers.contract import BadCredentials, BillQuery, Call, CallbackAnswer, Carrier, CarrierError, Reading
from dialer.flow import (
    callback_numbers,
    carrier_tasks,
    evidence,
    extensions,
    facts,
    outcome,
    state,
    tallies,
    webhooks,
    withdrawal,
)
from dialer.flow.connect import carrier_of
from dialer.flow.matching import Matcher
from dialer.flow.seat import hold
from dialer.models import Account, Batch, Callback, CallRecord
from dialer.terms import Feature, Via

logger = logging.getLogger(__name__)

CALLBACKS_AT_A_TIME = 100
APPLY_SECONDS = 60  # lease of the one process that applies callbacks
LONGEST_WINDOW_SECONDS = 6 * 3600  # of bills asked for at a time, so that a long gap is caught up in steps
SHORTEST_WINDOW_SECONDS = 60
PULL_SECONDS = 120  # for one window; the long queue's tasks are cut off after 300 s
PULL_LEASE_SECONDS = 310  # so that no second process asks while a first one may still be at it
MEETINGS = 20  # of one window of bills with callbacks about its calls, which come one by one
AHEAD = timedelta(minutes=10)  # the carrier's clock may be ahead of ours
PULL_AGAIN_SECONDS = 60  # after a pull that failed
ACTIVE_DAYS = 7  # accounts that sent nothing for so long are asked for bills only when somebody wants it

# What a value that nobody foresaw ends in. The same value would end in it again, so it must not stop the others.
NOT_UNDERSTOOD = (ArithmeticError, DataError, IntegrityError, LookupError, TypeError, ValueError)
SAVED = (
    "carrier_call_id",
    *facts.FACTS,
    "number",
    "batch_id",
    "campaign_id",
    "attempt_id",
    "by_callback_at",
    "by_pull_at",
    "raw_callback",
    "raw_bill",
    "awaits_archive",
)


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
    usual = carrier_of(account).callback_answer()
    if not account.callback_answer:
        return usual
    return CallbackAnswer(body=account.callback_answer.encode(), content_type=usual.content_type)


def apply_next() -> bool:
    """Apply some received callbacks; whether there were any. May be rung twice or late."""
    stop_at = time.monotonic() + APPLY_SECONDS / 2
    with hold("callbacks", seconds=APPLY_SECONDS) as is_ours:
        if not is_ours:
            return False
        received = Callback.objects.filter(state=Callback.State.RECEIVED).select_related("account")
        callbacks = list(received.order_by("pk")[:CALLBACKS_AT_A_TIME])
        for callback in callbacks:
            apply(callback)
            if time.monotonic() > stop_at:
                break
    return bool(callbacks)


def apply(callback: Callback) -> None:
    """The callback is applied, or unreadable with the reason. May be repeated: nothing happens then."""
    if callback.state != Callback.State.RECEIVED:
        return
    reading = carrier_of(callback.account).read_callback(bytes(callback.body), kind=callback.kind)
    if reading.complaint:
        _put_aside(callback, reading.complaint)
        return
    try:
        with transaction.atomic():
            record(callback.account, reading.calls, via=Via.CALLBACK)
            extensions.note(callback.account, reading.extension_events)
            if all(call.carrier_call_id for call in reading.calls):
                callback_numbers.note(callback, reading)
                _mark_applied(callback, reading)
            else:
                _put_aside(callback, gettext("A call in it has no id. It will be known when the bills are asked for."))
    except NOT_UNDERSTOOD as error:  # its text may hold a number, so it is not logged
        logger.error("callback %s can't be applied: %s", callback.pk, type(error).__name__)
        _put_aside(callback, gettext("It was read but not understood (%(kind)s).") % {"kind": type(error).__name__})


def apply_again(callback: Callback) -> bool:
    """An unreadable callback gets another chance; whether it was one."""
    if callback.state != Callback.State.UNREADABLE:
        return False
    return state.advance(callback, Callback.State.RECEIVED, complaint="")


def pull_next() -> bool:
    """Ask one account for its bills if that is due; whether one was. May be rung twice or late."""
    now = timezone.now()
    is_new = Q(Exists(_fresh_batches(OuterRef("pk"), now=now)), next_pull_at__isnull=True)
    due = Account.objects.filter(is_new | Q(next_pull_at__lte=now), is_enabled=True)
    for candidate in due.order_by("next_pull_at", "pk"):
        with hold(f"bills:{candidate.pk}", seconds=PULL_LEASE_SECONDS) as is_ours:
            # Read again, now that nobody else can pull: another process may just have done it.
            account = due.filter(pk=candidate.pk).first() if is_ours else None
            if account is not None:
                pull(account, now=now)
                return True
    return False


def pull(account: Account, *, now: datetime) -> None:
    """One window of bills is in the ledger, and the account says when to ask again, or why it failed.

    An account that sent nothing for ACTIVE_DAYS is asked again when it sends a batch, or when somebody wants it.
    A window too full to be read in one turn is halved; what was read of it stays, for reading twice is harmless.
    """
    start = account.pull_from or _first_start(account, now=now)
    end = min(start + timedelta(seconds=account.pull_window_seconds), now + AHEAD)
    again_at = now + timedelta(seconds=PULL_AGAIN_SECONDS)
    _note_pull(account, next_pull_at=again_at)  # first, so that whatever ends this turn the other accounts get theirs
    try:
        is_read = _read_window(account, BillQuery(start=start, end=end))
    except BadCredentials as error:  # to ask more often would only get the account locked
        _note_failure(account, str(error), now=now, seconds=max(settings.BILLS_EVERY_SECONDS, PULL_AGAIN_SECONDS))
    except CarrierError as error:
        logger.warning("account %s: bills could not be pulled", account.pk)
        _note_failure(account, str(error), now=now)
    except NOT_UNDERSTOOD as error:  # its text may hold a number, so it is not logged
        logger.error("account %s: a bill was not understood: %s", account.pk, type(error).__name__)
        complaint = gettext("A bill was read but not understood (%(kind)s).") % {"kind": type(error).__name__}
        _note_failure(account, complaint, now=now)
    else:
        _note_window(account, end=end, is_read=is_read, now=now)


def _read_window(account: Account, query: BillQuery) -> bool:
    """Whether all of it was read; False when it took too long and is wide enough to be halved."""
    stop_at = time.monotonic() + PULL_SECONDS
    for calls in carrier_of(account).bills(query):
        record(account, calls, via=Via.PULL)
        if time.monotonic() > stop_at and account.pull_window_seconds > SHORTEST_WINDOW_SECONDS:
            return False
    return True


def _note_window(account: Account, *, end: datetime, is_read: bool, now: datetime) -> None:
    if not is_read:
        shorter = max(account.pull_window_seconds // 2, SHORTEST_WINDOW_SECONDS)
        _note_pull(account, pull_complaint="", pull_window_seconds=shorter, next_pull_at=now)
    elif end < now:
        _note_pull(account, pull_complaint="", pull_from=end, next_pull_at=now)
    else:
        _note_pull(
            account,
            pull_complaint="",
            pulled_at=now,
            # Bills are found by the time of the dial, so a call that goes on now is looked for again.
            pull_from=now - timedelta(seconds=settings.BILLS_OVERLAP_SECONDS),
            pull_window_seconds=LONGEST_WINDOW_SECONDS,
            next_pull_at=_again_at(account, seconds=settings.BILLS_EVERY_SECONDS, now=now),
        )


def _note_failure(account: Account, complaint: str, *, now: datetime, seconds: int = PULL_AGAIN_SECONDS) -> None:
    _note_pull(account, pull_complaint=complaint, next_pull_at=_again_at(account, seconds=seconds, now=now))


def _again_at(account: Account, *, seconds: int, now: datetime) -> datetime | None:
    """None for an account that sent nothing for long: nobody is waiting for its bills."""
    return now + timedelta(seconds=seconds) if _fresh_batches(account.pk, now=now).exists() else None


def _fresh_batches(account: Any, *, now: datetime) -> QuerySet[Batch]:
    return Batch.objects.filter(account=account, sent_at__gte=now - timedelta(days=ACTIVE_DAYS))


def ask_next(*, now: datetime | None = None) -> bool:
    """Ask the carrier for the bills of one batch by its reference if that is due; whether one was. May be repeated.

    Uncertain batches are asked about again and again with growing pauses: one bill proves that they were taken. Where
    the carrier refuses repeats, `repeating` clears them up. Accepted ones are asked about when somebody in them was
    never billed in the usual time.
    """
    now = now or timezone.now()
    clear_themselves_up = Q(state=Batch.State.UNCERTAIN, account__carrier__in=with_feature(Feature.REFUSES_REPEATS))
    asked = [Batch.State.UNCERTAIN, Batch.State.ACCEPTED]
    due = Batch.objects.filter(state__in=asked, ask_at__lte=now, account__is_enabled=True).select_related("account")
    due = due.exclude(clear_themselves_up)
    for batch in due.order_by("ask_at", "pk"):
        with hold(f"bills:{batch.account_id}", seconds=PULL_LEASE_SECONDS) as is_ours:
            if is_ours and due.filter(pk=batch.pk).exists():
                _ask(batch, now=now)
                return True
    return False


def _ask(batch: Batch, *, now: datetime) -> None:
    this = Batch.objects.filter(pk=batch.pk)
    # First, so that whatever ends this turn, the other batches get theirs.
    this.update(ask_at=evidence.ask_again_at(batch, now=now), ask_count=F("ask_count") + 1)
    start = (batch.sent_at or now) - timedelta(seconds=settings.BILLS_OVERLAP_SECONDS)
    carrier = carrier_of(batch.account, batch=batch)
    try:
        _learn_name(batch, carrier)
        for calls in carrier.bills(BillQuery(start=start, end=now + AHEAD, reference=batch.reference)):
            record(batch.account, calls, via=Via.PULL)
    except CarrierError as error:
        _note_pull(batch.account, pull_complaint=str(error))
    except NOT_UNDERSTOOD as error:  # its text may hold a number, so it is not logged
        logger.error("batch %s: a bill was not understood: %s", batch.pk, type(error).__name__)
    else:
        this.update(asked_at=now)


def _learn_name(batch: Batch, carrier: Carrier) -> None:
    """Calls that told only what the carrier calls their batch are linked, where the launch was not answered with it.

    A carrier that does not tell now is asked with the next question; the bills may know the calls all the same.
    """
    if batch.state != Batch.State.ACCEPTED or batch.carrier_task_id:
        return
    with suppress(CarrierError):
        if carrier_tasks.learn_name(batch, carrier):
            adopt(of=batch)


def ask_now(account: Account) -> None:
    """The account's bills are due at once, however long it sent nothing. The caller rings for `bills`."""
    Account.objects.filter(pk=account.pk).update(next_pull_at=timezone.now())


def ask_about(batch: Batch) -> bool:
    """A question about the batch is due at once; whether it is uncertain still. The caller rings for `questions`."""
    return bool(Batch.objects.filter(pk=batch.pk, state=Batch.State.UNCERTAIN).update(ask_at=timezone.now()))


def record(account: Account, calls: Iterable[Call], *, via: Via, now: datetime | None = None) -> None:
    """Each outgoing call is one call record that knows by which ways it came; its attempt is settled, its batch proven.

    Idempotent and indifferent to order: a bill's fact wins over a callback's, and something over nothing. What did
    not change is not written. A call without an id can't be told from others and is left out.
    """
    outgoing = [call for call in calls if call.is_outgoing and call.carrier_call_id]
    if not outgoing:
        return
    now = now or timezone.now()
    for meeting in range(MEETINGS, 0, -1):
        try:
            with transaction.atomic():
                _record(account, outgoing, via=via, now=now)
                break
        except IntegrityError:  # somebody else met one of the calls in the same moment; now it is known
            if meeting == 1:
                raise


def _record(account: Account, calls: list[Call], *, via: Via, now: datetime) -> None:
    rows = _known(account, {call.carrier_call_id for call in calls})
    matcher = Matcher(
        account,
        references=[call.reference for call in calls] + [row.reference for row in rows.values()],
        task_ids=[call.carrier_task_id for call in calls] + [row.carrier_task_id for row in rows.values()],
        numbers=[call.number_on_wire for call in calls] + [row.number for row in rows.values()],
    )
    rows |= _known_by_another_id([call for call in calls if call.carrier_call_id not in rows], matcher)
    before = {row.pk: _saved_facts(row) for row in rows.values()}
    tallied = tallies.count(rows.values())
    heard = {row.pk: webhooks.heard_of(row) for row in rows.values()}
    left: set[int | None] = set()
    for call in calls:
        row = rows.setdefault(call.carrier_call_id, CallRecord(account=account, carrier_call_id=call.carrier_call_id))
        had_reference = bool(row.reference)
        facts.merge(row, call, number=matcher.read(call.number_on_wire) or call.number_on_wire, via=via, now=now)
        left.add(matcher.link(row, call.number_on_wire, voice=call.voice_at_carrier, had_reference=had_reference))
    changed = [row for _, row in sorted(rows.items()) if row.pk is None or before[row.pk] != _saved_facts(row)]
    CallRecord.objects.bulk_create([row for row in changed if row.pk is None])
    _conclude(changed, [row for row in changed if row.pk in before], matcher, left=left, now=now)
    webhooks.tell_of_calls([row for row in changed if heard.get(row.pk) != webhooks.heard_of(row)], now=now)
    tallies.move(tallied, tallies.count(rows.values()))


def adopt(*, of: Batch | None = None, now: datetime | None = None) -> int:
    """Calls that named a batch by the carrier's task before we knew its name are linked; how many. May be repeated.

    Of one batch, or of all.
    """
    nameless = CallRecord.objects.filter(batch__isnull=True).exclude(carrier_task_id="")
    of_batch = nameless.filter(account=OuterRef("account"), carrier_task_id=OuterRef("carrier_task_id"))
    batches = Batch.objects.exclude(carrier_task_id="").filter(Exists(of_batch)).select_related("account")
    if of is not None:
        batches = batches.filter(pk=of.pk)
    return sum(_adopt(batch, now=now or timezone.now()) for batch in batches)


def _adopt(batch: Batch, *, now: datetime) -> int:
    with transaction.atomic():
        rows = CallRecord.objects.select_for_update(no_key=True).filter(
            account=batch.account, carrier_task_id=batch.carrier_task_id, batch__isnull=True
        )
        found = list(rows.order_by("pk"))
        matcher = Matcher(
            batch.account, references=[], task_ids=[batch.carrier_task_id], numbers=[row.number for row in found]
        )
        tallied = tallies.count(found)
        left = {matcher.link(row, row.number) for row in found}
        _conclude(found, found, matcher, left=left, now=now)
        callback_numbers.adopt(batch, found)
        webhooks.tell_of_calls(found, now=now)
        tallies.move(tallied, tallies.count(found))
    return len(found)


def _conclude(
    changed: list[CallRecord], known: list[CallRecord], matcher: Matcher, *, left: set[int | None], now: datetime
) -> None:
    """Save the known ones, and draw from all that changed what follows for attempts and batches.

    `left` are attempts whose call turned out to be another one's.
    """
    # Ours by the lock, so the upsert only updates; for many rows it is far quicker than `bulk_update`.
    CallRecord.objects.bulk_create(known, update_conflicts=True, unique_fields=["pk"], update_fields=SAVED)
    attempts = {row.attempt_id for row in changed} | left
    outcome.settle({attempt for attempt in attempts if attempt is not None}, now=now)
    evidence.accept_proven(matcher.batches())
    withdrawal.accept_contradicted(matcher.batches())


def _known(account: Account, keys: Iterable[str]) -> dict[str, CallRecord]:
    rows = CallRecord.objects.select_for_update(no_key=True).filter(account=account, carrier_call_id__in=keys)
    return {row.carrier_call_id: row for row in rows.order_by("pk")}


def _known_by_another_id(calls: list[Call], matcher: Matcher) -> dict[str, CallRecord]:
    """Records of calls that one way told without an id of their own, by the call's new id.

    Nobody is called twice in one second, so a call to the same person that began in it is the same call.
    """
    wanted: dict[tuple[int | None, datetime | None], Call] = {}
    for call in calls:
        batch = matcher.batch_of(call.reference, call.carrier_task_id)
        member = matcher.member_of(batch, call.number_on_wire) if batch and call.started_at else None
        if member is not None:
            wanted[member.attempt_id, call.started_at] = call
    same = CallRecord.objects.select_for_update(no_key=True).filter(
        attempt__in={attempt for attempt, _ in wanted}, started_at__in={start for _, start in wanted}
    )
    found = {}
    for row in same.order_by("pk") if wanted else ():
        told = wanted.get((row.attempt_id, row.started_at))
        if told is not None and facts.is_same_by_uuid(row, told):
            found[told.carrier_call_id] = row
    return found


def _saved_facts(row: CallRecord) -> list[Any]:
    return [getattr(row, name) for name in SAVED]


def _first_start(account: Account, *, now: datetime) -> datetime:
    """Before the first batch that left."""
    first = account.batches.filter(sent_at__isnull=False).order_by("sent_at").values_list("sent_at", flat=True).first()
    return (first or now) - timedelta(seconds=settings.BILLS_OVERLAP_SECONDS)


def _note_pull(account: Account, **changes: Any) -> None:
    Account.objects.filter(pk=account.pk).update(**changes)


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
