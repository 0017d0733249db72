"""Secrets go into a form and never come out of it."""

import pytest

from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_console")]


ACCOUNT = {
    "name": "Indonesia",
    "carrier": "yunhu",
    "country": "ID",
    "batch_url": "https://carrier.example/api",
    "token_url": "https://carrier.example/api",
    "time_zone": "Asia/Shanghai",
    "number_form": "national",
    "batch_size": "1000",
}


def test_a_secret_is_never_shown_and_stays_if_nothing_is_typed(client, boss):
    account = factories.make_account(app_id="visible-nowhere", access_key="old-key")
    address = f"/dialer/account/{account.pk}/change/"
    shown = client.get(address).content.decode()

    answer = client.post(address, ACCOUNT | {"app_id": "", "access_key": "new-key"})

    assert "visible-nowhere" not in shown
    assert "old-key" not in shown
    assert "leave empty to keep it" in shown
    assert answer.status_code == 302
    account.refresh_from_db()
    assert (account.app_id, account.access_key) == ("visible-nowhere", "new-key")


def test_a_secret_that_was_never_set_must_be_typed(client, boss):
    answer = client.post("/dialer/account/add/", ACCOUNT | {"app_id": "", "access_key": "key"})

    assert list(answer.context["adminform"].form.errors) == ["app_id"]
    assert "not set" in answer.content.decode()


def test_the_history_names_a_changed_secret_without_its_text(client, boss):
    account = factories.make_account(app_id="one", access_key="two")

    client.post(f"/dialer/account/{account.pk}/change/", ACCOUNT | {"app_id": "", "access_key": "three"})
    page = client.get(f"/dialer/account/{account.pk}/history/").content.decode()

    assert "Access key" in page
    assert "three" not in page
    assert "App id" not in page
