"""How far many campaigns are, for a list of them: a fixed number of queries, from indexes, batches and tallies."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, Sum

from dialer.models import Attempt, Batch, CallTally, Campaign, Contact
from dialer.terms import Disposition

QUERY_COUNT = 6
HANDED_OVER = (Batch.State.ACCEPTED, *Batch.UNCLEAR, Batch.State.SETTLED)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """People to call, those of them whose fate is known, and how the carrier's calls went."""

    callable_count: int
    done: int  # billed and not to be called again, or handed over long ago and silent
    calls: int
    answered: int


def summaries(campaigns: Sequence[Campaign]) -> dict[int, Summary]:
    """One for each campaign, by its id."""
    ids = [campaign.pk for campaign in campaigns]
    to_call = Contact.objects.filter(campaign__in=ids, skip_reason="").values_list("campaign")
    callable_counts = dict(to_call.annotate(count=Count("pk")).order_by())
    done_counts = _done_counts(ids)
    of_calls = CallTally.objects.filter(campaign__in=ids).values_list("campaign").order_by()
    calls = {
        campaign: (count, answered)
        for campaign, count, answered in of_calls.annotate(
            count=Sum("calls"), answered=Sum("calls", filter=Q(disposition=Disposition.ANSWERED), default=0)
        )
    }
    return {
        pk: Summary(
            callable_count=callable_counts.get(pk, 0),
            done=done_counts.get(pk, 0),
            calls=calls.get(pk, (0, 0))[0],
            answered=calls.get(pk, (0, 0))[1],
        )
        for pk in ids
    }


def _done_counts(ids: Sequence[int]) -> dict[int, int]:
    """A settled batch is done as a whole, so that attempts are counted only in the few that are still open.

    Whoever was called again, or is to be, is not done by the earlier call.
    """
    settled = Batch.objects.filter(campaign__in=ids, state=Batch.State.SETTLED).values_list("campaign")
    counts = dict(settled.annotate(people=Sum("contact_count")).order_by())
    closed = Attempt.objects.filter(
        Q(settled_at__isnull=False) | Q(silent_since__isnull=False),
        batch__campaign__in=ids,
        batch__state__in=[Batch.State.ACCEPTED, *Batch.UNCLEAR],
    )
    handed_over = {"batch__campaign__in": ids, "batch__state__in": HANDED_OVER}
    before = Attempt.objects.filter(contact=OuterRef("contact"), round=OuterRef("round") - 1)
    again = Attempt.objects.filter(Exists(before.filter(**handed_over)), round__gt=1, batch__campaign__in=ids)
    planned = Attempt.objects.filter(**handed_over, retry_at__isnull=False)
    for sign, attempts in (
        (1, closed),
        (-1, again.exclude(batch__state=Batch.State.CANCELLED)),
        (-1, planned.exclude(batch__campaign__state=Campaign.State.CANCELLED)),
    ):
        for campaign, count in attempts.values_list("batch__campaign").annotate(count=Count("pk")).order_by():
            counts[campaign] = counts.get(campaign, 0) + sign * count
    return counts
