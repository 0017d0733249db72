"""Lets calls happen: takes waiting calls onto free lines, ends them in time, and hands bills to the callbacks."""

import heapq
import itertools
import threading
import time
from collections import deque

from sandbox.callbacks import Callbacks
from sandbox.memory import Batch, Call, Memory


class Lines:
    """One thread that dials. Ring and talk seconds pass `speed` times faster than on the wall clock.

    A bill's start is the wall clock's moment of dialling; its end is start + ring + talk in simulated seconds.
    """

    def __init__(self, *, memory: Memory, callbacks: Callbacks) -> None:
        self._memory = memory
        self._callbacks = callbacks
        self._waiting: deque[Call] = deque()
        self._busy: list[tuple[float, int, Call]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-lines", daemon=True)

    def start(self) -> None:
        """Take up what the memory holds open, then dial until `stop`."""
        self._waiting.extend(self._memory.open_calls())
        self._thread.start()

    def dial(self, batch: Batch) -> None:
        """Queue the calls of an accepted batch."""
        with self._memory.lock:
            calls = [self._memory.calls[batch.id, index] for index in range(len(batch.numbers))]
        with self._wake:
            self._waiting.extend(calls)
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
        switches = self._memory.switches
        while self._waiting and len(self._busy) < switches.lines:
            call = self._waiting.popleft()
            call.started_at = time.time()
            lasts = (call.ending.ring_seconds + call.ending.talk_seconds) / switches.speed
            heapq.heappush(self._busy, (time.monotonic() + lasts, next(self._order), call))

    def _pause(self) -> float | None:
        return max(0.0, self._busy[0][0] - time.monotonic()) if self._busy else None

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
            self._memory.end(call, is_silent=is_silent)
        if not is_silent:
            self._callbacks.schedule(call)
