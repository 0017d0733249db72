"""A push is understood in whatever form it comes, and never guessed at."""

import json
from urllib.parse import quote_plus

import pytest

from dialer import carriers
from dialer.terms import CarrierName, Disposition

REPORT = {"voiceId": "v1", "callee": "6281200000893", "callDuration": 3, "taskId": 5, "feedbackValue": "#"}


@pytest.fixture
def read(settings_at, tokens, wire):
    carrier = carriers.speak(CarrierName.LAAFFIC, settings_at("http://127.0.0.1:9/v3"), tokens, wire)

    def reading(body):
        return carrier.read_callback(body if isinstance(body, bytes) else body.encode())

    return reading


@pytest.mark.parametrize("name", ["push_newest.json", "push_old.json"])
def test_one_object_is_one_call(read, payload, name):
    reading = read(payload(f"laaffic/{name}"))

    assert [call.carrier_call_id for call in reading.calls] == ["2401011200001234567"]
    assert not reading.was_repaired
    assert not reading.complaint


def test_an_array_is_as_many_calls(read, payload):
    reading = read(payload("laaffic/push_array.json"))

    assert [call.disposition for call in reading.calls] == [Disposition.ANSWERED, Disposition.BUSY]
    assert not reading.was_repaired


@pytest.mark.parametrize("kind", [2, 3, 4, "3"])
def test_a_call_that_was_not_made_for_a_batch_is_left_out_without_a_complaint(read, kind):
    """A code that was spoken, or an agent's own telephone call: its number may be that of somebody in a campaign."""
    own = {name: value for name, value in REPORT.items() if name != "taskId"} | {"type": kind}

    assert read(json.dumps(own)).calls == ()
    assert read(json.dumps(own)).complaint == ""
    assert [call.carrier_call_id for call in read(json.dumps([own, {**REPORT, "voiceId": "v2"}])).calls] == ["v2"]


@pytest.mark.parametrize(
    "changes", [{"type": 1, "taskId": 0}, {"type": 3}, {"taskId": None}, {"type": "", "taskId": 0}]
)
def test_a_call_that_may_be_of_a_batch_is_read(read, changes):
    assert [call.carrier_call_id for call in read(json.dumps(REPORT | changes)).calls] == ["v1"]


def test_what_is_not_quite_json_is_read_and_marked(read, payload):
    reading = read(payload("laaffic/push_broken.txt"))

    (call,) = reading.calls
    assert (call.carrier_call_id, call.carrier_task_id) == ("2401011200001234567", "123123")
    assert (call.talk_seconds, call.keypress, call.number_on_wire) == (35, "", "6281200000893")
    assert reading.was_repaired


@pytest.mark.parametrize(
    ("body", "was_repaired"),
    [
        (json.dumps({"data": REPORT}), False),
        (json.dumps({"data": [REPORT]}), False),
        (json.dumps({"code": "0", "data": {"records": [REPORT]}}), False),
        (json.dumps({"list": json.dumps([REPORT])}), False),
        (json.dumps(json.dumps(REPORT)), True),
        (f"report={quote_plus(json.dumps(REPORT))}", True),
        (json.dumps(REPORT)[:-1] + ",}", True),
        (f"[{json.dumps(REPORT)}, ", True),
        (f"[[{json.dumps(REPORT)}], ", True),
        (json.dumps([[REPORT]]), False),
        (json.dumps([{"data": REPORT}]), False),
        ("\ufeff" + json.dumps(REPORT), False),
        (json.dumps(REPORT).encode("utf-16"), False),
        (json.dumps([REPORT, {"hello": 1}, 5]), True),
    ],
)
def test_a_report_is_found_in_any_wrapping(read, body, was_repaired):
    reading = read(body)

    (call,) = reading.calls
    assert (call.carrier_call_id, call.carrier_task_id, call.keypress) == ("v1", "5", "#")
    assert reading.was_repaired == was_repaired


@pytest.mark.parametrize("length", range(1, len(json.dumps([REPORT])) - 1))
def test_a_report_that_is_cut_off_is_a_complaint(read, length):
    reading = read(json.dumps([REPORT])[:length])

    assert reading.complaint
    assert reading.calls == ()


def test_a_report_without_an_id_does_not_take_the_others_with_it(read):
    reading = read(json.dumps([{**REPORT, "voiceId": None}, REPORT]))

    assert [call.carrier_call_id for call in reading.calls] == ["v1"]
    assert reading.was_repaired


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "empty"),
        (b"{}", "no call"),
        (b"[]", "no call"),
        (b"hello", "neither JSON nor a form"),
        (b'{"hello": 1}', "nothing in it looks like a call"),
        (json.dumps({**REPORT, "voiceId": ""}).encode(), "no voiceId"),
    ],
)
def test_what_is_no_report_is_a_complaint(read, body, complaint):
    reading = read(body)

    assert complaint in reading.complaint
    assert reading.calls == ()


@pytest.mark.parametrize(
    ("name", "complaint"), [("ringing_notice.json", "agent's telephone"), ("sms_report.json", "an SMS")]
)
def test_other_pushes_of_the_carrier_are_told_apart(read, payload, name, complaint):
    assert complaint in read(payload(f"laaffic/{name}")).complaint
