"""Bills that are quicker than the carrier's answer, or that contradict it: whoever was called is not called again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models.signals import post_save
from django.utils import timezone

from dialer.flow import dispatch, lifecycle, reports, withdrawal
from dialer.models import Attempt, Batch, Campaign, CarrierExchange
from dialer.terms import Disposition
from tests.carrier import TestCarrier, placed
from tests.factories import make_batch, make_call_record, make_campaign, make_contacts, settle

pytestmark = pytest.mark.django_db

State = Batch.State


def running(carrier: TestCarrier, *, people: int = 2) -> Campaign:
    campaign = make_campaign(**placed(carrier), state=Campaign.State.RUNNING, is_planned=True)
    make_contacts(people, campaign=campaign)
    return campaign


def bill(attempt: Attempt) -> None:
    make_call_record(attempt=attempt)
    settle([attempt], Disposition.ANSWERED)


@pytest.fixture
def a_bill_before_the_answer_is_noted(db: None) -> Iterator[None]:
    """The first person of the batch is billed when the carrier's answer has just come."""

    def on_exchange(instance: CarrierExchange, **_: Any) -> None:
        if instance.batch is not None and instance.purpose == "launch":
            bill(instance.batch.attempts.all()[0])

    post_save.connect(on_exchange, sender=CarrierExchange)
    yield
    post_save.disconnect(on_exchange, sender=CarrierExchange)


@pytest.mark.usefixtures("a_bill_before_the_answer_is_noted")
def test_a_refusal_after_a_bill_is_none_and_nobody_is_due_again(carrier: TestCarrier) -> None:
    campaign = running(carrier)
    batch = make_batch(contacts=list(campaign.contacts.all()))
    carrier.order_fates("*", "refuse:400")

    dispatch.send(batch)

    batch.refresh_from_db()
    campaign.refresh_from_db()
    assert batch.state == State.ACCEPTED
    assert campaign.state == Campaign.State.PAUSED
    lifecycle.resume(campaign)
    assert not Attempt.objects.filter(retry_at__isnull=False).exists()
    assert reports.progress(campaign).at_the_carrier == 1


def test_a_bill_that_came_in_the_moment_of_the_refusal_is_heard_a_little_later(carrier: TestCarrier) -> None:
    campaign = running(carrier)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.REFUSED)
    bill(batch.attempts.all()[0])
    withdrawal.requeue(batch)

    lifecycle.settle_next(now=timezone.now())

    batch.refresh_from_db()
    assert batch.state == State.ACCEPTED
    assert not Attempt.objects.filter(retry_at__isnull=False).exists()


def test_a_batch_that_waits_and_was_billed_is_not_cancelled_with_its_campaign(carrier: TestCarrier) -> None:
    campaign = running(carrier)
    batch = make_batch(contacts=list(campaign.contacts.all()))
    bill(batch.attempts.all()[0])

    lifecycle.cancel(campaign)
    lifecycle.settle_next(now=timezone.now())

    batch.refresh_from_db()
    campaign.refresh_from_db()
    progress = reports.progress(campaign)
    assert batch.state == State.ACCEPTED
    assert (progress.settled, progress.at_the_carrier, progress.not_called) == (1, 1, 0)
    assert reports.reconciliation(campaign).billed_by_callback == 1


def test_a_batch_of_which_somebody_was_billed_keeps_everybody(carrier: TestCarrier) -> None:
    campaign = running(carrier, people=3)
    batch = make_batch(contacts=list(campaign.contacts.all()))
    bill(batch.attempts.all()[0])

    assert withdrawal.shrink(batch, to=1, now=timezone.now())

    assert batch.attempts.count() == 3


def test_the_sums_add_up_though_people_were_called_again_before_the_contradiction(carrier: TestCarrier) -> None:
    campaign = running(carrier)
    refused = make_batch(contacts=list(campaign.contacts.all()), state=State.REFUSED)
    withdrawal.requeue(refused)
    Attempt.objects.update(retry_at=None)
    again = make_batch(contacts=list(campaign.contacts.all()), state=State.ACCEPTED, round=2)

    bill(refused.attempts.all()[0])  # of the other one no bill ever comes
    for attempt in again.attempts.all():
        bill(attempt)
    lifecycle.settle_next(now=timezone.now())
    lifecycle.resume(Campaign.objects.get(pk=campaign.pk))
    lifecycle.settle_next(now=timezone.now())

    campaign.refresh_from_db()
    sheet = reports.reconciliation(campaign)
    assert campaign.state == Campaign.State.FINISHED
    assert (sheet.dialled, sheet.billed_by_callback, sheet.silent) == (4, 3, 1)
    assert sheet.adds_up
