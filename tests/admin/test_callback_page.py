"""Callbacks: kept word for word and shown without harm, applied again after a fix, and who was turned away."""

import json
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from dialer.admin import clock
from dialer.flow import ledger
from dialer.models import Bell, Callback, CallbackNumber, TurnedAway
from tests import factories
from tests.admin.visits import found, list_of, page_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

LIST = list_of("dialer.callback")
LOOK = "dialer.view_callback"
ORDER = "dialer.change_callback"
State = Callback.State


def bill(**fields) -> bytes:
    """A push as the carrier writes it, newest field list."""
    return json.dumps(
        {
            "id": 20183391,
            "direction": "callout",
            "type": "callout",
            "starttime": "2026-11-21 14:58:01",
            "answertime": "2026-11-21 14:58:09",
            "endtime": "2026-11-21 14:58:30",
            "duration": 8,
            "billsec": 21,
            "destnumber": "81234567890",
            "userkey": "1",
            "hangupcause": 16,
            "hangupdirection": 16,
            **fields,
        }
    ).encode()


def again(callback: Callback) -> str:
    return reverse("admin:dialer_callback_apply_again", args=[callback.pk])


def test_an_empty_list_says_what_it_is_for():
    assert "Give the carrier the callback address" in text(visitor(LOOK), LIST)


def test_what_an_extension_did_is_shown_with_the_number_masked():
    fields = {"extnumber": "20280003", "callee": "81234567890", "isbleg": "false", "status": "answer"}
    body = json.dumps({**fields, "starttime": "1581124302", "uuid": "u1"}).encode()
    callback = factories.make_callback(kind="extensions", body=body)

    page, full = (text(visitor(LOOK, *more), page_of(callback)) for more in ((), ("dialer.see_full_numbers",)))

    for shown in ("20280003", "Talking", "agent"):
        assert shown in page
    assert "No call. Its bill still comes" not in page
    assert "+62 812-3456-7890" not in page
    assert "81234567890" in full


def test_what_came_is_shown_as_it_came_but_can_not_act():
    callback = factories.make_callback(body=b'{"remark": "<script>alert(1)</script>"} \xff\xfe')
    page = text(visitor(LOOK), page_of(callback))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert r"\xff\xfe" in page


def test_an_endless_body_is_cut():
    callback = factories.make_callback(body=b"x " * 100_000)
    page = text(visitor(LOOK), page_of(callback))
    assert "and 160,000 characters more" in page
    assert len(page) < 80_000


def test_numbers_in_it_are_masked_unless_one_may_see_them():
    callback = factories.make_callback(body=bill())
    masked = text(visitor(LOOK), page_of(callback))
    assert "4567890" not in masked
    assert "•890" in masked
    assert "81234567890" in text(visitor(LOOK, "dialer.see_full_numbers"), page_of(callback))


def test_what_is_understood_of_it_leads_to_the_call_record():
    account = factories.make_account()
    call = factories.make_call_record(account=account, carrier_call_id="20183391")
    callback = factories.make_callback(account=account, body=bill())

    page = text(visitor(LOOK), page_of(callback))

    assert page_of(call) in page
    assert "Answered" in page
    assert "0:21" in page


def test_what_is_not_applied_yet_says_so():
    callback = factories.make_callback(body=bill())
    assert "not applied" in text(visitor(LOOK), page_of(callback))


def test_what_nobody_understands_says_that_the_bill_still_comes():
    callback = factories.make_callback(body=b"<html>", state=State.UNREADABLE, complaint="It is no bill.")
    page = text(visitor(LOOK), page_of(callback))
    assert "It is no bill." in page
    assert "No call." in page


def test_unreadable_callbacks_need_a_person():
    factories.make_callback()
    factories.make_callback(state=State.UNREADABLE)
    page, request = admin.site._registry[Callback], RequestFactory().get("/")
    request.user = factories.make_user()
    [item] = page.attention(request)
    assert (item.count, item.query) == (1, "state__exact=unreadable")


def test_an_unreadable_one_is_applied_again_from_its_page(django_capture_on_commit_callbacks):
    callback = factories.make_callback(state=State.UNREADABLE, complaint="It is no bill.")
    somebody = visitor(LOOK, ORDER)
    assert again(callback) in text(somebody, page_of(callback))

    with django_capture_on_commit_callbacks(execute=True):
        answer = somebody.post(again(callback), follow=True)

    callback.refresh_from_db()
    assert (callback.state, callback.complaint) == (State.RECEIVED, "")
    assert "1 callback is applied again." in answer.content.decode()
    assert Bell.objects.get(kind="callbacks").is_ringing
    assert LogEntry.objects.get().object_id == str(callback.pk)


def test_many_are_applied_again_from_the_list():
    unreadable = [factories.make_callback(state=State.UNREADABLE) for _ in range(3)]
    applied = factories.make_callback(state=State.APPLIED)
    order = {"action": "apply_again", "_selected_action": [row.pk for row in (*unreadable, applied)]}

    answer = visitor(LOOK, ORDER).post(LIST, order, follow=True)

    assert "3 callbacks are applied again." in answer.content.decode()
    assert Callback.objects.filter(state=State.RECEIVED).count() == 3
    applied.refresh_from_db()
    assert applied.state == State.APPLIED


