"""The pages of a campaign: the list, the draft, the launch in numbers, the status, and the operator's orders."""

import pytest
from django.contrib.admin.models import LogEntry

from dialer.models import Bell, Campaign, ContactList
from dialer.terms import SkipReason
from tests.admin.campaign_forms import (
    ADD,
    CHANGE,
    LAUNCH,
    LIST,
    VIEW,
    door,
    form,
    half_done_campaign,
    ready_campaign,
)
from tests.admin.visits import page_of, query_count, text, visitor
from tests.factories import (
    make_account,
    make_campaign,
    make_contact_list,
    make_do_not_call,
    make_skipped_contact,
    make_voice_file,
)

pytestmark = pytest.mark.django_db


# --- The list -----------------------------------------------------------------------------------------------------


def test_the_list_says_how_far_each_campaign_is():
    half_done_campaign()
    ready_campaign(name="Later")

    page = text(visitor(VIEW), LIST)

    assert "4 / 9" in page  # billed or silent
    assert "66%" in page  # two of three calls were answered
    assert "3 to call" in page


def test_the_list_costs_the_same_for_one_campaign_and_for_many():
    client = visitor(VIEW)
    half_done_campaign()
    one = query_count(client, LIST)
    for _ in range(4):
        half_done_campaign()

    assert query_count(client, LIST) == one


# --- The draft ----------------------------------------------------------------------------------------------------


def test_a_new_draft_leads_to_its_numbers():
    client = visitor(VIEW, ADD, CHANGE)

    response = client.post(f"{LIST}add/", form())

    campaign = Campaign.objects.get()
    assert response.url == door(campaign, "numbers")
    assert campaign.state == Campaign.State.DRAFT
    assert campaign.created_by is not None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "x"}, "name"),
        ({"ring_seconds": "5"}, "ring_seconds"),
        ({"max_call_seconds": "9999"}, "max_call_seconds"),
        ({"caller_id": "not digits"}, "caller_id"),
        ({"batch_size": "50000"}, "batch_size"),
        ({"batch_size": "0"}, "batch_size"),
        ({"voice_delivery": "pigeon"}, "voice_delivery"),
        ({"account": "999999"}, "account"),
    ],
)
def test_what_the_carrier_can_not_do_is_said_beside_its_field(change: dict[str, object], field: str):
    response = visitor(VIEW, ADD).post(f"{LIST}add/", form(**change))

    assert list(response.context["adminform"].form.errors) == [field]
    assert not Campaign.objects.exists()


def test_an_account_out_of_use_is_not_offered():
    account = make_account(is_enabled=False)

    response = visitor(VIEW, ADD).post(f"{LIST}add/", form(account=account.pk))

    assert list(response.context["adminform"].form.errors) == ["account"]


def test_an_account_of_another_country_is_refused_once_numbers_were_read():
    campaign = ready_campaign()
    mexican = make_account(country="MX")

    response = visitor(VIEW, CHANGE).post(page_of(campaign), form(campaign, account=mexican.pk))

    assert "numbers of Indonesia" in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.account != mexican


def test_nothing_of_a_launched_campaign_can_be_edited():
    campaign = ready_campaign(state=Campaign.State.RUNNING, ring_seconds=60)

    response = visitor(VIEW, CHANGE).post(page_of(campaign), form(campaign, ring_seconds="90"), follow=True)

    assert "Nothing was saved" in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.ring_seconds == 60


def test_a_campaign_can_not_be_deleted():
    campaign = make_campaign()

    response = visitor(VIEW, "dialer.delete_campaign").post(door(campaign, "delete"), {"post": "yes"})

    assert response.status_code == 403


# --- The launch ---------------------------------------------------------------------------------------------------


def test_the_launch_is_confirmed_in_numbers():
    campaign = ready_campaign(5, batch_size=2)
    contact_list = ContactList.objects.get()
    make_skipped_contact(SkipReason.WRONG_COUNTRY, contact_list=contact_list)
    make_skipped_contact(SkipReason.DUPLICATE, contact_list=contact_list)

    page = text(visitor(VIEW, LAUNCH), door(campaign, "launch"))

    assert "Call 5 people" in page
    assert "number of another country" in page
    assert "same number as an earlier row" in page
    assert "of 2 at most" in page
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DRAFT


