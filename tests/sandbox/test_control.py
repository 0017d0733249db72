"""The control API and the page."""

import ast
import http.client
import sys
from pathlib import Path

import pytest

import sandbox
from sandbox.fates import ENDINGS, REQUEST_RULES
from sandbox.switches import explained


def test_the_state_counts_what_happened(wire):
    wire.launch("81200000001", "81200000060", customuuid="a")
    wire.wait_for_bills()
    wire.login()

    state = wire.state

    assert state["requests"] == {"App.Sip_Call.PlayVoice": 1, "App.Sip_Auth.Login": 1}
    counts = ("batches", "calls_total", "calls_open", "bills", "numbers_dialled", "recordings_promised")
    assert [state[name] for name in counts] == [1, 2, 0, 2, 2, 1]


def test_calls_are_listed_newest_first_up_to_a_limit(wire):
    wire.launch("81200000001", "81200000040", customuuid="a")
    wire.wait_for_bills()

    (call,) = wire.read("calls?limit=1")

    assert (call["number"], call["reference"], call["key"], call["state"]) == ("81200000040", "a", "1", "over")
    assert len(wire.read("calls")) == 2
    assert wire.get("/_sandbox/calls?limit=0")[0] == 400


def test_switches_change_all_or_none(wire):
    status, answer = wire.control("configure", silent_endings=True, echo_form="sideways")

    assert status == 400
    assert "echo_form must be one of" in answer["error"].replace(":", "")
    wire.launch("81200000099")
    wire.wait_for_bills()
    assert wire.state["bills"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"speed": 0},
        {"speed": True},
        {"speed": "60"},
        {"lines": 1.5},
        {"lines": 0},
        {"silent_endings": 1},
        {"link_seconds": -1},
        {"callback_url": "http://192.0.2.1/"},
        {"callback_url": "https://127.0.0.1/"},
        {"callback_url": 1},
        {"callback_urls": {"sandbox": "ftp://127.0.0.1/"}},
        {"apps": ["sandbox"]},
        {"apps": {"sandbox": 1}},
        {"offline_files": "welcome"},
        {"always": {"*": "explode"}},
        {"callbacks": []},
        {"laaffic_apps": {"sandbox": "key"}},
        {"laaffic_apps": {"sandbox": {"api_key": "key"}}},
        {"laaffic_balance": "much"},
        {"laaffic_balance": "NaN"},
        {"laaffic_balance": 5},
        {"laaffic_max_tasks": 0},
        {"laaffic_push_form": "list"},
        {"extension_groups": {"group": []}},
        {"voice_menu_country": "de"},
    ],
)
def test_a_wrong_switch_is_told(wire, changes):
    status, answer = wire.control("configure", **changes)

    assert status == 400
    assert answer["error"]


def test_reset_forgets_everything_and_ids_go_on_ascending(wire):
    wire.control("configure", offline_files=["other"])
    wire.launch("81200000001", voicefile="other", customuuid="a")
    wire.launch("x")
    wire.wait_for_bills()
    token = wire.login()
    before = wire.bills(token)[0]["id"]

    wire.control("reset")

    assert wire.state["violations"] == []
    assert wire.read("dials") == {}
    assert wire.get_bill(token)["ret"] == 600
    assert wire.launch("81200000001", customuuid="a")["code"] == 200
    wire.wait_for_bills()
    assert wire.bills(wire.login())[0]["id"] > before


def test_a_reset_hangs_up_the_calls_under_way(start, eventually):
    wire = start(speed=0.001, lines=1)
    wire.launch("81200000001")
    eventually(lambda: wire.read("calls")[0]["started_at"])
    wire.control("reset")

    wire.launch("81200000490")  # ends at once, if the only line is free
    wire.wait_for_bills()

    assert wire.state["calls_total"] == wire.state["bills"] == 1


