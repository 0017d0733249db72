"""The second carrier for tests: the sandbox in this process, and an account bound to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.app import Sandbox
from sandbox.switches import Switches, with_changes
from tests.carrier import SECRET, TestCarrier
from tests.factories import make_laaffic_account


@contextmanager
def running_laaffic(**switches: Any) -> Iterator[TestCarrier]:
    """A sandbox whose calls end at once, with an account that it knows. Needs the database."""
    keys = {"api_key": "canary-api-key", "secret": SECRET}
    chosen = with_changes(Switches(), {"laaffic_apps": {"canaryap": keys}, "speed": 100_000} | switches)
    with Sandbox(port=0, switches=chosen) as sandbox:
        account = make_laaffic_account(
            app_id="canaryap", access_key=keys["api_key"], secret=SECRET, batch_url=f"{sandbox.address}/v3"
        )
        yield TestCarrier(sandbox=sandbox, account=account)
