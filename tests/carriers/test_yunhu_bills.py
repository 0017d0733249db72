"""One call, however its fields are written."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.carriers.contract import BillQuery, OutcomeUnknown
from dialer.carriers.yunhu import Yunhu
from dialer.carriers.yunhu_bills import call_of
from dialer.carriers.yunhu_codes import ENDINGS
from dialer.terms import Disposition, HungUpBy
from tests.carriers.small_server import answer

BEIJING = ZoneInfo("Asia/Shanghai")
FIELDS = [
    "id", "uuid", "customuuid", "destnumber", "disnumber", "displaynumber", "starttime", "answertime", "endtime",
    "duration", "billsec", "hangupcause", "hangupdirection", "userkey", "recordfilename", "direction", "type",
]  # fmt: skip
NOTHINGS = [None, "", "0", 0, "0000-00-00 00:00:00", "nonsense", [], {}, float("nan"), "9" * 400, -1, True]


def call(**fields):
    return call_of({"id": 7, **fields}, BEIJING)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def test_the_printed_callback_is_a_call(payload):
    found = call_of(json.loads(payload("yunhu/callback_ivr.json")), BEIJING)

    assert found is not None
    assert (found.carrier_call_id, found.reference) == ("220739", "110001168")
    assert found.carrier_call_uuid == "3418035c-4af5-11ea-afb2-fbc8753285b6"
    assert (found.number_on_wire, found.caller_id) == ("81200000893", "2190170001")
    assert found.started_at == at("2020-02-09 12:32:38")
    assert found.answered_at == at("2020-02-09 12:32:51")
    assert found.ended_at == at("2020-02-09 12:33:01")
    assert (found.ring_seconds, found.talk_seconds) == (13, 10)
    assert (found.disposition, found.hung_up_by) == (Disposition.ANSWERED, HungUpBy.CALLER)
    assert (found.hangup_code, found.hangup_meaning) == ("10001", "normal hang-up")
    assert (found.keypress, found.recording_name) == ("", "1111.mp3")


def test_the_printed_bill_is_a_call(payload):
    (bill,) = json.loads(payload("yunhu/bills_page.json"))["data"]["result"]["bills"]
    found = call_of(bill, BEIJING)

    assert found is not None
    assert (found.carrier_call_id, found.reference, found.caller_id) == ("22670", "", "2190170001")
    assert (found.answered_at, found.ring_seconds, found.talk_seconds) == (None, 28, 0)
    assert (found.disposition, found.hung_up_by) == (Disposition.NO_ANSWER, HungUpBy.CALLEE)
    assert (found.hangup_code, found.keypress, found.recording_name) == ("10020", "#", "")
    assert found.raw == bill


def test_the_printed_times_are_those_of_beijing(payload):
    """The call's uuid is of version 1 and holds the moment in UTC."""
    found = call_of(json.loads(payload("yunhu/callback_ivr.json")), BEIJING)

    assert found is not None
    ticks = uuid.UUID(found.carrier_call_uuid).time - 0x01B21DD213814000  # from 1582 to 1970, RFC 9562
    said = datetime.fromtimestamp(ticks / 10_000_000, tz=UTC)
    assert found.started_at is not None
    assert abs(found.started_at - said) < timedelta(seconds=1)


@pytest.mark.parametrize("value", NOTHINGS)
@pytest.mark.parametrize("name", [name for name in FIELDS if name != "id"])
def test_nothing_and_nonsense_in_any_field_is_a_call_still(name, value):
    found = call(**{name: value})

    assert found.carrier_call_id == "7"
    assert 0 <= found.talk_seconds < 10**6
    json.dumps(found.raw, allow_nan=False).encode()


@pytest.mark.parametrize("name", ["starttime", "answertime", "endtime"])
@pytest.mark.parametrize(
    "value",
    [None, "", "0", 0, "0000-00-00 00:00:00", "2020-02-30 00:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59"],
)
def test_a_time_that_is_none_is_no_time(name, value):
    found = call(**{name: value})

    assert (found.started_at, found.answered_at, found.ended_at) == (None, None, None)


@pytest.mark.parametrize("unused", [None, "", "0", 0])
@pytest.mark.parametrize(
    ("field", "name"),
    [("customuuid", "reference"), ("recordfilename", "recording_name"), ("uuid", "carrier_call_uuid")],
)
def test_the_zero_of_an_unused_field_is_nothing(field, name, unused):
    assert getattr(call(**{field: unused}), name) == ""


