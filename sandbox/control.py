"""The control API under /_sandbox/: for tests and demos, no carrier has it."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from sandbox.callbacks import FAILED, LOST, NO_ADDRESS, SENT, Callbacks
from sandbox.calls import Lines
from sandbox.facts import LAAFFIC, YUNHU, Batch, Call
from sandbox.fates import read_request_fate
from sandbox.memory import Memory
from sandbox.replies import Reply, json_reply
from sandbox.yunhu_forms import PLAY_VOICE

PREFIX = "/_sandbox/"
DEFAULT_LIMIT = 100


class Control:
    """Reads and changes the memory. Errors in a control request answer 400 with a sentence."""

    def __init__(self, *, memory: Memory, lines: Lines, callbacks: Callbacks) -> None:
        self._memory = memory
        self._lines = lines
        self._callbacks = callbacks
        self._reads: dict[str, Callable[[dict[str, str]], Any]] = {
            "state": lambda query: self.state(),
            "dials": self._dials,
            "calls": self._calls,
            "references": self._references,
            "tasks": self._tasks,
            "people": lambda query: self._people(),
            "sms": lambda query: self.sms(),
            "extensions": lambda query: self.extension_events(),
        }
        self._writes: dict[str, Callable[[dict[str, Any]], Any]] = {
            "configure": self._configure,
            "next": self._next,
            "reset": self._reset,
        }

    def read(self, name: str, query: dict[str, str]) -> Reply:
        if name not in self._reads:
            return json_reply({"error": f"nothing is called {name!r}"}, status=404)
        try:
            return json_reply(self._reads[name](query))
        except ValueError as error:
            return json_reply({"error": str(error)}, status=400)

    def write(self, name: str, body: bytes) -> Reply:
        if name not in self._writes:
            return json_reply({"error": f"nothing is called {name!r}"}, status=404)
        try:
            given = json.loads(body or b"{}")
            if not isinstance(given, dict):
                raise ValueError("the body must be a JSON object")
            return json_reply(self._writes[name](given))
        except ValueError as error:
            return json_reply({"error": str(error)}, status=400)

    def state(self) -> dict[str, Any]:
        """Counts since the start or the last reset."""
        waiting = self._callbacks.waiting_count()
        memory = self._memory
        with memory.lock:
            outcomes = memory.callback_outcomes
            return {
                "requests": dict(memory.requests),
                "violations": list(memory.violations),
                "refusals": dict(memory.refusals),
                "batches": len(memory.batches),
                "numbers_dialled": len(memory.people),
                "dialled_twice": {number: count for number, count in memory.people.items() if count > 1},
                "calls_total": len(memory.calls),
                "calls_open": memory.open_count,
                "bills": len(memory.bills),
                "recordings_promised": memory.promised_count,
                "recordings_fetched": memory.fetched_count,
                "callbacks_waiting": waiting,
                "callbacks_sent": outcomes[SENT],
                "callbacks_failed": outcomes[FAILED],
                "callbacks_lost": outcomes[LOST],
                "callbacks_without_address": outcomes[NO_ADDRESS],
                "callback_answers": dict(memory.callback_answers),
                "tasks": len([batch for batch in memory.batches.values() if batch.carrier == LAAFFIC]),
                "transferred": memory.transferred_count,
                "sms_sent": len(memory.sms),
                "extension_events": len(memory.extension_events),
                "carriers": {carrier: self._figures(carrier) for carrier in (YUNHU, LAAFFIC)},
                "fates_ordered": {service: list(fates) for service, fates in memory.ordered.items() if fates},
            }

    def newest_calls(self, limit: int) -> list[dict[str, Any]]:
        """The last `limit` calls in the order of their handing over, newest first."""
        with self._memory.lock:
            calls = list(self._memory.calls.values())[: -limit - 1 : -1]
            return [_described(call) for call in calls]

    def newest_tasks(self, limit: int) -> list[dict[str, Any]]:
        """The last `limit` batches of both carriers, newest first."""
        with self._memory.lock:
            return [self._described_task(batch) for batch in list(self._memory.batches.values())[: -limit - 1 : -1]]

    def newest_requests(self) -> list[dict[str, Any]]:
        """Newest first: time, carrier, service, outcome. None holds a secret."""
        with self._memory.lock:
            return list(self._memory.newest_requests)[::-1]

    def sms(self) -> list[dict[str, Any]]:
        """Text messages after calls, oldest first."""
        with self._memory.lock:
            return [_message(call) for call in self._memory.sms]

    def extension_events(self) -> list[dict[str, Any]]:
        """What was pushed about extensions, oldest first."""
        with self._memory.lock:
            return list(self._memory.extension_events)

    def _figures(self, carrier: str) -> dict[str, int]:
        memory = self._memory
        batches = [batch for batch in memory.batches.values() if batch.carrier == carrier]
        return {
            "batches": len(batches),
            "calls_total": sum(len(batch.numbers) for batch in batches),
            "calls_open": sum(memory.open_in_batch[batch.id] for batch in batches),
            "bills": memory.bills_of_carrier[carrier],
            "violations": sum(item["carrier"] == carrier for item in memory.violations),
        }

    def _described_task(self, batch: Batch) -> dict[str, Any]:
        memory = self._memory
        is_over = not memory.open_in_batch[batch.id]
        state = "calling" if batch.id in memory.begun else "waiting"
        return {
            "id": batch.id,
            "carrier": batch.carrier,
            "app": batch.app,
            "reference": batch.reference,
            "state": "cancelled" if batch.id in memory.cancelled else "finished" if is_over else state,
            "numbers": len(batch.numbers),
            "open": memory.open_in_batch[batch.id],
            "created_at": batch.accepted_at,
            "starts_at": batch.starts_at or None,
        }

    def _people(self) -> dict[str, int]:
        with self._memory.lock:
            return dict(self._memory.people)

    def _dials(self, query: dict[str, str]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        with self._memory.lock:
            for (_, number), count in self._memory.dials.items():
                counts[number] += count
        return dict(counts)

    def _calls(self, query: dict[str, str]) -> list[dict[str, Any]]:
        return self.newest_calls(_limit(query))

    def _tasks(self, query: dict[str, str]) -> list[dict[str, Any]]:
        return self.newest_tasks(_limit(query))

    def _references(self, query: dict[str, str]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        with self._memory.lock:
            for (_, _, reference), count in self._memory.references.items():
                counts[reference] += count
        return dict(counts)

    def _configure(self, given: dict[str, Any]) -> dict[str, Any]:
        self._memory.configure(given)
        return {"configured": sorted(given)}

    def _next(self, given: dict[str, Any]) -> dict[str, Any]:
        """Order one-shot fates for the next requests of `service` (default: batches), in this order."""
        fates, service = given.pop("fates", None), given.pop("service", PLAY_VOICE)
        if not isinstance(fates, list) or not isinstance(service, str) or given:
            raise ValueError("next takes a list of fates, and a service if it is not PlayVoice")
        for fate in fates:
            read_request_fate(str(fate))
        self._memory.note("ordered", service=service, fates=fates)
        return {"ordered": len(fates)}

    def _reset(self, given: dict[str, Any]) -> dict[str, Any]:
        self._lines.forget()
        self._callbacks.forget()
        self._memory.reset()
        return {"reset": True}


def _limit(query: dict[str, str]) -> int:
    limit = int(query.get("limit", DEFAULT_LIMIT))
    if limit < 1:
        raise ValueError("limit must be 1 or above")
    return limit


def _described(call: Call) -> dict[str, Any]:
    return {
        "carrier": call.batch.carrier,
        "number": call.number,
        "country": call.batch.country,
        "app": call.batch.app,
        "reference": call.batch.reference,
        "state": "over" if call.is_over else "open",
        "started_at": call.started_at or None,
        "ring_seconds": call.ending.ring_seconds,
        "talk_seconds": call.ending.talk_seconds,
        "cause": call.ending.cause,
        "key": call.ending.key,
        "bill": call.bill_id,
        "callbacks": list(call.callbacks),
        "is_transferred": call.is_transferred,
        "extension": call.extension,
        "has_recording": call.has_recording,
        "is_fetched": call.is_fetched,
    }


def _message(call: Call) -> dict[str, Any]:
    order = call.batch.order
    return {
        "number": call.number,
        "text": call.sms,
        "task_name": call.batch.reference,
        "sms_app": order["smsAppId"],
        "sender": order["senderId"] or "",
    }
