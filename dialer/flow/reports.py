"""How far a campaign is, and whether everything adds up."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from dialer.models import Attempt, Batch, Campaign
from dialer.terms import Disposition, SkipReason

DIALLED = (Batch.State.ACCEPTED, Batch.State.SETTLED)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Counts of people, each of them in exactly one of the first five."""

    waiting: int  # not handed over yet
    at_the_carrier: int  # handed over, no bill yet: not recallable
    settled: int  # billed
    silent: int  # handed over and never billed
    not_called: int  # refused by the carrier, or cancelled before they left

    uncertain: int  # of those at the carrier: in batches without a clear answer
    callable_count: int
    skipped: dict[SkipReason, int]
    dispositions: dict[Disposition, int]
    keypresses: dict[str, int]
    batches: dict[str, int]

    @property
    def row_count(self) -> int:
        return self.callable_count + sum(self.skipped.values())

    @property
    def done(self) -> int:
        return self.settled + self.silent + self.not_called


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """Three equations that must hold for a campaign that has ended."""

    rows: int
    to_call: int
    skipped: dict[SkipReason, int]
    dialled: int
    billed_by_callback: int
    billed_by_pull_only: int
    silent: int

    @property
    def adds_up(self) -> bool:
        return (
            self.rows == self.to_call + sum(self.skipped.values())
            and self.dialled == self.billed_by_callback + self.billed_by_pull_only + self.silent
        )


def progress(campaign: Campaign) -> Progress:
    """Where everybody of the campaign is now, with a fixed number of queries."""
    counts = dict(campaign.contacts.order_by().values_list("skip_reason").annotate(count=Count("pk")))
    callable_count = counts.pop("", 0)
    attempts = Attempt.objects.filter(batch__campaign=campaign)
    # A refused batch's attempts do not count once a new batch was made for the same people.
    failed = Q(batch__state=Batch.State.REFUSED, settled_at__isnull=True) | Q(batch__state=Batch.State.CANCELLED)
    billed = Q(settled_at__isnull=False) & ~Q(batch__state__in=[Batch.State.REFUSED, Batch.State.CANCELLED])
    open_ = Q(settled_at__isnull=True, silent_since__isnull=True)
    left = [Batch.State.SENDING, Batch.State.UNCERTAIN, Batch.State.ACCEPTED]
    found = attempts.aggregate(
        at_the_carrier=Count("pk", filter=open_ & Q(batch__state__in=left)),
        uncertain=Count("pk", filter=open_ & Q(batch__state=Batch.State.UNCERTAIN)),
        settled=Count("pk", filter=billed),
        silent=Count("pk", filter=Q(silent_since__isnull=False)),
        not_called=Count("pk", filter=failed),
    )
    not_called = found.pop("not_called")
    waiting = callable_count - not_called - found["at_the_carrier"] - found["settled"] - found["silent"]
    if campaign.state == Campaign.State.CANCELLED:
        not_called, waiting = not_called + waiting, 0
    return Progress(
        waiting=waiting,
        not_called=not_called,
        callable_count=callable_count,
        skipped={reason: counts[reason] for reason in SkipReason if reason in counts},
        dispositions=_dispositions(attempts.filter(billed)),
        keypresses=_tally(attempts.filter(billed).exclude(keypress=""), "keypress"),
        batches=_tally(campaign.batches.all(), "state"),
        **found,
    )


def reconciliation(campaign: Campaign) -> Reconciliation:
    """Rows against fates, dialled against billed; for campaigns that have ended and for those still going on."""
    counts = dict(campaign.contacts.order_by().values_list("skip_reason").annotate(count=Count("pk")))
    to_call = counts.pop("", 0)
    dialled = Attempt.objects.filter(batch__campaign=campaign, batch__state__in=DIALLED)
    callback = Q(call_records__by_callback_at__isnull=False)
    by_callback = dialled.filter(callback).distinct().count()
    billed = dialled.filter(call_records__isnull=False).distinct().count()
    return Reconciliation(
        rows=campaign.contacts.count(),
        to_call=to_call,
        skipped={reason: counts[reason] for reason in SkipReason if reason in counts},
        dialled=dialled.count(),
        billed_by_callback=by_callback,
        billed_by_pull_only=billed - by_callback,
        silent=dialled.filter(silent_since__isnull=False).count(),
    )


def talk_seconds(campaign: Campaign) -> int:
    """Connected time of all calls of the campaign."""
    return campaign.call_records.aggregate(total=Sum("talk_seconds"))["total"] or 0


def _dispositions(attempts: QuerySet[Attempt]) -> dict[Disposition, int]:
    found = _tally(attempts, "disposition")
    return {disposition: found[disposition] for disposition in Disposition if disposition in found}


def _tally(rows: QuerySet[Any], field: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(field).annotate(count=Count("pk")).order_by(field))
