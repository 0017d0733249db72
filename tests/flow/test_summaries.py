"""How far many campaigns are, as a list of them shows it."""

import pytest

from dialer.flow.summaries import QUERY_COUNT, Summary, summaries
from dialer.models import Attempt, Batch, Campaign
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


def running_campaign() -> Campaign:
    """Eight people and a skipped row: three in a settled batch, four in an accepted one, one waiting."""
    campaign = make_campaign(state=Campaign.State.RUNNING)
    contact_list = make_contact_list(campaign=campaign)
    people = make_contacts(8, contact_list=contact_list)
    make_skipped_contact(SkipReason.BLANK, contact_list=contact_list)
    settled = make_batch(contacts=people[:3], state=Batch.State.SETTLED)
    accepted = make_batch(contacts=people[3:7], state=Batch.State.ACCEPTED)
    settle(settled.attempts.all(), Disposition.ANSWERED)
    settle(accepted.attempts.all()[:1], Disposition.BUSY)
    Attempt.objects.filter(pk=accepted.attempts.last().pk).update(silent_since=campaign.launched_at)
    for attempt in Attempt.objects.filter(batch__campaign=campaign).exclude(disposition=""):
        make_call_record(attempt=attempt, disposition=attempt.disposition)
    return campaign


def test_everybody_whose_fate_is_known_is_done_and_counted_once():
    campaign = running_campaign()

    assert summaries([campaign])[campaign.pk] == Summary(callable_count=8, done=5, calls=4, answered=3)


def test_people_of_a_refused_or_cancelled_batch_are_not_done():
    campaign = make_campaign(state=Campaign.State.RUNNING)
    refused = make_batch(contacts=make_contacts(2, campaign=campaign), state=Batch.State.REFUSED)
    settle(refused.attempts.all(), Disposition.FAILED)  # a new batch was made for them
    make_batch(contacts=[attempt.contact for attempt in refused.attempts.all()], round=2)

    assert summaries([campaign])[campaign.pk].done == 0


def test_campaigns_are_not_mixed_up_and_an_empty_one_is_nothing():
    first, second, empty = running_campaign(), running_campaign(), make_campaign()

    found = summaries([first, second, empty])

    assert found[first.pk] == found[second.pk]
    assert found[empty.pk] == Summary(callable_count=0, done=0, calls=0, answered=0)


def test_the_number_of_queries_is_fixed(django_assert_num_queries):
    campaigns = [running_campaign() for _ in range(3)]

    with django_assert_num_queries(QUERY_COUNT):
        summaries(campaigns)
