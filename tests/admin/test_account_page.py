"""The page of an account: secrets go in and never out, and the connection can be tested."""

import pytest
from django.db.models.signals import pre_save
from django.urls import reverse
from django.utils import timezone

from dialer.models import Account
from tests.admin.visits import visitor
from tests.factories import (
    NOWHERE,
    make_account,
    make_campaign,
    make_contact_list,
)

pytestmark = pytest.mark.django_db

VIEW, CHANGE, ADD = "dialer.view_account", "dialer.change_account", "dialer.add_account"


def page(account: Account, name: str = "change") -> str:
    return reverse(f"admin:dialer_account_{name}", args=[account.pk])


def form(**changes: object) -> dict[str, object]:
    return {
        "name": "Indonesia main",
        "carrier": "yunhu",
        "is_enabled": "on",
        "app_id": "",
        "access_key": "",
        "batch_url": NOWHERE,
        "token_url": NOWHERE,
        "country": "ID",
        "country_code": "",
        "time_zone": "Asia/Shanghai",
        "number_form": "national",
        "dial_prefix": "",
        "caller_id": "",
        "batch_size": "1000",
        "allowed_sources": "",
        **changes,
    }


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize(("house", "offered"), [(1_000, 1_000), (6_000, 5_000)])
def test_a_new_account_begins_with_no_larger_batches_than_its_carrier_takes(settings, house: int, offered: int):
    settings.HOUSE_BATCH_SIZE = house

    page = visitor(VIEW, ADD).get(reverse("admin:dialer_account_add"), {"carrier": "yunhu"})

    assert page.context["adminform"].form["batch_size"].value() == offered


def test_an_account_is_added_with_its_secrets():
    client = visitor(VIEW, ADD)

    response = client.post(reverse("admin:dialer_account_add"), form(app_id="app-7", access_key="key-7"))

    assert response.status_code == 302
    account = Account.objects.get()
    assert (account.app_id, account.access_key) == ("app-7", "key-7")


def test_without_its_secrets_no_account_is_added_and_what_was_typed_stays():
    client = visitor(VIEW, ADD)

    response = client.post(reverse("admin:dialer_account_add"), form())

    assert "This field is required." in text_of(response)
    assert "Indonesia main" in text_of(response)
    assert not Account.objects.exists()


def test_secrets_never_come_back_and_an_empty_field_keeps_them():
    client, account = visitor(VIEW, CHANGE), make_account(access_key="very-secret-key", app_id="secret-app")

    shown = text_of(client.get(page(account)))
    client.post(page(account), form(name="Another name"))

    assert "very-secret-key" not in shown
    assert "secret-app" not in shown
    account.refresh_from_db()
    assert (account.name, account.access_key, account.app_id) == ("Another name", "very-secret-key", "secret-app")


@pytest.mark.parametrize(
    "change",
    [{"app_id": "another"}, {"access_key": "another"}, {"batch_url": f"{NOWHERE}2"}, {"token_url": f"{NOWHERE}2"}],
)
def test_whoever_becomes_somebody_else_loses_the_token_and_counts_as_not_tested(change: dict[str, str]):
    client = visitor(VIEW, CHANGE)
    now = timezone.now()
    account = make_account(name="Indonesia main", token="old-token", token_obtained_at=now, tested_at=now)

    client.post(page(account), form(**change))

    account.refresh_from_db()
    assert (account.token, account.token_obtained_at, account.tested_at) == ("", None, None)


@pytest.fixture
def busy_process():
    """Another process that notes a token and a complaint while a form is being saved."""

    def note(instance: Account, **_kwargs: object) -> None:
        Account.objects.filter(pk=instance.pk).update(token="fresh-token", pull_complaint="no answer")

    pre_save.connect(note, sender=Account)
    yield
    pre_save.disconnect(note, sender=Account)


def test_another_name_keeps_the_token_and_what_other_processes_note_meanwhile(busy_process):
    client, account = visitor(VIEW, CHANGE), make_account(token="old-token", token_obtained_at=timezone.now())

    client.post(page(account), form(name="Renamed"))

    account.refresh_from_db()
    assert (account.name, account.token, account.pull_complaint) == ("Renamed", "fresh-token", "no answer")


def test_only_countries_of_the_carrier_are_offered_by_name():
    response = visitor(VIEW, ADD).get(reverse("admin:dialer_account_add"))

    choices = dict(response.context["adminform"].form.fields["country"].choices)
    assert choices["ID"] == "Indonesia"
    assert "DE" not in choices


