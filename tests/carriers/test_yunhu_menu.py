"""Yunhu's voice menu: one person in one request with a token, and then over to a group of extensions."""

import json
import re

import pytest

from dialer.carriers.contract import (
    EXTENSIONS,
    BadCredentials,
    BrokenLimits,
    CarrierError,
    NotSent,
    OutcomeUnknown,
    Refused,
    TryLater,
)
from dialer.carriers.order import Callee, Order, Transfer, Voice
from dialer.carriers.yunhu import Yunhu
from dialer.terms import CampaignKind, ExtensionState, VoiceDelivery
from sandbox.app import Sandbox
from sandbox.switches import Switches, with_changes
from tests.carriers.conftest import ACCESS_KEY, APP_ID
from tests.carriers.contract_cases import last_hour
from tests.carriers.small_server import answer

NUMBER = "+6281200000893"
TAKEN = {"ret": 200, "data": {"status": 0, "desc": "Play command sent successfully"}, "msg": ""}
TOKEN = {"ret": 200, "data": {"status": 0, "result": {"token": "fresh-token", "companyname": "we"}}, "msg": ""}
SPENT = {"ret": 600, "data": [], "msg": "log in again"}
ODD = (  # answers after which nobody can say whether the person is being called
    {"ret": 500, "data": [], "msg": "server error"},
    {"ret": 200, "data": {"status": 1, "errors": {"code": "1001", "codemsg": "no connection"}}},
    {"ret": 200, "data": {"desc": "sent"}},
    {"ret": 600, "code": 200, "data": []},
    {"hello": "world"},
)


def says(document):
    return answer(json.dumps(document).encode())


def an_order(*numbers, **changes):
    usual = {
        "reference": "ref1",
        "kind": CampaignKind.VOICE_MENU,
        "callees": tuple(Callee(number=number) for number in numbers or (NUMBER,)),
        "voice": Voice(delivery=VoiceDelivery.CARRIER_FILE, location="welcome"),
        "transfer": Transfer(group="extGroup-1", key="1"),
    }
    return Order(**{**usual, **changes})


def sent_fields(request: bytes) -> dict[str, str]:
    """What a form of several parts holds."""
    return dict(re.findall(r'name="([^"]+)"\r\n\r\n(.*?)\r\n--', request.decode(), re.DOTALL))


@pytest.fixture
def yunhu_at(settings_at, tokens, wire):
    """Batches would go nowhere, so that whatever arrives came to the address of the token services."""

    def at(address, **changes):
        return Yunhu(settings_at(address, batch_url="http://127.0.0.1:9/", **changes), tokens, wire)

    return at


@pytest.fixture
def place(yunhu_at, serve, tokens):
    """Place an order at a server that answers so; with what came to it."""
    tokens.token = "a-token"

    def placed(*documents, order=None):
        server = serve(*(document if callable(document) else says(document) for document in documents))
        try:
            return yunhu_at(server.address).place(order or an_order()), server.requests
        except CarrierError as error:
            error.requests = server.requests
            raise

    return placed


def test_a_plain_menu_sends_every_parameter_of_the_page(place):
    accepted, requests = place(TAKEN)

    assert accepted.message == "Play command sent successfully"
    assert [sent_fields(request) for request in requests] == [
        {
            "service": "App.Sip_Call.PlayVoice",
            "token": "a-token",
            "destnumber": "81200000893",
            "voicetype": "1",
            "voicefile": "welcome",
            "chengshudu": "1",
            "userid": "1@extGroup-1",
            "disnumber": "",
            "customuuid": "ref1",
        }
    ]


def test_what_the_operator_chose_is_sent(place):
    chosen = an_order(
        caller_id="2190170001",
        ring_seconds=25,
        max_call_seconds=90,
        remark="spring",
        transfer=Transfer(group=" extGroup-2 "),
        voice=Voice(delivery=VoiceDelivery.OUR_ADDRESS, location="https://here.test/v/1.mp3"),
    )

    _, (request,) = place(TAKEN, order=chosen)

    fields = sent_fields(request)
    names = ("disnumber", "waittime", "conntime", "chengshudu", "userid", "voicetype", "voicefile")
    assert [fields[name] for name in names] == [
        "2190170001", "25", "90", "spring", "extGroup-2", "2", "https://here.test/v/1.mp3",
    ]  # fmt: skip


def test_whoever_was_told_so_writes_the_mark_before_a_group_without_a_key(place):
    _, (request,) = place(TAKEN, order=an_order(transfer=Transfer(group="@extGroup-1")))

    assert sent_fields(request)["userid"] == "@extGroup-1"


