"""Batch -> carrier: claim, commit, talk, note, commit.

A stale claim becomes `uncertain`, never `waiting`: a launch may not be repeated.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.carriers.contract import (
    Accepted,
    AlreadyTaken,
    BadCredentials,
    BrokenLimits,
    NotSent,
    OutcomeUnknown,
    Refused,
    TryLater,
)
from dialer.carriers.order import Order
from dialer.figures import count
from dialer.flow import batching, evidence, ledger, repeating, routes, state, withdrawal
from dialer.flow.connect import carrier_of
from dialer.flow.hours import hours_of
from dialer.flow.mistakes import DialerError
from dialer.flow.ordering import callees_of, order_of
from dialer.flow.seat import hold
from dialer.models import Account, Attempt, Batch, Campaign, Contact

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 15  # before a batch that surely did not leave is tried again; doubles each time
LONGEST_PAUSE_SECONDS = 900
NOTE_SECONDS = 5  # what writing the outcome may take
UNCLEAR_IN_A_ROW = 2  # one answer may get lost; after two the rest of the list would follow them

ALREADY = _("The carrier has a batch of this name already.")
NOBODY_LEFT = _("Nobody in it may be called now. Who may be called later is due for another batch.")
KILLED = _("The sending process ended before the carrier's answer was noted. It may or may not have been taken.")


def send_next() -> bool:
    """Hand over one due batch of some account that is free; whether there was one. May be rung twice or late."""
    expire_claims()
    return repeating.clear_up_next() or _send_due()


def _send_due() -> bool:
    for account in _accounts_with_work():
        with hold(f"account:{account.pk}", seconds=settings.LEASE_SECONDS) as is_ours:
            batch = _next_batch(account) if is_ours else None
            if batch is not None:
                send(batch)
                return True
    return False


def expire_claims() -> None:
    """Batches whose sender died become uncertain; those with a bill are accepted at once."""
    sending = Batch.objects.filter(state=Batch.State.SENDING)
    left_at = Coalesce("sent_at", "lease_until")  # it may have been killed before it could note the moment
    if state.expire_claims(
        sending, to=Batch.State.UNCERTAIN, message=str(KILLED), ask_at=timezone.now(), sent_at=left_at
    ):
        evidence.accept_proven()


def send(batch: Batch, *, now: datetime | None = None) -> None:
    """The batch has left once, or surely not at all; its state says what is known. Nothing if others claimed it."""
    started, now = time.monotonic(), now or timezone.now()
    claimed = state.claim(
        Batch.objects.filter(
            routes.may_leave(),
            pk=batch.pk,
            state=Batch.State.WAITING,
            due_at__lte=Now(),
            campaign__state=Campaign.State.RUNNING,
        ).order_by("pk"),
        to=Batch.State.SENDING,
        lease_seconds=settings.LEASE_SECONDS,
        tries=F("tries") + 1,
    )
    if claimed is None:
        return
    try:
        if _was_taken_already(claimed) or not _is_ready(claimed, now=now):
            return
        order = _order(claimed, now=now)
    except DialerError as error:
        _refuse(claimed, str(error), code="")
        return
    leaving = {"sent_at": timezone.now(), "sent_to": claimed.account.batch_url}
    is_ours = Batch.objects.filter(pk=claimed.pk, claim_token=claimed.claim_token).update(**leaving)
    left = settings.LEASE_SECONDS - (time.monotonic() - started)
    if not is_ours or left < settings.HTTP_TOTAL_SECONDS + NOTE_SECONDS:
        _wait(claimed, gettext("The machine was too slow; nothing was sent."))
        return
    _talk(claimed, order)


def _was_taken_already(batch: Batch) -> bool:
    """A carrier that says "later", or cuts us off, and calls people all the same took the batch: their bills say so."""
    if not batch.call_records.exists():
        return False
    now = timezone.now()
    if _note(batch, Batch.State.UNCERTAIN, message=gettext("Bills came before it left."), sent_at=now, ask_at=now):
        evidence.accept_proven(Batch.objects.filter(pk=batch.pk))
    return True


def _is_ready(batch: Batch, *, now: datetime) -> bool:
    """Only people who may be called at this moment are in it; else it waits, or is cancelled if nobody is left."""
    now = batch.starts_at if batch.starts_at and batch.starts_at > now else now  # the carrier calls nobody before
    hours = hours_of(batch.campaign, on=now.date())
    due_at = withdrawal.sift(batch, hours=hours, now=now)
    if due_at is not None:
        _note(batch, Batch.State.WAITING, message=hours.explain(now), due_at=due_at)
    elif not batch.contact_count:
        _note(batch, Batch.State.CANCELLED, message=str(NOBODY_LEFT))
    return due_at is None and bool(batch.contact_count)


def _talk(batch: Batch, order: Order) -> None:
    carrier = carrier_of(batch.account, batch=batch)
    try:
        accepted = carrier.place(order)
    except AlreadyTaken:  # an earlier try has arrived, though we took it for lost
        _note(batch, Batch.State.UNCERTAIN, message=str(ALREADY), ask_at=timezone.now())
    except (NotSent, TryLater) as error:
        _wait(batch, str(error))
    except BadCredentials as error:
        routes.stop_account(batch.account, str(error))
        _refuse(batch, str(error), code=error.code)
    except Refused as error:
        _refuse(batch, str(error), code=error.code)
    except OutcomeUnknown as error:
        _note(batch, Batch.State.UNCERTAIN, message=str(error), carrier_code=error.code, ask_at=timezone.now())
        evidence.accept_proven(Batch.objects.filter(pk=batch.pk))
        _pause_if_it_goes_on(batch, str(error))
    except BrokenLimits as error:  # a limit of the carrier is broken: nothing was sent
        _refuse(batch, str(error), code="")
    else:
        _accept(batch, accepted)


def _accept(batch: Batch, accepted: Accepted) -> None:
    changes = {
        "message": accepted.message,
        "carrier_task_id": accepted.carrier_task_id,
        "answered_at": timezone.now(),
        "ask_at": evidence.ask_at(batch),
    }
    if not _note(batch, Batch.State.ACCEPTED, **changes):
        # Our claim ended while the carrier was thinking. We know better than "uncertain" now.
        Batch.objects.filter(pk=batch.pk, state=Batch.State.UNCERTAIN).update(state=Batch.State.ACCEPTED, **changes)
    ledger.adopt(of=batch)


def _wait(batch: Batch, sentence: str) -> None:
    """Nothing left us: the batch waits, longer each time."""
    pause = min(FIRST_PAUSE_SECONDS * 2 ** (batch.tries - 1), LONGEST_PAUSE_SECONDS)
    _note(
        batch,
        Batch.State.WAITING,
        message=sentence,
        sent_at=None,
        due_at=timezone.now() + timedelta(seconds=pause),
    )


def _refuse(batch: Batch, sentence: str, *, code: str) -> None:
    """The carrier took nobody of it, and would refuse the next batch too.

    Its people go through another account of the campaign; if there is none, the campaign pauses.
    """
    with transaction.atomic():  # all or nothing, so that nobody is left behind in a campaign that runs on
        is_ours = _note(batch, Batch.State.REFUSED, message=sentence, carrier_code=code, answered_at=timezone.now())
        if withdrawal.accept_contradicted(Batch.objects.filter(pk=batch.pk)):
            return  # its bills were quicker than this answer
        because = gettext("Batch %(number)s was refused: %(reason)s") % {"number": batch.sequence, "reason": sentence}
        has_others = routes.close_or_pause(batch, because)
        if is_ours and has_others:
            withdrawal.requeue(batch)


def _pause_if_it_goes_on(batch: Batch, sentence: str) -> None:
    """An uncertain batch is never sent again, so a carrier in trouble must not turn a whole list uncertain."""
    left = Batch.objects.filter(campaign=batch.campaign_id, account=batch.account_id, sent_at__isnull=False).order_by(
        "-sent_at"
    )
    newest = list(left.values_list("state", flat=True)[:UNCLEAR_IN_A_ROW])
    if len(newest) == UNCLEAR_IN_A_ROW and all(told in Batch.UNCLEAR for told in newest):
        because = gettext("%(count)s batches in a row got no clear answer: %(reason)s")
        routes.close_or_pause(batch, because % {"count": count(UNCLEAR_IN_A_ROW), "reason": sentence})


def _note(batch: Batch, to: str, **changes: object) -> bool:
    won = state.advance(batch, to, token=batch.claim_token, **changes)
    if not won:
        logger.warning("batch %s: the claim was over before %s could be noted", batch.pk, to)
    return won


def _order(batch: Batch, *, now: datetime) -> Order:
    """What is to be said to the carrier. Raises DialerError if the voice file has no location there."""
    start_at = batch.starts_at if batch.starts_at and batch.starts_at > now else None
    return order_of(
        batch.campaign, batch.account, callees_of(batch), reference=batch.reference, start_at=start_at, now=now
    )


def _accounts_with_work() -> list[Account]:
    """Accounts in use with a running campaign that has something due; who sent last has its turn last."""
    of_campaign = {"campaign": OuterRef("pk")}
    waiting = Batch.objects.filter(**of_campaign, state=Batch.State.WAITING, due_at__lte=Now())
    postponed = Contact.objects.filter(**of_campaign, postponed_until__lte=Now(), skip_reason="")
    next_rounds = Attempt.objects.filter(batch__campaign=OuterRef("pk"), retry_at__lte=Now())
    has_work = Q(is_planned=False) | Exists(waiting) | Exists(postponed) | Exists(next_rounds)
    running = Campaign.objects.filter(has_work, routes.served_by(OuterRef("pk")), state=Campaign.State.RUNNING)
    newest = Batch.objects.filter(account=OuterRef("pk"), sent_at__isnull=False).order_by("-sent_at")
    accounts = Account.objects.filter(Exists(running), is_enabled=True, stopped_because="").annotate(
        last_turn_at=Subquery(newest.values("sent_at")[:1])
    )
    return list(accounts.order_by(F("last_turn_at").asc(nulls_first=True), "pk"))


def _next_batch(account: Account) -> Batch | None:
    """A waiting batch of the running campaign that has waited longest for its turn."""
    campaigns = Campaign.objects.filter(routes.served_by(Value(account.pk)), state=Campaign.State.RUNNING).annotate(
        last_turn_at=Max("batches__sent_at")
    )
    for campaign in campaigns.order_by(F("last_turn_at").asc(nulls_first=True), "pk"):
        batch = _batch_of(campaign, account)
        if batch is not None:
            return batch
    return None


def _batch_of(campaign: Campaign, account: Account) -> Batch | None:
    """One batch ahead is enough: a later one is made when this one has left."""
    waiting = campaign.batches.filter(state=Batch.State.WAITING, account=account).order_by("sequence")
    due = waiting.filter(due_at__lte=Now()).first()
    try:
        if due is not None:
            return batching.fit(due)
        if waiting.exists() or not batching.is_turn_of(campaign, account):
            return None
        return batching.fill(campaign, account)
    except DialerError as error:  # no calling rules: nobody may be called
        routes.pause(campaign.pk, str(error))
        return None
