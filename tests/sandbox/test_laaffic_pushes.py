"""Laaffic's status reports, and the records of the same calls."""

import json
import time
from datetime import datetime, timedelta

import pytest

NEW_FIELDS = {"taskId", "sourceTaskId", "callStatus"}


@pytest.fixture
def pushing(start, receiver):
    return lambda **switches: start(callback_url=receiver.url, **switches)


def test_an_answered_call_is_reported_with_its_times_price_and_recording(pushing, receiver):
    laaffic = pushing().laaffic
    before = time.time()
    task_id = laaffic.send("6281200000040", displayNum="1008")["data"]

    (report,) = receiver.wait_for(1)

    assert report["taskId"] == task_id
    expected = {
        "type": 1, "callee": "6281200000040", "displayNum": "1008", "feedbackValue": "1", "callStatus": 50,
        "terminationCode": "0", "billPeriod": "60+60", "chargedDuration": 60, "code": "Indonesia",
    }  # fmt: skip
    assert {name: report[name] for name in expected} == expected
    assert before * 1000 - 1 <= report["submitTime"] <= report["callTime"] <= report["ringingTime"]
    assert report["answerTime"] - report["ringingTime"] == pytest.approx(report["ringDuration"] * 1000, abs=1)
    assert report["hangupTime"] - report["answerTime"] == pytest.approx(report["callDuration"] * 1000, abs=1)
    assert report["recordingFileId"]
    assert float(report["cost"]) > 0


@pytest.mark.parametrize(("digits", "status"), [(60, 10), (70, 20), (77, 20), (81, 20), (85, 30), (88, 60), (90, 60)])
def test_an_unanswered_call_says_why(pushing, receiver, digits, status):
    pushing().laaffic.send(f"62812000000{digits}")

    (report,) = receiver.wait_for(1)

    assert report["callStatus"] == status
    assert report["terminationCode"] not in ("0", "200")
    assert report["callDuration"] == 0
    assert not report.get("answerTime")
    assert "recordingFileId" not in report
    assert float(report["cost"]) == 0


def test_a_step_that_did_not_happen_is_absent_zero_or_null(pushing, receiver):
    pushing().laaffic.send(*(f"6281200{n}70" for n in range(1000, 1012)))

    reports = receiver.wait_for(12)

    assert {report.get("answerTime", "absent") for report in reports} == {"absent", 0, None}


def test_ringing_stops_at_its_limit_and_talk_at_its_own(pushing, receiver):
    pushing().laaffic.send("6281200000070", "6281200000040", maxRingingTime=33, maxCalls=3)

    reports = {report["callee"][-2:]: report for report in receiver.wait_for(2)}

    assert reports["70"]["ringDuration"] == 33
    assert reports["40"]["callDuration"] == 3


def test_ringing_lasts_a_minute_unless_told(pushing, receiver):
    pushing().laaffic.send("6281200000070")

    assert receiver.wait_for(1)[0]["ringDuration"] == 60


def test_the_old_fields_have_no_task_and_a_sip_code(pushing, receiver):
    pushing(laaffic_push_fields="old").laaffic.send("6281200000001")

    (report,) = receiver.wait_for(1)

    assert not NEW_FIELDS & report.keys()
    assert report["terminationCode"] == "200"
    assert report["ringDuration"].isdigit()
    assert report["feedbackValue"] == "-1"


def test_several_reports_may_come_in_one_array(pushing, receiver, eventually):
    pushing(laaffic_push_form="array").laaffic.send(*(f"62812000001{n:02}" for n in range(20)))

    eventually(lambda: sum(len(json.loads(body)) for body in receiver.bodies) == 20)

    sizes = [len(json.loads(body)) for body in receiver.bodies]
    assert 1 < max(sizes) <= 5


@pytest.mark.parametrize("form", ["object", "array"])
def test_ending_98_is_not_json(pushing, receiver, eventually, form):
    pushing(laaffic_push_form=form).laaffic.send("6281200000098", "6281200000198")

    eventually(lambda: len(receiver.bodies) == 2)

    for body in receiver.bodies:
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)
        assert b'"callee": "6281200000' in body


def test_ending_97_has_odd_forms(pushing, receiver):
    pushing().laaffic.send("6281200000097")

    (report,) = receiver.wait_for(1)

    assert report["callStatus"] == "50"
    assert report["callTime"].isdigit()
    assert report["feedbackValue"] == 2
    assert report["calledInfo"] is None


def test_ending_92_is_pushed_twice_and_91_never(pushing, receiver, eventually):
    wire = pushing()
    wire.laaffic.send("6281200000091", "6281200000092")

    first, second = receiver.wait_for(2)

    assert first == second
    eventually(lambda: wire.state["callbacks_lost"] == 1)


