"""Laaffic keeps the contract and its own peculiarities, against the sandbox carrier."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from dialer import carriers
from dialer.carriers.contract import Carrier
from dialer.carriers.http import Wire
from dialer.carriers.order import Callee, Order, Speech, Voice
from dialer.terms import CarrierName, NumberForm, VoiceDelivery
from sandbox.app import Sandbox
from sandbox.switches import Switches, with_changes
from tests.carriers.contract_cases import CarrierCases
from tests.carriers.inbox import LONGEST_WAIT_SECONDS, Inbox

APP_ID = "canary-app"
KEY = "canary/key+with=signs"
SECRET = "canary/secret with äccent"
SEND = "voice/group/call/send"
SPOKEN = Voice(delivery=VoiceDelivery.SPOKEN_TEXT, speech=Speech(text="Good morning", language="en"))


@pytest.fixture
def sandbox(inbox: Inbox) -> Iterator[Sandbox]:
    switches = {
        "speed": 100_000,
        "laaffic_apps": {APP_ID: {"api_key": KEY, "secret": SECRET}},
        "callback_urls": {APP_ID: inbox.url},
    }
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
    def speaking(address: str, *, over: Wire = wire, **changes: Any) -> Carrier:
        usual = {"app_id": APP_ID, "access_key": KEY, "secret": SECRET, "number_form": NumberForm.INTERNATIONAL}
        return carriers.speak(CarrierName.LAAFFIC, settings_at(address, **{**usual, **changes}), tokens, over)

    return speaking


@pytest.fixture
def carrier(carrier_at, sandbox: Sandbox) -> Carrier:
    return carrier_at(f"{sandbox.address}/v3")


@pytest.fixture
def patient_carrier(carrier_at, sandbox: Sandbox, exchanges) -> Carrier:
    wire = Wire(recorder=exchanges.append, allow_private_addresses=True)
    return carrier_at(f"{sandbox.address}/v3", over=wire)


@pytest.fixture
def order() -> Callable[..., Order]:
    def order_of(*numbers: str, **changes: Any) -> Order:
        callees = tuple(Callee(number=number) for number in numbers)
        return Order(**{"reference": uuid4().hex, "callees": callees, "voice": SPOKEN, **changes})

    return order_of


@pytest.fixture
def launches(sandbox: Sandbox) -> Callable[[], int]:
    return lambda: sandbox.memory.requests[SEND]


@pytest.fixture
def next_fate(control) -> Callable[..., None]:
    return lambda fate, service=SEND: control("next", fates=[fate], service=service)


@pytest.fixture
def wait_for_bills(sandbox: Sandbox) -> Callable[[], None]:
    def wait() -> None:
        assert sandbox.memory.wait_until(lambda: sandbox.memory.open_count == 0, seconds=LONGEST_WAIT_SECONDS)

    return wait


@pytest.fixture
def callbacks(inbox: Inbox) -> Callable[[int], list[bytes]]:
    return inbox.wait_for


@pytest.fixture
def secrets() -> tuple[str, ...]:
    return (KEY, SECRET, json.dumps(KEY)[1:-1], json.dumps(SECRET)[1:-1], "/laaffic/recordings/")


class TestLaaffic(CarrierCases):
    refusals = ("refuse:-1", "refuse:-35")
    lacking_in_bills = frozenset({"reference", "recording_name"})
