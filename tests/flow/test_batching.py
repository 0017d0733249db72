"""Contacts become batches and attempts, committed before anything leaves."""

import pytest

from dialer.flow import batching, withdrawal
from dialer.models import Attempt, Batch, Campaign
from dialer.terms import Disposition, SkipReason
from tests.factories import make_account, make_batch, make_campaign, make_contacts

pytestmark = pytest.mark.django_db


def running(**fields: object) -> Campaign:
    return make_campaign(state=Campaign.State.RUNNING, **fields)


def test_everybody_who_is_to_be_called_is_in_one_batch() -> None:
    campaign = running(batch_size=2)
    people = make_contacts(5, campaign=campaign)
    make_contacts(1, campaign=campaign, skip_reason=SkipReason.DO_NOT_CALL)

    batches = []
    while batch := batching.fill(campaign):
        batches.append(batch)

    assert [batch.contact_count for batch in batches] == [2, 2, 1]
    assert [batch.sequence for batch in batches] == [1, 2, 3]
    assert set(Attempt.objects.values_list("contact", flat=True)) == {contact.pk for contact in people}
    campaign.refresh_from_db()
    assert campaign.is_planned


def test_a_reference_fits_what_carriers_echo() -> None:
    campaign = running()
    make_contacts(1, campaign=campaign)

    batch = batching.fill(campaign)

    assert batch is not None
    assert len(batch.reference) == 32
    assert int(batch.reference, 16)


def test_the_carriers_ceiling_holds_whatever_an_operator_wishes() -> None:
    campaign = running(account=make_account(batch_size=20_000), batch_size=99_000)

    assert batching.batch_size(campaign) == 5000


@pytest.mark.parametrize("state", [Campaign.State.DRAFT, Campaign.State.PAUSED, Campaign.State.CANCELLED])
def test_only_running_campaigns_make_batches(state: str) -> None:
    campaign = make_campaign(state=state)
    make_contacts(1, campaign=campaign)

    assert batching.fill(campaign) is None
    assert not Batch.objects.exists()


def test_the_people_of_a_refused_batch_get_a_new_one_once() -> None:
    campaign = running(is_planned=True)
    refused = make_batch(contacts=make_contacts(3, campaign=campaign), state=Batch.State.REFUSED)

    assert withdrawal.requeue(refused) == 3

    again = batching.fill(campaign)
    assert again is not None
    assert again.reference != refused.reference
    assert set(again.attempts.values_list("round", flat=True)) == {2}
    assert again.attempts.count() == 3
    assert set(refused.attempts.values_list("disposition", flat=True)) == {Disposition.FAILED}
    assert withdrawal.requeue(refused) == 0
    assert batching.fill(campaign) is None
