"""A push is understood in whatever form it comes, and never guessed at."""

import json
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.carriers.contract import Reading
from dialer.carriers.tolerant import Unreadable
from dialer.carriers.yunhu import Yunhu
from dialer.carriers.yunhu_callback import read_records
from dialer.terms import Disposition

PLAIN = {"id": 5, "billsec": 3, "destnumber": "81200000893", "customuuid": "ours", "userkey": "#", "hangupcause": 10001}
TEXT = json.dumps(PLAIN)


@pytest.fixture
def read(settings_at, tokens, wire):
    return Yunhu(settings_at("http://127.0.0.1:9/"), tokens, wire).read_callback


def only_call(reading: Reading):
    assert reading.complaint == ""
    (call,) = reading.calls
    return call


def test_the_printed_ivr_bill_is_read_strictly(read, payload):
    reading = read(payload("yunhu/callback_ivr.json"))

    assert only_call(reading).carrier_call_id == "220739"
    assert not reading.was_repaired


def test_the_printed_bill_without_commas_is_repaired(read, payload):
    reading = read(payload("yunhu/callback_without_commas.txt"))
    call = only_call(reading)

    assert reading.was_repaired
    assert (call.carrier_call_id, call.carrier_call_uuid) == ("982", "cda5c6c4-0a17-11e8-b177-e7cbf2bd1f36")
    assert (call.keypress, call.reference) == ("1", "customuuid")
    assert call.disposition == Disposition.NO_ANSWER
    assert len(call.raw) == 22


def test_the_newest_fields_are_read(read, payload):
    call = only_call(read(payload("yunhu/callback_newest_fields.json")))

    assert (call.carrier_call_id, call.keypress, call.talk_seconds) == ("5120417", "1", 9)
    assert call.recording_name == "20251016173113_5120417.mp3"


def test_numbers_as_text_and_nulls_are_read(read, payload):
    call = only_call(read(payload("yunhu/callback_numbers_as_text.json")))

    assert (call.carrier_call_id, call.number_on_wire, call.ring_seconds) == ("22671", "812****4893", 28)
    assert (call.answered_at, call.keypress, call.carrier_call_uuid) == (None, "", "")


def test_a_call_of_an_agent_is_none_of_ours_and_no_reason_to_complain(read, payload):
    assert read(payload("yunhu/callback_of_an_extension.json")) == Reading(calls=())


def test_the_state_of_an_extension_is_no_call_and_no_complaint(read, payload):
    reading = read(payload("yunhu/extension_state.json"))

    assert (reading.calls, reading.complaint) == ((), "")
    assert len(reading.extension_events) == 1


@pytest.mark.parametrize(
    "body",
    [
        f"[{TEXT}]",
        f'{{"data": {TEXT}}}',
        f'{{"code": 200, "data": {{"bills": [{TEXT}]}}}}',
        json.dumps({"data": TEXT}),
        json.dumps({"data": [PLAIN]}),
        f"\ufeff{TEXT}",
        f"\n  {TEXT}\r\n",
    ],
)
def test_a_list_or_a_wrapper_is_read_strictly(read, body):
    reading = read(body.encode())

    assert only_call(reading).raw == PLAIN
    assert not reading.was_repaired


@pytest.mark.parametrize(
    "body",
    [
        TEXT.replace(", ", " "),
        TEXT.replace(", ", "\n"),
        TEXT.replace("}", ",}"),
        TEXT.replace("{", "{,"),
        TEXT.replace(", ", ",, "),
        TEXT.replace('"', "'"),
        TEXT.replace('"id"', "id"),
        TEXT + ";",
        TEXT + "\0",
        json.dumps(TEXT),
        json.dumps(json.dumps(TEXT)),
        f"data={quote_plus(TEXT)}",
        f"json={quote_plus(TEXT)}&sign=1",
    ],
)
def test_what_careless_programs_send_is_repaired(read, body):
    reading = read(body.encode())

    assert only_call(reading).raw == PLAIN
    assert reading.was_repaired


