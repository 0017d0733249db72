"""A batch that the carrier has not begun can be taken back, and nobody of it is called again by itself."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from dialer.flow import batching, carrier_tasks, ledger, lifecycle, reports
from dialer.flow.mistakes import DialerError
from dialer.models import Attempt, Batch, Campaign, CarrierExchange
from dialer.terms import Disposition, TaskState
from sandbox.laaffic_records import push_body
from tests.carrier import TestCarrier, stored
from tests.factories import make_batch, make_call_record, make_user, settle
from tests.handed_over import called, calls, spoken, waiting

pytestmark = pytest.mark.django_db

State = Batch.State
CANCEL = "voice/group/call/cancel"


def fresh(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


def open_count(batch: Batch) -> int:
    return batch.attempts.filter(settled_at__isnull=True).count()


def test_a_batch_tells_how_far_it_is_at_the_carrier(laaffic: TestCarrier) -> None:
    ended, due = called(laaffic), waiting(laaffic)

    assert carrier_tasks.ask(due) == TaskState.WAITING
    assert carrier_tasks.ask(ended) == TaskState.FINISHED

    assert (fresh(due).task_state, fresh(ended).task_state) == (TaskState.WAITING, TaskState.FINISHED)
    assert fresh(due).task_asked_at
    assert CarrierExchange.objects.filter(batch=due).exists()
    assert fresh(due).state == State.ACCEPTED


def test_a_batch_whose_name_at_the_carrier_was_never_heard_is_found_by_its_reference(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic, is_known=False)
    assert batch.carrier_task_id == ""

    carrier_tasks.ask(batch)

    assert fresh(batch).carrier_task_id == str(calls(laaffic)[0].batch.id)
    assert batch.carrier_task_id == fresh(batch).carrier_task_id


def test_a_batch_that_the_carrier_does_not_know_is_said_to_be_unknown(laaffic: TestCarrier) -> None:
    batch = make_batch(campaign=spoken(laaffic, state=Campaign.State.RUNNING), state=State.UNCERTAIN)

    assert carrier_tasks.ask(batch) == TaskState.UNKNOWN

    assert (fresh(batch).task_state, fresh(batch).state) == (TaskState.UNKNOWN, State.UNCERTAIN)


def test_no_answer_to_the_question_changes_nothing(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)
    laaffic.order_fates("*", "http_500_before_accept")

    with pytest.raises(DialerError):
        carrier_tasks.ask(batch)

    assert (fresh(batch).task_state, fresh(batch).task_asked_at) == ("", None)


def test_a_batch_that_has_not_begun_is_taken_back_and_calls_nobody(laaffic: TestCarrier) -> None:
    batch, user = waiting(laaffic), make_user()

    assert carrier_tasks.take_back(batch, by=user) == 3

    batch = fresh(batch)
    assert (batch.state, batch.message) == (State.REFUSED, "Taken back at the carrier before it began.")
    assert (batch.task_state, batch.ask_at) == (TaskState.CANCELLED, None)
    assert set(batch.attempts.values_list("disposition", "is_judged", "retry_at")) == {
        (Disposition.CANCELLED, True, None)
    }
    assert open_count(batch) == 0
    entry = LogEntry.objects.get(object_id=str(batch.pk))
    assert (entry.user, entry.change_message) == (user, "Taken back at the carrier before it began.")
    assert carrier_tasks.ask(batch) == TaskState.CANCELLED


def test_nobody_of_it_is_called_again_by_itself_and_the_campaign_comes_to_its_end(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)
    carrier_tasks.take_back(batch, by=make_user())

    while lifecycle.settle_next():
        pass

    campaign = Campaign.objects.get()
    assert batching.fill(campaign) is None
    assert campaign.state == Campaign.State.FINISHED
    assert reports.progress(campaign).not_called == 3
    assert Attempt.objects.count() == 3


def test_resuming_the_campaign_brings_nobody_of_it_back(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)
    carrier_tasks.take_back(batch, by=make_user())
    lifecycle.pause(Campaign.objects.get(), because="a look")

    lifecycle.resume(Campaign.objects.get())

    assert not Attempt.objects.filter(retry_at__isnull=False).exists()
    assert batching.fill(Campaign.objects.get()) is None


def test_a_batch_of_unknown_name_is_looked_up_and_taken_back(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic, is_known=False)

    carrier_tasks.take_back(batch, by=make_user())

    assert fresh(batch).state == State.REFUSED
    assert fresh(batch).carrier_task_id


def not_taken_back(batch: Batch) -> str:
    """The sentence; nothing was changed."""
    with pytest.raises(DialerError) as refusal:
        carrier_tasks.take_back(batch, by=make_user())
    assert fresh(batch).state == batch.state
    assert not batch.attempts.filter(disposition=Disposition.CANCELLED).exists()
    assert not LogEntry.objects.filter(object_id=str(batch.pk)).exists()
    return str(refusal.value)


def test_what_has_begun_is_not_possible_any_more(laaffic: TestCarrier) -> None:
    batch = called(laaffic)

    assert not_taken_back(batch).startswith("Not possible any more: ")
    assert len(calls(laaffic)) == 3


def test_what_was_billed_is_not_even_asked_for(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)
    make_call_record(attempt=batch.attempts.first())

    assert "were billed" in not_taken_back(batch)
    assert laaffic.requests(CANCEL) == 0


def test_what_the_carrier_does_not_know_is_not_possible_any_more(laaffic: TestCarrier) -> None:
    batch = make_batch(campaign=spoken(laaffic, state=Campaign.State.RUNNING), state=State.ACCEPTED)

    assert not_taken_back(batch) == "Not possible any more: The carrier knows no batch with this reference."


@pytest.mark.parametrize("fate", ["http_500_before_accept", "http_500_after_accept", "drop_after_accept"])
def test_no_clear_answer_leaves_it_open_and_a_second_try_settles_it(laaffic: TestCarrier, fate: str) -> None:
    batch = waiting(laaffic)
    laaffic.order_fates(CANCEL, fate)

    assert "not known" in not_taken_back(batch)

    assert carrier_tasks.take_back(batch, by=make_user()) == 3
    assert fresh(batch).state == State.REFUSED


def test_nothing_left_us_means_nothing_was_taken_back(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)
    type(laaffic.account).objects.update(batch_url="http://127.0.0.1:9/v3")

    assert not_taken_back(fresh(batch)).startswith("It was not taken back: ")


@pytest.mark.parametrize("state", [state for state in State if state != State.ACCEPTED])
def test_only_an_accepted_batch_is_taken_back(laaffic: TestCarrier, state: str) -> None:
    batch = waiting(laaffic)
    Batch.objects.update(state=state)

    not_taken_back(fresh(batch))

    assert laaffic.requests(CANCEL) == 0


def test_a_carrier_without_the_service_is_not_asked(carrier: TestCarrier) -> None:
    batch = carrier.batch(5)

    assert not carrier_tasks.can_be_asked(batch)
    assert not carrier_tasks.can_be_taken_back(batch)
    not_taken_back(batch)
    with pytest.raises(DialerError, match="does not tell"):
        carrier_tasks.ask(batch)
    assert not CarrierExchange.objects.exists()


def test_a_bill_that_comes_in_the_same_moment_wins(laaffic: TestCarrier, monkeypatch: Any) -> None:
    batch = waiting(laaffic)
    first = batch.attempts.first()
    assert first is not None
    cancel = carrier_tasks._cancel

    def cancel_while_a_bill_comes(*given: Any) -> None:
        cancel(*given)
        make_call_record(attempt=first)
        settle([first], Disposition.BUSY)

    monkeypatch.setattr(carrier_tasks, "_cancel", cancel_while_a_bill_comes)

    assert "had begun" in not_taken_back(batch)
    assert open_count(batch) == 2


def test_a_bill_that_comes_all_the_same_contradicts_it(laaffic: TestCarrier) -> None:
    batch = called(laaffic)
    # The carrier says that it is cancelled, and has called everybody.
    laaffic.sandbox.memory.cancelled.add(calls(laaffic)[0].batch.id)
    carrier_tasks.take_back(batch, by=make_user())
    assert open_count(batch) == 0

    ledger.apply(stored(laaffic.account, push_body(calls(laaffic)[:1], form="object", fields="new")))

    batch = fresh(batch)
    assert batch.state == State.ACCEPTED
    assert "proves that the carrier took it" in batch.message
    campaign = Campaign.objects.get()
    assert campaign.state == Campaign.State.PAUSED
    assert open_count(batch) == 2
    assert not batch.attempts.filter(disposition=Disposition.CANCELLED).exists()
    assert not Attempt.objects.filter(retry_at__isnull=False).exists()
    assert len(calls(laaffic)) == 3
