"""The operator's orders to a campaign, and its end. Each is one declared move; who comes second is told so."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from dialer.flow import batching, evidence, state
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import Preflight, preflight
from dialer.models import Attempt, Batch, Campaign, DoNotCall
from dialer.terms import SkipReason

UNFINISHED = (Batch.State.WAITING, Batch.State.SENDING, Batch.State.UNCERTAIN, Batch.State.ACCEPTED)


def launch(campaign: Campaign, *, by: Any = None) -> Preflight:
    """The campaign runs; what the operator confirmed is returned. The caller rings for `dispatch`.

    Raises DialerError with all problems if something stands against it, and changes nothing then.
    """
    with transaction.atomic():
        campaign = _locked(campaign)
        _skip_do_not_call(campaign)
        sheet = preflight(campaign)
        if sheet.problems:
            raise DialerError(" ".join(sheet.problems))
        state.advance(campaign, Campaign.State.RUNNING, launched_by=by, launched_at=timezone.now())
    return sheet


def pause(campaign: Campaign, *, because: str) -> None:
    """No further batch leaves. Raises DialerError if it does not run."""
    _order(campaign, Campaign.State.PAUSED, {Campaign.State.RUNNING}, "paused", paused_because=because)


def resume(campaign: Campaign) -> None:
    """It runs on; the people of refused batches get new ones. The caller rings for `dispatch`.

    Raises DialerError if it is not paused, or if its account was stopped.
    """
    with transaction.atomic():
        campaign = _locked(campaign)
        if campaign.account.stopped_because:
            raise DialerError(f"The account “{campaign.account}” was stopped. Mend it and test the connection first.")
        _order(campaign, Campaign.State.RUNNING, {Campaign.State.PAUSED}, "resumed", paused_because="")
        for refused in campaign.batches.filter(state=Batch.State.REFUSED, attempts__settled_at=None).distinct():
            batching.fill_again(refused)


def cancel(campaign: Campaign) -> int:
    """Nothing further leaves, ever; how many people are with the carrier and can't be called back.

    Raises DialerError if it has ended already.
    """
    with transaction.atomic():
        campaign = _locked(campaign)
        allowed = {Campaign.State.DRAFT, Campaign.State.RUNNING, Campaign.State.PAUSED}
        _order(campaign, Campaign.State.CANCELLED, allowed, "cancelled", ended_at=timezone.now())
        campaign.batches.filter(state=Batch.State.WAITING).update(state=Batch.State.CANCELLED)
    return at_the_carrier(campaign).count()


def at_the_carrier(campaign: Campaign) -> QuerySet[Attempt]:
    """Attempts that left and have no bill yet: what nobody can call back."""
    left = (Batch.State.SENDING, Batch.State.UNCERTAIN, Batch.State.ACCEPTED)
    return Attempt.objects.filter(
        batch__campaign=campaign, batch__state__in=left, settled_at__isnull=True, silent_since__isnull=True
    )


def settle_next() -> bool:
    """Batches without open attempts are settled, campaigns without open batches finished. One turn does it all."""
    now = timezone.now()
    evidence.accept_proven()
    _declare_silent(now=now)
    _settle_batches(now=now)
    _cancel_left_over()
    _finish_campaigns(now=now)
    return False


def _declare_silent(*, now: Any) -> None:
    """Attempts handed over long ago and never billed. A late bill takes it back."""
    long_ago = now - timedelta(seconds=settings.SILENT_AFTER_SECONDS)
    Attempt.objects.filter(
        batch__in=Batch.objects.filter(state=Batch.State.ACCEPTED, sent_at__lt=long_ago),
        settled_at__isnull=True,
        silent_since__isnull=True,
    ).update(silent_since=now)


def _settle_batches(*, now: Any) -> None:
    open_attempts = Attempt.objects.filter(batch=OuterRef("pk"), settled_at__isnull=True, silent_since__isnull=True)
    Batch.objects.filter(~Exists(open_attempts), state=Batch.State.ACCEPTED).update(
        state=Batch.State.SETTLED, settled_at=now
    )


def _cancel_left_over() -> None:
    """A batch made in the moment of the cancel never leaves."""
    cancelled = Campaign.objects.filter(pk=OuterRef("campaign"), state=Campaign.State.CANCELLED)
    Batch.objects.filter(Exists(cancelled), state=Batch.State.WAITING).update(state=Batch.State.CANCELLED)


def _finish_campaigns(*, now: Any) -> None:
    unfinished = Batch.objects.filter(campaign=OuterRef("pk"), state__in=UNFINISHED)
    Campaign.objects.filter(~Exists(unfinished), state=Campaign.State.RUNNING, is_planned=True).update(
        state=Campaign.State.FINISHED, ended_at=now
    )


def _skip_do_not_call(campaign: Campaign) -> None:
    """The list may have grown since the upload."""
    campaign.contacts.filter(skip_reason="", number__in=DoNotCall.objects.values("number")).update(
        skip_reason=SkipReason.DO_NOT_CALL
    )


def _locked(campaign: Campaign) -> Campaign:
    rows = Campaign.objects.select_for_update(of=("self",)).select_related("account", "voice_file")
    return rows.get(pk=campaign.pk)


def _order(campaign: Campaign, to: str, allowed: set[Any], word: str, **changes: Any) -> None:
    if campaign.state not in allowed or not state.advance(campaign, to, **changes):
        campaign.refresh_from_db()
        raise DialerError(f"“{campaign}” is {campaign.get_state_display()} and can't be {word}.")
