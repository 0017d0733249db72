"""Laaffic's group calls: send, list, detail, cancel. A task is one batch."""

import time
from datetime import datetime
from typing import Any

from sandbox.calls import Lines
from sandbox.facts import LAAFFIC, Batch, Call
from sandbox.laaffic_answers import (
    AUTHENTICATION,
    BALANCE_LOW,
    MISSING,
    TASK_NAME_EXISTS,
    TOO_MANY_TASKS,
    WRONG_TASK,
    Refused,
    Violation,
)
from sandbox.laaffic_files import Balance
from sandbox.laaffic_orders import TEXTS, UPLOADED, read_order
from sandbox.laaffic_questions import CANCEL, TASKS, Question, page_of
from sandbox.laaffic_signature import Account
from sandbox.laaffic_values import parse
from sandbox.memory import Memory
from sandbox.opening import CARRIER_ZONE

WAITING, CALLING, FINISHED, CANCELLED = 0, 1, 2, 4  # task states of the pages
ORDINARY = 1  # taskType
NOT_KEPT = ("appId", "taskName", "numberInfoList", "baseFile", "sendTime", "allowSendTime")


class Tasks:
    """What is asked about group calls. Each answer is the envelope's data."""

    def __init__(self, *, memory: Memory, lines: Lines, balance: Balance) -> None:
        self._memory = memory
        self._lines = lines
        self._balance = balance

    def send(self, question: Question) -> int:
        """Take a task; returns its id. A name that was used is refused and dials nobody."""
        account, order = question.account, read_order(parse(question.body))
        if order["appId"] not in account.apps:
            raise Refused(AUTHENTICATION)
        with self._memory.lock:
            self._check_file(account, order)
            if (LAAFFIC, order["appId"], order["taskName"]) in self._memory.references:
                raise Refused(TASK_NAME_EXISTS, reason="repeated_task_name")
            if self._balance.of(account) <= 0:
                raise Refused(BALANCE_LOW)
            if self._calling_count(account) >= self._memory.switches.laaffic_max_tasks:
                raise Refused(TOO_MANY_TASKS)
            batch = self._memory.accept(_batch_facts(order))
        self._lines.dial(batch)
        return batch.id

    def query(self, question: Question) -> dict[str, Any]:
        given = question.read_page(TASKS)
        with self._memory.lock:
            found = [batch for batch in self._tasks(question.account) if self._is_match(batch, given["params"])]
            page, figures = page_of(found[::-1], given)
            return {"records": [self._item(batch) for batch in page], **figures}

    def detail(self, question: Question) -> dict[str, Any]:
        with self._memory.lock:
            return self._details(self._task(question.account, question.id))

    def cancel(self, question: Question) -> None:
        """All of the tasks or none: only those of which nobody was called yet can be taken back."""
        wanted = question.read(CANCEL)["taskIdList"]
        with self._memory.lock:
            tasks = {self._task(question.account, str(task_id)).id for task_id in wanted}
            if any(task_id in self._memory.begun | self._memory.cancelled for task_id in tasks):
                raise Refused(WRONG_TASK)
            for task_id in tasks:
                self._memory.note("cancelled", batch=task_id)

    def _check_file(self, account: Account, order: dict[str, Any]) -> None:
        held = self._memory.files.get(order["voiceFileId"] or "")
        if order["source"] == UPLOADED and (held is None or held.account != account.key):
            raise Violation(f"voiceFileId {order['voiceFileId']!r} is no uploaded file", code=MISSING)

    def _calling_count(self, account: Account) -> int:
        """Tasks of the account that are due and not finished."""
        now = time.time()
        return sum(
            batch.starts_at <= now and self._memory.open_in_batch[batch.id] > 0 for batch in self._tasks(account)
        )

    def _tasks(self, account: Account) -> list[Batch]:
        """Oldest first."""
        batches = self._memory.batches.values()
        return [batch for batch in batches if batch.carrier == LAAFFIC and batch.app in account.apps]

    def _task(self, account: Account, task_id: str) -> Batch:
        number = int(task_id) if task_id.isascii() and task_id.isdigit() else 0
        batch = self._memory.batches.get(number)
        if batch is None or batch.carrier != LAAFFIC or batch.app not in account.apps:
            raise Refused(MISSING)
        return batch

    def _is_match(self, batch: Batch, params: dict[str, Any]) -> bool:
        if not params["strTime"] <= int(batch.accepted_at) <= params["endTime"]:
            return False
        if params["statusList"] and self._status(batch) not in params["statusList"]:
            return False
        if params["taskType"] not in (None, ORDINARY) or params["idxAppId"] not in (None, batch.app):
            return False
        searched = (batch.reference, batch.order["uploadName"] or "", batch.order["text"] or "")
        return any(params["searchCondition"].lower() in words.lower() for words in searched)

    def _status(self, batch: Batch) -> int:
        if batch.id in self._memory.cancelled:
            return CANCELLED
        if not self._memory.open_in_batch[batch.id]:
            return FINISHED
        return CALLING if batch.id in self._memory.begun else WAITING

    def _item(self, batch: Batch) -> dict[str, Any]:
        calls = [call for call in self._memory.calls_of(batch) if call.started_at and call.is_over]
        answered = sum(call.ending.talk_seconds > 0 for call in calls)
        return {
            "taskId": batch.id,
            "taskName": batch.reference,
            "status": self._status(batch),
            "rate": f"{100 * len(calls) // len(batch.numbers)}%",
            "numCnt": len(batch.numbers),
            "callNum": len(calls),
            "success": answered,
            "fail": len(calls) - answered,
            "createdTime": _local(batch.accepted_at),
            "scriptId": None,
            "taskType": ORDINARY,
        }

    def _details(self, batch: Batch) -> dict[str, Any]:
        calls = [call for call in self._memory.calls_of(batch) if call.is_over and call.started_at]
        item, order = self._item(batch), batch.order
        kept = ("text", "source", "voiceFileId", "calloutRate", "uploadName", "maxCalls", "loopCount", "lan")
        return {
            **item,
            **{name: order[name] for name in kept},
            "jobId": batch.id,
            "appId": batch.app,
            "displayNum": batch.caller_id,
            "baseFile": None,
            "sendTime": _local(batch.starts_at) if batch.starts_at else None,
            "mdfTime": item["createdTime"],
            "finishTime": self._finish_time(batch),
            "successRate": f"{100 * item['success'] // max(1, item['callNum'])}%",
            "toseatNum": sum(call.is_transferred for call in calls),
            "keyFeedbackNum": sum(bool(call.ending.key) for call in calls),
            "callDuration": sum(call.ending.talk_seconds for call in calls),
            "callTotal": item["callNum"],
        }

    def _finish_time(self, batch: Batch) -> str | None:
        if self._status(batch) != FINISHED:
            return None
        return _local(max(_ended_at(call) for call in self._memory.calls_of(batch)))


def _ended_at(call: Call) -> float:
    return call.started_at + call.ending.ring_seconds + call.ending.talk_seconds


def _batch_facts(order: dict[str, Any]) -> dict[str, Any]:
    people = order["numberInfoList"]
    texts = {person["calleeNumber"]: {name: person[name] for name in TEXTS if person[name]} for person in people}
    return {
        "carrier": LAAFFIC,
        "accepted_at": time.time(),
        "app": order["appId"],
        "country": "",
        "reference": order["taskName"],
        "tag": "",
        "caller_id": order["displayNum"],
        "wants_key": True,
        "ring_limit_seconds": order["maxRingingTime"],
        "talk_limit_seconds": order["maxCalls"],
        "numbers": [person["calleeNumber"] for person in people],
        "starts_at": order["sendTime"] or 0,
        "periods": order["allowSendTime"],
        "order": {name: value for name, value in order.items() if name not in NOT_KEPT}
        | {"texts": {number: given for number, given in texts.items() if given}},
    }


def _local(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), tz=CARRIER_ZONE).strftime("%Y-%m-%d %H:%M:%S")
