"""After a call: another one by rule, or none; and who asks to be left alone is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dialer.carriers.contract import Call
from dialer.flow import batching, dispatch, ledger, lifecycle, reports, rounds, withdrawal
from dialer.models import Account, Attempt, Batch, CallRecord, Campaign, Contact, DoNotCall, RetryRule
from dialer.terms import Disposition, HungUpBy, SkipReason, Via
from tests.carrier import TestCarrier, placed
from tests.factories import make_batch, make_call_record, make_campaign, make_contact, make_contacts, settle

pytestmark = pytest.mark.django_db

State = Campaign.State
HOUR = timedelta(hours=1)


@pytest.fixture
def campaign() -> Campaign:
    """Nobody answers: two further rounds, an hour apart. Busy: one, after five minutes. Dropped: one, at once."""
    campaign = make_campaign(state=State.RUNNING, is_planned=True, opt_out_key="9")
    rule(campaign, Disposition.NO_ANSWER, 2, 60)
    rule(campaign, Disposition.BUSY, 1, 5)
    rule(campaign, Disposition.NOT_CALLED, 1, 1)
    return campaign


def rule(campaign: Campaign, disposition: Disposition, more_rounds: int, pause_minutes: int) -> None:
    RetryRule.objects.create(
        campaign=campaign, disposition=disposition, more_rounds=more_rounds, pause_minutes=pause_minutes
    )


def called(contact: Contact, disposition: Disposition, *, key: str = "", round_number: int = 1) -> Attempt:
    """The attempt of a call that was billed and judged."""
    batch = make_batch(contacts=[contact], state=Batch.State.SETTLED, round=round_number)
    settle(batch.attempts.all(), disposition, keypress=key)
    rounds.judge()
    return batch.attempts.get()


def person(campaign: Campaign, **fields: Any) -> Contact:
    return make_contact(campaign=campaign, **fields)


def late_bill(attempt: Attempt, disposition: Disposition = Disposition.ANSWERED, *, key: str = "") -> None:
    """What the carrier tells about the call after we drew our conclusions."""
    answered = disposition == Disposition.ANSWERED
    call = Call(
        carrier_call_id=f"late-{attempt.pk}",
        reference=attempt.batch.reference,
        number_on_wire=attempt.contact.number,
        caller_id="",
        started_at=timezone.now(),
        answered_at=None,
        ended_at=None,
        ring_seconds=5,
        talk_seconds=5 if answered else 0,
        disposition=disposition,
        hangup_code="",
        hangup_meaning="",
        hung_up_by=HungUpBy.UNKNOWN,
        keypress=key,
        recording_name="",
        raw={},
    )
    ledger.record(attempt.batch.account, [call], via=Via.PULL)


# --- by rule --------------------------------------------------------------------------------------------------


def test_who_did_not_answer_is_called_again_after_the_pause(campaign: Campaign) -> None:
    first = called(person(campaign), Disposition.NO_ANSWER)
    assert first.retry_at == first.settled_at + HOUR

    assert batching.fill(campaign) is None
    again = batching.fill(campaign, now=first.retry_at)

    assert again is not None
    assert [(attempt.contact_id, attempt.round) for attempt in again.attempts.all()] == [(first.contact_id, 2)]


@pytest.mark.parametrize("disposition", [Disposition.ANSWERED, Disposition.UNREACHABLE, Disposition.FAILED])
def test_without_a_rule_for_the_outcome_there_is_no_further_round(campaign: Campaign, disposition: str) -> None:
    assert called(person(campaign), Disposition(disposition)).retry_at is None


def test_the_rounds_of_a_rule_are_used_up(campaign: Campaign) -> None:
    contact = person(campaign)

    assert called(contact, Disposition.NO_ANSWER).retry_at
    assert called(contact, Disposition.NO_ANSWER, round_number=2).retry_at
    assert called(contact, Disposition.NO_ANSWER, round_number=3).retry_at is None


def test_a_refused_batch_uses_up_no_round(campaign: Campaign) -> None:
    contact = person(campaign)
    refused = make_batch(contacts=[contact], state=Batch.State.REFUSED)
    withdrawal.requeue(refused)

    assert called(contact, Disposition.BUSY, round_number=2).retry_at
    assert called(contact, Disposition.BUSY, round_number=3).retry_at is None


def test_who_was_dropped_was_not_called_and_has_rounds_of_its_own(campaign: Campaign) -> None:
    contact = person(campaign)

    assert called(contact, Disposition.NOT_CALLED).retry_at
    assert called(contact, Disposition.BUSY, round_number=2).retry_at
    assert called(contact, Disposition.NOT_CALLED, round_number=3).retry_at is None  # the second time


@pytest.mark.parametrize("state", [State.FINISHED, State.CANCELLED])
def test_an_ended_campaign_calls_nobody_again(campaign: Campaign, state: str) -> None:
    Campaign.objects.update(state=state)

    assert called(person(campaign), Disposition.BUSY).retry_at is None


def test_a_paused_campaign_plans_next_rounds_and_calls_nobody(campaign: Campaign) -> None:
    Campaign.objects.update(state=State.PAUSED)
    first = called(person(campaign), Disposition.BUSY)

    assert first.retry_at
    assert batching.fill(campaign, now=first.retry_at) is None


def test_a_campaign_with_a_planned_round_is_not_finished(campaign: Campaign) -> None:
    contact = person(campaign)
    called(contact, Disposition.BUSY)

    lifecycle.settle_next()
    campaign.refresh_from_db()
    assert campaign.state == State.RUNNING

    batch = batching.fill(campaign, now=timezone.now() + HOUR)
    assert batch is not None
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.ACCEPTED, sent_at=timezone.now())
    settle(batch.attempts.all(), Disposition.ANSWERED)
    lifecycle.settle_next()
    campaign.refresh_from_db()
    assert campaign.state == State.FINISHED


def test_judging_asks_the_same_number_of_questions_for_any_number_of_people(
    campaign: Campaign, django_assert_max_num_queries: Any
) -> None:
    batch = make_batch(contacts=make_contacts(60, campaign=campaign), state=Batch.State.ACCEPTED)
    settle(batch.attempts.all()[:30], Disposition.BUSY)
    settle(batch.attempts.all()[30:], Disposition.ANSWERED, keypress="9")

    with django_assert_max_num_queries(16):
        assert rounds.judge() == 60

    assert DoNotCall.objects.count() == 30
    assert rounds.judge() == 0


# --- what becomes known late ----------------------------------------------------------------------------------


def test_a_late_answer_withdraws_the_planned_round(campaign: Campaign) -> None:
    first = called(person(campaign), Disposition.NO_ANSWER)

    late_bill(first)
    rounds.judge()

    first.refresh_from_db()
    assert (first.disposition, first.retry_at) == (Disposition.ANSWERED, None)


def test_a_late_answer_takes_a_waiting_next_round_back(campaign: Campaign) -> None:
    first, other = called(person(campaign), Disposition.BUSY), called(person(campaign), Disposition.BUSY)
    batch = batching.fill(campaign, now=timezone.now() + HOUR)
    assert batch is not None

    late_bill(first)
    rounds.judge()

    batch.refresh_from_db()
    assert batch.contact_count == 1
    assert [attempt.contact for attempt in batch.attempts.all()] == [other.contact]
    first.refresh_from_db()
    assert first.retry_at is None


def test_a_late_outcome_with_another_rule_plans_the_round_anew(campaign: Campaign) -> None:
    first = called(person(campaign), Disposition.BUSY)
    batching.fill(campaign, now=timezone.now() + HOUR)

    late_bill(first, Disposition.NO_ANSWER)
    rounds.judge()

    first.refresh_from_db()
    assert first.retry_at == first.settled_at + HOUR
    assert Attempt.objects.filter(contact=first.contact).count() == 1


def test_late_news_of_an_earlier_round_loses_no_later_one(campaign: Campaign) -> None:
    contact = person(campaign)
    first = called(contact, Disposition.BUSY)
    second = called(contact, Disposition.NO_ANSWER, round_number=2)
    assert second.retry_at is not None
    waiting = batching.fill(campaign, now=timezone.now() + 2 * HOUR)
    assert waiting is not None

    late_bill(first, Disposition.NO_ANSWER)
    rounds.judge()
    rounds.judge()

    second.refresh_from_db()
    assert not waiting.attempts.exists()
    assert second.retry_at is not None
    again = batching.fill(campaign, now=timezone.now() + 2 * HOUR)
    assert again is not None
    assert again.attempts.get().round == 3


@pytest.mark.parametrize("state", [Batch.State.SENDING, Batch.State.ACCEPTED, Batch.State.UNCERTAIN])
def test_a_next_round_that_left_stays_in_the_ledger(campaign: Campaign, state: str) -> None:
    first = called(person(campaign), Disposition.BUSY)
    batch = batching.fill(campaign, now=timezone.now() + HOUR)
    assert batch is not None
    Batch.objects.filter(pk=batch.pk).update(state=state, sent_at=timezone.now())

    late_bill(first)
    rounds.judge()

    assert batch.attempts.count() == 1
    first.refresh_from_db()
    assert first.retry_at is None


def test_an_answer_that_nobody_judged_yet_holds_the_next_round_back(carrier: TestCarrier) -> None:
    campaign = make_campaign(state=State.RUNNING, is_planned=True, **placed(carrier))
    rule(campaign, Disposition.BUSY, 1, 5)
    first, other = called(person(campaign), Disposition.BUSY), called(person(campaign), Disposition.BUSY)
    batch = batching.fill(campaign, now=timezone.now() + HOUR)
    assert batch is not None
    Batch.objects.update(due_at=timezone.now())
    late_bill(first)

    dispatch.send(batch)

    assert [call.number for call in carrier.sandbox.memory.calls.values()] == [other.contact.number.removeprefix("+62")]


def test_a_failed_call_of_a_refused_batch_was_a_call_too(campaign: Campaign) -> None:
    batch = make_batch(contacts=[person(campaign)], state=Batch.State.REFUSED)
    withdrawal.requeue(batch)
    assert batch.attempts.get().retry_at is not None

    late_bill(batch.attempts.get(), Disposition.FAILED)
    rounds.judge()

    assert batch.attempts.get().retry_at is None


def test_who_turns_out_to_have_been_called_by_a_refused_batch_is_not_called_again(campaign: Campaign) -> None:
    refused = make_batch(contacts=[person(campaign)], state=Batch.State.REFUSED)
    withdrawal.requeue(refused)
    batch = batching.fill(campaign)
    assert batch is not None

    late_bill(refused.attempts.get(), Disposition.UNREACHABLE)
    rounds.judge()

    batch.refresh_from_db()
    assert batch.contact_count == 0
    assert refused.attempts.get().retry_at is None


# --- opt-outs -------------------------------------------------------------------------------------------------


def test_who_presses_the_key_is_on_the_list_with_the_call_as_proof(campaign: Campaign) -> None:
    batch = make_batch(contacts=[person(campaign)], state=Batch.State.ACCEPTED)
    late_bill(batch.attempts.get(), key="9")

    rounds.judge()

    entry = DoNotCall.objects.get()
    assert entry.number == batch.attempts.get().contact.number
    assert (entry.reason, entry.source) == ("pressed 9", f"campaign “{campaign}”")
    assert entry.call_record == CallRecord.objects.get()
    late_bill(batch.attempts.get(), key="9")
    rounds.judge()
    assert DoNotCall.objects.count() == 1


@pytest.mark.parametrize(("opt_out_key", "key"), [("9", "1"), ("9", ""), ("", "9"), ("", "")])
def test_other_keys_and_no_key_mean_nothing(campaign: Campaign, opt_out_key: str, key: str) -> None:
    Campaign.objects.update(opt_out_key=opt_out_key)

    called(person(campaign), Disposition.ANSWERED, key=key)

    assert not DoNotCall.objects.exists()


@pytest.mark.parametrize("keys", ["19", "91", "9#"])
def test_the_opt_out_key_counts_among_other_keys_too(campaign: Campaign, keys: str) -> None:
    contact = person(campaign)

    called(contact, Disposition.ANSWERED, key=keys)

    assert DoNotCall.objects.get().number == contact.number


def test_a_second_call_does_not_unsay_the_opt_out_of_the_first(campaign: Campaign) -> None:
    contact = person(campaign)
    attempt = make_batch(contacts=[contact], state=Batch.State.ACCEPTED).attempts.get()
    for key in ("9", "1"):
        make_call_record(attempt=attempt, keypress=key)
    settle([attempt], Disposition.ANSWERED, keypress="1")

    rounds.judge()

    assert DoNotCall.objects.get().number == contact.number


def test_who_opts_out_is_withdrawn_from_every_campaign_that_waits(campaign: Campaign) -> None:
    contact = person(campaign)
    drafted = person(make_campaign(), number=contact.number)
    postponed = person(
        make_campaign(state=State.RUNNING, is_planned=True),
        number=contact.number,
        postponed_until=timezone.now() + HOUR,
    )
    over = person(make_campaign(state=State.CANCELLED), number=contact.number)

    called(contact, Disposition.ANSWERED, key="9")
    lifecycle.settle_next()

    for row in (drafted, postponed, over, contact):
        row.refresh_from_db()
    assert drafted.skip_reason == postponed.skip_reason == SkipReason.DO_NOT_CALL
    assert over.skip_reason == contact.skip_reason == ""  # the one is history, the other was called
    assert postponed.campaign.state == State.FINISHED  # nobody is left to wait for


def test_who_opts_out_elsewhere_does_not_get_a_planned_next_round(campaign: Campaign) -> None:
    first = called(person(campaign), Disposition.BUSY)
    elsewhere = make_campaign(state=State.RUNNING, opt_out_key="1")
    called(person(elsewhere, number=first.contact.number), Disposition.ANSWERED, key="1")

    assert batching.fill(campaign, now=timezone.now() + HOUR) is None

    first.refresh_from_db()
    assert first.retry_at is None
    assert first.contact.skip_reason == ""  # called once, and that is kept


def test_who_opts_out_elsewhere_is_taken_out_of_a_waiting_next_round_and_the_sums_hold(carrier: TestCarrier) -> None:
    campaign = make_campaign(state=State.RUNNING, is_planned=True, **placed(carrier))
    rule(campaign, Disposition.BUSY, 1, 5)
    first = called(person(campaign), Disposition.BUSY)
    batch = batching.fill(campaign, now=timezone.now() + HOUR)
    assert batch is not None
    Batch.objects.update(due_at=timezone.now())
    elsewhere = make_campaign(state=State.RUNNING, opt_out_key="1")
    called(person(elsewhere, number=first.contact.number), Disposition.ANSWERED, key="1")

    dispatch.send(batch)

    batch.refresh_from_db()
    assert (batch.state, batch.contact_count) == (Batch.State.CANCELLED, 0)
    assert not carrier.sandbox.memory.calls
    found = reports.progress(campaign)
    assert (found.settled, found.waiting, found.callable_count, found.row_count) == (1, 0, 1, 1)


# --- dropped at the end of the day ----------------------------------------------------------------------------


def test_who_was_not_dialled_today_is_not_called_once_the_carrier_was_asked_after_the_day() -> None:
    campaign = make_campaign(state=State.RUNNING)
    sent_at = timezone.now() - timedelta(days=2)
    batch = make_batch(contacts=make_contacts(2, campaign=campaign), state=Batch.State.ACCEPTED, sent_at=sent_at)
    billed, _ = batch.attempts.all()
    settle([billed], Disposition.BUSY)

    Account.objects.update(pulled_at=timezone.now())
    assert rounds.declare_not_called(now=timezone.now()) == 0  # not asked for by its reference
    Batch.objects.update(asked_at=sent_at + timedelta(minutes=5))
    assert rounds.declare_not_called(now=timezone.now()) == 0  # the day was not over then
    Batch.objects.update(asked_at=timezone.now())
    assert rounds.declare_not_called(now=timezone.now()) == 1

    outcomes = sorted(batch.attempts.values_list("disposition", flat=True))
    assert outcomes == [Disposition.BUSY, Disposition.NOT_CALLED]


def test_who_may_be_dialled_tomorrow_is_never_taken_for_dropped() -> None:
    campaign = make_campaign(state=State.RUNNING, drops_undialled_today=False)
    make_batch(
        contacts=make_contacts(2, campaign=campaign),
        state=Batch.State.ACCEPTED,
        sent_at=timezone.now() - timedelta(days=2),
        asked_at=timezone.now(),
    )

    assert rounds.declare_not_called(now=timezone.now()) == 0


def test_a_late_bill_about_somebody_who_was_taken_for_dropped_takes_it_back(campaign: Campaign) -> None:
    first = called(person(campaign), Disposition.NOT_CALLED)
    assert first.retry_at

    late_bill(first)
    rounds.judge()

    first.refresh_from_db()
    assert (first.disposition, first.retry_at) == (Disposition.ANSWERED, None)


def test_a_bill_without_a_result_does_not_stop_the_judgement(campaign: Campaign) -> None:
    attempt = called(person(campaign), Disposition.UNKNOWN)
    make_call_record(attempt=attempt, disposition=Disposition.UNKNOWN, talk_seconds=0)

    assert attempt.is_judged
    assert attempt.retry_at is None
