"""One call as Yunhu writes it, in a bill or in a callback -> Call. Lenient in: whatever makes no sense is nothing.

Field names: pages "API for getting call records" and "call record callback parameters" of the IVR API book, and the
newer page of the callback, which renames some. Texts are cut to what a column keeps.
"""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from dialer.carriers.contract import Call
from dialer.carriers.values import (
    LONGEST_CODE,
    LONGEST_ID,
    LONGEST_KEYPRESS,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    moment,
    seconds,
    storable,
    text,
)
from dialer.carriers.yunhu_codes import ENDINGS, VAGUE_ENDINGS, Ending
from dialer.terms import Disposition, HungUpBy

INCOMING: Final = frozenset({"callin", "1"})
EXTENSION_METHODS: Final = frozenset({"1", "2", "3", "4", "5"})  # 6 is IVR
UUID_MARK: Final = "uuid:"  # of the id of a call whose callback brought a uuid and no id


def call_of(record: Mapping[str, Any], zone: ZoneInfo) -> Call | None:
    """The call, with times of `zone` made aware; None if the record has neither id nor uuid. Never raises.

    Answered is who talked for at least a second (billsec). In the carrier's own samples the hang-up codes of calls
    that nobody answered contradict each other, so they only explain.
    """
    carrier_call_id = _carrier_call_id(record)
    if not carrier_call_id:
        return None
    talk_seconds = seconds(record.get("billsec"))
    cause, side = _code(record, "hangupcause"), _code(record, "hangupdirection")
    telling = side if cause in VAGUE_ENDINGS and side not in VAGUE_ENDINGS else cause or side
    return Call(
        carrier_call_id=carrier_call_id,
        carrier_call_uuid=_unless_unused(record, "uuid", LONGEST_ID),
        reference=_unless_unused(record, "customuuid", LONGEST_ID),
        number_on_wire=text(record.get("destnumber"))[:LONGEST_NUMBER],
        caller_id=_unless_unused(record, "disnumber", LONGEST_NUMBER)
        or _unless_unused(record, "displaynumber", LONGEST_NUMBER),
        started_at=moment(record.get("starttime"), zone),
        answered_at=moment(record.get("answertime"), zone),
        ended_at=moment(record.get("endtime"), zone),
        ring_seconds=seconds(record.get("duration")),
        talk_seconds=talk_seconds,
        disposition=Disposition.ANSWERED if talk_seconds else _ending(telling).disposition,
        hangup_code=cause or side,
        hangup_meaning=_ending(cause if talk_seconds else telling).meaning,
        hung_up_by=_hung_up_by(side, cause),
        keypress=text(record.get("userkey"))[:LONGEST_KEYPRESS],
        recording_name=_unless_unused(record, "recordfilename", LONGEST_TEXT),
        raw=storable(record),
        is_outgoing=(text(record.get("direction")) or text(record.get("type"))).lower() not in INCOMING,
    )


def is_of_an_extension(record: Mapping[str, Any]) -> bool:
    """Whether it is a call of the company's own agents: made by other means, and with no reference of anybody.

    The console has one callback address for all calls of the company.
    """
    return text(record.get("callmethod")) in EXTENSION_METHODS and not _unless_unused(record, "customuuid")


_UNKNOWN: Final = Ending("", Disposition.UNKNOWN)


def _carrier_call_id(record: Mapping[str, Any]) -> str:
    own = _unless_unused(record, "id")
    if own and len(own) <= LONGEST_ID:
        return own
    uuid = _unless_unused(record, "uuid")
    return f"{UUID_MARK}{uuid}" if uuid and len(uuid) <= LONGEST_ID - len(UUID_MARK) else ""


def _unless_unused(record: Mapping[str, Any], name: str, length: int = LONGEST_TEXT) -> str:
    """The field's text; "" also for the "0" that the carrier writes into what nobody filled."""
    found = text(record.get(name))
    return "" if found == "0" else found[:length]


def _code(record: Mapping[str, Any], name: str) -> str:
    return _unless_unused(record, name, LONGEST_CODE)


def _ending(code: str) -> Ending:
    return ENDINGS.get(code, _UNKNOWN)


def _hung_up_by(side: str, cause: str) -> HungUpBy:
    first = _ending(side).hung_up_by
    return first if first != HungUpBy.UNKNOWN else _ending(cause).hung_up_by
