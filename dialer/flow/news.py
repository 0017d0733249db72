"""What was last heard of a campaign from its carriers, however it came."""

from datetime import datetime

from django.db.models import Max, Q

from dialer.models import Campaign
from dialer.models.call_record import TOLD_AT


def newest(campaign: Campaign) -> datetime | None:
    """When a carrier last told something new about the campaign; None as long as it told nothing.

    That is a call by callback or by pull, also the second of the two about one call, the answer to a batch or to how
    far it is, and what the telephone of an extension did. What a person decided about a batch is no carrier's word.

    Three queries: the end of an index of calls, the batches of the campaign, and its newest transfer.
    """
    by_call = campaign.call_records.order_by(TOLD_AT.desc()).values_list(TOLD_AT, flat=True).first()
    by_batch = campaign.batches.order_by().aggregate(
        answered=Max("answered_at", filter=Q(decided_at__isnull=True)), asked=Max("task_asked_at")
    )
    moments = ("rang_at", "answered_at", "ended_at")
    by_transfer = campaign.transfers.order_by("-pk").values_list(*moments).first() or ()
    return max((at for at in (by_call, *by_batch.values(), *by_transfer) if at), default=None)
