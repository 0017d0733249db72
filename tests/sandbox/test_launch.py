"""PlayVoice: what is accepted, and each rule whose breach is refused and remembered."""

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox import sound


def test_an_accepted_batch_answers_code_200_and_gives_no_id(wire):
    answer = wire.launch("81200000001", "81200000002")

    assert answer["code"] == 200
    assert answer["data"].keys() == {"desc", "reqtime", "rsptime"}
    assert wire.read("dials") == {"81200000001": 1, "81200000002": 1}
    assert wire.state["violations"] == []


def test_multipart_is_understood_as_well_as_urlencoded(wire, order_form):
    parts = {"service": "App.Sip_Call.PlayVoice", **order_form(chengshudu="Höhe 8\r\n")}
    body = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items()
    )
    request = urllib.request.Request(
        f"{wire.address}/api/yunhu",
        (body + "--edge--\r\n").encode(),
        {"Content-Type": "multipart/form-data; boundary=edge"},
    )

    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["code"] == 200
    wire.wait_for_bills()
    assert wire.bills(wire.login())[0]["chengshudu"] == "Höhe 8\r\n"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colour": "red"}, "knows no parameter colour"),
        ({"token": "t"}, "knows no parameter token"),
        ({"nationcode": None}, "nationcode is missing"),
        ({"destnumber": None}, "destnumber is missing"),
        ({"voicefile": None}, "voicefile is missing"),
        ({"nationcode": "xx"}, "nationcode 'xx' is none of"),
        ({"nationcode": "ID"}, "nationcode 'ID' is none of"),
        ({"destnumber": ""}, "something else than digits"),
        ({"destnumber": "+6281200000001"}, "something else than digits"),
        ({"destnumber": "81200000001，81200000002"}, "something else than digits"),
        ({"destnumber": "81200000001, 81200000002"}, "something else than digits"),
        ({"destnumber": "8120"}, "has 4 digits"),
        ({"destnumber": "81200000001,81200000002,81200000001"}, "81200000001 more than once"),
        ({"destnumber": ",".join(str(81200000000 + n) for n in range(5001))}, "at most 5000"),
        ({"voicetype": 3}, "voicetype is 3"),
        ({"voicetype": "abcdefg"}, "voicetype is no whole number"),
        ({"voicefile": "missing"}, "no offline file"),
        ({"userkey": 2}, "userkey is 2"),
        ({"userkey": ""}, "userkey is no whole number"),
        ({"waittime": "60.5"}, "waittime is no whole number"),
        ({"conntime": -1}, "conntime is no whole number"),
        ({"todayonly": 3}, "todayonly is 3"),
        ({"disnumber": "caller"}, "disnumber holds something else than digits"),
        ({"voicetype": 2, "voicefile": "https://example.com/a.mp3"}, "not http on this machine"),
    ],
)
def test_a_broken_rule_is_refused_remembered_and_dials_nobody(wire, capfd, changes, sentence):
    answer = wire.launch(**changes)

    assert answer["code"] == 400
    assert sentence in answer["msg"]
    (violation,) = wire.state["violations"]
    assert violation["service"] == "App.Sip_Call.PlayVoice"
    assert sentence in violation["sentence"]
    assert sentence in capfd.readouterr().err
    assert wire.read("dials") == {}


def test_five_thousand_numbers_are_accepted(wire):
    assert wire.launch(*(str(81200000000 + n) for n in range(5000)))["code"] == 200


@pytest.mark.parametrize("wrong", [{"appid": "nobody"}, {"accesskey": "wrong"}])
def test_wrong_credentials_are_refused_without_blame(wire, wrong):
    assert wire.launch(**wrong)["code"] == 601
    assert wire.state["violations"] == []
    assert wire.state["refusals"] == {"601": 1}


def test_a_repeated_reference_is_a_violation_and_its_numbers_count_as_dialled_twice(wire):
    wire.launch("81200000001", "81200000002", customuuid="batch-1")

    answer = wire.launch("81200000001", customuuid="batch-1")

    assert answer["code"] == 400
    assert "handed over before" in wire.state["violations"][0]["sentence"]
    assert wire.state["dialled_twice"] == {"6281200000001": 2}
    assert wire.read("references") == {"batch-1": 3}


