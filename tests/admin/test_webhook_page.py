"""Webhooks on their pages: a secret shown once, what failed said in words, full numbers for those who may see them."""

import re
from typing import Any

import pytest
from django.utils import timezone

from dialer.flow import webhooks
from dialer.models import Webhook, WebhookDelivery
from dialer.terms import WebhookKind
from tests.admin.visits import list_of, page_of, query_count, text, visitor
from tests.factories import make_batch, make_call_record, make_webhook

pytestmark = pytest.mark.django_db

ADD = "/dialer/webhook/add/"
MAY = ("dialer.view_webhook", "dialer.add_webhook", "dialer.change_webhook", "dialer.view_webhookdelivery")
FIELDS: dict[str, Any] = {
    "name": "orders",
    "url": "https://orders.example.com/hook",
    "kinds": ["key_pressed"],
    "is_enabled": "on",
}


def told(**fields: Any) -> WebhookDelivery:
    call = make_call_record(attempt=make_batch().attempts.first())
    webhooks.tell_of_calls([call], now=timezone.now())
    WebhookDelivery.objects.update(**fields)
    return WebhookDelivery.objects.get()


def test_the_secret_is_shown_once() -> None:
    client = visitor(*MAY)
    answer = client.post(ADD, FIELDS)
    hook = Webhook.objects.get()

    assert hook.secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert (hook.kinds, hook.created_by is not None) == (["key_pressed"], True)
    assert hook.secret not in text(client, page_of(hook)) + text(client, list_of("dialer.webhook"))


def test_a_new_secret_takes_the_place_of_the_old_one() -> None:
    hook = make_webhook()
    answer = visitor(*MAY).post(f"/dialer/webhook/{hook.pk}/new_secret/")
    found = re.search(r"dwh_[\w-]{43}", answer.content.decode())

    assert found
    assert hook.secret != found[0]
    hook.refresh_from_db()
    assert hook.secret == found[0]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://user:pass@example.com/",
        "https://example.com:99999/",
        "no address",
        "file:///etc",
        "https://[",
        "https://℀.com/",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    assert "errorlist" in visitor(*MAY).post(ADD, FIELDS | {"url": url}).content.decode()
    assert not Webhook.objects.exists()


def test_full_numbers_are_given_by_those_who_see_them_only() -> None:
    visitor(*MAY).post(ADD, FIELDS | {"sends_full_numbers": "on"})
    assert not Webhook.objects.get().sends_full_numbers

    hook = make_webhook(sends_full_numbers=True)
    elsewhere = {**FIELDS, "name": "mine", "url": "https://elsewhere.example.com/"}
    visitor(*MAY).post(page_of(hook), elsewhere)
    hook.refresh_from_db()
    assert "elsewhere" not in hook.url
    visitor(*MAY, "dialer.see_full_numbers").post(page_of(hook), elsewhere)
    hook.refresh_from_db()
    assert "elsewhere" in hook.url


def test_what_does_not_arrive_needs_a_person() -> None:
    make_webhook(is_enabled=False, stopped_because="Nothing arrived there for 3 days.")
    make_webhook(kinds=[WebhookKind.CALL_ANSWERED])
    told(state=WebhookDelivery.State.GIVEN_UP, complaint="It answered HTTP 500.")
    page = text(visitor(*MAY), "/")

    assert "Webhooks that stopped by themselves" in page
    assert "Webhook events that nobody took for a day" in page


def test_a_stopped_webhook_starts_again() -> None:
    hook = make_webhook(is_enabled=False, stopped_because="Nothing arrived there for 3 days.")
    client = visitor(*MAY)
    assert "Start again" in text(client, page_of(hook))
    client.post(f"/dialer/webhook/{hook.pk}/start_again/")

    hook.refresh_from_db()
    assert (hook.is_enabled, hook.stopped_because) == (True, "")


def test_an_event_that_was_given_up_is_sent_again() -> None:
    make_webhook(kinds=[WebhookKind.CALL_ANSWERED])
    row = told(state=WebhookDelivery.State.GIVEN_UP, ended_at=timezone.now())
    client = visitor(*MAY)
    assert "Send again" in text(client, page_of(row))
    client.post(f"/dialer/webhookdelivery/{row.pk}/send_again/")

    row.refresh_from_db()
    assert row.state == WebhookDelivery.State.DUE


def test_full_numbers_of_an_event_are_shown_to_those_who_may_see_them() -> None:
    make_webhook(sends_full_numbers=True, kinds=[WebhookKind.CALL_ANSWERED])
    row = told()

    assert row.content["number"] not in text(visitor(*MAY), page_of(row))
    assert row.content["number"] in text(visitor(*MAY, "dialer.see_full_numbers"), page_of(row))


def test_the_list_of_events_takes_the_same_number_of_queries_however_long_it_is() -> None:
    make_webhook(kinds=[WebhookKind.CALL_ANSWERED])
    client = visitor(*MAY)
    told()
    before = query_count(client, list_of("dialer.webhookdelivery"))
    calls = [make_call_record(attempt=make_batch().attempts.first()) for _ in range(8)]
    webhooks.tell_of_calls(calls, now=timezone.now())

    assert query_count(client, list_of("dialer.webhookdelivery")) == before
