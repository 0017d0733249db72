"""Laaffic's memory of calls: records in a list or one by one, and the addresses of recordings."""

import time
from typing import Any

from sandbox.facts import LAAFFIC, Call
from sandbox.laaffic_answers import INVALID, MISSING, PARAMETER, Refused, Violation
from sandbox.laaffic_questions import RECORDS, Question, page_of
from sandbox.laaffic_records import record, recording_id
from sandbox.laaffic_signature import Account
from sandbox.memory import Memory
from sandbox.recordings import Recordings

DAY_SECONDS = 24 * 3600
LONGEST_WINDOW_SECONDS = 31 * DAY_SECONDS
REACH_SECONDS = 62 * DAY_SECONDS  # two months, at their longest
GROUP, SIP = "group", "sip"  # values of sourceType
RECORDING_PREFIX = "rec"


class History:
    """What is asked about calls that are over. Each answer is the envelope's data."""

    def __init__(self, *, memory: Memory, recordings: Recordings) -> None:
        self._memory = memory
        self._recordings = recordings

    def records(self, question: Question) -> dict[str, Any]:
        given = question.read_page(RECORDS)
        start, end = given["params"]["strTime"], given["params"]["endTime"]
        _check_window(start, end)
        switches = self._memory.switches
        with self._memory.lock:
            calls = [
                call
                for call in self._memory.bills.values()  # ascending by id
                if start <= call.started_at <= end and _is_of(call, question.account)
            ]
        if switches.bill_order == "descending":
            calls.reverse()
        page, figures = page_of(calls, given)
        return {"records": [record(call, fields=switches.laaffic_push_fields) for call in page], **figures}

    def one_record(self, question: Question) -> dict[str, Any]:
        call = self._call(question.account, question.id)
        if call is None or call.started_at < time.time() - REACH_SECONDS:
            raise Refused(MISSING)
        return record(call, fields=self._memory.switches.laaffic_push_fields)

    def recording(self, question: Question) -> dict[str, Any]:
        """A fresh link to a recording that a push has promised."""
        recording = question.query.get("recordingFileId", "")
        unknown = question.query.keys() - {"recordingFileId", "sourceType"}
        if unknown or not recording:
            raise Violation("recordingFileId and sourceType are expected, no more and no less", code=PARAMETER)
        kind = question.query.get("sourceType", GROUP)
        if kind not in (GROUP, SIP):
            raise Violation(f"sourceType is {kind!r}, neither group nor sip")
        call = self._call(question.account, recording.removeprefix(RECORDING_PREFIX))
        if call is None or not call.has_recording or recording != recording_id(call):
            raise Violation(f"recordingFileId {recording!r} was never promised to this account", code=MISSING)
        if kind == SIP or not self._recordings.has_link(call):
            raise Refused(MISSING)
        url, expires_at = self._recordings.link(call)
        return {"url": url, "expireTime": int(expires_at * 1000)}

    def _call(self, account: Account, voice_id: str) -> Call | None:
        number = int(voice_id) if voice_id.isascii() and voice_id.isdigit() else 0
        call = self._memory.bills.get(number)
        return call if call and _is_of(call, account) else None


def _is_of(call: Call, account: Account) -> bool:
    return call.batch.carrier == LAAFFIC and call.batch.app in account.apps


def _check_window(start: float, end: float) -> None:
    if end < start:
        raise Violation("params endTime lies before strTime")
    if end - start > LONGEST_WINDOW_SECONDS:
        raise Violation("params strTime and endTime are more than 31 days apart", code=INVALID)
    if start < time.time() - REACH_SECONDS:
        raise Violation("params strTime lies more than two months back", code=PARAMETER)
