"""The page of an account at the second carrier: a secret more, one address, other paths, the balance."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from dialer.models import Account, Batch
from tests.admin.visits import page_of, text, visitor
from tests.factories import NOWHERE_AT_LAAFFIC, make_account, make_batch, make_campaign, make_laaffic_account

pytestmark = pytest.mark.django_db

VIEW, CHANGE, ADD = "dialer.view_account", "dialer.change_account", "dialer.add_account"
ADD_PAGE = "/dialer/account/add/?carrier=laaffic"


def form(**changes: object) -> dict[str, object]:
    return {
        "name": "Indonesia second",
        "is_enabled": "on",
        "app_id": "",
        "access_key": "",
        "secret": "",
        "batch_url": NOWHERE_AT_LAAFFIC,
        "sms_app_id": "",
        "paths": "",
        "country": "ID",
        "time_zone": "Asia/Shanghai",
        "number_form": "international",
        "caller_id": "",
        "batch_size": "1000",
        "allowed_sources": "",
        "balance_warning": "",
        **changes,
    }


def saved(**changes: object) -> Account:
    account = make_laaffic_account()
    response = visitor(VIEW, CHANGE).post(page_of(account), form(**changes))
    assert response.status_code == 302, response.context["adminform"].form.errors
    return Account.objects.get()


def complaints(**changes: object) -> dict[str, list[str]]:
    response = visitor(VIEW, CHANGE).post(page_of(make_laaffic_account()), form(**changes))
    return dict(response.context["adminform"].form.errors)


def test_an_account_is_added_with_key_and_secret():
    response = visitor(VIEW, ADD).post(ADD_PAGE, form(app_id="appoftst", access_key="key-7", secret="secret-7"))

    assert response.status_code == 302
    account = Account.objects.get()
    assert (account.carrier, account.app_id, account.access_key) == ("laaffic", "appoftst", "key-7")
    assert (account.secret, account.batch_url, account.token_url) == ("secret-7", NOWHERE_AT_LAAFFIC, "")
    assert account.number_form == "international"


def test_without_its_secret_no_account_is_added():
    response = visitor(VIEW, ADD).post(ADD_PAGE, form(app_id="appoftst", access_key="key-7"))

    assert list(response.context["adminform"].form.errors) == ["secret"]
    assert not Account.objects.exists()


def test_the_form_speaks_as_the_carrier_does():
    fields = visitor(VIEW, ADD).get(ADD_PAGE).context["adminform"].form.fields

    assert not {"token_url", "country_code", "dial_prefix", "carrier"} & set(fields)
    assert (fields["access_key"].label, fields["secret"].label) == ("API key", "API secret")
    assert fields["batch_url"].initial == "https://api.laaffic.com/v3"
    assert fields["number_form"].initial == "international"
    assert not fields["sms_app_id"].required


def test_the_secret_never_comes_back_and_an_empty_field_keeps_it():
    account = make_laaffic_account(secret="very-secret")
    client = visitor(VIEW, CHANGE)

    shown = text(client, page_of(account))
    client.post(page_of(account), form(name="Another name"))

    assert "very-secret" not in shown
    assert "very-secret" not in text(visitor(VIEW), page_of(account))
    account.refresh_from_db()
    assert (account.name, account.secret) == ("Another name", "very-secret")


@pytest.mark.parametrize("change", [{"secret": "another"}, {"paths": "send = /v2/send"}])
def test_whoever_becomes_somebody_else_is_not_tested_and_has_no_known_balance(change: dict[str, str]):
    now = timezone.now()
    account = make_laaffic_account(tested_at=now, balance=Decimal(7), balance_asked_at=now, next_balance_at=now)

    visitor(VIEW, CHANGE).post(page_of(account), form(**change))

    account.refresh_from_db()
    assert (account.tested_at, account.balance, account.balance_asked_at, account.next_balance_at) == (None,) * 4


# --- other paths -------------------------------------------------------------------------------------------------


def test_other_paths_are_kept_in_one_spelling():
    account = saved(paths="  cancel=/voice/cancel\r\n\r\n upload = /v4/up.load ")

    assert account.own_paths == {"cancel": "/voice/cancel", "upload": "/v4/up.load"}


@pytest.mark.parametrize(
    "line",
    ["nonsense = /a", "send", "send = ", "send = a/b", "send = http://other.test/a", "send = /a?key=1", "send = //a"],
)
def test_a_path_that_is_none_is_answered_with_the_names_and_their_usual_paths(line: str):
    [complaint] = complaints(paths=f"cancel = /good\n{line}")["paths"]

    assert f"“{line.strip()}”" in complaint
    assert "balance = /getBalance" in complaint


def test_a_path_stands_there_once():
    assert complaints(paths="send = /a\nsend = /b")["paths"] == ["“send” stands there more than once."]


def test_the_usual_paths_are_shown_as_help():
    assert "balance = /getBalance" in text(visitor(VIEW, ADD), "/dialer/account/add/", carrier="laaffic")


@pytest.mark.parametrize("address", ["ftp://api.test/v3", "https://user:secret@api.test/v3"])
def test_an_address_with_a_password_or_of_another_kind_is_refused(address: str):
    assert list(complaints(batch_url=address)) == ["batch_url"]


# --- the balance -------------------------------------------------------------------------------------------------


def test_the_balance_is_shown_with_its_parts():
    account = make_laaffic_account(
        balance=Decimal("1234.5"), balance_gift=Decimal(10), balance_credit=Decimal(0), balance_asked_at=timezone.now()
    )

    shown = text(visitor(VIEW, CHANGE), page_of(account))

    assert "1,244.50" in shown
    assert "own money 1,234.50 · gift 10.00" in shown
    assert "credit" not in shown
    assert "Ask now" in shown
    assert "Ask now" not in text(visitor(VIEW), page_of(account))
    assert "1,244.50" in text(visitor(VIEW), "/dialer/account/")


def test_where_no_balance_is_told_none_is_shown():
    shown = text(visitor(VIEW, CHANGE), page_of(make_account()))

    assert "Ask now" not in shown
    assert "Warn below" not in shown


def test_a_balance_below_its_level_needs_a_person():
    account = make_laaffic_account(
        balance=Decimal(5), balance_warning=Decimal(10), balance_asked_at=timezone.now() - timedelta(minutes=5)
    )

    make_laaffic_account(name="Rich", balance=Decimal(50))
    client = visitor(is_superuser=True)

    assert "An account runs out of money" in text(client, "/")
    [rows] = re.findall(r'href="(/dialer/account/\?id__in=[^"]*)"', client.get("/").content.decode())
    assert list(client.get(rows).context["cl"].result_list) == [account]
    assert "Only 5.00 is left" in text(visitor(VIEW), page_of(account))


def test_enough_money_needs_nobody():
    make_laaffic_account(balance=Decimal(50), balance_warning=Decimal(10))

    assert "runs out of money" not in text(visitor(is_superuser=True), "/")


def test_a_balance_that_can_not_be_asked_for_is_a_sentence():
    account = make_laaffic_account()

    response = visitor(VIEW, CHANGE).post(reverse("admin:dialer_account_balance", args=[account.pk]), follow=True)

    [message] = response.context["messages"]
    assert message.level_tag == "error"
    account.refresh_from_db()
    assert account.balance_complaint == str(message)


@pytest.mark.parametrize("state", [Batch.State.SENDING, Batch.State.UNCERTAIN, Batch.State.REPEATING])
def test_the_application_stays_while_it_is_the_only_one_that_knows_of_a_batch(state: str):
    account = make_laaffic_account()
    make_batch(campaign=make_campaign(account=account), state=state)

    response = visitor(VIEW, CHANGE).post(page_of(account), form(app_id="another"))

    assert "1 batch was taken" in response.context["adminform"].form.errors["app_id"][0]
    assert Account.objects.get().app_id == "appoftst"


def test_its_keys_can_be_changed_all_the_same_for_they_may_be_what_is_wrong():
    account = make_laaffic_account()
    make_batch(campaign=make_campaign(account=account), state=Batch.State.UNCERTAIN)

    response = visitor(VIEW, CHANGE).post(page_of(account), form(access_key="another", secret="another"))

    assert response.status_code == 302
    assert Account.objects.get().access_key == "another"
