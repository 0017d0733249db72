"""What a call record knows: the facts of callbacks and bills, put together in whatever order they come."""

from datetime import datetime

from dialer.carriers.contract import Call
from dialer.models import CallRecord
from dialer.terms import Disposition, HungUpBy, Via

# Facts that either way may bring; what is there is never replaced by nothing.
FACTS = (
    "carrier_call_uuid",
    "reference",
    "caller_id",
    "started_at",
    "answered_at",
    "ended_at",
    "ring_seconds",
    "talk_seconds",
    "disposition",
    "hangup_code",
    "hangup_meaning",
    "hung_up_by",
    "keypress",
    "recording_name",
    "carrier_task_id",
    "cost",
    "currency",
    "rate",
    "billing_period",
    "charged_seconds",
)
NOTHING = (None, "", 0, Disposition.UNKNOWN, HungUpBy.UNKNOWN)
ZERO_COUNTS = frozenset({"cost", "rate", "charged_seconds"})  # a call that cost nothing is not one of unknown cost


def merge(row: CallRecord, call: Call, *, number: str, via: Via, now: datetime) -> None:
    """The row knows what the call says too: a bill's fact wins over a callback's, and something over nothing.

    `number` is E.164 if the call's number could be read, else as it came. Nothing is saved.
    """
    if _is_made_of_uuid(row.carrier_call_id, row.carrier_call_uuid):
        row.carrier_call_id = call.carrier_call_id
    is_authority = via == Via.PULL or row.by_pull_at is None
    if call.recording_name and not row.recording_name:
        row.awaits_archive = True
    for name in FACTS:
        new, old = getattr(call, name), getattr(row, name)
        if not _is_nothing(name, new) and (is_authority or _is_nothing(name, old)):
            setattr(row, name, new)
    if row.talk_seconds:  # also if one way told the seconds and the other the cause
        row.disposition = Disposition.ANSWERED
    if row.attempt_id is None:  # else it is the contact's, whatever form comes back
        row.number = _better_number(row.number, number, is_authority=is_authority)
    if via == Via.CALLBACK:
        row.by_callback_at = row.by_callback_at or now
        row.raw_callback = dict(call.raw)
    else:
        row.by_pull_at = row.by_pull_at or now
        row.raw_bill = dict(call.raw)


def is_same_by_uuid(row: CallRecord, call: Call) -> bool:
    """Whether one of the two had no id of its own and took its uuid for it. Bills have no uuid, so the ids differ."""
    return _is_made_of_uuid(row.carrier_call_id, row.carrier_call_uuid) or (
        _is_made_of_uuid(call.carrier_call_id, call.carrier_call_uuid)
        and row.carrier_call_uuid in ("", call.carrier_call_uuid)
    )


def _is_nothing(name: str, value: object) -> bool:
    return value is None if name in ZERO_COUNTS else value in NOTHING


def _is_made_of_uuid(carrier_call_id: str, uuid: str) -> bool:
    return bool(uuid) and carrier_call_id.endswith(uuid)


def _better_number(old: str, new: str, *, is_authority: bool) -> str:
    """One that could be read is better than one that could not, and the authority's better than another."""
    rank_of_new, rank_of_old = _rank(new), _rank(old)
    is_better = rank_of_new >= rank_of_old if is_authority else rank_of_new > rank_of_old
    return new if is_better else old


def _rank(number: str) -> int:
    return 2 if number.startswith("+") else bool(number)
