"""Contacts of a campaign are filtered by their calls: one call has to fit day, key and account at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dialer.models import CallRecord
from dialer.terms import Disposition
from tests import factories
from tests.admin.visits import client_of, found, list_of, query_count, text, visitor

pytestmark = pytest.mark.django_db

LIST = list_of("dialer.contact")
LOOK = "dialer.view_contact"


@pytest.fixture
def batch():
    return factories.make_batch(contacts=factories.make_contacts(4), state="accepted")


@pytest.fixture
def called(batch):
    """Today with key 1; three days ago with key 2; three days ago without one; not yet."""
    today, ago = timezone.now(), timezone.now() - timedelta(days=3)
    attempts = list(batch.attempts.order_by("pk"))
    for attempt, at, key in zip(attempts[:3], (today, ago, ago), ("1", "2", ""), strict=True):
        factories.make_call_record(attempt=attempt, started_at=at, keypress=key, number=attempt.contact.number)
    return [attempt.contact_id for attempt in attempts]


def of_campaign(batch, **more):
    return found(visitor(LOOK), LIST, campaign__id__exact=batch.campaign_id, **more)


def test_they_are_filtered_by_the_day_of_a_call_its_key_and_its_account(batch, called):
    today, ago, without_key, _ = called

    assert of_campaign(batch) == called
    assert of_campaign(batch, days=1) == [today]
    assert of_campaign(batch, days=7) == [today, ago, without_key]
    assert of_campaign(batch, keypress="any") == [today, ago]
    assert of_campaign(batch, keypress="2") == [ago]
    assert of_campaign(batch, keypress="2", days=1) == []
    assert of_campaign(batch, account__id__exact=batch.account_id) == [today, ago, without_key]
    assert of_campaign(batch, account__id__exact=batch.account_id + 1) == []
    assert of_campaign(batch, account__id__exact="x") == []


def test_one_call_has_to_fit_all_of_it(batch, called):
    first = batch.attempts.order_by("pk").first()
    CallRecord.objects.filter(attempt=first).update(keypress="")
    ago = timezone.now() - timedelta(days=3)
    factories.make_call_record(attempt=first, started_at=ago, keypress="5", number=first.contact.number)

    assert of_campaign(batch, keypress="5") == [called[0]]
    assert of_campaign(batch, keypress="5", days=1) == []


def test_they_fit_beside_what_became_of_somebody_and_a_search(batch, called):
    factories.settle(batch.attempts.filter(contact=called[1]), Disposition.ANSWERED)
    number = batch.attempts.get(contact=called[0]).contact.number

    assert of_campaign(batch, days=7, call="answered") == [called[1]]
    assert of_campaign(batch, days=7, call="open") == [called[0], called[2]]
    assert of_campaign(batch, days=7, q=number) == [called[0]]
    assert of_campaign(batch, keypress="2", q=number) == []


def test_they_are_offered_within_a_campaign_only(batch, called):
    client = visitor(LOOK)

    assert "Day of a call" not in text(client, LIST)
    assert "Day of a call" in text(client, LIST, campaign__id__exact=batch.campaign_id)
    assert found(client, LIST, keypress="1") == called  # without a campaign it says nothing


def test_a_team_sees_none_of_others(batch, called):
    member = factories.make_user(LOOK)
    factories.make_team(accounts=[factories.make_account()]).members.add(member)

    assert found(client_of(member), LIST, campaign__id__exact=batch.campaign_id, days=7) == []


def test_a_filtered_list_costs_the_same_for_one_call_and_for_many(batch, called):
    client = visitor(is_superuser=True)
    here = f"{LIST}?campaign__id__exact={batch.campaign_id}&days=7&keypress=any"
    CallRecord.objects.exclude(keypress="1").update(keypress="")
    few = query_count(client, here)

    CallRecord.objects.update(keypress="1")

    assert query_count(client, here) == few