def test_a_batch_size_above_the_carriers_ceiling_is_refused():
    client, account = visitor(VIEW, CHANGE), make_account()

    response = client.post(page(account), form(batch_size="50000"))

    assert "This carrier takes at most 5,000 numbers at a time." in text_of(response)


def test_the_country_stays_once_lists_were_read_with_its_numbering_plan():
    client, account = visitor(VIEW, CHANGE), make_account()
    make_contact_list(campaign=make_campaign(account=account))

    response = client.post(page(account), form(country="MX"))

    assert "Lists were read with the numbering plan of Indonesia." in text_of(response)
    account.refresh_from_db()
    assert account.country == "ID"


def test_wrong_time_zones_and_networks_are_said_beside_their_fields():
    client, account = visitor(VIEW, CHANGE), make_account()

    response = client.post(page(account), form(time_zone="Mars/Base", allowed_sources="not-a-network"))

    assert set(response.context["adminform"].form.errors) == {"time_zone", "allowed_sources"}


@pytest.mark.parametrize("name", ["batch_url", "token_url"])
@pytest.mark.parametrize("secret", ["user:s3cret@", "user@"])
def test_an_address_with_a_password_in_it_is_refused(name: str, secret: str):
    client, account = visitor(VIEW, CHANGE), make_account()

    response = client.post(page(account), form(**{name: f"http://{secret}carrier.test/api"}))

    [complaint] = response.context["adminform"].form.errors[name]
    assert complaint.startswith("Leave user and password out of the address")
    account.refresh_from_db()
    assert "carrier.test" not in getattr(account, name)


def test_an_account_can_not_be_deleted():
    account = make_account()

    response = visitor(VIEW, CHANGE, "dialer.delete_account").post(page(account, "delete"), {"post": "yes"})

    assert response.status_code == 403
    assert Account.objects.exists()


def test_stopped_accounts_need_a_person():
    make_account(stopped_because="It was refused.")

    assert "An account was stopped" in text_of(visitor(is_superuser=True).get("/"))


def test_the_pace_of_an_account_limits_all_its_campaigns():
    client, account = visitor(VIEW, CHANGE), make_account()

    client.post(page(account), form(open_batch_limit="3", numbers_per_minute="600", at_carrier_limit="5000"))

    account.refresh_from_db()
    assert (account.open_batch_limit, account.numbers_per_minute, account.at_carrier_limit) == (3, 600, 5000)


def test_a_pace_of_nothing_is_refused():
    response = visitor(VIEW, CHANGE).post(page(make_account()), form(numbers_per_minute="0"))

    assert list(response.context["adminform"].form.errors) == ["numbers_per_minute"]


# --- the carrier and its fields ----------------------------------------------------------------------------------


def test_the_carrier_is_chosen_by_a_link_and_its_form_follows():
    response = visitor(VIEW, ADD).get(reverse("admin:dialer_account_add"), {"carrier": "laaffic"})

    assert 'href="?carrier=yunhu"' in text_of(response)
    assert 'href="?carrier=laaffic" aria-current="page"' in text_of(response)
    assert "secret" in response.context["adminform"].form.fields


def test_the_first_carriers_form_has_its_fields_and_addresses_only():
    response = visitor(VIEW, ADD).get(reverse("admin:dialer_account_add"))

    fields = response.context["adminform"].form.fields
    assert not {"secret", "sms_app_id", "paths", "balance_warning", "carrier"} & set(fields)
    assert {"country_code", "dial_prefix", "token_url"} <= set(fields)
    assert fields["batch_url"].initial == fields["token_url"].initial == "http://platform.infin8linx.com/api/yunhu"
    assert fields["number_form"].initial == "national"


def test_the_carrier_can_not_be_changed_afterwards():
    client, account = visitor(VIEW, CHANGE), make_account()

    client.post(page(account) + "?carrier=laaffic", form(carrier="laaffic", name="Renamed"))

    account.refresh_from_db()
    assert (account.name, account.carrier) == ("Renamed", "yunhu")
    assert "Infin8linx" in text_of(client.get(page(account)))


@pytest.mark.parametrize("address", ["ftp://carrier.test/api", "carrier", "", "https://[", "https://℀.com/"])
def test_an_address_that_no_browser_could_open_is_refused(address: str):
    client, account = visitor(VIEW, CHANGE), make_account()

    response = client.post(page(account), form(batch_url=address))

    assert list(response.context["adminform"].form.errors) == ["batch_url"]


def test_who_may_only_look_sees_no_key():
    account = make_account(access_key="very-secret-key", app_id="secret-app")

    shown = text_of(visitor(VIEW).get(page(account)))

    assert "very-secret-key" not in shown
    assert "secret-app" not in shown
