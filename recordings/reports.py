"""Recordings promised against recordings kept."""

from dataclasses import dataclass

from django.db.models import Count, Q

from dialer.models import CallRecord, Campaign
from recordings.models import Recording


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Of the recordings that the carrier promised for a campaign."""

    promised: int
    stored: int
    open: int  # due or being fetched
    lost: int  # gone at the carrier, or the deadline passed

    @property
    def adds_up(self) -> bool:
        return self.promised == self.stored + self.open + self.lost


def kept(campaign: Campaign) -> Kept:
    """Counts as of now. Promises that are not enrolled yet count as open."""
    states = Recording.State
    found = Recording.objects.filter(call_record__campaign=campaign).aggregate(
        enrolled=Count("pk"),
        stored=Count("pk", filter=Q(state=states.STORED)),
        lost=Count("pk", filter=Q(state__in=[states.GONE, states.LOST])),
    )
    promised = CallRecord.objects.filter(campaign=campaign).exclude(recording_name="").count()
    return Kept(
        promised=promised,
        stored=found["stored"],
        lost=found["lost"],
        open=promised - found["stored"] - found["lost"],
    )