@pytest.mark.parametrize(("pressed", "keypress"), [(1, "1"), ("1", "1"), ("#", "#"), ("0", "0"), ("", ""), (None, "")])
def test_a_pressed_key_is_a_text(pressed, keypress):
    assert call(userkey=pressed).keypress == keypress


@pytest.mark.parametrize(
    ("given_id", "carrier_call_id"), [(7, "7"), ("7", "7"), (7.0, "7"), (" 7 ", "7"), ("a-7", "a-7")]
)
def test_an_id_may_be_a_number_or_a_text(given_id, carrier_call_id):
    assert call(id=given_id).carrier_call_id == carrier_call_id


@pytest.mark.parametrize("missing", [None, "", 0, "0", "x" * 65])
def test_without_an_id_the_uuid_is_one(missing):
    assert call(id=missing, uuid="3418-035c").carrier_call_id == "uuid:3418-035c"


@pytest.mark.parametrize("missing", [None, "", 0, "0", [], "x" * 65])
def test_without_id_and_uuid_there_is_no_call(missing):
    assert call_of({"id": missing, "uuid": missing, "billsec": 3}, BEIJING) is None


@pytest.mark.parametrize("code", sorted(ENDINGS))
def test_who_talked_was_reached_whatever_the_code_says(code):
    found = call(billsec=1, hangupcause=code, hangupdirection=code)

    assert found.disposition == Disposition.ANSWERED
    assert found.hangup_meaning == ENDINGS[code].meaning


@pytest.mark.parametrize(
    ("cause", "side", "disposition", "hung_up_by"),
    [
        (10006, 10041, Disposition.BUSY, HungUpBy.CALLEE),
        (10003, 10041, Disposition.REJECTED, HungUpBy.CALLEE),
        (10003, "", Disposition.REJECTED, HungUpBy.CALLEE),
        (10005, 10040, Disposition.NO_ANSWER, HungUpBy.CALLER),
        (10009, 0, Disposition.UNREACHABLE, HungUpBy.UNKNOWN),
        (10004, None, Disposition.FAILED, HungUpBy.CARRIER),
        (10002, "10002", Disposition.CANCELLED, HungUpBy.CALLER),
        (10020, 10041, Disposition.NO_ANSWER, HungUpBy.CALLEE),
        (10001, 10015, Disposition.NO_ANSWER, HungUpBy.CARRIER),
        (10001, 10003, Disposition.REJECTED, HungUpBy.CALLEE),
        ("", 10006, Disposition.BUSY, HungUpBy.UNKNOWN),
        ("", "", Disposition.UNKNOWN, HungUpBy.UNKNOWN),
        (19999, 10041, Disposition.UNKNOWN, HungUpBy.CALLEE),
    ],
)
def test_who_did_not_talk_ended_as_the_codes_say(cause, side, disposition, hung_up_by):
    found = call(billsec=0, hangupcause=cause, hangupdirection=side)

    assert (found.disposition, found.hung_up_by) == (disposition, hung_up_by)


@pytest.mark.parametrize(
    ("fields", "is_outgoing"),
    [
        ({}, True),
        ({"type": "callout"}, True),
        ({"direction": "callout", "type": "callin"}, True),
        ({"direction": "callin"}, False),
        ({"type": "callin"}, False),
    ],
)
def test_incoming_calls_are_told_apart(fields, is_outgoing):
    assert call(**fields).is_outgoing is is_outgoing


def test_the_original_is_kept_but_for_what_no_database_keeps():
    found = call(memberid="a\0b", note="\ud83d", odd=[float("inf"), {"deep": 1}], userkey=None)

    assert found.raw == {"id": 7, "memberid": "ab", "note": "?", "odd": [None, {"deep": 1}], "userkey": None}


LENGTHS = {
    "carrier_call_id": 64,
    "carrier_call_uuid": 64,
    "reference": 64,
    "caller_id": 32,
    "number_on_wire": 32,
    "hangup_code": 20,
    "keypress": 20,
    "recording_name": 255,
}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("2020-02-09 12:32:38"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES))
def test_any_record_is_a_call_that_fits_its_columns(record):
    found = call_of({"id": "1", **record}, BEIJING) or call_of({**record, "id": "1"}, BEIJING)

    assert found is not None
    for name, length in LENGTHS.items():
        assert len(getattr(found, name)) <= length
        assert "\0" not in getattr(found, name)
    for moment in (found.started_at, found.answered_at, found.ended_at):
        assert moment is None or moment.astimezone(UTC).year >= 1999
    assert 0 <= found.ring_seconds < 2**31
    json.dumps(found.raw, allow_nan=False)


