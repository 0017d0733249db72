"""Two operators at once, a double click, a click in the middle of a sweep: the right thing happens once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from dialer.flow import batching, dispatch, lifecycle, rounds, verdicts, withdrawal
from dialer.flow.mistakes import DialerError
from dialer.models import Attempt, Batch, Campaign, RetryRule
from dialer.terms import Disposition
from tests.carrier import placed, running_carrier
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contact,
    make_contacts,
    make_user,
    settle,
)

pytestmark = pytest.mark.django_db(transaction=True)

State = Campaign.State
REASON = "The carrier's console does not show the batch."


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """What each step returned, or the sentence for the operator; they start in the same moment."""
    results: list[Any] = [None] * len(steps)
    start = threading.Barrier(len(steps))

    def run(number: int) -> None:
        try:
            start.wait()
            results[number] = steps[number]()
        except DialerError as error:
            results[number] = str(error)
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not [result for result in results if isinstance(result, Exception)], results
    return results


def seen(campaign: Campaign) -> Campaign:
    """The campaign as a page of its own shows it."""
    return Campaign.objects.select_related("account").get(pk=campaign.pk)


def sentences(results: list[Any]) -> list[str]:
    return [result for result in results if isinstance(result, str)]


def test_two_launches_are_one() -> None:
    campaign = make_campaign()
    make_contacts(3, campaign=campaign)
    pages = [seen(campaign) for _ in range(3)]

    results = at_once(*(lambda page=page: lifecycle.launch(page) for page in pages))

    assert len(sentences(results)) == 2
    assert seen(campaign).state == State.RUNNING


def test_two_pauses_are_one_and_the_second_is_told_so() -> None:
    campaign = make_campaign(state=State.RUNNING)
    first, second = seen(campaign), seen(campaign)

    results = at_once(
        lambda: lifecycle.pause(first, because="the first"), lambda: lifecycle.pause(second, because="the second")
    )

    assert len(sentences(results)) == 1
    assert seen(campaign).paused_because in {"the first", "the second"}


def test_pause_and_cancel_at_once_end_in_cancelled() -> None:
    campaign = make_campaign(state=State.RUNNING)
    make_batch(contacts=make_contacts(2, campaign=campaign))
    first, second = seen(campaign), seen(campaign)

    at_once(lambda: lifecycle.pause(first, because="wait"), lambda: lifecycle.cancel(second))

    assert seen(campaign).state == State.CANCELLED
    assert campaign.batches.get().state == Batch.State.CANCELLED


def test_two_resumes_give_the_people_of_a_refused_batch_one_new_batch() -> None:
    campaign = make_campaign(state=State.PAUSED, is_planned=True)
    make_batch(contacts=make_contacts(3, campaign=campaign), state=Batch.State.REFUSED)
    first, second = seen(campaign), seen(campaign)

    results = at_once(lambda: lifecycle.resume(first), lambda: lifecycle.resume(second))
    filled = at_once(lambda: batching.fill(campaign), lambda: batching.fill(campaign))

    assert len(sentences(results)) == 1
    assert sum(batch is not None for batch in filled) == 1
    assert Attempt.objects.filter(round=2).count() == 3


def test_several_processes_that_fill_put_everybody_into_one_batch_each() -> None:
    campaign = make_campaign(state=State.RUNNING, batch_size=3)
    people = make_contacts(9, campaign=campaign)

    at_once(*[lambda: batching.fill(campaign)] * 4)
    while batching.fill(campaign):
        pass

    assert sorted(Attempt.objects.values_list("contact", flat=True)) == sorted(contact.pk for contact in people)
    assert sorted(campaign.batches.values_list("contact_count", flat=True)) == [3, 3, 3]


def test_two_campaigns_of_two_accounts_that_fill_at_once_keep_to_the_caps(settings: Any) -> None:
    settings.CALLS_PER_DAY = 1
    number = make_contact().number
    campaigns = [make_campaign(state=State.RUNNING, account=make_account()) for _ in range(4)]
    for campaign in campaigns:
        make_contact(campaign=campaign, number=number)

    at_once(*(lambda campaign=campaign: batching.fill(campaign) for campaign in campaigns))

    assert Attempt.objects.filter(contact__number=number).count() == 1


def test_two_verdicts_of_two_minds_are_one() -> None:
    campaign = make_campaign(state=State.RUNNING, is_planned=True)
    batch = make_batch(contacts=make_contacts(2, campaign=campaign), state=Batch.State.UNCERTAIN)
    first, second = Batch.objects.get(pk=batch.pk), Batch.objects.get(pk=batch.pk)
    one, other = make_user(), make_user()

    results = at_once(
        lambda: verdicts.was_sent(first, by=one, because=REASON),
        lambda: verdicts.was_not_sent(second, by=other, because=REASON),
    )

    assert len(sentences(results)) == 1
    decided = Batch.objects.get(pk=batch.pk)
    was_sent = decided.state == Batch.State.ACCEPTED
    assert decided.decided_by == (one if was_sent else other)
    assert Attempt.objects.filter(retry_at__isnull=False).count() == (0 if was_sent else 2)


def test_a_bill_and_a_verdict_at_once_call_nobody_twice() -> None:
    campaign = make_campaign(state=State.RUNNING, is_planned=True)
    batch = make_batch(contacts=make_contacts(1, campaign=campaign), state=Batch.State.UNCERTAIN)
    make_call_record(attempt=batch.attempts.get())
    page, user = Batch.objects.get(pk=batch.pk), make_user()

    def bill() -> None:
        settle(batch.attempts.all(), Disposition.ANSWERED)
        lifecycle.settle_next()

    at_once(bill, lambda: verdicts.was_not_sent(page, by=user, because=REASON))
    rounds.judge()

    again = batching.fill(campaign)
    assert again is None or Batch.objects.get(pk=batch.pk).state == Batch.State.REFUSED


def test_a_sweep_and_a_click_on_cancel_leave_nothing_waiting() -> None:
    campaign = make_campaign(state=State.RUNNING)
    make_contacts(4, campaign=campaign)
    page = seen(campaign)

    at_once(lambda: batching.fill(campaign), lambda: lifecycle.cancel(page), lifecycle.settle_next)
    lifecycle.settle_next()

    assert seen(campaign).state == State.CANCELLED
    assert not campaign.batches.filter(state=Batch.State.WAITING).exists()
    assert not dispatch.send_next()


def test_of_many_senders_one_hands_a_batch_over() -> None:
    with running_carrier() as carrier:
        campaign = make_campaign(state=State.RUNNING, is_planned=True, **placed(carrier))
        batch = make_batch(contacts=make_contacts(3, campaign=campaign))

        at_once(*[lambda: dispatch.send(Batch.objects.get(pk=batch.pk))] * 4, *[dispatch.send_next] * 2)

        assert carrier.requests("App.Sip_Call.PlayVoice") == 1
        assert Batch.objects.get().state == Batch.State.ACCEPTED


def test_a_bill_that_comes_while_the_next_round_leaves_loses_no_attempt_from_the_ledger() -> None:
    with running_carrier() as carrier:
        campaign = make_campaign(state=State.RUNNING, is_planned=True, **placed(carrier))
        RetryRule.objects.create(campaign=campaign, disposition=Disposition.BUSY, more_rounds=1, pause_minutes=1)
        first = make_batch(contacts=make_contacts(4, campaign=campaign), state=Batch.State.SETTLED)
        settle(first.attempts.all(), Disposition.BUSY)
        rounds.judge()
        Attempt.objects.update(retry_at=first.due_at)
        batch = batching.fill(campaign)
        assert batch is not None
        settle(first.attempts.all()[:2], Disposition.ANSWERED)
        Attempt.objects.filter(batch=first).update(is_judged=False)

        at_once(lambda: dispatch.send(Batch.objects.get(pk=batch.pk)), rounds.judge, rounds.judge)

        rung = {call.number for call in carrier.sandbox.memory.calls.values()}
        kept = {number.removeprefix("+62") for number in batch.attempts.values_list("contact__number", flat=True)}
        assert rung == kept


def test_who_is_taken_back_from_a_batch_that_is_being_claimed_is_either_in_it_or_not_rung() -> None:
    with running_carrier() as carrier:
        campaign = make_campaign(state=State.RUNNING, is_planned=True, **placed(carrier))
        first = make_batch(contacts=make_contacts(3, campaign=campaign), state=Batch.State.SETTLED)
        settle(first.attempts.all(), Disposition.BUSY)
        people = [attempt.contact for attempt in first.attempts.all()]
        second = make_batch(contacts=people, round=2)

        at_once(
            lambda: dispatch.send(Batch.objects.get(pk=second.pk)),
            lambda: withdrawal.take_back([contact.pk for contact in people[:2]]),
        )

        rung = {call.number for call in carrier.sandbox.memory.calls.values()}
        kept = {number.removeprefix("+62") for number in second.attempts.values_list("contact__number", flat=True)}
        assert rung == kept
