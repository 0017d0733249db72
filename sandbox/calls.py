"""Lets calls happen: takes waiting calls onto free lines, ends them in time, and hands bills to the callbacks."""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from sandbox.callbacks import Callbacks
from sandbox.facts import Batch, Call
from sandbox.memory import Memory

LONGEST_PAUSE_SECONDS = 60  # so a clock that was set is noticed


class Lines:
    """One thread that dials. Ring and talk seconds pass `speed` times faster than on the wall clock.

    A bill's start is the wall clock's moment of dialling; its end is start + ring + talk in simulated seconds.
    `outcome_of` says what a call's carrier makes of its end, as fields of the call.
    """

    def __init__(self, *, memory: Memory, callbacks: Callbacks, outcome_of: Callable[[Call], dict[str, Any]]) -> None:
        self._memory = memory
        self._callbacks = callbacks
        self._outcome_of = outcome_of
        self._waiting: dict[int, deque[Call]] = {}  # by batch, oldest first
        self._opens_at = float("inf")
        self._busy: list[tuple[float, int, Call]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-lines", daemon=True)

    def start(self) -> None:
        """Take up what the memory holds open, then dial until `stop`."""
        for call in self._memory.open_calls():
            self._waiting.setdefault(call.batch.id, deque()).append(call)
        self._thread.start()

    def dial(self, batch: Batch) -> None:
        """Queue the calls of an accepted batch."""
        calls = deque(self._memory.calls_of(batch))
        with self._wake:
            self._waiting[batch.id] = calls
            self._wake.notify()

    def forget(self) -> None:
        with self._wake:
            self._waiting.clear()
            self._busy.clear()

    def stop(self) -> None:
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._fill()
                self._wake.wait(self._pause())
                if self._is_stopping:
                    return
                over = self._take_over()
            for call in over:
                self._end(call)

    def _fill(self) -> None:
        now, self._opens_at = time.time(), float("inf")
        for batch_id, calls in list(self._waiting.items()):
            if not self._has_free_line():
                return
            batch = calls[0].batch
            opens_at = batch.opens_at(now)
            if opens_at > now:
                self._opens_at = min(self._opens_at, opens_at)
            elif not self._memory.begin(batch):
                del self._waiting[batch_id]
            else:
                self._dial_from(calls)

    def _dial_from(self, calls: deque[Call]) -> None:
        batch_id = calls[0].batch.id
        while calls and self._has_free_line():
            call = calls.popleft()
            call.started_at = time.time()
            lasts = (call.ending.ring_seconds + call.ending.talk_seconds) / self._memory.switches.speed
            heapq.heappush(self._busy, (time.monotonic() + lasts, next(self._order), call))
        if not calls:
            del self._waiting[batch_id]

    def _has_free_line(self) -> bool:
        return len(self._busy) < self._memory.switches.lines

    def _pause(self) -> float | None:
        pauses = [self._opens_at - time.time()] if self._opens_at < float("inf") else []
        if self._busy:
            pauses.append(self._busy[0][0] - time.monotonic())
        return min(max(0.0, min(pauses)), LONGEST_PAUSE_SECONDS) if pauses else None

    def _take_over(self) -> list[Call]:
        now = time.monotonic()
        over = []
        while self._busy and self._busy[0][0] <= now:
            over.append(heapq.heappop(self._busy)[2])
        return over

    def _end(self, call: Call) -> None:
        with self._memory.lock:
            if self._memory.calls.get((call.batch.id, call.index)) is not call:
                return  # a reset came in between
            is_silent = call.ending.may_be_silent and self._memory.switches.silent_endings
            outcome = {} if is_silent else self._outcome_of(call)
            self._memory.end(call, is_silent=is_silent, **outcome)
        if not is_silent:
            self._callbacks.schedule(call)
