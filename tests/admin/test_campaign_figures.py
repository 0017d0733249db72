"""Each figure of a campaign's page leads to the rows that it counts: the list holds exactly so many."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dialer.flow import lifecycle, withdrawal
from dialer.flow.batch_tallies import tally_next
from dialer.models import Attempt, Batch, Campaign, Contact
from dialer.terms import Disposition, SkipReason
from tests.admin.visits import found, page_of, visitor
from tests.factories import make_batch, make_call_record, make_campaign, make_contacts, settle

pytestmark = pytest.mark.django_db

State = Batch.State
LATER = timedelta(hours=1)


def again(attempts: list[Attempt]) -> None:
    settle(attempts, Disposition.NO_ANSWER)
    Attempt.objects.filter(pk__in=[one.pk for one in attempts]).update(retry_at=timezone.now() + LATER)


def everywhere() -> Campaign:
    """Fifteen people, at least one at each place where somebody of a running campaign can be, and one skipped."""
    campaign = make_campaign(state=Campaign.State.RUNNING)
    people = make_contacts(15, campaign=campaign)
    out = list(make_batch(contacts=people[:6], state=State.ACCEPTED).attempts.order_by("pk"))
    settle(out[:1], Disposition.ANSWERED, keypress="1")
    make_call_record(attempt=out[0], keypress="1")
    again(out[1:3])
    settle(out[3:4], Disposition.NOT_CALLED)
    Attempt.objects.filter(pk=out[4].pk).update(silent_since=timezone.now())
    refused = make_batch(contacts=people[6:9], state=State.REFUSED)
    withdrawal.requeue(refused)  # one of them is with the carrier again, one waits in a batch, one for it
    make_batch(contacts=people[6:7], state=State.ACCEPTED, round=2)
    make_batch(contacts=people[7:8], state=State.WAITING, round=2)
    Attempt.objects.filter(batch=refused, contact__in=people[6:8]).update(retry_at=None)
    make_batch(contacts=people[9:10], state=State.REFUSED)
    make_batch(contacts=people[10:11], state=State.WAITING)
    Contact.objects.filter(pk=people[11].pk).update(postponed_until=timezone.now() + LATER)
    Contact.objects.filter(pk=people[12].pk).update(skip_reason=SkipReason.DO_NOT_CALL)
    Campaign.objects.filter(pk=campaign.pk).update(planned_through=people[12].pk)
    return Campaign.objects.get(pk=campaign.pk)


def cancelled() -> Campaign:
    campaign = everywhere()
    lifecycle.cancel(campaign)
    return Campaign.objects.get(pk=campaign.pk)


def finished() -> Campaign:
    campaign = make_campaign(state=Campaign.State.FINISHED, is_planned=True)
    people = make_contacts(4, campaign=campaign)
    first, second, third = make_batch(contacts=people[:3], state=State.SETTLED).attempts.order_by("pk")
    settle([first], Disposition.BUSY)
    settle([second], Disposition.NOT_CALLED)
    again([third])
    make_batch(contacts=people[3:], state=State.REFUSED)
    tally_next()
    return campaign


def scheduled() -> Campaign:
    campaign = make_campaign(state=Campaign.State.SCHEDULED, start_at=timezone.now() + LATER)
    make_contacts(3, campaign=campaign)
    return campaign


def twice() -> Campaign:
    """Two people who were busy: of one the next call was answered, of the other it is still to come."""
    campaign = make_campaign(state=Campaign.State.RUNNING, is_planned=True)
    people = make_contacts(2, campaign=campaign)
    first = list(make_batch(contacts=people, state=State.SETTLED).attempts.order_by("pk"))
    settle(first, Disposition.BUSY)
    Attempt.objects.filter(pk=first[1].pk).update(retry_at=timezone.now() + LATER)
    settle(make_batch(contacts=people[:1], state=State.ACCEPTED, round=2).attempts.all(), Disposition.ANSWERED)
    for attempt in Attempt.objects.filter(settled_at__isnull=False):
        make_call_record(attempt=attempt, disposition=attempt.disposition)
    return campaign


SITUATIONS = [everywhere, cancelled, finished, scheduled, twice]


@pytest.fixture
def boss() -> Client:
    others = make_campaign(state=Campaign.State.CANCELLED)  # whose people belong to no figure of this campaign
    make_batch(contacts=make_contacts(3, campaign=others), state=State.REFUSED)
    make_contacts(2, campaign=others)
    return visitor(is_superuser=True)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("kind", ["settled", "waiting", "silent", "not-called"])
def test_a_part_leads_to_its_people(boss: Client, situation: Callable[[], Campaign], kind: str) -> None:
    campaign = situation()

    part = next(part for part in boss.get(page_of(campaign)).context["parts"] if part.kind == kind)

    if part.count:
        assert len(found(boss, part.url)) == part.count
    else:
        assert part.url == ""


def test_the_parts_that_lead_somewhere_are_not_empty_here() -> None:
    counts = {part.kind: part.count for part in visitor(is_superuser=True).get(page_of(everywhere())).context["parts"]}

    assert counts == {"settled": 1, "carrier": 2, "waiting": 8, "silent": 1, "not-called": 2}


def test_who_is_still_to_come_is_listed_too(boss: Client) -> None:
    rows = {str(row.label): row for row in boss.get(page_of(everywhere())).context["pending"]}

    for name, count in {"Next round planned": 3, "Postponed": 1, "Silent": 1}.items():
        assert (rows[name].count, len(found(boss, rows[name].url))) == (count, count)


def test_a_key_leads_to_the_calls_in_which_it_was_pressed(boss: Client) -> None:
    campaign = everywhere()

    (key,) = boss.get(page_of(campaign)).context["keypresses"]

    assert found(boss, key.url) == [campaign.call_records.get().pk]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_an_outcome_leads_to_the_people_whose_last_call_ended_so(
    boss: Client, situation: Callable[[], Campaign]
) -> None:
    outcomes = boss.get(page_of(situation())).context["outcomes"]

    assert {one.kind: len(found(boss, one.url)) for one in outcomes} == {one.kind: one.count for one in outcomes}


@pytest.mark.parametrize("fate", ["open", "waiting", "again", "uncalled", "billed", "silent", "busy", "not_called"])
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_a_search_and_a_list_agree_on_who_is_where(boss: Client, situation: Callable[[], Campaign], fate: str) -> None:
    """Within a search everybody is asked for, in a list the first so many."""
    here = {"campaign__id__exact": situation().pk, "call": fate}

    assert set(found(boss, "/dialer/contact/", **here, q="+62812")) == set(found(boss, "/dialer/contact/", **here))


@pytest.mark.parametrize("fate", ["waiting", "again", "uncalled"])
def test_without_a_campaign_those_of_all_are_listed(boss: Client, fate: str) -> None:
    campaign = everywhere()
    here = set(found(boss, "/dialer/contact/", call=fate, campaign__id__exact=campaign.pk))
    everywhere_else = set(found(boss, "/dialer/contact/", call=fate)) - here

    assert here <= set(found(boss, "/dialer/contact/", call=fate))
    assert len(everywhere_else) == (5 if fate == "uncalled" else 0)  # the cancelled campaign's people
