"""What a carrier says of a batch that it has, and taking one back before it begins; for carriers that offer this."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.carriers.contract import (
    BadCredentials,
    Carrier,
    CarrierError,
    NotSent,
    OutcomeUnknown,
    Refused,
    Task,
    TryLater,
)
from dialer.flow import history, state
from dialer.flow.connect import capabilities_of, carrier_of
from dialer.flow.mistakes import DialerError
from dialer.models import Batch
from dialer.models.preference import house_language
from dialer.terms import Disposition, Feature, TaskState

CLOCK_DIFFERENCE = timedelta(minutes=10)  # between the carrier's clock and ours
TAKEN_BACK = _("Taken back at the carrier before it began.")


def can_be_asked(batch: Batch) -> bool:
    """Does its carrier tell how far it is, and did it leave?"""
    return batch.sent_at is not None and Feature.TASK_STATE in capabilities_of(batch.account).features


def can_be_taken_back(batch: Batch) -> bool:
    """Does its carrier take batches back, and has it this one? Whether it is too late, only the carrier knows."""
    return batch.state == Batch.State.ACCEPTED and Feature.TASK_CANCEL in capabilities_of(batch.account).features


def ask(batch: Batch) -> TaskState:
    """The batch knows how far it is by the carrier's word, and since when; UNKNOWN if the carrier has none such.

    May be repeated. Raises DialerError if it gave no answer.
    """
    if not can_be_asked(batch):
        raise DialerError(gettext("The carrier does not tell how far this batch is."))
    carrier = carrier_of(batch.account, batch=batch)
    try:
        task = carrier.task(batch.carrier_task_id) if batch.carrier_task_id else _find(batch, carrier)
    except CarrierError as error:
        raise DialerError(str(error)) from error
    told = task.state if task else TaskState.UNKNOWN
    _note(batch, told, carrier_task_id=task.carrier_task_id if task else "")
    return told


def take_back(batch: Batch, *, by: Any) -> int:
    """The carrier calls nobody of the batch, and its people are settled as cancelled; how many.

    None of them is called again by itself. A bill that comes all the same contradicts it, as it does every refusal.
    May be repeated. Raises DialerError if it is too late, or not known.
    """
    if not can_be_taken_back(batch):
        raise DialerError(gettext("Only a batch that the carrier has, and that it gives back, can be taken back."))
    if batch.call_records.exists():
        raise DialerError(gettext("Not possible any more: calls of it were billed."))
    _cancel(batch, carrier_of(batch.account, batch=batch))
    return _settle(batch, by=by)


def learn_name(batch: Batch, carrier: Carrier) -> str:
    """The batch knows what its carrier calls it; "" if the carrier has none of our reference, or does not tell.

    May be repeated. Raises CarrierError.
    """
    if not batch.carrier_task_id and can_be_asked(batch):
        task = _find(batch, carrier)
        if task is not None:
            Batch.objects.filter(pk=batch.pk, carrier_task_id="").update(carrier_task_id=task.carrier_task_id)
            batch.carrier_task_id = task.carrier_task_id
    return batch.carrier_task_id


def _find(batch: Batch, carrier: Carrier) -> Task | None:
    return carrier.find_task(batch.reference, since=(batch.sent_at or batch.due_at) - CLOCK_DIFFERENCE)


def _cancel(batch: Batch, carrier: Carrier) -> None:
    """The carrier has confirmed that it will not begin. Raises DialerError."""
    try:
        task_id = learn_name(batch, carrier)
        if not task_id:
            raise Refused(gettext("The carrier knows no batch with this reference."))
        _cancel_once(carrier, task_id)
    except (BadCredentials, TryLater, NotSent) as error:
        raise DialerError(gettext("It was not taken back: %(reason)s") % {"reason": error}) from error
    except Refused as error:
        raise DialerError(gettext("Not possible any more: %(reason)s") % {"reason": error}) from error
    except OutcomeUnknown as error:
        sentence = gettext(
            "Whether it was taken back is not known: %(reason)s "
            "Ask the carrier how far it is, or take it back once more."
        )
        raise DialerError(sentence % {"reason": error}) from error


def _cancel_once(carrier: Carrier, task_id: str) -> None:
    """A batch that an earlier try took back, without our hearing of it, counts as taken back. Raises CarrierError."""
    try:
        carrier.cancel_task(task_id)
    except (BadCredentials, TryLater):
        raise
    except Refused:
        if carrier.task(task_id).state != TaskState.CANCELLED:
            raise


def _settle(batch: Batch, *, by: Any) -> int:
    """All of it or nothing. The attempts first, as the ledger does, so that a bill comes before this or after it."""
    with transaction.atomic():
        now = timezone.now()
        count = batch.attempts.filter(settled_at__isnull=True).update(
            settled_at=now, disposition=Disposition.CANCELLED, silent_since=None, is_judged=True, retry_at=None
        )
        with house_language():
            message = str(TAKEN_BACK)
        changes: dict[str, Any] = {
            "message": message,
            "ask_at": None,
            "task_state": TaskState.CANCELLED,
            "task_asked_at": now,
        }
        is_billed = batch.call_records.exists()
        if is_billed or not state.advance(batch, Batch.State.REFUSED, **changes):
            raise DialerError(gettext("The carrier says that it was taken back, but bills say that it had begun."))
        history.note(batch, lambda: str(TAKEN_BACK), by=by)
    return count


def _note(batch: Batch, told: TaskState, *, carrier_task_id: str) -> None:
    changes: dict[str, Any] = {"task_state": told, "task_asked_at": timezone.now()}
    if carrier_task_id:
        changes["carrier_task_id"] = carrier_task_id
    Batch.objects.filter(pk=batch.pk).update(**changes)
    for name, value in changes.items():
        setattr(batch, name, value)
