"""Tallies say what a full count of call records would say: in any order, with repeats, corrections and company."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.carriers.contract import Call
from dialer.flow import ledger, tallies
from dialer.models import Account, Batch, CallRecord, CallTally
from dialer.models.tally import NO_QUARTER, quarter_of, start_of
from dialer.terms import Disposition, HungUpBy, Via
from tests.factories import make_account, make_batch, make_call_record, make_campaign, make_contacts

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TASKS = ("", "task-1", "task-2")


def call(**fields: Any) -> Call:
    """A busy call of an unknown batch."""
    return Call(
        **{
            "carrier_call_id": "1",
            "reference": "",
            "number_on_wire": "",
            "caller_id": "",
            "started_at": NOON,
            "answered_at": None,
            "ended_at": None,
            "ring_seconds": 8,
            "talk_seconds": 0,
            "disposition": Disposition.BUSY,
            "hangup_code": "",
            "hangup_meaning": "",
            "hung_up_by": HungUpBy.UNKNOWN,
            "keypress": "",
            "recording_name": "",
            "raw": {},
            **fields,
        }
    )


def wrong() -> list[int | None]:
    """The campaigns whose tallies are not what a full count says."""
    return [which for which in tallies.slices() if tallies.differs(which)]


def told(account: Account) -> list[tuple[Any, ...]]:
    rows = CallTally.objects.filter(account=account).exclude(calls=0).order_by("quarter", "disposition")
    return [(start_of(row.quarter), row.disposition, row.keypress, row.calls, row.talk_seconds) for row in rows]


# --- one by one --------------------------------------------------------------------------------------------------


def test_a_call_is_counted_in_its_quarter_of_an_hour_with_its_seconds_and_its_cost() -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    answered = call(
        reference=batch.reference,
        started_at=NOON + timedelta(minutes=14),
        disposition=Disposition.ANSWERED,
        talk_seconds=12,
        keypress="5",
        cost=Decimal("0.012345"),
        currency="USD",
    )

    ledger.record(batch.account, [answered], via=Via.PULL)

    tally = CallTally.objects.get()
    assert (tally.campaign, tally.account, start_of(tally.quarter)) == (batch.campaign, batch.account, NOON)
    assert (tally.disposition, tally.keypress, tally.currency) == (Disposition.ANSWERED, "5", "USD")
    assert (tally.calls, tally.talk_seconds) == (1, 12)
    assert tallies.money(tally.cost_millionths) == Decimal("0.012345")


def test_a_call_that_is_told_twice_is_counted_once() -> None:
    account = make_account()
    for via in (Via.CALLBACK, Via.CALLBACK, Via.PULL):
        ledger.record(account, [call()], via=via)

    assert told(account) == [(NOON, "busy", "", 1, 0)]


def test_a_correction_moves_the_count() -> None:
    account = make_account()
    ledger.record(account, [call()], via=Via.CALLBACK)

    corrected = call(started_at=NOON + timedelta(hours=2), disposition=Disposition.ANSWERED, talk_seconds=7)
    ledger.record(account, [corrected], via=Via.PULL)

    assert told(account) == [(NOON + timedelta(hours=2), "answered", "", 1, 7)]


def test_a_call_whose_start_was_not_told_is_counted_without_a_quarter() -> None:
    ledger.record(make_account(), [call(started_at=None)], via=Via.PULL)

    assert CallTally.objects.get().quarter == NO_QUARTER
    assert wrong() == []


def test_a_start_before_all_quarters_does_not_stop_the_ledger() -> None:
    ledger.record(make_account(), [call(started_at=datetime(1901, 1, 1, tzinfo=UTC))], via=Via.PULL)

    assert CallTally.objects.get().quarter == NO_QUARTER
    assert wrong() == []


def test_a_call_that_is_adopted_moves_to_its_campaign() -> None:
    batch = make_batch(state=Batch.State.ACCEPTED)
    ledger.record(batch.account, [call(carrier_task_id="77")], via=Via.CALLBACK)
    Batch.objects.filter(pk=batch.pk).update(carrier_task_id="77")

    assert ledger.adopt() == 1

    assert CallTally.objects.get(calls=1).campaign == batch.campaign
    assert wrong() == []


def test_what_is_undone_is_not_counted() -> None:
    account = make_account()

    with transaction.atomic():
        ledger.record(account, [call()], via=Via.PULL)
        transaction.set_rollback(True)

    assert not CallTally.objects.exists()


# --- any order ---------------------------------------------------------------------------------------------------

facts = st.fixed_dictionaries(
    {
        "carrier_call_id": st.sampled_from(["1", "2", "3"]),
        "carrier_task_id": st.sampled_from(TASKS),
        "started_at": st.sampled_from([None, NOON, NOON + timedelta(minutes=61)]),
        "disposition": st.sampled_from([Disposition.ANSWERED, Disposition.BUSY, Disposition.UNKNOWN]),
        "talk_seconds": st.sampled_from([0, 5]),
        "keypress": st.sampled_from(["", "1", "2"]),
        "cost": st.sampled_from([None, Decimal("0.01"), Decimal("0.000003")]),
        "currency": st.sampled_from(["", "USD"]),
    }
)
pages = st.lists(facts, min_size=1, max_size=4)
moves = st.lists(st.one_of(st.tuples(st.sampled_from(list(Via)), pages), st.sampled_from(TASKS[1:])), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=moves)
def test_whatever_is_told_in_whatever_order_the_tallies_are_what_a_full_count_says(
    two_batches: list[Batch], story: list[Any]
) -> None:
    begin_again(two_batches)
    for move in story:
        if isinstance(move, str):
            take_as(two_batches[TASKS.index(move) - 1], move)
        else:
            via, page = move
            ledger.record(two_batches[0].account, [call(**fields) for fields in page], via=via)
        assert wrong() == []
    assert sum(CallTally.objects.values_list("calls", flat=True)) == CallRecord.objects.count()


@pytest.fixture
def two_batches() -> list[Batch]:
    """Of two campaigns with one account; the carrier's names of them are learnt later."""
    account = make_account()
    campaigns = [make_campaign(account=account) for _ in range(2)]
    return [make_batch(campaign=one, contacts=make_contacts(2, campaign=one)) for one in campaigns]