def test_problems_stand_in_the_way_of_a_launch_each_with_a_sentence():
    campaign = make_campaign()
    make_contact_list(campaign=campaign, state=ContactList.State.UPLOADED, number_column=None)

    page = text(visitor(VIEW, LAUNCH), door(campaign, "launch"))
    response = visitor(VIEW, LAUNCH).post(door(campaign, "launch"), follow=True)

    assert "There is nobody to call." in page
    assert "choose the column with the numbers" in page
    assert "disabled" in page
    assert "There is nobody to call." in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DRAFT


def test_the_voice_files_remarks_are_warnings_that_do_not_forbid():
    campaign = ready_campaign(voice_file=make_voice_file(remarks=["The message is very quiet."]))
    client = visitor(VIEW, LAUNCH)

    assert "The message is very quiet." in text(client, door(campaign, "launch"))
    client.post(door(campaign, "launch"))

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING


@pytest.mark.django_db(transaction=True)
def test_a_launch_runs_rings_and_is_written_down():
    campaign = ready_campaign()

    response = visitor(VIEW, LAUNCH).post(door(campaign, "launch"), follow=True)

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING
    assert campaign.launched_by is not None
    assert "Launched: 3 people are called." in response.content.decode()
    assert Bell.objects.get(kind="dispatch").is_ringing
    assert "3 people" in LogEntry.objects.get().get_change_message()


def test_a_double_click_launches_once():
    campaign = ready_campaign()
    client = visitor(VIEW, LAUNCH)

    client.post(door(campaign, "launch"))
    response = client.post(door(campaign, "launch"), follow=True)

    assert "launched already" in response.content.decode()
    assert LogEntry.objects.count() == 1


def test_whoever_was_put_on_the_do_not_call_list_meanwhile_is_not_counted():
    campaign = ready_campaign(2)
    make_do_not_call(number=campaign.contacts.first().number)

    response = visitor(VIEW, LAUNCH).post(door(campaign, "launch"), follow=True)

    assert "Launched: 1 person is called." in response.content.decode()


# --- Orders -------------------------------------------------------------------------------------------------------


def test_pause_says_what_it_can_not_do_and_resume_rings():
    campaign = half_done_campaign()
    client = visitor(VIEW, LAUNCH)

    paused = client.post(door(campaign, "pause"), follow=True)
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED
    assert "Paused by person" in campaign.paused_because
    assert "those at the carrier are still called" in paused.content.decode()

    client.post(door(campaign, "resume"))
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING


def test_the_second_click_on_pause_is_told_so():
    campaign = half_done_campaign()
    client = visitor(VIEW, LAUNCH)

    client.post(door(campaign, "pause"))
    response = client.post(door(campaign, "pause"), follow=True)

    assert "can&#x27;t be paused" in response.content.decode()
    assert LogEntry.objects.count() == 1


def test_cancel_names_those_who_can_not_be_called_back():
    campaign = half_done_campaign()
    client = visitor(VIEW, LAUNCH)

    assert "3 people are with the carrier already." in text(client, door(campaign, "cancel"))
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING

    client.post(door(campaign, "cancel"))
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.CANCELLED


def test_a_draft_is_discarded_by_cancelling():
    campaign = ready_campaign()

    visitor(VIEW, LAUNCH).post(door(campaign, "cancel"))

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.CANCELLED


@pytest.mark.parametrize("name", ["launch", "pause", "resume", "cancel"])
def test_orders_need_the_permission_to_launch(name: str):
    campaign = half_done_campaign()

    response = visitor(VIEW, ADD, CHANGE).post(door(campaign, name))

    assert response.status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.RUNNING


@pytest.mark.parametrize("name", ["pause", "resume"])
def test_a_link_gives_no_order(name: str):
    assert visitor(VIEW, LAUNCH).get(door(half_done_campaign(), name)).status_code == 405


def test_buttons_are_shown_to_those_who_may_press_them():
    campaign = half_done_campaign()

    assert door(campaign, "pause") in text(visitor(VIEW, LAUNCH), page_of(campaign))
    assert door(campaign, "pause") not in text(visitor(VIEW), page_of(campaign))


def test_strangers_see_nothing():
    campaign = half_done_campaign()

    for address in (LIST, page_of(campaign), door(campaign, "live"), door(campaign, "numbers")):
        assert visitor().get(address).status_code == 403