def test_unknown_control_names_are_told(wire):
    assert wire.get("/_sandbox/weather")[0] == 404
    assert wire.control("weather")[0] == 404
    assert wire.control("next", service="App.Sip_Call.PlayVoice")[0] == 400


def test_the_page_shows_what_arrived_and_escapes_it(wire):
    wire.launch("81200000001", customuuid="<b>ref</b>")
    wire.launch("81200000002", voicefile="<script>")

    status, body = wire.get("/")

    page = body.decode()
    assert status == 200
    assert "81200000001" in page
    assert "&lt;b&gt;ref&lt;/b&gt;" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "answered, callback lost" in page


def test_the_page_tells_the_carriers_apart_and_no_secret(wire, laaffic):
    token = wire.login()
    wire.launch("81200000001", customuuid="batch")
    laaffic.send("6281200000002", taskName="a task", colour="red")
    laaffic.send(
        "6281200000001", taskName="a task", hangUpSms=1, smsAppId="sms", smsContent="good bye", feedbackPush=0,
        successPush=0, failedPush=0, ringPush=1,
    )  # fmt: skip
    wire.wait_for_bills()

    page = wire.get("/")[1].decode()

    for shown in ("yunhu", "laaffic", "a task", "good bye", "no parameter colour", "voice/group/call/send"):
        assert shown in page
    assert "6281200000001" in page.partition("Dialled more than once")[2].partition("</section>")[0]
    for secret in (token, "sandbox-key", "sandbox-secret"):
        assert secret not in page
    figures = wire.state["carriers"]
    assert (figures["yunhu"]["batches"], figures["laaffic"]["batches"]) == (1, 1)
    assert (figures["yunhu"]["violations"], figures["laaffic"]["violations"]) == (0, 1)


def test_the_page_tells_what_became_of_the_newest_requests(wire, laaffic):
    wire.order_fates("http_500_before_accept", "refuse:-37", service="voice/group/call/send")
    laaffic.exchange("v3/voice/group/call/send", b"{}", laaffic.headers())
    laaffic.send()
    laaffic.send(colour="red")
    laaffic.send()
    wire.launch()

    page = wire.get("/")[1].decode()

    newest = page.partition("Newest requests")[2].partition("</section>")[0]
    outcomes = [
        "accepted", "done", "violation", "refused -37 (ordered: refuse)", "HTTP 500 (ordered: http_500_before_accept)",
    ]  # fmt: skip
    places = [newest.index(f">{outcome}<") for outcome in outcomes]
    assert places == sorted(places)


def test_a_call_tells_its_carrier(wire, laaffic):
    wire.launch("81200000001")
    laaffic.send("6281200000001")

    assert [call["carrier"] for call in wire.read("calls")] == ["laaffic", "yunhu"]
    assert [(task["carrier"], task["numbers"]) for task in wire.read("tasks")] == [("laaffic", 1), ("yunhu", 1)]
    assert wire.get("/_sandbox/tasks?limit=0")[0] == 400


def test_a_body_without_measure_is_refused(wire):
    connection = http.client.HTTPConnection(wire.address.removeprefix("http://"))
    connection.putrequest("POST", "/api/yunhu")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()  # no body: the sandbox answers and closes without waiting for one

    assert connection.getresponse().status == 413
    connection.close()


def test_the_guide_explains_every_switch_and_fate():
    guide = (Path(sandbox.__file__).parent / "README.md").read_text()
    switches = [f"| `{name}` | {says} |" for name, says in explained()]
    endings = [f"| {rule.first:02}–{rule.last:02} | {rule.says} |" for rule in ENDINGS]
    requests = [f"| {rule.says} |" for rule in REQUEST_RULES]

    assert [line for line in switches + endings + requests if line not in guide] == []


def test_the_sandbox_imports_the_standard_library_and_av_only():
    allowed = sys.stdlib_module_names | {"sandbox", "av"}
    imported = set()
    for path in Path(sandbox.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])

    assert imported - allowed == set()
