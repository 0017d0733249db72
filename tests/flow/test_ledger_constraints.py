"""The dial ledger: the database itself makes a second handing-over impossible."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from dialer.models import Attempt, Batch, RetryRule
from dialer.terms import Disposition, SkipReason
from tests.factories import make_batch, make_campaign, make_contact, make_contact_list, make_do_not_call

pytestmark = pytest.mark.django_db


def test_a_contact_has_one_attempt_in_a_round() -> None:
    batch = make_batch()
    contact = batch.attempts.first().contact
    second = make_batch(campaign=batch.campaign)

    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(batch=second, contact=contact, round=1)


def test_a_number_stands_once_in_a_campaign() -> None:
    first = make_contact()
    elsewhere = make_contact_list(campaign=first.campaign)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_contact(contact_list=elsewhere, number=first.number)


def test_a_number_that_must_not_be_called_can_not_be_brought_in_again() -> None:
    first = make_contact(skip_reason=SkipReason.DO_NOT_CALL)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_contact(contact_list=first.contact_list, number=first.number)


def test_duplicates_are_kept_beside_the_one_that_counts() -> None:
    first = make_contact()

    make_contact(contact_list=first.contact_list, number=first.number, skip_reason=SkipReason.DUPLICATE)

    assert first.campaign.contacts.filter(number=first.number).count() == 2


def test_a_row_of_a_list_becomes_one_contact() -> None:
    first = make_contact()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_contact(contact_list=first.contact_list, row_number=first.row_number)


def test_a_reference_names_one_batch() -> None:
    batch = make_batch()

    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.create(
            campaign=batch.campaign,
            account=batch.account,
            sequence=2,
            reference=batch.reference,
            contact_count=1,
            due_at=timezone.now(),
        )


def test_a_campaign_has_one_batch_of_a_sequence() -> None:
    batch = make_batch()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_batch(campaign=batch.campaign, sequence=batch.sequence)


def test_a_later_round_needs_the_earlier_one_settled() -> None:
    first = make_batch(state=Batch.State.ACCEPTED)
    attempt = first.attempts.first()
    second = make_batch(campaign=first.campaign)

    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(batch=second, contact=attempt.contact, round=2)

    attempt.settled_at = timezone.now()
    attempt.save()
    assert Attempt.objects.create(batch=second, contact=attempt.contact, round=2).pk


def test_a_settled_round_can_not_be_opened_again_beside_a_later_one() -> None:
    first = make_batch(state=Batch.State.SETTLED)
    first.attempts.update(settled_at=timezone.now())
    make_batch(contacts=[attempt.contact for attempt in first.attempts.all()], round=2)

    with pytest.raises(IntegrityError), transaction.atomic():
        first.attempts.update(settled_at=None)


def test_a_contact_stands_once_in_a_batch() -> None:
    batch = make_batch(state=Batch.State.SETTLED)
    batch.attempts.update(settled_at=timezone.now())

    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(batch=batch, contact=batch.attempts.first().contact, round=2)


def test_rounds_count_from_one() -> None:
    batch = make_batch()

    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(batch=batch, contact=make_contact(campaign=batch.campaign), round=0)


def test_a_batch_with_attempts_and_a_contact_that_was_called_can_not_be_deleted() -> None:
    batch = make_batch()

    with pytest.raises(ProtectedError):
        batch.delete()
    with pytest.raises(ProtectedError):
        batch.attempts.first().contact.delete()


def test_an_answered_call_has_no_rule_for_another_one() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RetryRule.objects.create(
            campaign=make_campaign(), disposition=Disposition.ANSWERED, more_rounds=1, pause_minutes=1
        )


def test_a_campaign_has_one_rule_for_an_outcome() -> None:
    campaign = make_campaign()
    RetryRule.objects.create(campaign=campaign, disposition=Disposition.BUSY, more_rounds=1, pause_minutes=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        RetryRule.objects.create(campaign=campaign, disposition=Disposition.BUSY, more_rounds=2, pause_minutes=9)


def test_a_number_stands_once_on_a_do_not_call_list() -> None:
    entry = make_do_not_call()

    with pytest.raises(IntegrityError), transaction.atomic():
        make_do_not_call(number=entry.number)
