"""Uncertain batch -> known, at carriers that refuse repeats: they are asked for it, and given it once more.

The reference is the batch's name there. A repeat under the same name is either refused, which proves that an earlier
try has arrived, or taken, which proves that none had; so nobody can be called twice by it. At any other carrier a
launch is never repeated.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from dialer.carriers import with_feature
from dialer.carriers.contract import AlreadyTaken, BadCredentials, Carrier, CarrierError, Refused, Task, TryLater
from dialer.carriers.order import Order
from dialer.flow import chronicle, evidence, ledger, pacing, routes, state, withdrawal
from dialer.flow.connect import carrier_of
from dialer.flow.gate import Gate
from dialer.flow.hours import hours_of
from dialer.flow.mistakes import DialerError
from dialer.flow.ordering import callees_of, order_of
from dialer.flow.seat import hold
from dialer.models import Batch, Campaign, Contact
from dialer.terms import Feature

logger = logging.getLogger(__name__)

NOTE_SECONDS = 5  # what writing the outcome may take
LOOK_BACK = timedelta(days=1)  # before the batch left, so that no difference of clocks hides it
FOUND = gettext_noop("No clear answer came, but the carrier has a batch of this name: it was taken.")
REPEATED = gettext_noop(
    "No clear answer came, so it was sent once more under the same name, and taken now for the first time."
)
NOBODY_LEFT = gettext_noop("Nobody in it may be called any more.")
NOT_TOLD = gettext_noop("The carrier does not tell whether it has a batch of this name.")
NOT_THERE = gettext_noop("The carrier has no batch of this name: it was not taken.")
ELSEWHERE = gettext_noop(
    "It was sent to %(address)s, and only there it can be told whether it was taken. Give the account this address "
    "again, or decide what became of the batch."
)
INTERRUPTED = gettext_noop("The process that sent it once more ended before the answer was noted.")


def clear_up_next() -> bool:
    """Clear up one due uncertain batch of some account that is free; whether there was one. May be repeated."""
    repeating = Batch.objects.filter(state=Batch.State.REPEATING)
    state.expire_claims(repeating, to=Batch.State.UNCERTAIN, message=gettext(INTERRUPTED), ask_at=timezone.now())
    for batch in _due().order_by("ask_at", "pk"):
        with hold(f"account:{batch.account_id}", seconds=settings.LEASE_SECONDS) as is_ours:
            if is_ours and clear_up(batch):
                return True
    return False


def clear_up(batch: Batch, *, now: datetime | None = None) -> bool:
    """The batch is accepted or refused if that can be known now, else uncertain still and due for another look.

    False if somebody else has claimed it, or if it is not due.
    """
    started, now = time.monotonic(), now or timezone.now()
    claimed = state.claim(
        _due().filter(pk=batch.pk).order_by("pk"),
        to=Batch.State.REPEATING,
        lease_seconds=settings.LEASE_SECONDS,
        ask_count=F("ask_count") + 1,
    )
    if claimed is None:
        return False
    if claimed.sent_to not in ("", claimed.account.batch_url):  # whoever answers there would not know it, and call anew
        _still_uncertain(claimed, gettext(ELSEWHERE) % {"address": claimed.sent_to}, now=now)
        return True
    carrier = carrier_of(claimed.account, batch=claimed)
    try:
        found = _look_up(carrier, claimed)
    except CarrierError as error:
        _still_uncertain(claimed, str(error), now=now)
        return True
    if found.task is not None:
        _accept(claimed, gettext(FOUND), task_id=found.task.carrier_task_id)
    elif _may_be_repeated(claimed):
        _repeat(claimed, carrier, found, now=now, started=started)
    elif claimed.campaign.state in withdrawal.OVER:
        _give_up(claimed, found, found.sentence, now=now)
    else:
        _still_uncertain(claimed, found.sentence, now=now)
    return True


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The carrier's own word on a batch; a carrier that refuses the question has said nothing."""

    task: Task | None = None
    was_told: bool = True

    @property
    def sentence(self) -> str:
        return gettext("The carrier has no batch of this name yet.") if self.was_told else gettext(NOT_TOLD)


def _due() -> QuerySet[Batch]:
    return Batch.objects.filter(
        state=Batch.State.UNCERTAIN,
        ask_at__lte=Now(),
        account__is_enabled=True,
        account__stopped_because="",
        account__carrier__in=with_feature(Feature.REFUSES_REPEATS),
    ).select_related("account", "campaign")


def _look_up(carrier: Carrier, batch: Batch) -> _Found:
    """A carrier that refuses the question is not asked again but given the batch once more."""
    try:
        return _Found(task=carrier.find_task(batch.reference, since=(batch.sent_at or timezone.now()) - LOOK_BACK))
    except (BadCredentials, TryLater):
        raise
    except Refused:
        return _Found(was_told=False)


def _may_be_repeated(batch: Batch) -> bool:
    """While the campaign runs: the operator may have paused or cancelled meanwhile.

    Also by a route that is closed, which takes nobody new: only there it can be proven whether this batch was taken.
    """
    return Campaign.objects.filter(pk=batch.campaign_id, state=Campaign.State.RUNNING).exists()


