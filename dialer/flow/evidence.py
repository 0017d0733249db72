"""A bill with our reference proves that the carrier took the batch."""

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from dialer.models import Batch, CallRecord


def accept_proven(batches: QuerySet[Batch] | None = None) -> int:
    """Uncertain batches that have a call record become accepted; how many. May be repeated."""
    rows = Batch.objects.all() if batches is None else batches
    uncertain = rows.filter(state=Batch.State.UNCERTAIN)
    billed = CallRecord.objects.filter(batch=OuterRef("pk"))
    return uncertain.filter(Exists(billed)).update(
        state=Batch.State.ACCEPTED,
        answered_at=timezone.now(),
        message="No clear answer came, but a bill with this batch's reference proves that it was taken.",
    )
