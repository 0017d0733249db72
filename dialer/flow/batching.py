"""Contact -> Batch and Attempt: the next batch is made when the one before has left."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from dialer.flow.connect import capabilities_of
from dialer.models import Attempt, Batch, Campaign, Contact, DoNotCall
from dialer.terms import Disposition, SkipReason


def batch_size(campaign: Campaign) -> int:
    """Numbers in one batch: the campaign's wish or the account's, never above the carrier's ceiling."""
    wish = campaign.batch_size or campaign.account.batch_size
    return min(wish, capabilities_of(campaign.account).batch_ceiling)


def fill(campaign: Campaign) -> Batch | None:
    """The next waiting batch of a running campaign, committed with its attempts; None when nobody is left.

    May be called by several processes: the campaign's row is locked, and the database allows one attempt
    for each contact and round.
    """
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update(of=("self",)).select_related("account").get(pk=campaign.pk)
        if campaign.state != Campaign.State.RUNNING or campaign.is_planned:
            return None
        contacts = _next_contacts(campaign)
        if not contacts:
            campaign.is_planned = True
            campaign.save(update_fields=["is_planned"])
            return None
        campaign.planned_through = contacts[-1].pk
        campaign.save(update_fields=["planned_through"])
        return _make(campaign, contacts, round_number=1)


def fill_again(refused: Batch) -> Batch | None:
    """A new batch under a new reference for the people of a refused one; None if it has one already.

    The carrier took nobody of a refused batch, so its attempts are settled as failed and a next round follows.
    """
    with transaction.atomic():
        campaign = (
            Campaign.objects.select_for_update(of=("self",)).select_related("account").get(pk=refused.campaign_id)
        )
        attempts = list(refused.attempts.filter(settled_at__isnull=True).select_related("contact"))
        if not attempts:
            return None
        refused.attempts.update(settled_at=timezone.now(), disposition=Disposition.FAILED)
        return _make(campaign, [attempt.contact for attempt in attempts], round_number=attempts[0].round + 1)


def withdraw_do_not_call(batch: Batch) -> int:
    """People of the batch who are on the do-not-call list by now are taken out of it; how many."""
    with transaction.atomic():
        withdrawn = list(
            Contact.objects.filter(attempts__batch=batch, number__in=DoNotCall.objects.values("number")).values_list(
                "pk", flat=True
            )
        )
        if withdrawn:
            batch.attempts.filter(contact__in=withdrawn).delete()
            Contact.objects.filter(pk__in=withdrawn).update(skip_reason=SkipReason.DO_NOT_CALL)
            batch.contact_count = batch.attempts.count()
            batch.save(update_fields=["contact_count"])
    return len(withdrawn)


def _next_contacts(campaign: Campaign) -> list[Contact]:
    """Up to a batch of contacts that are to be called and were not looked at yet."""
    rows = Contact.objects.filter(campaign=campaign, pk__gt=campaign.planned_through, skip_reason="")
    return list(rows.order_by("pk")[: batch_size(campaign)])


def _make(campaign: Campaign, contacts: list[Contact], *, round_number: int) -> Batch:
    last = campaign.batches.aggregate(last=Max("sequence"))["last"] or 0
    batch = Batch.objects.create(
        campaign=campaign,
        account=campaign.account,
        sequence=last + 1,
        contact_count=len(contacts),
        due_at=timezone.now(),
    )
    Attempt.objects.bulk_create(
        [Attempt(batch=batch, contact=contact, round=round_number) for contact in contacts], batch_size=1000
    )
    return batch
