"""The pages of a campaign: the list, the draft, the launch in numbers, the status, and the operator's orders."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from dialer.models import Attempt, Batch, Bell, CallRecord, Campaign, Contact, ContactList
from dialer.terms import Disposition, SkipReason
from tests.admin.visits import page_of, query_count, text, visitor
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contact,
    make_contact_list,
    make_contacts,
    make_do_not_call,
    make_skipped_contact,
    make_voice_file,
    settle,
)

pytestmark = pytest.mark.django_db

VIEW, ADD, CHANGE, LAUNCH = (f"dialer.{verb}_campaign" for verb in ("view", "add", "change", "launch"))
LIST = "/dialer/campaign/"


def door(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


PACE = {
    "batch_size": "",
    "numbers_per_minute": "",
    "at_carrier_limit": "",
    "canary_size": "50",
    "silence_limit_minutes": "30",
    "failure_limit_percent": "60",
    "line_failure_limit_percent": "30",
    "opt_out_limit_percent": "20",
}


def rows(prefix: str, *new: dict[str, object]) -> dict[str, object]:
    """New rows of a campaign's part, as its form sends them."""
    sent: dict[str, object] = {f"{prefix}-TOTAL_FORMS": len(new), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(new):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return sent


def form(campaign: Campaign | None = None, **changes: object) -> dict[str, object]:
    campaign = campaign or Campaign(name="Reminder", account=make_account(), voice_file=make_voice_file())
    return {
        **rows("call_windows"),
        **rows("retry_rules"),
        **rows("routes"),
        **rows("carrier_periods"),
        **PACE,
        "name": campaign.name,
        "purpose": "service",
        "late_grace_minutes": "60",
        "account": campaign.account_id,
        "voice_file": campaign.voice_file_id,
        "voice_delivery": "carrier_file",
        "caller_id": "",
        "ring_seconds": "60",
        "max_call_seconds": "120",
        "drops_undialled_today": "on",
        "remark": "",
        **changes,
    }


def ready_campaign(people: int = 3, **fields: object) -> Campaign:
    campaign = make_campaign(**fields)
    make_contacts(people, campaign=campaign)
    return campaign


def half_done_campaign() -> Campaign:
    """Nine people: three billed, one silent, one at the carrier, two uncertain, one refused, one waiting."""
    campaign = ready_campaign(9, state=Campaign.State.RUNNING, wants_keypress=True)
    people = list(campaign.contacts.all())
    accepted = list(make_batch(contacts=people[:5], state=Batch.State.ACCEPTED).attempts.all())
    settle(accepted[:2], Disposition.ANSWERED, keypress="1")
    settle(accepted[2:3], Disposition.BUSY)
    Attempt.objects.filter(pk=accepted[3].pk).update(silent_since=campaign.launched_at)
    make_batch(contacts=people[5:7], state=Batch.State.UNCERTAIN, message="No answer in time.")
    make_batch(contacts=people[7:8], state=Batch.State.REFUSED, message="The balance is used up.")
    for attempt in accepted[:3]:
        make_call_record(attempt=attempt, disposition=attempt.disposition)
    return campaign


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


# --- The status ---------------------------------------------------------------------------------------------------


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
    assert "Newest result" in page


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


# --- Contacts -----------------------------------------------------------------------------------------------------


def found(client, **query: object) -> set[int]:
    response = client.get("/dialer/contact/", query)
    return {contact.pk for contact in response.context["cl"].result_list}


def test_a_contact_is_found_by_its_number_in_any_spelling_and_by_its_beginning():
    somebody = make_contact(number="+6281298765432")
    make_contact(number="+6281311112222")
    client = visitor("dialer.view_contact", "dialer.see_full_numbers")

    for typed in ("+62 812-9876-5432", "081298765432", "6281298765432", "+62812987"):
        assert found(client, q=typed) == {somebody.pk}
    assert found(client, q="nonsense") == set()


def test_masked_numbers_stay_masked_in_the_list_on_the_page_and_in_the_search():
    somebody = make_contact(number="+6281298765432", raw="0812-9876-5432")
    client = visitor("dialer.view_contact")

    for address in ("/dialer/contact/", page_of(somebody)):
        page = text(client, address)
        assert "98765432" not in page.replace("-", "").replace(" ", "")
        assert "•" in page
    assert found(client, q="+62812987") == set()


def test_contacts_are_filtered_by_fate():
    campaign = half_done_campaign()
    skipped = make_skipped_contact(SkipReason.INVALID_NUMBER, contact_list=ContactList.objects.get(), raw="12345")
    client = visitor("dialer.view_contact")
    here = {"campaign__id__exact": campaign.pk}

    assert found(client, **here, skip_reason__exact="invalid_number") == {skipped.pk}
    assert len(found(client, **here, skip_reason__exact="")) == 9
    assert len(found(client, **here, call="answered")) == 2
    assert len(found(client, **here, call="silent")) == 1
    assert len(found(client, **here, call="open")) == 5
    assert len(found(client, contact_list__id__exact=skipped.contact_list_id)) == 10


def test_a_rejected_row_tells_its_row_number_its_cell_and_why():
    make_skipped_contact(SkipReason.INVALID_NUMBER, raw="12345", row_number=4711)

    page = text(visitor("dialer.view_contact", "dialer.see_full_numbers"), "/dialer/contact/")

    assert "4711" in page
    assert "12345" in page
    assert "This number is too short" in page


def test_contacts_are_listed_with_a_fixed_number_of_queries():
    client = visitor("dialer.view_contact")
    half_done_campaign()
    few = query_count(client, "/dialer/contact/")
    half_done_campaign()

    assert query_count(client, "/dialer/contact/") == few
    assert Contact.objects.count() == 18
