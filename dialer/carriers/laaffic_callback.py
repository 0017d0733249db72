"""Bytes of a push -> records, however they came: one object, a list of them, or either of them wrapped.

What is put up with stands in tolerant.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dialer.carriers.tolerant import Unreadable, objects, read_document
from dialer.translation import gettext

Record = Mapping[str, Any]

WRAPPERS: Final = ("data", "records", "list", "result", "reports", "body")
CALL_FIELDS: Final = frozenset(
    {"voiceId", "callStatus", "terminationCode", "terminationReason", "callDuration", "hangupTime"}
)
RINGING_FIELDS: Final = frozenset({"sipAccount", "callinEventTime", "noAnswerSipList"})  # an agent's telephone rings
SMS_FIELDS: Final = frozenset({"msgid", "mobile", "pricedetail"})


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a push, in order. `was_repaired`: it was not what it should be, or a part makes no sense."""

    records: tuple[Record, ...]
    was_repaired: bool


def read_records(body: bytes) -> Records:
    """All calls in the push, at least one. Raises Unreadable and nothing else, for any bytes."""
    document, was_repaired = read_document(body)
    found = list(objects(document, wrappers=WRAPPERS, is_one=_is_call))
    records = tuple(item for item in found if _is_call(item))
    if not records:
        raise Unreadable(_why_nothing(found))
    return Records(records=records, was_repaired=was_repaired or len(records) < len(found))


def _is_call(item: Any) -> bool:
    return isinstance(item, dict) and bool(CALL_FIELDS & item.keys())


def _why_nothing(found: list[Any]) -> str:
    names = {name for item in found if isinstance(item, dict) for name in item}
    if names & RINGING_FIELDS:
        return gettext("This tells that an agent's telephone rings, not how a call ended. Take this address out there.")
    if names & SMS_FIELDS:
        return gettext(
            "This reports an SMS, not a call. In the carrier's console, take this address out of the SMS application."
        )
    if not found or all(item in ({}, []) for item in found):
        return gettext("It holds no call.")
    return gettext("It is readable, but nothing in it looks like a call.")
