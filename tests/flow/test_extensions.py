"""What extensions do and who was put through: the latest by the carrier's clock, in whatever order it is told."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.carriers.contract import ExtensionEvent
from dialer.flow import extensions, ledger
from dialer.models import Account, Batch, Callback, CallRecord, Extension, Transfer
from dialer.terms import ExtensionState
from tests.carrier import stored
from tests.factories import make_account, make_batch, make_campaign, make_contacts

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 23, 5, tzinfo=UTC)
RING, TALK, FREE = ExtensionState.RINGING, ExtensionState.TALKING, ExtensionState.FREE
ANNA, BUDI = "20280003", "20280004"


def event(state: ExtensionState, second: int = 0, **changes: Any) -> ExtensionEvent:
    """An event of the agent's side, so many seconds after the start."""
    usual: dict[str, Any] = {
        "carrier_call_uuid": "call-1",
        "extension": ANNA,
        "is_customer_side": False,
        "number_on_wire": "81200000486",
        "reference": "",
        "raw": {},
    }
    return ExtensionEvent(state=state, at=START + timedelta(seconds=second), **{**usual, **changes})


@pytest.fixture
def account() -> Account:
    return make_account()


def extension(name: str = ANNA) -> tuple[str, int, str]:
    row = Extension.objects.get(name=name)
    return row.state, round((row.since - START).total_seconds()), row.number


def transfer(uuid: str = "call-1") -> tuple[str, int | None, int | None, int | None]:
    row = Transfer.objects.get(call_uuid=uuid)
    times = (row.rang_at, row.answered_at, row.ended_at)
    rang, answered, ended = (round((at - START).total_seconds()) if at else None for at in times)
    return row.extension, rang, answered, ended


CALL = (event(RING, 0), event(TALK, 6), event(FREE, 60))
HUNT = (event(RING, 0), event(FREE, 20), event(RING, 21, extension=BUDI), event(TALK, 25, extension=BUDI))


def test_a_call_is_followed_from_ringing_to_its_end(account: Account) -> None:
    for happened, state in zip(CALL, (RING, TALK, FREE), strict=True):
        extensions.note(account, [happened])
        assert Extension.objects.get().state == state

    assert extension() == (FREE, 60, "")
    assert transfer() == (ANNA, 0, 6, 60)


def test_an_extension_says_with_whom_it_talks(account: Account) -> None:
    extensions.note(account, CALL[:2])

    assert extension() == (TALK, 6, "+6281200000486")


def test_a_number_that_cannot_be_read_is_kept_as_it_came(account: Account) -> None:
    extensions.note(account, [event(RING, number_on_wire="812***486")])

    assert extension() == (RING, 0, "812***486")


@pytest.mark.parametrize("events", list(permutations(CALL)), ids=lambda events: "".join(one.state[0] for one in events))
def test_the_order_in_which_events_come_does_not_matter(account: Account, events: tuple[ExtensionEvent, ...]) -> None:
    for happened in events:
        extensions.note(account, [happened])

    assert (extension(), transfer()) == ((FREE, 60, ""), (ANNA, 0, 6, 60))


@pytest.mark.parametrize("events", list(permutations(HUNT)))
def test_who_answered_is_named_and_not_who_was_rung_in_vain(
    account: Account, events: tuple[ExtensionEvent, ...]
) -> None:
    for happened in events:
        extensions.note(account, [happened])

    assert transfer() == (BUDI, 21, 25, 20)
    assert (extension(ANNA), extension(BUDI)) == ((FREE, 20, ""), (TALK, 25, "+6281200000486"))


@pytest.mark.parametrize("events", list(permutations([event(RING), event(TALK), event(FREE)])))
def test_of_events_in_one_second_the_later_state_wins(account: Account, events: tuple[ExtensionEvent, ...]) -> None:
    for happened in events:
        extensions.note(account, [happened])

    assert extension() == (FREE, 0, "")


def test_an_older_call_that_is_told_late_changes_nothing_of_a_newer_one(account: Account) -> None:
    extensions.note(account, [event(RING, 100, carrier_call_uuid="call-2")])
    extensions.note(account, CALL)

    assert extension() == (RING, 100, "+6281200000486")
    assert transfer("call-2") == (ANNA, 100, None, None)


STATES = st.sampled_from([RING, TALK, FREE])
EVENTS = st.builds(
    event,
    STATES,
    st.integers(0, 4),
    extension=st.sampled_from([ANNA, BUDI]),
    carrier_call_uuid=st.sampled_from(["call-1", "call-2"]),
    number_on_wire=st.sampled_from(["81200000486", "812***486", ""]),
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, max_size=8), random=st.randoms(use_true_random=False), repeats=st.integers(1, 2))
def test_any_events_in_any_order_and_number_end_the_same(
    account: Account, events: list[ExtensionEvent], random: Any, repeats: int
) -> None:
    def end_of(stream: list[ExtensionEvent], size: int) -> list[list[tuple[Any, ...]]]:
        Extension.objects.all().delete()
        Transfer.objects.all().delete()
        for start in range(0, len(stream), size):
            extensions.note(account, stream[start : start + size])
        of_transfer = ("call_uuid", *extensions.OF_TRANSFER)
        return [
            list(Extension.objects.order_by("name").values_list("name", *extensions.OF_EXTENSION)),
            list(Transfer.objects.order_by("call_uuid").values_list(*of_transfer)),
        ]

    shuffled = events * repeats
    random.shuffle(shuffled)

    assert end_of(shuffled, 1) == end_of(events, len(events) or 1)