def test_a_form_whose_fields_are_the_bill_is_repaired(read):
    reading = read(urlencode(PLAIN).encode())
    call = only_call(reading)

    assert reading.was_repaired
    assert (call.carrier_call_id, call.talk_seconds, call.keypress) == ("5", 3, "#")


def test_words_that_are_no_json_mean_nothing(read):
    call = only_call(
        read(b'{"id": 5, "billsec": NaN, "userkey": None, "answertime": undefined, "duration": , "a": True,}')
    )

    assert (call.talk_seconds, call.keypress, call.answered_at, call.ring_seconds) == (0, "", None, 0)
    assert call.raw["a"] is True


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_other_encodings_of_unicode_are_read(read, encoding):
    assert only_call(read(TEXT.encode(encoding))).raw == PLAIN


def test_wrong_characters_cost_only_themselves(read):
    reading = read(TEXT.encode().replace(b'"ours"', b'"\xc4\xe3\xba\xc3"'))

    assert only_call(reading).carrier_call_id == "5"
    assert reading.was_repaired


def test_a_line_break_in_a_text_is_read(read):
    assert only_call(read(TEXT.replace("ours", "our\ns").encode())).reference == "our\ns"


@pytest.mark.parametrize("rest", ['{"billsec": 1}', "7", '{"id": 6}'])
def test_what_can_be_read_of_a_list_is_kept_and_marked(read, rest):
    reading = read(f"[{TEXT}, {rest}]".encode())

    assert only_call(reading).carrier_call_id == "5"
    assert reading.was_repaired


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "It is empty."),
        (b"  \n", "It is empty."),
        (b"{}", "It holds no call."),
        (b"[]", "It holds no call."),
        (b"[{}]", "It holds no call."),
        (b"null", "nothing in it looks like a call"),
        (b"7", "nothing in it looks like a call"),
        (b'{"hello": "world"}', "nothing in it looks like a call"),
        (b"hello=world", "nothing in it looks like a call"),
        (b"<html>", "neither JSON nor a form"),
        (b'{"billsec": 3}', "neither id nor uuid"),
        (b'{"id": 1, "billsec"', "makes no sense at character"),
        (b'{"id" 1}', "makes no sense at character"),
        (b'{"id": 1, "billsec": 3} {"id": 2}', "makes no sense at character"),
        (b"{" * 100_000, "can't be repaired"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\0\xff\xfe", "neither JSON nor a form"),
    ],
)
def test_what_cannot_be_read_is_a_complaint(read, body, complaint):
    reading = read(body)

    assert reading.calls == ()
    assert complaint in reading.complaint


@pytest.mark.parametrize("length", range(1, len(TEXT), 7))
def test_half_a_bill_is_never_taken_for_a_bill(read, length):
    assert read(TEXT[:length].encode()).calls == ()
    assert read(TEXT.replace(", ", " ")[:length].encode()).calls == ()


def test_a_large_push_of_rubbish_is_refused_fast(read):
    for piece in (b'"', b"'", b'{"a":', b"[,", b"\\", b'"\\"', b"a=1&"):
        assert read(piece * 200_000).calls == ()


WORDS = ["id", '"id"', "1", '"billsec"', "null", " ", "\n", "NaN", '{"id":1,"billsec":2}', "\ufeff"]
PIECES = st.lists(st.sampled_from([*"{}[],:\"'\\", *WORDS]))


@settings(deadline=None)
@given(st.binary() | st.text().map(lambda text: text.encode(errors="replace")) | PIECES.map("".join).map(str.encode))
def test_any_bytes_are_records_or_unreadable(body):
    try:
        found = read_records(body)
    except Unreadable as error:
        sentence = str(error)
    else:
        sentence = "read."
        assert found.bills or found.states
    assert sentence.endswith(".")


JSON_VALUES = (
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(exclude_categories=["Cs"]))
)


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON_VALUES), st.booleans())
def test_the_tolerant_reader_reads_json_as_json(fields, is_ascii):
    fields = {**fields, "id": 1, "billsec": 2}
    broken = json.dumps(fields, ensure_ascii=is_ascii)[:-1] + ",}"

    found = read_records(broken.encode())

    assert found.was_repaired
    assert found.bills == (fields,)
