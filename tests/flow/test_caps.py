"""One number is called so often in a rolling day and week and not more, whoever calls it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dialer.calling_rules import Caps
from dialer.flow import batching, caps, dispatch
from dialer.flow.caps import capped_until
from dialer.models import Batch, Campaign
from dialer.terms import Disposition
from tests.carrier import TestCarrier, placed
from tests.factories import fresh_number, make_batch, make_campaign, make_contact, make_contacts

pytestmark = pytest.mark.django_db

NO_LAW = Caps()
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@pytest.fixture(autouse=True)
def house(settings: Any) -> None:
    settings.CALLS_PER_DAY, settings.CALLS_PER_WEEK = 2, 3


def called(number: str, *agos: timedelta, state: str = Batch.State.SETTLED) -> list[Batch]:
    """The number was handed over by so many campaigns, each so long ago."""
    now = timezone.now()
    return [make_batch(contacts=[make_contact(number=number)], state=state, sent_at=now - ago) for ago in agos]


def test_a_number_called_too_often_in_a_day_is_free_when_the_first_of_those_calls_is_a_day_old() -> None:
    number, now = fresh_number(), timezone.now()
    first, _ = called(number, 5 * HOUR, HOUR)

    assert capped_until([number], law=NO_LAW, now=now) == {number: first.sent_at + DAY}
    assert capped_until([number], law=NO_LAW, now=first.sent_at + DAY) == {}


def test_a_number_called_too_often_in_a_week_waits_for_the_week_to_roll_on() -> None:
    number, now = fresh_number(), timezone.now()
    first, _, _ = called(number, 6 * DAY, 4 * DAY, 2 * DAY)

    assert capped_until([number], law=NO_LAW, now=now) == {number: first.sent_at + WEEK}


def test_the_later_of_two_limits_holds() -> None:
    number, now = fresh_number(), timezone.now()
    first, *_ = called(number, 6 * DAY, 2 * HOUR, HOUR)

    assert capped_until([number], law=NO_LAW, now=now)[number] > first.sent_at + WEEK - HOUR
    assert capped_until([number], law=NO_LAW, now=now)[number] == max(
        first.sent_at + WEEK, Batch.objects.order_by("sent_at")[1].sent_at + DAY
    )


def test_the_law_may_be_stricter_than_the_house_and_the_house_than_the_law() -> None:
    number, now = fresh_number(), timezone.now()
    called(number, HOUR)

    assert capped_until([number], law=Caps(per_day=1), now=now)
    assert not capped_until([number], law=Caps(per_day=10), now=now)
    called(number, 2 * HOUR)
    assert capped_until([number], law=Caps(per_day=10), now=now)


def test_no_limit_is_no_limit(settings: Any) -> None:
    settings.CALLS_PER_DAY = settings.CALLS_PER_WEEK = 0
    number = fresh_number()
    called(number, *[HOUR] * 9)

    assert capped_until([number], law=NO_LAW, now=timezone.now()) == {}


@pytest.mark.parametrize("state", [Batch.State.REFUSED, Batch.State.CANCELLED])
def test_what_rang_nobody_does_not_count(state: str) -> None:
    number = fresh_number()
    called(number, *[HOUR] * 3, state=state)

    assert capped_until([number], law=NO_LAW, now=timezone.now()) == {}


def test_who_was_dropped_by_the_carrier_was_not_called() -> None:
    number = fresh_number()
    for batch in called(number, *[HOUR] * 3):
        batch.attempts.update(disposition=Disposition.NOT_CALLED, settled_at=timezone.now())

    assert capped_until([number], law=NO_LAW, now=timezone.now()) == {}


def test_who_may_have_been_called_counts_as_called() -> None:
    number = fresh_number()
    called(number, HOUR, 2 * HOUR, state=Batch.State.UNCERTAIN)

    assert number in capped_until([number], law=NO_LAW, now=timezone.now())


def test_who_stands_in_a_batch_of_another_campaign_that_is_about_to_leave_counts_as_called() -> None:
    number = fresh_number()
    called(number, HOUR)
    waiting = make_batch(contacts=[make_contact(number=number)])
    now = timezone.now()

    assert number in capped_until([number], law=NO_LAW, now=now)
    assert capped_until([number], law=NO_LAW, now=now, besides=waiting) == {}


def test_a_capped_person_is_postponed_and_called_when_the_day_is_over() -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING)
    contact, other = make_contact(campaign=campaign), make_contact(campaign=campaign)
    first, _ = called(contact.number, 5 * HOUR, HOUR)

    batch = batching.fill(campaign)

    assert batch is not None
    assert [attempt.contact for attempt in batch.attempts.all()] == [other]
    contact.refresh_from_db()
    assert contact.postponed_until == first.sent_at + DAY
    assert batching.fill(campaign) is None
    later = batching.fill(campaign, now=first.sent_at + DAY)
    assert later is not None
    assert [attempt.contact for attempt in later.attempts.all()] == [contact]
    contact.refresh_from_db()
    assert contact.postponed_until is None


def test_caps_are_looked_at_again_right_before_a_batch_leaves(carrier: TestCarrier) -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING, **placed(carrier))
    capped, free = make_contact(campaign=campaign), make_contact(campaign=campaign)
    batch = make_batch(contacts=[capped, free])
    called(capped.number, 2 * HOUR, HOUR)

    dispatch.send(batch)

    assert len(carrier.sandbox.memory.calls) == 1
    capped.refresh_from_db()
    assert capped.postponed_until is not None
    assert not capped.attempts.filter(batch=batch).exists()


def test_a_batch_of_capped_people_does_not_hold_up_the_others(carrier: TestCarrier) -> None:
    campaign = make_campaign(state=Campaign.State.RUNNING, batch_size=1, **placed(carrier))
    capped, free = make_contact(campaign=campaign), make_contact(campaign=campaign)
    batch = batching.fill(campaign)
    assert batch is not None
    called(capped.number, 2 * HOUR, HOUR)

    while dispatch.send_next():
        pass

    assert campaign.batches.get(state=Batch.State.ACCEPTED).attempts.get().contact == free
    capped.refresh_from_db()
    assert capped.postponed_until is not None
    batch.refresh_from_db()
    assert (batch.state, batch.contact_count) == (Batch.State.CANCELLED, 0)


def test_a_number_takes_the_same_number_of_queries_as_a_thousand(django_assert_num_queries: Any) -> None:
    numbers = [fresh_number() for _ in range(1000)]
    called(numbers[0], HOUR, HOUR)

    with django_assert_num_queries(1):
        assert capped_until(numbers, law=NO_LAW, now=timezone.now())


def test_counting_the_capped_agrees_with_naming_them(settings) -> None:
    settings.CALLS_PER_DAY, settings.CALLS_PER_WEEK = 1, 2
    now = timezone.now()
    campaign = make_campaign()
    people = make_contacts(4, campaign=campaign)
    hour, days = now - timedelta(hours=1), now - timedelta(days=3)
    make_batch(contacts=people[:1], state=Batch.State.ACCEPTED, sent_at=hour)  # today
    make_batch(contacts=people[1:2], state=Batch.State.ACCEPTED, sent_at=days)  # once this week
    make_batch(contacts=people[2:3], state=Batch.State.REFUSED, sent_at=hour)  # never
    numbers = [contact.number for contact in people]

    named = caps.capped_until(numbers, law=NO_LAW, now=now)

    assert len(named) == caps.capped_count(numbers, law=NO_LAW, now=now) == 1
    assert [row.contact for row in caps.handed_over(since=now - caps.DAY)] == people[:1]
