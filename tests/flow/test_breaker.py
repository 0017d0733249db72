"""A campaign that goes wrong pauses by itself and says why in a sentence."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dialer.flow import breaker, lifecycle
from dialer.models import Batch, CallRecord, Campaign
from dialer.terms import Disposition
from tests.factories import (
    make_batch,
    make_call_record,
    make_campaign,
    make_contacts,
    open_campaign,
)

pytestmark = pytest.mark.django_db

State = Campaign.State
MINUTE = timedelta(minutes=1)


def running(**fields: Any) -> Campaign:
    return make_campaign(state=State.RUNNING, **fields)


def billed(campaign: Campaign, *dispositions: Disposition, key: str = "") -> None:
    """Bills of so many calls, which came just now."""
    for disposition in dispositions:
        make_call_record(account=campaign.account, campaign=campaign, disposition=disposition, keypress=key)


def left(campaign: Campaign, people: int, *, at: datetime, state: str = Batch.State.ACCEPTED, open_: int = 0) -> Batch:
    """A batch that left then; all are billed but for so many (0: all are open)."""
    batch = make_batch(contacts=make_contacts(people, campaign=campaign), state=state, sent_at=at)
    closed = batch.attempts.all()[: people - open_] if open_ else []
    for attempt in closed:
        attempt.settled_at, attempt.disposition, attempt.is_judged = at, Disposition.BUSY, True
        attempt.save()
    return batch


def why(campaign: Campaign) -> str:
    """Why it paused by itself, "" if it runs."""
    breaker.watch()
    campaign.refresh_from_db()
    assert (campaign.state == State.PAUSED) == bool(campaign.paused_because)
    return campaign.paused_because


# --- shares ---------------------------------------------------------------------------------------------------


def test_a_campaign_with_ordinary_outcomes_goes_on() -> None:
    campaign = running(opt_out_key="9")
    billed(campaign, *[Disposition.ANSWERED] * 20, *[Disposition.NO_ANSWER, Disposition.BUSY] * 20)

    assert why(campaign) == ""


def test_too_many_failed_calls_pause_it() -> None:
    campaign = running(failure_limit_percent=50, line_failure_limit_percent=100)
    billed(campaign, *[Disposition.UNREACHABLE] * 8, *[Disposition.FAILED] * 4, *[Disposition.ANSWERED] * 12)
    assert why(campaign) == ""  # half of them, and not more

    billed(campaign, Disposition.CANCELLED)
    assert why(campaign) == "13 of the last 25 calls failed: more than 50%."


def test_too_many_failures_of_the_line_pause_it_sooner() -> None:
    campaign = running(line_failure_limit_percent=10)
    billed(campaign, *[Disposition.FAILED] * 3, *[Disposition.ANSWERED] * 17)

    assert why(campaign) == "3 of the last 20 calls failed on the line: more than 10%."


def test_too_many_opt_outs_among_those_who_answered_pause_it() -> None:
    campaign = running(opt_out_key="9", opt_out_limit_percent=10)
    billed(campaign, *[Disposition.NO_ANSWER] * 40, *[Disposition.ANSWERED] * 17)
    billed(campaign, *[Disposition.ANSWERED] * 3, key="9")

    assert why(campaign) == "3 of the last 20 people who answered do not want to be called: more than 10%."


def test_a_limit_of_a_hundred_percent_never_pauses() -> None:
    campaign = running(failure_limit_percent=100, line_failure_limit_percent=100)
    billed(campaign, *[Disposition.FAILED] * 30)

    assert why(campaign) == ""


def test_a_few_bills_say_nothing_but_of_a_small_first_slice_they_do() -> None:
    many, few = running(), running(canary_size=10)
    billed(many, *[Disposition.FAILED] * 19)
    billed(few, *[Disposition.FAILED] * 5)

    assert why(many) == ""
    assert why(few) == "5 of the last 5 calls failed on the line: more than 30%."


def test_bills_of_before_the_resume_do_not_pause_it_again() -> None:
    campaign = running()
    billed(campaign, *[Disposition.FAILED] * 30)
    assert why(campaign)

    lifecycle.resume(campaign)

    campaign.refresh_from_db()
    assert why(campaign) == ""
    billed(campaign, *[Disposition.FAILED] * 20)
    assert why(campaign)


def test_only_the_newest_bills_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "NEWEST", 25)
    campaign = running()
    billed(campaign, *[Disposition.FAILED] * 30)
    billed(campaign, *[Disposition.ANSWERED] * 25)

    assert why(campaign) == ""


def test_a_pause_by_hand_is_not_written_over() -> None:
    campaign = make_campaign(state=State.PAUSED, paused_because="lunch")
    billed(campaign, *[Disposition.FAILED] * 30)

    assert breaker.watch() == 0
    campaign.refresh_from_db()
    assert campaign.paused_because == "lunch"


def test_watching_asks_the_same_number_of_questions_for_any_number_of_bills(django_assert_num_queries: Any) -> None:
    campaign = running(is_planned=True)
    left(campaign, 3, at=timezone.now())
    billed(campaign, *[Disposition.ANSWERED] * 60)

    with django_assert_num_queries(3):
        breaker.watch()


# --- silence --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [Batch.State.ACCEPTED, Batch.State.UNCERTAIN])
def test_no_bill_for_so_long_pauses_it(state: str) -> None:
    campaign = running(silence_limit_minutes=30)
    batch = left(campaign, 5, at=timezone.now() - 29 * MINUTE, state=state)
    assert why(campaign) == ""

    Batch.objects.filter(pk=batch.pk).update(sent_at=timezone.now() - 31 * MINUTE)
    assert why(campaign) == "No bill has come for 30 minutes. Ask the carrier whether it is calling."


def test_bills_that_still_come_are_no_silence() -> None:
    campaign = running()
    left(campaign, 5, at=timezone.now() - 90 * MINUTE)
    billed(campaign, Disposition.BUSY)

    assert why(campaign) == ""


def test_bills_that_ended_long_ago_are_silence() -> None:
    campaign = running()
    left(campaign, 5, at=timezone.now() - 90 * MINUTE, open_=3)
    billed(campaign, Disposition.BUSY)
    CallRecord.objects.update(created_at=timezone.now() - 31 * MINUTE)

    assert why(campaign)


def test_a_campaign_that_was_resumed_a_moment_ago_is_given_time() -> None:
    campaign = running(watched_since=timezone.now() - MINUTE)
    left(campaign, 5, at=timezone.now() - 90 * MINUTE)

    assert why(campaign) == ""


def test_silence_about_the_last_people_does_not_matter() -> None:
    campaign = running(is_planned=True)
    left(campaign, 5, at=timezone.now() - 90 * MINUTE)

    assert why(campaign) == ""


def test_a_call_that_is_never_billed_does_not_make_a_fresh_batch_look_silent() -> None:
    campaign = running()
    left(campaign, 20, at=timezone.now() - 300 * MINUTE, open_=1)
    billed(campaign, Disposition.BUSY)
    CallRecord.objects.update(created_at=timezone.now() - 200 * MINUTE)
    left(campaign, 5, at=timezone.now() - MINUTE)

    assert why(campaign) == ""


def test_the_night_is_no_silence() -> None:
    campaign = running(widened_because="", silence_limit_minutes=30)
    open_campaign(campaign, weekdays=range(7), opens=time(11), closes=time(18))
    evening = datetime(2026, 10, 14, 8, 50, tzinfo=UTC)  # ten minutes before the close in Jayapura
    morning = datetime(2026, 10, 15, 4, 0, tzinfo=UTC)  # 11:00 in Jakarta
    left(campaign, 5, at=evening)
    assert campaign.watched_since is None

    assert not breaker.complaint(campaign, now=evening + 31 * MINUTE)
    assert not breaker.complaint(campaign, now=morning + 10 * MINUTE)
    assert breaker.complaint(campaign, now=morning + 31 * MINUTE)