def test_a_number_in_two_batches_shows_as_dialled_twice_unless_the_country_differs(wire):
    wire.launch("81200000001", "81200000002", customuuid="a")
    wire.launch("81200000002", customuuid="b")
    wire.launch("81200000001", customuuid="c", nationcode="vn")

    assert wire.state["dialled_twice"] == {"6281200000002": 2}
    assert wire.state["violations"] == []


@pytest.mark.parametrize(("form", "key"), [("code", "code"), ("ret", "ret")])
def test_the_envelope_of_a_refused_batch_follows_the_switch(start, form, key):
    answer = start(refusal_form=form).launch(accesskey="wrong")

    assert answer[key] == 601
    assert answer["data"] == []


def test_a_refused_batch_may_also_come_as_a_status(start):
    answer = start(refusal_form="status").launch(accesskey="wrong")

    assert answer["ret"] == 200
    assert answer["data"]["status"] == 1
    assert answer["data"]["errors"]["code"] == "1003"


@pytest.fixture
def voice_url():
    """Serves one voice file; `sounds` maps paths to what is answered."""
    sounds = {"/good.mp3": sound.recording(seconds=2, seed=1), "/noise.mp3": b"no sound at all"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path in sounds else 404)
            self.end_headers()
            self.wfile.write(sounds.get(self.path, b""))

        def log_message(self, format, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield lambda path: f"127.0.0.1:{server.server_port}{path}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("scheme", ["", "http://"])
def test_an_online_voice_file_is_fetched_and_decoded(wire, voice_url, scheme):
    assert wire.launch(voicetype=2, voicefile=scheme + voice_url("/good.mp3"))["code"] == 200


@pytest.mark.parametrize(("path", "sentence"), [("/noise.mp3", "cannot be decoded"), ("/gone.mp3", "answers 404")])
def test_an_online_voice_file_that_is_none_is_refused(wire, voice_url, path, sentence):
    assert sentence in wire.launch(voicetype=2, voicefile=voice_url(path))["msg"]


def test_an_online_voice_file_that_nobody_serves_is_refused(wire):
    assert "cannot be fetched" in wire.launch(voicetype=2, voicefile="127.0.0.1:1/a.mp3")["msg"]


def test_online_voice_files_are_not_fetched_when_the_switch_is_off(start):
    assert start(fetch_voice_urls=False).launch(voicetype=2, voicefile="example.com/a.mp3")["code"] == 200


@pytest.mark.parametrize(
    ("content_type", "body", "sentence"),
    [
        ("application/json", b"{}", "form-data is expected"),
        ("application/x-www-form-urlencoded", b"service=a&service=b", "more than once"),
        ("application/x-www-form-urlencoded", b"", "no service"),
        ("application/x-www-form-urlencoded", b"a=%ff", "cannot be read"),
        ("application/x-www-form-urlencoded", b"nonsense", "cannot be read"),
        ("multipart/form-data; boundary=x", b"nonsense", "cannot be read"),
        ("multipart/form-data", b"nonsense", "cannot be read"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nv\r\n--x--\r\n',
            "sent as a file",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nv\r\n--x--\r\n", "has no name"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n',
            "is not UTF-8",
        ),
    ],
)
def test_a_body_that_is_no_form_is_a_violation(wire, content_type, body, sentence):
    request = urllib.request.Request(f"{wire.address}/api/yunhu", body, {"Content-Type": content_type})

    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["ret"] == 400
    assert sentence in wire.state["violations"][0]["sentence"]


def test_unknown_services_addresses_and_methods_are_violations(wire):
    assert wire.post(" App.Sip_Auth.Logout", token="t")["ret"] == 400
    assert wire.get("/api/yunhu")[0] == 405
    assert wire.get("/api/elsewhere")[0] == 404

    assert len(wire.state["violations"]) == 3
