"""The operator's orders to a campaign, and its end. Each is one declared move; who comes second is told so."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.flow import (
    approvals,
    breaker,
    chronicle,
    evidence,
    launch_sheet,
    ledger,
    rounds,
    routes,
    state,
    suppression,
    texts,
    webhooks,
    withdrawal,
)
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import Preflight, preflight
from dialer.models import Attempt, Batch, CallRecord, Campaign, Contact, LaunchApproval
from dialer.terms import SkipReason

UNFINISHED = (Batch.State.WAITING, *Batch.OUT)

CANT_UNSCHEDULE = _("“%(campaign)s” is %(state)s and can't be taken back.")
CANT_PAUSE = _("“%(campaign)s” is %(state)s and can't be paused.")
CANT_RESUME = _("“%(campaign)s” is %(state)s and can't be resumed.")
CANT_CANCEL = _("“%(campaign)s” is %(state)s and can't be cancelled.")


def launch(campaign: Campaign, *, by: Any = None, now: datetime | None = None) -> Preflight:
    """The campaign runs; what the operator confirmed is returned, and kept. The caller rings for `dispatch`.

    Raises DialerError with all problems if something stands against it, approvals.NeedsApproval if a second person
    has to approve it first, and changes nothing then.
    """
    return _start(campaign, Campaign.State.RUNNING, {Campaign.State.DRAFT, Campaign.State.SCHEDULED}, by=by, now=now)


def schedule(campaign: Campaign, *, start_at: datetime, by: Any = None) -> Preflight:
    """The campaign starts by itself at that moment. Raises DialerError if it can't, or if the moment has passed."""
    if start_at <= timezone.now():
        raise DialerError(gettext("This moment has passed. Choose a later one, or launch now."))
    return _start(campaign, Campaign.State.SCHEDULED, {Campaign.State.DRAFT}, by=by, start_at=start_at)


def unschedule(campaign: Campaign) -> None:
    """It is a draft again and starts no more by itself. Raises DialerError if it was not scheduled."""
    nobody = {"start_at": None, "launched_at": None, "launched_by": None}
    with transaction.atomic():
        _order(campaign, Campaign.State.DRAFT, {Campaign.State.SCHEDULED}, CANT_UNSCHEDULE, asks_because="", **nobody)
        approvals.void(campaign, because=lambda: gettext("The schedule was taken back."))


def approve(approval: LaunchApproval, *, by: Any) -> Preflight:
    """The launch is approved and carried out, in the name of the one who asked. The caller rings for `dispatch`.

    Raises DialerError if it can't be: then it waits as before, or is void because the campaign was changed.
    """
    with transaction.atomic():
        is_open = approvals.approve(approval, by=by)
        if is_open and approval.start_at:
            return schedule(approval.campaign, start_at=approval.start_at, by=approval.asked_by)
        if is_open:
            return launch(approval.campaign, by=approval.asked_by)
    raise DialerError(
        gettext("The campaign was changed since it was asked for, so nothing was launched. Ask for it anew.")
    )


def start_due(*, now: datetime | None = None) -> int:
    """Scheduled campaigns whose moment has come run; one that is too late asks instead. How many started."""
    now = now or timezone.now()
    due = Campaign.objects.filter(state=Campaign.State.SCHEDULED, start_at__lte=now, asks_because="")
    return sum(_start_or_ask(campaign, now=now) for campaign in due.select_related("launched_by"))


def _start_or_ask(campaign: Campaign, *, now: datetime) -> bool:
    """After a breakdown, or in a restored backup, a stale schedule never starts by itself."""
    assert campaign.start_at is not None  # noqa: S101 - the query says so
    if now - campaign.start_at > timedelta(minutes=campaign.late_grace_minutes):
        complaint = gettext("It should have started at %(moment)s UTC. Shall it start now?") % {
            "moment": f"{campaign.start_at:%Y-%m-%d %H:%M}"
        }
    else:
        try:
            return _start_as_planned(campaign, now=now)
        except DialerError as error:
            complaint = gettext("It could not start: %(reason)s") % {"reason": error}
    still = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.SCHEDULED, start_at=campaign.start_at)
    with transaction.atomic():
        if still.update(asks_because=complaint):
            chronicle.note(campaign.pk, lambda: complaint)
    return False


