"""A record and a report of one call tell the same, in old and new fields, and nonsense is nothing."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dialer.carriers.laaffic_records import call_of
from dialer.carriers.laaffic_times import windows
from dialer.models import CallRecord
from dialer.terms import Disposition, HungUpBy

SHANGHAI = ZoneInfo("Asia/Shanghai")
JAKARTA = ZoneInfo("Asia/Jakarta")


def call(**record):
    found = call_of({"voiceId": "v1", **record}, SHANGHAI)
    assert found is not None
    return found


@pytest.fixture
def record_of(payload):
    return lambda name: json.loads(payload(f"laaffic/{name}"))


@pytest.mark.parametrize("name", ["push_newest.json", "push_old.json"])
def test_a_report_of_an_answered_call_is_read_whole(record_of, name):
    found = call_of(record_of(name), JAKARTA)

    assert found.carrier_call_id == "2401011200001234567"
    assert found.carrier_task_id == ("123123" if name == "push_newest.json" else "")
    assert (found.number_on_wire, found.caller_id) == ("6281200000893", "1008122211")
    assert found.started_at == datetime(2025, 12, 10, 10, 0, 1, tzinfo=UTC)
    assert found.answered_at == datetime(2025, 12, 10, 10, 0, 11, tzinfo=UTC)
    assert found.ended_at == datetime(2025, 12, 10, 10, 0, 46, tzinfo=UTC)
    assert (found.ring_seconds, found.talk_seconds, found.disposition) == (8, 35, Disposition.ANSWERED)
    assert (found.hangup_code, found.hangup_meaning) == ("0" if found.carrier_task_id else "200", "success")
    assert (found.keypress, found.hung_up_by) == ("1", HungUpBy.UNKNOWN)
    assert found.recording_name == "rec-2401011200001234567"
    assert found.voice_at_carrier == "1701abc.mp3"
    assert (found.cost, found.currency, found.rate) == (Decimal("0.012"), "USD", Decimal("0.012"))
    assert (found.billing_period, found.charged_seconds) == ("60+60", 60)
    assert found.raw == record_of(name)
    assert found.is_outgoing


def test_a_record_tells_the_same_as_the_report_but_for_recording_and_batch(record_of):
    records = {item["voiceId"]: call_of(item, JAKARTA) for item in record_of("records_page.json")["data"]["records"]}
    reports = [call_of(item, JAKARTA) for item in record_of("push_array.json")]

    assert {report.carrier_call_id for report in reports} == records.keys()
    for report in reports:
        record = records[report.carrier_call_id]
        for name in ("number_on_wire", "caller_id", "started_at", "answered_at", "ended_at", "ring_seconds",
                     "talk_seconds", "disposition", "hangup_code", "keypress", "cost", "currency", "rate",
                     "billing_period", "charged_seconds", "voice_at_carrier"):  # fmt: skip
            assert getattr(record, name) == getattr(report, name), name
        assert (record.recording_name, record.carrier_task_id) == ("", "")


@pytest.mark.parametrize(
    ("record", "is_connected"),
    [
        ({"callStatus": 50}, True),
        ({"callStatus": "50", "callDuration": 0, "terminationCode": "486"}, True),
        ({"callStatus": 20, "callDuration": 9, "terminationCode": "0"}, False),
        ({"callStatus": 40, "answerTime": 1765360811000, "callDuration": 9}, False),
        ({"callStatus": None, "callDuration": "9"}, True),
        ({"callStatus": 0, "callDuration": 9}, True),
        ({"callStatus": 99, "callDuration": 9}, True),
        ({"callDuration": 0, "answerTime": 1765360811000, "terminationCode": "486"}, True),
        ({"terminationCode": "0"}, True),
        ({"terminationCode": 200}, True),
        ({"terminationCode": "486"}, False),
        ({"terminationCode": ""}, False),
        ({}, False),
    ],
)
def test_who_was_connected_is_told_by_the_newest_field_then_by_times_then_by_the_code(record, is_connected):
    found = call(**record)

    assert (found.disposition == Disposition.ANSWERED) == is_connected
    assert (found.talk_seconds > 0) == is_connected
    assert is_connected or found.answered_at is None


def test_talk_without_a_duration_lasts_from_the_answer_to_the_end():
    assert call(answerTime=1765360811000, hangupTime=1765360846900).talk_seconds == 35


@pytest.mark.parametrize(
    ("record", "disposition", "meaning"),
    [
        ({"callStatus": 10, "terminationCode": "500"}, Disposition.BUSY, "rang, then busy"),
        ({"callStatus": 20, "sipCode": "480"}, Disposition.NO_ANSWER, "rang and was not answered"),
        ({"callStatus": 30}, Disposition.NO_ANSWER, "rang, then ended for another reason"),
        ({"callStatus": 30, "sipCode": "603"}, Disposition.REJECTED, "rejected by the person called"),
        ({"callStatus": 40}, Disposition.NO_ANSWER, "a voicemail answered"),
        ({"callStatus": 60, "terminationReason": "why"}, Disposition.FAILED, "why"),
        ({"callStatus": 60, "terminationCode": 404}, Disposition.UNREACHABLE, "number not found"),
        ({"terminationCode": "486", "terminationReason": "busy here"}, Disposition.BUSY, "busy"),
        ({"sipCode": "408"}, Disposition.NO_ANSWER, "no answer in time"),
        ({"terminationCode": "488", "terminationReason": "no route"}, Disposition.FAILED, "no route"),
        ({"terminationCode": "-7", "terminationReason": "hm"}, Disposition.UNKNOWN, "hm"),
        ({"terminationReason": "hm"}, Disposition.UNKNOWN, "hm"),
        ({}, Disposition.UNKNOWN, ""),
    ],
)
def test_why_nobody_answered_is_told_in_words(record, disposition, meaning):
    found = call(**record)

    assert (found.disposition, found.hangup_meaning) == (disposition, meaning)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1765360801000, datetime(2025, 12, 10, 10, 0, 1, tzinfo=UTC)),
        ("1765360801999", datetime(2025, 12, 10, 10, 0, 1, tzinfo=UTC)),
        (1765360801, datetime(2025, 12, 10, 10, 0, 1, tzinfo=UTC)),
        (1765360801000.0, datetime(2025, 12, 10, 10, 0, 1, tzinfo=UTC)),
        ("2025-12-10T18:00:01+08:00", datetime(2025, 12, 10, 10, 0, 1, tzinfo=UTC)),
        ("2025-12-10T10:00:01.5Z", datetime(2025, 12, 10, 10, 0, 1, tzinfo=UTC)),
        ("2025-12-10 18:00:01", datetime(2025, 12, 10, 10, 0, 1, tzinfo=UTC)),
        *((nothing, None) for nothing in (None, "", 0, "0", -1, "never", "2025-12-10", [], {}, True, 10**17, 10**40,
                                          "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00")),
    ],
)  # fmt: skip
def test_times_come_in_every_spelling(value, moment):
    assert call(callTime=value).started_at == moment


def test_a_call_starts_when_it_was_dialled_or_else_handed_over_or_rang():
    assert call(callTime=0, submitTime=1765360800000).started_at == datetime(2025, 12, 10, 10, tzinfo=UTC)
    assert call(ringingTime=1765360800000).started_at == datetime(2025, 12, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize(("value", "key"), [("1", "1"), (1, "1"), (0, "0"), ("0", "0"), ("#", "#"), ("-1", ""),
                                            (-1, ""), ("", ""), (None, ""), ([1], ""), ("12", "12")])  # fmt: skip
def test_minus_one_is_no_key(value, key):
    assert call(feedbackValue=value).keypress == key


@pytest.mark.parametrize(
    ("record", "cost", "currency"),
    [
        ({"cost": "0.0120"}, Decimal("0.012"), "USD"),
        ({"cost": 0.012, "currency": "EUR"}, Decimal("0.012"), "EUR"),
        ({"cost": 0}, Decimal(0), "USD"),
        ({"cost": "1.23456789"}, Decimal("1.234568"), "USD"),
        ({"costEur": "2"}, Decimal(2), "EUR"),
        *(
            ({"cost": nothing}, None, "")
            for nothing in (None, "", "free", "NaN", "-Infinity", "1e30", 10**9, [], "1,5")
        ),
    ],
)
def test_a_cost_has_a_currency_and_fits_its_column(record, cost, currency):
    found = call(**record)

    assert (found.cost, found.currency) == (cost, currency)


@pytest.mark.parametrize("voice_id", [None, "", 0, "0", False, [], {}, "x" * 65])
def test_a_call_without_an_id_is_none(voice_id):
    assert call_of({"voiceId": voice_id, "callStatus": 50}, SHANGHAI) is None


def test_texts_fit_their_columns():
    record = dict.fromkeys(
        ("callee", "displayNum", "terminationCode", "terminationReason", "feedbackValue", "recordingFileId", "taskId",
         "taskName", "voiceFileId", "currency", "billPeriod"), "x\0" * 400
    )  # fmt: skip
    found = call(**record, cost="1")
    columns = {"caller_id": "caller_id", "number_on_wire": "number"} | {
        name: name
        for name in ("reference", "carrier_task_id", "hangup_code", "hangup_meaning", "keypress", "recording_name",
                     "currency", "billing_period", "disposition")
    }  # fmt: skip

    for name, column in columns.items():
        assert len(getattr(found, name)) <= CallRecord._meta.get_field(column).max_length, name
        assert "\0" not in getattr(found, name)
    assert (found.recording_name, found.carrier_task_id) == ("", "")  # half a name finds nothing


def test_seconds_are_never_negative_or_absurd():
    found = call(callStatus=50, callDuration=-5, chargedDuration="99999999999", ringDuration="-1")

    assert (found.talk_seconds, found.ring_seconds) == (1, 0)
    assert found.charged_seconds == 7 * 24 * 3600
    assert call().charged_seconds is None
    assert call(chargedDuration=0).charged_seconds == 0


def test_a_long_time_is_asked_for_in_parts_that_leave_nothing_out():
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 15, 0, 0, 0, 1, tzinfo=UTC)

    parts = list(windows(start, end, days=30))

    assert parts == [
        (start, datetime(2026, 1, 31, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 15, 0, 0, 1, tzinfo=UTC)),
    ]
    assert list(windows(end, start, days=30)) == []
    assert list(windows(start, start, days=30)) == [(start, start)]
