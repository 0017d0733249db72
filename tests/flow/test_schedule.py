"""A campaign starts at a time, and never by itself when that time is long over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dialer.flow import batching, lifecycle
from dialer.flow.mistakes import DialerError
from dialer.models import Account, Campaign
from tests.factories import make_campaign, make_contacts, make_do_not_call, make_user

pytestmark = pytest.mark.django_db

State = Campaign.State
HOUR = timedelta(hours=1)


def scheduled(**fields: object) -> Campaign:
    """A campaign that starts in an hour."""
    campaign = make_campaign(**fields)
    make_contacts(2, campaign=campaign)
    lifecycle.schedule(campaign, start_at=timezone.now() + HOUR, by=make_user())
    return fresh(campaign)


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def test_it_runs_once_its_moment_has_come() -> None:
    campaign = scheduled()
    assert campaign.state == State.SCHEDULED
    assert batching.fill(campaign) is None

    assert lifecycle.start_due(now=campaign.start_at - timedelta(seconds=1)) == 0
    assert fresh(campaign).state == State.SCHEDULED
    assert lifecycle.start_due(now=campaign.start_at) == 1
    assert lifecycle.start_due(now=campaign.start_at) == 0

    started = fresh(campaign)
    assert (started.state, started.launched_by) == (State.RUNNING, campaign.launched_by)


def test_within_the_grace_it_starts_late() -> None:
    campaign = scheduled(late_grace_minutes=60)

    lifecycle.start_due(now=campaign.start_at + HOUR)

    assert fresh(campaign).state == State.RUNNING


def test_later_than_the_grace_it_asks_instead_and_a_person_decides() -> None:
    campaign = scheduled(late_grace_minutes=60)
    late = campaign.start_at + HOUR + timedelta(seconds=1)

    assert lifecycle.start_due(now=late) == 0
    assert lifecycle.start_due(now=campaign.start_at) == 0  # it goes on asking, whatever a clock says

    campaign = fresh(campaign)
    assert campaign.state == State.SCHEDULED
    assert "Shall it start now?" in campaign.asks_because
    lifecycle.launch(campaign, by=make_user())
    assert (fresh(campaign).state, fresh(campaign).asks_because) == (State.RUNNING, "")


def test_a_sweep_after_a_breakdown_or_of_a_restored_backup_starts_nothing_stale() -> None:
    campaign = scheduled()
    Campaign.objects.update(start_at=timezone.now() - timedelta(days=3))

    lifecycle.settle_next()

    assert fresh(campaign).state == State.SCHEDULED
    assert fresh(campaign).asks_because


def test_what_stands_against_the_start_is_said_and_nothing_starts() -> None:
    campaign = scheduled()
    Account.objects.update(stopped_because="Wrong key.")

    lifecycle.start_due(now=campaign.start_at)

    campaign = fresh(campaign)
    assert campaign.state == State.SCHEDULED
    assert campaign.asks_because.startswith("It could not start:")
    assert "Wrong key." in campaign.asks_because


def test_the_lists_are_compared_when_it_starts_and_not_only_when_it_was_planned() -> None:
    campaign = scheduled()
    make_do_not_call(number=campaign.contacts.first().number)

    lifecycle.start_due(now=campaign.start_at)

    assert campaign.contacts.filter(skip_reason="").count() == 1


def test_it_can_be_taken_back() -> None:
    campaign = scheduled()

    lifecycle.unschedule(campaign)

    assert (fresh(campaign).state, fresh(campaign).start_at) == (State.DRAFT, None)
    assert (fresh(campaign).launched_at, fresh(campaign).launched_by) == (None, None)  # nobody launched a draft
    assert lifecycle.start_due(now=timezone.now() + 2 * HOUR) == 0
    with pytest.raises(DialerError, match="can't be taken back"):
        lifecycle.unschedule(fresh(campaign))


@pytest.mark.parametrize("is_planned_anew", [False, True])
def test_a_sweep_that_looked_a_moment_before_it_was_taken_back_starts_nothing(is_planned_anew: bool) -> None:
    campaign = scheduled()
    looked_at = fresh(campaign)
    lifecycle.unschedule(campaign)
    if is_planned_anew:
        lifecycle.schedule(fresh(campaign), start_at=looked_at.start_at + HOUR, by=make_user())

    assert not lifecycle._start_or_ask(looked_at, now=looked_at.start_at)

    assert fresh(campaign).state == (State.SCHEDULED if is_planned_anew else State.DRAFT)
    assert fresh(campaign).asks_because == ""


def test_one_that_asked_can_be_taken_back_and_planned_again() -> None:
    campaign = scheduled()
    lifecycle.start_due(now=campaign.start_at + 5 * HOUR)

    lifecycle.unschedule(fresh(campaign))
    lifecycle.schedule(fresh(campaign), start_at=timezone.now() + HOUR)

    assert fresh(campaign).asks_because == ""
    assert lifecycle.start_due(now=timezone.now() + HOUR) == 1


def test_it_can_be_cancelled() -> None:
    campaign = scheduled()

    lifecycle.cancel(campaign)

    assert lifecycle.start_due(now=campaign.start_at) == 0
    assert fresh(campaign).state == State.CANCELLED


def test_a_moment_that_has_passed_is_no_schedule() -> None:
    campaign = make_campaign()
    make_contacts(1, campaign=campaign)

    with pytest.raises(DialerError, match="has passed"):
        lifecycle.schedule(campaign, start_at=timezone.now() - timedelta(seconds=1))


def test_what_stands_against_a_launch_stands_against_a_schedule() -> None:
    with pytest.raises(DialerError, match="nobody to call"):
        lifecycle.schedule(make_campaign(), start_at=timezone.now() + HOUR)


@pytest.mark.parametrize("state", [State.SCHEDULED, State.RUNNING, State.PAUSED, State.FINISHED])
def test_only_a_draft_is_scheduled(state: str) -> None:
    campaign = make_campaign(state=state, start_at=timezone.now() + HOUR)
    make_contacts(1, campaign=campaign)

    with pytest.raises(DialerError):
        lifecycle.schedule(campaign, start_at=timezone.now() + HOUR)