def _start_as_planned(campaign: Campaign, *, now: datetime) -> bool:
    """Whether it was still to start at that moment: somebody may have taken it back since we looked."""
    with transaction.atomic():
        found = _locked(campaign)
        if found.state != Campaign.State.SCHEDULED or found.start_at != campaign.start_at:
            return False
        launch(campaign, by=campaign.launched_by, now=now)
        chronicle.note(campaign.pk, lambda: gettext("Started by itself, as planned."))
    return True


def pause(campaign: Campaign, *, because: str) -> None:
    """No further batch leaves. Raises DialerError if it does not run."""
    with transaction.atomic():
        _order(
            campaign,
            Campaign.State.PAUSED,
            {Campaign.State.RUNNING},
            CANT_PAUSE,
            paused_because=because,
            is_paused_by_person=True,
        )
        webhooks.tell_of_pause([campaign.pk])


def resume(campaign: Campaign) -> None:
    """It runs on; the people of refused batches are due for new ones. The caller rings for `dispatch`.

    Raises DialerError if it is not paused, or if its account was stopped.
    """
    with transaction.atomic():
        campaign = _locked(campaign)
        if not any(routes.is_account_usable(route.account) for route in routes.routes_of(campaign)):
            raise DialerError(_no_way(campaign))
        routes.reopen(campaign)
        _order(
            campaign,
            Campaign.State.RUNNING,
            {Campaign.State.PAUSED},
            CANT_RESUME,
            paused_because="",
            is_paused_by_person=False,
            watched_since=timezone.now(),
        )
        for refused in campaign.batches.filter(state=Batch.State.REFUSED, attempts__settled_at=None).distinct():
            withdrawal.requeue(refused)


def cancel(campaign: Campaign) -> int:
    """Nothing further leaves, ever; how many people are with the carrier and can't be called back.

    Raises DialerError if it has ended already.
    """
    with transaction.atomic():
        campaign = _locked(campaign)
        allowed = {
            Campaign.State.DRAFT,
            Campaign.State.SCHEDULED,
            Campaign.State.RUNNING,
            Campaign.State.PAUSED,
        }
        _order(campaign, Campaign.State.CANCELLED, allowed, CANT_CANCEL, ended_at=timezone.now())
        _never_left(campaign.batches.all()).update(state=Batch.State.CANCELLED)
        approvals.void(campaign, because=lambda: gettext("The campaign was cancelled."))
        webhooks.tell_of_end([campaign.pk])
    return at_the_carrier(campaign).count()


def at_the_carrier(campaign: Campaign) -> QuerySet[Attempt]:
    """Attempts that left and have no bill yet: what nobody can call back."""
    return Attempt.objects.filter(
        batch__campaign=campaign, batch__state__in=Batch.OUT, settled_at__isnull=True, silent_since__isnull=True
    )


def settle_next(*, now: datetime | None = None) -> bool:
    """What follows from the newest bills and from the clock is done; whether anything changed. May be repeated."""
    now = now or timezone.now()
    changed = start_due(now=now)
    changed += evidence.accept_proven()
    changed += withdrawal.accept_billed(now=now)
    changed += withdrawal.accept_contradicted(Batch.objects.all())
    changed += ledger.adopt(now=now)
    changed += routes.release_stranded(now=now)
    changed += rounds.declare_not_called(now=now)
    changed += rounds.judge()
    changed += _declare_silent(now=now)
    changed += _settle_batches(now=now)
    changed += _cancel_left_over()
    changed += breaker.watch(now=now)
    changed += _finish_campaigns(now=now)
    return bool(changed)


def _declare_silent(*, now: datetime) -> int:
    """Attempts handed over long ago, asked for by pull since, and never billed. A late bill takes it back."""
    silence = timedelta(seconds=settings.SILENT_AFTER_SECONDS)
    began = Batch.objects.annotate(began_at=Coalesce("starts_at", "sent_at"))
    asked_in_vain = began.filter(
        state=Batch.State.ACCEPTED, began_at__lt=now - silence, asked_at__gte=F("began_at") + silence
    )
    return Attempt.objects.filter(batch__in=asked_in_vain, settled_at__isnull=True, silent_since__isnull=True).update(
        silent_since=now
    )


