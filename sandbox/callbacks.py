"""Pushes to the client: when, how often, and what was answered. No push is repeated after a failure."""

import heapq
import http.client
import itertools
import random
import threading
import time
from urllib.parse import urlsplit

from sandbox.facts import Call
from sandbox.fates import CallbackFate
from sandbox.memory import Memory
from sandbox.pushes import BILL, EXTENSION, Push, PushForm

WORKER_COUNT = 8
ANSWER_SECONDS = 5
LATE_SECONDS = 120
SHUFFLE_SECONDS = 30
GATHER_SECONDS = 0.05  # real: how long a carrier that pushes several bills at once waits for company

SENT = "sent"
FAILED = "failed"
LOST = "lost"
NO_ADDRESS = "no_address"


class Callbacks:
    """A few threads that POST JSON. `forms` says how each carrier writes its pushes."""

    def __init__(self, *, memory: Memory, forms: dict[str, PushForm]) -> None:
        self._memory = memory
        self._forms = forms
        self._due: list[tuple[float, int, Push]] = []
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
        """Decide what is pushed next about this call, when and how often; a lost bill is only counted."""
        if len(call.extension_pushes) < len(self._form_of(call).extension_events(call)):
            self._push(Push(call=call, kind=EXTENSION), due=time.monotonic(), times=1)
        else:
            self._schedule_bill(call)

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

    def _schedule_bill(self, call: Call) -> None:
        switches = self._memory.switches
        fate = call.ending.callback
        if not self._address_of(Push(call=call)):
            self._note([call], outcome=NO_ADDRESS)
        elif fate is CallbackFate.LOST or switches.callbacks == "lost":
            self._note([call], outcome=LOST)
        else:
            is_doubled = fate is CallbackFate.DOUBLED or switches.callbacks == "doubled"
            gathering = GATHER_SECONDS if self._form_of(call).most_at_once() > 1 else 0
            due = time.monotonic() + gathering + self._delay_seconds(fate) / switches.speed
            self._push(Push(call=call), due=due, times=2 if is_doubled else 1)

    def _delay_seconds(self, fate: CallbackFate) -> float:
        switches = self._memory.switches
        late = LATE_SECONDS if fate is CallbackFate.LATE else 0
        shuffle = random.uniform(0, SHUFFLE_SECONDS) if switches.callbacks == "shuffled" else 0
        return switches.callback_delay_seconds + late + shuffle

    def _push(self, push: Push, *, due: float, times: int) -> None:
        with self._wake:
            for _ in range(times):
                heapq.heappush(self._due, (due, next(self._order), push))
                self._wake.notify()

    def _run(self) -> None:
        while pushes := self._next():
            known = [push for push in pushes if self._is_known(push.call)]
            if known and known[0].kind == EXTENSION:
                self._send_extension_event(known[0])
            elif known:
                calls = [push.call for push in known]
                body = self._form_of(calls[0]).body(calls)
                outcome, answer = self._send(known[0], body)
                self._note(calls, outcome=outcome, answer=answer)

    def _send_extension_event(self, push: Push) -> None:
        """Send the call's next event and line up what follows: an extension's events keep their order."""
        call = push.call
        event = self._form_of(call).extension_events(call)[len(call.extension_pushes)]
        if self._memory.switches.callbacks == "lost":
            outcome = LOST
        else:
            outcome, _ = self._send(push, event.body)
        with self._memory.lock:
            if not self._is_known(call):
                return
            self._memory.note(
                "extension_event",
                bill=call.bill_id,
                at=time.time(),
                extension=call.extension,
                status=event.status,
                side=event.side,
                outcome=outcome,
            )
        self.schedule(call)

    def _note(self, calls: list[Call], *, outcome: str, answer: str = "") -> None:
        with self._memory.lock:
            for call in calls:
                if self._is_known(call):
                    self._memory.note("callback", bill=call.bill_id, outcome=outcome, answer=answer)

    def _is_known(self, call: Call) -> bool:
        """Whether no reset has come in between."""
        return self._memory.bills.get(call.bill_id or 0) is call

    def _next(self) -> list[Push]:
        """What is pushed next in one request, nothing when stopping."""
        with self._wake:
            while not self._is_stopping:
                pause = self._due[0][0] - time.monotonic() if self._due else None
                if pause is not None and pause <= 0:
                    return self._gathered(heapq.heappop(self._due)[2])
                self._wake.wait(pause)
        return []

    def _gathered(self, first: Push) -> list[Push]:
        """`first` with the next ones that are due and can travel in the same request."""
        pushes, now = [first], time.monotonic()
        most = self._form_of(first.call).most_at_once() if first.kind == BILL else 1
        while self._due and len(pushes) < most and self._due[0][0] <= now:
            if not _can_share_a_request(first, self._due[0][2]):
                break
            pushes.append(heapq.heappop(self._due)[2])
        return pushes

    def _send(self, push: Push, body: bytes) -> tuple[str, str]:
        """Outcome, and the answer's status or the kind of failure."""
        address = self._address_of(push)
        if not address:
            return NO_ADDRESS, ""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=ANSWER_SECONDS)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": self._form_of(push.call).content_type}
        try:
            connection.request("POST", target, body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return FAILED, type(error).__name__
        finally:
            connection.close()
        return (SENT if 200 <= status < 300 else FAILED), str(status)

    def _address_of(self, push: Push) -> str:
        switches, app = self._memory.switches, push.call.batch.app
        if push.kind == EXTENSION:
            return switches.extension_callback_urls.get(app, switches.extension_callback_url)
        return switches.callback_urls.get(app, switches.callback_url)

    def _form_of(self, call: Call) -> PushForm:
        return self._forms[call.batch.carrier]


def _can_share_a_request(one: Push, other: Push) -> bool:
    """A broken push travels alone, or it would break the others' bills, too."""
    is_same_door = one.kind == other.kind and (one.call.batch.carrier, one.call.batch.app) == (
        other.call.batch.carrier,
        other.call.batch.app,
    )
    fates = {one.call.ending.callback, other.call.ending.callback}
    return is_same_door and CallbackFate.BROKEN not in fates