def _repeat(batch: Batch, carrier: Carrier, found: _Found, *, now: datetime, started: float) -> None:
    """The same people under the same name, as soon as all of them may be called; who said no meanwhile is left out."""
    try:
        at = max(now, batch.starts_at or now)  # the carrier calls nobody before
        hours = hours_of(batch.campaign, on=at.date())
        contacts = list(Contact.objects.filter(attempts__batch=batch, attempts__settled_at__isnull=True).order_by("pk"))
        sorted_ = Gate(campaign=batch.campaign, hours=hours, now=at, besides=batch).sort(contacts)
        later = [until for _, until in sorted_.later]
        if later:  # in parts it can't be sent: nobody could tell afterwards which part was taken
            sentence = gettext("It is sent once more when all may be called. %(hours)s") % {"hours": hours.explain(at)}
            _still_uncertain(batch, sentence, now=now, until=max(later))
            return
        answered = {attempt.contact_id for attempt in withdrawal.answered(batch)}
        left_out = {contact.pk for contact in sorted_.never} | answered
        people = [contact.pk for contact in sorted_.now if contact.pk not in answered]
        if not people:
            _give_up(batch, found, gettext(NOBODY_LEFT), now=now)
            return
        if opens_at := pacing.has_better_hours(batch, people=len(people), hours=hours, now=at):
            too_soon = gettext("It closes too soon to send it once more.")
            _still_uncertain(batch, too_soon, now=now, until=opens_at)
            return
        start_at = at if at > now else None
        callees = callees_of(batch, people)
        order = order_of(batch.campaign, batch.account, callees, reference=batch.reference, start_at=start_at, now=now)
    except DialerError as error:
        _still_uncertain(batch, str(error), now=now)
        return
    if settings.LEASE_SECONDS - (time.monotonic() - started) < settings.HTTP_TOTAL_SECONDS + NOTE_SECONDS:
        _still_uncertain(batch, gettext("The machine was too slow; it was not sent once more."), now=now)
        return
    _talk(batch, carrier, order, left_out, now=now)


def _talk(batch: Batch, carrier: Carrier, order: Order, left_out: set[int], *, now: datetime) -> None:
    """It leaves in this moment, whatever becomes of it, unless our claim is over.

    Whoever is called now was not called when an earlier try left: the caps, the wait for bills and the time until
    which nobody can know count from here. Only "taken already" says that they were.
    """
    earlier, batch.sent_at = batch.sent_at, timezone.now()
    if not Batch.objects.filter(pk=batch.pk, claim_token=batch.claim_token).update(sent_at=batch.sent_at):
        return
    try:
        accepted = carrier.place(order)
    except AlreadyTaken:
        batch.sent_at = earlier or batch.sent_at
        _accept(batch, gettext(FOUND), task_id=_task_id(carrier, batch))
    except CarrierError as error:
        routes.note_refusal(batch, error)
        _still_uncertain(batch, str(error), now=now, code=error.code)
    except ValueError as error:  # a limit of the carrier is broken: nothing was sent
        _still_uncertain(batch, str(error), now=now)
    else:
        with transaction.atomic():
            if _accept(batch, gettext(REPEATED), task_id=accepted.carrier_task_id):
                withdrawal.leave_out(batch, left_out)


def _task_id(carrier: Carrier, batch: Batch) -> str:
    """What the carrier calls it; "" if it does not say so now."""
    try:
        task = _look_up(carrier, batch).task
    except CarrierError:
        return ""
    return task.carrier_task_id if task else ""


def _accept(batch: Batch, message: str, *, task_id: str) -> bool:
    """Without the carrier's name of it, it is asked about soon: status reports may tell nothing but this name."""
    now = timezone.now()
    is_ours = _note(
        batch,
        Batch.State.ACCEPTED,
        message=message,
        carrier_task_id=task_id or batch.carrier_task_id,
        sent_at=batch.sent_at,
        answered_at=now,
        ask_at=evidence.ask_at(batch) if task_id else evidence.ask_again_at(batch, now=now),
    )
    if is_ours:
        told = {"number": batch.sequence, "message": message}
        chronicle.note(batch.campaign_id, lambda: gettext("Batch %(number)s: %(message)s") % told)
        ledger.adopt(of=batch)
    return is_ours


def _still_uncertain(
    batch: Batch, message: str, *, now: datetime, code: str = "", until: datetime | None = None
) -> None:
    """It is looked at again after a growing pause, at the latest at `until`, when it may be sent once more."""
    ask_at = evidence.ask_again_at(batch, now=now)
    _note(
        batch,
        Batch.State.UNCERTAIN,
        message=message,
        carrier_code=code,
        ask_at=ask_at if until is None else min(ask_at, until),
    )
    evidence.accept_proven(Batch.objects.filter(pk=batch.pk))


def _cannot_arrive_any_more(batch: Batch, *, now: datetime) -> bool:
    lifetime = timedelta(seconds=settings.LEASE_SECONDS + settings.HTTP_TOTAL_SECONDS)
    return (batch.sent_at or now) + lifetime < now


def _give_up(batch: Batch, found: _Found, sentence: str, *, now: datetime) -> None:
    """Nobody is to be called by it any more: it is refused as soon as the carrier's word proves that it has none."""
    if not (found.was_told and _cannot_arrive_any_more(batch, now=now)):
        _still_uncertain(batch, sentence, now=now)
        return
    with transaction.atomic():
        if _note(batch, Batch.State.UNCERTAIN) and state.advance(
            batch, Batch.State.REFUSED, message=gettext(NOT_THERE), answered_at=timezone.now(), ask_at=None
        ):
            withdrawal.requeue(batch)
            batch.attempts.update(retry_at=None)


def _note(batch: Batch, to: str, **changes: Any) -> bool:
    won = state.advance(batch, to, token=batch.claim_token, **changes)
    if not won:
        logger.warning("batch %s: the claim was over before %s could be noted", batch.pk, to)
    return won
