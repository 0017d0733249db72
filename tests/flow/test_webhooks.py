"""What other systems are told: with the fact or not at all, once for each fact, signed, again until it arrives."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dialer.carriers.contract import Call
from dialer.flow import ledger, lifecycle, routes, webhook_delivery, webhooks
from dialer.flow.mistakes import DialerError
from dialer.models import Batch, Campaign, Route, Webhook, WebhookDelivery
from dialer.terms import Disposition, HungUpBy, Via, WebhookKind
from tests.carriers.small_server import SmallServer, answer
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contacts,
    make_team,
    make_webhook,
    settle,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def private_addresses(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True


@pytest.fixture
def server() -> Iterator[SmallServer]:
    started = SmallServer(answer(b"", status=204))
    yield started
    started.stop()


def answered_call(**fields: Any) -> Any:
    batch = make_batch(state=Batch.State.ACCEPTED, contacts=fields.pop("contacts", None))
    return make_call_record(attempt=batch.attempts.first(), **fields)


def told(kind: WebhookKind) -> list[WebhookDelivery]:
    return list(WebhookDelivery.objects.filter(kind=kind).order_by("pk"))


def sent(server: SmallServer, number: int = 0) -> dict[str, Any]:
    return json.loads(server.requests[number].partition(b"\r\n\r\n")[2])


def head(server: SmallServer) -> dict[str, str]:
    lines = server.requests[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_an_answered_call_is_told_once_however_often_it_becomes_known() -> None:
    make_webhook()
    call = answered_call()

    webhooks.tell_of_calls([call], now=NOW)
    webhooks.tell_of_calls([call], now=NOW + timedelta(hours=1))

    [delivery] = told(WebhookKind.CALL_ANSWERED)
    assert delivery.content["campaign"] == {"id": call.campaign_id, "name": call.campaign.name}
    assert delivery.content["contact"] == call.attempt.contact_id


def test_a_key_press_is_told_and_another_one_that_becomes_known_later_too() -> None:
    make_webhook()
    call = answered_call(keypress="1")

    webhooks.tell_of_calls([call], now=NOW)
    webhooks.tell_of_calls([call], now=NOW)
    call.keypress = "12"
    webhooks.tell_of_calls([call], now=NOW)

    assert [row.content["keypress"] for row in told(WebhookKind.KEY_PRESSED)] == ["1", "12"]


def test_a_callback_and_the_bill_about_its_call_are_one_event() -> None:
    make_webhook()
    batch = make_batch(state=Batch.State.ACCEPTED, contacts=make_contacts(1))
    number = batch.attempts.get().contact.number
    call = Call(
        carrier_call_id="1",
        reference=batch.reference,
        number_on_wire=number.removeprefix("+62"),
        caller_id="2190170001",
        started_at=NOW,
        answered_at=NOW,
        ended_at=NOW,
        ring_seconds=3,
        talk_seconds=9,
        disposition=Disposition.ANSWERED,
        hangup_code="0",
        hangup_meaning="",
        hung_up_by=HungUpBy.CALLEE,
        keypress="1",
        recording_name="",
        is_outgoing=True,
        raw={},
    )
    ledger.record(batch.account, [replace(call, keypress="", disposition=Disposition.UNKNOWN)], via=Via.CALLBACK)
    ledger.record(batch.account, [call], via=Via.PULL)
    with CaptureQueriesContext(connection) as queries:
        ledger.record(batch.account, [replace(call, ring_seconds=4)], via=Via.PULL)

    assert not [query for query in queries if "webhook" in query["sql"]], "nothing of it is news"
    assert [row.kind for row in WebhookDelivery.objects.order_by("kind")] == ["call_answered", "key_pressed"]


def test_calls_that_nobody_answered_and_test_calls_are_not_told() -> None:
    make_webhook()
    webhooks.tell_of_calls([answered_call(disposition=Disposition.BUSY), make_call_record()], now=NOW)

    assert not WebhookDelivery.objects.exists()


def test_only_what_a_webhook_wants_is_written_for_it() -> None:
    make_webhook(kinds=[WebhookKind.CAMPAIGN_ENDED])
    keys = make_webhook(kinds=[WebhookKind.KEY_PRESSED])
    make_webhook(is_enabled=False)
    webhooks.tell_of_calls([answered_call(keypress="1")], now=NOW)

    [delivery] = WebhookDelivery.objects.all()
    assert (delivery.webhook, delivery.kind) == (keys, WebhookKind.KEY_PRESSED)


def test_numbers_are_masked_unless_the_webhook_was_allowed_full_ones() -> None:
    masked, full = make_webhook(), make_webhook(sends_full_numbers=True)
    call = answered_call()
    webhooks.tell_of_calls([call], now=NOW)

    assert call.number not in json.dumps(masked.deliveries.get().content)
    assert full.deliveries.get().content["number"] == call.number


def test_an_event_is_there_exactly_if_its_fact_is() -> None:
    make_webhook()
    campaign = make_campaign(state=Campaign.State.RUNNING)
    with transaction.atomic():
        lifecycle.pause(campaign, because="Lunch.")
        assert WebhookDelivery.objects.exists()
        transaction.set_rollback(True)

    assert not WebhookDelivery.objects.exists()


def test_every_way_to_pause_and_to_end_is_told() -> None:
    make_webhook()
    by_hand, by_itself, over = (make_campaign(state=Campaign.State.RUNNING, is_planned=True) for _ in range(3))
    batch = make_batch(contacts=make_contacts(1, campaign=over), state=Batch.State.SETTLED)
    settle(batch.attempts.all(), Disposition.ANSWERED)
    batch.attempts.update(is_judged=True)
    Campaign.objects.filter(pk=by_itself.pk).update(is_planned=False)
    lifecycle.pause(by_hand, because="Lunch.")
    routes.pause(by_itself.pk, "Batch 1 was refused.")
    lifecycle.settle_next()
    lifecycle.cancel(Campaign.objects.get(pk=by_hand.pk))

    paused, ended = told(WebhookKind.CAMPAIGN_PAUSED), told(WebhookKind.CAMPAIGN_ENDED)
    assert {row.content["because"] for row in paused} == {"Lunch.", "Batch 1 was refused."}
    assert {row.content["campaign"]["id"]: row.content["state"] for row in ended} == {
        over.pk: "finished",
        by_hand.pk: "cancelled",
    }


def test_a_campaign_that_is_paused_twice_is_told_twice() -> None:
    make_webhook()
    campaign = make_campaign(state=Campaign.State.RUNNING)
    for because in ("Lunch.", "Dinner."):
        routes.pause(campaign.pk, because)
        Campaign.objects.update(state=Campaign.State.RUNNING)

    assert [row.content["because"] for row in told(WebhookKind.CAMPAIGN_PAUSED)] == ["Lunch.", "Dinner."]


def test_many_calls_take_as_many_queries_as_one(django_assert_max_num_queries: Any) -> None:
    make_webhook()
    batch = make_batch(contacts=make_contacts(60), state=Batch.State.ACCEPTED)
    calls = [make_call_record(attempt=attempt) for attempt in batch.attempts.select_related("contact", "batch")]
    with django_assert_max_num_queries(4):
        webhooks.tell_of_calls(calls, now=NOW)

    assert WebhookDelivery.objects.count() == 60


def test_a_webhook_nobody_has_costs_one_query(django_assert_num_queries: Any) -> None:
    call = answered_call()
    with django_assert_num_queries(1):
        webhooks.tell_of_calls([call], now=NOW)


def test_what_is_sent_can_be_verified_with_the_sample_of_the_documents(server: SmallServer) -> None:
    hook = make_webhook(url=server.address)
    webhooks.tell_of_calls([answered_call()], now=NOW)
    assert webhook_delivery.deliver_next()

    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    sample: dict[str, Any] = {}
    exec(page.partition("<!-- verification -->\n```python\n")[2].partition("```")[0], sample)  # noqa: S102
    body, signature = server.requests[0].partition(b"\r\n\r\n")[2], head(server)["dialer-signature"]
    assert sample["is_genuine"](hook.secret, body, signature)
    assert not sample["is_genuine"](hook.secret, body + b" ", signature)
    assert not sample["is_genuine"]("dwh_another", body, signature)
    long_after = timezone.now().timestamp() + 3600
    assert not sample["is_genuine"](hook.secret, body, signature, now=long_after)


def test_the_signature_is_what_it_is_said_to_be(server: SmallServer) -> None:
    hook = make_webhook(url=server.address)
    webhooks.tell_of_calls([answered_call()], now=NOW)
    webhook_delivery.deliver_next()

    seconds, _, signature = head(server)["dialer-signature"].removeprefix("t=").partition(",v1=")
    body = server.requests[0].partition(b"\r\n\r\n")[2]
    expected = hmac.new(hook.secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature == expected
    assert sent(server).keys() == {"id", "kind", "at", "data"}
    assert head(server)["dialer-event"] == sent(server)["id"]


def test_what_arrived_is_not_sent_again(server: SmallServer) -> None:
    make_webhook(url=server.address)
    webhooks.tell_of_calls([answered_call()], now=NOW)

    assert webhook_delivery.deliver_next()
    assert not webhook_delivery.deliver_next()
    assert len(server.requests) == 1
    assert WebhookDelivery.objects.get().state == WebhookDelivery.State.DELIVERED


def test_a_process_that_dies_between_sending_and_noting_has_the_event_sent_once_more(server: SmallServer) -> None:
    make_webhook(url=server.address)
    webhooks.tell_of_calls([answered_call()], now=NOW)
    claimed = webhook_delivery.claim()
    assert claimed is not None
    webhook_delivery.send(claimed)  # and then it is killed
    assert not webhook_delivery.deliver_next(), "while the claim holds, nobody else sends it"

    WebhookDelivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert webhook_delivery.deliver_next()
    assert sent(server, 0)["id"] == sent(server, 1)["id"]
    webhook_delivery.note(claimed, webhook_delivery.Outcome(status=500, complaint="It answered HTTP 500."))
    assert WebhookDelivery.objects.get().state == WebhookDelivery.State.DELIVERED, "a late note changes nothing"


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_what_is_not_taken_is_tried_again_later(status: int) -> None:
    server = SmallServer(answer(b"the other side's words", status=status, headers="Location: http://127.0.0.1:1/"))
    hook = make_webhook(url=server.address)
    webhooks.tell_of_calls([answered_call()], now=NOW)
    webhook_delivery.deliver_next()
    server.stop()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.tries) == (WebhookDelivery.State.DUE, status, 1)
    assert delivery.complaint == f"It answered HTTP {status}."
    assert delivery.due_at > timezone.now()
    hook.refresh_from_db()
    assert hook.rests_until is not None
    assert hook.rests_until > timezone.now()
    assert not webhook_delivery.deliver_next()


def test_pauses_grow_to_an_hour() -> None:
    pauses = [webhook_delivery.pause_after(failures).total_seconds() for failures in (1, 2, 3, 20, 10_000)]

    assert pauses == [10, 20, 40, 3600, 3600]


def test_a_webhook_at_which_nobody_answers_does_not_hold_up_the_others(server: SmallServer) -> None:
    dead, alive = make_webhook(url="http://127.0.0.1:9/"), make_webhook(url=server.address)
    webhooks.tell_of_calls([answered_call() for _ in range(3)], now=NOW)
    while webhook_delivery.deliver_next():
        pass

    assert {row.state for row in alive.deliveries.all()} == {WebhookDelivery.State.DELIVERED}
    assert sum(row.tries for row in dead.deliveries.all()) == 1


def test_an_event_is_given_up_after_a_day_and_can_be_sent_again_by_a_person(server: SmallServer) -> None:
    hook = make_webhook(url="http://127.0.0.1:9/")
    webhooks.tell_of_calls([answered_call()], now=NOW)
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(hours=25))
    webhook_delivery.deliver_next()
    delivery = WebhookDelivery.objects.get()
    assert delivery.state == WebhookDelivery.State.GIVEN_UP
    assert "Nobody answers" in delivery.complaint

    Webhook.objects.filter(pk=hook.pk).update(url=server.address, rests_until=None)
    webhooks.send_again(delivery)
    webhook_delivery.deliver_next()
    assert len(server.requests) == 1
    with pytest.raises(DialerError):
        webhooks.send_again(delivery)


def test_what_waits_for_a_webhook_that_is_out_of_use_is_given_up_too() -> None:
    hook = make_webhook()
    webhooks.tell_of_calls([answered_call()], now=NOW)
    Webhook.objects.filter(pk=hook.pk).update(is_enabled=False)
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert not webhook_delivery.deliver_next()

    assert WebhookDelivery.objects.get().state == WebhookDelivery.State.GIVEN_UP


def test_a_webhook_at_which_nothing_arrives_for_days_stops_and_says_why() -> None:
    hook = make_webhook(url="http://127.0.0.1:9/", failing_since=timezone.now() - timedelta(days=3, minutes=1))
    webhooks.tell_of_calls([answered_call()], now=NOW)
    webhook_delivery.deliver_next()

    hook.refresh_from_db()
    assert not hook.is_enabled
    assert "Nothing arrived" in hook.stopped_because
    webhooks.start_again(hook)
    hook.refresh_from_db()
    assert (hook.is_enabled, hook.stopped_because, hook.rests_until) == (True, "", None)


def test_one_arrival_ends_the_rest(server: SmallServer) -> None:
    hook = make_webhook(url=server.address, failing_since=NOW - timedelta(days=2), failures_in_a_row=9)
    webhooks.tell_of_calls([answered_call()], now=NOW)
    webhook_delivery.deliver_next()

    hook.refresh_from_db()
    assert (hook.failing_since, hook.failures_in_a_row) == (None, 0)


def test_private_addresses_are_refused_unless_the_setting_allows_them(server: SmallServer, settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    make_webhook(url=server.address)
    webhooks.tell_of_calls([answered_call()], now=NOW)
    webhook_delivery.deliver_next()

    assert "private network" in WebhookDelivery.objects.get().complaint
    assert server.requests == []


def test_what_was_delivered_long_ago_is_cut(server: SmallServer) -> None:
    make_webhook(url=server.address)
    webhooks.tell_of_calls([answered_call(), answered_call()], now=NOW)
    webhook_delivery.deliver_next()
    WebhookDelivery.objects.filter(state=WebhookDelivery.State.DELIVERED).update(ended_at=NOW - timedelta(days=8))

    assert webhook_delivery.prune() == 1
    assert WebhookDelivery.objects.count() == 1


def test_the_secret_is_encrypted_and_in_no_repr() -> None:
    hook = make_webhook()
    [stored] = Webhook.objects.extra(select={"raw": "secret"}).values_list("raw", flat=True)

    assert hook.secret not in repr(hook)
    assert stored != hook.secret
    assert webhooks.renew_secret(hook) != hook.secret


def test_a_webhook_of_a_team_hears_of_what_the_team_sees() -> None:
    ours, theirs = make_account(), make_account()
    team = make_team(accounts=[ours])
    hook = make_webhook(team=team)
    everybody = make_webhook()
    calls = [
        make_call_record(attempt=make_batch(campaign=make_campaign(account=account)).attempts.first())
        for account in (ours, theirs)
    ]
    campaigns = [call.campaign for call in calls]

    webhooks.tell_of_calls(calls, now=timezone.now())
    webhooks.tell_of_end([campaign.pk for campaign in campaigns if campaign])

    def heard_by(one: Webhook) -> set[str]:
        return {delivery.content["campaign"]["name"] for delivery in one.deliveries.all()}

    assert heard_by(hook) == {campaigns[0].name}
    assert hook.deliveries.count() == 2
    assert heard_by(everybody) == {campaign.name for campaign in campaigns if campaign}


def test_a_webhook_of_a_team_does_not_hear_of_a_campaign_that_the_team_sees_in_part() -> None:
    ours, theirs = make_account(), make_account()
    campaign = make_campaign(account=ours)
    Route.objects.create(campaign=campaign, account=theirs)
    hook = make_webhook(team=make_team(accounts=[ours]))

    webhooks.tell_of_end([campaign.pk])

    assert not hook.deliveries.exists()