def test_the_side_of_the_person_called_tells_nothing_of_extensions(account: Account) -> None:
    extensions.note(account, [event(TALK, is_customer_side=True)])

    assert not Extension.objects.exists()
    assert not Transfer.objects.exists()


def test_an_event_without_a_call_tells_of_the_extension_only(account: Account) -> None:
    extensions.note(account, [event(FREE, carrier_call_uuid="")])

    assert extension() == (FREE, 0, "")
    assert not Transfer.objects.exists()


def test_a_transfer_belongs_to_the_campaign_of_its_reference(account: Account) -> None:
    batch = make_batch(contacts=make_contacts(1, campaign=make_campaign(account=account)))

    extensions.note(account, [event(RING), event(TALK, 3, reference=batch.reference)])

    row = Transfer.objects.get()
    assert (row.campaign, row.reference, row.number) == (batch.campaign, batch.reference, "+6281200000486")


def test_a_reference_of_another_account_is_no_campaign_of_ours(account: Account) -> None:
    extensions.note(account, [event(RING, reference=make_batch().reference)])

    assert Transfer.objects.get().campaign is None


def test_two_accounts_have_extensions_and_calls_of_the_same_name(account: Account) -> None:
    extensions.note(account, [event(RING)])
    extensions.note(make_account(), [event(TALK)])

    assert sorted(Extension.objects.values_list("state", flat=True)) == [RING, TALK]
    assert Transfer.objects.count() == 2


@pytest.mark.parametrize(
    ("events", "seconds_later", "is_untaken"),
    [
        ([event(RING)], 59, False),
        ([event(RING)], 61, True),
        ([event(RING), event(FREE, 20)], 21, True),
        ([event(RING), event(FREE)], 1, True),
        ([event(RING), event(TALK, 5)], 90, False),
        ([event(RING), event(TALK, 5), event(FREE, 9)], 90, False),
        ([event(RING), event(FREE, 20), event(RING, 21, extension=BUDI)], 22, False),
        ([event(RING), event(FREE, 20), event(RING, 21, extension=BUDI)], 90, True),
        ([event(FREE, 20)], 90, False),
        ([event(TALK, 20)], 90, False),
    ],
)
def test_nobody_took_what_ended_or_rang_long_without_an_answer(
    account: Account, events: list[ExtensionEvent], seconds_later: int, is_untaken: bool
) -> None:
    extensions.note(account, events)
    now = START + timedelta(seconds=seconds_later)

    assert extensions.untaken(since=START, now=now).exists() == is_untaken
    assert extensions.is_untaken(Transfer.objects.get(), now=now) == is_untaken


def test_what_rang_earlier_is_not_asked_for(account: Account) -> None:
    extensions.note(account, [event(RING)])

    assert not extensions.untaken(since=START + timedelta(seconds=1), now=START + timedelta(hours=1)).exists()


def test_many_events_take_as_many_queries_as_one(account: Account) -> None:
    def cost(count: int, call: str) -> int:
        events = [
            event(RING, index, extension=f"{call}{index}", carrier_call_uuid=f"{call}{index}", reference="r")
            for index in range(count)
        ]
        with CaptureQueriesContext(connection) as queries:
            extensions.note(account, events)
            extensions.note(account, [event(TALK, 60 + i, extension=f"{call}{i}", carrier_call_uuid=f"{call}{i}")
                                      for i in range(count)])  # fmt: skip
        return len(queries)

    assert cost(1, "a") == cost(40, "b") <= 20


def body(status: str, second: int, **changes: Any) -> bytes:
    """A push as the carrier writes it."""
    fields = {"uuid": "call-1", "extnumber": ANNA, "caller": ANNA, "callee": "81200000486", "direction": "callout"}
    return json.dumps(
        {**fields, "isbleg": "false", "status": status, "starttime": str(int(START.timestamp()) + second), **changes}
    ).encode()


@pytest.mark.parametrize("kind", ["extensions", "bills"])
def test_a_push_is_noted_when_it_is_applied_at_whatever_address_it_came(account: Account, kind: str) -> None:
    batch = make_batch(contacts=make_contacts(1, campaign=make_campaign(account=account)), state=Batch.State.ACCEPTED)
    for content in (body("ring", 0, customuuid=batch.reference), body("answer", 4, customuuid=batch.reference)):
        ledger.receive(account, kind=kind, body=content, content_type="application/json", source=None)

    assert ledger.apply_next()

    assert set(Callback.objects.values_list("state", flat=True)) == {Callback.State.APPLIED}
    assert transfer() == (ANNA, 0, 4, None)
    assert not CallRecord.objects.exists()
    assert batch.attempts.get().settled_at is None


def test_a_push_that_is_applied_again_changes_nothing(account: Account) -> None:
    callback = stored(account, body("ring", 0))
    ledger.apply(callback)
    extensions.note(account, CALL)
    Callback.objects.update(state=Callback.State.RECEIVED)

    ledger.apply(Callback.objects.get())

    assert (extension(), transfer()) == ((FREE, 60, ""), (ANNA, 0, 6, 60))
