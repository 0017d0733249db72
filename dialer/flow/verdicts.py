"""An operator's word on an uncertain batch, where no evidence comes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from dialer.flow import history, state, withdrawal
from dialer.flow.mistakes import DialerError
from dialer.models import Batch
from dialer.models.preference import house_language


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What stands of a verdict with the batch, and in its history."""

    message: str
    note: str


SENT = _Told(
    message=gettext_noop("Decided by %(person)s: it was sent."),
    note=gettext_noop("Decided that it was sent: %(because)s"),
)
NOT_SENT = _Told(
    message=gettext_noop("Decided by %(person)s: it was not sent: send again."),
    note=gettext_noop("Decided that it was not sent: send again: %(because)s"),
)


def was_sent(batch: Batch, *, by: Any, because: str) -> None:
    """The batch counts as accepted; its people will be billed or declared silent. Raises DialerError."""
    with transaction.atomic():
        _decide(batch, Batch.State.ACCEPTED, by=by, because=because, told=SENT)


def was_not_sent(batch: Batch, *, by: Any, because: str) -> int:
    """The batch counts as refused, and its people are due for another one under a new reference; how many.

    Whoever decides this wrongly calls people twice: a permission of its own, a reason, and an entry in the history.
    Nobody is due again if the campaign has ended meanwhile. The caller rings for `dispatch`. Raises DialerError.
    """
    speaks_until = (batch.sent_at or timezone.now()) + timedelta(
        seconds=settings.LEASE_SECONDS + settings.HTTP_TOTAL_SECONDS
    )
    if timezone.now() < speaks_until:
        early = gettext("It is too early to know: the request may still be on its way until %(time)s UTC.")
        raise DialerError(early % {"time": f"{speaks_until:%H:%M:%S}"})
    with transaction.atomic():
        _decide(batch, Batch.State.REFUSED, by=by, because=because, told=NOT_SENT)
        return withdrawal.requeue(batch)


def _decide(batch: Batch, to: str, *, by: Any, because: str, told: _Told) -> None:
    reason = history.written(because)
    with house_language():
        message = gettext(told.message) % {"person": by}
    if batch.state != Batch.State.UNCERTAIN or not state.advance(
        batch,
        to,
        decided_by=by,
        decided_at=timezone.now(),
        decided_because=reason,
        answered_at=timezone.now(),
        message=message,
    ):
        raise DialerError(gettext("This batch is not uncertain any more; somebody, or a bill, was quicker."))
    history.note(batch, lambda: gettext(told.note) % {"because": reason}, by=by)
