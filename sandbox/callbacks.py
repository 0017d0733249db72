"""Pushes bills to the client: when, how often, and what was answered. No push is repeated after a failure."""

import heapq
import http.client
import itertools
import random
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox.fates import CallbackFate
from sandbox.memory import Call, Memory

WORKER_COUNT = 8
ANSWER_SECONDS = 5
LATE_SECONDS = 120
SHUFFLE_SECONDS = 30

SENT = "sent"
FAILED = "failed"
LOST = "lost"
NO_ADDRESS = "no_address"


class Callbacks:
    """A few threads that POST JSON. `render` makes a call's body in its carrier's form."""

    def __init__(self, *, memory: Memory, render: Callable[[Call], bytes]) -> None:
        self._memory = memory
        self._render = render
        self._due: list[tuple[float, int, Call]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._is_stopping = False
        self._threads = [
            threading.Thread(target=self._run, name=f"sandbox-callbacks-{number}", daemon=True)
            for number in range(WORKER_COUNT)
        ]

    def start(self) -> None:
        """Take up pushes which a killed sandbox still owed, then send until `stop`."""
        for call in self._memory.bills_without_callback():
            self.schedule(call)
        for thread in self._threads:
            thread.start()

    def schedule(self, call: Call) -> None:
        """Decide when and how often this bill is pushed; a lost one is only counted."""
        switches = self._memory.switches
        fate = call.ending.callback
        if not self._address_of(call):
            self._note(call, outcome=NO_ADDRESS)
        elif fate is CallbackFate.LOST or switches.callbacks == "lost":
            self._note(call, outcome=LOST)
        else:
            is_doubled = fate is CallbackFate.DOUBLED or switches.callbacks == "doubled"
            due = time.monotonic() + self._delay_seconds(fate) / switches.speed
            self._push(call, due=due, times=2 if is_doubled else 1)

    def forget(self) -> None:
        with self._wake:
            self._due.clear()

    def stop(self) -> None:
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()

    def waiting_count(self) -> int:
        """Pushes not begun yet."""
        with self._wake:
            return len(self._due)

    def _delay_seconds(self, fate: CallbackFate) -> float:
        switches = self._memory.switches
        late = LATE_SECONDS if fate is CallbackFate.LATE else 0
        shuffle = random.uniform(0, SHUFFLE_SECONDS) if switches.callbacks == "shuffled" else 0
        return switches.callback_delay_seconds + late + shuffle

    def _push(self, call: Call, *, due: float, times: int) -> None:
        with self._wake:
            for _ in range(times):
                heapq.heappush(self._due, (due, next(self._order), call))
                self._wake.notify()

    def _run(self) -> None:
        while (call := self._next()) is not None:
            if self._is_known(call):
                outcome, answer = self._send(call)
                self._note(call, outcome=outcome, answer=answer)

    def _note(self, call: Call, *, outcome: str, answer: str = "") -> None:
        with self._memory.lock:
            if self._is_known(call):
                self._memory.note("callback", bill=call.bill_id, outcome=outcome, answer=answer)

    def _is_known(self, call: Call) -> bool:
        """Whether no reset has come in between."""
        return self._memory.bills.get(call.bill_id or 0) is call

    def _next(self) -> Call | None:
        """The next call whose push is due, or None when stopping."""
        with self._wake:
            while not self._is_stopping:
                pause = self._due[0][0] - time.monotonic() if self._due else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._due)[2]
                self._wake.wait(pause)
        return None

    def _send(self, call: Call) -> tuple[str, str]:
        """Outcome, and the answer's status or the kind of failure."""
        address = self._address_of(call)
        if not address:
            return NO_ADDRESS, ""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=ANSWER_SECONDS)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", target, self._render(call), {"Content-Type": "application/json"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return FAILED, type(error).__name__
        finally:
            connection.close()
        return (SENT if 200 <= status < 300 else FAILED), str(status)

    def _address_of(self, call: Call) -> str:
        switches = self._memory.switches
        return switches.callback_urls.get(call.batch.app, switches.callback_url)
