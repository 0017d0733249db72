"""What the sandbox knows. Every change is an event: written to the journal, then applied.

Starting again applies the journal's events in the same way, so a killed sandbox forgets neither a dial nor a
call that was under way, nor tokens, links, switches and ordered fates.
"""

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.facts import YUNHU, Batch, Call, Link, Token, VoiceFile
from sandbox.fates import RequestFate, ending_of, read_request_fate
from sandbox.journal import Event, Journal
from sandbox.people import international
from sandbox.switches import Switches, with_changes

ANY_SERVICE = "*"
KEPT_REQUESTS = 200


class Memory:
    """All facts, behind one lock. Readers hold `lock` while they walk through collections."""

    def __init__(self, *, switches: Switches, journal: Journal | None) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.switches = self._starting_switches = switches
        self._journal = journal
        self._last_id = int(time.time() * 1000)  # so ids ascend over restarts without a journal, too
        self._forget()
        for event in journal.read() if journal else ():
            self._apply(event)

    def _forget(self) -> None:
        self.batches: dict[int, Batch] = {}
        self.calls: dict[tuple[int, int], Call] = {}
        self.bills: dict[int, Call] = {}
        self.bills_of_reference: defaultdict[str, list[Call]] = defaultdict(list)
        self.bills_of_carrier: Counter[str] = Counter()
        self.references: Counter[tuple[str, str, str]] = Counter()  # by carrier, app and reference
        self.dials: Counter[tuple[str, str]] = Counter()  # by country and number as it came
        self.people: Counter[str] = Counter()  # by international digits
        self.begun: set[int] = set()
        self.cancelled: set[int] = set()
        self.open_in_batch: Counter[int] = Counter()
        self.files: dict[str, VoiceFile] = {}
        self.spent: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.sms: list[Call] = []
        self.transferred_count = 0
        self.extension_events: list[dict[str, Any]] = []
        self.logged_out: set[str] = set()
        self.logged_in_again: set[str] = set()
        self.newest_requests: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)
        self.tokens: dict[str, Token] = {}
        self.links: dict[str, Link] = {}
        self.requests: Counter[str] = Counter()
        self.violations: list[dict[str, Any]] = []
        self.refusals: Counter[str] = Counter()
        self.callback_outcomes: Counter[str] = Counter()
        self.callback_answers: Counter[str] = Counter()
        self.ordered: defaultdict[str, deque[str]] = defaultdict(deque)
        self.open_count = 0
        self.promised_count = 0
        self.fetched_count = 0

    def note(self, kind: str, **facts: Any) -> None:
        """Remember one event. It is in the journal when this returns."""
        event = {"event": kind, **facts}
        with self.changed:
            if self._journal:
                self._journal.write(event)
            self._apply(event)
            self.changed.notify_all()

    def accept(self, batch_facts: dict[str, Any]) -> Batch:
        """Remember a new batch; its numbers count as dialled from now on. Returns it with its id."""
        with self.lock:
            batch_id = self._next_id()
            self.note("accepted", id=batch_id, **batch_facts)
            return self.batches[batch_id]

    def end(self, call: Call, *, is_silent: bool, **outcome: Any) -> None:
        """The call is over; unless silent, its bill exists from now on. `outcome` are fields of the call."""
        with self.lock:
            bill_id = None if is_silent else self._next_id()
            key = {"batch": call.batch.id, "index": call.index}
            self.note("ended", **key, started_at=call.started_at, bill=bill_id, **outcome)

    def begin(self, batch: Batch) -> bool:
        """Whether the batch may be dialled: it was not cancelled or forgotten. It counts as begun from now on."""
        with self.lock:
            if batch.id in self.cancelled or self.batches.get(batch.id) is not batch:
                return False
            if batch.id not in self.begun:
                self.note("begun", batch=batch.id)
            return True

    def add_file(self, *, account: str, name: str, seconds: float, suffix: str) -> str:
        """Keep an uploaded voice file; returns its id."""
        with self.lock:
            number = self._next_id()
            file_id = f"{number}{number * 2654435761 % 2**32:08x}{suffix}"  # digits, a hash, the suffix
            self.note("file_added", number=number, id=file_id, account=account, name=name, seconds=seconds)
            return file_id

    def take_request_fate(self, service: str) -> RequestFate | None:
        """The fate of this request: the next ordered one, else the standing one, else None."""
        with self.lock:
            for name in (service, ANY_SERVICE):
                if self.ordered[name]:
                    fate = read_request_fate(self.ordered[name][0])
                    self.note("fate_taken", service=name)
                    return fate
            standing = self.switches.always.get(service) or self.switches.always.get(ANY_SERVICE)
        return read_request_fate(standing) if standing else None

    def configure(self, changes: dict[str, Any]) -> None:
        """Change switches, all or none. Raises ValueError."""
        with self.lock:
            with_changes(self.switches, changes)
            self.note("configured", changes=changes)

    def reset(self) -> None:
        """All is as at the first start, switches included; only ids go on ascending."""
        with self.changed:
            if self._journal:
                self._journal.clear()
            self._forget()
            self.switches = self._starting_switches
            self.changed.notify_all()

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Whether `condition` (looked at under the lock after every event) came true in time."""
        with self.changed:
            return self.changed.wait_for(condition, timeout=seconds)

    def open_calls(self) -> list[Call]:
        """Calls that have not ended, in the order of their handing over."""
        with self.lock:
            return [call for call in self.calls.values() if not call.is_over]

    def calls_of(self, batch: Batch) -> list[Call]:
        with self.lock:
            return [self.calls[batch.id, index] for index in range(len(batch.numbers))]

    def bills_without_callback(self) -> list[Call]:
        """Bills whose push has not been tried, or given up, yet."""
        with self.lock:
            return [call for call in self.bills.values() if not call.callbacks]

    def close(self) -> None:
        with self.lock:
            if self._journal:
                self._journal.close()
                self._journal = None

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _apply(self, event: Event) -> None:
        facts = dict(event)
        getattr(self, "_on_" + facts.pop("event"))(**facts)

    def _on_accepted(self, **facts: Any) -> None:
        periods = tuple((start, end) for start, end in facts.get("periods", ()))
        batch = Batch(**{**facts, "numbers": tuple(facts["numbers"]), "periods": periods})
        self._last_id = max(self._last_id, batch.id)
        self.batches[batch.id] = batch
        for index, number in enumerate(batch.numbers):
            ending = ending_of(
                number,
                ring_limit_seconds=batch.ring_limit_seconds,
                talk_limit_seconds=batch.talk_limit_seconds,
                wants_key=batch.wants_key,
            )
            self.calls[batch.id, index] = Call(batch=batch, index=index, number=number, ending=ending)
        self.open_count += len(batch.numbers)
        self.open_in_batch[batch.id] = len(batch.numbers)
        self.references[batch.carrier, batch.app, batch.reference] += len(batch.numbers)
        self._count_dials(batch.country, batch.numbers)

    def _on_repeated(self, *, app: str, country: str, reference: str, numbers: list[str]) -> None:
        self.references[YUNHU, app, reference] += len(numbers)
        self._count_dials(country, numbers)

    def _count_dials(self, country: str, numbers: list[str] | tuple[str, ...]) -> None:
        self.dials.update((country, number) for number in numbers)
        self.people.update(international(number, country=country) for number in numbers)

    def _on_begun(self, *, batch: int) -> None:
        self.begun.add(batch)

    def _on_cancelled(self, *, batch: int) -> None:
        """Nobody of the batch was called, so its numbers are no longer counted as dialled."""
        held = self.batches[batch]
        self.cancelled.add(batch)
        self.dials.subtract((held.country, number) for number in held.numbers)
        self.people.subtract(international(number, country=held.country) for number in held.numbers)
        self.dials, self.people = +self.dials, +self.people
        for call in self.calls_of(held):
            call.is_over = True
        self.open_count -= len(held.numbers)
        self.open_in_batch[batch] = 0

    def _on_ended(self, *, batch: int, index: int, started_at: float, bill: int | None, **outcome: Any) -> None:
        call = self.calls[batch, index]
        call.started_at, call.bill_id, call.is_over = started_at, bill, True
        self.open_count -= 1
        self.open_in_batch[batch] -= 1
        if bill is not None:
            self._last_id = max(self._last_id, bill)
            self.bills[bill] = call
            self.bills_of_reference[call.batch.reference].append(call)
            self.bills_of_carrier[call.batch.carrier] += 1
            self.promised_count += call.has_recording
        for name, value in outcome.items():
            setattr(call, name, value)
        self.spent[call.batch.app] += Decimal(call.cost or 0)
        self.transferred_count += call.is_transferred
        if call.sms:
            self.sms.append(call)

    def _on_extension_event(self, *, bill: int, outcome: str, **facts: Any) -> None:
        call = self.bills[bill]
        call.extension_pushes.append(outcome)
        self.extension_events.append({"number": call.number, "outcome": outcome, **facts})

    def _on_file_added(self, *, number: int, id: str, account: str, name: str, seconds: float) -> None:
        self._last_id = max(self._last_id, number)
        self.files[id] = VoiceFile(id=id, account=account, name=name, seconds=seconds)

    def _on_files_deleted(self, *, ids: list[str]) -> None:
        for file_id in ids:
            self.files.pop(file_id, None)

    def _on_callback(self, *, bill: int, outcome: str, answer: str = "") -> None:
        self.bills[bill].callbacks.append(outcome)
        self.callback_outcomes[outcome] += 1
        if answer:
            self.callback_answers[answer] += 1

    def _on_read(self, *, bills: list[int]) -> None:
        for bill in bills:
            self.bills[bill].is_read = True

    def _on_login(self, *, token: str, app: str, expires_at: float, replaces: bool) -> None:
        if replaces:
            self.tokens = {key: held for key, held in self.tokens.items() if held.app != app}
        self.tokens[token] = Token(app=app, expires_at=expires_at)
        if app in self.logged_out:
            self.logged_in_again.add(app)

    def _on_logout(self, *, token: str) -> None:
        held = self.tokens.pop(token, None)
        if held:
            self.logged_out.add(held.app)

    def _on_tokens_invalidated(self) -> None:
        self.tokens.clear()

    def _on_link(self, *, key: str, bill: int, expires_at: float) -> None:
        self.links[key] = Link(bill_id=bill, expires_at=expires_at)
        self.bills[bill].link_count += 1

    def _on_fetch(self, *, bill: int, is_whole: bool) -> None:
        call = self.bills[bill]
        call.fetch_count += 1
        self.fetched_count += is_whole and not call.is_fetched
        call.is_fetched = call.is_fetched or is_whole

    def _on_request(self, *, service: str) -> None:
        self.requests[service] += 1

    def _on_refused(self, *, reason: str) -> None:
        self.refusals[reason] += 1

    def _on_answered(self, **facts: Any) -> None:
        self.newest_requests.append(facts)

    def _on_violation(self, *, at: float, service: str, sentence: str, carrier: str = "") -> None:
        self.violations.append({"at": at, "carrier": carrier, "service": service, "sentence": sentence})

    def _on_ordered(self, *, service: str, fates: list[str]) -> None:
        self.ordered[service].extend(fates)

    def _on_fate_taken(self, *, service: str) -> None:
        self.ordered[service].popleft()

    def _on_configured(self, *, changes: dict[str, Any]) -> None:
        self.switches = with_changes(self.switches, changes)
        if "extension_is_new" in changes:
            self.logged_out.clear()
            self.logged_in_again.clear()
