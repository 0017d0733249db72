"""Everybody is counted once, and the sums hold."""

import pytest
from django.utils import timezone

from dialer.flow import reports
from dialer.models import Batch, Campaign
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
