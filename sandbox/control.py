"""The control API under /_sandbox/: for tests and demos, no carrier has it."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from sandbox.callbacks import FAILED, LOST, NO_ADDRESS, SENT, Callbacks
from sandbox.calls import Lines
from sandbox.fates import read_request_fate
from sandbox.memory import Call, Memory
from sandbox.replies import Reply, json_reply
from sandbox.yunhu_forms import PLAY_VOICE

PREFIX = "/_sandbox/"
DEFAULT_CALLS_LIMIT = 100


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
                "numbers_dialled": len({number for _, number in memory.dials}),
                "dialled_twice": {number: count for (_, number), count in memory.dials.items() if count > 1},
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
                "fates_ordered": {service: list(fates) for service, fates in memory.ordered.items() if fates},
            }

    def newest_calls(self, limit: int) -> list[dict[str, Any]]:
        """The last `limit` calls in the order of their handing over, newest first."""
        with self._memory.lock:
            calls = list(self._memory.calls.values())[: -limit - 1 : -1]
            return [_described(call) for call in calls]

    def _dials(self, query: dict[str, str]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        with self._memory.lock:
            for (_, number), count in self._memory.dials.items():
                counts[number] += count
        return dict(counts)

    def _calls(self, query: dict[str, str]) -> list[dict[str, Any]]:
        limit = int(query.get("limit", DEFAULT_CALLS_LIMIT))
        if limit < 1:
            raise ValueError("limit must be 1 or above")
        return self.newest_calls(limit)

    def _references(self, query: dict[str, str]) -> dict[str, int]:
        counts: Counter[str] = Counter()
        with self._memory.lock:
            for (_, reference), count in self._memory.references.items():
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


def _described(call: Call) -> dict[str, Any]:
    return {
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
        "has_recording": call.has_recording,
        "is_fetched": call.is_fetched,
    }
