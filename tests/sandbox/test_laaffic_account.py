"""Laaffic's signature, files, balance and recordings."""

import io
import json
import wave

import pytest

from sandbox import sound

BALANCE = "getBalance"
UPLOAD = "voice/fileUpload"


def as_wav() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(bytes(16000))
    return target.getvalue()


@pytest.fixture
def ask(laaffic):
    """Asks for the balance with changed headers; None leaves one out."""

    def ask_one(*, seconds_ahead=0, **changes):
        headers = laaffic.headers(seconds_ahead=seconds_ahead) | changes
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        return json.loads(laaffic.exchange("v3/getBalance", None, sent)[1])

    return ask_one


def test_a_right_signature_opens_the_account_in_upper_case_too(ask, laaffic):
    assert ask()["status"] == "0"
    assert ask(Sign=laaffic.headers()["Sign"].upper())["status"] == "0"


@pytest.mark.parametrize("wrong", [{"Api-Key": "nobody"}, {"Sign": "0" * 32}, {"Sign": "ü"}])
def test_a_wrong_signature_is_refused_without_blame(wire, ask, wrong):
    assert ask(**wrong)["status"] == "-1"
    assert wire.state["violations"] == []
    assert wire.state["refusals"] == {"-1": 1}


@pytest.mark.parametrize("name", ["Api-Key", "Timestamp", "Sign"])
def test_a_header_that_is_missing_is_a_violation(wire, ask, name):
    assert ask(**{name: None})["status"] == "-1"
    assert f"the header {name.lower()} is missing" in wire.state["violations"][0]["sentence"]


@pytest.mark.parametrize("seconds", [-400, 400])
def test_a_timestamp_that_is_far_away_has_expired(wire, ask, seconds):
    assert ask(seconds_ahead=seconds)["status"] == "-16"
    assert wire.state["violations"] == []


def test_the_tolerance_of_the_clock_is_a_switch(wire, ask):
    wire.control("configure", laaffic_clock_seconds=500)

    assert ask(seconds_ahead=400)["status"] == "0"


def test_a_timestamp_that_is_no_number_is_a_violation(wire, ask):
    assert ask(Timestamp="now")["status"] == "-16"
    assert len(wire.state["violations"]) == 1


def test_a_source_address_may_be_refused(wire, ask):
    wire.control("configure", laaffic_ip_refused=True)

    assert ask()["status"] == "-2"
    assert wire.state["violations"] == []


def test_an_app_of_another_account_is_refused(start):
    wire = start(laaffic_apps={"sandbox": {"api_key": "sandbox-key", "secret": "sandbox-secret"},
                               "other": {"api_key": "k", "secret": "s"}})  # fmt: skip

    assert wire.laaffic.send(appId="other")["code"] == "-1"
    assert wire.read("dials") == {}


def test_a_body_that_does_not_say_it_is_json_is_a_violation(wire, laaffic):
    answer = laaffic.post("voice/group/call/send", {}, **{"Content-Type": "text/plain"})

    assert answer["code"] == "-22"
    assert "JSON is expected" in wire.state["violations"][0]["sentence"]


def test_unknown_addresses_wrong_methods_and_queries_are_violations(wire, laaffic):
    assert laaffic.exchange("v3/voice/nothing", None, laaffic.headers())[0] == 404
    assert laaffic.exchange("v3/voice/group/call/send", None, laaffic.headers())[0] == 405
    assert laaffic.get("getBalance?a=1")["status"] == "-22"

    assert len(wire.state["violations"]) == 3


def test_the_balance_stands_at_the_top_level_and_falls_with_calls(wire, laaffic):
    wire.control("configure", laaffic_balance="5.5")
    assert laaffic.get(BALANCE) == {
        "status": "0", "reason": "success", "balance": "5.5", "gift": "0.0000", "credit": "0.0000",
    }  # fmt: skip

    laaffic.send("6281200000001", "6281200000070")
    wire.wait_for_bills()

    assert float(laaffic.get(BALANCE)["balance"]) == pytest.approx(5.488)


def test_an_empty_account_is_refused_without_blame(wire, laaffic):
    wire.control("configure", laaffic_balance="0")

    assert laaffic.send()["code"] == "-10"
    assert wire.state["violations"] == []


