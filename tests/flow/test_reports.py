"""Everybody is counted once, and the sums hold."""

from typing import Any

import pytest
from django.utils import timezone

from dialer.flow import batching, lifecycle, reports, withdrawal
from dialer.flow.summaries import Summary, summaries
from dialer.models import Batch, Campaign, Contact
from dialer.terms import Disposition, SkipReason
from tests.factories import (
    make_batch,
    make_call_record,
    make_campaign,
    make_contact_list,
    make_contacts,
    make_skipped_contact,
    settle,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """12 to call: 2 billed, 2 at the carrier, 1 of them uncertain, 1 silent, 3 refused, 4 waiting; 2 skipped."""
    campaign = make_campaign(state=Campaign.State.RUNNING)
    contact_list = make_contact_list(campaign=campaign)
    people = make_contacts(12, contact_list=contact_list)
    make_skipped_contact(SkipReason.BLANK, contact_list=contact_list)
    make_skipped_contact(SkipReason.DUPLICATE, contact_list=contact_list)
    accepted = make_batch(contacts=people[:4], state=Batch.State.ACCEPTED)
    first, second, _, last = accepted.attempts.all()
    make_call_record(attempt=first)
    make_call_record(attempt=second, by_callback_at=None, by_pull_at=timezone.now())
    settle([first], Disposition.ANSWERED, keypress="1")
    settle([second], Disposition.BUSY)
    last.silent_since = timezone.now()
    last.save()
    make_batch(contacts=people[4:5], state=Batch.State.UNCERTAIN)
    make_batch(contacts=people[5:8], state=Batch.State.REFUSED)
    make_batch(contacts=people[8:10])
    return campaign


def test_everybody_is_in_one_place(campaign: Campaign) -> None:
    found = reports.progress(campaign)

    assert (found.waiting, found.at_the_carrier, found.settled, found.silent, found.not_called) == (4, 2, 2, 1, 3)
    assert found.callable_count == 12
    assert found.uncertain == 1
    assert found.row_count == 14
    assert found.skipped == {SkipReason.BLANK: 1, SkipReason.DUPLICATE: 1}
    assert found.dispositions == {Disposition.ANSWERED: 1, Disposition.BUSY: 1}
    assert found.keypresses == {"1": 1}


def test_after_a_cancel_nobody_waits(campaign: Campaign) -> None:
    campaign.batches.filter(state=Batch.State.WAITING).update(state=Batch.State.CANCELLED)
    campaign.state = Campaign.State.CANCELLED

    found = reports.progress(campaign)

    assert (found.waiting, found.not_called) == (0, 7)


def test_progress_asks_the_same_number_of_questions_for_any_number_of_people(
    campaign: Campaign, django_assert_max_num_queries: object
) -> None:
    make_batch(contacts=make_contacts(20, campaign=campaign), state=Batch.State.ACCEPTED)

    with django_assert_max_num_queries(6):  # type: ignore[operator]
        reports.progress(campaign)


def test_the_reconciliation_adds_up_once_everything_is_billed_or_silent(campaign: Campaign) -> None:
    before = reports.reconciliation(campaign)
    assert (before.rows, before.to_call, before.dialled) == (14, 12, 4)
    assert not before.adds_up  # one is still at the carrier

    open_attempt = campaign.batches.get(state=Batch.State.ACCEPTED).attempts.get(
        settled_at__isnull=True, silent_since__isnull=True
    )
    make_call_record(attempt=open_attempt)

    after = reports.reconciliation(campaign)
    assert (after.billed_by_callback, after.billed_by_pull_only, after.silent) == (2, 1, 1)
    assert after.adds_up


# --- several rounds -------------------------------------------------------------------------------------------


def called(people: list[Contact], disposition: Disposition, **fields: Any) -> Batch:
    """A round in which each of them came to the same."""
    batch = make_batch(contacts=people, state=Batch.State.SETTLED, **fields)
    settle(batch.attempts.all(), disposition)
    batch.attempts.update(is_judged=True)
    for attempt in batch.attempts.all():
        make_call_record(attempt=attempt, disposition=disposition)
    return batch


def places(campaign: Campaign) -> tuple[int, int, int, int, int]:
    """The five places; everybody is in one of them."""
    found = reports.progress(campaign)
    five = (found.waiting, found.at_the_carrier, found.settled, found.silent, found.not_called)
    assert sum(five) == found.callable_count
    assert min(five) >= 0
    return five


@pytest.fixture
def rounds_campaign() -> Campaign:
    return make_campaign(state=Campaign.State.RUNNING, is_planned=True)


def test_who_was_called_twice_is_one_person_with_the_last_outcome(rounds_campaign: Campaign) -> None:
    people = make_contacts(3, campaign=rounds_campaign)
    called(people, Disposition.NO_ANSWER)
    called(people[:2], Disposition.ANSWERED, round=2)

    assert places(rounds_campaign) == (0, 0, 3, 0, 0)
    found = reports.progress(rounds_campaign)
    assert found.dispositions == {Disposition.ANSWERED: 2, Disposition.NO_ANSWER: 1}
    assert summary_of(rounds_campaign).done == 3


def test_who_is_to_be_called_again_is_waiting(rounds_campaign: Campaign) -> None:
    people = make_contacts(3, campaign=rounds_campaign)
    first = called(people, Disposition.BUSY)
    first.attempts.filter(contact=people[0]).update(retry_at=timezone.now())
    make_batch(contacts=people[1:2], round=2)

    assert places(rounds_campaign) == (2, 0, 1, 0, 0)
    assert summary_of(rounds_campaign).done == 1


@pytest.mark.parametrize(
    ("state", "expected"),
    [(Batch.State.ACCEPTED, (0, 1, 0, 0, 0)), (Batch.State.REFUSED, (0, 0, 0, 0, 1))],
)
def test_who_is_in_a_later_round_is_where_that_round_is(
    rounds_campaign: Campaign, state: str, expected: tuple[int, ...]
) -> None:
    people = make_contacts(1, campaign=rounds_campaign)
    called(people, Disposition.BUSY)
    make_batch(contacts=people, state=state, round=2)

    assert places(rounds_campaign) == expected
    assert summary_of(rounds_campaign).done == 0


def test_who_is_silent_in_a_later_round_is_silent(rounds_campaign: Campaign) -> None:
    people = make_contacts(1, campaign=rounds_campaign)
    called(people, Disposition.BUSY)
    make_batch(contacts=people, state=Batch.State.SETTLED, round=2).attempts.update(silent_since=timezone.now())

    assert places(rounds_campaign) == (0, 0, 0, 1, 0)
    assert summary_of(rounds_campaign).done == 1


def test_who_was_refused_is_waiting_for_another_batch_and_billed_after_it(rounds_campaign: Campaign) -> None:
    people = make_contacts(2, campaign=rounds_campaign)
    refused = make_batch(contacts=people, state=Batch.State.REFUSED)
    assert places(rounds_campaign) == (0, 0, 0, 0, 2)

    withdrawal.requeue(refused)
    assert places(rounds_campaign) == (2, 0, 0, 0, 0)
    assert summary_of(rounds_campaign).done == 0

    assert batching.fill(rounds_campaign) is not None
    assert places(rounds_campaign) == (2, 0, 0, 0, 0)
    called_again = rounds_campaign.batches.latest("pk")
    Batch.objects.filter(pk=called_again.pk).update(state=Batch.State.SETTLED, sent_at=timezone.now())
    settle(called_again.attempts.all(), Disposition.BUSY)
    assert places(rounds_campaign) == (0, 0, 2, 0, 0)
    assert summary_of(rounds_campaign).done == 2


def test_who_was_dropped_by_the_carrier_was_not_called(rounds_campaign: Campaign) -> None:
    people = make_contacts(2, campaign=rounds_campaign)
    batch = make_batch(contacts=people, state=Batch.State.SETTLED)
    settle(batch.attempts.all(), Disposition.NOT_CALLED)
    batch.attempts.filter(contact=people[0]).update(retry_at=timezone.now())

    assert places(rounds_campaign) == (1, 0, 0, 0, 1)
    assert reports.progress(rounds_campaign).dispositions == {Disposition.NOT_CALLED: 1}
    found = reports.reconciliation(rounds_campaign)
    assert (found.dialled, found.dropped, found.adds_up) == (2, 2, True)


def test_a_campaign_cancelled_between_two_rounds_keeps_the_first(rounds_campaign: Campaign) -> None:
    people = make_contacts(3, campaign=rounds_campaign)
    first = called(people[:2], Disposition.BUSY)
    first.attempts.filter(contact=people[0]).update(retry_at=timezone.now())
    make_batch(contacts=people[1:2], round=2)
    lifecycle.cancel(rounds_campaign)
    rounds_campaign.refresh_from_db()

    assert places(rounds_campaign) == (0, 0, 2, 0, 1)
    assert summary_of(rounds_campaign).done == 2


def test_the_reconciliation_of_several_rounds_adds_up(rounds_campaign: Campaign) -> None:
    people = make_contacts(3, campaign=rounds_campaign)
    called(people, Disposition.BUSY)
    called(people[:2], Disposition.ANSWERED, round=2)

    found = reports.reconciliation(rounds_campaign)

    assert (found.to_call, found.dialled, found.billed_by_callback) == (3, 5, 5)
    assert found.adds_up


def summary_of(campaign: Campaign) -> Summary:
    return summaries([campaign])[campaign.pk]
