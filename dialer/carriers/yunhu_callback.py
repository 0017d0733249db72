"""Bytes of a pushed bill -> records, however they came; see tolerant.py for what is put up with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dialer.carriers.tolerant import Unreadable, objects, read_document

Record = Mapping[str, Any]

WRAPPERS: Final = ("data", "result", "bills")
BILL_FIELDS: Final = frozenset({"endtime", "duration", "billsec", "hangupcause"})  # what only an ended call has
STATE_FIELDS: Final = frozenset({"isbleg", "status"})  # page "Voice Menu": an extension rings, answers, hangs up


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a push, in order. `was_repaired`: it was not what it should be, or a part makes no sense."""

    records: tuple[Record, ...]
    was_repaired: bool


def read_records(body: bytes) -> Records:
    """All bills in the push, at least one. Raises Unreadable and nothing else, for any bytes."""
    document, was_repaired = read_document(body)
    found = list(objects(document, wrappers=WRAPPERS, is_one=_is_bill))
    records = tuple(item for item in found if _is_bill(item))
    if not records:
        raise Unreadable(_why_nothing(found))
    return Records(records=records, was_repaired=was_repaired or len(records) < len(found))


def _is_bill(item: Any) -> bool:
    return isinstance(item, dict) and bool(BILL_FIELDS & item.keys())


def _why_nothing(found: list[Any]) -> str:
    if any(isinstance(item, dict) and item.keys() >= STATE_FIELDS for item in found):
        return (
            "This tells the state of an extension, not a call's bill. In the carrier's console, "
            "leave the address for call states empty."
        )
    if not found or all(item in ({}, []) for item in found):
        return "It holds no call."
    return "It is readable, but nothing in it looks like a call."
