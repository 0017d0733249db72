"""Who of some people may be called at this moment, who later, and who never."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dialer.flow import suppression
from dialer.flow.caps import capped_until
from dialer.flow.hours import Hours, Zones
from dialer.models import Batch, Campaign, Contact

LOOK_AGAIN = timedelta(hours=1)  # when nobody can tell when a person may be called


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """People in the order in which they came; later ones with the moment from which they may be called."""

    now: list[Contact]
    later: list[tuple[Contact, datetime]]
    never: list[Contact]  # on a do-not-call list


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Compares people with the do-not-call lists, the caps, and the hours where they live.

    A batch that is about to leave is not counted against its own people.
    """

    campaign: Campaign
    hours: Hours
    now: datetime
    besides: Batch | None = None
    _open_from: dict[Zones, datetime] = field(default_factory=dict)

    def sort(self, contacts: Sequence[Contact]) -> Sorted:
        """With a fixed number of queries."""
        numbers = [contact.number for contact in contacts]
        forbidden = suppression.forbidden(self.campaign).filter(number__in=numbers)
        never = set(forbidden.values_list("number", flat=True))
        capped = capped_until(numbers, law=self.hours.rules.caps, now=self.now, besides=self.besides)
        found = Sorted(now=[], later=[], never=[])
        for contact in contacts:
            if contact.number in never:
                found.never.append(contact)
            elif (until := max(capped.get(contact.number, self.now), self._opens(contact.number))) > self.now:
                found.later.append((contact, until))
            else:
                found.now.append(contact)
        return found

    def _opens(self, number: str) -> datetime:
        """When the hours allow the call, worked out once for everybody who lives in the same zones."""
        zones = self.hours.zones_of(number)
        if zones not in self._open_from:
            self._open_from[zones] = self.hours.next_open_in(zones, self.now) or self.now + LOOK_AGAIN
        return self._open_from[zones]
