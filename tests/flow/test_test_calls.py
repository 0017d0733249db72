"""A test call plays the campaign's message to a number of our own, and the dial ledger never hears of it."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone, translation

from dialer.flow import ledger, test_calls
from dialer.flow.mistakes import DialerError
from dialer.models import (
    Account,
    Attempt,
    Batch,
    CallRecord,
    Campaign,
    CarrierExchange,
    CarrierPeriod,
    Contact,
    TestCall,
)
from dialer.terms import CampaignKind, Disposition
from sandbox.laaffic_records import push_body
from tests.carrier import TestCarrier, number_with_fate, placed, stored
from tests.factories import (
    fresh_number,
    make_batch,
    make_call_record,
    make_campaign,
    make_contact,
    make_contacts,
    make_do_not_call,
    make_laaffic_account,
    make_user,
)
from tests.handed_over import calls, spoken
from tests.tongues import teach

pytestmark = pytest.mark.django_db

State = TestCall.State


def draft(carrier: TestCarrier, **fields: Any) -> Campaign:
    return make_campaign(**placed(carrier), **fields)


def make_test_call(**fields: Any) -> TestCall:
    campaign = fields.pop("campaign", None) or make_campaign()
    called_at = fields.pop("called_at", None)
    row = TestCall.objects.create(
        **{"campaign": campaign, "account": campaign.account, "number": fresh_number(), **fields}
    )
    if called_at:
        TestCall.objects.filter(pk=row.pk).update(called_at=called_at)
        row.refresh_from_db()
    return row


def ledger_rows() -> int:
    return Contact.objects.count() + Attempt.objects.count() + Batch.objects.count()


def test_the_carrier_calls_the_number_once_and_the_dial_ledger_never_hears_of_it(carrier: TestCarrier) -> None:
    campaign = draft(carrier, wants_keypress=True)
    make_contacts(2, campaign=campaign)
    before, user = ledger_rows(), make_user()

    made = test_calls.call(campaign, "0812 0000 0140", by=user)

    assert (made.state, made.number, made.called_by) == (State.ACCEPTED, "+6281200000140", user)
    [called] = carrier.sandbox.memory.calls.values()
    assert called.batch.reference == made.reference
    assert ledger_rows() == before
    assert Campaign.objects.get().state == Campaign.State.DRAFT


def test_what_came_of_it_is_found_by_its_reference_and_settles_nothing(carrier: TestCarrier) -> None:
    campaign = draft(carrier, wants_keypress=True)
    make_contacts(2, campaign=campaign)
    made = test_calls.call(campaign, number_with_fate(40), by=make_user())
    carrier.wait()

    [body] = carrier.callbacks()
    ledger.apply(stored(carrier.account, body))
    ledger.pull(carrier.account, now=timezone.now())

    [told] = test_calls.results(made)
    assert (told.disposition, told.keypress, told.number) == (Disposition.ANSWERED, "1", made.number)
    assert (told.batch, told.campaign, told.attempt) == (None, None, None)
    assert told.by_callback_at
    assert told.by_pull_at
    assert not Attempt.objects.exists()


def test_it_hears_what_everybody_would_hear_but_at_once_and_today_or_never(carrier: TestCarrier) -> None:
    campaign = draft(carrier, caller_id="2120280001", remark="wave 2", drops_undialled_today=False)

    made = test_calls.call(campaign, fresh_number(), by=make_user())

    said = CarrierExchange.objects.get().request
    for part in (made.reference, "welcome", "•001", "wave 2", "todayonly=1"):
        assert part in said
    assert made.number.removeprefix("+62") not in said


def test_the_history_says_who_called_what_with_the_number_masked(carrier: TestCarrier) -> None:
    campaign, user = draft(carrier, name="Reminder"), make_user()

    made = test_calls.call(campaign, "+6281234567890", by=user)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (user, str(campaign.pk))
    assert entry.change_message == f"Test call to +62 812•••••890 with “{made.account}”."


def test_bills_are_asked_for_soon_even_of_an_account_that_called_nobody_for_long(carrier: TestCarrier) -> None:
    assert carrier.account.next_pull_at is None

    test_calls.call(draft(carrier), fresh_number(), by=make_user())

    next_pull_at = Account.objects.get().next_pull_at
    assert next_pull_at is not None
    assert next_pull_at - timezone.now() < timedelta(minutes=2)


def refused(campaign: Campaign, number: str, account: Account | None = None) -> str:
    """The sentence with which it is refused; nobody was asked, and nothing stays."""
    before = TestCall.objects.count()
    with pytest.raises(DialerError) as refusal:
        test_calls.call(campaign, number, account, by=make_user())
    assert TestCall.objects.count() == before
    assert not CarrierExchange.objects.exists()
    return str(refusal.value)


def test_a_number_that_cannot_be_read_is_said_in_a_sentence_that_speaks_of_no_spreadsheet(
    carrier: TestCarrier,
) -> None:
    for typed in ("call me", "081200000001 / 081200000002"):
        sentence = refused(draft(carrier), typed)
        assert "number" in sentence
        assert "cell" not in sentence
        assert "row" not in sentence


def test_a_number_of_another_country_is_not_called(carrier: TestCarrier) -> None:
    assert "calls numbers that begin with +62." in refused(draft(carrier), "+639171234567")


def test_a_number_on_a_do_not_call_list_is_not_called(carrier: TestCarrier) -> None:
    number = fresh_number()
    make_do_not_call(number=number)

    assert "do-not-call list" in refused(draft(carrier), number)


def test_somebody_who_is_to_be_called_anyway_is_not_called_twice(carrier: TestCarrier) -> None:
    campaign = draft(carrier)
    contact = make_contact(campaign=campaign)

    assert "called twice" in refused(campaign, contact.number)


def test_somebody_whose_row_is_skipped_may_hear_it(carrier: TestCarrier) -> None:
    campaign = draft(carrier)
    contact = make_contact(campaign=campaign, skip_reason="wrong_country")

    assert test_calls.call(campaign, contact.number, by=make_user()).state == State.ACCEPTED


def test_there_are_twenty_in_a_day_and_no_more(carrier: TestCarrier) -> None:
    campaign = draft(carrier)
    yesterday = timezone.now() - timedelta(hours=25)
    old = make_test_call(campaign=campaign, called_at=yesterday, state=State.ACCEPTED)
    for _ in range(20):
        make_test_call(campaign=campaign, state=State.REFUSED)
    make_test_call(state=State.ACCEPTED)  # of another campaign

    assert "20 test calls" in refused(campaign, fresh_number())

    TestCall.objects.filter(campaign=campaign).exclude(pk=old.pk).first().delete()  # type: ignore[union-attr]
    assert test_calls.call(campaign, fresh_number(), by=make_user()).state == State.ACCEPTED


def test_a_second_click_while_the_first_is_on_its_way_calls_nobody(carrier: TestCarrier) -> None:
    campaign = draft(carrier)
    first = make_test_call(campaign=campaign)

    assert "right now" in refused(campaign, first.number)


@pytest.mark.parametrize(
    ("changes", "sentence"), [({"is_enabled": False}, "not in use"), ({"stopped_because": "No."}, "was stopped")]
)
def test_an_account_that_may_not_send_makes_no_test_call(
    carrier: TestCarrier, changes: dict[str, Any], sentence: str
) -> None:
    campaign = draft(carrier)
    Account.objects.update(**changes)

    assert sentence in refused(Campaign.objects.get(pk=campaign.pk), fresh_number())


@pytest.mark.parametrize("state", [Campaign.State.RUNNING, Campaign.State.FINISHED, Campaign.State.CANCELLED])
def test_a_campaign_that_runs_or_ended_makes_no_test_call(carrier: TestCarrier, state: str) -> None:
    assert "draft, scheduled or paused" in refused(draft(carrier, state=state), fresh_number())


@pytest.mark.parametrize("state", [Campaign.State.SCHEDULED, Campaign.State.PAUSED])
def test_a_scheduled_or_paused_campaign_can_be_heard_too(carrier: TestCarrier, state: str) -> None:
    assert test_calls.call(draft(carrier, state=state), fresh_number(), by=make_user()).state == State.ACCEPTED


def test_what_the_carrier_can_not_do_stands_against_the_test_as_against_the_launch(carrier: TestCarrier) -> None:
    assert "several times" in refused(draft(carrier, play_count=3), fresh_number())


def test_another_account_is_asked_for_its_own_limits(carrier: TestCarrier) -> None:
    other = make_laaffic_account()

    assert "no name at the carrier" in refused(draft(carrier), fresh_number(), other)


def test_a_voice_menu_can_be_heard_and_leads_to_an_extension(carrier: TestCarrier) -> None:
    campaign = draft(carrier, kind=CampaignKind.VOICE_MENU, transfer_group="extGroup-1", transfer_key="1")

    made = test_calls.call(campaign, "+6281200000040", by=make_user())
    carrier.wait()

    assert made.state == State.ACCEPTED, made.message
    ledger.pull(carrier.account, now=timezone.now())
    told = test_calls.results(made).get()
    assert (told.disposition, told.keypress, told.attempt) == (Disposition.ANSWERED, "1", None)
    assert [batch.order["group"] for batch in carrier.sandbox.memory.batches.values()] == ["extGroup-1"]


def test_at_the_second_carrier_it_rings_at_once_whatever_periods_the_campaign_has(laaffic: TestCarrier) -> None:
    campaign = spoken(laaffic)
    now = timezone.localtime(timezone.now(), ZoneInfo("Asia/Jakarta")).time()
    closed = (time(1), time(2)) if now.hour >= 12 else (time(22), time(23))
    CarrierPeriod.objects.create(campaign=campaign, opens=closed[0], closes=closed[1])

    made = test_calls.call(campaign, number_with_fate(5), by=make_user())
    laaffic.wait()

    assert (made.state, bool(made.carrier_task_id)) == (State.ACCEPTED, True)
    ledger.pull(laaffic.account, now=timezone.now())
    assert test_calls.results(made).get().disposition == Disposition.ANSWERED


def test_at_the_second_carrier_a_report_is_found_by_its_task(laaffic: TestCarrier) -> None:
    made = test_calls.call(spoken(laaffic), number_with_fate(5), by=make_user())
    laaffic.wait()

    ledger.apply(stored(laaffic.account, push_body(calls(laaffic), form="object", fields="new")))

    [told] = test_calls.results(made)
    assert told.carrier_task_id == made.carrier_task_id
    assert told.attempt is None


def test_it_speaks_the_texts_of_a_real_row(laaffic: TestCarrier) -> None:
    campaign = spoken(laaffic, sms_text="Dear ${text1}", sms_on_ringing=True)
    type(laaffic.account).objects.update(sms_app_id="canary-sms")
    make_contact(campaign=campaign, texts=["Adi"])

    made = test_calls.call(Campaign.objects.get(), fresh_number(), by=make_user())

    assert made.state == State.ACCEPTED, made.message
    [placed_batch] = {call.batch.id: call.batch for call in calls(laaffic)}.values()
    assert "Adi" in str(placed_batch)


def test_a_repeated_name_proves_that_the_first_try_was_taken(laaffic: TestCarrier, monkeypatch: Any) -> None:
    first = test_calls.call(spoken(laaffic), fresh_number(), by=make_user())
    monkeypatch.setattr(test_calls, "new_reference", lambda: first.reference)
    TestCall.objects.update(reference="of another")

    made = test_calls.call(spoken(laaffic), fresh_number(), by=make_user())

    assert made.state == State.ACCEPTED
    assert len(calls(laaffic)) == 1


@pytest.mark.parametrize("state", [Batch.State.WAITING, Batch.State.ACCEPTED, Batch.State.SETTLED])
def test_where_bills_have_no_name_nobody_of_a_batch_is_tested_with(laaffic: TestCarrier, state: str) -> None:
    """The bill of the test would settle that person's attempt."""
    contact = make_contact(campaign=spoken(laaffic))
    batch = make_batch(contacts=[contact], state=state)

    assert "which call its bills are about" in refused(spoken(laaffic), contact.number)

    Batch.objects.filter(pk=batch.pk).update(sent_at=timezone.now() - timedelta(days=9), state=Batch.State.SETTLED)
    assert test_calls.call(spoken(laaffic), contact.number, by=make_user()).state == State.ACCEPTED