def begin_again(batches: list[Batch]) -> None:
    CallRecord.objects.all().delete()
    CallTally.objects.all().delete()
    Batch.objects.update(carrier_task_id="", state=Batch.State.ACCEPTED)


def take_as(batch: Batch, task: str) -> None:
    """The carrier's name of the batch is learnt, and calls that named it are linked."""
    Batch.objects.filter(pk=batch.pk).update(carrier_task_id=task)
    ledger.adopt()


# --- filling and comparing ---------------------------------------------------------------------------------------


@pytest.fixture
def uncounted() -> Iterator[list[CallRecord]]:
    """Calls as they were recorded before there were tallies."""
    batch = make_batch(state=Batch.State.ACCEPTED)
    rows = [make_call_record(attempt=attempt) for attempt in batch.attempts.all()] + [make_call_record()]
    CallTally.objects.all().delete()
    return rows


def test_the_command_says_what_differs_and_counts_it_afresh(uncounted: list[CallRecord]) -> None:
    with pytest.raises(CommandError, match="2 campaigns are not what"):
        call_command("tallies")

    call_command("tallies", fill=True)

    assert sum(CallTally.objects.values_list("calls", flat=True)) == 3
    call_command("tallies")


def test_filling_may_be_repeated(uncounted: list[CallRecord]) -> None:
    for _ in range(2):
        for which in tallies.slices():
            tallies.rebuild(which)

    assert wrong() == []
    assert sum(CallTally.objects.values_list("calls", flat=True)) == 3


def test_a_correction_before_the_table_was_filled_does_not_stop_the_ledger(uncounted: list[CallRecord]) -> None:
    row = uncounted[-1]
    told_again = call(carrier_call_id=row.carrier_call_id, started_at=NOON, keypress="9")

    ledger.record(row.account, [told_again], via=Via.PULL)

    assert CallRecord.objects.get(pk=row.pk).keypress == "9"
    call_command("tallies", fill=True)
    assert wrong() == []


def test_a_quarter_of_an_hour_begins_where_it_says() -> None:
    assert start_of(quarter_of(NOON + timedelta(minutes=14, seconds=59))) == NOON
    assert start_of(quarter_of(NOON + timedelta(minutes=15))) == NOON + timedelta(minutes=15)


# --- in company --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_who_record_correct_and_fill_at_once_end_in_a_right_count() -> None:
    account = make_account()
    campaign = make_campaign(account=account)
    batch = make_batch(campaign=campaign, contacts=make_contacts(2, campaign=campaign), state=Batch.State.ACCEPTED)

    def tell(turn: int) -> None:
        for step in range(6):
            number = (turn + step) % 6
            page = [call(carrier_call_id=str(number + one), reference=batch.reference) for one in range(3)]
            ledger.record(account, page, via=Via.CALLBACK)
            changed = call(carrier_call_id=str(number), keypress=str(step), talk_seconds=turn + 1)
            ledger.record(account, [changed], via=Via.PULL)

    def fill(_turn: int) -> None:
        for _ in range(25):
            tallies.rebuild(campaign.pk)

    def do(turn: int) -> None:
        try:
            (fill if turn % 3 == 0 else tell)(turn)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(do, range(6)))

    assert wrong() == []
    assert sum(CallTally.objects.values_list("calls", flat=True)) == CallRecord.objects.count() == 8
