"""At a carrier that refuses repeats no batch stays uncertain: the carrier has it, or is given it once more."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dialer.carriers.contract import Call
from dialer.flow import dispatch, evidence, ledger, lifecycle, repeating, reports, verdicts, withdrawal
from dialer.flow.mistakes import DialerError
from dialer.models import Account, Attempt, Batch, CallRecord, Campaign, CarrierExchange, Contact, Route
from dialer.terms import Disposition, HungUpBy, SkipReason, Via, VoiceDelivery
from sandbox.laaffic_records import push_body
from tests.carrier import TestCarrier, number_with_fate, running_laaffic, stored
from tests.factories import (
    make_account,
    make_batch,
    make_campaign,
    make_contact,
    make_contact_list,
    make_do_not_call,
    make_laaffic_account,
    make_user,
    open_campaign,
)

pytestmark = pytest.mark.django_db

State = Batch.State
SEND = "voice/group/call/send"
LIST = "voice/group/call/query"


@pytest.fixture
def laaffic(db: None) -> Iterator[TestCarrier]:
    with running_laaffic() as running:
        yield running


def running(carrier: TestCarrier, *fates: int, **fields: Any) -> Campaign:
    """A running campaign whose text the carrier speaks, to people with these fates."""
    spoken = {"voice_delivery": VoiceDelivery.SPOKEN_TEXT, "speech_text": "Good morning.", "speech_language": "en"}
    campaign = make_campaign(account=carrier.account, **{"state": Campaign.State.RUNNING, **spoken, **fields})
    contact_list = make_contact_list(campaign=campaign)
    for fate in fates or (0, 60):
        make_contact(contact_list=contact_list, number=number_with_fate(fate))
    return campaign


def send_all() -> None:
    while dispatch.send_next():
        pass


def only(campaign: Campaign) -> Batch:
    return campaign.batches.get()


def due(batch: Batch) -> Batch:
    """The moment to look at it again has come."""
    Batch.objects.filter(pk=batch.pk).update(ask_at=timezone.now() - timedelta(seconds=1))
    return Batch.objects.get(pk=batch.pk)


def dials(carrier: TestCarrier) -> Counter[str]:
    return Counter(call.number for call in carrier.sandbox.memory.calls.values())


@pytest.mark.parametrize(
    "fate",
    ["drop_after_accept", "http_500_after_accept", "html_after_accept", "timeout_after_accept",
     "drop_before_accept", "http_500_before_accept", "html_before_accept", "timeout_before_accept"],
)  # fmt: skip
def test_a_launch_without_a_clear_answer_clears_up_by_itself_and_everybody_is_called_once(
    laaffic: TestCarrier, settings: Any, fate: str
) -> None:
    settings.HTTP_TOTAL_SECONDS = 1 if fate.startswith("timeout") else 10
    campaign = running(laaffic, 0, 60, 42)
    laaffic.order_fates(SEND, fate)

    send_all()

    batch = only(campaign)
    assert batch.state == State.ACCEPTED
    assert batch.carrier_task_id
    assert set(dials(laaffic).values()) == {1}
    assert len(dials(laaffic)) == 3


def test_a_carrier_that_has_it_is_asked_by_its_name_and_not_given_it_again(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    laaffic.order_fates(SEND, "drop_after_accept")

    send_all()

    assert only(campaign).message == repeating.FOUND
    assert laaffic.requests(SEND) == 1
    assert laaffic.requests(LIST) == 1


def test_a_carrier_that_never_had_it_gets_it_once_more_under_the_same_name(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    laaffic.order_fates(SEND, "drop_before_accept")

    send_all()

    batch = only(campaign)
    assert batch.message == repeating.REPEATED
    assert laaffic.requests(SEND) == 2
    assert {call.batch.reference for call in laaffic.sandbox.memory.calls.values()} == {batch.reference}


def test_where_its_tasks_can_not_be_listed_the_refused_repeat_proves_the_first_try(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    laaffic.order_fates(SEND, "drop_after_accept")
    laaffic.order_fates(LIST, "refuse:-22", "refuse:-22")

    send_all()

    batch = only(campaign)
    assert batch.state == State.ACCEPTED
    assert laaffic.requests(SEND) == 2
    assert set(dials(laaffic).values()) == {1}


def test_a_batch_is_never_repeated_at_another_address_than_the_one_it_was_sent_to(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    laaffic.order_fates(SEND, "drop_after_accept")
    assert dispatch.send_next()

    with running_laaffic() as stranger:
        Account.objects.filter(pk=laaffic.account.pk).update(batch_url=stranger.account.batch_url)
        send_all()
        assert not stranger.sandbox.memory.calls
    batch = only(campaign)
    assert batch.state == State.UNCERTAIN
    assert laaffic.account.batch_url in batch.message

    Account.objects.filter(pk=laaffic.account.pk).update(batch_url=laaffic.account.batch_url)
    due(batch)
    send_all()
    assert only(campaign).state == State.ACCEPTED
    assert set(dials(laaffic).values()) == {1}


def test_a_process_that_died_while_it_sent_is_cleared_up_too(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.SENDING, lease_until=timezone.now())
    Campaign.objects.update(is_planned=True)
    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    send_all()

    batch.refresh_from_db()
    assert batch.state == State.ACCEPTED
    assert set(dials(laaffic).values()) == {1}


def test_a_process_that_died_while_it_repeated_leaves_it_uncertain_and_it_clears_up(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.REPEATING)
    Campaign.objects.update(is_planned=True)
    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    send_all()

    batch.refresh_from_db()
    assert batch.state == State.ACCEPTED
    assert len(dials(laaffic)) == 2


def test_a_carrier_in_trouble_is_asked_again_with_growing_pauses(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.UNCERTAIN)
    laaffic.switch(always={LIST: "http_500_before_accept"})
    pauses = []
    for _ in range(3):
        now = timezone.now()
        repeating.clear_up(due(batch), now=now)
        batch.refresh_from_db()
        pauses.append((batch.ask_at - now).total_seconds())

    assert batch.state == State.UNCERTAIN
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    assert laaffic.requests(SEND) == 0


def test_a_repeat_waits_for_the_hours_while_the_carrier_is_still_asked(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.UNCERTAIN)
    campaign.call_windows.all().delete()
    tomorrow = (timezone.localdate() + timedelta(days=2)).weekday()
    open_campaign(campaign, weekdays=[tomorrow], opens=time(10), closes=time(11))

    repeating.clear_up(due(batch))

    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert laaffic.requests(LIST) == 1
    assert laaffic.requests(SEND) == 0
    assert not dials(laaffic)


def test_who_said_no_meanwhile_is_left_out_of_the_repeat(laaffic: TestCarrier) -> None:
    campaign = running(laaffic, 0, 1, 2)
    batch = make_batch(contacts=list(campaign.contacts.order_by("pk")), state=State.UNCERTAIN)
    unwilling = campaign.contacts.order_by("pk")[1]
    make_do_not_call(number=unwilling.number)

    repeating.clear_up(due(batch))

    batch.refresh_from_db()
    unwilling.refresh_from_db()
    assert batch.state == State.ACCEPTED
    assert batch.contact_count == 2
    assert unwilling.skip_reason == SkipReason.DO_NOT_CALL
    assert unwilling.number.strip("+") not in dials(laaffic)
    assert len(dials(laaffic)) == 2


def test_nothing_is_repeated_while_the_campaign_is_paused_but_the_carrier_is_asked(laaffic: TestCarrier) -> None:
    campaign = running(laaffic, state=Campaign.State.PAUSED, is_planned=True)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.UNCERTAIN)

    repeating.clear_up(due(batch))
    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert not dials(laaffic)

    lifecycle.resume(campaign)
    due(batch)
    send_all()

    batch.refresh_from_db()
    assert batch.state == State.ACCEPTED


def test_of_a_cancelled_campaign_the_carriers_word_decides(laaffic: TestCarrier) -> None:
    campaign = running(laaffic, state=Campaign.State.CANCELLED)
    batch = make_batch(
        contacts=list(campaign.contacts.all()), state=State.UNCERTAIN, sent_at=timezone.now() - timedelta(hours=1)
    )

    repeating.clear_up(due(batch))

    batch.refresh_from_db()
    assert batch.state == State.REFUSED
    assert batch.message == repeating.NOT_THERE
    assert not Attempt.objects.filter(retry_at__isnull=False).exists()
    assert laaffic.requests(SEND) == 0


def test_a_repeat_that_is_refused_for_another_reason_pauses_the_campaign_and_stays_uncertain(
    laaffic: TestCarrier,
) -> None:
    campaign = running(laaffic)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.UNCERTAIN)
    laaffic.order_fates(SEND, "refuse:-10")

    repeating.clear_up(due(batch))

    batch.refresh_from_db()
    campaign.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert batch.carrier_code == "-10"
    assert campaign.state == Campaign.State.PAUSED
    assert not dials(laaffic)


def test_too_many_tasks_let_the_batch_wait_and_the_campaign_run(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    laaffic.order_fates(SEND, "refuse:-37")

    dispatch.send_next()

    campaign.refresh_from_db()
    batch = only(campaign)
    assert (batch.state, campaign.state) == (State.WAITING, Campaign.State.RUNNING)
    assert batch.due_at > timezone.now()


def test_an_empty_account_pauses_the_campaign_and_nobody_is_lost(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    laaffic.order_fates(SEND, "refuse:-10")
    send_all()
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED

    lifecycle.resume(campaign)
    send_all()

    assert set(dials(laaffic).values()) == {1}
    assert len(dials(laaffic)) == 2


def test_credentials_that_are_not_accepted_stop_the_account(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    laaffic.order_fates(SEND, "refuse:-1")

    send_all()

    laaffic.account.refresh_from_db()
    campaign.refresh_from_db()
    assert laaffic.account.stopped_because
    assert campaign.state == Campaign.State.PAUSED


def test_what_is_unclear_is_cleared_up_also_by_an_account_that_takes_nobody_new(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.UNCERTAIN)
    Route.objects.create(campaign=campaign, account=laaffic.account, closed_because="Its calls failed.")

    repeating.clear_up(due(batch))

    batch.refresh_from_db()
    assert batch.state == State.ACCEPTED
    assert len(dials(laaffic)) == 2


def test_as_long_as_one_of_them_may_not_be_called_yet_the_whole_batch_waits(
    laaffic: TestCarrier, settings: Any
) -> None:
    settings.CALLS_PER_DAY = 1
    campaign = running(laaffic, 0, 1)
    people = list(campaign.contacts.order_by("pk"))
    batch = make_batch(contacts=people, state=State.UNCERTAIN)
    elsewhere = make_contact(campaign=make_campaign(account=laaffic.account), number=people[0].number)
    make_batch(contacts=[elsewhere], state=State.SETTLED, sent_at=timezone.now() - timedelta(hours=1))

    repeating.clear_up(due(batch))

    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert not dials(laaffic)


def test_a_launch_at_another_carrier_is_never_repeated(carrier: TestCarrier) -> None:
    batch = due(carrier.batch(0, state=State.UNCERTAIN))

    assert not repeating.clear_up_next()
    assert not repeating.clear_up(batch)

    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert State.REPEATING not in {state for state, moves in Batch.MOVES.items() if State.SENDING in moves}


def test_an_account_that_was_stopped_is_not_asked(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.UNCERTAIN)
    Account.objects.update(stopped_because="The carrier does not accept it.")

    assert not repeating.clear_up(due(batch))

    assert not CarrierExchange.objects.exists()


def test_the_ledger_leaves_such_batches_alone(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    due(make_batch(contacts=list(campaign.contacts.all()), state=State.UNCERTAIN))

    assert not ledger.ask_next()


# --- a repeat is a call of today ---


def uncertain(campaign: Campaign, **fields: Any) -> Batch:
    """A batch of everybody in the campaign that left an hour ago and got no clear answer; it is due for a look."""
    sent_at = fields.pop("sent_at", timezone.now() - timedelta(hours=1))
    batch = make_batch(contacts=list(campaign.contacts.all()), state=State.UNCERTAIN, sent_at=sent_at, **fields)
    Campaign.objects.filter(pk=campaign.pk).update(is_planned=True)
    return due(batch)


def test_who_is_called_by_a_repeat_counts_as_called_then_and_not_when_the_first_try_left(
    laaffic: TestCarrier, settings: Any
) -> None:
    settings.CALLS_PER_DAY = 1
    campaign = running(laaffic, 0)
    person = campaign.contacts.get()
    repeating.clear_up(uncertain(campaign, sent_at=timezone.now() - timedelta(hours=30)))

    make_contact(campaign=running(laaffic, 1), number=person.number)
    send_all()

    assert dials(laaffic)[person.number.strip("+")] == 1
    assert sum(dials(laaffic).values()) == 2


def test_nobody_of_a_repeat_is_silent_before_there_was_time_for_a_bill(laaffic: TestCarrier) -> None:
    batch = uncertain(running(laaffic, 0), sent_at=timezone.now() - timedelta(days=4))

    repeating.clear_up(batch)
    ledger.ask_next()
    lifecycle.settle_next(now=timezone.now())

    batch.refresh_from_db()
    assert batch.state == State.ACCEPTED
    assert batch.ask_at > timezone.now()


def test_nobody_can_say_it_was_not_sent_while_a_repeat_may_be_on_its_way(laaffic: TestCarrier) -> None:
    batch = uncertain(running(laaffic, 0))
    laaffic.order_fates(SEND, "drop_after_accept")
    repeating.clear_up(batch)
    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN

    with pytest.raises(DialerError, match="too early"):
        verdicts.was_not_sent(batch, by=make_user(), because="The console shows nothing.")

    assert not Attempt.objects.filter(retry_at__isnull=False).exists()


def test_a_repeat_that_was_not_needed_leaves_the_moment_of_the_first_try(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    laaffic.order_fates(SEND, "drop_after_accept")
    laaffic.order_fates(LIST, "refuse:-22", "refuse:-22")
    dispatch.send_next()
    first = only(campaign).sent_at

    repeating.clear_up(due(only(campaign)))

    assert only(campaign).state == State.ACCEPTED
    assert only(campaign).sent_at == first


def test_a_carrier_that_does_not_tell_has_not_denied_the_batch_of_a_cancelled_campaign(laaffic: TestCarrier) -> None:
    batch = uncertain(running(laaffic, 0, state=Campaign.State.CANCELLED))
    laaffic.order_fates(LIST, "refuse:-22")

    repeating.clear_up(batch)

    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert batch.message == repeating.NOT_TOLD


def test_a_batch_whose_people_all_said_no_ends_without_a_call(laaffic: TestCarrier) -> None:
    campaign = running(laaffic, 0, 1)
    batch = uncertain(campaign)
    for person in campaign.contacts.all():
        make_do_not_call(number=person.number)

    repeating.clear_up(batch)
    lifecycle.settle_next(now=timezone.now())

    batch.refresh_from_db()
    campaign.refresh_from_db()
    assert batch.state == State.REFUSED
    assert campaign.state == Campaign.State.FINISHED
    assert reports.progress(campaign).not_called == 2
    assert not dials(laaffic)


def test_a_repeat_is_not_held_up_by_a_pause_that_ends_after_its_hours_open(laaffic: TestCarrier) -> None:
    campaign = running(laaffic)
    campaign.call_windows.all().delete()
    opens_at = timezone.localtime(timezone.now() + timedelta(hours=2), ZoneInfo("Asia/Jakarta"))
    opens, closes = time(opens_at.hour), time((opens_at.hour + 1) % 24)
    open_campaign(campaign, weekdays=range(7), opens=opens, closes=closes)
    batch = uncertain(campaign, ask_count=20)

    repeating.clear_up(batch)

    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert batch.ask_at < timezone.now() + timedelta(hours=2, minutes=1)


def test_a_repeat_that_can_not_be_called_before_closing_waits_for_the_next_day(laaffic: TestCarrier) -> None:
    campaign = running(laaffic, *range(50))
    campaign.call_windows.all().delete()
    open_campaign(campaign, weekdays=range(7), opens=time(8), closes=time(20))
    jakarta = ZoneInfo("Asia/Jakarta")
    tomorrow = timezone.localtime(timezone.now(), jakarta).date() + timedelta(days=1)
    batch = uncertain(campaign)

    repeating.clear_up(batch, now=datetime.combine(tomorrow, time(19, 58, 50), jakarta))

    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN
    assert not dials(laaffic)

    repeating.clear_up(due(batch), now=datetime.combine(tomorrow + timedelta(days=1), time(8, 5), jakarta))
    assert len(dials(laaffic)) == 50


# --- calls that name the carrier's task, or nothing at all ---


def test_status_reports_settle_the_people_of_their_task(laaffic: TestCarrier) -> None:
    campaign = running(laaffic, 0, 60, 42)
    send_all()
    laaffic.wait()

    _push(laaffic)

    batch = only(campaign)
    found = dict(batch.attempts.values_list("contact__number", "disposition"))
    assert sorted(found.values()) == [Disposition.ANSWERED, Disposition.ANSWERED, Disposition.BUSY]
    assert batch.attempts.get(contact__number__endswith="42").keypress == "1"
    answered = CallRecord.objects.filter(disposition=Disposition.ANSWERED)
    assert all(row.cost and row.cost > Decimal(0) and row.billing_period and row.recording_name for row in answered)


def test_a_status_report_before_the_answer_to_the_launch_waits_for_its_batch(laaffic: TestCarrier) -> None:
    campaign = running(laaffic, 0, 60)
    laaffic.order_fates(SEND, "drop_after_accept")
    dispatch.send_next()
    laaffic.wait()
    _push(laaffic)
    assert CallRecord.objects.filter(attempt__isnull=True).count() == 2

    send_all()

    assert only(campaign).state == State.ACCEPTED
    assert CallRecord.objects.filter(attempt__isnull=True).count() == 0
    assert not Attempt.objects.filter(settled_at__isnull=True).exists()


def test_a_batch_without_the_carriers_name_of_it_is_asked_about_until_its_status_reports_find_it(
    laaffic: TestCarrier,
) -> None:
    campaign = running(laaffic, 0, 60)
    laaffic.order_fates(SEND, "drop_after_accept")
    laaffic.order_fates(LIST, "refuse:-22", "html_after_accept", "html_after_accept")
    send_all()
    laaffic.wait()
    _push(laaffic)
    assert (only(campaign).state, only(campaign).carrier_task_id) == (State.ACCEPTED, "")
    assert CallRecord.objects.filter(attempt__isnull=True).count() == 2

    soon = timezone.now() + timedelta(minutes=1)
    assert only(campaign).ask_at < soon
    assert ledger.ask_next(now=soon)  # it does not tell this time either
    assert CallRecord.objects.filter(attempt__isnull=True).count() == 2
    assert ledger.ask_next(now=only(campaign).ask_at)

    assert only(campaign).carrier_task_id
    assert CallRecord.objects.filter(attempt__isnull=True).count() == 0
    assert not Attempt.objects.filter(settled_at__isnull=True).exists()


def test_calls_whose_report_was_lost_are_found_by_asking(laaffic: TestCarrier) -> None:
    campaign = running(laaffic, 0, 60, 42)
    send_all()
    laaffic.wait()

    ledger.pull(laaffic.account, now=timezone.now())
    lifecycle.settle_next(now=timezone.now())

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.FINISHED
    assert CallRecord.objects.filter(attempt__isnull=False).count() == 3


def test_a_call_known_both_ways_is_one(laaffic: TestCarrier) -> None:
    running(laaffic, 0, 60)
    send_all()
    laaffic.wait()
    ledger.pull(laaffic.account, now=timezone.now())
    _push(laaffic)

    assert CallRecord.objects.count() == 2
    assert not CallRecord.objects.filter(by_callback_at__isnull=True).exists()
    assert not CallRecord.objects.filter(by_pull_at__isnull=True).exists()
    assert CallRecord.objects.exclude(carrier_task_id="").count() == 2


def test_one_number_in_two_campaigns_gets_a_call_for_each_in_the_order_of_handing_over(laaffic: TestCarrier) -> None:
    number = number_with_fate(0)
    batches = []
    for minutes in (20, 10):
        campaign = running(laaffic)
        contact = make_contact(campaign=campaign, number=number)
        sent_at = timezone.now() - timedelta(minutes=minutes)
        batches.append(make_batch(contacts=[contact], state=State.ACCEPTED, sent_at=sent_at))

    _record(laaffic, number, "voice-1", minutes_ago=9)
    _record(laaffic, number, "voice-2", minutes_ago=8)

    linked = dict(CallRecord.objects.values_list("carrier_call_id", "batch"))
    assert linked == {"voice-1": batches[0].pk, "voice-2": batches[1].pk}


def test_a_call_before_its_batch_left_belongs_to_nobody(laaffic: TestCarrier) -> None:
    number = number_with_fate(0)
    contact = make_contact(campaign=running(laaffic), number=number)
    make_batch(contacts=[contact], state=State.ACCEPTED, sent_at=timezone.now())

    _record(laaffic, number, "voice-1", minutes_ago=30)

    assert CallRecord.objects.get().attempt is None


def test_a_match_by_number_alone_never_proves_an_uncertain_batch(laaffic: TestCarrier) -> None:
    number = number_with_fate(0)
    contact = make_contact(campaign=running(laaffic, state=Campaign.State.PAUSED), number=number)
    batch = make_batch(contacts=[contact], state=State.UNCERTAIN, sent_at=timezone.now() - timedelta(minutes=5))

    _record(laaffic, number, "voice-1", minutes_ago=3)
    evidence.accept_proven()
    withdrawal.accept_contradicted(Batch.objects.all())

    batch.refresh_from_db()
    assert batch.state == State.UNCERTAIN


def test_the_carriers_own_word_outweighs_a_match_by_number(laaffic: TestCarrier) -> None:
    number = number_with_fate(0)
    batches = []
    for minutes, task in ((20, "71"), (10, "72")):
        contact = make_contact(campaign=running(laaffic), number=number)
        sent_at = timezone.now() - timedelta(minutes=minutes)
        batches.append(make_batch(contacts=[contact], state=State.ACCEPTED, sent_at=sent_at, carrier_task_id=task))
    _record(laaffic, number, "voice-1", minutes_ago=9)
    assert CallRecord.objects.get().batch == batches[0]

    _record(laaffic, number, "voice-1", minutes_ago=9, task="72")

    assert CallRecord.objects.get().batch == batches[1]
    assert batches[0].attempts.get().settled_at is None
    assert batches[1].attempts.get().disposition == Disposition.ANSWERED


def test_a_call_that_may_be_the_first_of_an_unclear_batch_is_no_redial_of_another(laaffic: TestCarrier) -> None:
    number = number_with_fate(0)
    batches = []
    for minutes, state in ((20, State.UNCERTAIN), (10, State.ACCEPTED)):
        contact = make_contact(campaign=running(laaffic), number=number)
        sent_at = timezone.now() - timedelta(minutes=minutes)
        batches.append(make_batch(contacts=[contact], state=state, sent_at=sent_at))
    for voice_id in ("voice-1", "voice-2"):
        _record(laaffic, number, voice_id, minutes_ago=5)
    assert dict(CallRecord.objects.values_list("carrier_call_id", "batch")) == {
        "voice-1": batches[1].pk,
        "voice-2": None,
    }

    Batch.objects.filter(state=State.UNCERTAIN).update(state=State.ACCEPTED)
    _record(laaffic, number, "voice-2", minutes_ago=5)

    assert CallRecord.objects.get(carrier_call_id="voice-2").batch == batches[0]


def test_so_does_our_own_name_of_the_batch(laaffic: TestCarrier) -> None:
    number = number_with_fate(0)
    batches = []
    for minutes in (20, 10):
        contact = make_contact(campaign=running(laaffic), number=number)
        sent_at = timezone.now() - timedelta(minutes=minutes)
        batches.append(make_batch(contacts=[contact], state=State.ACCEPTED, sent_at=sent_at))
    nameless = _call(number, "voice-1", minutes_ago=9)
    ledger.record(laaffic.account, [nameless], via=Via.CALLBACK)
    assert CallRecord.objects.get().batch == batches[0]

    ledger.record(laaffic.account, [replace(nameless, reference=batches[1].reference)], via=Via.PULL)

    assert CallRecord.objects.get().batch == batches[1]
    assert batches[0].attempts.get().settled_at is None
    assert batches[1].attempts.get().disposition == Disposition.ANSWERED


def test_a_report_of_a_task_that_is_not_ours_takes_the_call_back(laaffic: TestCarrier) -> None:
    number = number_with_fate(0)
    contact = make_contact(campaign=running(laaffic), number=number)
    sent_at = timezone.now() - timedelta(minutes=20)
    batch = make_batch(contacts=[contact], state=State.ACCEPTED, sent_at=sent_at, carrier_task_id="71")
    _record(laaffic, number, "voice-1", minutes_ago=9)
    assert CallRecord.objects.get().batch == batch

    _record(laaffic, number, "voice-1", minutes_ago=9, task="of-the-console")

    assert CallRecord.objects.get().attempt is None
    assert CallRecord.objects.get().batch is None
    assert batch.attempts.get().settled_at is None


def test_a_carrier_that_names_its_batches_is_never_matched_by_number_alone(carrier: TestCarrier) -> None:
    batch = carrier.batch(0)
    contact = Contact.objects.get(attempts__batch=batch)
    other = make_account(country="ID")
    assert other.country == carrier.account.country

    call = _call(contact.number, "bill-1", minutes_ago=1)
    ledger.record(carrier.account, [call], via=Via.PULL)

    assert CallRecord.objects.get().attempt is None


def test_another_accounts_people_are_nobody_here(laaffic: TestCarrier) -> None:
    number = number_with_fate(0)
    stranger = make_laaffic_account()
    contact = make_contact(campaign=make_campaign(account=stranger), number=number)
    make_batch(contacts=[contact], state=State.ACCEPTED, sent_at=timezone.now() - timedelta(minutes=5))

    _record(laaffic, number, "voice-1", minutes_ago=3)

    assert CallRecord.objects.get().attempt is None


def _push(carrier: TestCarrier) -> None:
    """All calls are told by status reports, and applied."""
    for call in carrier.sandbox.memory.bills.values():
        ledger.apply(stored(carrier.account, push_body([call], form="object", fields="new")))


def _call(number: str, voice_id: str, *, minutes_ago: int, task: str = "") -> Call:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return Call(
        carrier_call_id=voice_id,
        reference="",
        number_on_wire=number.strip("+"),
        caller_id="",
        started_at=at,
        answered_at=at + timedelta(seconds=5),
        ended_at=at + timedelta(seconds=15),
        ring_seconds=5,
        talk_seconds=10,
        disposition=Disposition.ANSWERED,
        hangup_code="",
        hangup_meaning="",
        hung_up_by=HungUpBy.UNKNOWN,
        keypress="",
        recording_name="",
        raw={},
        carrier_task_id=task,
    )


def _record(carrier: TestCarrier, number: str, voice_id: str, *, minutes_ago: int, task: str = "") -> None:
    via = Via.CALLBACK if task else Via.PULL
    ledger.record(carrier.account, [_call(number, voice_id, minutes_ago=minutes_ago, task=task)], via=via)
