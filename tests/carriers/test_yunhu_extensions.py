"""What extensions do, as it is pushed: understood in every form that bills are, and never guessed at."""

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.carriers.contract import BILLS, EXTENSIONS, Reading
from dialer.carriers.yunhu import Yunhu
from dialer.terms import ExtensionState
from tests.carriers.contract_cases import FUNCTION_FIXTURES

RING = {
    "uuid": "f4ee8e7a-4a0f-11ea-8126-fbc8753285b6",
    "buuid": "f4ffad68-4a0f-11ea-812d-fbc8753285b6",
    "callee": "81200000486",
    "caller": "20280003",
    "extnumber": "20280003",
    "direction": "callout",
    "isbleg": "false",
    "starttime": "1581124302",
    "status": "ring",
    "customuuid": "ours",
    "type": "call",
}
BILL = {"id": 5, "billsec": 3, "destnumber": "81200000893", "customuuid": "ours", "hangupcause": 10001}
AT = datetime(2020, 2, 8, 1, 11, 42, tzinfo=UTC)


@pytest.fixture
def read(settings_at, tokens, wire):
    carrier = Yunhu(settings_at("http://127.0.0.1:9/"), tokens, wire)
    return lambda body, kind=EXTENSIONS: carrier.read_callback(body, kind=kind)


@pytest.fixture
def read_one(read):
    """The event of one record with these changes; None if there is none."""

    def event(**changes):
        reading = read(json.dumps({**RING, **changes}).encode())
        assert bool(reading.complaint) != bool(reading.extension_events)
        return next(iter(reading.extension_events), None)

    return event


def test_the_printed_event_is_read_strictly(read, payload):
    reading = read(payload("yunhu/extension_state.json"))

    (event,) = reading.extension_events
    assert (event.extension, event.state, event.at) == ("20280003", ExtensionState.RINGING, AT)
    assert (event.number_on_wire, event.reference) == ("81200000486", "")
    assert event.carrier_call_uuid == "f4ee8e7a-4a0f-11ea-8126-fbc8753285b6"
    assert event.is_customer_side
    assert len(event.raw) == 13
    assert not reading.was_repaired


def test_the_newer_fields_are_read(read_one):
    assert read_one().reference == "ours"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ring", ExtensionState.RINGING),
        ("answer", ExtensionState.TALKING),
        ("hangup", ExtensionState.FREE),
        ("Hangup ", ExtensionState.FREE),
    ],
)
def test_each_status_has_its_state(read_one, status, state):
    assert read_one(status=status).state == state


@pytest.mark.parametrize(
    ("said", "is_customer_side"),
    [("true", True), ("false", False), (True, True), (False, False), ("False", False), (1, True), ("0", False)],
)
def test_the_side_is_read_in_every_spelling(read_one, said, is_customer_side):
    assert read_one(isbleg=said).is_customer_side == is_customer_side


@pytest.mark.parametrize("said", [1581124302, "1581124302", 1581124302.0, "1581124302000", "2020-02-08 09:11:42"])
def test_the_time_is_read_in_every_spelling(read_one, said):
    assert read_one(starttime=said).at == AT


@pytest.mark.parametrize(
    ("changes", "extension", "number"),
    [
        ({}, "20280003", "81200000486"),
        ({"extnumber": ""}, "20280003", "81200000486"),
        ({"caller": "81200000486", "callee": "20280003"}, "20280003", "81200000486"),
        ({"caller": "81200000486", "callee": "20280003", "extnumber": "0", "direction": "callin"}, "20280003",
         "81200000486"),
        ({"callee": ""}, "20280003", ""),
    ],
)  # fmt: skip
def test_extension_and_person_are_told_apart(read_one, changes, extension, number):
    event = read_one(**changes)

    assert (event.extension, event.number_on_wire) == (extension, number)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "sleeps"}, {"status": None}, {"isbleg": ""}, {"isbleg": "perhaps"}, {"starttime": ""},
        {"starttime": "0"}, {"starttime": -5}, {"starttime": "9" * 18}, {"extnumber": "", "caller": ""},
    ],
)  # fmt: skip
def test_an_event_that_lacks_what_matters_is_a_complaint(read, changes):
    reading = read(json.dumps({**RING, **changes}).encode())

    assert reading == Reading(complaint="It tells of an extension, but not which one, in what state, or when.")


def test_what_can_be_read_of_a_list_is_kept_and_marked(read):
    reading = read(json.dumps([RING, {**RING, "status": "sleeps"}]).encode())

    assert len(reading.extension_events) == 1
    assert reading.was_repaired


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(RING).replace(", ", " "),
        json.dumps(RING).replace('"', "'"),
        json.dumps(json.dumps(RING)),
        urlencode(RING),
        urlencode({"data": json.dumps(RING)}),
    ],
)
def test_what_careless_programs_send_is_repaired(read, body):
    reading = read(body.encode())

    assert [event.raw for event in reading.extension_events] == [RING]
    assert reading.was_repaired


@pytest.mark.parametrize("kind", [BILLS, EXTENSIONS])
def test_an_address_in_the_wrong_field_of_the_console_loses_nothing(read, kind):
    reading = read(json.dumps([RING, BILL]).encode(), kind)

    assert ([event.extension for event in reading.extension_events], reading.was_repaired) == (["20280003"], False)
    assert [call.carrier_call_id for call in reading.calls] == ["5"]


def test_a_state_with_an_end_is_no_bill_and_a_bill_with_a_status_is_one(read):
    grown = {**RING, "status": "hangup", "endtime": "2020-02-08 09:12:00", "duration": 18}

    reading = read(json.dumps([grown, {**BILL, "isbleg": "true", "status": "hangup"}]).encode())

    assert (len(reading.extension_events), len(reading.calls)) == (1, 1)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just([]) | st.just({})
LIKELY = st.sampled_from(["ring", "answer", "hangup", "true", "false", "1581124302", "callin", "0", "20280003", 1e300])


@FUNCTION_FIXTURES
@given(
    fields=st.dictionaries(st.sampled_from([*RING, "billsec", "endtime"]), VALUES | LIKELY),
    ending=st.sampled_from(["}", ",}", "}\0", "}}"]),
    kind=st.sampled_from([BILLS, EXTENSIONS]),
)
def test_whatever_an_event_holds_is_read_or_a_complaint(read, fields, ending, kind):
    body = json.dumps({"isbleg": "true", "status": "ring", **fields})[:-1] + ending

    reading = read(body.encode(), kind)

    for event in reading.extension_events:
        assert event.extension
        assert event.at.tzinfo is not None
        assert event.state in ExtensionState
        assert json.dumps(event.raw, allow_nan=False)
    assert not (reading.complaint and reading.extension_events)


@pytest.mark.parametrize("length", range(1, len(json.dumps(RING)), 5))
def test_half_an_event_is_never_taken_for_one(read, length):
    assert read(json.dumps(RING)[:length].encode()).extension_events == ()
