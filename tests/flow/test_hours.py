"""Nobody is rung at a forbidden hour: looked at when a batch is planned, and again right before it leaves."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.admin.models import LogEntry

from dialer.flow import batching, dispatch, hours, lifecycle
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import preflight
from dialer.models import Batch, Campaign
from tests.carrier import TestCarrier, placed
from tests.factories import (
    make_account,
    make_batch,
    make_campaign,
    make_contact,
    make_contacts,
    make_user,
    open_campaign,
)

pytestmark = pytest.mark.django_db

State = Campaign.State
REASON = "The chamber of commerce asked for early calls."

# Service calls to Indonesia: Monday to Saturday, 09:00 to 20:00, on three clocks from UTC+7 to UTC+9.
WEDNESDAY = datetime(2026, 10, 14, 5, 0, tzinfo=UTC)  # open on all clocks
EVENING = datetime(2026, 10, 14, 11, 30, tzinfo=UTC)  # 18:30 in Jakarta, 20:30 in Jayapura
NIGHT = datetime(2026, 10, 14, 16, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 10, 18, 5, 0, tzinfo=UTC)
INDEPENDENCE_DAY = datetime(2026, 8, 17, 5, 0, tzinfo=UTC)  # a Monday
MORNING = datetime(2026, 10, 15, 2, 0, tzinfo=UTC)  # 09:00 in Jakarta: open on all clocks again
IN_JAKARTA = "+62215550123"


def lawful(**fields: object) -> Campaign:
    return make_campaign(**{"state": State.RUNNING, "widened_because": "", **fields})


def test_people_are_called_while_it_is_open_where_they_live() -> None:
    campaign = lawful()
    make_contacts(2, campaign=campaign)

    batch = batching.fill(campaign, now=WEDNESDAY)

    assert batch is not None
    assert batch.contact_count == 2


@pytest.mark.parametrize("moment", [NIGHT, SUNDAY, INDEPENDENCE_DAY])
def test_nobody_is_planned_at_night_on_sundays_and_on_holidays(moment: datetime) -> None:
    campaign = lawful()
    make_contacts(2, campaign=campaign)

    assert batching.fill(campaign, now=moment) is None
    assert not campaign.contacts.exclude(postponed_until=None).exists()  # and nobody was looked at in vain


def test_a_mobile_number_is_called_only_when_it_is_open_on_every_clock_of_the_country() -> None:
    campaign = lawful()
    mobile = make_contact(campaign=campaign)
    landline = make_contact(contact_list=mobile.contact_list, number=IN_JAKARTA)

    batch = batching.fill(campaign, now=EVENING)

    assert batch is not None
    assert [attempt.contact for attempt in batch.attempts.all()] == [landline]
    mobile.refresh_from_db()
    assert mobile.postponed_until == MORNING

    later = batching.fill(campaign, now=MORNING)
    assert later is not None
    assert [attempt.contact for attempt in later.attempts.all()] == [mobile]


def test_a_campaign_with_postponed_people_is_not_finished() -> None:
    campaign = lawful()
    make_contact(campaign=campaign)
    batching.fill(campaign, now=EVENING)

    lifecycle.settle_next()

    campaign.refresh_from_db()
    assert campaign.state == State.RUNNING


def test_a_batch_that_waited_past_closing_time_does_not_leave(carrier: TestCarrier) -> None:
    campaign = lawful(**placed(carrier))
    batch = make_batch(contacts=make_contacts(2, campaign=campaign))

    dispatch.send(batch, now=NIGHT)

    batch.refresh_from_db()
    assert (batch.state, batch.due_at, batch.contact_count) == (Batch.State.WAITING, MORNING, 2)
    assert "09:00" in batch.message
    assert carrier.sandbox.memory.calls == {}


def test_right_before_it_leaves_those_who_sleep_already_are_put_back(carrier: TestCarrier) -> None:
    campaign = lawful(**placed(carrier), is_planned=True)
    mobile = make_contact(campaign=campaign)
    landline = make_contact(contact_list=mobile.contact_list, number=IN_JAKARTA)
    batch = make_batch(contacts=[mobile, landline])

    dispatch.send(batch, now=EVENING)

    batch.refresh_from_db()
    assert (batch.state, batch.contact_count) == (Batch.State.ACCEPTED, 1)
    assert len(carrier.sandbox.memory.calls) == 1
    mobile.refresh_from_db()
    assert mobile.postponed_until == MORNING
    assert not mobile.attempts.exists()


def test_who_is_put_back_in_a_later_round_is_due_for_that_round_again(carrier: TestCarrier) -> None:
    campaign = lawful(**placed(carrier), is_planned=True)
    mobile = make_contact(campaign=campaign)
    landline = make_contact(contact_list=mobile.contact_list, number=IN_JAKARTA)
    first = make_batch(contacts=[mobile, landline], state=Batch.State.SETTLED)
    first.attempts.update(settled_at=WEDNESDAY, is_judged=True)
    second = make_batch(contacts=[mobile, landline], round=2)

    dispatch.send(second, now=EVENING)

    assert mobile.attempts.get().retry_at == MORNING
    again = batching.fill(campaign, now=MORNING)
    assert again is not None
    assert [(attempt.contact, attempt.round) for attempt in again.attempts.all()] == [(mobile, 2)]


def test_an_operator_narrows_the_hours_freely() -> None:
    campaign = lawful()
    open_campaign(campaign, weekdays=[2], opens=time(14), closes=time(16))
    make_contacts(1, campaign=campaign)

    assert batching.fill(campaign, now=datetime(2026, 10, 14, 2, 30, tzinfo=UTC)) is None
    assert batching.fill(campaign, now=datetime(2026, 10, 15, 7, 0, tzinfo=UTC)) is None  # 14:00, but on Thursday


def test_hours_of_ones_own_never_open_what_the_law_closes() -> None:
    campaign = lawful()
    open_campaign(campaign, weekdays=range(7), opens=time(0), closes=time(0))
    make_contacts(1, campaign=campaign)

    assert batching.fill(campaign, now=NIGHT) is None
    assert batching.fill(campaign, now=SUNDAY) is None
    assert any("goes beyond" in str(problem) for problem in preflight(campaign).problems)


def test_widened_hours_are_the_campaigns_own_and_no_more() -> None:
    campaign = make_campaign(widened_because="")
    open_campaign(campaign, weekdays=range(7), opens=time(22), closes=time(2))  # across midnight
    hours.widen(campaign, because=REASON, by=make_user())

    found = hours.hours_of(campaign, on=NIGHT.date())

    assert found.is_open(NIGHT, numbers=[IN_JAKARTA])  # 23:00
    assert found.is_open(NIGHT + timedelta(hours=2), numbers=[IN_JAKARTA])  # 01:00 of the next day
    assert not found.is_open(NIGHT + timedelta(hours=3), numbers=[IN_JAKARTA])
    assert not found.is_open(WEDNESDAY, numbers=[IN_JAKARTA])  # though the law allows it


def test_widened_hours_are_explained_as_the_campaigns_own_and_not_as_the_laws() -> None:
    campaign = make_campaign(widened_because="")
    open_campaign(campaign, weekdays=range(7), opens=time(22), closes=time(2))
    assert hours.hours_of(campaign, on=NIGHT.date()).explain(NIGHT).startswith("In Indonesia, service calls are")
    hours.widen(campaign, because=REASON, by=make_user())

    said = hours.hours_of(campaign, on=NIGHT.date()).explain(NIGHT)

    assert said.startswith("The law's hours are not kept, but the campaign's own. This campaign calls Mon-Sun ")
    assert "In Indonesia" not in said
    assert "It is 23:00 on Wed in Jakarta" in said


def test_widening_keeps_who_and_why_and_when() -> None:
    campaign, user = make_campaign(widened_because=""), make_user()
    open_campaign(campaign, weekdays=[6], opens=time(9), closes=time(12))

    hours.widen(campaign, because=f"  {REASON} ", by=user)

    campaign = Campaign.objects.get(pk=campaign.pk)
    assert (campaign.widened_because, campaign.widened_by) == (REASON, user)
    assert campaign.widened_at is not None
    entry = LogEntry.objects.get(object_id=str(campaign.pk))
    assert (entry.user, REASON in entry.change_message) == (user, True)

    hours.keep_to_law(campaign, by=user)

    campaign = Campaign.objects.get(pk=campaign.pk)
    assert (campaign.widened_because, campaign.widened_by, campaign.widened_at) == ("", None, None)
    newest = LogEntry.objects.filter(object_id=str(campaign.pk)).latest("pk")
    assert REASON in newest.change_message  # the reason outlives the widening
    with pytest.raises(DialerError, match="already"):
        hours.keep_to_law(campaign, by=user)


@pytest.mark.parametrize("because", ["", "  ", "because"])
def test_there_is_no_widening_without_a_written_reason(because: str) -> None:
    campaign = make_campaign(widened_because="")
    open_campaign(campaign, weekdays=[6], opens=time(9), closes=time(12))

    with pytest.raises(DialerError, match="why"):
        hours.widen(campaign, because=because, by=make_user())

    assert not Campaign.objects.get(pk=campaign.pk).widened_because


@pytest.mark.parametrize("state", [State.RUNNING, State.SCHEDULED, State.FINISHED, State.CANCELLED])
def test_nobody_widens_the_hours_of_a_campaign_that_runs_or_has_ended(state: str) -> None:
    campaign = make_campaign(state=state, widened_because="")
    open_campaign(campaign, weekdays=[6], opens=time(9), closes=time(12))

    with pytest.raises(DialerError, match="can't be widened"):
        hours.widen(campaign, because=REASON, by=make_user())


def test_hours_are_widened_to_something_written_down() -> None:
    campaign = make_campaign(widened_because="")

    with pytest.raises(DialerError, match="Write down the hours"):
        hours.widen(campaign, because=REASON, by=make_user())


def test_a_widened_campaign_whose_windows_are_gone_keeps_to_the_law() -> None:
    campaign = make_campaign(widened_because=REASON)
    campaign.call_windows.all().delete()

    assert not hours.hours_of(campaign, on=NIGHT.date()).is_open(NIGHT)


def test_hours_at_which_nobody_can_ever_be_called_stand_against_a_launch() -> None:
    campaign = make_campaign(widened_because="")
    open_campaign(campaign, weekdays=[6], opens=time(9), closes=time(12))  # the law closes Sundays

    assert any("nobody can be called" in str(problem) for problem in preflight(campaign).problems)


def test_without_rules_for_the_country_nobody_is_called_and_the_campaign_says_so() -> None:
    campaign = lawful(account=make_account(country="DE"))
    make_contacts(1, campaign=campaign)

    assert not dispatch.send_next()

    campaign.refresh_from_db()
    assert campaign.state == State.PAUSED
    assert "no calling rules" in campaign.paused_because


def test_the_clocks_of_the_callees_follow_their_daylight_saving_time() -> None:
    campaign = make_campaign(account=make_account(country="MX"), widened_because="")
    open_campaign(campaign, weekdays=range(5), opens=time(10), closes=time(14))
    found = hours.hours_of(campaign, on=datetime(2026, 7, 1, tzinfo=UTC).date())

    winter, summer = datetime(2026, 1, 14, 17, 30, tzinfo=UTC), datetime(2026, 7, 15, 17, 30, tzinfo=UTC)
    assert not found.is_open(winter)  # 09:30 in Tijuana, UTC-8
    assert found.is_open(summer)  # 10:30 in Tijuana, UTC-7, and before 14:00 in Cancún
