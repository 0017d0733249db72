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
        """No promise was forgotten: none is without a recording in one of its states."""
        return self.promised == self.stored + self.open + self.lost


def kept(campaign: Campaign) -> Kept:
    """Counts of one moment. Promises that are not enrolled yet count as open."""
    states = Recording.State
    promised = CallRecord.objects.filter(campaign=campaign).exclude(recording_name="")
    is_open = Q(recording__state__in=[states.DUE, states.FETCHING]) | Q(recording=None, awaits_archive=True)
    return Kept(
        **promised.aggregate(
            promised=Count("pk"),
            stored=Count("pk", filter=Q(recording__state=states.STORED)),
            open=Count("pk", filter=is_open),
            lost=Count("pk", filter=Q(recording__state__in=[states.GONE, states.LOST])),
        )
    )
