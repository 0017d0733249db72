"""The dial ledger: the database itself makes a second handing-over impossible."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from dialer.models import Attempt, Batch
from dialer.terms import SkipReason
from tests.factories import make_batch, make_contact, make_contact_list

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
