"""What a campaign does by itself stands in its timeline, once, with the reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dialer.flow import breaker, lifecycle, routes
from dialer.models import Batch, Campaign, Route
from dialer.terms import Disposition
from tests.factories import make_account, make_batch, make_call_record, make_campaign, make_contacts

pytestmark = pytest.mark.django_db


def timeline(campaign: Campaign) -> list[str]:
    return [event.what for event in campaign.events.order_by("at")]


def test_a_campaign_that_pauses_by_itself_says_why_in_its_timeline() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    batch = make_batch(contacts=make_contacts(30, campaign=campaign), state=Batch.State.ACCEPTED)
    for attempt in batch.attempts.all():
        make_call_record(attempt=attempt, disposition=Disposition.FAILED, talk_seconds=0)

    assert breaker.watch()

    campaign.refresh_from_db()
    assert timeline(campaign) == [f"Paused by itself: {campaign.paused_because}"]


def test_a_way_that_is_closed_is_told_once() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    other = make_account(name="Reserve")
    Route.objects.create(campaign=campaign, account=other)

    for _ in range(2):
        routes.close(campaign, other, because="It was refused.")

    assert timeline(campaign) == ["Nobody leaves by “Reserve” any more: It was refused."]


def test_the_last_way_takes_the_campaign_with_it_and_only_one_pause_is_told() -> None:
    batch = make_batch(campaign=make_campaign(state=Campaign.State.RUNNING), state=Batch.State.REFUSED)

    for _ in range(2):
        routes.close_or_pause(batch, "Batch 1 was refused: no such voice file.")

    assert timeline(batch.campaign) == ["Paused by itself: Batch 1 was refused: no such voice file."]


def test_a_start_that_came_too_late_is_told() -> None:
    campaign = make_campaign(
        state=Campaign.State.SCHEDULED, start_at=timezone.now() - timedelta(hours=5), late_grace_minutes=60
    )

    for _ in range(2):
        lifecycle.start_due()

    campaign.refresh_from_db()
    assert timeline(campaign) == [campaign.asks_because]
