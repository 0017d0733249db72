"""A campaign's form in Chromium: it shows what the chosen account can do, and texts as people get them."""

from datetime import time

import pytest
from playwright.sync_api import expect

from dialer.models import Campaign, CarrierPeriod, ContactList, Route
from dialer.terms import VoiceDelivery
from tests.admin.test_campaign_browser import PEOPLE, UNNAMED
from tests.factories import (
    make_account,
    make_campaign,
    make_contact,
    make_contact_list,
    make_laaffic_account,
    make_user,
    make_voice_file,
)

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADD = "/dialer/campaign/add/"
LONG_HEADING = "Office in which somebody may be asked about the whole matter"


def draft_with_texts(**fields: object) -> Campaign:
    campaign = make_campaign(account=make_laaffic_account(sms_app_id="9obbP7Nl"), **fields)
    contact_list = make_contact_list(campaign=campaign, original_name="people.xlsx", text_headings=["Name", "Debt"])
    make_contact(contact_list=contact_list, row_number=12, texts=["Adi", ""])
    return campaign


def test_the_form_follows_the_chosen_account(desk):
    make_account(name="Plain")
    make_laaffic_account(name="Rich", country="TH")
    make_voice_file(name="Hello")
    desk.log_in(make_user(is_superuser=True))
    desk.open(ADD)
    page = desk.page
    account = page.get_by_label("Account", exact=True)

    expect(page.get_by_label("SMS text")).to_be_hidden()  # nothing is chosen: what all carriers can do
    account.select_option("Rich")
    for name in ("SMS text", "Play the message (times)", "Calls for each free agent", "The carrier begins at"):
        expect(page.get_by_label(name)).to_be_visible()
    expect(page.get_by_label("Today only")).to_be_hidden()
    expect(page.get_by_label("Kind")).to_be_hidden()
    expect(page.get_by_text("Asia/Bangkok")).to_be_visible()
    expect(page.get_by_role("heading", name="Periods of the day")).to_be_visible()

    page.get_by_label("How it reaches the carrier").select_option("spoken_text")
    expect(page.get_by_label("Voice file", exact=True)).to_be_hidden()
    page.get_by_label("Text to speak").fill("Hello")
    page.get_by_label("Language").select_option("Thai")
    page.get_by_label("SMS text").fill("Bye")

    account.select_option("Plain")
    for name in ("SMS text", "Text to speak", "Play the message (times)", "Calls for each free agent"):
        expect(page.get_by_label(name)).to_be_hidden()
    expect(page.get_by_label("Group of agents")).to_be_hidden()
    expect(page.get_by_role("heading", name="SMS after the call")).to_be_hidden()
    expect(page.get_by_role("heading", name="Periods of the day")).to_be_hidden()
    expect(page.get_by_label("Voice file", exact=True)).to_be_visible()
    page.get_by_label("Kind").select_option("voice_menu")
    expect(page.get_by_label("Group of agents")).to_be_visible()
    expect(page.get_by_label("Today only")).to_be_hidden()
    page.get_by_label("Kind").select_option("message")
    expect(page.get_by_label("Today only")).to_be_visible()

    page.get_by_label("Name").fill("Reminder")
    page.get_by_label("Voice file", exact=True).select_option("Hello")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("is a draft now")).to_be_visible()
    campaign = Campaign.objects.get()
    assert (campaign.sms_text, campaign.speech_text, campaign.voice_delivery) == ("", "", "carrier_file")
    assert desk.complaints == []


def test_a_further_account_with_a_way_of_its_own_asks_for_what_it_needs(desk):
    draft = make_campaign(account=make_account())
    make_laaffic_account(name="Rich")
    desk.log_in(make_user(is_superuser=True))
    desk.open(f"/dialer/campaign/{draft.pk}/change/")
    page = desk.page

    expect(page.get_by_label("Text to speak")).to_be_hidden()
    row = page.locator("#routes-0")
    row.get_by_label("Further account").select_option("Rich")
    row.get_by_label("The message reaches its carrier as").select_option("spoken_text")

    expect(page.get_by_label("Text to speak")).to_be_visible()
    expect(page.get_by_label("Voice file", exact=True)).to_be_visible()
    page.get_by_label("Text to speak").fill("Hello")
    page.get_by_label("Language").select_option("Indonesian")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    assert Route.objects.get().voice_delivery == VoiceDelivery.SPOKEN_TEXT
    draft.refresh_from_db()
    assert (draft.speech_text, draft.speech_language) == ("Hello", "id")