# --- pages of bills that are not as they should be ---------------------------------------------------------------


@pytest.fixture
def bills_from(serve, settings_at, tokens, wire):
    """All bills that a carrier gives which answers with these results, one after the other."""

    def read(*results, reference=""):
        tokens.token = "a-token"
        documents = ({"ret": 200, "data": {"status": 0, "result": result}} for result in results)
        server = serve(*(answer(json.dumps(document).encode()) for document in documents))
        now = datetime.now(UTC)
        query = BillQuery(start=now, end=now, reference=reference)
        carrier = Yunhu(settings_at(server.address), tokens, wire)
        return [call.carrier_call_id for page in carrier.bills(query) for call in page], len(server.requests)

    return read


def bill(number, **fields):
    return {"id": number, "customuuid": "ours", "billsec": 0, **fields}


@pytest.mark.parametrize("nothing", [None, [], {}, {"totalitems": 0, "bills": []}, {"bills": []},
                                     {"totalitems": "0", "bills": None}, {"totalitems": 0}])  # fmt: skip
def test_no_bills_may_be_said_in_many_ways(bills_from, nothing):
    assert bills_from(nothing) == ([], 1)


def test_pages_end_when_all_have_come(bills_from):
    pages = [{"totalitems": "3", "bills": [bill(1), bill(2)]}, {"totalitems": "3", "bills": [bill(3)]}]

    assert bills_from(*pages, {"bills": "never asked"}) == (["1", "2", "3"], 2)


@pytest.mark.parametrize("total", [None, "", 0, "many"])
def test_without_a_believable_total_pages_end_with_an_empty_one(bills_from, total):
    page = {"totalitems": total, "bills": [bill(1)]}

    assert bills_from(page, {"totalitems": total, "bills": []}) == (["1"], 2)


def test_a_carrier_that_gives_less_in_a_page_than_asked_is_asked_on(bills_from):
    pages = [{"totalitems": 3, "itemsperpage": 1000, "bills": [bill(number)]} for number in (1, 2, 3)]

    assert bills_from(*pages) == (["1", "2", "3"], 3)


def test_bills_that_slide_to_the_next_page_are_not_missed(bills_from):
    pages = [{"totalitems": 3, "bills": [bill(3), bill(2)]}, {"totalitems": 4, "bills": [bill(2), bill(1)]}]

    assert bills_from(*pages, {"totalitems": 4, "bills": []}) == (["3", "2", "2", "1"], 3)


def test_a_carrier_that_repeats_a_page_for_ever_is_left(bills_from):
    with pytest.raises(OutcomeUnknown, match="again and again"):
        bills_from({"totalitems": 10, "bills": [bill(1)]})


def test_a_carrier_whose_pages_never_end_is_left(bills_from, monkeypatch):
    monkeypatch.setattr("dialer.carriers.yunhu.MOST_PAGES", 2)

    with pytest.raises(OutcomeUnknown, match="more than 2 pages"):
        bills_from({"totalitems": 9, "bills": [bill(1)]}, {"totalitems": 9, "bills": [bill(2)]})


@pytest.mark.parametrize(
    "nonsense", ["text", 5, [1], {"totalitems": 5}, {"bills": "x"}, {"bills": [1]}, {"bills": None}]
)
def test_a_page_that_makes_no_sense_is_not_taken_for_an_empty_one(bills_from, nonsense):
    with pytest.raises(OutcomeUnknown, match="can't be read"):
        bills_from(nonsense)


def test_bills_of_other_references_are_left_out_though_the_carrier_ignores_the_filter(bills_from):
    page = {"totalitems": 2, "bills": [bill(1), bill(2, customuuid="theirs")]}

    assert bills_from(page, reference="ours") == (["1"], 1)


def test_bills_without_id_and_uuid_are_left_out(bills_from):
    page = {"totalitems": 2, "bills": [bill(1), bill(None)]}

    assert bills_from(page, {"bills": []}) == (["1"], 2)


def test_a_time_without_a_zone_is_not_asked_with(settings_at, tokens, wire):
    tokens.token = "a-token"
    carrier = Yunhu(settings_at("http://127.0.0.1:9/"), tokens, wire)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001

    with pytest.raises(ValueError, match="zone"):
        list(carrier.bills(BillQuery(start=naive, end=naive)))