def test_where_bills_have_a_name_somebody_of_another_campaign_may_be_tested_with(carrier: TestCarrier) -> None:
    batch = carrier.batch(5)
    number = batch.attempts.get().contact.number

    assert test_calls.call(draft(carrier), number, by=make_user()).state == State.ACCEPTED


@pytest.mark.parametrize("fate", ["refuse:400", "fail:1003"])
def test_a_refusal_is_kept_with_what_the_carrier_said(carrier: TestCarrier, fate: str) -> None:
    carrier.order_fates("*", fate)

    made = test_calls.call(draft(carrier), fresh_number(), by=make_user())

    assert TestCall.objects.get().state == State.REFUSED
    assert made.message
    assert not Account.objects.get().stopped_because


def test_what_the_carrier_said_to_a_test_call_is_kept_in_the_language_of_the_installation(
    carrier: TestCarrier, settings: Any, tmp_path: Path
) -> None:
    english = "The other side failed (HTTP %(status)s) and gave no clear answer."
    teach(settings, tmp_path, {english: "El otro lado falló (HTTP %(status)s)."})
    carrier.order_fates("*", "http_500_before_accept")
    settings.LANGUAGE_CODE = "es"

    with translation.override("en"):
        made = test_calls.call(draft(carrier), fresh_number(), by=make_user())

    assert made.message.startswith("El otro lado falló (HTTP 500).")
    assert TestCall.objects.get().message == made.message


