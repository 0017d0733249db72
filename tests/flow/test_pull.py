"""Bills are asked for on a schedule, in overlapping windows, by one process at a time, and no failure ends it."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from dialer.carriers.contract import Call
from dialer.flow import ledger
from dialer.flow.seat import hold
from dialer.models import Account, Attempt, Batch, CallRecord
from dialer.terms import Via
from tests.carrier import TestCarrier, running_carrier, stored
from tests.factories import NOWHERE, make_account, make_batch, make_campaign, make_contacts

pytestmark = pytest.mark.django_db

BILLS = "App.Sip_Cdr.GetBill"
LOGIN = "App.Sip_Auth.Login"


def pull_all() -> int:
    turns = 0
    while ledger.pull_next():
        turns += 1
        assert turns < 50, "it never comes to an end"
    return turns


def fresh(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)


def sent(account: Account, *, ago: timedelta) -> Batch:
    campaign = make_campaign(account=account)
    contacts = make_contacts(1, campaign=campaign)
    return make_batch(contacts=contacts, state=Batch.State.ACCEPTED, sent_at=timezone.now() - ago)


@pytest.mark.parametrize("echo_form", ["as_sent", "international", "trunk_zero", "starred"])
def test_with_all_callbacks_lost_the_bills_alone_find_everything(carrier: TestCarrier, echo_form: str) -> None:
    carrier.switch(callbacks="lost", echo_form=echo_form)
    batch = carrier.call(*range(0, 100, 3))

    pull_all()

    assert not batch.attempts.filter(settled_at=None).exists()
    assert CallRecord.objects.filter(by_pull_at__isnull=False, attempt__batch=batch).count() == 34
    assert not carrier.sandbox.memory.violations


def test_a_pull_consumes_nothing(carrier: TestCarrier) -> None:
    carrier.call(0, 60)
    pull_all()
    CallRecord.objects.all().delete()
    ledger.ask_now(carrier.account)

    pull_all()

    assert CallRecord.objects.count() == 2
    assert not any(call.is_read for call in carrier.sandbox.memory.bills.values())


def test_callbacks_that_came_doubled_and_shuffled_meet_the_bills(carrier: TestCarrier) -> None:
    batch = carrier.call(*range(0, 100, 7))
    bodies = carrier.callbacks()
    for body in [*reversed(bodies), *bodies[::2]]:
        stored(carrier.account, body)
    pull_all()
    while ledger.apply_next():
        pass

    records = CallRecord.objects.filter(by_callback_at__isnull=False, by_pull_at__isnull=False)
    assert records.count() == CallRecord.objects.count() == batch.attempts.count()


def test_an_account_is_asked_again_after_its_pause_over_an_overlapping_window(carrier: TestCarrier) -> None:
    carrier.call(0)
    before = timezone.now()

    assert pull_all() == 1

    account = fresh(carrier.account)
    assert account.pulled_at is not None
    assert account.pulled_at >= before
    assert account.next_pull_at == account.pulled_at + timedelta(seconds=settings.BILLS_EVERY_SECONDS)
    assert account.pull_from == account.pulled_at - timedelta(seconds=settings.BILLS_OVERLAP_SECONDS)
    assert pull_all() == 0

    ledger.ask_now(account)
    assert pull_all() == 1


def test_a_call_that_ends_after_the_first_pull_is_found_by_the_next(carrier: TestCarrier) -> None:
    carrier.call(0)
    pull_all()
    second = carrier.call(60)
    ledger.ask_now(carrier.account)

    pull_all()

    assert second.attempts.get().settled_at is not None


def test_a_long_gap_is_caught_up_in_steps_without_a_hole(carrier: TestCarrier) -> None:
    sent(carrier.account, ago=timedelta(hours=20))
    carrier.call(0)

    assert pull_all() == 4  # 22 hours and the time ahead, six hours at a time

    assert CallRecord.objects.count() == 1


def test_an_account_that_sent_nothing_for_long_is_left_in_peace(carrier: TestCarrier) -> None:
    sent(carrier.account, ago=timedelta(days=8))

    assert pull_all() == 0


def test_an_account_that_sent_nothing_for_long_is_asked_once_when_somebody_wants_it(carrier: TestCarrier) -> None:
    sent(carrier.account, ago=timedelta(days=8))
    Account.objects.update(pull_from=timezone.now() - timedelta(hours=1))
    ledger.ask_now(carrier.account)

    assert pull_all() == 1

    account = fresh(carrier.account)
    assert account.pulled_at is not None
    assert account.next_pull_at is None  # and in peace again


@pytest.mark.parametrize("wrong", [{"token_url": NOWHERE}, {"access_key": "wrong"}], ids=["address", "key"])
def test_an_idle_account_that_can_not_be_asked_is_not_tried_again_and_again(
    carrier: TestCarrier, wrong: dict[str, str]
) -> None:
    Account.objects.update(token="", **wrong)
    ledger.ask_now(carrier.account)

    assert pull_all() == 1

    assert fresh(carrier.account).pull_complaint
    assert fresh(carrier.account).next_pull_at is None


def test_an_account_that_sends_again_is_asked_again(carrier: TestCarrier) -> None:
    ledger.ask_now(carrier.account)
    pull_all()
    assert fresh(carrier.account).next_pull_at is None

    carrier.call(0)

    assert pull_all() == 1
    assert fresh(carrier.account).next_pull_at is not None


def test_an_account_that_is_not_in_use_is_not_asked(carrier: TestCarrier) -> None:
    carrier.call(0)
    Account.objects.update(is_enabled=False)

    assert pull_all() == 0


def test_a_window_too_full_for_one_turn_is_halved_until_it_fits(
    carrier: TestCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier.call(0)
    monkeypatch.setattr(ledger, "PULL_SECONDS", -1)

    ledger.pull(fresh(carrier.account), now=timezone.now())

    account = fresh(carrier.account)
    assert account.pull_window_seconds == ledger.LONGEST_WINDOW_SECONDS // 2
    assert account.pull_from is None  # it starts where it started
    assert account.next_pull_at <= timezone.now()
    assert CallRecord.objects.count() == 1  # what was read stays

    Account.objects.update(pull_window_seconds=ledger.SHORTEST_WINDOW_SECONDS)
    ledger.pull(fresh(account), now=timezone.now())
    assert fresh(account).pull_from is not None  # the shortest is read to its end, however long it takes


def test_the_window_grows_again_at_the_present(carrier: TestCarrier) -> None:
    carrier.call(0)
    Account.objects.update(pull_window_seconds=3600)

    assert pull_all() > 1

    assert fresh(carrier.account).pull_window_seconds == ledger.LONGEST_WINDOW_SECONDS


@pytest.mark.parametrize("fate", ["http_500_before_accept", "html_before_accept", "drop_before_accept", "fail:1001"])
def test_a_failure_of_the_carrier_leaves_a_sentence_and_a_later_try(carrier: TestCarrier, fate: str) -> None:
    carrier.call(0)
    carrier.order_fates(BILLS, fate)
    before = timezone.now()

    assert pull_all() == 1

    account = fresh(carrier.account)
    assert account.pull_complaint
    assert account.pulled_at is None
    assert account.next_pull_at >= before + timedelta(seconds=ledger.PULL_AGAIN_SECONDS)

    ledger.ask_now(account)
    pull_all()
    assert fresh(account).pull_complaint == ""
    assert CallRecord.objects.count() == 1


def test_wrong_credentials_are_not_tried_every_minute(carrier: TestCarrier) -> None:
    carrier.call(0)
    Account.objects.filter(pk=carrier.account.pk).update(token="")
    account = fresh(carrier.account)
    account.access_key = "wrong"
    account.save()
    before = timezone.now()

    pull_all()

    account = fresh(account)
    assert account.pull_complaint
    assert account.next_pull_at >= before + timedelta(seconds=settings.BILLS_EVERY_SECONDS)


def test_one_account_that_fails_does_not_hold_up_the_others(carrier: TestCarrier) -> None:
    broken = make_account(token_url=NOWHERE)
    sent(broken, ago=timedelta(hours=1))
    Account.objects.filter(pk=broken.pk).update(next_pull_at=timezone.now() - timedelta(days=1))
    carrier.call(0)

    pull_all()

    assert CallRecord.objects.count() == 1
    assert fresh(broken).pull_complaint


def test_an_error_of_ours_leaves_a_later_try_so_that_the_others_get_their_turn(
    carrier: TestCarrier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    carrier.call(0)

    def stumble(account: Account, calls: tuple[Call, ...], *, via: Via) -> None:
        raise ValueError("invalid literal for int(): '+6281234567890'")

    monkeypatch.setattr(ledger, "record", stumble)

    assert pull_all() == 1

    assert "not understood" in fresh(carrier.account).pull_complaint
    assert "81234567890" not in caplog.text + fresh(carrier.account).pull_complaint


def test_an_interrupted_pull_is_tried_again_later(carrier: TestCarrier, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier.call(0)

    def time_out(account: Account, calls: tuple[Call, ...], *, via: Via) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "record", time_out)
    with pytest.raises(KeyboardInterrupt):
        ledger.pull_next()

    assert fresh(carrier.account).next_pull_at > timezone.now()
    assert fresh(carrier.account).pulled_at is None


def test_while_one_process_pulls_another_does_not(carrier: TestCarrier) -> None:
    carrier.call(0)

    with hold(f"bills:{carrier.account.pk}", seconds=60):
        assert not ledger.pull_next()

    assert carrier.requests(BILLS) == 0


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_look_at_once_pull_once() -> None:
    with running_carrier() as carrier:
        carrier.call(0, 60)
        in_parallel(ledger.pull_next, ledger.pull_next)

        assert carrier.requests(BILLS) == 1
        assert carrier.requests(LOGIN) == 1


@pytest.mark.django_db(transaction=True)
def test_callbacks_and_bills_that_come_at_the_same_moment_become_one_record_each() -> None:
    with running_carrier() as carrier:
        carrier.call(*range(0, 90, 5))
        for body in carrier.callbacks():
            stored(carrier.account, body)
        in_parallel(ledger.apply_next, ledger.pull_next)

        assert CallRecord.objects.filter(by_callback_at__isnull=False, by_pull_at__isnull=False).count() == 18
        assert not Attempt.objects.filter(settled_at=None).exists()


def in_parallel(*steps: Callable[[], object]) -> None:
    errors: list[Exception] = []
    start = threading.Barrier(len(steps))

    def run(step: Callable[[], object]) -> None:
        try:
            start.wait()
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
    assert errors == []


def test_the_first_window_begins_before_the_first_batch_left(carrier: TestCarrier) -> None:
    first = sent(carrier.account, ago=timedelta(hours=3))
    now = timezone.now()

    start: datetime = ledger._first_start(carrier.account, now=now)

    assert start == first.sent_at - timedelta(seconds=settings.BILLS_OVERLAP_SECONDS)


def test_no_secret_is_in_the_log_or_in_the_sentence_of_a_failed_pull(
    carrier: TestCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    carrier.call(0)
    pull_all()
    carrier.order_fates(BILLS, "refuse:400")
    ledger.ask_now(carrier.account)
    pull_all()

    account = fresh(carrier.account)
    assert account.pull_complaint
    for secret in (account.token, account.access_key, account.app_id):
        assert secret not in caplog.text + account.pull_complaint
