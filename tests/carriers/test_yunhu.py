"""Yunhu keeps the contract and its own peculiarities, against the sandbox carrier."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from dialer import carriers
from dialer.carriers.contract import (
    BadCredentials,
    BillQuery,
    Carrier,
    CarrierError,
    OutcomeUnknown,
    Refused,
    TryLater,
)
from dialer.carriers.order import Callee, Order, Voice
from dialer.carriers.yunhu import Yunhu
from dialer.terms import CampaignKind, CarrierName, Feature, VoiceDelivery
from sandbox.app import Sandbox
from sandbox.switches import Switches, with_changes
from tests.carriers.conftest import ACCESS_KEY, APP_ID
from tests.carriers.contract_cases import NUMBERS, CarrierCases, last_hour
from tests.carriers.inbox import LONGEST_WAIT_SECONDS, Inbox
from tests.carriers.small_server import answer

PLAY_VOICE = "App.Sip_Call.PlayVoice"
GET_BILL = "App.Sip_Cdr.GetBill"
GET_RECORDING = "App.Sip_Cdr.GetRecodeFile"
LOGIN = "App.Sip_Auth.Login"


@pytest.fixture
def sandbox(inbox: Inbox) -> Iterator[Sandbox]:
    switches = {"speed": 100_000, "apps": {APP_ID: ACCESS_KEY}, "callback_url": inbox.url}
    with Sandbox(switches=with_changes(Switches(), switches)) as running:
        yield running
        assert running.memory.violations == []


@pytest.fixture
def control(sandbox: Sandbox) -> Callable[..., None]:
    def post(name: str, **body: Any) -> None:
        request = urllib.request.Request(f"{sandbox.address}/_sandbox/{name}", json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200

    return post


@pytest.fixture
def carrier_at(settings_at, tokens, wire) -> Callable[..., Carrier]:
    return lambda address, **changes: carriers.speak(CarrierName.YUNHU, settings_at(address, **changes), tokens, wire)


@pytest.fixture
def carrier(carrier_at, sandbox: Sandbox) -> Carrier:
    return carrier_at(f"{sandbox.address}/api/yunhu")


@pytest.fixture
def order() -> Callable[..., Order]:
    def order_of(*numbers: str, **changes: Any) -> Order:
        voice = Voice(delivery=VoiceDelivery.CARRIER_FILE, location="welcome")
        callees = tuple(Callee(number=number) for number in numbers)
        return Order(**{"reference": uuid4().hex, "callees": callees, "voice": voice, **changes})

    return order_of


@pytest.fixture
def launches(sandbox: Sandbox) -> Callable[[], int]:
    return lambda: sandbox.memory.requests[PLAY_VOICE]


@pytest.fixture
def next_fate(control) -> Callable[..., None]:
    return lambda fate, service=PLAY_VOICE: control("next", fates=[fate], service=service)


@pytest.fixture
def wait_for_bills(sandbox: Sandbox) -> Callable[[], None]:
    def wait() -> None:
        assert sandbox.memory.wait_until(lambda: sandbox.memory.open_count == 0, seconds=LONGEST_WAIT_SECONDS)

    return wait


@pytest.fixture
def callbacks(inbox: Inbox) -> Callable[[int], list[bytes]]:
    return inbox.wait_for


@pytest.fixture
def secrets(tokens) -> tuple[str, ...]:
    return (APP_ID, ACCESS_KEY, json.dumps(ACCESS_KEY)[1:-1], "/yunhu/recordings/")


def calls_of(carrier: Carrier, **query: Any) -> list[Any]:
    window = last_hour()
    return [call for page in carrier.bills(BillQuery(start=window.start, end=window.end, **query)) for call in page]


class TestYunhu(CarrierCases):
    refusals = ("refuse:601", "fail:1003")


def test_the_sandbox_finds_no_fault_with_an_order_that_uses_everything(carrier, order, sandbox, wait_for_bills):
    placed = order(
        *NUMBERS,
        wants_keypress=True,
        caller_id="2190170001",
        ring_seconds=25,
        max_call_seconds=90,
        drops_undialled_today=False,
        remark="spring",
    )

    carrier.place(placed)
    wait_for_bills()

    (batch,) = sandbox.memory.batches.values()
    assert batch.caller_id == "2190170001"
    assert (batch.reference, batch.tag, batch.wants_key) == (placed.reference, "spring", True)
    assert (batch.ring_limit_seconds, batch.talk_limit_seconds) == (25, 90)


@pytest.mark.parametrize("document", [{"code": 400, "msg": "{}"}, {"code": 200, "msg": "{}"}, {"code": "{}"}])
def test_a_carrier_that_repeats_our_secrets_and_numbers_does_not_spread_them(
    carrier_at, serve, order, exchanges, document
):
    said = f"{ACCESS_KEY} for +6281200000893"
    echo = {name: said if value == "{}" else value for name, value in document.items()}
    server = serve(answer(json.dumps(echo).encode()))

    try:
        shown = carrier_at(server.address).place(order(*NUMBERS)).message
    except CarrierError as error:
        shown = f"{error} {error.code}"

    assert ACCESS_KEY not in shown + repr(exchanges)
    assert "0000893" not in shown + repr(exchanges)


@pytest.mark.parametrize("form", ["code", "ret", "status"])
def test_a_batch_is_refused_in_any_envelope(carrier, order, control, next_fate, form):
    control("configure", refusal_form=form)
    next_fate("refuse:400")

    with pytest.raises(Refused) as refused:
        carrier.place(order(*NUMBERS))

    assert refused.value.code == ("1003" if form == "status" else "400")


def test_a_wrong_key_is_bad_credentials_at_launch_and_at_login(carrier_at, sandbox, order):
    wrong = carrier_at(f"{sandbox.address}/api/yunhu", access_key="wrong-key")

    with pytest.raises(BadCredentials):
        wrong.place(order(*NUMBERS))
    with pytest.raises(BadCredentials):
        wrong.check()
    with pytest.raises(BadCredentials):
        calls_of(wrong)


def test_check_says_who_we_are_and_logs_in_though_a_token_is_there(carrier, tokens, sandbox):
    assert "sandbox (9017)" in carrier.check()
    first = tokens.token

    carrier.check()

    assert tokens.token != first
    assert sandbox.memory.requests[LOGIN] == 2


def test_one_token_serves_many_questions(carrier, sandbox):
    calls_of(carrier)
    calls_of(carrier)

    assert sandbox.memory.requests[LOGIN] == 1


def test_a_spent_token_is_renewed_once_and_the_question_repeated_once(carrier, tokens, sandbox):
    tokens.token = "worn-out"

    assert calls_of(carrier) == []

    assert tokens.renewals == 1
    assert sandbox.memory.requests[GET_BILL] == 2


def test_a_fresh_token_that_is_refused_too_is_not_renewed_again(carrier, control, sandbox, tokens):
    control("configure", always={GET_BILL: "refuse:600"})

    with pytest.raises(BadCredentials):
        calls_of(carrier)

    assert sandbox.memory.requests[GET_BILL] == 2
    assert sandbox.memory.requests[LOGIN] == 2


def test_a_launch_is_not_repeated_for_a_token(carrier, order, next_fate, launches, tokens):
    next_fate("refuse:600")

    with pytest.raises(Refused):
        carrier.place(order(*NUMBERS))

    assert launches() == 1
    assert tokens.renewals == 0


def test_logging_out_clears_the_token_on_both_sides(carrier, tokens, sandbox):
    carrier.check()

    carrier.log_out()

    assert tokens.token == ""
    assert sandbox.memory.tokens == {}


def test_logging_out_with_a_dead_token_forgets_it(carrier, tokens):
    tokens.token = "worn-out"

    carrier.log_out()

    assert tokens.token == ""


def test_logging_out_without_a_token_asks_nobody(carrier, exchanges):
    carrier.log_out()

    assert exchanges == []


@pytest.mark.parametrize("fate", ["refuse:500", "fail:1001"])
def test_a_broken_server_can_be_asked_for_bills_later(carrier, next_fate, fate):
    next_fate(fate, GET_BILL)

    with pytest.raises(TryLater):
        calls_of(carrier)


def test_bills_come_in_as_many_pages_as_there_are(carrier, order, sandbox, wait_for_bills, monkeypatch):
    monkeypatch.setattr("dialer.carriers.yunhu.PAGE_SIZE", 10)
    carrier.place(order(*(f"+62812000{index:05}" for index in range(25))))
    wait_for_bills()

    pages = list(carrier.bills(last_hour()))

    assert [len(page) for page in pages] == [10, 10, 5]
    assert len({call.carrier_call_id for page in pages for call in page}) == 25
    assert sandbox.memory.requests[GET_BILL] == 3


def test_reading_bills_consumes_none(carrier, order, sandbox, wait_for_bills):
    carrier.place(order(*NUMBERS))
    wait_for_bills()

    calls_of(carrier)

    assert not any(call.is_read for call in sandbox.memory.bills.values())


def test_a_recording_that_is_gone_is_refused(carrier, order, control, wait_for_bills):
    carrier.place(order(NUMBERS[0]))
    wait_for_bills()
    (call,) = calls_of(carrier)
    control("configure", recordings_gone="link")

    with pytest.raises(Refused):
        carrier.recording_link(call.recording_name)


def test_the_printed_link_is_read_with_its_end(carrier_at, serve, payload, tokens):
    tokens.token = "a-token"
    server = serve(answer(payload("yunhu/recording_link.json")))

    link = carrier_at(server.address).recording_link("1111.mp3")

    assert link.url == "http://127.0.0.1:8080/abcdefg"
    assert link.expires_at == datetime(2020, 2, 11, 9, 27, 23, tzinfo=UTC)
    assert b"1111.mp3" in server.requests[0]
    assert link.url not in repr(link)


def test_a_link_without_scheme_or_end_is_a_link(carrier_at, serve, tokens):
    tokens.token = "a-token"
    server = serve(
        answer(b'{"ret": 200, "data": {"status": 0, "result": {"downurl": "h.test/1", "expiredtime": null}}}')
    )

    link = carrier_at(server.address).recording_link("1111.mp3")

    assert (link.url, link.expires_at) == ("http://h.test/1", None)


@pytest.mark.parametrize("result", [b"[]", b"null", b"{}", b'{"downurl": ""}'])
def test_no_link_means_no_recording(carrier_at, serve, tokens, result):
    tokens.token = "a-token"
    server = serve(answer(b'{"ret": 200, "data": {"status": 0, "result": ' + result + b"}}"))

    with pytest.raises(Refused, match="no link"):
        carrier_at(server.address).recording_link("1111.mp3")


def test_the_printed_login_is_read(carrier_at, serve, payload, tokens):
    server = serve(answer(payload("yunhu/login.json")))

    assert carrier_at(server.address).check() == "The carrier knows us as test (1)."
    assert tokens.token == "773a70dd02f0695d50205e9b267692b9"


def test_a_login_without_a_token_is_no_login(carrier_at, serve):
    server = serve(answer(b'{"ret": 200, "data": {"status": 0, "result": {"companyname": "test"}}}'))

    with pytest.raises(OutcomeUnknown, match="no token"):
        carrier_at(server.address).check()


SILENCE = pytest.param(lambda connection: None, id="nothing")
BROKEN = pytest.param(answer(b"{}", status=502), id="a gateway's failure")
A_PAGE = pytest.param(answer(b"<html>Welcome</html>"), id="a page")
NO_DATA = pytest.param(answer(b'{"ret": 200, "data": {}, "msg": ""}'), id="no data")


@pytest.mark.parametrize("talk", [SILENCE, BROKEN, A_PAGE, NO_DATA])
def test_a_login_without_a_clear_answer_says_to_try_again_and_not_that_anything_was_taken(carrier_at, serve, talk):
    with pytest.raises(OutcomeUnknown, match=r"\. Try again\.$") as raised:
        carrier_at(serve(talk).address).check()

    assert "taken" not in str(raised.value)


@pytest.mark.parametrize("talk", [SILENCE, BROKEN, A_PAGE, NO_DATA])
def test_a_launch_without_a_clear_answer_says_that_the_batch_may_have_been_taken(carrier_at, serve, order, talk):
    with pytest.raises(OutcomeUnknown, match=r"The batch may or may not have been taken\.$"):
        carrier_at(serve(talk).address).place(order("+6281234567890"))


@pytest.mark.parametrize("talk", [A_PAGE, NO_DATA])
def test_an_address_where_somebody_else_answers_is_to_be_checked(carrier_at, serve, talk):
    with pytest.raises(OutcomeUnknown, match=r"does not answer like the carrier.*: check it"):
        carrier_at(serve(talk).address).check()


@pytest.mark.parametrize(
    ("ending", "is_repaired"), [("91", None), ("92", False), ("97", False), ("98", True)]
)  # callback lost, doubled, in odd forms, without commas
def test_odd_pushes_tell_the_same_as_the_bill(carrier, order, callbacks, wait_for_bills, ending, is_repaired):
    placed = order(f"+628120000{ending.rjust(4, '0')}", "+6281200000001", wants_keypress=True)
    carrier.place(placed)
    wait_for_bills()
    bills = {call.carrier_call_id: call for call in calls_of(carrier)}

    readings = [carrier.read_callback(body) for body in callbacks(1 if is_repaired is None else 2)]

    for reading in readings:
        (call,) = reading.calls
        bill = bills[call.carrier_call_id]
        assert (call.talk_seconds, call.keypress, call.started_at) == (
            bill.talk_seconds,
            bill.keypress,
            bill.started_at,
        )
        assert (call.number_on_wire, call.reference) == (bill.number_on_wire, placed.reference)
    assert any(reading.was_repaired for reading in readings) == bool(is_repaired)


def test_the_answer_to_a_push_is_the_text_1(carrier):
    wanted = carrier.callback_answer()

    assert (wanted.body, wanted.content_type) == (b"1", "text/plain")


def test_what_yunhu_can_do_is_known_without_an_account():
    known = carriers.capabilities(CarrierName.YUNHU)

    assert known is Yunhu.capabilities
    assert known.ceilings[CampaignKind.MESSAGE] == 5000
    assert known.countries["TH"] == "tha"
    assert known.keeps_recordings_days == 89  # 1 February to 1 May
    assert not known.refuses_repeats
    assert known.call_back_kinds == ("bills", "extensions")
    assert known.ceilings[CampaignKind.VOICE_MENU] == 1
    assert Feature.EXTENSION_STATES in known.features


def test_every_carrier_of_the_project_is_spoken():
    assert set(carriers.DIALECTS) == set(carriers.CAPABILITIES) == set(CarrierName)
