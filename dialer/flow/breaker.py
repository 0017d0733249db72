"""Campaigns that go wrong pause by themselves and say why in a sentence."""

import math
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext, ngettext, ngettext_lazy

from dialer.figures import count, share
from dialer.flow import chronicle, routes, state, webhooks
from dialer.flow.hours import hours_of
from dialer.flow.mistakes import DialerError
from dialer.models import Account, Attempt, Batch, CallRecord, Campaign, Contact
from dialer.terms import Disposition

NEWEST = 200  # bills that are looked at
FEWEST = 20  # below that a share says nothing; of a smaller first slice the half
LEFT_OVER = 10  # a batch with less than the tenth part open is not waited for: a few calls are never billed

FAILED = frozenset({Disposition.FAILED, Disposition.UNREACHABLE, Disposition.CANCELLED, Disposition.UNKNOWN})
LINE_FAILED = ngettext_lazy(
    "%(count)s of the last %(whole)s calls failed on the line: more than %(limit)s.",
    "%(count)s of the last %(whole)s calls failed on the line: more than %(limit)s.",
    "count",
)
CALLS_FAILED = ngettext_lazy(
    "%(count)s of the last %(whole)s calls failed: more than %(limit)s.",
    "%(count)s of the last %(whole)s calls failed: more than %(limit)s.",
    "count",
)
OPTED_OUT = ngettext_lazy(
    "%(count)s of the last %(whole)s people who answered does not want to be called: more than %(limit)s.",
    "%(count)s of the last %(whole)s people who answered do not want to be called: more than %(limit)s.",
    "count",
)


def watch(*, now: datetime | None = None) -> int:
    """Running campaigns that broke one of their limits are paused; how many. May be repeated."""
    now = now or timezone.now()
    paused = 0
    running = Campaign.objects.filter(state=Campaign.State.RUNNING).select_related("account")
    for campaign in running.annotate(has_several_accounts=routes.are_several()):
        if campaign.has_several_accounts:
            paused += _close_bad_ones(campaign, routes.usable_accounts(campaign), now=now)
        elif because := complaint(campaign, now=now):
            paused += _pause(campaign, because)
    return paused


def complaint(campaign: Campaign, *, now: datetime, account: Account | None = None) -> str:
    """Why the campaign should pause, or "". Only bills since the last launch or resume count.

    With an account only its bills count: then why nobody should leave by it any more.
    """
    return _silence(campaign, account, now=now) or _shares(campaign, account)


def _close_bad_ones(campaign: Campaign, accounts: list[Account], *, now: datetime) -> int:
    """Accounts that broke a limit are left for the others; the last one takes the campaign with it."""
    changed = 0
    for account in accounts:
        because = complaint(campaign, now=now, account=account)
        if because and routes.close(campaign, account, because=because):
            changed += 1
        elif because:
            changed += _pause(campaign, gettext("“%(account)s”: %(reason)s") % {"account": account, "reason": because})
    return changed


@transaction.atomic
def _pause(campaign: Campaign, because: str) -> bool:
    if not state.advance(campaign, Campaign.State.PAUSED, paused_because=because):
        return False
    chronicle.note(campaign.pk, lambda: gettext("Paused by itself: %(reason)s") % {"reason": because})
    webhooks.tell_of_pause([campaign.pk])
    return True


def _silence(campaign: Campaign, account: Account | None, *, now: datetime) -> str:
    """No bill at all, though people are at the carrier and others still wait for their turn."""
    since = now - timedelta(minutes=campaign.silence_limit_minutes)
    waited_for_since = _waited_for_since(campaign, account)
    if waited_for_since is None or waited_for_since > since or (campaign.watched_since or since) > since:
        return ""
    last_bill_at = _newest(campaign, account).values_list("created_at", flat=True).first()
    if (last_bill_at or since) > since or not _has_more(campaign) or not _was_open(campaign, since=since, now=now):
        return ""
    sentence = ngettext(
        "No bill has come for %(minutes)s minute. Ask the carrier whether it is calling.",
        "No bill has come for %(minutes)s minutes. Ask the carrier whether it is calling.",
        campaign.silence_limit_minutes,
    )
    return sentence % {"minutes": count(campaign.silence_limit_minutes)}


def _waited_for_since(campaign: Campaign, account: Account | None) -> datetime | None:
    """When the first batch left, or was to begin, that has not been billed for the most part."""
    open_ = Q(attempts__settled_at__isnull=True, attempts__silent_since__isnull=True)
    batches = campaign.batches.filter(state__in=[Batch.State.ACCEPTED, *Batch.UNCLEAR], sent_at__isnull=False)
    if account is not None:
        batches = batches.filter(account=account)
    waited_for = batches.annotate(open_count=Count("attempts", filter=open_)).filter(
        open_count__gt=F("contact_count") / LEFT_OVER
    )
    began = waited_for.annotate(began_at=Coalesce("starts_at", "sent_at"))
    return began.order_by("began_at").values_list("began_at", flat=True).first()


def _has_more(campaign: Campaign) -> bool:
    """Whether somebody still waits for a turn, a first one or another."""
    return (
        not campaign.is_planned
        or campaign.batches.filter(state=Batch.State.WAITING).exists()
        or Contact.objects.filter(campaign=campaign, postponed_until__isnull=False, skip_reason="").exists()
        or Attempt.objects.filter(batch__campaign=campaign, retry_at__isnull=False).exists()
    )


def _was_open(campaign: Campaign, *, since: datetime, now: datetime) -> bool:
    """The whole time: a carrier that keeps to the hours is not silent at night."""
    try:
        hours = hours_of(campaign, on=since.date())
    except DialerError:
        return True
    closed_at = hours.closes_at(since)
    return hours.is_open(since) and (closed_at is None or closed_at > now)


def _shares(campaign: Campaign, account: Account | None) -> str:
    watched = campaign.watched_since
    rows = _newest(campaign, account).values_list("created_at", "disposition", "keypress")[:NEWEST]
    newest = [(disposition, key) for at, disposition, key in rows if watched is None or at >= watched]
    answered = [key for disposition, key in newest if disposition == Disposition.ANSWERED]
    lines = sum(disposition == Disposition.FAILED for disposition, _ in newest)
    failed = sum(disposition in FAILED for disposition, _ in newest)
    opted_out = sum(campaign.opt_out_key in keys for keys in answered) if campaign.opt_out_key else 0
    for part, whole, limit, sentence in (
        (lines, len(newest), campaign.line_failure_limit_percent, LINE_FAILED),
        (failed, len(newest), campaign.failure_limit_percent, CALLS_FAILED),
        (opted_out, len(answered), campaign.opt_out_limit_percent, OPTED_OUT),
    ):
        if limit < 100 and whole >= _fewest(campaign) and part * 100 > limit * whole:
            return sentence % {"count": part, "whole": whole, "limit": share(limit, 100)}
    return ""


def _fewest(campaign: Campaign) -> int:
    is_first_slice = campaign.canary_size and not campaign.is_canary_passed
    return min(FEWEST, math.ceil(campaign.canary_size / 2)) if is_first_slice else FEWEST


def _newest(campaign: Campaign, account: Account | None) -> QuerySet[CallRecord]:
    """By id, which one index answers however many there are."""
    rows = CallRecord.objects.filter(campaign=campaign).order_by("-pk")
    return rows if account is None else rows.filter(account=account)
