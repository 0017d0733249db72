"""One page for one number: all that was done with it, for whoever may see it, and the way onto the do-not-call list."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from dialer.models import Batch, CallbackNumber, Campaign, DoNotCall, DoNotCallList, TestCall
from dialer.models.do_not_call import house_list
from dialer.terms import Disposition, Purpose, SkipReason
from recordings.models import Recording
from tests import factories
from tests.admin.visits import client_of, found, list_of, page_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

NUMBER = "+6281234567890"
LOOK = ("dialer.view_contact", "dialer.view_callrecord")
FULL = "dialer.see_full_numbers"
FIND = "/dialer/contact/number/"


def past_of(row, kind="contact") -> str:
    return reverse("admin:dialer_contact_past", args=[kind, row.pk])


def told(callback, *, number):
    """The callback told of the number."""
    return CallbackNumber.objects.create(
        callback=callback, account=callback.account, number=number, received_at=callback.received_at
    )


def forbid(row, kind="contact") -> str:
    return reverse("admin:dialer_contact_forbid", args=[kind, row.pk])


@pytest.fixture
def contact():
    """Called once, and answered with a key and a recording."""
    contact = factories.make_contact(number=NUMBER, campaign=factories.make_campaign(state=Campaign.State.RUNNING))
    batch = factories.make_batch(campaign=contact.campaign, contacts=[contact])
    factories.settle(batch.attempts.all(), Disposition.ANSWERED)
    call = factories.make_call_record(
        number=NUMBER,
        attempt=batch.attempts.get(),
        keypress="7",
        disposition=Disposition.ANSWERED,
        recording_name="a.mp3",
    )
    now = timezone.now()
    Recording.objects.create(
        call_record=call, deadline_at=now, due_at=now, state=Recording.State.STORED, seconds=12, file="recordings/a.mp3"
    )
    return contact


def test_everything_that_was_done_with_a_number_stands_on_its_page(contact):
    other = factories.make_contact(number=NUMBER)
    test_call = TestCall.objects.create(campaign=other.campaign, account=other.campaign.account, number=NUMBER)
    transfer = factories.make_transfer(number=NUMBER, extension="20280009")
    entry = factories.make_do_not_call(number=NUMBER, reason="wrote a letter", source="letter 7")
    factories.make_call_record(number="+6281234567891", keypress="9")

    page = text(visitor(is_superuser=True), past_of(contact))

    for fact in (
        str(contact.contact_list),
        str(other.campaign),
        str(contact.attempts.get().batch),
        "key 7",
        "/recordings/",
        "0:12",
        "Test call",
        "20280009",
        "wrote a letter",
        "letter 7",
    ):
        assert fact in page, fact
    assert "key 9" not in page
    for row, kind in ((test_call, "test"), (transfer, "transfer"), (entry, "entry")):
        assert "wrote a letter" in text(visitor(is_superuser=True), past_of(row, kind))


def test_the_newest_stands_first(contact):
    factories.make_call_record(number=NUMBER, started_at=timezone.now() - timedelta(days=9), keypress="3")

    page = text(visitor(is_superuser=True), past_of(contact))

    assert page.index("key 7") < page.index("key 3")


def test_the_number_stands_in_no_address_and_in_no_title_and_masked_for_those_who_may_not_see_it(contact):
    for permissions in (LOOK, (*LOOK, FULL)):
        page = text(visitor(*permissions), past_of(contact))
        title = page.split("<title>")[1].split("</title>")[0]
        assert "•" in title
        assert "34567890" not in past_of(contact) + title.replace("-", "").replace(" ", "")
        assert ("+62 812-3456-7890" in page) == (FULL in permissions)


def test_every_shown_number_leads_to_its_page(contact):
    client = visitor(*LOOK, "dialer.view_attempt")

    for model, address in (
        ("dialer.contact", past_of(contact)),
        ("dialer.attempt", past_of(contact)),
        ("dialer.callrecord", past_of(contact.attempts.get().call_records.get(), "call")),
    ):
        assert f'href="{address}"' in text(client, list_of(model)), model


def test_whoever_may_see_neither_contacts_nor_calls_sees_no_page_and_no_link(contact):
    entry = factories.make_do_not_call(number=NUMBER)
    client = visitor("dialer.view_donotcall", FULL)

    assert client.get(past_of(entry, "entry")).status_code == 403
    assert client.get(FIND).status_code == 403
    assert "/number/" not in text(client, list_of("dialer.donotcall"))


def test_only_what_one_may_see_is_told(contact):
    page = text(visitor("dialer.view_contact"), past_of(contact))

    assert str(contact.contact_list) in page
    assert "key 7" not in page
    assert visitor("dialer.view_callrecord").get(past_of(contact)).status_code == 403


def test_a_recording_is_played_only_for_those_who_may_listen(contact):
    assert "data-play" not in text(visitor(*LOOK), past_of(contact))
    assert "data-play" in text(visitor(*LOOK, "recordings.listen_recording"), past_of(contact))


@pytest.mark.parametrize("address", ["number/nonsense/1/", "number/contact/999999/", "number/call/0/"])
def test_an_address_of_nothing_is_not_found(address):
    assert visitor(is_superuser=True).get(f"/dialer/contact/{address}").status_code == 404


def test_a_row_without_a_number_has_no_such_page():
    row = factories.make_skipped_contact(SkipReason.INVALID_NUMBER, raw="12")
    assert visitor(is_superuser=True).get(past_of(row)).status_code == 404


def test_the_page_costs_the_same_for_a_short_and_a_long_past(contact):
    client = visitor(is_superuser=True)
    few = query_count(client, past_of(contact))

    for _ in range(5):
        more = factories.make_contact(number=NUMBER)
        batch = factories.make_batch(campaign=more.campaign, contacts=[more])
        factories.make_call_record(number=NUMBER, attempt=batch.attempts.get(), recording_name="b.mp3")
        factories.make_transfer(number=NUMBER)
        factories.make_exchange(batch=batch, account=batch.account)
        told(factories.make_callback(), number=NUMBER)

    assert query_count(client, past_of(contact)) == few


@pytest.mark.parametrize("typed", ["+62 812-3456-7890", "081234567890", "6281234567890"])
def test_a_number_is_looked_up_without_standing_in_the_address(contact, typed):
    answer = visitor(*LOOK).post(FIND, {"number": typed})

    assert answer.status_code == 302
    assert answer.url == past_of(contact)


def test_a_number_that_is_unknown_or_none_is_told_so():
    factories.make_account()
    client = visitor(*LOOK)

    assert "Nothing is known of this number" in client.post(FIND, {"number": NUMBER}).content.decode()
    assert "This is no whole phone number" in client.post(FIND, {"number": "0812"}).content.decode()


def test_a_number_is_put_on_the_do_not_call_list_after_a_confirmation_with_numbers(contact):
    waiting = factories.make_contact(number=NUMBER, campaign=factories.make_campaign(state=Campaign.State.RUNNING))
    over = factories.make_contact(number=NUMBER, campaign=factories.make_campaign(state=Campaign.State.FINISHED))
    out = factories.make_contact(number=NUMBER, campaign=factories.make_campaign(state=Campaign.State.RUNNING))
    factories.make_batch(campaign=out.campaign, contacts=[out], state=Batch.State.ACCEPTED)
    client = visitor(*LOOK, "dialer.add_donotcall", "dialer.view_donotcall", is_superuser=False)
    house = house_list()
    said = {"list": house, "reason": "asked by telephone", "source": "agent 7"}

    asked = client.post(forbid(contact), said).content.decode()

    assert "It waits in 1 campaign and is skipped there at once." in asked
    assert "It is in 1 batch at the carrier" in asked
    assert not DoNotCall.objects.exists()

    answer = client.post(forbid(contact), {**said, "confirmed": "yes"}, follow=True)

    entry = DoNotCall.objects.get()
    assert (entry.number, entry.reason, entry.source) == (NUMBER, "asked by telephone", "agent 7")
    assert entry.added_by.pk == int(client.session["_auth_user_id"])
    for row, reason in ((waiting, SkipReason.DO_NOT_CALL), (over, ""), (out, ""), (contact, "")):
        row.refresh_from_db()
        assert row.skip_reason == reason
    assert "1 person who waited is skipped" in answer.content.decode()
    assert "•" in LogEntry.objects.get().object_repr

    again = client.post(forbid(contact), {**said, "confirmed": "yes"}, follow=True)
    assert "on the list already" in again.content.decode()


def test_a_list_for_some_campaigns_skips_only_those_that_wait_in_them():
    register = DoNotCallList.objects.create(name="Register", purpose=Purpose.MARKETING)
    selling, serving = (
        factories.make_contact(
            number=NUMBER, campaign=factories.make_campaign(state=Campaign.State.RUNNING, purpose=purpose)
        )
        for purpose in (Purpose.MARKETING, Purpose.SERVICE)
    )

    said = {"list": register.pk, "reason": "register", "confirmed": "yes"}
    visitor(is_superuser=True).post(forbid(selling), said)

    for row, reason in ((selling, SkipReason.DO_NOT_CALL), (serving, "")):
        row.refresh_from_db()
        assert row.skip_reason == reason


def test_without_a_reason_or_the_permission_nothing_is_put_on_the_list(contact):
    house = house_list()

    assert visitor(*LOOK).get(forbid(contact)).status_code == 403
    answer = visitor(is_superuser=True).post(forbid(contact), {"list": house, "reason": "", "confirmed": "yes"})

    assert answer.status_code == 200
    assert not DoNotCall.objects.exists()


@pytest.mark.parametrize("typed", ["+62 8123", "62 8123", "0062 8123", "08123", "8123"])
def test_a_beginning_is_found_in_any_spelling_by_those_who_see_numbers_in_full(typed):
    contact = factories.make_contact(number=NUMBER)
    factories.make_contact(number="+6281900000000")

    assert found(visitor(*LOOK, FULL), list_of("dialer.contact"), q=typed) == [contact.pk]
    assert found(visitor(*LOOK), list_of("dialer.contact"), q=typed) == []


def test_the_search_box_says_what_it_takes():
    factories.make_account()

    assert "or its beginning" in text(visitor(*LOOK, FULL), list_of("dialer.contact"))
    assert "or its beginning" not in text(visitor(*LOOK), list_of("dialer.contact"))


def test_what_carriers_pushed_about_it_and_what_was_said_about_its_batches_stands_below(contact):
    batch = contact.attempts.get().batch
    callback, other = factories.make_callback(account=batch.account), factories.make_callback()
    told(callback, number=NUMBER)
    told(other, number="+6281234567891")
    exchange = factories.make_exchange(batch=batch, account=batch.account)
    others = factories.make_exchange(batch=factories.make_batch())

    page = text(visitor(is_superuser=True), past_of(contact))

    assert page_of(callback) in page
    assert page_of(exchange) in page
    assert page_of(other) not in page
    assert page_of(others) not in page


def test_they_are_shown_to_those_who_may_see_such_rows(contact):
    batch = contact.attempts.get().batch
    callback = factories.make_callback(account=batch.account)
    told(callback, number=NUMBER)
    exchange = factories.make_exchange(batch=batch, account=batch.account)

    assert page_of(callback) not in text(visitor(*LOOK), past_of(contact))
    assert page_of(exchange) not in text(visitor(*LOOK), past_of(contact))
    assert page_of(callback) in text(visitor(*LOOK, "dialer.view_callback"), past_of(contact))
    assert page_of(exchange) in text(visitor(*LOOK, "dialer.view_carrierexchange"), past_of(contact))


def test_a_team_sees_there_what_is_of_its_accounts(contact):
    batch = contact.attempts.get().batch
    theirs, others = factories.make_callback(account=batch.account), factories.make_callback()
    for callback in (theirs, others):
        told(callback, number=NUMBER)
    member = factories.make_user(*LOOK, "dialer.view_callback")
    factories.make_team(accounts=[batch.account]).members.add(member)

    page = text(client_of(member), past_of(contact))

    assert page_of(theirs) in page
    assert page_of(others) not in page
