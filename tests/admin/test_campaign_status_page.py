"""The status of a campaign: where everybody is, what the carrier said, and what the campaign wishes."""

from datetime import time

import pytest

from dialer.models import (
    Attempt,
    Batch,
    CallRecord,
    Campaign,
    CarrierPeriod,
    ContactList,
    Route,
)
from dialer.terms import CampaignKind, VoiceDelivery
from tests.admin.campaign_forms import (
    VIEW,
    door,
    half_done_campaign,
    ready_campaign,
)
from tests.admin.visits import page_of, query_count, text, visitor
from tests.factories import (
    make_account,
    make_batch,
    make_campaign,
    make_contacts,
    make_laaffic_account,
)

pytestmark = pytest.mark.django_db


def test_the_status_shows_where_everybody_is():
    campaign = half_done_campaign()

    context = visitor(VIEW).get(page_of(campaign)).context

    assert {part.kind: part.count for part in context["parts"]} == {
        "settled": 3,
        "carrier": 3,
        "waiting": 1,
        "silent": 1,
        "not-called": 1,
    }
    assert context["parts"][-1].start + context["parts"][-1].width == 1000
    assert {part.kind: part.count for part in context["outcomes"]} == {"answered": 2, "busy": 1}
    assert [(part.label, part.count) for part in context["keypresses"]] == [("1", 2)]
    assert context["now"].uncertain == 2


def test_the_status_says_what_the_carrier_said():
    page = text(visitor(VIEW), page_of(half_done_campaign()))

    assert "The balance is used up." in page
    assert "No answer in time." in page
    assert "2 of those at the carrier are uncertain" in page
    assert "The carrier last told something" in page


def test_the_live_part_is_no_page_and_stops_when_all_is_over():
    campaign = half_done_campaign()
    client = visitor(VIEW)

    assert "data-done" not in text(client, door(campaign, "live"))
    assert "<html" not in text(client, door(campaign, "live"))

    Campaign.objects.update(state=Campaign.State.CANCELLED)
    assert "data-done" not in text(client, door(campaign, "live"))  # some are still with the carrier
    CallRecord.objects.all().delete()
    Attempt.objects.all().delete()
    assert "data-done" in text(client, door(campaign, "live"))


def test_the_status_of_an_empty_campaign_holds_no_division_by_nothing():
    campaign = make_campaign(state=Campaign.State.CANCELLED)

    assert "No outcome is known yet." in text(visitor(VIEW), page_of(campaign))


def test_the_status_costs_the_same_for_few_and_for_many():
    campaign = half_done_campaign()
    client = visitor(VIEW)
    few = query_count(client, page_of(campaign))
    for _ in range(5):
        make_batch(contacts=make_contacts(2, contact_list=ContactList.objects.get()), state=Batch.State.ACCEPTED)

    assert query_count(client, page_of(campaign)) == few


def test_the_status_lists_the_wishes_in_use_and_no_others():
    account = make_laaffic_account()
    campaign = ready_campaign(
        state=Campaign.State.RUNNING,
        account=account,
        sms_text="Thank you, ${text1}.",
        sms_on_failure=True,
        play_count=2,
        voice_delivery=VoiceDelivery.SPOKEN_TEXT,
        speech_text="Dear ${text1}",
        speech_language="th",
    )
    CarrierPeriod.objects.create(campaign=campaign, opens=time(9), closes=time(12))
    Route.objects.create(campaign=campaign, account=make_laaffic_account(name="Second"), share=3)

    page = text(visitor(VIEW), page_of(campaign))

    for words in ("Thank you, ${text1}.", "not reached", "Dear ${text1}", "Thai", "09:00–12:00", "Second (3)"):
        assert words in page, words
    assert "Over to your agents" not in page
    assert "Undialled today" not in page


def test_the_status_says_why_nobody_leaves_by_an_account_any_more():
    campaign = ready_campaign(state=Campaign.State.RUNNING)
    Route.objects.create(campaign=campaign, account=make_account(), closed_because="Its calls fail.")

    assert "Nobody leaves by it any more: Its calls fail." in text(visitor(VIEW), page_of(campaign))


def test_the_status_of_a_plain_campaign_has_no_word_on_wishes():
    page = text(visitor(VIEW), page_of(ready_campaign(state=Campaign.State.RUNNING)))

    assert "SMS" not in page
    assert "Played" not in page
    assert str(CampaignKind.VOICE_MENU.label) not in page
