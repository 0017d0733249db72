"""A start at a set time: chosen, shown, taken back, and asked about when it came too late."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from dialer.models import Campaign
from tests.admin.visits import found, page_of, text, visitor
from tests.factories import make_campaign, make_contacts

pytestmark = pytest.mark.django_db

VIEW, CHANGE, LAUNCH = "dialer.view_campaign", "dialer.change_campaign", "dialer.launch_campaign"
SCHEDULED = Campaign.State.SCHEDULED


def door(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


def ready(**fields: object) -> Campaign:
    campaign = make_campaign(**fields)
    make_contacts(2, campaign=campaign)
    return campaign


def scheduled(**fields: object) -> Campaign:
    return ready(state=SCHEDULED, **{"start_at": timezone.now() + timedelta(days=1), **fields})


def tomorrow() -> str:
    return f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT%H:%M}"


def test_a_start_is_chosen_on_the_campaigns_clock(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    campaign, client = ready(), visitor(VIEW, LAUNCH)
    assert "Asia/Jakarta" in text(client, door(campaign, "launch"))

    client.post(door(campaign, "schedule"), {"start_at": "2099-01-05T09:00"})

    campaign.refresh_from_db()
    assert (campaign.state, campaign.start_at.isoformat()) == (SCHEDULED, "2099-01-05T02:00:00+00:00")
    assert "2099" in LogEntry.objects.get().get_change_message()


def test_a_moment_is_told_on_the_clock_of_the_people_called():
    page = text(visitor(VIEW, LAUNCH), door(ready(), "clock"), start_at="2027-01-04T12:00")

    assert "It is 12:00 on Mon in Jakarta" in page
    assert "<html" not in page


@pytest.mark.parametrize("start_at", ["", "tomorrow", "2020-01-01T10:00", "9999-12-31T23:59"])
def test_a_moment_that_is_none_or_has_passed_or_is_beyond_all_reach_starts_nothing(start_at: str):
    campaign = ready()

    response = visitor(VIEW, LAUNCH).post(door(campaign, "schedule"), {"start_at": start_at}, follow=True)

    assert response.status_code == 200
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DRAFT


def test_a_double_click_schedules_once():
    campaign, client, at = ready(), visitor(VIEW, LAUNCH), tomorrow()

    client.post(door(campaign, "schedule"), {"start_at": at})
    client.post(door(campaign, "schedule"), {"start_at": at})

    assert LogEntry.objects.count() == 1


def test_a_scheduled_campaign_says_when_it_starts_and_is_not_edited():
    campaign = scheduled()
    page = text(visitor(VIEW, CHANGE, LAUNCH), page_of(campaign))

    assert "Starts by itself on" in page
    assert door(campaign, "unschedule") in page
    assert 'name="ring_seconds"' not in page


def test_it_is_taken_back_and_is_a_draft_again():
    campaign, client = scheduled(), visitor(VIEW, LAUNCH)

    client.post(door(campaign, "unschedule"))
    client.post(door(campaign, "unschedule"))

    campaign.refresh_from_db()
    assert (campaign.state, campaign.start_at) == (Campaign.State.DRAFT, None)
    assert LogEntry.objects.count() == 1


def test_it_is_launched_before_its_time_after_the_same_confirmation():
    campaign, client = scheduled(), visitor(VIEW, LAUNCH)

    assert "Call 2 people" in text(client, door(campaign, "launch"))
    client.post(door(campaign, "launch"))

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING


def test_one_that_came_too_late_asks_and_needs_a_person():
    scheduled()
    campaign = scheduled(asks_because="It should have started yesterday. Shall it start now?")
    boss = visitor(is_superuser=True)

    page = text(boss, page_of(campaign))
    assert "Shall it start now?" in page
    assert "Start now…" in page
    assert "Campaigns that did not start at their time" in text(boss, "/")
    assert found(boss, "/dialer/campaign/", state__exact="scheduled", asks_because__gt="") == [campaign.pk]


@pytest.mark.parametrize("name", ["schedule", "unschedule"])
def test_starts_are_ordered_by_those_who_may_launch_and_not_by_a_link(name: str):
    campaign = ready()

    assert visitor(VIEW, CHANGE).post(door(campaign, name)).status_code == 403
    assert visitor(VIEW, LAUNCH).get(door(campaign, name)).status_code == 405
