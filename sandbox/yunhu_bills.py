"""How Yunhu writes a call: as a bill in a list and as a pushed callback, also in its odd forms."""

import json
import uuid
from datetime import datetime
from typing import Any

from sandbox.facts import Call
from sandbox.fates import CallbackFate
from sandbox.opening import CARRIER_ZONE
from sandbox.people import CODES

COMPANY_CODE = 9017
CALL_METHOD_IVR = 6
DIRECTION_OUT = 2
DOWNLOAD_IP = "127.0.0.1"
DEFAULT_CALLER_ID = "2190170001"
UNUSED = "0"  # what the carrier writes into custom data that nobody sent
UUID_EPOCH_TICKS = 0x01B21DD213814000  # 100 ns from 1582-10-15 to 1970-01-01, RFC 9562


def wire_time(epoch_seconds: float) -> str:
    """The carrier's way to write a time: UTC+8, no zone."""
    return datetime.fromtimestamp(int(epoch_seconds), tz=CARRIER_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def recording_name(call: Call) -> str:
    """The file name under which the recording is asked for, empty without one."""
    if not call.has_recording:
        return ""
    day = datetime.fromtimestamp(call.started_at, tz=CARRIER_ZONE).strftime("%Y%m%d%H%M%S")
    return f"{day}_{call.bill_id}.mp3"


def bill(call: Call, *, echo_form: str) -> dict[str, Any]:
    """One item of GetBill's list."""
    return {
        "id": call.bill_id,
        "extnumber": taking_extension(call),
        "destnumber": echoed_number(call, echo_form=echo_form),
        "displaynumber": shown_caller_id(call),
        "starttime": wire_time(call.started_at),
        "answertime": _answer_time(call) or None,
        "endtime": _end_time(call),
        "duration": call.ending.ring_seconds,
        "billsec": call.ending.talk_seconds,
        "direction": "callout",
        "callmethod": CALL_METHOD_IVR,
        "userid": UNUSED,
        "memberid": UNUSED,
        "chengshudu": call.batch.tag or UNUSED,
        "customuuid": call.batch.reference or UNUSED,
        "recordfilename": recording_name(call),
        "downloadip": DOWNLOAD_IP if call.has_recording else "",
        "hangupdirection": call.ending.hung_up_by,
        "hangupcause": call.ending.cause,
        "userkey": call.ending.key,
    }


def callback_body(call: Call, *, echo_form: str) -> bytes:
    """The push about one call, in the form that its fate wants."""
    fields = _callback(call, echo_form=echo_form)
    if call.ending.callback is CallbackFate.ODD:
        fields = _odd(fields)
    text = json.dumps(fields, indent=1)
    if call.ending.callback is CallbackFate.BROKEN:
        text = _without_some_commas(text)
    return text.encode()


def echoed_number(call: Call, *, echo_form: str) -> str:
    """The number as the carrier gives it back."""
    number, code = call.number, CODES[call.batch.country]
    if echo_form == "as_sent":
        return number
    if echo_form == "starred":
        return number[:3] + "*" * max(0, len(number) - 6) + number[-3:]
    national = number.removeprefix(code).lstrip("0")
    return ("0" if echo_form == "trunk_zero" else code) + national


def taking_extension(call: Call) -> str:
    """The extension that took the call from the voice menu, empty for none."""
    return call.extension if call.is_taken else ""


def shown_caller_id(call: Call) -> str:
    return call.batch.caller_id or DEFAULT_CALLER_ID


def call_uuid(call: Call) -> uuid.UUID:
    """A version-1 UUID whose time is the start of the call, as in the carrier's samples."""
    ticks, node = int(call.started_at * 10_000_000) + UUID_EPOCH_TICKS, (call.bill_id or 0) & 0xFFFFFFFFFFFF
    fields = (ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF, 0x80, 0, node)
    return uuid.UUID(fields=fields, version=1)


def _callback(call: Call, *, echo_form: str) -> dict[str, Any]:
    """Fields of the newest list; the API book's older list differs in `crmid`."""
    listed = bill(call, echo_form=echo_form)
    return {
        "callmethod": listed["callmethod"],
        "starttime": listed["starttime"],
        "answertime": listed["answertime"] or "",
        "endtime": listed["endtime"],
        "duration": listed["duration"],
        "billsec": listed["billsec"],
        "userid": listed["userid"],
        "hangupdirection": listed["hangupdirection"],
        "chengshudu": listed["chengshudu"],
        "ext": listed["chengshudu"],
        "hangupcause": listed["hangupcause"],
        "memberid": listed["memberid"],
        "disnumber": listed["displaynumber"],
        "destnumber": listed["destnumber"],
        "downloadip": listed["downloadip"],
        "recordfilename": listed["recordfilename"],
        "recordurl": "",
        "companycode": COMPANY_CODE,
        "direction": "callout",
        "type": "callout",
        "id": call.bill_id,
        "taskid": "",
        "round": 1,
        "extnumber": listed["extnumber"],
        "uuid": str(call_uuid(call)),
        "userkey": listed["userkey"],
        "customuuid": listed["customuuid"],
    }


def _odd(fields: dict[str, Any]) -> dict[str, Any]:
    """The same facts as an older or careless sender writes them."""
    newer = {"ext", "recordurl", "direction", "taskid", "round", "userid"}
    older = {name: value for name, value in fields.items() if name not in newer} | {"crmid": ""}
    odd = {name: str(value) if isinstance(value, int) else value for name, value in older.items()}
    return odd | {
        "companycode": COMPANY_CODE,
        "extnumber": fields["extnumber"] or None,
        "userkey": _number_or_null(fields["userkey"]),
    }


def _number_or_null(key: str) -> int | str | None:
    return int(key) if key.isdigit() else key or None


def _without_some_commas(text: str) -> str:
    """No commas after extnumber, uuid and userkey: the slips of the API book's sample."""
    slips = ('"extnumber"', '"uuid"', '"userkey"')
    lines = text.splitlines()
    return "\n".join(line.rstrip(",") if line.strip().startswith(slips) else line for line in lines)


def _answer_time(call: Call) -> str:
    if not call.ending.talk_seconds:
        return ""
    return wire_time(int(call.started_at) + call.ending.ring_seconds)


def _end_time(call: Call) -> str:
    return wire_time(int(call.started_at) + call.ending.ring_seconds + call.ending.talk_seconds)
