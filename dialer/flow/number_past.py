"""number -> everything that was ever done with it: a fixed number of queries, each by an index, each bounded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from dialer.flow.visibility import visible_to
from dialer.models import (
    Attempt,
    Batch,
    CallbackNumber,
    CallRecord,
    CarrierExchange,
    Contact,
    DoNotCall,
    TestCall,
    Transfer,
)
from dialer.terms import Disposition

MOST = 100  # rows of each kind, the newest; nobody reads further, and a number of our own may have thousands


class Kind(StrEnum):
    """What may have happened with a number."""

    LISTED = "listed"  # it stood in a contact list
    HANDED_OVER = "handed_over"  # it was in a batch
    CALLED = "called"
    TESTED = "tested"
    TRANSFERRED = "transferred"
    FORBIDDEN = "forbidden"  # it came on a do-not-call list


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened with the number. `at` is None for what has not left yet."""

    kind: Kind
    at: datetime | None
    row: Any  # of the model that its kind says


@dataclass(frozen=True, kw_only=True)
class Past:
    """The newest rows of each kind about one number."""

    contacts: list[Contact]
    attempts: list[Attempt]
    calls: list[CallRecord]
    entries: list[DoNotCall]
    test_calls: list[TestCall]
    transfers: list[Transfer]
    callbacks: list[CallbackNumber]  # what carriers pushed about it
    exchanges: list[CarrierExchange]  # what was said to carriers about its batches

    @property
    def events(self) -> list[Event]:
        """All of it, the newest first; what is still to come stands on top."""
        found = list(self._events())
        return sorted(
            found, key=lambda event: (event.at is None, event.at.timestamp() if event.at else 0), reverse=True
        )

    @property
    def answered(self) -> list[CallRecord]:
        return [call for call in self.calls if call.disposition == Disposition.ANSWERED]

    @property
    def keys(self) -> list[str]:
        """The keys that were pressed, each once, the newest first."""
        return list(dict.fromkeys(call.keypress for call in self.calls if call.keypress))

    @property
    def is_cut(self) -> bool:
        """Is there more of some kind than is told?"""
        events: Iterable[list[Any]] = (self.contacts, self.attempts, self.calls, self.test_calls, self.transfers)
        rows = (*events, self.callbacks, self.exchanges)
        return any(len(one) >= MOST for one in rows)

    def _events(self) -> Iterator[Event]:
        yield from (Event(kind=Kind.LISTED, at=row.contact_list.uploaded_at, row=row) for row in self.contacts)
        yield from (Event(kind=Kind.HANDED_OVER, at=row.batch.sent_at, row=row) for row in self.attempts)
        yield from (Event(kind=Kind.CALLED, at=row.started_at or row.created_at, row=row) for row in self.calls)
        yield from (Event(kind=Kind.FORBIDDEN, at=row.added_at, row=row) for row in self.entries)
        yield from (Event(kind=Kind.TESTED, at=row.called_at, row=row) for row in self.test_calls)
        yield from (Event(kind=Kind.TRANSFERRED, at=row.rang_at or row.answered_at, row=row) for row in self.transfers)


def past_of(number: str, *, user: Any, calls: QuerySet[CallRecord]) -> Past:
    """What became of this number, E.164, as far as the user sees it.

    `calls` are the call records that they see, as the page that shows them wants them.
    """
    seen = visible_to(user, Contact.objects.filter(number=number))
    contacts = list(seen.select_related("campaign__account", "contact_list").order_by("-pk")[:MOST])
    attempts = visible_to(user, Attempt.objects.filter(contact__in=[contact.pk for contact in contacts]))
    attempts = attempts.select_related("batch__campaign", "batch__account", "contact").order_by("-pk")[:MOST]
    callbacks = visible_to(user, CallbackNumber.objects.filter(number=number)).order_by("-callback_id")
    test_calls = visible_to(user, TestCall.objects.filter(number=number))
    transfers = visible_to(user, Transfer.objects.filter(number=number))
    return Past(
        contacts=contacts,
        attempts=list(attempts),
        # By the key, which comes with the index; in the order of time they are put afterwards.
        calls=list(calls.filter(number=number).order_by("-pk")[:MOST]),
        entries=list(DoNotCall.objects.filter(number=number).select_related("list", "added_by")[:MOST]),
        test_calls=list(test_calls.select_related("campaign", "account", "called_by")[:MOST]),
        transfers=list(transfers.select_related("campaign", "account")[:MOST]),
        callbacks=list(callbacks.select_related("callback__account").defer("callback__body")[:MOST]),
        exchanges=_exchanges_about({attempt.batch_id for attempt in attempts}, user=user),
    )


def _exchanges_about(batches: set[int], *, user: Any) -> list[CarrierExchange]:
    """The newest of them. Only these are read: for their keys an index is enough."""
    keys = CarrierExchange.objects.filter(batch__in=batches).order_by("-pk").values("pk")[:MOST]
    rows = visible_to(user, CarrierExchange.objects.filter(pk__in=keys)).order_by("-pk")
    return list(rows.select_related("account", "batch__campaign").defer("request", "response"))


def beyond_recall(number: str) -> int:
    """In how many batches the number is out and not billed yet."""
    attempts = Attempt.objects.filter(contact__number=number, settled_at__isnull=True, silent_since__isnull=True)
    return attempts.filter(batch__state__in=Batch.OUT).count()
