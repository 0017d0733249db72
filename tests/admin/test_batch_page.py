"""Batches and attempts: what the carrier said, who was billed, and which of it needs a person."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.utils import timezone

from dialer.models import Attempt, Batch
from dialer.terms import Disposition
from tests import factories
from tests.admin.visits import found, list_of, page_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

LIST = list_of("dialer.batch")
ATTEMPTS = list_of("dialer.attempt")
LOOK = "dialer.view_batch"
State = Batch.State


def batch_of(size: int, **fields) -> Batch:
    return factories.make_batch(contacts=factories.make_contacts(size), **fields)


def half_billed() -> Batch:
    """Four people: one billed, one silent, two open."""
    batch = batch_of(4, state=State.ACCEPTED)
    first, second = batch.attempts.all()[:2]
    factories.settle([first], Disposition.ANSWERED)
    Attempt.objects.filter(pk=second.pk).update(silent_since=timezone.now())
    return batch


def needs_a_person() -> dict[str, int]:
    page, request = admin.site._registry[Batch], RequestFactory().get("/")
    request.user = factories.make_user()
    return {item.query: item.count for item in page.attention(request)}


def test_an_empty_list_says_what_it_is_for():
    assert "handed to the carrier in batches" in text(visitor(LOOK), LIST)


def test_a_batch_says_how_many_are_billed_open_and_silent():
    batch = half_billed()
    client = visitor(LOOK)

    assert "1 / 4" in text(client, page_of(batch))
    row = client.get(LIST).context["cl"].result_list[0]
    assert (row.billed, row.open, row.silent) == (1, 2, 1)


@pytest.mark.parametrize("state", [State.WAITING, State.CANCELLED, State.REFUSED])
def test_nobody_is_open_in_a_batch_that_never_left(state):
    batch_of(2, state=state)
    row = visitor(LOOK).get(LIST).context["cl"].result_list[0]
    assert (row.billed, row.open) == (0, 0)


def test_what_the_carrier_said_stands_there_with_its_code():
    sent_at = timezone.now() - timedelta(minutes=3)
    batch = batch_of(
        1,
        state=State.REFUSED,
        sent_at=sent_at,
        answered_at=sent_at + timedelta(seconds=7),
        message="The balance is not enough.",
        carrier_code="1007",
    )
    page = text(visitor(LOOK), LIST)
    assert "The balance is not enough. (1007)" in page
    assert "0:07" in page
    assert f'data-copy="{batch.reference}"' in text(visitor(LOOK), page_of(batch))


def test_a_batch_is_found_by_its_reference_and_filtered_by_state_and_campaign():
    batch = batch_of(1, state=State.UNCERTAIN)
    batch_of(1)
    somebody = visitor(LOOK)

    assert found(somebody, LIST, q=f" {batch.reference.upper()} ") == [batch.pk]
    assert found(somebody, LIST, state__exact="uncertain") == [batch.pk]
    assert found(somebody, LIST, campaign__id__exact=batch.campaign_id) == [batch.pk]
    for nonsense in ("x", "²", "9" * 30):
        assert found(somebody, LIST, campaign__id__exact=nonsense) == []


def test_its_exchanges_stand_on_its_page_for_those_who_may_see_exchanges():
    batch = batch_of(1)
    exchange = factories.make_exchange(account=batch.account, batch=batch, purpose="place a batch")
    factories.make_exchange(purpose="log in elsewhere")

    page = text(visitor(LOOK, "dialer.view_carrierexchange"), page_of(batch))
    assert page_of(exchange) in page
    assert "log in elsewhere" not in page
    assert "place a batch" not in text(visitor(LOOK), page_of(batch))


def test_uncertain_and_refused_batches_need_a_person():
    batch_of(1, state=State.ACCEPTED)
    batch_of(1, state=State.UNCERTAIN)
    batch_of(3, state=State.REFUSED)
    filled_again = batch_of(1, state=State.REFUSED)
    factories.settle(filled_again.attempts.all(), Disposition.FAILED)

    assert needs_a_person() == {"state__exact=uncertain": 1, "state__exact=refused": 1}


def test_the_list_costs_the_same_for_one_batch_and_for_many():
    somebody = visitor(is_superuser=True)
    half_billed()
    one = query_count(somebody, LIST)
    for _ in range(5):
        half_billed()
    assert query_count(somebody, LIST) == one


def test_nobody_edits_batches_or_attempts():
    batch = batch_of(1)
    boss = visitor(is_superuser=True)
    for row in (batch, batch.attempts.get()):
        assert boss.post(page_of(row), {"state": "settled"}).status_code == 403
        assert boss.post(page_of(row).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403


def test_a_batch_leads_to_each_of_its_people_and_their_fates():
    batch, _other = half_billed(), half_billed()
    attempts = list(batch.attempts.order_by("-pk"))
    somebody = visitor(LOOK, "dialer.view_attempt")
    assert f"{ATTEMPTS}?batch__id__exact={batch.pk}" in text(somebody, page_of(batch))

    assert sorted(found(somebody, ATTEMPTS, batch__id__exact=batch.pk)) == sorted(row.pk for row in attempts)
    for fate, size in {"billed": 1, "open": 2, "silent": 1}.items():
        assert len(found(somebody, ATTEMPTS, batch__id__exact=batch.pk, fate=fate)) == size


def test_attempts_mask_numbers_and_are_found_by_them():
    contact = factories.make_contact(number="+6281234567890")
    attempt = factories.make_batch(contacts=[contact]).attempts.get()
    batch_of(1)
    somebody = visitor("dialer.view_attempt")

    assert found(somebody, ATTEMPTS, q="0812 3456 7890") == [attempt.pk]
    assert found(somebody, ATTEMPTS, q="nobody") == []
    assert "+62 812•••••890" in text(somebody, ATTEMPTS)
    assert "+62 812-3456-7890" in text(visitor("dialer.view_attempt", "dialer.see_full_numbers"), page_of(attempt))


def test_the_list_of_attempts_costs_the_same_for_one_and_for_many():
    somebody = visitor(is_superuser=True)
    batch_of(1)
    one = query_count(somebody, ATTEMPTS)
    batch_of(10)
    assert query_count(somebody, ATTEMPTS) == one


@pytest.mark.parametrize("typed", ["+6281234567890", "081234567890", "0812-3456-7890"])
def test_batches_are_found_by_a_number_in_them_in_any_spelling(typed):
    contact = factories.make_contact(number="+6281234567890")
    batch = factories.make_batch(contacts=[contact])
    factories.make_batch()

    assert found(visitor(LOOK), LIST, q=typed) == [batch.pk]
    assert found(visitor(LOOK), LIST, q="0812") == []
