"""What proves that the carrier took a batch, and when it must have told of everybody in it."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from dialer import calling_rules
from dialer.calling_rules import NoRulesError
from dialer.flow import ordering, state
from dialer.flow.connect import capabilities_of
from dialer.models import Batch, CallRecord

BILLS_MAY_TAKE = timedelta(hours=2)  # after the end of the day, for the last calls to be billed
# Between two questions about an uncertain batch; the last one goes on.
ASK_PAUSES_SECONDS = (30, 60, 120, 300, 900, 3600, 4 * 3600)


def accept_proven(batches: QuerySet[Batch] | None = None) -> int:
    """Uncertain batches that have a call record become accepted; how many. May be repeated."""
    rows = Batch.objects.all() if batches is None else batches
    billed = CallRecord.objects.filter(batch=OuterRef("pk"))
    proven = rows.filter(Exists(billed), state=Batch.State.UNCERTAIN).select_related("account", "campaign")
    return sum(
        state.advance(
            batch,
            Batch.State.ACCEPTED,
            answered_at=timezone.now(),
            ask_at=ask_at(batch),
            message=gettext("No clear answer came, but a bill with this batch's reference proves that it was taken."),
        )
        for batch in proven
    )


def ask_again_at(batch: Batch, *, now: datetime) -> datetime:
    """When an uncertain batch is asked about once more, after as many questions as it counts."""
    return now + timedelta(seconds=ASK_PAUSES_SECONDS[min(batch.ask_count, len(ASK_PAUSES_SECONDS) - 1)])


def ask_at(batch: Batch) -> datetime:
    """When an accepted batch is asked about by its reference, for whoever was not billed by then."""
    silent_at = _began_at(batch) + timedelta(seconds=settings.SILENT_AFTER_SECONDS)
    can_drop = ordering.drops_today(batch.campaign, capabilities_of(batch.account))
    return min(silent_at, day_billed_at(batch)) if can_drop else silent_at


def day_billed_at(batch: Batch) -> datetime:
    """When all bills of the day of handing over must have come: well after its end on every clock that may count."""
    sent_at = _began_at(batch)
    zones = {ZoneInfo(batch.account.time_zone), *_zones_of_callees(batch)}
    tomorrow = timedelta(days=1)
    ends = [datetime.combine(sent_at.astimezone(zone).date() + tomorrow, time(0), tzinfo=zone) for zone in zones]
    return max(ends) + BILLS_MAY_TAKE


def _began_at(batch: Batch) -> datetime:
    """When the carrier could begin to call."""
    left_at = batch.sent_at or timezone.now()
    return max(left_at, batch.starts_at or left_at)


def _zones_of_callees(batch: Batch) -> tuple[ZoneInfo, ...]:
    try:
        return calling_rules.zones(batch.account.country)
    except NoRulesError:  # the country was changed since
        return ()
