"""What is left on an account: asked for in turn, kept, and warned of before calls end for want of it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation

from dialer.carriers.contract import CarrierError
from dialer.flow import money
from dialer.flow.seat import hold
from dialer.models import Account, Batch, Campaign, Route
from tests.carrier import TestCarrier
from tests.factories import make_account, make_batch, make_campaign, make_laaffic_account
from tests.tongues import teach

pytestmark = pytest.mark.django_db


def told(amount: str, *, minutes_ago: float = 0, **fields: object) -> Account:
    """An account whose balance was told."""
    asked_at = timezone.now() - timedelta(minutes=minutes_ago)
    return make_laaffic_account(balance=Decimal(amount), balance_asked_at=asked_at, **fields)


def row(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)


# --- the warning -------------------------------------------------------------------------------------------------


def test_of_an_account_with_enough_nothing_is_said():
    assert money.warning(told("12.5")) == ""
    assert money.warning(told("100", balance_warning=Decimal(100))) == ""


def test_where_the_carrier_tells_no_balance_nothing_is_said():
    assert money.warning(make_account()) == ""


def test_nothing_left_is_said():
    assert money.warning(told("0")).startswith("Nothing is left")
    assert money.warning(told("-3", balance_warning=Decimal(5))).startswith("Nothing is left")


def test_a_gift_and_credit_count_as_money():
    assert money.warning(told("0", balance_gift=Decimal(2))) == ""
    assert money.warning(told("0", balance_credit=Decimal(2))) == ""


def test_less_than_the_level_is_said_with_both_figures():
    sentence = money.warning(told("1234.5", balance_warning=Decimal(2000)))

    assert "1,234.50" in sentence
    assert "2,000.00" in sentence


def test_a_balance_that_was_never_told_is_said_with_the_reason():
    account = make_laaffic_account(balance_complaint="Nobody answers there.")

    assert "not known yet" in money.warning(account)
    assert "Nobody answers there." in money.warning(account)


def test_a_balance_of_long_ago_is_said():
    assert money.warning(told("50", minutes_ago=59)) == ""
    assert "more than an hour ago" in money.warning(told("50", minutes_ago=61))


def test_accounts_are_short_below_their_level_or_with_nothing_left():
    low, empty = told("5", balance_warning=Decimal(10)), told("0")
    told("5")
    told("5", balance_gift=Decimal(6), balance_warning=Decimal(10))
    told("0", is_enabled=False)
    make_laaffic_account()
    make_account(balance=Decimal(0))

    assert set(money.short()) == {low, empty}


# --- asking in turn ----------------------------------------------------------------------------------------------


def test_only_accounts_at_work_are_asked():
    at_work = make_laaffic_account()
    make_campaign(account=at_work, state=Campaign.State.RUNNING)
    make_campaign(account=make_laaffic_account())
    make_campaign(account=make_laaffic_account(is_enabled=False), state=Campaign.State.RUNNING)
    make_campaign(account=make_account(), state=Campaign.State.RUNNING)

    assert money.ask_next()
    assert not money.ask_next()

    asked = Account.objects.exclude(next_balance_at=None)
    assert list(asked) == [at_work]


def test_an_account_that_a_campaign_only_routes_to_is_at_work():
    account = make_laaffic_account()
    Route.objects.create(campaign=make_campaign(state=Campaign.State.RUNNING), account=account)

    assert money.ask_next()

    assert row(account).next_balance_at is not None


@pytest.mark.parametrize(("hours", "is_asked"), [(23, True), (25, False)])
def test_an_account_is_at_work_for_a_day_after_its_last_batch(hours: float, is_asked: bool):
    campaign = make_campaign(account=make_laaffic_account(), state=Campaign.State.FINISHED)
    sent_at = timezone.now() - timedelta(hours=hours)
    make_batch(campaign=campaign, state=Batch.State.SETTLED, sent_at=sent_at)

    assert money.ask_next() is is_asked


def test_an_account_is_asked_again_after_a_quarter_of_an_hour_also_if_it_fails():
    account = make_laaffic_account()
    make_campaign(account=account, state=Campaign.State.RUNNING)
    now = timezone.now()

    assert money.ask_next(now=now)
    assert not money.ask_next(now=now + timedelta(minutes=14))
    assert money.ask_next(now=now + timedelta(minutes=15))


def test_one_process_at_a_time_asks():
    account = make_laaffic_account()
    make_campaign(account=account, state=Campaign.State.RUNNING)

    with hold(f"balance:{account.pk}", seconds=60):
        assert not money.ask_next()

    assert money.ask_next()


def test_a_failure_leaves_the_balance_of_before_and_says_why():
    account = told("7", minutes_ago=30)
    before = account.balance_asked_at

    with pytest.raises(CarrierError) as raised:
        money.ask(account)

    kept = row(account)
    assert (kept.balance, kept.balance_asked_at) == (Decimal(7), before)
    assert kept.balance_complaint == str(raised.value)


def test_a_complaint_is_kept_in_the_language_of_the_installation(settings: Any, tmp_path: Path):
    english = "Nobody answers at %(host)s, port %(port)s. Nothing was sent."
    teach(settings, tmp_path, {english: "Nadie contesta en %(host)s."})
    account = told("7", batch_url="http://127.0.0.1:9/api")

    with translation.override("es"), pytest.raises(CarrierError):
        money.ask(account)
    assert row(account).balance_complaint.startswith("Nobody answers at")

    settings.LANGUAGE_CODE = "es"
    with translation.override("en"), pytest.raises(CarrierError):
        money.ask(account)
    assert row(account).balance_complaint.startswith("Nadie contesta en")


# --- before a launch ---------------------------------------------------------------------------------------------


def test_a_balance_of_the_last_minute_is_not_asked_for_again():
    account = told("7", minutes_ago=0.5)

    assert money.refresh(account) == ""

    assert row(account).next_balance_at is None


def test_a_failure_to_ask_is_a_sentence():
    account = told("7", minutes_ago=2)

    sentence = money.refresh(account)

    assert sentence == row(account).balance_complaint
    assert sentence.endswith(".")


def test_where_no_balance_is_told_nobody_is_asked():
    account = make_account()

    assert money.refresh(account) == ""

    assert row(account).next_balance_at is None


# --- at the carrier ----------------------------------------------------------------------------------------------


def test_what_the_carrier_tells_is_kept(laaffic: TestCarrier):
    laaffic.switch(laaffic_balance="1234.5")
    Account.objects.update(balance_complaint="Nobody answered.")
    now = timezone.now()

    assert money.ask(laaffic.account, now=now).total == Decimal("1234.5")

    kept = row(laaffic.account)
    assert (kept.balance, kept.balance_gift, kept.balance_credit) == (Decimal("1234.5"), 0, 0)
    assert (kept.balance_asked_at, kept.balance_complaint) == (now, "")


def test_a_refresh_leaves_the_account_at_hand_with_the_new_figures(laaffic: TestCarrier):
    laaffic.switch(laaffic_balance="0")

    assert money.refresh(laaffic.account) == ""

    assert money.warning(laaffic.account).startswith("Nothing is left")
    assert laaffic.requests("getBalance") == 1


def test_a_refused_question_in_turn_is_noted_quietly(laaffic: TestCarrier):
    make_campaign(account=laaffic.account, state=Campaign.State.RUNNING)
    laaffic.order_fates("getBalance", "refuse:-13")

    assert money.ask_next()

    assert row(laaffic.account).balance_complaint