@pytest.mark.parametrize(
    ("changes", "part", "sentence"),
    [
        (
            {"callees": (Callee(number=NUMBER), Callee(number="+6281200000894"))},
            "callees",
            "takes 1 number at a time, not 2",
        ),
        ({"callees": ()}, "callees", "at least one number"),
        ({"callees": (Callee(number="+919876543210"),)}, "callees", "country of the account"),
        ({"transfer": None}, "transfer.group", "needs the group"),
        ({"transfer": Transfer(group=" ", key="1")}, "transfer.group", "needs the group"),
        ({"transfer": Transfer(group="1@extGroup-1")}, "transfer.group", "without @"),
        ({"transfer": Transfer(group="@extGroup-1", key="1")}, "transfer.group", "without @"),
        ({"transfer": Transfer(group="extGroup-1", key="#")}, "transfer.key", "one of 0 to 9"),
        ({"transfer": Transfer(group="extGroup-1", key="12")}, "transfer.key", "one of 0 to 9"),
        ({"reference": ""}, "reference", "needs a reference"),
        ({"voice": Voice(delivery=VoiceDelivery.CARRIER_FILE, location=" ")}, "voice", "voice file"),
        ({"ring_seconds": 0}, "ring_seconds", "at least one second"),
    ],
)
def test_an_order_that_breaks_a_limit_does_not_leave(yunhu_at, changes, part, sentence):
    carrier, order = yunhu_at("http://127.0.0.1:9/"), an_order(**changes)

    found = [problem for problem in carrier.problems(order) if problem.part == part]

    assert [sentence in problem.sentence for problem in found] == [True]
    with pytest.raises(BrokenLimits) as broken:
        carrier.place(order)
    assert "8120000" not in str(broken.value)


@pytest.mark.parametrize("key", ["", *"0123456789"])
def test_every_key_and_none_will_do(yunhu_at, key):
    assert yunhu_at("http://127.0.0.1:9/").problems(an_order(transfer=Transfer(group="extGroup-1", key=key))) == ()


def test_a_menu_needs_no_code_of_the_country(yunhu_at):
    singapore = yunhu_at("http://127.0.0.1:9/", country="SG")

    assert singapore.problems(an_order("+6581234567")) == ()


def test_a_launch_without_a_token_logs_in_first(place, tokens):
    tokens.token = ""

    _, requests = place(TOKEN, TAKEN)

    assert [sent_fields(request)["service"] for request in requests] == ["App.Sip_Auth.Login", "App.Sip_Call.PlayVoice"]
    assert sent_fields(requests[1])["token"] == "fresh-token"


def test_a_spent_token_is_renewed_once_and_the_launch_repeated_once(place, tokens):
    _, requests = place(SPENT, TOKEN, TAKEN)

    launches = [sent_fields(request) for request in requests if b"PlayVoice" in request]
    assert [launch["token"] for launch in launches] == ["a-token", "fresh-token"]
    assert {launch["customuuid"] for launch in launches} == {"ref1"}
    assert tokens.renewals == 1


def test_a_fresh_token_that_is_refused_too_is_not_renewed_again(place, tokens):
    with pytest.raises(BadCredentials) as refused:
        place(SPENT, TOKEN, SPENT)

    assert len(refused.value.requests) == 3
    assert tokens.renewals == 1


@pytest.mark.parametrize("is_second", [False, True], ids=["at once", "after a renewed token"])
@pytest.mark.parametrize("odd", [*map(says, ODD), answer(b"<html>", status=502), lambda talk: talk.reset()])
def test_a_launch_without_a_clear_answer_is_unknown_and_not_repeated(place, odd, is_second):
    before = (SPENT, TOKEN) if is_second else ()

    with pytest.raises(OutcomeUnknown) as unknown:
        place(*before, odd)

    assert len(unknown.value.requests) == len(before) + 1
    assert str(unknown.value).endswith("The batch may or may not have been taken.")


@pytest.mark.parametrize("odd", [says({"hello": "world"}), answer(b"<html>", status=502), lambda talk: talk.reset()])
@pytest.mark.parametrize("is_late", [False, True], ids=["before the launch", "for a spent token"])
def test_a_login_without_a_clear_answer_is_a_launch_that_never_left(place, tokens, odd, is_late):
    tokens.token = "a-token" if is_late else ""

    with pytest.raises(NotSent, match="nobody was called") as stopped:
        place(*[SPENT] * is_late, odd)

    assert len(stopped.value.requests) == 1 + is_late


def test_a_login_that_took_long_leaves_no_time_for_the_launch(place, tokens, monkeypatch):
    monkeypatch.setattr("dialer.carriers.yunhu.MOST_SECONDS_BEFORE_LAUNCH", 0)
    tokens.token = ""

    with pytest.raises(NotSent, match="nobody was called yet") as stopped:
        place(TOKEN, TAKEN)

    assert len(stopped.value.requests) == 1
    assert tokens.token == "fresh-token"


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"ret": 400, "data": [], "msg": "illegal"}, Refused),
        ({"ret": 603, "data": [], "msg": ""}, BadCredentials),
        ({"ret": 200, "data": {"status": 1, "errors": {"code": "1003"}}}, Refused),
    ],
)
def test_a_clear_no_is_a_refusal_and_not_repeated(place, document, kind):
    with pytest.raises(kind) as refused:
        place(document)

    assert not isinstance(refused.value, OutcomeUnknown | TryLater)
    assert len(refused.value.requests) == 1


