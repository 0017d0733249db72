"""A carrier for tests: the sandbox in this process, an account bound to it, and batches that it has dialled.

A number's last two digits decide its fate (`sandbox/fates.py`), so a test writes `carrier.call(0, 60, 95)`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.urls import reverse

from dialer.carriers.order import Callee, Order, Voice
from dialer.flow import ledger
from dialer.flow.connect import carrier_of
from dialer.models import Account, Batch, Callback
from dialer.terms import VoiceDelivery
from sandbox.app import Sandbox
from sandbox.memory import Call
from sandbox.switches import Switches, with_changes
from sandbox.yunhu_bills import callback_body
from tests.cluster import eventually
from tests.factories import (
    make_account,
    make_batch,
    make_campaign,
    make_carrier_file,
    make_contact,
    make_contact_list,
    make_laaffic_account,
    make_voice_file,
)

SECRET = "canary-key-of-the-account"

_fresh = count(100)


def number_with_fate(digits: int, *, hundreds: int | None = None) -> str:
    """A mobile number of Indonesia, E.164, that ends in these two digits; another one with every call."""
    middle = next(_fresh) * 10 + (hundreds if hundreds is not None else 2)
    return f"+62812{middle:06}{digits:02}"


@dataclass(frozen=True, kw_only=True)
class TestCarrier:
    """The sandbox and our account there."""

    __test__ = False  # for pytest: not a class of tests

    sandbox: Sandbox
    account: Account

    def switch(self, **changes: Any) -> None:
        self.sandbox.memory.configure(changes)

    def order_fates(self, service: str, *fates: str) -> None:
        self.sandbox.memory.note("ordered", service=service, fates=list(fates))

    def requests(self, service: str) -> int:
        return self.sandbox.memory.requests[service]

    def batch(self, *fates: int, state: str = Batch.State.ACCEPTED, **fields: Any) -> Batch:
        """A batch of people with these fates, of which the carrier has not heard."""
        contact_list = make_contact_list(campaign=make_campaign(account=self.account))
        numbers = [number_with_fate(fate) for fate in fates]
        contacts = [make_contact(contact_list=contact_list, number=number) for number in numbers]
        return make_batch(contacts=contacts, state=state, **fields)

    def dial(self, batch: Batch) -> list[Call]:
        """The carrier took the batch and has ended all its calls."""
        numbers = batch.attempts.values_list("contact__number", flat=True)
        callees = tuple(Callee(number=number) for number in numbers)
        voice = Voice(delivery=VoiceDelivery.CARRIER_FILE, location="welcome")
        carrier_of(self.account).place(
            Order(reference=batch.reference, callees=callees, voice=voice, wants_keypress=True)
        )
        self.wait()
        return [call for call in self.sandbox.memory.calls.values() if call.batch.reference == batch.reference]

    def wait(self) -> None:
        """All calls have ended."""
        eventually(lambda: self.sandbox.memory.open_count == 0)

    def call(self, *fates: int, **fields: Any) -> Batch:
        """A batch of people with these fates who were called."""
        batch = self.batch(*fates, **fields)
        self.dial(batch)
        return batch

    def callbacks(self) -> list[bytes]:
        """What the carrier pushes about each of its calls."""
        echo_form = self.sandbox.memory.switches.echo_form
        return [callback_body(call, echo_form=echo_form) for call in self.sandbox.memory.bills.values()]

    def fields(self) -> list[dict[str, Any]]:
        """The callbacks of all calls, for tests that bend them; none may have a broken one's fate."""
        return [json.loads(body) for body in self.callbacks()]


@contextmanager
def running_carrier(**switches: Any) -> Iterator[TestCarrier]:
    """A sandbox whose calls end at once, with an account that it knows. Needs the database."""
    chosen = with_changes(Switches(), {"apps": {"canary-app": SECRET}, "speed": 100_000} | switches)
    with Sandbox(port=0, switches=chosen) as sandbox:
        address = f"{sandbox.address}/api/yunhu"
        account = make_account(app_id="canary-app", access_key=SECRET, batch_url=address, token_url=address)
        yield TestCarrier(sandbox=sandbox, account=account)


@contextmanager
def running_laaffic(**switches: Any) -> Iterator[TestCarrier]:
    """The same at the second carrier. Needs the database."""
    keys = {"api_key": "canary-api-key", "secret": SECRET}
    chosen = with_changes(Switches(), {"laaffic_apps": {"canary-app": keys}, "speed": 100_000} | switches)
    with Sandbox(port=0, switches=chosen) as sandbox:
        account = make_laaffic_account(
            app_id="canary-app", access_key=keys["api_key"], secret=SECRET, batch_url=f"{sandbox.address}/v3"
        )
        yield TestCarrier(sandbox=sandbox, account=account)


def placed(carrier: TestCarrier) -> dict[str, Any]:
    """The fields of a campaign that the carrier takes: our account there, and a voice file that lies there."""
    voice_file = make_voice_file()
    make_carrier_file(voice_file=voice_file, account=carrier.account, name_at_carrier="welcome")
    return {"account": carrier.account, "voice_file": voice_file}


def door(account: Account, *, secret: str | None = None, kind: str = "bills") -> str:
    """The path of the account's callback address."""
    secret = account.callback_secret if secret is None else secret
    return reverse("callback", kwargs={"account_id": account.pk, "secret": secret, "kind": kind})


def stored(account: Account, body: bytes) -> Callback:
    """A push that came in, not applied yet."""
    return ledger.receive(account, kind="bills", body=body, content_type="application/json", source="203.0.113.7")