def test_periods_that_are_filled_in_stay_in_sight(desk):
    draft = make_campaign(account=make_laaffic_account())
    CarrierPeriod.objects.create(campaign=draft, opens=time(9), closes=time(12))
    make_account(name="Plain")
    desk.log_in(make_user(is_superuser=True))
    desk.open(f"/dialer/campaign/{draft.pk}/change/")

    desk.page.get_by_label("Account", exact=True).select_option("Plain")
    desk.page.get_by_role("button", name="Save", exact=True).click()

    expect(desk.page.get_by_text("can't do this: keeps to periods of the day by itself")).to_be_visible()


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_an_sms_is_shown_as_somebody_gets_it_while_it_is_written(width: str, request: pytest.FixtureRequest):
    visitor = request.getfixturevalue(width)
    draft = draft_with_texts()
    visitor.log_in(make_user(is_superuser=True))
    visitor.open(f"/dialer/campaign/{draft.pk}/change/")
    page = visitor.page
    area = page.get_by_label("SMS text")

    area.press_sequentially("Dear ${text1}!")
    expect(page.locator(".bubble")).to_have_text("Dear Adi!")
    expect(page.get_by_text("9 characters · 1 SMS")).to_be_visible()
    page.get_by_role("button", name="Debt ${text2}").first.click()

    expect(area).to_have_value("Dear ${text1}!${text2}")
    expect(page.get_by_text("1 person to be called lacks a text")).to_be_visible()
    assert visitor.overhang() <= 0
    assert page.evaluate(UNNAMED) == []
    assert visitor.complaints == []


def test_a_new_campaign_shows_its_text_too(desk):
    make_laaffic_account(name="Rich")
    desk.log_in(make_user(is_superuser=True))
    desk.open(ADD)
    desk.page.get_by_label("Account", exact=True).select_option("Rich")

    desk.page.get_by_label("SMS text").fill("Dear ${text1}")

    expect(desk.page.locator(".bubble")).to_have_text("Dear ${text1}")
    expect(desk.page.get_by_text("There are no numbers yet")).to_be_visible()
    assert desk.complaints == []


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_texts_are_chosen_with_the_numbers(width: str, request: pytest.FixtureRequest):
    visitor = request.getfixturevalue(width)
    open_list = make_contact_list(
        campaign=make_campaign(account=make_laaffic_account()),
        state=ContactList.State.UPLOADED,
        number_column=None,
        content=PEOPLE.replace("Office", LONG_HEADING, 1).encode(),
        delimiter=";",
    )
    visitor.log_in(make_user(is_superuser=True))
    visitor.open(f"/dialer/contactlist/{open_list.pk}/columns/")
    page = visitor.page

    expect(page.get_by_label("Text 4")).to_be_hidden()
    page.get_by_text("More texts").click()
    page.get_by_label("Text 4").select_option(LONG_HEADING)
    page.get_by_label("Text 1", exact=True).select_option("Name")
    page.get_by_role("radio", name="Name").check()
    expect(page.get_by_text("0 of these 20 rows can be called.")).to_be_visible()
    page.get_by_role("radio", name="Phone").check()
    expect(page.get_by_text("20 of these 20 rows can be called.")).to_be_visible()
    assert visitor.overhang() <= 0
    assert page.evaluate(UNNAMED) == []
    page.get_by_role("button", name="Take these numbers").click()

    expect(page.get_by_text(f"Text 1: Name, text 4: {LONG_HEADING}")).to_be_visible()
    assert visitor.complaints == []
