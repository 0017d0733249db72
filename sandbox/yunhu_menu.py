"""Yunhu's voice menu: PlayVoice with a token calls one number and may ring an extension of a group afterwards."""

import json
import time
import uuid
from typing import Any

from sandbox import fates
from sandbox.facts import Call
from sandbox.pushes import ExtensionEvent
from sandbox.switches import Switches
from sandbox.yunhu_bills import COMPANY_CODE, DOWNLOAD_IP, UNUSED, call_uuid, echoed_number, shown_caller_id

AGENT, CUSTOMER = "agent", "customer"
NOT_TAKEN = (("ring", AGENT), ("hangup", AGENT))
TAKEN = (("ring", AGENT), ("answer", AGENT), ("answer", CUSTOMER), ("hangup", CUSTOMER), ("hangup", AGENT))
BY_INTERFACE = "3"  # method of the extension page


def batch_facts(given: dict[str, Any], *, app: str, country: str) -> dict[str, Any]:
    """One number as a batch of its own. A key counts only where `userid` names one."""
    key, group = given["userid"]
    return {
        "accepted_at": time.time(),
        "app": app,
        "country": country,
        "reference": given["customuuid"],
        "tag": given["chengshudu"],
        "caller_id": given["disnumber"],
        "wants_key": bool(key),
        "ring_limit_seconds": given["waittime"] or fates.DEFAULT_RING_LIMIT_SECONDS,
        "talk_limit_seconds": given["conntime"] or fates.DEFAULT_TALK_LIMIT_SECONDS,
        "numbers": [given["destnumber"]],
        "order": {"key": key, "group": group},
    }


def outcome(call: Call, *, switches: Switches) -> dict[str, Any]:
    """Which extension rings after the call, if any, and whether somebody takes it."""
    order = call.batch.order
    extensions = switches.extension_groups.get(order.get("group", ""))
    if not extensions or not call.ending.talk_seconds or call.ending.key != order["key"]:
        return {}
    is_taken = int(call.number[-3]) % 2 == 0 if switches.transfers == "mixed" else switches.transfers == "taken"
    extension = extensions[int(call.number[-1]) % len(extensions)]
    return {"is_transferred": True, "extension": extension, "is_taken": is_taken}


def extension_events(call: Call, *, echo_form: str) -> list[ExtensionEvent]:
    """All events about the extension that rang, in their order; none for other calls."""
    if not call.extension:
        return []
    return [
        ExtensionEvent(status=status, side=side, body=_body(call, status, side, echo_form))
        for status, side in (TAKEN if call.is_taken else NOT_TAKEN)
    ]


def _body(call: Call, status: str, side: str, echo_form: str) -> bytes:
    event = {
        "buuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"extension of {call.bill_id}")),
        "callee": echoed_number(call, echo_form=echo_form),
        "caller": call.extension,
        "companycode": str(COMPANY_CODE),
        "direction": "callout",
        "disnumber": shown_caller_id(call),
        "extnumber": call.extension,
        "isbleg": "true" if side == CUSTOMER else "false",
        "method": BY_INTERFACE,
        "starttime": str(int(call.started_at)),
        "status": status,
        "uuid": str(call_uuid(call)),
        "ip": DOWNLOAD_IP,
        "customuuid": call.batch.reference or UNUSED,
        "type": "call",
    }
    return json.dumps(event).encode()
