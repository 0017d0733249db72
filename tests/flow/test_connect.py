"""An account becomes a carrier that can be asked; its token is shared, and renewed by one process at a time."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dialer.carriers.contract import BadCredentials, BillQuery, CarrierError, OutcomeUnknown, Refused
from dialer.flow import connect
from dialer.flow.connect import AccountToken, capabilities_of, carrier_of
from dialer.flow.seat import hold
from dialer.models import Account, Batch, CarrierExchange, Seat
from tests.carrier import TestCarrier, running_carrier
from tests.factories import make_account, make_batch

pytestmark = pytest.mark.django_db

LOGIN = "App.Sip_Auth.Login"


def row(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)


def with_token(token: str, *, age: timedelta = timedelta()) -> Account:
    return make_account(token=token, token_obtained_at=timezone.now() - age)


def never() -> str:
    raise AssertionError("nobody had to log in")


# --- the token ---------------------------------------------------------------------------------------------------


def test_a_token_is_kept_for_all_and_encrypted() -> None:
    account = make_account()

    assert AccountToken(account).renew("", lambda: "fresh") == "fresh"

    assert AccountToken(row(account)).current() == "fresh"
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM dialer_account WHERE id = %s", [account.pk])
        assert "fresh" not in cursor.fetchone()[0]


@pytest.mark.parametrize(("hours", "is_valid"), [(0, True), (11, True), (11.9, False), (13, False)])
def test_a_token_is_used_until_shortly_before_its_twelve_hours_end(hours: float, is_valid: bool) -> None:
    account = with_token("old", age=timedelta(hours=hours))

    assert AccountToken(account).current() == ("old" if is_valid else "")


def test_somebody_elses_newer_token_is_taken_without_a_login() -> None:
    account = with_token("newer")

    assert AccountToken(account).renew("spent", never) == "newer"


def test_a_spent_token_is_not_given_out_again() -> None:
    account = with_token("spent")

    assert AccountToken(account).renew("spent", lambda: "fresh") == "fresh"


def test_a_login_that_fails_gives_the_seat_back() -> None:
    account = make_account()

    def refused() -> str:
        raise Refused("no")

    with pytest.raises(Refused):
        AccountToken(account).renew("", refused)

    assert AccountToken(account).renew("", lambda: "fresh") == "fresh"


def test_whoever_waits_for_a_login_that_never_ends_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_account()
    monkeypatch.setattr(connect, "LOGIN_SECONDS", 0.1)
    monkeypatch.setattr(connect, "LOGIN_LOOK_SECONDS", 0.01)

    with hold(f"token:{account.pk}", seconds=60), pytest.raises(OutcomeUnknown):
        AccountToken(account).renew("", never)


def test_a_forgotten_token_is_gone() -> None:
    account = with_token("known")

    AccountToken(account).forget()

    assert row(account).token == ""
    assert row(account).token_obtained_at is None


@pytest.mark.django_db(transaction=True)
def test_processes_that_need_a_token_at_once_log_in_once() -> None:
    with running_carrier() as carrier:
        now = timezone.now()
        query = BillQuery(start=now - timedelta(hours=1), end=now)
        ask: Callable[[], object] = lambda: list(carrier_of(row(carrier.account)).bills(query))  # noqa: E731
        errors = in_parallel(ask, ask, ask)

        assert errors == []
        assert carrier.requests(LOGIN) == 1


def in_parallel(*steps: Callable[[], object]) -> list[Exception]:
    errors: list[Exception] = []

    def run(step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_token_that_the_carrier_forgot_is_renewed_and_the_question_repeated_once(carrier: TestCarrier) -> None:
    now = timezone.now()
    query = BillQuery(start=now - timedelta(hours=1), end=now)
    list(carrier_of(carrier.account).bills(query))
    carrier.order_fates("App.Sip_Cdr.GetBill", "invalidate_tokens")

    list(carrier_of(carrier.account).bills(query))

    assert carrier.requests(LOGIN) == 2
    assert not Seat.objects.filter(until__isnull=False).exists()


# --- the exchanges -----------------------------------------------------------------------------------------------


def test_every_exchange_is_kept_masked_and_with_its_batch(carrier: TestCarrier) -> None:
    batch = carrier.call(0, 60)
    account = row(carrier.account)
    wire_batch = make_batch(state=Batch.State.ACCEPTED)
    carrier_of(account, batch=wire_batch).check()

    said = [" ".join(parts) for parts in CarrierExchange.objects.values_list("url", "request", "response", "complaint")]
    assert len(said) >= 2
    assert CarrierExchange.objects.filter(batch=wire_batch, account=account).exists()
    numbers = [number.removeprefix("+62") for number in batch.attempts.values_list("contact__number", flat=True)]
    for secret in (account.access_key, account.app_id, row(account).token, *numbers):
        assert secret
        assert not any(secret in text for text in said)


def test_a_failed_exchange_is_kept_with_its_complaint(carrier: TestCarrier) -> None:
    carrier.order_fates(LOGIN, "http_500_before_accept")

    with pytest.raises(OutcomeUnknown):
        carrier_of(carrier.account).check()

    exchange = CarrierExchange.objects.get()
    assert exchange.status == 500
    assert exchange.complaint


def test_wrong_credentials_are_told_apart(carrier: TestCarrier) -> None:
    carrier.account.access_key = "wrong"

    with pytest.raises(BadCredentials):
        carrier_of(carrier.account).check()


def test_capabilities_are_known_without_asking_anybody() -> None:
    assert capabilities_of(make_account()).keeps_recordings_days == 89


# --- the test of a connection ------------------------------------------------------------------------------------


def test_a_test_that_works_is_noted_and_the_account_is_not_stopped_any_more(carrier: TestCarrier) -> None:
    Account.objects.update(stopped_because="It was refused.", test_complaint="It was refused.")

    assert "knows us" in connect.test(carrier.account)

    account = row(carrier.account)
    assert account.tested_at is not None
    assert (account.test_complaint, account.stopped_because) == ("", "")


def test_a_test_that_fails_leaves_its_sentence_and_the_account_as_stopped_as_before() -> None:
    account = make_account(stopped_because="It was refused.")

    with pytest.raises(CarrierError) as raised:
        connect.test(account)

    account = row(account)
    assert account.tested_at is not None
    assert (account.test_complaint, account.stopped_because) == (str(raised.value), "It was refused.")
