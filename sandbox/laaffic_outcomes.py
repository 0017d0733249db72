"""What Laaffic makes of a call at its end: its price, a text message, and whether it went to an agent."""

from decimal import Decimal
from typing import Any

from sandbox.facts import Call
from sandbox.fates import CAUSE_LINE_FAILURE, CAUSE_UNREACHABLE
from sandbox.laaffic_orders import AFTER_CALL, VARIABLE

RATE = Decimal("0.0120")  # for a minute, in the sandbox's own currency
BILLED_SECONDS = 60  # first and following steps
BILL_PERIOD = "60+60"


def outcome(call: Call) -> dict[str, Any]:
    """Fields of the call that its end decides."""
    return {"cost": str(cost(call)), "sms": _message(call), "is_transferred": _is_transferred(call)}


def charged_seconds(call: Call) -> int:
    """Talk time, rounded up to whole steps."""
    return -(-call.ending.talk_seconds // BILLED_SECONDS) * BILLED_SECONDS


def cost(call: Call) -> Decimal:
    return RATE * charged_seconds(call) / 60


def has_rung(call: Call) -> bool:
    return call.ending.cause not in (CAUSE_LINE_FAILURE, CAUSE_UNREACHABLE)


def _is_transferred(call: Call) -> bool:
    order = call.batch.order
    if not order["toSeat"] or not call.ending.talk_seconds:
        return False
    return order["toSeatType"] == AFTER_CALL or call.ending.key == str(order["toSeatKey"])


def _message(call: Call) -> str:
    """The text message after this call, empty for none."""
    order = call.batch.order
    if not order["hangUpSms"] or not _triggers_message(call):
        return ""
    texts = order["texts"].get(call.number, {})
    return VARIABLE.sub(lambda found: str(texts[found[1]]), order["smsContent"])


def _triggers_message(call: Call) -> bool:
    order, ending = call.batch.order, call.ending
    is_answered = ending.talk_seconds > 0
    return bool(
        (order["feedbackPush"] and ending.key and ending.key == order["feedbackValue"])
        or (order["successPush"] and is_answered and ending.talk_seconds >= order["successPushTime"])
        or (order["failedPush"] and not is_answered)
        or (order["ringPush"] and has_rung(call))
    )
