"""Lists in a browser: filters as a drawer on a phone, a kept filter, chosen columns, and the page of a number."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from dialer.models import Campaign, ColumnChoice, DoNotCall, SavedFilter
from tests import factories

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = "+6281234567890"
LIST = "/dialer/callrecord/"


@pytest.fixture
def boss(transactional_db):
    return factories.make_user(is_superuser=True)


@pytest.fixture
def contact(boss):
    contact = factories.make_contact(number=NUMBER, campaign=factories.make_campaign(state=Campaign.State.RUNNING))
    batch = factories.make_batch(campaign=contact.campaign, contacts=[contact])
    factories.make_call_record(number=NUMBER, attempt=batch.attempts.get(), keypress="7", disposition="answered")
    factories.make_call_record(number="+6281234567891", disposition="busy")
    return contact


def test_filters_are_a_drawer_on_a_phone_which_escape_closes(phone, boss, contact):
    phone.log_in(boss)
    phone.open(LIST)
    page, drawer = phone.page, phone.page.get_by_role("navigation", name="Filter")
    expect(drawer).to_be_hidden()

    page.get_by_role("button", name="Filter").click()
    expect(drawer).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()

    page.get_by_role("button", name="Filter").click()
    drawer.locator("summary", has_text="Disposition").click()
    drawer.get_by_role("link", name="busy").click()

    page.wait_for_url("**disposition__exact=busy**")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    assert phone.overhang() <= 0
    assert phone.complaints == []


def test_a_filter_is_kept_under_a_name_and_removed(desk, boss, contact):
    desk.log_in(boss)
    desk.open(f"{LIST}?disposition__exact=busy")
    page = desk.page

    page.locator("summary", has_text="Saved").click()
    page.get_by_label("Keep these filters as").fill("Busy ones")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("The filter “Busy ones” is kept.")).to_be_visible()

    desk.open(LIST)
    page.locator("summary", has_text="Saved").click()
    page.get_by_role("link", name="Busy ones").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)

    page.locator("summary", has_text="Saved").click()
    page.get_by_role("button", name="Remove the filter Busy ones").click()
    expect(page.get_by_text("The filter is removed.")).to_be_visible()
    assert not SavedFilter.objects.exists()
    assert desk.complaints == []


def test_columns_are_chosen_and_moved(desk, boss, contact):
    desk.log_in(boss)
    desk.open(LIST)
    page = desk.page

    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Account", exact=True).check()
    page.get_by_label("Rang", exact=True).uncheck()
    page.get_by_role("button", name="Number: one place forward").click()
    page.get_by_role("button", name="Show these columns").click()

    expect(page.locator("#result_list thead th").first).to_have_text("Number")
    expect(page.locator("#result_list thead")).to_contain_text("Account")
    expect(page.locator("#result_list thead")).not_to_contain_text("Rang")
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("button", name="As they were").click()
    expect(page.locator("#result_list thead")).to_contain_text("Rang")
    assert not ColumnChoice.objects.exists()
    assert desk.complaints == []


def test_a_campaign_is_found_while_its_name_is_typed(desk, boss, contact):
    for _ in range(31):
        factories.make_campaign(account=contact.campaign.account, voice_file=contact.campaign.voice_file)
    Campaign.objects.filter(pk=contact.campaign_id).update(name="Needle of March")
    desk.log_in(boss)
    desk.open(LIST)
    page = desk.page

    page.locator("summary", has_text="Campaign").click()
    page.get_by_label("A part of the campaign’s name").fill("needle")
    page.get_by_role("link", name="Needle of March").click()

    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    assert desk.complaints == []


def test_the_page_of_a_number_on_a_phone_leads_onto_the_do_not_call_list(phone, boss, contact):
    phone.log_in(boss)
    phone.open(LIST)
    page = phone.page

    page.get_by_role("link", name="+62 812-3456-7890").click()
    expect(page.get_by_text("key 7")).to_be_visible()
    assert "81234567890" not in page.url
    assert "•" in page.title()
    assert phone.overhang() <= 0

    page.get_by_role("link", name="Never call again…").click()
    page.get_by_label("Reason").fill("asked by telephone")
    page.get_by_role("button", name="Go on…").click()
    expect(page.get_by_role("button", name="Never call it again")).to_be_visible()
    assert phone.overhang() <= 0
    page.get_by_role("button", name="Never call it again").click()

    expect(page.get_by_text("It is on the do-not-call list “House list”")).to_be_visible()
    assert DoNotCall.objects.get().number == NUMBER
    phone.open(reverse("admin:dialer_contact_find"))
    assert phone.overhang() <= 0
    assert phone.complaints == []


def test_a_long_name_of_a_campaign_makes_no_tall_row(desk, boss, contact):
    long = factories.make_campaign(name="Reminder of the unpaid instalments of June for all branches")
    factories.make_call_record(campaign=long, number="+6281234567892")
    desk.log_in(boss)
    desk.open(LIST)

    name = desk.page.get_by_title(long.name)
    heights = [row.bounding_box()["height"] for row in desk.page.locator("#result_list tbody tr").all()]

    expect(name).to_have_text(long.name)
    assert len(heights) == 3
    assert max(heights) - min(heights) < 5  # pixels; a second line has 18