def test_an_app_can_have_its_own_address(start, receiver):
    wire = start(callback_urls={"second": receiver.url}, laaffic_apps={"second": {"api_key": "k", "secret": "s"}})
    type(wire.laaffic)(wire=wire, key="k", secret="s").send("6281200000001", appId="second")

    assert receiver.wait_for(1)[0]["callee"] == "6281200000001"


def test_a_report_can_come_before_the_answer(pushing, receiver):
    wire = pushing()
    wire.order_fates("callback_before_answer", service="voice/group/call/send")

    assert wire.laaffic.send()["code"] == "0"
    assert len(receiver.bodies) == 1


def test_a_record_tells_the_same_as_the_report(pushing, receiver):
    wire = pushing()
    wire.laaffic.send("6281200000040")
    (report,) = receiver.wait_for(1)

    answer = wire.laaffic.records()

    assert (answer["status"], answer["reason"]) == ("0", "success")
    (record,) = answer["data"]["records"]
    assert answer["data"]["total"] == answer["data"]["pages"] == 1
    assert not (NEW_FIELDS | {"recordingFileId"}) & record.keys()
    same = ("voiceId", "callee", "callDuration", "chargedDuration", "terminationCode", "cost", "feedbackValue")
    assert {name: record[name] for name in same} == {name: report[name] for name in same}
    assert record["answerTime"].endswith("+08:00")
    assert datetime.fromisoformat(record["answerTime"]).timestamp() == report["answerTime"] // 1000
    assert wire.laaffic.get(f"voice/recordGroup/{record['voiceId']}")["data"] == record


def test_a_record_of_an_unanswered_call_has_null_for_what_did_not_happen(wire, laaffic):
    laaffic.send("6281200000070")
    wire.wait_for_bills()

    (record,) = laaffic.records()["data"]["records"]

    assert record["answerTime"] is None


def test_pages_cover_all_records_once(wire, laaffic):
    laaffic.send(*(f"62812000000{n:02}" for n in range(10, 40)))
    wire.wait_for_bills()

    pages = [laaffic.records(current=n, size=12)["data"] for n in (1, 2, 3, 4)]

    assert [len(page["records"]) for page in pages] == [12, 12, 6, 0]
    assert {(page["total"], page["pages"]) for page in pages} == {(30, 3)}
    assert len({record["voiceId"] for page in pages for record in page["records"]}) == 30


def test_a_list_has_twenty_five_records_unless_told(wire, laaffic):
    laaffic.send(*(f"62812000000{n:02}" for n in range(10, 40)))
    wire.wait_for_bills()

    assert len(laaffic.records()["data"]["records"]) == 25


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"size": 101}, -21, "size is 101"),
        ({"size": None}, -22, "size is empty"),
        ({"params": {"taskId": 1}}, -22, "no parameter taskId"),
        ({"params": {"strTime": "2026-01-01 00:00:00"}}, -21, "has no offset"),
        ({"params": {"strTime": "2026-01-01T00:00:00"}}, -21, "has no offset"),
        ({"params": {"strTime": "yesterday"}}, -21, "is no ISO 8601 time"),
        ({"days": 31.1}, -21, "more than 31 days apart"),
        ({"days_back": 63}, -22, "more than two months back"),
        ({"days": -1}, -21, "lies before strTime"),
    ],
)
def test_a_wrong_question_about_records_is_a_violation(wire, laaffic, changes, code, sentence):
    assert laaffic.records(**changes)["status"] == str(code)
    assert sentence in wire.state["violations"][0]["sentence"]


def test_records_of_the_other_carrier_and_of_other_accounts_are_not_shown(start):
    wire = start(laaffic_apps={"sandbox": {"api_key": "sandbox-key", "secret": "sandbox-secret"},
                               "other": {"api_key": "k", "secret": "s"}})  # fmt: skip
    wire.launch("81200000001")
    wire.laaffic.send("6281200000002")
    wire.wait_for_bills()

    other = type(wire.laaffic)(wire=wire, key="k", secret="s")

    assert other.records()["data"]["records"] == []
    assert [record["callee"] for record in wire.laaffic.records()["data"]["records"]] == ["6281200000002"]
    assert [bill["destnumber"] for bill in wire.bills(wire.login())] == ["81200000001"]
    assert wire.state["bills"] == 2


def test_a_record_that_nobody_knows_is_refused_without_blame(wire, laaffic):
    assert laaffic.get("voice/recordGroup/123")["status"] == "-24"
    assert wire.state["violations"] == []


def test_records_are_found_by_the_moment_of_dialling(wire, laaffic):
    laaffic.send("6281200000001")
    wire.wait_for_bills()

    assert laaffic.records(days_back=0, days=1)["data"]["total"] == 0
    assert laaffic.records(days_back=timedelta(minutes=5) / timedelta(days=1))["data"]["total"] == 1
