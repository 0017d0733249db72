"""Laaffic's group call: what is accepted, and each rule whose breach is refused and remembered."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

SEND = "voice/group/call/send"
SMS = {
    "hangUpSms": 1, "smsAppId": "sms", "smsContent": "bye", "feedbackPush": 0, "successPush": 0, "failedPush": 0,
    "ringPush": 1,
}  # fmt: skip
SEAT = {"toSeat": 1, "sipGroupId": 1000019, "outboundControl": 1, "calloutRate": 1, "toSeatType": 1}


def people(*people, **fields):
    return [{"calleeNumber": number} | fields for number in people or ["6281200000001"]]


def test_an_accepted_task_answers_its_id(wire, laaffic):
    answer = laaffic.send("6281200000001", "8491200000002", taskName="first")

    assert answer == {"code": "0", "msg": "success", "data": answer["data"]}
    assert isinstance(answer["data"], int)
    assert wire.read("dials") == {"6281200000001": 1, "8491200000002": 1}
    assert wire.read("references") == {"first": 2}
    assert wire.state["violations"] == []


def test_everything_at_once_is_accepted(wire, laaffic):
    answer = laaffic.send(
        numberInfoList=people(text1="Tom", text10="friend"),
        displayNum="1008122211",
        speakingRate=1,
        ssmlGender=2,
        accent="91",
        text="Hello ${text1}",
        allowSendTime=[{"strTime": "00:00", "endTime": "12:00"}, {"strTime": "12:00", "endTime": "23:59"}],
        maxRingingTime=60,
        delayPlay=0,
        delayHangup=0,
        delayTransfer=30,
        **SMS | {"senderId": "123", "feedbackValue": 0, "successPushTime": 10, "smsContent": "Bye ${text10}"},
        **SEAT | {"toSeatType": 2, "toSeatKey": 0},
    )

    assert answer["code"] == "0"
    assert wire.state["violations"] == []


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"colour": "red"}, -22, "no parameter colour"),
        ({"appId": None}, -22, "appId is missing"),
        ({"loopCount": None}, -22, "loopCount is missing"),
        ({"maxCalls": None}, -22, "maxCalls is missing"),
        ({"loopCount": "1"}, -22, "loopCount is no whole JSON number"),
        ({"loopCount": True}, -22, "loopCount is no whole JSON number"),
        ({"loopCount": 10}, -21, "loopCount is 10"),
        ({"maxCalls": 1000}, -21, "maxCalls is 1000"),
        ({"displayNum": "+62812"}, -21, "displayNum holds something else than digits"),
        ({"displayNum": "1" * 21}, -21, "displayNum has 21 digits"),
        ({"displayNum": 62812}, -22, "displayNum is no JSON string"),
        ({"taskName": "x"}, -21, "taskName has 1 characters"),
        ({"taskName": "x" * 65}, -21, "taskName has 65 characters"),
        ({"taskName": ""}, -21, "taskName has 0 characters"),
        ({"numberInfoList": None}, -22, "numberInfoList is missing"),
        ({"numberInfoList": []}, -35, "numberInfoList is empty"),
        ({"numberInfoList": "6281200000001"}, -22, "numberInfoList is no JSON list"),
        ({"numberInfoList": ["6281200000001"]}, -22, "is no JSON object"),
        ({"numberInfoList": [{"calleeNumber": 6281200000001}]}, -22, "calleeNumber is no JSON string"),
        ({"numberInfoList": people(name="Tom")}, -22, "no parameter name"),
        ({"numberInfoList": people("628120")}, -21, "calleeNumber has 6 digits"),
        ({"numberInfoList": people("6" * 16)}, -21, "calleeNumber has 16 digits"),
        ({"numberInfoList": people("+6281200000001")}, -21, "calleeNumber holds something else than digits"),
        ({"numberInfoList": people("6281200000001", "6281200000001")}, -21, "6281200000001 more than once"),
        ({"numberInfoList": people(text1="x" * 31)}, -21, "text1 has 31 characters"),
        ({"source": 4}, -21, "source is 4"),
        ({"source": 1}, -22, "voiceFileId is missing, and source is 1"),
        ({"source": 1, "voiceFileId": "nothing.mp3"}, -24, "'nothing.mp3' is no uploaded file"),
        ({"source": 2}, -22, "uploadName is missing, and source is 2"),
        ({"source": 2, "uploadName": "hello.mp3"}, -22, "baseFile is missing"),
        ({"text": None}, -38, "text is missing, and source is 3"),
        ({"lan": None}, -38, "lan is missing"),
        ({"text": "x" * 1001}, -21, "text has 1001 characters"),
        ({"speakingRate": 0.2}, -21, "speakingRate is 0.2"),
        ({"speakingRate": 4.5}, -21, "speakingRate is 4.5"),
        ({"ssmlGender": 3}, -21, "ssmlGender is 3"),
        ({"sendTime": "2099-01-01T00:00:00"}, -21, "sendTime is not of the form"),
        ({"sendTime": "2020-01-01 00:00:00"}, -21, "more than an hour in the past"),
        ({"allowSendTime": [{"strTime": "9:00", "endTime": "12:00"}]}, -21, "not of the form HH:MM"),
        ({"allowSendTime": [{"strTime": "25:00", "endTime": "26:00"}]}, -21, "allowSendTime strTime"),
        ({"allowSendTime": [{"strTime": "12:00"}]}, -22, "endTime is missing"),
        ({"allowSendTime": [{"strTime": "12:00", "endTime": "12:00"}]}, -21, "does not end after its start"),
        ({"allowSendTime": [{"strTime": "12:00", "endTime": "13:00"}] * 4}, -21, "allowSendTime has 4 entries"),
        ({"maxRingingTime": 19}, -21, "maxRingingTime is 19"),
        ({"maxRingingTime": 121}, -21, "maxRingingTime is 121"),
        ({"delayPlay": 1000}, -21, "delayPlay is 1000"),
        ({"delayHangup": -1}, -21, "delayHangup is -1"),
        ({"hangUpSms": 1}, -22, "smsAppId is missing, and hangUpSms is 1"),
        (SMS | {"smsContent": "x" * 1001}, -21, "smsContent has 1001 characters"),
        (SMS | {"ringPush": None}, -22, "ringPush is missing"),
        (SMS | {"ringPush": 0}, -53, "none of feedbackPush"),
        (SMS | {"feedbackPush": 1}, -22, "feedbackValue is missing, and feedbackPush is 1"),
        (SMS | {"feedbackPush": 1, "feedbackValue": "10"}, -21, "feedbackValue has 2 characters"),
        (SMS | {"successPush": 1}, -22, "successPushTime is missing"),
        (SMS | {"successPush": 1, "successPushTime": 10000}, -21, "successPushTime is 10000"),
        (SMS | {"senderId": "x" * 33}, -21, "senderId has 33 characters"),
        (SMS | {"smsContent": "Hi ${text1}"}, -21, "text1 of 6281200000001 is missing"),
        (SMS | {"smsContent": "Hi ${text11}"}, -21, "there is no variable text11"),
        ({"text": "Hi ${text2}"}, -21, "text2 of 6281200000001 is missing"),
        ({"toSeat": 1}, -22, "sipGroupId is missing, and toSeat is 1"),
        (SEAT | {"outboundControl": 2}, -21, "outboundControl is 2"),
        (SEAT | {"calloutRate": 101}, -21, "calloutRate is 101"),
        (SEAT | {"toSeatType": 2}, -22, "toSeatKey is missing, and toSeatType is 2"),
    ],
)
def test_a_broken_rule_is_refused_remembered_and_dials_nobody(wire, laaffic, capfd, changes, code, sentence):
    answer = laaffic.send(**changes)

    assert answer["code"] == str(code)
    assert sentence in answer["msg"]
    (violation,) = wire.state["violations"]
    assert (violation["carrier"], violation["service"]) == ("laaffic", SEND)
    assert sentence in violation["sentence"]
    assert sentence in capfd.readouterr().err
    assert wire.read("dials") == {}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("hello.mp3", "???", "baseFile is not base64"),
        ("hello.mp3", "bm8gc291bmQgYXQgYWxs", "cannot be decoded"),
        ("hello.wav", None, "the name ends in wav"),
        ("hello.ogg", None, "ends in none of .mp3, .m4a, .wav"),
        ("a.m4", None, "uploadName has 4 characters"),
        ("x" * 29 + ".mp3", None, "uploadName has 33 characters"),
    ],
)
def test_a_riding_voice_file_that_is_none_is_refused(wire, laaffic, sound_text, name, content, sentence):
    answer = laaffic.send(source=2, uploadName=name, baseFile=content or sound_text())

    assert sentence in answer["msg"]
    assert len(wire.state["violations"]) == 1


def test_a_voice_file_may_ride_with_its_task(laaffic, sound_text):
    assert laaffic.send(source=2, uploadName="hello.mp3", baseFile=sound_text())["code"] == "0"


def test_an_uploaded_voice_file_is_known_by_its_id(laaffic):
    file_id = laaffic.upload()["data"]

    assert laaffic.send(source=1, voiceFileId=file_id, text=None, lan=None)["code"] == "0"


def test_null_and_empty_count_as_left_out_where_a_parameter_is_optional(wire, laaffic):
    answer = laaffic.post(
        SEND,
        {
            "appId": "sandbox",
            "taskName": "nulls",
            "numberInfoList": people(text1=""),
            "source": 3,
            "text": "hello",
            "lan": "EN",
            "loopCount": 1,
            "maxCalls": 1,
            "sendTime": None,
            "displayNum": "",
            "ssmlGender": None,
        },
    )

    assert answer["code"] == "0"


def test_a_language_that_nobody_speaks_is_refused_without_blame(wire, laaffic):
    assert laaffic.send(lan="XX")["code"] == "-39"
    assert wire.state["violations"] == []


def test_a_hundred_thousand_people_are_accepted_and_one_more_is_not(start):
    wire = start(speed=0.001)
    numbers = [str(6281200000000 + n) for n in range(100_001)]

    assert wire.laaffic.send(*numbers)["code"] == "-23"
    assert wire.laaffic.send(*numbers[:-1])["code"] == "0"
    assert wire.state["calls_total"] == 100_000


def test_a_repeated_task_name_is_refused_without_blame_and_dials_nobody_again(wire, laaffic):
    laaffic.send("6281200000001", taskName="once")

    assert laaffic.send("6281200000001", "6281200000002", taskName="once")["code"] == "-41"
    assert wire.state["violations"] == []
    assert wire.state["refusals"] == {"repeated_task_name": 1}
    assert wire.read("dials") == {"6281200000001": 1}
    assert wire.state["dialled_twice"] == {}


def test_of_many_sends_with_one_task_name_at_once_a_single_one_dials(wire, laaffic):
    with ThreadPoolExecutor(8) as clients:
        codes = list(clients.map(lambda _: laaffic.send(taskName="once")["code"], range(16)))

    assert sorted(codes) == ["-41"] * 15 + ["0"]
    assert wire.state["dialled_twice"] == {}


def test_another_app_may_use_the_same_task_name(start):
    signer = {"api_key": "sandbox-key", "secret": "sandbox-secret"}
    wire = start(laaffic_apps={"sandbox": signer, "second": signer})

    assert wire.laaffic.send(taskName="once")["code"] == "0"
    assert wire.laaffic.send(taskName="once", appId="second")["code"] == "0"


def test_a_reference_of_the_other_carrier_does_not_count_as_repeated(wire, laaffic):
    wire.launch(customuuid="same")

    assert laaffic.send(taskName="same")["code"] == "0"


def test_more_tasks_than_may_call_at_once_are_refused_and_one_that_waits_does_not_count(start):
    laaffic = start(laaffic_max_tasks=1, speed=0.001).laaffic
    laaffic.send(sendTime="2099-01-01 00:00:00")

    assert [laaffic.send()["code"] for _ in range(2)] == ["0", "-37"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'{"appId": "a", "appId": "b"}', "given more than once"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_violation(wire, laaffic, body, sentence):
    status, answer = laaffic.exchange(f"v3/{SEND}", body, laaffic.headers())

    assert status == 200
    assert json.loads(answer)["code"] == "-22"
    assert sentence in wire.state["violations"][0]["sentence"]


@pytest.mark.parametrize(("form", "zero"), [("text", "0"), ("number", 0)])
def test_codes_go_as_text_or_as_numbers(start, form, zero):
    laaffic = start(laaffic_zero=form).laaffic

    assert laaffic.send()["code"] == zero
    assert laaffic.get("getBalance")["status"] == zero
