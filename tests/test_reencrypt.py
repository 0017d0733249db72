"""A change of FIELD_KEYS loses no credential and leaves none behind under the old key."""

import io

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from dialer.models import Account
from tests.factories import make_account

pytestmark = pytest.mark.django_db

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def account(settings) -> Account:
    """Stored before the change."""
    settings.FIELD_KEYS = [OLD]
    return make_account(access_key="open sesame", token="token of today")


def reencrypt() -> str:
    said = io.StringIO()
    call_command("reencrypt", stdout=said)
    return said.getvalue()


def test_afterwards_the_old_key_is_not_needed_any_more(account: Account, settings):
    settings.FIELD_KEYS = [NEW, OLD]

    said = reencrypt()

    settings.FIELD_KEYS = [NEW]
    found = Account.objects.get(pk=account.pk)
    secrets = ("app_id", "access_key", "callback_secret", "token")
    assert [getattr(found, name) for name in secrets] == [getattr(account, name) for name in secrets]
    assert "1 row " in said


def test_without_it_the_old_key_is_still_needed(account: Account, settings):
    settings.FIELD_KEYS = [NEW]

    with pytest.raises(ImproperlyConfigured):
        Account.objects.get(pk=account.pk)


def test_it_may_be_repeated(account: Account, settings):
    settings.FIELD_KEYS = [NEW, OLD]

    reencrypt()
    reencrypt()

    settings.FIELD_KEYS = [NEW]
    assert Account.objects.get(pk=account.pk).access_key == "open sesame"


def test_nothing_is_changed_if_one_credential_has_another_key(account: Account, settings):
    settings.FIELD_KEYS = [LOST]
    make_account()
    settings.FIELD_KEYS = [NEW, OLD]

    with pytest.raises(CommandError, match=r"lacks the key .+ Nothing was changed"):
        reencrypt()

    settings.FIELD_KEYS = [OLD]
    assert Account.objects.get(pk=account.pk).access_key == "open sesame"


def test_what_it_says_holds_no_secret(account: Account, settings):
    settings.FIELD_KEYS = [NEW, OLD]

    said = reencrypt()

    assert not [secret for secret in (NEW, OLD, account.access_key, account.token) if secret in said]