def test_why_no_test_call_is_made_is_said_in_the_language_of_whoever_asked(
    carrier: TestCarrier, settings: Any, tmp_path: Path
) -> None:
    english = "“%(account)s” calls numbers that begin with +%(code)s. Take one of them."
    teach(settings, tmp_path, {english: "«%(account)s» llama a números con +%(code)s."})

    with translation.override("es"):
        assert refused(draft(carrier), "+34612345678") == f"«{carrier.account}» llama a números con +62."


def test_refused_credentials_stop_the_account(carrier: TestCarrier) -> None:
    carrier.order_fates("*", "refuse:601")

    made = test_calls.call(draft(carrier), fresh_number(), by=make_user())

    assert made.state == State.REFUSED
    assert Account.objects.get().stopped_because == made.message


def test_what_surely_did_not_leave_is_refused_and_a_person_tries_again(carrier: TestCarrier) -> None:
    campaign = draft(carrier)
    Account.objects.update(batch_url="http://127.0.0.1:9/api/yunhu")
    campaign = Campaign.objects.get(pk=campaign.pk)

    assert test_calls.call(campaign, fresh_number(), by=make_user()).state == State.REFUSED


def test_no_clear_answer_makes_it_uncertain_and_nobody_is_asked_again(carrier: TestCarrier) -> None:
    carrier.order_fates("*", "http_500_after_accept")
    campaign, number = draft(carrier), number_with_fate(5)

    made = test_calls.call(campaign, number, by=make_user())

    assert (made.state, made.known_state) == (State.UNCERTAIN, State.UNCERTAIN)
    assert len(carrier.sandbox.memory.calls) == 1
    carrier.wait()
    ledger.pull(carrier.account, now=timezone.now())
    assert test_calls.results(made).get().disposition == Disposition.ANSWERED


