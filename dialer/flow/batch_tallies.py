"""What the attempts of settled batches came to, counted once: a campaign's page counts only the batches still open.

A batch that is settled stays so, and of its attempts only a late bill changes what they came to (`outcome.settle`).
Both that and the count lock the batch's attempts first, so one of them always sees the other.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Count, Q

from dialer.models import Attempt, Batch, BatchTally

AT_A_TIME = 20  # batches of one turn


def tally_next() -> bool:
    """Some settled batches that are not tallied are; whether there were any. May be rung twice or late."""
    waiting = Batch.objects.filter(state=Batch.State.SETTLED, is_tallied=False).order_by("pk")
    keys = list(waiting.values_list("pk", flat=True)[:AT_A_TIME])
    for key in keys:
        tally(key)
    return bool(keys)


def tally(batch_id: int) -> None:
    """The batch's tallies say what its attempts came to, if it is settled. May be repeated."""
    with transaction.atomic():
        attempts = Attempt.objects.filter(batch=batch_id)
        len(attempts.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        if not Batch.objects.filter(pk=batch_id, state=Batch.State.SETTLED).update(is_tallied=True):
            return
        rows = (
            attempts.order_by()
            .values(
                "disposition",
                "keypress",
                is_settled=Q(settled_at__isnull=False),
                is_silent=Q(silent_since__isnull=False),
            )
            .annotate(attempts=Count("pk"))
        )
        BatchTally.objects.filter(batch=batch_id).delete()
        BatchTally.objects.bulk_create([BatchTally(batch_id=batch_id, **row) for row in rows])


def forget(batch_ids: Collection[int]) -> None:
    """The batches are counted by their attempts until they are tallied again.

    Inside the transaction that changed the attempts, after they were locked.
    """
    if batch_ids:
        Batch.objects.filter(pk__in=batch_ids, is_tallied=True).update(is_tallied=False)
