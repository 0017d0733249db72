"""How Laaffic writes a call: as a record in a list and as a pushed status report, in new and old fields."""

import json
from datetime import datetime
from typing import Any

from sandbox import fates
from sandbox.facts import Call
from sandbox.fates import CallbackFate
from sandbox.laaffic_outcomes import BILL_PERIOD, RATE, charged_seconds, cost, has_rung
from sandbox.opening import CARRIER_ZONE

CURRENCY = "USD"
DEFAULT_CALLER_ID = "1008122211"
GROUP_CALL = 1
CONNECTED, BUSY, UNANSWERED, RANG, OTHER = 50, 10, 20, 30, 60  # values of callStatus
SIP_OK = "200"
UNANSWERED_CAUSES = {
    fates.CAUSE_OTHER: (UNANSWERED, "480", "temporarily unavailable"),
    fates.CAUSE_TIMED_OUT: (UNANSWERED, "408", "request timeout"),
    fates.CAUSE_NOBODY_ANSWERED: (UNANSWERED, "487", "request terminated"),
    fates.CAUSE_BUSY: (BUSY, "486", "busy here"),
    fates.CAUSE_REFUSED: (RANG, "603", "decline"),
    fates.CAUSE_UNREACHABLE: (OTHER, "404", "not found"),
    fates.CAUSE_LINE_FAILURE: (OTHER, "503", "service unavailable"),
}
REGIONS = {
    "91": "India", "62": "Indonesia", "63": "Philippines", "52": "Mexico", "57": "Colombia", "66": "Thailand",
    "84": "Vietnam",
}  # fmt: skip
NEWEST_ONLY = ("taskId", "sourceTaskId", "callStatus")


def record(call: Call, *, fields: str) -> dict[str, Any]:
    """One item of the records. `fields` is new or old and decides the code of success."""
    steps = {name: moment and _iso(moment) for name, moment in _steps(call).items()}
    shared = _shared(call, fields=fields)
    del shared["ringDuration"], shared["sipCode"], shared["outRecallCount"]
    return shared | steps


def status_report(call: Call, *, fields: str) -> dict[str, Any]:
    """The push about one call: epoch milliseconds, and what did not happen is absent, 0 or null."""
    report: dict[str, Any] = _shared(call, fields=fields) | {"type": GROUP_CALL}
    for name, moment in _steps(call).items():
        if moment is not None:
            report[name] = int(moment * 1000)
        elif (call.bill_id or 0) % 3:
            report[name] = 0 if (call.bill_id or 0) % 3 == 1 else None
    if call.has_recording:
        report["recordingFileId"] = recording_id(call)
    if fields == "old":
        return report | {"ringDuration": str(report["ringDuration"])}
    status, _, _ = _verdict(call)
    return report | {"taskId": call.batch.id, "sourceTaskId": call.batch.id, "callStatus": status}


def push_body(calls: list[Call], *, form: str, fields: str) -> bytes:
    """One request about `calls`: an object, or an array where `form` says so."""
    reports = [_with_fate(call, status_report(call, fields=fields)) for call in calls]
    text = json.dumps(reports if form == "array" else reports[0], ensure_ascii=False)
    if calls[0].ending.callback is CallbackFate.BROKEN:
        text = text[:-1] + (",]" if form == "array" else ",}") if (calls[0].bill_id or 0) % 2 else f"[{text}, "
    return text.encode()


def recording_id(call: Call) -> str:
    return f"rec{call.bill_id}"


def _shared(call: Call, *, fields: str) -> dict[str, Any]:
    _, sip_code, reason = _verdict(call)
    is_answered = call.ending.talk_seconds > 0
    price = format(cost(call), "f")
    return {
        "voiceId": str(call.bill_id),
        "callee": call.number,
        "displayNum": call.batch.caller_id or DEFAULT_CALLER_ID,
        "code": REGIONS.get(call.number[:2], ""),
        "callDuration": call.ending.talk_seconds,
        "ringDuration": call.ending.ring_seconds if has_rung(call) else 0,
        "chargedDuration": charged_seconds(call),
        "terminationCode": "0" if is_answered and fields == "new" else sip_code,
        "terminationReason": reason,
        "sipCode": sip_code,
        "rate": str(RATE),
        "baseCost": price,
        "cost": price,
        "billPeriod": BILL_PERIOD,
        "currency": CURRENCY,
        "settleRate": None,
        "quoteExchange": None,
        "settlePay": None,
        "voiceFileId": call.batch.order.get("voiceFileId") or "",
        "feedbackValue": call.ending.key or "-1",
        "calledInfo": "",
        "outRecallCount": 0,
    }


def _verdict(call: Call) -> tuple[int, str, str]:
    """callStatus, SIP code and reason."""
    if call.ending.talk_seconds:
        return CONNECTED, SIP_OK, "success"
    return UNANSWERED_CAUSES[call.ending.cause]


def _steps(call: Call) -> dict[str, float | None]:
    """Epoch seconds of each step, None if it did not happen."""
    begun, ending = call.started_at, call.ending
    answered = begun + ending.ring_seconds if ending.talk_seconds else None
    return {
        "submitTime": call.batch.accepted_at,
        "callTime": begun,
        "ringingTime": begun if has_rung(call) else None,
        "answerTime": answered,
        "hangupTime": begun + ending.ring_seconds + ending.talk_seconds,
    }


def _with_fate(call: Call, report: dict[str, Any]) -> dict[str, Any]:
    """The same facts as a careless sender writes them, if the call's fate is odd."""
    if call.ending.callback is not CallbackFate.ODD:
        return report
    odd = {name: str(value) if isinstance(value, int) else value for name, value in report.items()}
    key = report["feedbackValue"]
    return odd | {"feedbackValue": int(key) if key.lstrip("-").isdigit() else key, "calledInfo": None}


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), tz=CARRIER_ZONE).isoformat()
