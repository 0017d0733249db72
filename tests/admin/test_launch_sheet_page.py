"""The sheet before the launch and its frozen twin: what is shown, who sees it, and that both say the same."""

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.text import capfirst

from dialer.models import Campaign, LaunchSheet
from tests.admin.visits import found, list_of, page_of, query_count, text, visitor
from tests.factories import make_account, make_batch, make_campaign, make_contact, make_contacts

pytestmark = pytest.mark.django_db

VIEW, CHANGE, LAUNCH = "dialer.view_campaign", "dialer.change_campaign", "dialer.launch_campaign"


def door(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


def ready(**fields: object) -> Campaign:
    campaign = make_campaign(**fields)
    make_contacts(3, campaign=campaign)
    return campaign


def test_the_sheet_says_how_sure_its_figures_are():
    campaign = ready()

    page = text(visitor(VIEW, LAUNCH), door(campaign, "launch"))

    assert "guessed, nothing was measured yet" in page
    assert "cost unknown" in page
    assert "credentials:" in page  # nobody answers there, and the page comes all the same
    assert page_of(campaign.account) in page  # where they are mended
    assert "the earliest midnight of the country’s time zones" in page  # also of nobody


def test_the_figure_of_who_was_called_today_leads_to_just_these_people():
    campaign = ready(account=make_account(country="TH"))
    called = campaign.contacts.first()
    make_batch(contacts=[make_contact(number=called.number)], state="accepted", sent_at=timezone.now())
    client = visitor("dialer.view_contact", VIEW, LAUNCH)

    page = text(client, door(campaign, "launch"))

    here = f"{list_of('dialer.contact')}?campaign__id__exact={campaign.pk}&called=today"
    assert f'<a href="{escape(here)}">1</a>' in page
    assert "00:00 (Asia/Bangkok), by any campaign" in page
    assert found(client, here) == [called.pk]


def test_the_sheet_that_was_kept_leads_to_nobody_who_was_called_since():
    campaign = ready()
    make_batch(contacts=[make_contact(number=campaign.contacts.first().number)], state="accepted")
    client = visitor(VIEW, LAUNCH)
    client.post(door(campaign, "launch"))

    assert "called=today" not in text(client, door(campaign, "sheet"))


def test_each_problem_has_a_link_to_where_it_is_mended():
    account = make_account(stopped_because="The key is wrong.")
    campaign = make_campaign(account=account)

    page = text(visitor(VIEW, LAUNCH), door(campaign, "launch"))

    assert f'<a href="{page_of(account)}">' in page
    assert f'<a href="{door(campaign, "numbers")}">Mend it here</a>' in page


def test_whoever_prepares_a_campaign_sees_the_sheet_and_does_not_launch():
    campaign = ready()
    client = visitor(VIEW, CHANGE)

    page = text(client, door(campaign, "launch"))

    assert "launched by somebody who has the right to" in page
    assert "Call 3 people" not in page
    assert client.post(door(campaign, "launch")).status_code == 403
    assert visitor(VIEW).get(door(campaign, "launch")).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DRAFT


def test_what_was_confirmed_is_read_by_everybody_who_may_see_the_campaign():
    campaign = ready()
    visitor(VIEW, LAUNCH, username="ana").post(door(campaign, "launch"))
    client = visitor(VIEW)

    assert door(campaign, "sheet") in text(client, page_of(campaign))
    assert door(campaign, "sheet") in text(client, door(campaign, "history"))
    page = text(client, door(campaign, "sheet"))

    assert "Launched by ana" in page
    assert "3</strong> people were to be called" in page
    assert client.post(door(campaign, "sheet")).status_code == 405


def test_what_changes_after_the_launch_does_not_change_the_sheet():
    campaign = ready()
    visitor(VIEW, LAUNCH).post(door(campaign, "launch"))
    make_contacts(4, contact_list=campaign.contact_lists.get())
    Campaign.objects.update(canary_size=7)

    page = text(visitor(VIEW), door(campaign, "sheet"))

    assert "3</strong> people were to be called" in page
    assert "First slice" not in page


def test_every_setting_is_told_in_words():
    campaign = ready(wants_keypress=True, at_carrier_limit=12_500)
    client = visitor(VIEW, LAUNCH)
    client.post(door(campaign, "launch"))

    settings = dict(client.get(door(campaign, "sheet")).context["settings_then"])

    assert settings["Collect key presses"] == "yes"
    assert settings["At the carrier at most"] == "12,500"
    assert settings["Voice file reaches the carrier"] == capfirst(campaign.get_voice_delivery_display())
    assert "wants_keypress" not in settings


def test_a_campaign_that_was_never_launched_has_no_sheet():
    campaign = ready()

    assert visitor(VIEW).get(door(campaign, "sheet")).status_code == 404
    assert visitor(VIEW).get(door(campaign, "sheet"), {"sheet": "99"}).status_code == 404


def test_a_sheet_of_another_campaign_is_not_shown():
    mine, other = ready(), ready()
    boss = visitor(VIEW, LAUNCH)
    boss.post(door(mine, "launch"))
    boss.post(door(other, "launch"))
    theirs = LaunchSheet.objects.get(campaign=other)

    assert boss.get(door(mine, "sheet"), {"sheet": theirs.pk}).status_code == 404


def test_the_sheet_costs_the_same_for_few_and_for_many():
    campaign, client = ready(), visitor(VIEW, CHANGE)
    few = query_count(client, door(campaign, "launch"))
    make_contacts(20, contact_list=campaign.contact_lists.get())

    assert query_count(client, door(campaign, "launch")) == few
