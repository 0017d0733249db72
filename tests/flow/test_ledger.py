"""Callbacks and bills meet in one door: order, repetition and loss make no difference to what is known at the end."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.carriers.contract import BillQuery, Call
from dialer.flow import evidence, ledger
from dialer.flow.connect import carrier_of
from dialer.flow.seat import hold
from dialer.models import Account, Attempt, Batch, Callback, CallRecord
from dialer.terms import Disposition, HungUpBy, Via
from tests.carrier import TestCarrier, stored
from tests.factories import make_account, make_batch, make_call_record, make_contacts

pytestmark = pytest.mark.django_db

State = Callback.State


def call(**fields: Any) -> Call:
    """An answered call of twelve seconds."""
    started_at = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    return Call(
        **{
            "carrier_call_id": "1",
            "reference": "",
            "number_on_wire": "",
            "caller_id": "2190170001",
            "started_at": started_at,
            "answered_at": started_at + timedelta(seconds=8),
            "ended_at": started_at + timedelta(seconds=20),
            "ring_seconds": 8,
            "talk_seconds": 12,
            "disposition": Disposition.ANSWERED,
            "hangup_code": "10001",
            "hangup_meaning": "normal hang-up",
            "hung_up_by": HungUpBy.CALLEE,
            "keypress": "",
            "recording_name": "",
            "raw": {},
            **fields,
        }
    )


def unanswered(disposition: Disposition = Disposition.BUSY, **fields: Any) -> Call:
    return call(talk_seconds=0, answered_at=None, disposition=disposition, **fields)


def apply_all() -> None:
    while ledger.apply_next():
        pass


def what_is_known() -> list[Any]:
    """All that the ledger says, without the moments at which it heard of it and the keys of rows."""
    hidden = {"id", "by_callback_at", "by_pull_at", "created_at"}
    records = [
        {name: value for name, value in row.items() if name not in hidden}
        | {"by": (row["by_callback_at"] is not None, row["by_pull_at"] is not None)}
        for row in CallRecord.objects.order_by("carrier_call_id").values()
    ]
    attempts = list(Attempt.objects.order_by("pk").values_list("pk", "disposition", "keypress"))
    return [records, attempts]


# --- a callback --------------------------------------------------------------------------------------------------


def test_a_callback_settles_the_attempt_and_keeps_the_call(carrier: TestCarrier) -> None:
    batch = carrier.call(40)
    stored(carrier.account, *carrier.callbacks())

    apply_all()

    record, attempt = CallRecord.objects.get(), batch.attempts.get()
    assert (attempt.disposition, attempt.keypress) == (Disposition.ANSWERED, "1")
    assert attempt.settled_at is not None
    assert (record.attempt, record.batch, record.campaign) == (attempt, batch, batch.campaign)
    assert record.number == attempt.contact.number
    assert record.by_callback_at is not None
    assert record.by_pull_at is None
    assert record.raw_callback["customuuid"] == batch.reference
    assert record.awaits_archive


def test_a_repeated_body_is_one_row_that_counts(carrier: TestCarrier) -> None:
    carrier.call(0)
    for _ in range(3):
        stored(carrier.account, *carrier.callbacks())
        apply_all()

    callback = Callback.objects.get()
    assert (callback.times_received, callback.state) == (3, State.APPLIED)
    assert CallRecord.objects.count() == 1


def test_the_vendors_own_sample_lacks_commas_and_is_applied_by_the_tolerant_reader(carrier: TestCarrier) -> None:
    batch = carrier.call(98)
    [body] = carrier.callbacks()
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    callback = stored(carrier.account, body)

    apply_all()

    callback.refresh_from_db()
    assert (callback.state, callback.was_repaired) == (State.APPLIED, True)
    assert bytes(callback.body) == body
    assert batch.attempts.get().disposition == Disposition.ANSWERED


def test_odd_forms_are_understood(carrier: TestCarrier) -> None:
    """Texts for numbers, nulls, older names."""
    batch = carrier.call(97)
    [fields] = carrier.fields()
    assert isinstance(fields["billsec"], str)
    stored(carrier.account, *carrier.callbacks())

    apply_all()

    assert batch.attempts.get().keypress == "2"
    assert CallRecord.objects.get().talk_seconds == int(fields["billsec"])


@pytest.mark.parametrize("value", ["", None, "0", "missing"])
@pytest.mark.parametrize(
    "name", ["uuid", "userkey", "destnumber", "starttime", "billsec", "duration", "hangupcause", "recordfilename"]
)
def test_a_field_that_says_nothing_loses_no_call(name: str, value: Any) -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    number = batch.attempts.first().contact.number.removeprefix("+62")
    fields = {
        "id": 7, "uuid": "u7", "userkey": "1", "destnumber": number, "starttime": "2026-03-02 12:00:00",
        "billsec": 12, "duration": 8, "hangupcause": 10001, "recordfilename": "r7.mp3", "customuuid": batch.reference,
    }  # fmt: skip
    fields[name] = value
    if value == "missing":
        del fields[name]
    callback = stored(batch.account, json.dumps(fields).encode())

    apply_all()

    callback.refresh_from_db()
    record = CallRecord.objects.get()
    assert callback.state == State.APPLIED
    assert record.batch == batch
    assert (record.attempt is not None) == (name != "destnumber")


def test_a_callback_with_a_reference_that_nobody_knows_is_kept_as_a_call_of_no_batch() -> None:
    account = make_account()
    stored(account, b'{"id": 7, "billsec": 5, "destnumber": "81200000001", "customuuid": "never heard of"}')

    apply_all()

    record = CallRecord.objects.get()
    assert (record.batch, record.attempt, record.reference) == (None, None, "never heard of")
    assert record.number == "+6281200000001"


def test_what_can_not_be_read_is_kept_with_the_reason_and_can_be_applied_again() -> None:
    account = make_account()
    callback = stored(account, b"\xff\x00 no bill at all")

    apply_all()

    callback.refresh_from_db()
    assert callback.state == State.UNREADABLE
    assert callback.complaint
    assert bytes(callback.body) == b"\xff\x00 no bill at all"

    assert ledger.apply_again(callback)
    apply_all()
    callback.refresh_from_db()
    assert callback.state == State.UNREADABLE
    assert not ledger.apply_again(Callback(state=State.APPLIED))


def test_an_unreadable_callback_does_not_hold_up_the_next(carrier: TestCarrier) -> None:
    carrier.call(0)
    stored(carrier.account, b"no bill")
    stored(carrier.account, *carrier.callbacks())

    apply_all()

    assert CallRecord.objects.count() == 1


def test_a_reference_of_another_account_settles_nothing_there(carrier: TestCarrier) -> None:
    batch = carrier.call(0)
    batch.state = Batch.State.UNCERTAIN
    batch.save()
    stranger = make_account()
    stored(stranger, *carrier.callbacks())

    apply_all()

    batch.refresh_from_db()
    assert batch.attempts.get().settled_at is None
    assert batch.state == Batch.State.UNCERTAIN
    assert CallRecord.objects.get().account == stranger
    assert CallRecord.objects.get().attempt is None


def test_an_incoming_call_is_none_of_ours() -> None:
    stored(make_account(), b'{"id": 7, "billsec": 5, "direction": "callin"}')

    apply_all()

    assert not CallRecord.objects.exists()


def test_a_callback_may_come_before_the_launch_is_answered(carrier: TestCarrier) -> None:
    batch = carrier.call(0, state=Batch.State.SENDING)
    stored(carrier.account, *carrier.callbacks())

    apply_all()

    batch.refresh_from_db()
    assert batch.state == Batch.State.SENDING  # whoever sends it has the last word
    assert batch.attempts.get().settled_at is not None

    Batch.objects.update(state=Batch.State.UNCERTAIN)
    assert evidence.accept_proven() == 1


def test_a_call_proves_an_uncertain_batch(carrier: TestCarrier) -> None:
    batch = carrier.call(0, state=Batch.State.UNCERTAIN)
    unheard_of = carrier.batch(0, state=Batch.State.UNCERTAIN)
    stored(carrier.account, *carrier.callbacks())

    apply_all()
    evidence.accept_proven()

    batch.refresh_from_db()
    unheard_of.refresh_from_db()
    assert batch.state == Batch.State.ACCEPTED
    assert "proves" in batch.message
    assert unheard_of.state == Batch.State.UNCERTAIN


def test_a_late_bill_takes_silence_back(carrier: TestCarrier) -> None:
    batch = carrier.call(60)
    batch.attempts.update(silent_since=timezone.now())
    stored(carrier.account, *carrier.callbacks())

    apply_all()

    attempt = batch.attempts.get()
    assert attempt.silent_since is None
    assert attempt.disposition == Disposition.BUSY


def test_one_process_applies_at_a_time(carrier: TestCarrier) -> None:
    carrier.call(0)
    stored(carrier.account, *carrier.callbacks())

    with hold("callbacks", seconds=60):
        assert not ledger.apply_next()
    assert not CallRecord.objects.exists()

    assert ledger.apply_next()
    assert CallRecord.objects.exists()


def test_a_callback_that_was_applied_meanwhile_is_left_alone(carrier: TestCarrier) -> None:
    carrier.call(0)
    callback = stored(carrier.account, *carrier.callbacks())

    ledger.apply(callback)
    ledger.apply(callback)

    callback.refresh_from_db()
    assert callback.state == State.APPLIED


# --- two ways, one call ------------------------------------------------------------------------------------------


def test_a_call_known_by_both_ways_is_one_record_that_knows_both() -> None:
    account = make_account()
    ledger.record(account, [call(carrier_call_uuid="u")], via=Via.CALLBACK)
    ledger.record(account, [call()], via=Via.PULL)

    record = CallRecord.objects.get()
    assert record.by_callback_at is not None
    assert record.by_pull_at is not None
    assert record.carrier_call_uuid == "u"  # bills have none, and nothing replaces nothing


@pytest.mark.parametrize("ways", [(Via.CALLBACK, Via.PULL), (Via.PULL, Via.CALLBACK)])
def test_where_the_two_differ_the_bill_is_right(ways: tuple[Via, Via]) -> None:
    account = make_account()
    said = {Via.CALLBACK: call(talk_seconds=5, keypress="1"), Via.PULL: call(talk_seconds=12)}
    for via in ways:
        ledger.record(account, [said[via]], via=via)

    record = CallRecord.objects.get()
    assert (record.talk_seconds, record.keypress) == (12, "1")


def test_who_talked_has_answered_whatever_the_other_way_says() -> None:
    account = make_account()
    ledger.record(account, [call()], via=Via.CALLBACK)
    ledger.record(account, [unanswered()], via=Via.PULL)

    assert CallRecord.objects.get().disposition == Disposition.ANSWERED


@pytest.mark.parametrize("is_backwards", [False, True])
def test_of_two_calls_to_one_person_the_answered_one_counts(is_backwards: bool) -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    attempt = batch.attempts.first()
    known = {"reference": batch.reference, "number_on_wire": attempt.contact.number}
    later = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    calls = [call(**known), unanswered(carrier_call_id="2", started_at=later, **known)]
    for one in reversed(calls) if is_backwards else calls:
        ledger.record(batch.account, [one], via=Via.PULL)

    attempt.refresh_from_db()
    assert attempt.disposition == Disposition.ANSWERED


@pytest.mark.parametrize("is_backwards", [False, True])
def test_of_two_unanswered_calls_the_later_one_counts(is_backwards: bool) -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    attempt = batch.attempts.first()
    known = {"reference": batch.reference, "number_on_wire": attempt.contact.number}
    later = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    calls = [unanswered(**known), unanswered(Disposition.REJECTED, carrier_call_id="2", started_at=later, **known)]
    for one in reversed(calls) if is_backwards else calls:
        ledger.record(batch.account, [one], via=Via.PULL)

    attempt.refresh_from_db()
    assert attempt.disposition == Disposition.REJECTED


def test_an_attempt_follows_a_bill_that_corrects_its_callback() -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    attempt = batch.attempts.first()
    known = {"reference": batch.reference, "number_on_wire": attempt.contact.number}
    ledger.record(batch.account, [unanswered(Disposition.BUSY, **known)], via=Via.CALLBACK)
    ledger.record(batch.account, [unanswered(Disposition.REJECTED, **known)], via=Via.PULL)

    attempt.refresh_from_db()
    assert attempt.disposition == Disposition.REJECTED


def test_a_bill_without_a_number_finds_its_person_through_the_callback() -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    attempt = batch.attempts.first()
    ledger.record(batch.account, [call(number_on_wire=attempt.contact.number)], via=Via.CALLBACK)
    ledger.record(batch.account, [call(reference=batch.reference)], via=Via.PULL)

    assert CallRecord.objects.get().attempt == attempt


@pytest.mark.parametrize(
    "story", ["callback bill", "bill callback", "callback bill callback bill", "callback callback"]
)
def test_a_callback_without_an_id_meets_its_bill(story: str) -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    attempt = batch.attempts.first()
    known = {"reference": batch.reference, "number_on_wire": attempt.contact.number}
    for way in story.split():
        if way == "bill":
            ledger.record(batch.account, [call(carrier_call_id="17", **known)], via=Via.PULL)
        else:
            told = call(carrier_call_id="uuid:u17", carrier_call_uuid="u17", keypress="3", **known)
            ledger.record(batch.account, [told], via=Via.CALLBACK)

    record = CallRecord.objects.get()
    assert record.carrier_call_id == ("17" if "bill" in story else "uuid:u17")
    assert (record.carrier_call_uuid, record.keypress, record.attempt) == ("u17", "3", attempt)


@pytest.mark.parametrize("ways", [(Via.CALLBACK, Via.PULL), (Via.PULL, Via.CALLBACK)])
def test_a_bill_whose_number_says_nothing_does_not_hide_what_the_callback_says(ways: tuple[Via, Via]) -> None:
    batch = make_batch(state=Batch.State.ACCEPTED, contacts=make_contacts(1))
    attempt = batch.attempts.get()
    digits = attempt.contact.number.removeprefix("+62")
    said = {Via.CALLBACK: f"{digits[:3]}*****{digits[-3:]}", Via.PULL: "anonymous"}
    for via in ways:
        ledger.record(batch.account, [call(reference=batch.reference, number_on_wire=said[via])], via=via)

    assert CallRecord.objects.get().attempt == attempt


def test_whose_call_it_is_known_to_be_stays_whatever_number_comes_later() -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    attempt = batch.attempts.first()
    known = call(reference=batch.reference, number_on_wire=attempt.contact.number)
    ledger.record(batch.account, [known], via=Via.CALLBACK)
    ledger.record(batch.account, [call(reference=batch.reference, number_on_wire="81299999999")], via=Via.PULL)

    record = CallRecord.objects.get()
    assert (record.attempt, record.number) == (attempt, attempt.contact.number)


def test_two_bills_of_one_second_stay_two() -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    known = {"reference": batch.reference, "number_on_wire": batch.attempts.first().contact.number}

    ledger.record(batch.account, [call(**known)], via=Via.PULL)
    ledger.record(batch.account, [call(carrier_call_id="2", **known)], via=Via.PULL)

    assert CallRecord.objects.count() == 2


def test_the_same_page_again_writes_nothing(carrier: TestCarrier) -> None:
    carrier.call(*range(0, 90, 9))
    now = timezone.now()
    query = BillQuery(start=now - timedelta(hours=1), end=now + timedelta(hours=1))
    [page] = carrier_of(carrier.account).bills(query)
    ledger.record(carrier.account, page, via=Via.PULL)

    with CaptureQueriesContext(connection) as queries:
        ledger.record(carrier.account, page, via=Via.PULL)

    writes = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]
    assert all("dialer_batch" in sql for sql in writes), writes  # which looks for proven batches


def test_a_page_costs_the_same_queries_whatever_its_length() -> None:
    def cost(size: int) -> int:
        batch = make_batch(state=Batch.State.ACCEPTED)
        ledger_calls = [
            call(carrier_call_id=f"{batch.pk}-{index}", number_on_wire=f"8129900{index:04}", reference=batch.reference)
            for index in range(size)
        ]
        with CaptureQueriesContext(connection) as queries:
            ledger.record(batch.account, ledger_calls, via=Via.PULL)
        return len(queries)

    assert cost(2) == cost(20)


def test_a_call_whose_twin_was_met_in_the_same_moment_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_account()
    look = ledger._known
    looks: list[int] = []

    def look_too_early(*args: Any) -> dict[str, CallRecord]:
        looks.append(1)
        found = look(*args)
        if len(looks) == 1:
            make_call_record(account=account, carrier_call_id="1", by_callback_at=None, by_pull_at=timezone.now())
        return found

    monkeypatch.setattr(ledger, "_known", look_too_early)
    ledger.record(account, [call(keypress="5")], via=Via.CALLBACK)

    record = CallRecord.objects.get()
    assert record.keypress == "5"
    assert record.by_callback_at is not None


# --- any order ---------------------------------------------------------------------------------------------------

FATES = (0, 40, 60, 70, 85, 91, 97, 98)
PAGES = (slice(0, 3), slice(2, 6), slice(5, 8))  # overlapping, as windows are
FACTS = len(FATES) + len(PAGES)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(range(FACTS)), again=st.lists(st.integers(0, FACTS - 1), max_size=6))
def test_any_order_and_repetition_of_callbacks_and_pages_ends_in_the_same(
    dialled: "Dialled", order: list[int], again: list[int]
) -> None:
    forget()
    tell(dialled.account, [dialled.facts[index] for index in order + again])

    assert what_is_known() == dialled.known


class Dialled:
    """What the carrier has to tell about some calls, and what is known after it was told in the usual order."""

    def __init__(self, account: Account, facts: list[bytes | tuple[Call, ...]]) -> None:
        self.account = account
        self.facts = facts
        tell(account, facts)
        self.known = what_is_known()


@pytest.fixture(params=["as_sent", "international", "trunk_zero", "starred"])
def dialled(carrier: TestCarrier, request: pytest.FixtureRequest) -> Dialled:
    carrier.switch(echo_form=request.param)
    carrier.call(*FATES)
    now = timezone.now()
    query = BillQuery(start=now - timedelta(hours=1), end=now + timedelta(hours=1))
    calls = tuple(call for page in carrier_of(carrier.account).bills(query) for call in page)
    facts = [*carrier.callbacks(), *(calls[page] for page in PAGES)]
    dialled = Dialled(carrier.account, facts)
    assert Attempt.objects.filter(settled_at__isnull=False).count() == len(FATES)
    return dialled


def forget() -> None:
    CallRecord.objects.all().delete()
    Attempt.objects.update(disposition="", keypress="", settled_at=None)


def tell(account: Account, story: list[bytes | tuple[Call, ...]]) -> None:
    for fact in story:
        if isinstance(fact, bytes):
            ledger.record(account, carrier_of(account).read_callback(fact).calls, via=Via.CALLBACK)
        else:
            ledger.record(account, fact, via=Via.PULL)


# --- silence in the log ------------------------------------------------------------------------------------------


def test_no_number_and_no_secret_is_in_the_log(carrier: TestCarrier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    batch = carrier.call(0, 60, 97, 98)
    for body in (*carrier.callbacks(), b'{"id": 5, "destnumber": "broken'):
        stored(carrier.account, body)
    apply_all()
    ledger.pull(Account.objects.get(), now=timezone.now())

    token = Account.objects.get().token
    assert token
    for secret in (carrier.account.callback_secret, carrier.account.access_key, token):
        assert secret not in caplog.text
    for number in batch.attempts.values_list("contact__number", flat=True):
        assert number.removeprefix("+62") not in caplog.text