def test_there_is_nothing_to_apply_again_of_what_was_applied():
    callback = factories.make_callback(state=State.APPLIED)
    somebody = visitor(LOOK, ORDER)
    assert again(callback) not in text(somebody, page_of(callback))
    assert "nothing to apply again" in somebody.post(again(callback), follow=True).content.decode()


def test_whoever_may_only_look_gives_no_order():
    callback = factories.make_callback(state=State.UNREADABLE)
    somebody = visitor(LOOK)
    assert again(callback) not in text(somebody, page_of(callback))
    assert somebody.post(again(callback)).status_code == 403
    somebody.post(LIST, {"action": "apply_again", "_selected_action": [callback.pk]})
    callback.refresh_from_db()
    assert callback.state == State.UNREADABLE


def test_an_order_is_never_given_by_following_a_link():
    callback = factories.make_callback(state=State.UNREADABLE)
    assert visitor(LOOK, ORDER).get(again(callback)).status_code == 405


def test_nobody_edits_what_a_carrier_wrote():
    callback = factories.make_callback()
    assert visitor(is_superuser=True).post(page_of(callback), {"complaint": "x"}).status_code == 403


def test_the_list_fetches_no_body_and_costs_the_same_for_one_and_for_many():
    somebody = visitor(is_superuser=True)
    factories.make_callback()
    row = somebody.get(LIST).context["cl"].result_list[0]
    assert "body" in row.get_deferred_fields()
    one = query_count(somebody, LIST)
    for _ in range(10):
        factories.make_callback()
    assert query_count(somebody, LIST) == one


def test_those_turned_away_are_listed_by_day_and_source():
    somebody, address = visitor("dialer.view_turnedaway"), list_of("dialer.turnedaway")
    assert "counted here by day and source" in text(somebody, address)
    now = timezone.now()
    row = TurnedAway.objects.create(on=now.date(), source="198.51.100.7", reason="secret", count=12, last_at=now)

    page = text(somebody, address)

    assert "198.51.100.7" in page
    assert "wrong secret address" in page.lower()
    assert found(somebody, address, reason__exact="secret", days="1") == [row.pk]
    assert f">{clock.day(row.on)}<" in text(somebody, page_of(row))


@pytest.mark.parametrize("typed", ["+6281234567890", "081234567890", "0812-3456-7890", "62 812 3456 7890"])
def test_callbacks_are_found_by_a_number_in_any_spelling(typed):
    account = factories.make_account()
    first, other = (
        factories.make_callback(account=account, body=bill(id=key, destnumber=number))
        for key, number in ((1, "81234567890"), (2, "81234567891"))
    )
    for callback in (first, other):
        ledger.apply(callback)

    for client in (visitor(LOOK), visitor(LOOK, "dialer.see_full_numbers")):
        assert found(client, LIST, q=typed) == [first.pk]
        assert found(client, LIST, q=typed, state__exact="unreadable") == []


@pytest.mark.parametrize("typed", ["0812", "zz", "+62", "99999999999999999999", "\u0660", "%"])
def test_what_is_no_whole_number_finds_no_callback(typed):
    ledger.apply(factories.make_callback(body=bill()))

    assert found(visitor(LOOK, "dialer.see_full_numbers"), LIST, q=typed) == []


def test_callbacks_are_filtered_by_campaign_together_with_day_and_account():
    batch = factories.make_batch(state="accepted")
    bodies = [
        bill(id=key, destnumber=attempt.contact.number.removeprefix("+62"), userfield=batch.reference)
        for key, attempt in enumerate(batch.attempts.all(), start=1)
    ]
    both = factories.make_callback(account=batch.account, body=b"[" + b",".join(bodies) + b"]")
    old, other = (factories.make_callback(account=batch.account, body=bill(id=key)) for key in (8, 9))
    for callback in (old, both, other):
        ledger.apply(callback)
    of_campaign = {"campaign__id__exact": batch.campaign_id}
    CallbackNumber.objects.filter(callback__in=[both, old]).update(campaign=batch.campaign)
    for rows in (Callback.objects.filter(pk=old.pk), CallbackNumber.objects.filter(callback=old)):
        rows.update(received_at=timezone.now() - timedelta(days=3))
    somebody = visitor(LOOK)

    assert found(somebody, LIST, **of_campaign) == [both.pk, old.pk]
    assert found(somebody, LIST, **of_campaign, days=1) == [both.pk]
    assert found(somebody, LIST, **of_campaign, account__id__exact=batch.account_id) == [both.pk, old.pk]
    assert found(somebody, LIST, **of_campaign, account__id__exact=batch.account_id + 1) == []
    assert found(somebody, LIST, **of_campaign, state__exact="unreadable") == []
    assert found(somebody, LIST, campaign__id__exact="x") == []
