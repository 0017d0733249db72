"""A message to a chat service. Knows no Django; `apprise` speaks with the services, in a child process under limits.

The child (`chat_child`) has nothing of our environment, is ended after a while, and reaches no private address unless
that is allowed: it looks at each address at the moment in which it connects, wherever a redirect or a name led it.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from dialer.translation import gettext, gettext_noop

SECONDS: Final = 30  # for one message, name look-ups and TLS included
_ROOT: Final = Path(__file__).resolve().parent.parent

_SAID: Final = {
    "no_service": gettext_noop(
        "This is no address of a chat service that is known here. Copy it as the service's help writes it."
    ),
    "forbidden": gettext_noop("This address lies in a private network, which is not allowed here."),
    "unreachable": gettext_noop("The chat service could not be reached, or refused the message."),
    "slow": gettext_noop("The chat service gave no answer in time. Whether the message arrived is not known."),
}


class ChatError(Exception):
    """`str(error)` is a sentence without the address. `may_be_repeated`: the message has surely not arrived."""

    def __init__(self, sentence: str, *, may_be_repeated: bool) -> None:
        super().__init__(sentence)
        self.may_be_repeated = may_be_repeated


def check(address: str) -> None:
    """Raise ChatError unless this is an address of a chat service. Nothing is sent."""
    _ask({"address": address})


def send(address: str, *, title: str, body: str, allow_private_addresses: bool) -> None:
    """The chat service has taken the message. Raises ChatError, never with a part of the address, which is a secret."""
    _ask({"address": address, "title": title, "body": body, "allow_private_addresses": allow_private_addresses})


def _ask(order: dict[str, object]) -> None:
    """The secret goes by standard input: arguments and environment can be seen by other programs."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "dialer.chat_child"],
            cwd=_ROOT,
            env={"PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChatError(gettext(_SAID["slow"]), may_be_repeated=False) from None
    answer = _answer(child.stdout)
    outcome = str(answer.get("outcome"))
    if outcome in ("sent", "known"):
        return
    if status := answer.get("status"):
        sentence = gettext(
            "The chat service refused the message (HTTP %(status)s). Check the address and its rights there."
        )
        raise ChatError(
            sentence % {"status": status},
            may_be_repeated=status == 429 or (isinstance(status, int) and status >= 500),
        )
    sentence = _SAID.get(outcome, _SAID["unreachable"])
    raise ChatError(gettext(sentence), may_be_repeated=outcome == "unreachable")


def _answer(said: bytes) -> dict[str, object]:
    try:
        answer = json.loads(said.splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    return answer if isinstance(answer, dict) else {}
