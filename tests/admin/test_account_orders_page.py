"""What is ordered on the page of an account: a test of its connection, its bills, another token, other addresses."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dialer.flow.connect import capabilities_of
from dialer.models import Account, Bell
from tests.admin.test_account_page import CHANGE, VIEW, page, text_of
from tests.admin.visits import visitor
from tests.carrier import running_carrier
from tests.factories import (
    make_account,
    make_callback,
    make_laaffic_account,
)

pytestmark = pytest.mark.django_db

CONFIRMED = {"clear_token", "new_address"}


def test_callback_addresses_are_for_those_who_may_change_the_account():
    account = make_account()
    make_callback(account=account)
    address = reverse("callback", args=[account.pk, account.callback_secret, "bills"])

    assert f"http://testserver{address}" in text_of(visitor(VIEW, CHANGE).get(page(account)))
    assert account.callback_secret not in text_of(visitor(VIEW).get(page(account)))


def test_a_new_secret_address_is_confirmed_first_and_the_old_one_stops():
    client, account = visitor(VIEW, CHANGE), make_account()
    old = account.callback_secret

    assert "The old ones stop at once" in text_of(client.get(page(account, "new_address")))
    account.refresh_from_db()
    assert account.callback_secret == old

    client.post(page(account, "new_address"))

    account.refresh_from_db()
    assert account.callback_secret != old
    assert (
        Client().post(reverse("callback", args=[account.pk, old, "bills"]), b"{}", "application/json").status_code
        == 404
    )


def test_a_carrier_that_can_not_be_reached_is_said_in_words_and_the_account_stays_stopped():
    client, account = visitor(VIEW, CHANGE), make_account(stopped_because="It was refused.")

    response = client.post(page(account, "check"), follow=True)

    [message] = response.context["messages"]
    assert message.level_tag == "error"
    assert str(message).endswith(".")
    account.refresh_from_db()
    assert account.stopped_because == "It was refused."
    assert account.test_complaint == str(message)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_works_says_who_we_are_and_the_account_is_not_stopped_any_more():
    client = visitor(VIEW, CHANGE)
    with running_carrier() as carrier:
        Account.objects.update(stopped_because="It was refused.")

        response = client.post(page(carrier.account, "check"), follow=True)

    assert "The carrier knows us as" in text_of(response)
    assert Account.objects.get().stopped_because == ""
    assert "it works" in LogEntry.objects.get().get_change_message()


@pytest.mark.django_db(transaction=True)
def test_wrong_credentials_are_said_in_words():
    client = visitor(VIEW, CHANGE)
    with running_carrier() as carrier:
        Account.objects.update(access_key="wrong-key")

        response = client.post(page(carrier.account, "check"), follow=True)

    [message] = response.context["messages"]
    assert message.level_tag == "error"
    assert str(message).endswith((".", ")"))
    assert "wrong-key" not in text_of(response)


def test_an_account_is_ready_only_when_its_last_test_says_so():
    client, account = visitor(VIEW, CHANGE), make_account()

    def shown(**fields: object) -> str:
        Account.objects.filter(pk=account.pk).update(**fields)
        return text_of(client.get(page(account)))

    assert ">Not tested<" in shown(tested_at=None)
    failed = shown(tested_at=timezone.now(), test_complaint="Nobody answers there.")
    assert ">Test failed<" in failed
    assert "Nobody answers there." in failed
    assert ">Ready<" not in failed
    ready = shown(test_complaint="")
    assert ">Ready<" in ready
    assert "tested <time" in ready
    assert "tested <time" in text_of(client.get(reverse("admin:dialer_account_changelist")))


def test_bills_are_asked_for_at_once():
    client, account = visitor(VIEW, CHANGE), make_account(next_pull_at=timezone.now() + timedelta(hours=1))

    client.post(page(account, "bills"))

    account.refresh_from_db()
    assert account.next_pull_at <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_asking_for_bills_rings():
    client, account = visitor(VIEW, CHANGE), make_account()

    client.post(page(account, "bills"))

    assert Bell.objects.get(kind="bills").is_ringing


@pytest.mark.parametrize("name", ["check", "bills", "balance", "clear_token", "new_address"])
def test_orders_are_for_those_who_may_change_the_account_and_not_by_a_link(name: str):
    account = make_account()

    assert visitor(VIEW).post(page(account, name)).status_code == 403
    assert visitor(VIEW, CHANGE).get(page(account, name)).status_code == (200 if name in CONFIRMED else 405)
    assert visitor(VIEW, CHANGE).post(reverse(f"admin:dialer_account_{name}", args=[999_999])).status_code == 404
    assert not LogEntry.objects.exists()


def test_each_kind_of_callback_has_its_address_and_a_sentence():
    account = make_account()
    shown = text_of(visitor(VIEW, CHANGE).get(page(account)))

    for kind in capabilities_of(account).call_back_kinds:
        assert reverse("callback", args=[account.pk, account.callback_secret, kind]) in shown
    assert "What became of each call." in shown


@pytest.mark.django_db(transaction=True)
def test_clearing_the_token_is_explained_first_and_kept_in_the_history():
    client = visitor(VIEW, CHANGE)
    with running_carrier() as carrier:
        client.post(page(carrier.account, "check"))
        assert Account.objects.get().token
        LogEntry.objects.all().delete()

        explained = text_of(client.get(page(carrier.account, "clear_token")))
        assert Account.objects.get().token
        response = client.post(page(carrier.account, "clear_token"), follow=True)

    assert "after an extension was added or changed" in explained
    assert "The token is cleared." in text_of(response)
    assert Account.objects.get().token == ""
    assert "Cleared the token." in LogEntry.objects.get().get_change_message()


@pytest.mark.django_db(transaction=True)
def test_a_token_that_can_not_be_cleared_is_a_sentence():
    client = visitor(VIEW, CHANGE)
    account = make_account(token="known", token_obtained_at=timezone.now())

    response = client.post(page(account, "clear_token"), follow=True)

    [message] = response.context["messages"]
    assert message.level_tag == "error"
    assert str(message).endswith(".")
    account.refresh_from_db()
    assert account.token == "known"
    assert not LogEntry.objects.exists()


def test_clearing_is_offered_where_there_is_a_token():
    client = visitor(VIEW, CHANGE)

    assert "Clear token" in text_of(client.get(page(make_account())))
    assert "Clear token" not in text_of(client.get(page(make_laaffic_account())))