def test_a_call_whose_process_died_is_shown_as_uncertain_when_its_lease_is_over(settings: Any) -> None:
    fresh, orphan = make_test_call(), make_test_call()
    TestCall.objects.filter(pk=orphan.pk).update(
        called_at=timezone.now() - timedelta(seconds=settings.LEASE_SECONDS + 1)
    )
    orphan.refresh_from_db()

    assert (fresh.known_state, orphan.known_state) == (State.SENDING, State.UNCERTAIN)
    assert orphan.state == State.SENDING


def test_where_references_do_not_come_back_the_carriers_own_name_of_the_task_finds_it() -> None:
    made = make_test_call(state=State.ACCEPTED, carrier_task_id="4711")
    ours = make_call_record(account=made.account, carrier_task_id="4711", number="*")
    make_call_record(account=made.account, carrier_task_id="4712", number=made.number)
    make_call_record(carrier_task_id="4711", number=made.number)  # of another account

    assert list(test_calls.results(made)) == [ours]


def test_where_nothing_comes_back_number_and_time_find_it() -> None:
    made = make_test_call(state=State.UNCERTAIN)
    here: dict[str, Any] = {"account": made.account, "number": made.number}
    ours = make_call_record(**here, started_at=made.called_at + timedelta(seconds=20))
    make_call_record(**here, started_at=made.called_at - timedelta(hours=1))
    make_call_record(**here, started_at=made.called_at + timedelta(hours=3))
    make_call_record(**here, started_at=made.called_at, reference="somebody else's")
    make_call_record(account=made.account, started_at=made.called_at)

    assert list(test_calls.results(made)) == [ours]


def test_a_call_of_a_batch_is_no_result_of_a_test_call() -> None:
    contact = make_contact()
    made = make_test_call(campaign=make_campaign(account=contact.campaign.account), number=contact.number)
    from_batch = make_call_record(account=made.account, number=made.number, reference="")
    CallRecord.objects.filter(pk=from_batch.pk).update(batch=_batch_with(contact))

    assert not test_calls.results(made).exists()


def _batch_with(contact: Contact) -> Batch:
    return Batch.objects.create(
        campaign=contact.campaign,
        account=contact.campaign.account,
        sequence=1,
        contact_count=1,
        due_at=timezone.now(),
    )
