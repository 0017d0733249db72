"""What can be ordered for a request: refusals, silence, nonsense, slowness, and in what order things come."""

import http.client
import json
import time

import pytest

from sandbox.fates import REQUEST_RULES, read_request_fate

NUMBER = "81200000001"


@pytest.mark.parametrize(("fate", "is_dialled"), [("drop_before_accept", False), ("drop_after_accept", True)])
def test_a_dropped_connection_gives_no_answer(wire, fate, is_dialled):
    wire.order_fates(fate)

    with pytest.raises(http.client.RemoteDisconnected):
        wire.launch(NUMBER)

    assert (NUMBER in wire.read("dials")) is is_dialled


@pytest.mark.parametrize(("fate", "is_dialled"), [("timeout_before_accept", False), ("timeout_after_accept", True)])
def test_a_time_out_holds_the_connection_until_the_client_gives_up(wire, order_form, fate, is_dialled):
    wire.order_fates(fate)

    with pytest.raises(TimeoutError):
        wire.post_raw("App.Sip_Call.PlayVoice", seconds=0.3, **order_form(NUMBER))

    assert (NUMBER in wire.read("dials")) is is_dialled


@pytest.mark.parametrize(
    ("fate", "status", "is_dialled"),
    [
        ("http_500_before_accept", 500, False),
        ("http_500_after_accept", 500, True),
        ("html_before_accept", 200, False),
        ("html_after_accept", 200, True),
    ],
)
def test_html_comes_instead_of_an_envelope(wire, order_form, fate, status, is_dialled):
    wire.order_fates(fate)

    answered, body = wire.post_raw("App.Sip_Call.PlayVoice", **order_form(NUMBER))

    assert answered == status
    assert body.startswith(b"<h")
    assert (NUMBER in wire.read("dials")) is is_dialled


@pytest.mark.parametrize("code", [400, 500, 600, 601, 602, 603, 604])
def test_every_global_error_can_be_ordered(wire, code):
    wire.order_fates(f"refuse:{code}", f"refuse:{code}", service="*")

    assert wire.launch(NUMBER)["code"] == code
    assert wire.post("App.Sip_Auth.Login", appid="sandbox", accesskey="sandbox")["ret"] == code
    assert wire.read("dials") == {}
    assert wire.state["violations"] == []


def test_an_inner_failure_can_be_ordered(wire):
    wire.order_fates("fail:1010", service="App.Sip_Cdr.GetBill")

    answer = wire.get_bill(wire.login())

    assert answer["ret"] == 200
    assert answer["data"]["status"] == 1
    assert answer["data"]["errors"] == {"code": "1010", "codemsg": "Extension exception"}


def test_a_slow_answer_is_right_in_the_end(wire):
    wire.order_fates("slow:0.3")
    began = time.monotonic()

    assert wire.launch(NUMBER)["code"] == 200
    assert time.monotonic() - began >= 0.3


def test_a_callback_can_come_before_the_answer(start, receiver):
    wire = start(callback_url=receiver.url)
    wire.order_fates("callback_before_answer")

    assert wire.launch(NUMBER)["code"] == 200
    assert len(receiver.bodies) == 1


def test_fates_strike_once_in_their_order_and_only_their_service(wire):
    wire.order_fates("refuse:601", "refuse:602")

    token = wire.login()
    codes = [wire.launch(NUMBER)["code"] for _ in range(3)]

    assert codes == [601, 602, 200]
    assert wire.get_bill(token)["ret"] == 200
    assert wire.state["fates_ordered"] == {}


def test_a_standing_fate_strikes_until_it_is_cleared(wire):
    wire.control("configure", always={"App.Sip_Call.PlayVoice": "refuse:603"})
    assert [wire.launch(NUMBER)["code"] for _ in range(2)] == [603, 603]

    wire.control("configure", always={})

    assert wire.launch(NUMBER)["code"] == 200


def test_a_download_has_fates_too(wire):
    wire.launch(NUMBER)
    wire.wait_for_bills()
    token = wire.login()
    link = wire.link(token, wire.bills(token)[0]["recordfilename"])
    wire.order_fates("refuse:502", "html_before_accept", service="recording")

    assert wire.get(link)[0] == 502
    assert wire.get(link)[1].startswith(b"<html>")
    assert wire.get(link)[0] == 200


@pytest.mark.parametrize("text", ["explode", "refuse", "refuse:abc", "drop_after_accept:3"])
def test_an_unknown_fate_is_not_taken(wire, text):
    status, answer = wire.control("next", fates=[text])

    assert status == 400
    assert answer["error"]
    assert wire.state["fates_ordered"] == {}


def test_every_rule_can_be_read():
    texts = [f"{rule.name}:1" if rule.argument else rule.name for rule in REQUEST_RULES]

    assert [read_request_fate(text).name for text in texts] == [rule.name for rule in REQUEST_RULES]


def test_connections_are_kept_for_the_next_request(wire):
    connection = http.client.HTTPConnection(wire.address.removeprefix("http://"))
    for _ in range(2):
        connection.request("GET", "/_sandbox/state")
        assert json.load(connection.getresponse())["violations"] == []
        assert connection.sock is not None
    connection.close()
