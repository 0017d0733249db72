"""Copying a campaign, and calling whom it did not reach, by those who may."""

import pytest
from django.urls import reverse

from dialer.models import Batch, Bell, Campaign
from dialer.terms import Disposition
from tests.admin.visits import page_of, text, visitor
from tests.factories import make_batch, make_campaign, make_contacts, settle

VIEW, ADD, CHANGE = (f"dialer.{verb}_campaign" for verb in ("view", "add", "change"))

pytestmark = pytest.mark.django_db


def door(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


def over() -> Campaign:
    campaign = make_campaign(name="Reminder", state=Campaign.State.FINISHED)
    batch = make_batch(contacts=make_contacts(3, campaign=campaign), state=Batch.State.SETTLED)
    settle(batch.attempts.all(), Disposition.NO_ANSWER)
    return campaign


def test_a_copy_leads_to_its_numbers():
    response = visitor(VIEW, ADD).post(door(over(), "copy"))

    new = Campaign.objects.get(name="Reminder (copy)")
    assert response.url == door(new, "numbers")


@pytest.mark.django_db(transaction=True)
def test_the_unanswered_are_said_in_numbers_first():
    campaign, client = over(), visitor(VIEW, ADD)

    assert "3 people were not reached" in text(client, door(campaign, "unanswered"))
    assert Campaign.objects.count() == 1
    response = client.post(door(campaign, "unanswered"))

    new = Campaign.objects.get(name="Reminder (unanswered)")
    assert response.url == door(new, "numbers")
    assert Bell.objects.get(kind="intake").is_ringing


def test_where_nobody_is_left_there_is_no_button():
    campaign = make_campaign(state=Campaign.State.FINISHED)

    page = text(visitor(VIEW, ADD), door(campaign, "unanswered"))

    assert "Nobody is left" in page
    assert "Make a draft" not in page


def test_a_running_campaign_says_why_not():
    campaign = make_campaign(state=Campaign.State.RUNNING)
    client = visitor(VIEW, ADD)

    assert "not over yet" in text(client, door(campaign, "unanswered"))
    assert "not over yet" in client.post(door(campaign, "unanswered"), follow=True).content.decode()
    assert Campaign.objects.count() == 1


def test_both_are_offered_to_those_who_may_add():
    campaign, draft = over(), make_campaign()

    page = text(visitor(VIEW, ADD), page_of(campaign))
    assert door(campaign, "unanswered") in page
    assert door(campaign, "copy") in page
    assert door(draft, "copy") in text(visitor(VIEW, ADD, CHANGE), page_of(draft))
    assert door(draft, "unanswered") not in text(visitor(VIEW, ADD, CHANGE), page_of(draft))
    assert door(campaign, "copy") not in text(visitor(VIEW), page_of(campaign))


@pytest.mark.parametrize("name", ["copy", "unanswered"])
def test_copying_needs_the_permission_to_add_and_to_see(name: str):
    campaign = over()

    assert visitor(VIEW, CHANGE).post(door(campaign, name)).status_code == 403
    assert visitor(ADD).post(door(campaign, name)).status_code == 403
    assert visitor(VIEW, ADD).get(door(campaign, "copy")).status_code == 405
