"""An operator's word on an uncertain batch, where no evidence comes."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dialer.flow import history, state, withdrawal
from dialer.flow.mistakes import DialerError
from dialer.models import Batch


def was_sent(batch: Batch, *, by: Any, because: str) -> None:
    """The batch counts as accepted; its people will be billed or declared silent. Raises DialerError."""
    with transaction.atomic():
        _decide(batch, Batch.State.ACCEPTED, by=by, because=because, word="it was sent")


def was_not_sent(batch: Batch, *, by: Any, because: str) -> int:
    """The batch counts as refused, and its people are due for another one under a new reference; how many.

    Whoever decides this wrongly calls people twice: a permission of its own, a reason, and an entry in the history.
    Nobody is due again if the campaign has ended meanwhile. The caller rings for `dispatch`. Raises DialerError.
    """
    speaks_until = (batch.sent_at or timezone.now()) + timedelta(
        seconds=settings.LEASE_SECONDS + settings.HTTP_TOTAL_SECONDS
    )
    if timezone.now() < speaks_until:
        raise DialerError(
            f"It is too early to know: the request may still be on its way until {speaks_until:%H:%M:%S} UTC."
        )
    with transaction.atomic():
        _decide(batch, Batch.State.REFUSED, by=by, because=because, word="it was not sent: send again")
        return withdrawal.requeue(batch)


def _decide(batch: Batch, to: str, *, by: Any, because: str, word: str) -> None:
    reason = history.written(because)
    if batch.state != Batch.State.UNCERTAIN or not state.advance(
        batch,
        to,
        decided_by=by,
        decided_at=timezone.now(),
        decided_because=reason,
        answered_at=timezone.now(),
        message=f"Decided by {by}: {word}.",
    ):
        raise DialerError("This batch is not uncertain any more; somebody, or a bill, was quicker.")
    history.note(batch, lambda: f"Decided that {word}: {reason}", by=by)
