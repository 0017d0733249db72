"""What an extension does, as Yunhu pushes it -> ExtensionEvent. Lenient in: what makes no sense is nothing.

Field names: page "Voice Menu" of the API book, and the newer page of the same push, which adds `customuuid` and `type`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dialer.carriers.contract import ExtensionEvent
from dialer.carriers.values import LONGEST_ID, LONGEST_NUMBER, PLAUSIBLE_YEARS, moment, storable, text, whole
from dialer.carriers.yunhu_bills import INCOMING
from dialer.terms import ExtensionState

LONGEST_EXTENSION: Final = 32  # characters
MILLISECONDS_FROM: Final = 10**11  # as seconds that would be the year 5138
LATEST_SECOND: Final = 4_102_444_800  # 2100
STATES: Final = {
    "ring": ExtensionState.RINGING,
    "ringing": ExtensionState.RINGING,
    "answer": ExtensionState.TALKING,
    "answered": ExtensionState.TALKING,
    "hangup": ExtensionState.FREE,
}
CUSTOMER, AGENT = frozenset({"true", "1"}), frozenset({"false", "0"})  # what `isbleg` says of whose side it is


def event_of(record: Mapping[str, Any], zone: ZoneInfo) -> ExtensionEvent | None:
    """The event; None if it can't be told whose it is, what happened, or when. Never raises.

    A time without a zone, which no page has here, is of `zone`.
    """
    state = STATES.get(text(record.get("status")).lower())
    side = text(record.get("isbleg")).lower()
    at = _at(record.get("starttime"), zone)
    extension, number = _parties(record)
    if state is None or side not in CUSTOMER | AGENT or at is None or not extension:
        return None
    return ExtensionEvent(
        carrier_call_uuid=_used(record, "uuid")[:LONGEST_ID],
        extension=extension[:LONGEST_EXTENSION],
        state=state,
        at=at,
        is_customer_side=side in CUSTOMER,
        number_on_wire=number[:LONGEST_NUMBER],
        reference=_used(record, "customuuid")[:LONGEST_ID],
        raw=storable(record),
    )


def _parties(record: Mapping[str, Any]) -> tuple[str, str]:
    """The extension and the person at the other end; who calls whom depends on the direction."""
    caller, callee = _used(record, "caller"), _used(record, "callee")
    is_incoming = text(record.get("direction")).lower() in INCOMING
    extension = _used(record, "extnumber") or (callee if is_incoming else caller)
    others = [party for party in ((caller, callee) if is_incoming else (callee, caller)) if party != extension]
    return extension, others[0] if others else ""


def _at(value: Any, zone: ZoneInfo) -> datetime | None:
    """Of seconds since 1970 as printed, of milliseconds, or of a time in words."""
    count = whole(value)
    if count is None:
        return moment(value, zone)
    seconds = count / 1000 if count >= MILLISECONDS_FROM else count
    if not 0 < seconds < LATEST_SECOND:
        return None
    found = datetime.fromtimestamp(seconds, UTC)
    return found if found.year in PLAUSIBLE_YEARS else None


def _used(record: Mapping[str, Any], name: str) -> str:
    """The field's text; "" also for the "0" that the carrier writes into what nobody filled."""
    found = text(record.get(name))
    return "" if found == "0" else found
