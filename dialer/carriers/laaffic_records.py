"""One call as Laaffic writes it, in a record or in a push -> Call. Lenient in: whatever makes no sense is nothing.

Field names: pages "group call records" and "status report push", old and new ones together, for a page of the one
brings what a page of the other lacks. Texts are cut to what a column keeps.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from dialer.carriers.contract import Call
from dialer.carriers.laaffic_codes import (
    CALL_STATES,
    CONNECTED,
    CONNECTED_CODES,
    SIP_CODES,
    VAGUE_STATES,
    Ending,
)
from dialer.carriers.laaffic_times import moment
from dialer.carriers.values import (
    LONGEST_CODE,
    LONGEST_ID,
    LONGEST_KEYPRESS,
    LONGEST_MEANING,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    money,
    seconds,
    storable,
    text,
    whole,
)
from dialer.terms import Disposition, HungUpBy
from dialer.translation import gettext_noop

NO_KEY: Final = "-1"
OTHER_KINDS: Final = frozenset({"2", "3", "4"})  # type: codes that are spoken, and agents' own telephone calls
ANSWERED_CALL: Final = gettext_noop("answered")
DOLLARS: Final = "USD"  # a currency is told only where it is another
EUROS: Final = "EUR"
FIRST_SIP_FAILURE: Final = 400
LONGEST_CURRENCY: Final = 10  # characters
LONGEST_PERIOD: Final = 20


def call_of(record: Mapping[str, Any], zone: ZoneInfo) -> Call | None:
    """The call, with times without an offset taken for those of `zone`; None if it has no id. Never raises.

    Who was connected talked for at least a second, also if a record without a duration only says that it worked.
    """
    carrier_call_id = _some(record, "voiceId", LONGEST_ID)
    if not carrier_call_id:
        return None
    is_connected = _is_connected(record, zone)
    answered_at, ended_at = moment(record.get("answerTime"), zone), moment(record.get("hangupTime"), zone)
    talk_seconds = seconds(record.get("callDuration")) or _between(answered_at, ended_at)
    ending = _ending(record)
    cost, currency = _cost(record)
    return Call(
        carrier_call_id=carrier_call_id,
        carrier_task_id=_some(record, "taskId", LONGEST_ID),
        reference=text(record.get("taskName"))[:LONGEST_ID],
        number_on_wire=text(record.get("callee"))[:LONGEST_NUMBER],
        caller_id=text(record.get("displayNum"))[:LONGEST_NUMBER],
        started_at=_started_at(record, zone),
        answered_at=answered_at if is_connected else None,
        ended_at=ended_at,
        ring_seconds=_ring_seconds(record, zone),
        talk_seconds=max(talk_seconds, 1) if is_connected else 0,
        disposition=Disposition.ANSWERED if is_connected else ending.disposition,
        hangup_code=text(record.get("terminationCode"))[:LONGEST_CODE],
        hangup_meaning=(_reason(record) or ANSWERED_CALL if is_connected else ending.meaning)[:LONGEST_MEANING],
        hung_up_by=HungUpBy.UNKNOWN,
        keypress=_keypress(record),
        recording_name=_some(record, "recordingFileId", LONGEST_TEXT),
        voice_at_carrier=_some(record, "voiceFileId", LONGEST_TEXT),
        cost=cost,
        currency=currency,
        rate=money(record.get("rate")),
        billing_period=text(record.get("billPeriod"))[:LONGEST_PERIOD],
        charged_seconds=_told_seconds(record, "chargedDuration"),
        raw=storable(record),
    )


def is_of_a_batch(record: Mapping[str, Any]) -> bool:
    """Whether a report may be about a call of a batch: not if it says that it is of another kind and names no batch.

    An application has one address for all its calls, and one by an agent to the same person is none of a campaign.
    """
    return text(record.get("type")) not in OTHER_KINDS or bool(_some(record, "taskId", LONGEST_ID))


def _is_connected(record: Mapping[str, Any], zone: ZoneInfo) -> bool:
    """By the first of these that is told: the newest field, a time of talking, the code that pages contradict about."""
    state = text(record.get("callStatus"))
    if state in CALL_STATES or state == CONNECTED:
        return state == CONNECTED
    if seconds(record.get("callDuration")) or moment(record.get("answerTime"), zone):
        return True
    return text(record.get("terminationCode")) in CONNECTED_CODES


def _ending(record: Mapping[str, Any]) -> Ending:
    """Why nobody answered: the newest field, unless it says little and a SIP code says more.

    A code that nobody knows is unknown, so that a record does not hide what a push has told.
    """
    state = text(record.get("callStatus"))
    known = CALL_STATES.get(state)
    if known is not None and state not in VAGUE_STATES:
        return known
    codes = (text(record.get("sipCode")), text(record.get("terminationCode")))
    by_sip = next((SIP_CODES[code] for code in codes if code in SIP_CODES), None)
    if by_sip is not None:
        return by_sip
    if known is not None:
        return Ending(_reason(record) or known.meaning, known.disposition)
    is_failure = any((whole(code) or 0) >= FIRST_SIP_FAILURE for code in codes)
    return Ending(_reason(record), Disposition.FAILED if is_failure else Disposition.UNKNOWN)


def _reason(record: Mapping[str, Any]) -> str:
    return text(record.get("terminationReason"))


def _started_at(record: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    names = ("callTime", "submitTime", "ringingTime")
    return next((found for name in names if (found := moment(record.get(name), zone))), None)


def _ring_seconds(record: Mapping[str, Any], zone: ZoneInfo) -> int:
    """As told, else from the first ring to the answer or the end."""
    told = seconds(record.get("ringDuration"))
    if told:
        return told
    rang_at = moment(record.get("ringingTime"), zone)
    ends = (moment(record.get("answerTime"), zone), moment(record.get("hangupTime"), zone))
    return _between(rang_at, next((end for end in ends if end), None))


def _between(start: datetime | None, end: datetime | None) -> int:
    return seconds(round((end - start).total_seconds())) if start and end else 0


def _keypress(record: Mapping[str, Any]) -> str:
    key = text(record.get("feedbackValue"))
    return "" if key == NO_KEY else key[:LONGEST_KEYPRESS]


def _some(record: Mapping[str, Any], name: str, length: int) -> str:
    """The field's text; "" also for the numbers that stand for nothing, and for what a column would cut in two."""
    found = text(record.get(name))
    return "" if found in ("0", "-1") or len(found) > length else found


def _told_seconds(record: Mapping[str, Any], name: str) -> int | None:
    return None if whole(record.get(name)) is None else seconds(record.get(name))


def _cost(record: Mapping[str, Any]) -> tuple[Decimal | None, str]:
    """What the call cost and in which currency; no currency without a cost."""
    cost = money(record.get("cost"))
    if cost is not None:
        return cost, text(record.get("currency"))[:LONGEST_CURRENCY] or DOLLARS
    cost = money(record.get("costEur"))
    return cost, EUROS if cost is not None else ""
