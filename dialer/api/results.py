"""What became of people, a page at a time with a fixed number of queries."""

from collections import defaultdict
from typing import Any

from dialer import phone
from dialer.admin import phone_numbers
from dialer.api import shapes
from dialer.flow.reports import OVER
from dialer.models import Attempt, Batch, CallRecord, Campaign, Contact
from dialer.terms import Disposition

CALLS = (
    "carrier_call_id",
    "caller_id",
    "started_at",
    "answered_at",
    "ended_at",
    "ring_seconds",
    "talk_seconds",
    "disposition",
    "hangup_code",
    "hangup_meaning",
    "hung_up_by",
    "keypress",
    "cost",
    "currency",
    "created_at",
)


def results(campaign: Campaign, contacts: list[Contact], *, is_full: bool) -> list[shapes.ResultOut]:
    """Each with its last attempt and all its calls, in three queries."""
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    real = Attempt.objects.filter(contact__in=contacts).exclude(batch__state=Batch.State.CANCELLED)
    for attempt in real.select_related("batch").order_by("round"):
        attempts[attempt.contact_id].append(attempt)
    calls: dict[int, list[tuple[int, int]]] = defaultdict(list)
    of_them = CallRecord.objects.filter(attempt__contact__in=contacts).order_by("pk")
    for contact, pk, seconds in of_them.values_list("attempt__contact", "pk", "talk_seconds"):
        calls[contact].append((pk, seconds))
    return [_result(campaign, one, attempts[one.pk], calls[one.pk], is_full=is_full) for one in contacts]


def calls(rows: list[CallRecord], *, is_full: bool) -> list[shapes.CallOut]:
    """As they are kept; the raw words of the carrier are left out."""
    return [
        shapes.CallOut(
            id=row.pk,
            account=row.account_id,
            campaign=row.campaign_id,
            contact=row.attempt.contact_id if row.attempt else None,
            number=number(row.number, is_full=is_full),
            has_recording=bool(row.recording_name),
            **{name: getattr(row, name) for name in CALLS},
        )
        for row in rows
    ]


def number(text: str, *, is_full: bool) -> str:
    return text if is_full or not text else phone.masked(text)


def _result(
    campaign: Campaign, contact: Contact, attempts: list[Attempt], calls: list[tuple[int, int]], *, is_full: bool
) -> shapes.ResultOut:
    last: Any = attempts[-1] if attempts else None
    return shapes.ResultOut(
        id=contact.pk,
        list_id=contact.contact_list_id,
        row_number=contact.row_number,
        raw=contact.raw if is_full else phone_numbers.hidden(contact.raw),
        number=number(contact.number, is_full=is_full),
        texts=[text if is_full else phone_numbers.hidden(text) for text in contact.texts or ()],
        skip_reason=contact.skip_reason,
        duplicate_of_row=contact.duplicate_of_row,
        rounds=len(attempts),
        state=_state(campaign, contact, last),
        disposition=last.disposition if last else "",
        keypress=last.keypress if last else "",
        settled_at=last.settled_at if last else None,
        retry_at=last.retry_at if last else None,
        talk_seconds=sum(seconds for _, seconds in calls),
        call_records=[pk for pk, _ in calls],
    )


def _state(campaign: Campaign, contact: Contact, last: Attempt | None) -> str:
    """In the words of the status; the first that fits."""
    if contact.skip_reason:
        return "skipped"
    is_over = campaign.state in OVER
    waiting = "not_called" if is_over else "waiting"
    if last is None or (last.retry_at is not None and not is_over):
        return waiting
    if last.disposition == Disposition.NOT_CALLED or (
        last.batch.state == Batch.State.REFUSED and last.settled_at is None
    ):
        return "not_called"
    if last.settled_at is not None:
        return "settled"
    if last.silent_since is not None:
        return "silent"
    return "at_the_carrier" if last.batch.state in Batch.OUT else waiting
