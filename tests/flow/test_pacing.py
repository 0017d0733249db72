"""How many leave, and when: limits of account and campaign, fair turns, the first slice, and closing time."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from dialer.flow import batching, dispatch, lifecycle, pacing
from dialer.flow.hours import hours_of
from dialer.models import Account, Attempt, Batch, Campaign
from dialer.terms import Disposition
from tests.carrier import TestCarrier, placed
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contacts,
    open_campaign,
    settle,
)

pytestmark = pytest.mark.django_db

State = Batch.State


def running(people: int = 0, **fields: Any) -> Campaign:
    campaign = make_campaign(state=Campaign.State.RUNNING, **fields)
    make_contacts(people, campaign=campaign)
    return campaign


def out(campaign: Campaign, people: int, *, ago: timedelta = timedelta(hours=1), state: str = State.ACCEPTED) -> Batch:
    """A batch of so many people that left."""
    contacts = make_contacts(people, campaign=campaign, skip_reason="")
    Campaign.objects.filter(pk=campaign.pk).update(planned_through=contacts[-1].pk)
    return make_batch(contacts=contacts, state=state, sent_at=timezone.now() - ago)


def room(campaign: Campaign, *, wish: int = 100, **given: Any) -> pacing.Room:
    campaign = Campaign.objects.select_related("account").get(pk=campaign.pk)
    now = given.pop("now", timezone.now())
    return pacing.room(campaign, campaign.account, hours=hours_of(campaign, on=now.date()), wish=wish, now=now, **given)


# --- limits ---------------------------------------------------------------------------------------------------


def test_without_limits_a_batch_is_as_large_as_wished() -> None:
    assert room(running()) == pacing.Room(count=100)


@pytest.mark.parametrize("state", [State.SENDING, State.UNCERTAIN, State.ACCEPTED])
def test_an_account_has_so_many_batches_at_the_carrier_and_no_more(state: str) -> None:
    campaign = running(account=make_account(open_batch_limit=2))
    out(campaign, 1, state=state)
    assert room(campaign).count == 100

    out(campaign, 1, state=state)
    assert room(campaign).count <= 0
    assert "as many batches" in room(campaign).because


def test_the_limit_at_the_carrier_counts_who_is_not_billed_over_all_campaigns_of_the_account() -> None:
    account = make_account(at_carrier_limit=20)
    mine, other = running(account=account), running(account=account)
    batch = out(other, 12)

    assert room(mine).count == 8
    settle(batch.attempts.all()[:5], Disposition.BUSY)
    assert room(mine).count == 13
    batch.attempts.filter(settled_at=None).update(silent_since=timezone.now())
    assert room(mine).count == 20


def test_a_campaign_has_its_own_limit_at_the_carrier() -> None:
    campaign = running(at_carrier_limit=10)
    out(running(account=campaign.account), 9)
    out(campaign, 4)

    assert room(campaign).count == 6
    out(campaign, 6)
    assert room(campaign).count <= 0
    assert "campaign's limit" in room(campaign).because


def test_bills_that_drip_in_do_not_make_batches_of_one() -> None:
    campaign = running(at_carrier_limit=100)
    batch = out(campaign, 100)

    settle(batch.attempts.all()[:9], Disposition.BUSY)
    assert room(campaign).count <= 0
    settle(batch.attempts.all()[9:10], Disposition.BUSY)
    assert room(campaign).count == 10


@pytest.mark.parametrize("whose", ["account", "campaign"])
def test_so_many_numbers_leave_in_a_minute(whose: str) -> None:
    limit = {"numbers_per_minute": 10}
    campaign = running(**({"account": make_account(**limit)} if whose == "account" else limit))
    out(campaign, 3, ago=timedelta(seconds=61))
    out(campaign, 4, ago=timedelta(seconds=30))

    assert room(campaign).count == 6
    out(campaign, 6, ago=timedelta(seconds=1), state=State.UNCERTAIN)
    assert room(campaign).count <= 0
    assert "this minute" in room(campaign).because


def test_a_refused_batch_used_up_nothing() -> None:
    campaign = running(numbers_per_minute=10, at_carrier_limit=10)
    out(campaign, 10, ago=timedelta(seconds=1), state=State.REFUSED)

    assert room(campaign).count == 10


def test_a_batch_that_waits_in_a_paused_campaign_takes_nothing_from_the_others() -> None:
    account = make_account(numbers_per_minute=10, at_carrier_limit=10)
    paused = make_campaign(account=account, state=Campaign.State.PAUSED)
    make_batch(contacts=make_contacts(10, campaign=paused))

    assert room(running(account=account)).count == 10


def test_a_batch_is_made_as_large_as_the_room(carrier: TestCarrier) -> None:
    campaign = running(9, numbers_per_minute=4, **placed(carrier))

    assert dispatch.send_next()
    assert not dispatch.send_next()  # the minute's numbers are used up
    campaign.batches.update(sent_at=timezone.now() - timedelta(seconds=61))
    assert dispatch.send_next()

    assert [batch.contact_count for batch in campaign.batches.order_by("sequence")] == [4, 4]


def test_a_batch_that_waited_is_made_smaller_when_the_limits_ask_for_it(carrier: TestCarrier) -> None:
    campaign = running(account=carrier.account, voice_file=placed(carrier)["voice_file"], is_planned=True)
    waiting = make_batch(contacts=make_contacts(5, campaign=campaign))
    Account.objects.update(numbers_per_minute=2)

    assert dispatch.send_next()

    waiting.refresh_from_db()
    assert (waiting.state, waiting.contact_count) == (State.ACCEPTED, 2)
    assert campaign.contacts.filter(postponed_until__isnull=False, attempts=None).count() == 3
    Account.objects.update(numbers_per_minute=None)
    assert dispatch.send_next()
    assert sorted(Attempt.objects.values_list("contact", flat=True)) == sorted(
        campaign.contacts.values_list("pk", flat=True)
    )


def test_a_batch_that_waited_does_not_leave_when_there_is_no_room() -> None:
    campaign = running(account=make_account(open_batch_limit=1))
    out(campaign, 1)
    waiting = make_batch(contacts=make_contacts(5, campaign=campaign))

    assert not dispatch.send_next()

    waiting.refresh_from_db()
    assert (waiting.state, waiting.contact_count) == (State.WAITING, 5)


def test_several_campaigns_of_an_account_share_its_minutes_fairly(carrier: TestCarrier) -> None:
    Account.objects.update(numbers_per_minute=2)
    carrier.account.refresh_from_db()
    campaigns = [running(6, **placed(carrier)) for _ in range(3)]

    turns = []
    for _ in range(6):
        Batch.objects.update(sent_at=F("sent_at") - timedelta(seconds=61))  # a minute later
        assert dispatch.send_next()
        turns.append(Batch.objects.latest("pk").campaign)

    assert turns == campaigns * 2


# --- the first slice ------------------------------------------------------------------------------------------


def test_the_first_slice_goes_alone_until_half_of_it_is_billed(carrier: TestCarrier) -> None:
    campaign = running(10, canary_size=4, **placed(carrier))

    assert dispatch.send_next()
    first = campaign.batches.get()
    assert first.contact_count == 4
    assert not dispatch.send_next()
    assert "first slice" in room(campaign).because

    for attempt in first.attempts.all()[:2]:
        settle([attempt], Disposition.ANSWERED)
        make_call_record(attempt=attempt)
    assert dispatch.send_next()

    assert campaign.batches.get(sequence=2).contact_count == 6
    campaign.refresh_from_db()
    assert campaign.is_canary_passed


def test_a_first_slice_that_waits_does_not_stand_in_its_own_way(carrier: TestCarrier) -> None:
    campaign = running(canary_size=2, is_planned=True, **placed(carrier))
    make_batch(contacts=make_contacts(2, campaign=campaign))

    assert dispatch.send_next()

    assert campaign.batches.get().state == State.ACCEPTED


def test_a_first_slice_that_goes_wrong_is_not_followed_by_the_others() -> None:
    campaign = running(5, canary_size=6)
    batch = out(campaign, 6)
    for attempt in batch.attempts.all()[:3]:
        settle([attempt], Disposition.FAILED)
        make_call_record(attempt=attempt, disposition=Disposition.FAILED)

    assert batching.fill(campaign) is None
    lifecycle.settle_next()

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED
    assert campaign.paused_because == "3 of the last 3 calls failed on the line: more than 30%."


def test_who_was_dropped_by_the_carrier_proves_nothing_about_the_first_slice() -> None:
    campaign = running(5, canary_size=4)
    batch = out(campaign, 4)
    settle(batch.attempts.all(), Disposition.NOT_CALLED)

    assert room(campaign).count == 4  # another first slice


# --- closing time ---------------------------------------------------------------------------------------------


MIDDAY = datetime(2026, 10, 14, 5, 0, tzinfo=UTC)  # 12:00 in Jakarta, 14:00 in Jayapura


def closing_at(hour: int, **fields: Any) -> Campaign:
    """A campaign whose people are called until that hour, on the clock of Jayapura if nobody knows better."""
    campaign = running(widened_because="", ring_seconds=60, **fields)
    open_campaign(campaign, weekdays=range(7), opens=time(9), closes=time(hour))
    return campaign


def measured(campaign: Campaign, *, people: int, seconds: int, at: datetime) -> None:
    """The carrier called so many people of a batch in so many seconds."""
    batch = make_batch(contacts=make_contacts(people, campaign=campaign), state=State.SETTLED, sent_at=at)
    attempts = list(batch.attempts.all())
    settle(attempts, Disposition.ANSWERED)
    make_call_record(attempt=attempts[-1], started_at=at + timedelta(seconds=seconds))


def test_the_call_rate_is_measured_by_the_dials_and_not_by_late_bills() -> None:
    campaign = running()
    measured(campaign, people=10, seconds=20, at=MIDDAY)

    assert pacing.call_rate(campaign.account) == pytest.approx(0.5)


def test_batches_called_side_by_side_are_measured_together() -> None:
    campaign = running()
    for start in (0, 10, 500):
        measured(campaign, people=10, seconds=20, at=MIDDAY + timedelta(seconds=start))

    assert pacing.call_rate(campaign.account) == pytest.approx(30 / 50)


def test_an_account_that_never_called_has_no_rate() -> None:
    assert pacing.call_rate(make_account()) is None


def test_the_last_batch_is_as_small_as_can_be_rung_before_closing_time() -> None:
    campaign = closing_at(15)
    measured(campaign, people=10, seconds=20, at=MIDDAY - timedelta(hours=1))
    early, late = MIDDAY + timedelta(minutes=50), MIDDAY + timedelta(minutes=57)

    assert room(campaign, now=MIDDAY).count == 100
    assert room(campaign, now=early).count == 100
    assert room(campaign, now=late).count == 60  # two minutes without the ringing, a person every two seconds
    assert "closes too soon" in room(campaign, now=late).because
    assert room(campaign, now=MIDDAY + timedelta(minutes=59)).count == 0


def test_who_is_still_at_the_carrier_is_rung_before_the_last_batch() -> None:
    campaign = closing_at(15)
    measured(campaign, people=10, seconds=20, at=MIDDAY - timedelta(hours=1))
    out(running(account=campaign.account), 25)

    assert room(campaign, now=MIDDAY + timedelta(minutes=57)).count == 35


def test_before_anything_was_measured_a_cautious_rate_is_taken() -> None:
    assert room(closing_at(15), now=MIDDAY + timedelta(minutes=58)).count == 60


def test_where_only_a_part_of_the_country_is_open_its_closing_time_holds() -> None:
    campaign = closing_at(15)  # 15:00 in Jakarta is 17:00 in Jayapura

    assert room(campaign, now=MIDDAY + timedelta(hours=2, minutes=58, seconds=30)).count == 30
