"""One call as Yunhu writes it, in a bill or in a callback -> Call. Lenient in: whatever makes no sense is nothing.

Field names: pages "API for getting call records" and "call record callback parameters" of the IVR API book, and the
newer page of the callback, which renames some. Texts are cut to what a column keeps.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dialer.carriers.contract import Call
from dialer.carriers.yunhu_codes import ENDINGS, VAGUE_ENDINGS, Ending
from dialer.terms import Disposition, HungUpBy

LONGEST_ID: Final = 64  # characters
LONGEST_TEXT: Final = 255
LONGEST_NUMBER: Final = 32
LONGEST_KEYPRESS: Final = 20
LONGEST_CODE: Final = 20
MOST_SECONDS: Final = 7 * 24 * 3600  # a call that is said to be longer is nonsense
PLAUSIBLE_YEARS: Final = range(2000, 2100)
DEEPEST: Final = 20  # levels of a record that are kept
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
    talk_seconds = _seconds(record.get("billsec"))
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
        ring_seconds=_seconds(record.get("duration")),
        talk_seconds=talk_seconds,
        disposition=Disposition.ANSWERED if talk_seconds else _ending(telling).disposition,
        hangup_code=cause or side,
        hangup_meaning=_ending(cause if talk_seconds else telling).meaning,
        hung_up_by=_hung_up_by(side, cause),
        keypress=text(record.get("userkey"))[:LONGEST_KEYPRESS],
        recording_name=_unless_unused(record, "recordfilename", LONGEST_TEXT),
        raw=_storable(record),
        is_outgoing=(text(record.get("direction")) or text(record.get("type"))).lower() not in INCOMING,
    )


def is_of_an_extension(record: Mapping[str, Any]) -> bool:
    """Whether it is a call of the company's own agents: made by other means, and with no reference of anybody.

    The console has one callback address for all calls of the company.
    """
    return text(record.get("callmethod")) in EXTENSION_METHODS and not _unless_unused(record, "customuuid")


def text(value: Any) -> str:
    """A text of whatever JSON has for one; "" for null and for what is no single value."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return str(int(value)) if abs(value) < 10**30 else ""
    return _clean(value).strip() if isinstance(value, str) else ""


def whole(value: Any) -> int | None:
    """A whole number, as number or text; None for anything else."""
    digits = text(value)
    return int(digits) if re.fullmatch(r"-?[0-9]{1,18}", digits) else None


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """The time that stands somewhere in a text, aware; None if there is none or it makes no sense."""
    match = _MOMENT.search(text(value))
    try:
        found = datetime.fromisoformat(f"{match[1]} {match[2]}") if match else None
    except ValueError:
        return None
    return found.replace(tzinfo=zone) if found and found.year in PLAUSIBLE_YEARS else None


_MOMENT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})")
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


def _seconds(value: Any) -> int:
    return min(max(whole(value) or 0, 0), MOST_SECONDS)


def _code(record: Mapping[str, Any], name: str) -> str:
    return _unless_unused(record, name, LONGEST_CODE)


def _ending(code: str) -> Ending:
    return ENDINGS.get(code, _UNKNOWN)


def _hung_up_by(side: str, cause: str) -> HungUpBy:
    first = _ending(side).hung_up_by
    return first if first != HungUpBy.UNKNOWN else _ending(cause).hung_up_by


def _clean(value: str) -> str:
    """No database keeps NUL or half a character."""
    return value.replace("\0", "").encode(errors="replace").decode()


def _storable(value: Any, depth: int = 0) -> Any:
    """The original, except for what no database keeps: NUL, half characters, numbers that are none, endless depth."""
    if depth > DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {_clean(str(key)): _storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= 10**300:
        return None
    return _clean(value) if isinstance(value, str) else value
