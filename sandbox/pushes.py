"""What one push to the client is about, and how its carrier writes it."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.facts import Call

BILL = "bill"
EXTENSION = "extension"


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """One POST that is owed: a call's bill, or the next event of the extension that rang for it."""

    call: Call
    kind: str = BILL


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtensionEvent:
    """One change of an extension. `side` says whose leg it is: agent or customer."""

    status: str
    side: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class PushForm:
    """A carrier's way to push. `body` writes one bill, or several if `most_at_once` allows."""

    body: Callable[[list[Call]], bytes]
    content_type: str = "application/json"
    most_at_once: Callable[[], int] = lambda: 1
    extension_events: Callable[[Call], list[ExtensionEvent]] = lambda call: []
