"""What an attempt came to: one answer from all calls of it, whichever became known first."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, F, OuterRef, QuerySet

from dialer.flow import batch_tallies
from dialer.models import Attempt, Batch, CallRecord
from dialer.terms import Disposition


def settle(keys: Collection[int], *, now: datetime) -> None:
    """Each of these attempts says what all its calls came to. Inside the transaction that wrote the calls."""
    calls = defaultdict(list)
    # Locked before its calls are read, so that of two processes the second one sees the first one's call.
    rows = Attempt.objects.select_for_update(no_key=True, of=("self",)).select_related("batch")
    attempts = list(rows.filter(pk__in=keys).order_by("pk"))
    for call_record in CallRecord.objects.filter(attempt__in=keys).order_by(
        F("started_at").asc(nulls_first=True), "carrier_call_id"
    ):
        calls[call_record.attempt_id].append(call_record)
    overtaken = set(_overtaken(keys).values_list("pk", flat=True))
    for attempt in attempts:
        if not calls[attempt.pk] and attempt.pk not in overtaken:
            _reopen(attempt)
            continue
        before = attempt.disposition, attempt.keypress
        attempt.disposition = _outcome(calls[attempt.pk])
        attempt.keypress = next((call.keypress for call in reversed(calls[attempt.pk]) if call.keypress), "")
        # Whoever was due again because nobody had taken the batch was called after all, however that call ended.
        was_called_after_all = attempt.batch.state == Batch.State.REFUSED
        if was_called_after_all or before != (attempt.disposition, attempt.keypress):
            attempt.is_judged, attempt.retry_at = False, None  # `rounds` decides anew
        attempt.settled_at = attempt.settled_at or now
        attempt.silent_since = None
    Attempt.objects.bulk_update(
        attempts,
        ["disposition", "keypress", "settled_at", "silent_since", "is_judged", "retry_at"],
        batch_size=500,
    )
    batch_tallies.forget({attempt.batch_id for attempt in attempts})


def _overtaken(keys: Collection[int]) -> QuerySet[Attempt]:
    """Those after which there was another round already: they stay settled, whatever is known of their calls."""
    later = Attempt.objects.filter(contact=OuterRef("contact"), round__gt=OuterRef("round"))
    return Attempt.objects.filter(Exists(later), pk__in=keys)


def _reopen(attempt: Attempt) -> None:
    """Its only call turned out to be another one's: a bill is awaited again."""
    attempt.disposition, attempt.keypress, attempt.settled_at = "", "", None
    attempt.is_judged, attempt.retry_at = False, None


def _outcome(calls: list[CallRecord]) -> str:
    """Of the last call whose end is known, but an answered one outweighs all others."""
    dispositions = [call.disposition for call in calls if call.disposition != Disposition.UNKNOWN]
    if Disposition.ANSWERED in dispositions:
        return Disposition.ANSWERED
    return dispositions[-1] if dispositions else Disposition.UNKNOWN