def test_a_new_extension_is_refused_with_its_cure(place):
    with pytest.raises(Refused) as refused:
        place({"ret": 200, "data": {"status": 1, "errors": {"code": "1010", "codemsg": "Extension exception"}}})

    assert refused.value.code == "1010"
    assert str(refused.value).endswith("Clear the token on the account's page, then test the connection.")


def test_neither_token_nor_number_shows_in_what_is_kept(place, exchanges):
    place(SPENT, TOKEN, TAKEN)

    shown = json.dumps([vars(exchange) for exchange in exchanges])
    assert [exchange.purpose for exchange in exchanges] == ["launch", "login", "launch"]
    assert not any(secret in shown for secret in ("a-token", "fresh-token", "0000893"))


# --- against the imitation of the carrier ---------------------------------------------------------------------------

TAKEN_BY_ANNA, TAKEN_BY_NOBODY = "+6281200000040", "+6281200000140"  # both press 1; see sandbox/yunhu_menu.py


@pytest.fixture
def sandbox(inbox):
    switches = {"speed": 100_000, "apps": {APP_ID: ACCESS_KEY}, "extension_callback_url": inbox.url}
    with Sandbox(switches=with_changes(Switches(), switches)) as running:
        yield running
        assert running.memory.violations == []


@pytest.fixture
def carrier(yunhu_at, sandbox):
    return yunhu_at(f"{sandbox.address}/api/yunhu")


@pytest.mark.parametrize("key", ["1", ""])
def test_the_sandbox_finds_no_fault_with_a_menu_that_uses_everything(carrier, sandbox, key):
    placed = an_order(
        TAKEN_BY_NOBODY,
        caller_id="2190170001",
        ring_seconds=25,
        max_call_seconds=90,
        remark="spring",
        transfer=Transfer(group="extGroup-1", key=key, rate=3, delay_seconds=5),
    )

    carrier.place(placed)

    (batch,) = sandbox.memory.batches.values()
    assert (batch.reference, batch.tag, batch.caller_id) == (placed.reference, "spring", "2190170001")
    assert (batch.ring_limit_seconds, batch.talk_limit_seconds) == (25, 90)
    assert batch.order == {"key": key, "group": "extGroup-1"}


def test_the_token_that_the_sandbox_ended_is_renewed_for_one_launch(carrier, sandbox, tokens):
    tokens.token = "worn-out"

    carrier.place(an_order())

    assert len(sandbox.memory.batches) == 1
    assert tokens.renewals == 1


@pytest.mark.parametrize("fate", ["drop_after_accept", "timeout_after_accept", "http_500_after_accept"])
def test_a_menu_that_was_taken_without_an_answer_is_unknown_and_placed_once(carrier, sandbox, fate):
    sandbox.memory.note("ordered", service="App.Sip_Call.PlayVoice", fates=[fate])

    with pytest.raises(OutcomeUnknown):
        carrier.place(an_order())

    assert len(sandbox.memory.batches) == 1


def test_clearing_the_token_and_testing_the_connection_cures_a_new_extension(carrier, sandbox):
    carrier.place(an_order(reference="before"))
    sandbox.memory.configure({"extension_is_new": True})
    with pytest.raises(Refused) as refused:
        carrier.place(an_order("+6281200000894"))
    assert refused.value.code == "1010"

    carrier.log_out()
    carrier.check()
    carrier.place(an_order("+6281200000894"))

    assert len(sandbox.memory.batches) == 2


def test_the_sandbox_pushes_what_each_side_of_a_transfer_does(carrier, inbox):
    carrier.place(an_order(TAKEN_BY_ANNA, reference="taken"))
    carrier.place(an_order(TAKEN_BY_NOBODY, reference="missed"))

    readings = [carrier.read_callback(body, kind=EXTENSIONS) for body in inbox.wait_for(7)]

    assert not any(reading.was_repaired or reading.complaint or reading.calls for reading in readings)
    events = [event for reading in readings for event in reading.extension_events]
    told = {
        reference: [(event.state, event.is_customer_side) for event in events if event.reference == reference]
        for reference in ("taken", "missed")
    }
    assert told == {
        "taken": [
            (ExtensionState.RINGING, False), (ExtensionState.TALKING, False), (ExtensionState.TALKING, True),
            (ExtensionState.FREE, True), (ExtensionState.FREE, False),
        ],
        "missed": [(ExtensionState.RINGING, False), (ExtensionState.FREE, False)],
    }  # fmt: skip
    assert {event.number_on_wire for event in events} == {TAKEN_BY_ANNA[3:], TAKEN_BY_NOBODY[3:]}
    assert {event.extension for event in events} <= {"20280003", "20280004"}


def test_the_bill_of_a_menu_is_found_by_its_reference(carrier, sandbox):
    carrier.place(an_order(TAKEN_BY_ANNA, reference="ref7"))
    assert sandbox.memory.wait_until(lambda: sandbox.memory.open_count == 0, seconds=20)

    (call,) = (call for page in carrier.bills(last_hour()) for call in page)

    assert (call.reference, call.keypress) == ("ref7", "1")
