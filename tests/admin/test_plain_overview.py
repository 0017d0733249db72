"""The overview over a console of plain pages: the first steps, today's calls, what is under way, who may see it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from dialer.admin import overview
from dialer.models import Batch, Campaign, Heartbeat
from dialer.terms import Disposition
from tests import factories
from tests.admin.plain_site import logged_in_with, site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_console")]


def test_an_empty_console_shows_the_steps_with_the_next_one_first(client, boss):
    account = factories.make_account()

    seen = client.get("/").context["overview"]

    assert [(str(step.title), step.is_done, step.url) for step in seen.steps] == [
        ("Add an account", True, "/dialer/account/add/"),
        ("Test the connection", False, f"/dialer/account/{account.pk}/change/"),
        ("Upload a voice file", False, "/dialer/voicefile/add/"),
        ("Make a campaign", False, "/dialer/campaign/add/"),
        ("Call your own telephone", False, ""),
        ("Launch", False, ""),
    ]
    assert seen.next_step.url == f"/dialer/account/{account.pk}/change/"


def test_the_overview_counts_the_calls_of_today_only(client, boss):
    for disposition, started_at in (
        (Disposition.ANSWERED, timezone.now()),
        (Disposition.BUSY, timezone.now()),
        (Disposition.ANSWERED, timezone.now() - timedelta(days=2)),
    ):
        factories.make_call_record(
            campaign=factories.make_campaign(), disposition=disposition, started_at=started_at, talk_seconds=90
        )

    figures = {str(figure.label): figure.value for figure in client.get("/").context["figures"]}

    assert figures == {
        "Calls today": "2",
        "Answered today": "50%",
        "Minutes talked today": "3",
        "Recordings kept": "7",
    }


def test_campaigns_under_way_show_how_far_they_are(client, boss):
    people = factories.make_contacts(4, campaign=factories.make_campaign(state=Campaign.State.RUNNING))
    batch = factories.make_batch(campaign=people[0].campaign, contacts=people[:2], state=Batch.State.ACCEPTED)
    factories.make_call_record(attempt=batch.attempts.first())
    factories.settle(batch.attempts.all()[:1], Disposition.ANSWERED)

    (line,) = client.get("/").context["overview"].campaigns

    assert (line.summary.callable_count, line.summary.done, line.answered_share) == (4, 1, "100%")


def test_the_overview_costs_no_more_queries_the_more_there_is(rf, django_assert_max_num_queries):
    request = rf.get("/")
    request.user = factories.make_user(is_superuser=True)
    for _ in range(overview.CAMPAIGNS_SHOWN + 2):
        factories.make_batch(campaign=factories.make_campaign(state=Campaign.State.RUNNING))

    with django_assert_max_num_queries(overview.QUERY_LIMIT):
        seen = overview.read(site, request)

    assert len(seen.campaigns) == overview.CAMPAIGNS_SHOWN


def test_the_overview_shows_nothing_of_pages_that_one_may_not_see():
    factories.make_call_record(campaign=factories.make_campaign(name="Secret plan", state=Campaign.State.RUNNING))

    page = logged_in_with("dialer.view_voicefile").get("/")

    assert page.context["figures"] == []
    assert "Secret plan" not in page.content.decode()


def test_a_queue_without_a_sign_of_life_is_late(client, boss):
    Heartbeat.objects.create(queue="default", at=timezone.now())
    Heartbeat.objects.create(queue="long", at=timezone.now() - timedelta(seconds=settings.HEARTBEAT_LATE_SECONDS + 1))

    pulses = client.get("/overview/").context["overview"].pulses

    assert {pulse.queue: pulse.is_late for pulse in pulses} == {"default": False, "long": True}


def test_the_live_part_of_the_overview_is_for_those_inside_only(client):
    assert client.get("/overview/").status_code == 302