def test_files_are_kept_listed_and_deleted(wire, laaffic):
    first = laaffic.upload("first.mp3")
    second = laaffic.upload("second.wav", as_wav())
    assert (first["status"], first["reason"]) == ("0", "success")
    assert first["data"].endswith(".mp3")

    data = laaffic.post("voice/fileQuery", {"current": 1, "size": 10})["data"]
    assert data["records"] == [
        {"fileId": first["data"], "fileName": "first.mp3"},
        {"fileId": second["data"], "fileName": "second.wav"},
    ]
    assert (data["total"], data["pages"]) == (2, 1)

    assert laaffic.post("voice/fileDel", {"fileIdList": [first["data"]]})["status"] == "0"
    assert [file["fileName"] for file in laaffic.post("voice/fileQuery", {})["data"]["records"]] == ["second.wav"]
    assert laaffic.post("voice/fileDel", {"fileIdList": [first["data"]]})["status"] == "-24"
    assert wire.state["violations"] == []


def test_a_file_name_is_used_once(wire, laaffic):
    laaffic.upload("same.mp3")

    assert laaffic.upload("same.mp3")["status"] == "-20"
    assert wire.state["violations"] == []


@pytest.mark.parametrize(
    ("body", "code", "sentence"),
    [
        ({"fileName": "hello.mp3"}, -22, "file is missing"),
        ({"fileName": "hello.ogg", "file": ""}, -21, "ends in none of"),
        ({"fileName": "hello.mp3", "file": "bm8gc291bmQgYXQgYWxs"}, -21, "cannot be decoded"),
        ({"fileName": "hello.mp3", "file": "???"}, -21, "is not base64"),
        ({"fileName": "hello.mp3", "file": "", "appId": "sandbox"}, -22, "no parameter appId"),
    ],
)
def test_a_wrong_upload_is_a_violation(wire, laaffic, body, code, sentence):
    assert laaffic.post(UPLOAD, body)["status"] == str(code)
    assert sentence in wire.state["violations"][0]["sentence"]


@pytest.fixture
def recorded(start, receiver):
    """Makes one answered call with these last digits; gives the sandbox and the report's recording id."""

    def recorded_one(digits, **switches):
        wire = start(callback_url=receiver.url, **switches)
        wire.laaffic.send(f"6281200000{digits}")
        return wire, receiver.wait_for(1)[0]["recordingFileId"]

    return recorded_one


def test_a_recording_is_an_mp3_behind_a_link_that_tells_its_end(recorded):
    wire, recording_id = recorded("001")

    answer = wire.laaffic.link(recording_id)

    assert answer["status"] == "0"
    assert wire.laaffic.headers()["Timestamp"] <= str(answer["data"]["expireTime"] // 1000)
    status, content = wire.get(answer["data"]["url"])
    assert status == 200
    assert sound.check_voice_file(content) > 3
    assert wire.state["recordings_fetched"] == 1


def test_a_recording_has_the_fate_of_its_number(recorded):
    wire, recording_id = recorded("094")

    links = [wire.laaffic.link(recording_id)["data"]["url"] for _ in range(2)]

    assert [wire.get(link)[0] for link in links] == [403, 200]


def test_a_recording_that_is_gone_gets_no_link(recorded):
    wire, recording_id = recorded("001", recordings_gone="link")

    assert wire.laaffic.link(recording_id)["status"] == "-24"
    assert wire.state["violations"] == []


@pytest.mark.parametrize("query", ["", "?recordingFileId=rec1", "?recordingFileId=x", "?recordingFileId=rec1&a=b"])
def test_asking_for_a_recording_that_was_never_promised_is_a_violation(wire, laaffic, query):
    assert laaffic.get(f"voice/getRecordingFileUrl{query}")["status"] in ("-22", "-24")
    assert len(wire.state["violations"]) == 1


def test_every_code_can_be_ordered_in_the_envelope_of_its_service(wire, laaffic):
    wire.order_fates("refuse:-37", "fail:-18", service="voice/group/call/send")
    wire.order_fates("refuse:-13", service=BALANCE)

    assert [laaffic.send()["code"] for _ in range(3)] == ["-37", "-18", "0"]
    assert laaffic.get(BALANCE)["status"] == "-13"
    assert wire.state["violations"] == []


@pytest.mark.parametrize(("fate", "is_dialled"), [("html_before_accept", False), ("html_after_accept", True)])
def test_html_can_come_instead_of_an_envelope(wire, laaffic, fate, is_dialled):
    wire.order_fates(fate, service="voice/group/call/send")

    with pytest.raises(json.JSONDecodeError):
        laaffic.send("6281200000001")

    assert ("6281200000001" in wire.read("dials")) is is_dialled


def test_a_standing_fate_strikes_records(wire, laaffic):
    wire.control("configure", always={"voice/recordGroupQuery": "refuse:-18"})

    assert laaffic.records()["status"] == "-18"