def _settle_batches(*, now: datetime) -> int:
    open_attempts = Attempt.objects.filter(batch=OuterRef("pk"), settled_at__isnull=True, silent_since__isnull=True)
    return Batch.objects.filter(~Exists(open_attempts), state=Batch.State.ACCEPTED).update(
        state=Batch.State.SETTLED, settled_at=now, ask_at=None
    )


def _cancel_left_over() -> int:
    """A batch made in the moment of the cancel never leaves."""
    cancelled = Campaign.objects.filter(pk=OuterRef("campaign"), state=Campaign.State.CANCELLED)
    return _never_left(Batch.objects.filter(Exists(cancelled))).update(state=Batch.State.CANCELLED)


def _never_left(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    """Those that wait, and of which nobody was called all the same."""
    billed = CallRecord.objects.filter(batch=OuterRef("pk"))
    return batches.filter(~Exists(billed), state=Batch.State.WAITING)


def _finish_campaigns(*, now: datetime) -> int:
    """Everybody was handed over, every batch has its end, and no further round is to come."""
    of_campaign = {"campaign": OuterRef("pk")}
    unfinished = Batch.objects.filter(**of_campaign, state__in=UNFINISHED)
    postponed = Contact.objects.filter(**of_campaign, postponed_until__isnull=False, skip_reason="")
    attempts = Attempt.objects.filter(batch__campaign=OuterRef("pk"))
    undecided = attempts.filter(settled_at__isnull=False, is_judged=False)
    again = attempts.filter(retry_at__isnull=False)
    at_their_end = Campaign.objects.filter(
        ~Exists(unfinished),
        ~Exists(postponed),
        ~Exists(undecided),
        ~Exists(again),
        state=Campaign.State.RUNNING,
        is_planned=True,
    )
    with transaction.atomic():
        found = list(at_their_end.select_for_update(of=("self",)).values_list("pk", flat=True))
        if found:
            at_their_end.filter(pk__in=found).update(state=Campaign.State.FINISHED, ended_at=now)
            finished = Campaign.objects.filter(pk__in=found, state=Campaign.State.FINISHED)
            found = list(finished.values_list("pk", flat=True))
            webhooks.tell_of_end(found, now=now)
    return len(found)


def _skip_do_not_call(campaign: Campaign) -> None:
    """The list may have grown since the upload."""
    forbidden = suppression.forbidden(campaign).values("number")
    campaign.contacts.filter(skip_reason="", number__in=forbidden).update(skip_reason=SkipReason.DO_NOT_CALL)


def _skip_lacking(campaign: Campaign) -> None:
    """Who lacks a text that the SMS or the spoken text uses would hear or read a gap."""
    texts.lacking(campaign).update(skip_reason=SkipReason.TEXT_MISSING)


def _start(
    campaign: Campaign, to: str, allowed: set[Any], *, by: Any, now: datetime | None = None, **changes: Any
) -> Preflight:
    now = now or timezone.now()
    with transaction.atomic():
        campaign = _locked(campaign)
        _skip_do_not_call(campaign)
        _skip_lacking(campaign)
        sheet = preflight(campaign)
        if sheet.problems or campaign.state not in allowed:
            raise DialerError(" ".join(map(str, sheet.problems)) or gettext("It was launched already."))
        approval = approvals.require(campaign, sheet, begins_at=changes.get("start_at") or now)
        launch_sheet.keep(campaign, by=by, now=now, start_at=changes.get("start_at"), approval=approval)
        state.advance(campaign, to, launched_by=by, launched_at=now, watched_since=now, asks_because="", **changes)
    return sheet


def _no_way(campaign: Campaign) -> str:
    if campaign.account.stopped_because:
        sentence = gettext("The account “%(account)s” was stopped. Mend it and test the connection first.")
    else:
        sentence = gettext("The account “%(account)s” is not in use. Switch it on first.")
    return sentence % {"account": campaign.account}


def _locked(campaign: Campaign) -> Campaign:
    rows = Campaign.objects.select_for_update(of=("self",)).select_related("account", "voice_file")
    return rows.get(pk=campaign.pk)


def _order(campaign: Campaign, to: str, allowed: set[Any], otherwise: Any, **changes: Any) -> None:
    """The move, or `otherwise` as a DialerError."""
    if campaign.state not in allowed or not state.advance(campaign, to, **changes):
        campaign.refresh_from_db()
        raise DialerError(otherwise % {"campaign": campaign, "state": campaign.get_state_display()})
