"""The operator's orders, and the end of batches and campaigns."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dialer.flow import batching, lifecycle
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import preflight
from dialer.models import Attempt, Batch, Campaign, ContactList
from dialer.terms import Disposition, SkipReason
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_contact_list,
    make_contacts,
    make_do_not_call,
    make_user,
    settle,
)

pytestmark = pytest.mark.django_db

State = Campaign.State


def ready(**fields: object) -> Campaign:
    campaign = make_campaign(**fields)
    make_contacts(3, campaign=campaign)
    return campaign


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def test_a_launch_notes_who_and_when_and_what_was_confirmed() -> None:
    campaign, user = ready(batch_size=2), make_user()

    sheet = lifecycle.launch(campaign, by=user)

    assert (sheet.callable_count, sheet.batch_count) == (3, 2)
    campaign = fresh(campaign)
    assert (campaign.state, campaign.launched_by) == (State.RUNNING, user)
    assert campaign.launched_at is not None


def test_a_second_click_on_launch_changes_nothing() -> None:
    campaign = ready()
    lifecycle.launch(campaign)
    launched_at = fresh(campaign).launched_at

    with pytest.raises(DialerError, match="launched already"):
        lifecycle.launch(campaign)

    assert fresh(campaign).launched_at == launched_at


def test_who_came_on_the_do_not_call_list_after_the_upload_is_skipped_at_the_launch() -> None:
    campaign = ready()
    contact = campaign.contacts.first()
    make_do_not_call(number=contact.number)

    assert lifecycle.launch(campaign).skipped == {SkipReason.DO_NOT_CALL: 1}

    contact.refresh_from_db()
    assert contact.skip_reason == SkipReason.DO_NOT_CALL


def test_there_is_no_launch_with_nobody_to_call() -> None:
    with pytest.raises(DialerError, match="nobody to call"):
        lifecycle.launch(make_campaign())


def test_there_is_no_launch_while_a_list_is_being_read() -> None:
    campaign = ready()
    make_contact_list(campaign=campaign, state=ContactList.State.READING)

    with pytest.raises(DialerError, match="being read"):
        lifecycle.launch(campaign)


def test_there_is_no_launch_while_a_list_waits_for_its_column() -> None:
    campaign = ready()
    make_contact_list(campaign=campaign, state=ContactList.State.UPLOADED, number_column=None)

    with pytest.raises(DialerError, match="choose the column"):
        lifecycle.launch(campaign)


@pytest.mark.parametrize(
    ("fields", "sentence"), [({"is_enabled": False}, "not in use"), ({"stopped_because": "Wrong key."}, "Wrong key.")]
)
def test_there_is_no_launch_over_an_account_that_can_not_send(fields: dict[str, object], sentence: str) -> None:
    campaign = ready(account=make_account(**fields))

    with pytest.raises(DialerError, match=sentence):
        lifecycle.launch(campaign)

    assert fresh(campaign).state == State.DRAFT


def test_there_is_no_launch_without_the_voice_file_at_the_carrier() -> None:
    campaign = ready()
    campaign.voice_file.carrier_files.all().delete()

    assert any("has no name at the carrier" in str(problem) for problem in preflight(campaign).problems)


def test_pause_and_resume_change_places_and_say_so_when_they_can_not() -> None:
    campaign = ready()
    lifecycle.launch(campaign)

    lifecycle.pause(fresh(campaign), because="lunch")
    assert (fresh(campaign).state, fresh(campaign).paused_because) == (State.PAUSED, "lunch")
    with pytest.raises(DialerError, match="can't be paused"):
        lifecycle.pause(fresh(campaign), because="again")

    lifecycle.resume(fresh(campaign))
    assert (fresh(campaign).state, fresh(campaign).paused_because) == (State.RUNNING, "")
    with pytest.raises(DialerError, match="can't be resumed"):
        lifecycle.resume(fresh(campaign))


def test_resuming_gives_the_people_of_a_refused_batch_another_one() -> None:
    campaign = make_campaign(state=State.PAUSED)
    make_batch(contacts=make_contacts(2, campaign=campaign), state=Batch.State.REFUSED)

    lifecycle.resume(campaign)

    again = batching.fill(campaign)
    assert again is not None
    assert again.attempts.count() == 2


def test_a_cancelled_campaign_sends_nothing_more_and_says_who_can_not_be_called_back() -> None:
    campaign = make_campaign(state=State.RUNNING)
    waiting = make_batch(contacts=make_contacts(2, campaign=campaign))
    make_batch(contacts=make_contacts(3, campaign=campaign), state=Batch.State.ACCEPTED)

    assert lifecycle.cancel(campaign) == 3

    waiting.refresh_from_db()
    assert (fresh(campaign).state, waiting.state) == (State.CANCELLED, Batch.State.CANCELLED)
    with pytest.raises(DialerError, match="can't be cancelled"):
        lifecycle.cancel(fresh(campaign))


def test_a_batch_that_was_made_in_the_moment_of_the_cancel_is_cancelled_too() -> None:
    late = make_batch(campaign=make_campaign(state=State.CANCELLED))

    lifecycle.settle_next()

    late.refresh_from_db()
    assert late.state == Batch.State.CANCELLED


def test_a_batch_is_settled_when_everybody_in_it_was_billed() -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    first, second = batch.attempts.all()

    settle([first], Disposition.BUSY)
    lifecycle.settle_next()
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.ACCEPTED

    settle([second], Disposition.ANSWERED)
    lifecycle.settle_next()
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.SETTLED


def test_an_attempt_that_is_never_billed_is_declared_silent_once_the_carrier_was_asked_in_vain() -> None:
    long_ago = timezone.now() - timedelta(days=2)
    old = make_batch(state=Batch.State.ACCEPTED, sent_at=long_ago, asked_at=timezone.now())
    Campaign.objects.update(drops_undialled_today=False)  # else whoever is not billed was not called
    young = make_batch(state=Batch.State.ACCEPTED)
    never_asked = make_batch(state=Batch.State.ACCEPTED, sent_at=long_ago)

    lifecycle.settle_next()

    assert old.attempts.filter(silent_since__isnull=False).count() == 2
    assert Batch.objects.get(pk=old.pk).state == Batch.State.SETTLED
    assert not young.attempts.filter(silent_since__isnull=False).exists()
    assert not never_asked.attempts.filter(silent_since__isnull=False).exists()


@pytest.mark.parametrize(
    "state", [Batch.State.WAITING, Batch.State.SENDING, Batch.State.UNCERTAIN, Batch.State.ACCEPTED]
)
def test_a_campaign_with_an_open_batch_is_not_finished(state: str) -> None:
    campaign = make_campaign(state=State.RUNNING, is_planned=True)
    make_batch(contacts=make_contacts(1, campaign=campaign), state=state)

    lifecycle.settle_next()

    assert fresh(campaign).state == State.RUNNING


def test_a_campaign_is_finished_when_everybody_was_planned_and_no_batch_is_open() -> None:
    campaign = make_campaign(state=State.RUNNING, is_planned=True)
    batch = make_batch(contacts=make_contacts(1, campaign=campaign), state=Batch.State.ACCEPTED)
    settle(batch.attempts.all(), Disposition.NO_ANSWER)
    half = make_campaign(state=State.RUNNING, is_planned=False)

    lifecycle.settle_next()

    assert fresh(campaign).state == State.FINISHED
    assert fresh(campaign).ended_at is not None
    assert fresh(half).state == State.RUNNING


def test_a_bill_proves_an_uncertain_batch() -> None:
    batch = make_batch(state=Batch.State.UNCERTAIN)
    unproven = make_batch(state=Batch.State.UNCERTAIN)
    make_call_record(attempt=Attempt.objects.filter(batch=batch).first())

    lifecycle.settle_next()

    assert Batch.objects.get(pk=batch.pk).state == Batch.State.ACCEPTED
    assert Batch.objects.get(pk=unproven.pk).state == Batch.State.UNCERTAIN
