"""The child process of `dialer.chat`: one order from standard input, one line of JSON as its answer."""

import json
import logging
import re
import sys
from typing import Any, Final

import apprise

from dialer.carriers.connection import is_private

# What apprise can do beyond these speaks with this machine (its desktop, its log, its files) or is no chat.
SERVICES: Final = frozenset(
    """
    bark barks dingtalk discord feishu form forms gchat gotify gotifys json jsons lark line matrix matrixs mmost mmosts
    ncloud nctalk nctalks ntfy ntfys pbul pover pushplus revolt rocket rockets ryver schan signal signals slack tgram
    twist webex wecombot whatsapp workflow workflows wxteams zulip https
    """.split()  # noqa: SIM905 - a list of so many words is easier to read like this
)
STATUS: Final = re.compile(r"error=(\d{3})\b")


class Forbidden(OSError):
    """A connection to a private address was about to be made."""


def main() -> None:
    order = json.load(sys.stdin)
    print(json.dumps(answer(order)), flush=True)  # noqa: T201 - this is how we answer


def answer(order: dict[str, Any]) -> dict[str, Any]:
    service = _service(order["address"])
    if service is None:
        return {"outcome": "no_service"}
    if "body" not in order:
        return {"outcome": "known"}
    forbidden: list[str] = []
    if not order["allow_private_addresses"]:
        _keep_out_of_private_networks(forbidden)
    capture: Any = apprise.LogCapture
    with capture(level=logging.WARNING) as said:
        is_sent = service.notify(title=order["title"], body=order["body"])
        words = said.getvalue()
    if is_sent and not forbidden:
        return {"outcome": "sent"}
    if forbidden:
        return {"outcome": "forbidden"}
    found = STATUS.search(words)
    return {"outcome": "unreachable", "status": int(found[1]) if found else None}


def _service(address: str) -> Any:
    if address.partition("://")[0].lower() not in SERVICES:
        return None
    asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY, async_mode=False, app_id="Dialer")
    return apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)


def _keep_out_of_private_networks(forbidden: list[str]) -> None:
    """Each connection of this process is looked at right before it is made; by then names are numbers."""

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            return
        address = arguments[-1]
        if not isinstance(address, tuple):  # a socket of this machine
            forbidden.append("local")
            raise Forbidden
        if is_private(str(address[0])):
            forbidden.append("private")
            raise Forbidden

    sys.addaudithook(look)


if __name__ == "__main__":
    main()
