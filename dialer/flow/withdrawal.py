"""Out of a batch again: who may not be called after all, or not now. Nobody is lost by it, and nobody is who left.

Whoever is put back was never handed over by this attempt, so the attempt is taken out of the ledger, and the person
stands again where the next batch looks: postponed, or due for a next round.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from dialer.flow import chronicle, evidence, state, webhooks
from dialer.flow.gate import Gate
from dialer.flow.hours import Hours
from dialer.models import Attempt, Batch, CallRecord, Campaign, Contact
from dialer.models.preference import house_language
from dialer.terms import Disposition, SkipReason

CONTRADICTED = gettext_noop("It counted as refused, but a bill with its reference proves that the carrier took it.")
BILLED = gettext_noop("Bills came though it had not left for all we knew: they prove that the carrier took it.")
DISSOLVED = gettext_noop("Its account can't be used now; its people go another way.")
OVER = (Campaign.State.FINISHED, Campaign.State.CANCELLED)


def sift(batch: Batch, *, hours: Hours, now: datetime) -> datetime | None:
    """Right before a claimed batch leaves: only people who may be called at this moment are in it.

    Who is on a do-not-call list, or has answered meanwhile, is out of it for good; who may be called later is put
    back, so that they never hold up the others. Only if it is closed everywhere they stay in it, and the moment from
    which somebody may be called is returned.
    """
    with transaction.atomic():
        _take_out(answered(batch))
        attempts = list(batch.attempts.select_related("contact").order_by("pk"))
        attempt_of = {attempt.contact_id: attempt for attempt in attempts}
        found = Gate(campaign=batch.campaign, hours=hours, now=now, besides=batch).sort(
            [attempt.contact for attempt in attempts]
        )
        _refuse_to_call([attempt_of[contact.pk] for contact in found.never])
        must_all_wait = not found.now and not hours.is_open_somewhere(now)
        if not must_all_wait:
            put_back([(attempt_of[contact.pk], until) for contact, until in found.later])
        _count(batch)
    return min((until for _, until in found.later), default=None) if must_all_wait else None


def leave_out(batch: Batch, contacts: Collection[int]) -> None:
    """These people of a batch that has just left are out of it for good: they were not in what was sent."""
    with transaction.atomic():
        _refuse_to_call(list(batch.attempts.filter(contact__in=contacts).select_related("contact")))
        _count(batch)


def dissolve(batch: Batch, *, now: datetime) -> bool:
    """A waiting batch is cancelled, and its people are due for another one; False if it has left.

    One of which somebody was billed has left, whatever was said of it.
    """
    with transaction.atomic():
        if not _locked([batch.pk]) or batch.call_records.exists():
            return False
        put_back([(attempt, now) for attempt in batch.attempts.select_related("contact").order_by("pk")])
        return state.advance(batch, Batch.State.CANCELLED, message=gettext(DISSOLVED))


def shrink(batch: Batch, *, to: int, now: datetime) -> bool:
    """A waiting batch keeps so many people, and the others are due for another one; False if it has left.

    One of which somebody was billed was taken, whatever we know of it, and keeps everybody.
    """
    with transaction.atomic():
        if not _locked([batch.pk]):
            return False
        if batch.call_records.exists():
            return True
        too_many = batch.attempts.select_related("contact").order_by("pk")[to:]
        put_back([(attempt, now) for attempt in too_many])
        _count(batch)
    return True


def take_back(contacts: Collection[int]) -> None:
    """Next rounds of these people that wait in a batch are undone; those that left are not.

    The round before each of them is judged anew, or nobody would remember that another one was due.
    """
    waiting = Attempt.objects.filter(
        contact__in=contacts, round__gt=1, settled_at__isnull=True, batch__state=Batch.State.WAITING
    )
    with transaction.atomic():
        for batch in _locked(waiting.order_by().values_list("batch", flat=True).distinct()):
            taken = list(batch.attempts.filter(contact__in=contacts, round__gt=1))
            _take_out(taken)
            for number in {attempt.round for attempt in taken}:
                people = [attempt.contact_id for attempt in taken if attempt.round == number]
                Attempt.objects.filter(contact__in=people, round=number - 1).update(is_judged=False)
            _count(batch)


def requeue(refused: Batch, *, now: datetime | None = None) -> int:
    """The people of a refused batch are due for another one under a new reference; how many. May be repeated.

    The carrier took nobody of it, so its attempts are settled as failed. Nobody is due again in an ended campaign.
    """
    now = now or timezone.now()
    is_over = refused.campaign.state in OVER
    return refused.attempts.filter(settled_at__isnull=True).update(
        settled_at=now,
        disposition=Disposition.FAILED,
        silent_since=None,
        is_judged=True,
        retry_at=None if is_over else now,
    )


def accept_contradicted(batches: QuerySet[Batch]) -> int:
    """Batches that count as refused although somebody of them was billed are accepted; how many. May be repeated.

    The carrier took them, so nobody of them is due again: next rounds that wait are undone, and who was not billed
    yet is awaited. The campaign pauses, for somebody was told the wrong thing.
    """
    billed = CallRecord.objects.filter(batch=OuterRef("pk"))
    contradicted = batches.filter(Exists(billed), state=Batch.State.REFUSED).select_related("account", "campaign")
    return sum(_accept_contradicted(batch) for batch in contradicted)


@house_language()  # a callback may tell of its bills
def _accept_contradicted(batch: Batch) -> bool:
    with transaction.atomic():
        if not state.advance(batch, Batch.State.ACCEPTED, ask_at=evidence.ask_at(batch), message=gettext(CONTRADICTED)):
            return False
        take_back(list(batch.attempts.values_list("contact", flat=True)))
        batch.attempts.update(retry_at=None, is_judged=False)
        later = Attempt.objects.filter(contact=OuterRef("contact"), round__gt=OuterRef("round"))
        unbilled = Attempt.objects.filter(~Exists(later), batch=batch, call_records__isnull=True)
        Attempt.objects.filter(pk__in=list(unbilled.values_list("pk", flat=True))).update(
            settled_at=None, disposition=""
        )
        running = Campaign.objects.filter(pk=batch.campaign_id, state=Campaign.State.RUNNING)
        told = {"number": batch.sequence, "message": batch.message}
        because = gettext("Batch %(number)s: %(message)s") % told
        if running.update(state=Campaign.State.PAUSED, paused_because=because):
            chronicle.note(batch.campaign_id, lambda: gettext("Paused by itself: batch %(number)s: %(message)s") % told)
            webhooks.tell_of_pause([batch.campaign_id])
    return True


def accept_billed(*, now: datetime) -> int:
    """Batches that wait although somebody of them was billed are accepted; how many. May be repeated.

    Their carrier said "later", or cut us off, and called people all the same.
    """
    billed = CallRecord.objects.filter(batch=OuterRef("pk"))
    waiting = Batch.objects.filter(Exists(billed), state=Batch.State.WAITING).select_related("account", "campaign")
    return sum(
        state.advance(
            batch,
            Batch.State.ACCEPTED,
            sent_at=now,
            answered_at=now,
            ask_at=evidence.ask_at(batch),
            message=gettext(BILLED),
        )
        for batch in waiting
    )


def put_back(people: Collection[tuple[Attempt, datetime]]) -> None:
    """Each of them is due again from that moment on, as before this attempt, which is taken out of the ledger."""
    _take_out([attempt for attempt, _ in people])
    postpone((attempt.contact, until) for attempt, until in people if attempt.round == 1)
    again = {(attempt.contact_id, attempt.round - 1): until for attempt, until in people if attempt.round > 1}
    before = list(Attempt.objects.filter(contact__in={contact for contact, _ in again}))
    before = [attempt for attempt in before if (attempt.contact_id, attempt.round) in again]
    for attempt in before:
        attempt.retry_at = again[attempt.contact_id, attempt.round]
    Attempt.objects.bulk_update(before, ["retry_at"], batch_size=500)


def postpone(people: Iterable[tuple[Contact, datetime]]) -> None:
    """Each of them is looked at again from that moment on; a query for each moment, of which there are few."""
    waiting = defaultdict(list)
    for contact, until in people:
        waiting[until].append(contact.pk)
    for until, contacts in waiting.items():
        Contact.objects.filter(pk__in=contacts).update(postponed_until=until)


def answered(batch: Batch) -> list[Attempt]:
    """Whose call of an earlier round turned out to be answered after the next one was planned."""
    answered = Attempt.objects.filter(
        contact=OuterRef("contact"), round__lt=OuterRef("round"), disposition=Disposition.ANSWERED
    )
    return list(batch.attempts.filter(Exists(answered), round__gt=1))


def _refuse_to_call(attempts: list[Attempt]) -> None:
    """Who was called before keeps that call for a fate; who never was is a skipped row."""
    _take_out(attempts)
    Contact.objects.filter(pk__in=[attempt.contact_id for attempt in attempts if attempt.round == 1]).update(
        skip_reason=SkipReason.DO_NOT_CALL, postponed_until=None
    )


def _take_out(attempts: list[Attempt]) -> None:
    Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).delete()


def _count(batch: Batch) -> None:
    batch.contact_count = batch.attempts.count()
    batch.save(update_fields=["contact_count"])


def _locked(keys: Iterable[int]) -> list[Batch]:
    """Those that still wait, so that nobody claims them before the end of the transaction."""
    rows = Batch.objects.select_for_update().filter(pk__in=list(keys), state=Batch.State.WAITING)
    return list(rows.order_by("pk"))
