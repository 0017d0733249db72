"""A launch of many people waits for a second person; what they approved is what is launched."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone, translation

from dialer.flow import approvals, lifecycle
from dialer.flow.approvals import NeedsApproval
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, LaunchApproval, RetryRule, Route
from dialer.terms import Disposition, SkipReason
from tests.factories import make_account, make_campaign, make_carrier_file, make_contact, make_contacts, make_user

pytestmark = pytest.mark.django_db

State = LaunchApproval.State
SOON = timedelta(hours=2)


@pytest.fixture(autouse=True)
def limit(settings: Any) -> None:
    settings.LAUNCH_APPROVAL_ABOVE = 2


@pytest.fixture
def campaign() -> Campaign:
    campaign = make_campaign()
    make_contacts(3, campaign=campaign)
    return campaign


def test_a_large_launch_is_refused_and_calls_nobody(campaign: Campaign) -> None:
    with pytest.raises(NeedsApproval, match="a second person approves it first"):
        lifecycle.launch(campaign, by=make_user())
    with pytest.raises(NeedsApproval):
        lifecycle.schedule(campaign, start_at=timezone.now() + SOON)

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DRAFT
    assert not campaign.launch_sheets.exists()


@pytest.mark.parametrize("limit_is", [0, 3])
def test_a_launch_up_to_the_limit_needs_nobody(campaign: Campaign, settings: Any, limit_is: int) -> None:
    settings.LAUNCH_APPROVAL_ABOVE = limit_is

    assert lifecycle.launch(campaign).callable_count == 3


def test_what_somebody_else_approves_is_launched_in_the_name_of_who_asked(campaign: Campaign) -> None:
    asker, other = make_user(username="ana"), make_user(username="budi")
    approval = approvals.ask(campaign, by=asker)

    lifecycle.approve(approval, by=other)

    campaign.refresh_from_db()
    approval.refresh_from_db()
    assert (campaign.state, campaign.launched_by) == (Campaign.State.RUNNING, asker)
    assert (approval.state, approval.decided_by) == (State.APPROVED, other)
    sheet = campaign.launch_sheets.get()
    assert (sheet.content["approval"]["asked_by"], sheet.content["approval"]["approved_by"]) == ("ana", "budi")
    said = list(LogEntry.objects.filter(object_id=str(campaign.pk)).values_list("user__username", "change_message"))
    assert ("budi", "Approved the launch for ana.") in said


def test_who_approves_may_speak_another_language_than_who_asked(campaign: Campaign) -> None:
    _a_rule(campaign)
    with translation.override("es"):
        approval = approvals.ask(campaign, by=make_user())

    lifecycle.approve(approval, by=make_user())

    approval.refresh_from_db()
    assert approval.state == State.APPROVED


def test_nobody_approves_their_own(campaign: Campaign) -> None:
    asker = make_user()
    approval = approvals.ask(campaign, by=asker)

    with pytest.raises(DialerError, match="somebody else approves it"):
        lifecycle.approve(approval, by=asker)

    approval.refresh_from_db()
    assert approval.state == State.WAITING


def _another_list(campaign: Campaign) -> None:
    make_contact(campaign=campaign)


def _another_text(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(caller_id="12345")


def _a_rule(campaign: Campaign) -> None:
    RetryRule.objects.create(campaign=campaign, disposition=Disposition.BUSY, more_rounds=1, pause_minutes=5)


def _another_account(campaign: Campaign) -> None:
    account = make_account()
    make_carrier_file(voice_file=campaign.voice_file, account=account)
    Route.objects.create(campaign=campaign, account=account)


def _other_hours(campaign: Campaign) -> None:
    campaign.call_windows.filter(weekday=0).delete()


def _the_list_read_anew(campaign: Campaign) -> None:
    campaign.contact_lists.update(encoding="cp1252", delimiter=";")  # the same rows with other texts


CHANGES = [_another_list, _the_list_read_anew, _another_text, _a_rule, _another_account, _other_hours]


@pytest.mark.parametrize("change", CHANGES)
def test_an_approval_is_void_once_the_campaign_is_another(campaign: Campaign, change: Any) -> None:
    approval = approvals.ask(campaign, by=make_user())
    change(campaign)

    with pytest.raises(DialerError, match="changed since it was asked for"):
        lifecycle.approve(approval, by=make_user())

    campaign.refresh_from_db()
    approval.refresh_from_db()
    assert (campaign.state, approval.state) == (Campaign.State.DRAFT, State.VOID)


@pytest.mark.parametrize("change", CHANGES)
def test_a_scheduled_campaign_that_is_another_asks_instead_of_starting(campaign: Campaign, change: Any) -> None:
    start_at = timezone.now() + SOON
    lifecycle.approve(approvals.ask(campaign, by=make_user(), start_at=start_at), by=make_user())
    change(campaign)

    assert lifecycle.start_due(now=start_at) == 0

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.SCHEDULED
    assert "changed since it was approved" in campaign.asks_because


def test_an_approved_start_comes_at_its_time_though_somebody_said_no_meanwhile(campaign: Campaign) -> None:
    start_at = timezone.now() + SOON
    lifecycle.approve(approvals.ask(campaign, by=make_user(), start_at=start_at), by=make_user())
    campaign.refresh_from_db()
    assert (campaign.state, campaign.start_at) == (Campaign.State.SCHEDULED, start_at)
    more = campaign.contacts.first()
    assert more is not None
    campaign.contacts.filter(pk=more.pk).update(skip_reason=SkipReason.DO_NOT_CALL)

    assert lifecycle.start_due(now=start_at) == 1


def test_a_schedule_that_is_taken_back_takes_its_approval_along(campaign: Campaign) -> None:
    lifecycle.approve(approvals.ask(campaign, by=make_user(), start_at=timezone.now() + SOON), by=make_user())
    campaign.refresh_from_db()

    lifecycle.unschedule(campaign)

    with pytest.raises(NeedsApproval):
        lifecycle.launch(campaign)


def test_who_asked_for_a_later_start_does_not_launch_before_it(campaign: Campaign) -> None:
    asker, start_at = make_user(), timezone.now() + SOON
    lifecycle.approve(approvals.ask(campaign, by=asker, start_at=start_at), by=make_user())

    with pytest.raises(NeedsApproval, match="once more"):
        lifecycle.launch(campaign, by=asker)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.start_at) == (Campaign.State.SCHEDULED, start_at)
    assert lifecycle.start_due(now=start_at) == 1


def test_a_decision_is_made_once_and_a_refusal_has_a_reason(campaign: Campaign) -> None:
    approval = approvals.ask(campaign, by=make_user())
    with pytest.raises(DialerError, match="Write down why"):
        approvals.decline(approval, by=make_user(), because="no")

    approvals.decline(approval, by=make_user(), because="The list is last year's.")

    for decide in (
        lambda: lifecycle.approve(approval, by=make_user()),
        lambda: approvals.decline(approval, by=make_user(), because="The list is last year's."),
    ):
        with pytest.raises(DialerError, match="decided"):
            decide()
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DRAFT


def test_who_decided_on_an_older_page_is_told_so(campaign: Campaign) -> None:
    seen = approvals.ask(campaign, by=make_user())
    stale = LaunchApproval.objects.get(pk=seen.pk)
    approvals.ask(campaign, by=make_user())

    with pytest.raises(DialerError, match="meanwhile"):
        lifecycle.approve(stale, by=make_user())

    assert LaunchApproval.objects.filter(state=State.WAITING).count() == 1


def test_what_can_not_be_launched_can_not_be_asked_for() -> None:
    with pytest.raises(DialerError, match="nobody to call"):
        approvals.ask(make_campaign(), by=make_user())
