"""Bytes of a push -> bills and states of extensions, however they came; see tolerant.py for what is put up with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dialer.carriers.tolerant import Unreadable, objects, read_document
from dialer.translation import gettext

Record = Mapping[str, Any]

WRAPPERS: Final = ("data", "result", "bills")
BILL_FIELDS: Final = frozenset({"endtime", "duration", "billsec", "hangupcause"})  # what only an ended call has
STATE_FIELDS: Final = frozenset({"isbleg", "status"})  # page "Voice Menu": an extension rings, answers, hangs up
SURELY_BILL_FIELDS: Final = frozenset({"billsec", "hangupcause"})  # a state of an extension may grow the other two


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a push, in order. `was_repaired`: it was not what it should be, or a part makes no sense."""

    bills: tuple[Record, ...]
    states: tuple[Record, ...]
    was_repaired: bool


def read_records(body: bytes) -> Records:
    """All bills and states in the push, at least one. Raises Unreadable and nothing else, for any bytes."""
    document, was_repaired = read_document(body)
    found = list(objects(document, wrappers=WRAPPERS, is_one=_is_record))
    records = [item for item in found if _is_record(item)]
    if not records:
        raise Unreadable(_why_nothing(found))
    return Records(
        bills=tuple(record for record in records if not _is_state(record)),
        states=tuple(record for record in records if _is_state(record)),
        was_repaired=was_repaired or len(records) < len(found),
    )


def _is_record(item: Any) -> bool:
    return isinstance(item, dict) and (bool(BILL_FIELDS & item.keys()) or _is_state(item))


def _is_state(record: Record) -> bool:
    return record.keys() >= STATE_FIELDS and not SURELY_BILL_FIELDS & record.keys()


def _why_nothing(found: list[Any]) -> str:
    if not found or all(item in ({}, []) for item in found):
        return gettext("It holds no call.")
    return gettext("It is readable, but nothing in it looks like a call.")
