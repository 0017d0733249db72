"""How calls went, by time, outcome, key and account: summed up from tallies, with one query however many calls."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db.models import QuerySet, Sum

from dialer.flow import tallies
from dialer.flow.visibility import visible_to
from dialer.models import CallTally, Campaign
from dialer.models.tally import NO_QUARTER, quarter_of
from dialer.terms import Disposition

Key = TypeVar("Key", bound=Hashable)


class Cell(NamedTuple):
    """The calls by one account of one quarter of an hour that ended alike."""

    account_id: int
    quarter: int
    disposition: str
    keypress: str
    currency: str
    calls: int
    talk_seconds: int
    cost_millionths: int


@dataclass(frozen=True)
class Calls:
    """Some calls, summed up in cells."""

    cells: tuple[Cell, ...]

    @property
    def made(self) -> int:
        return sum(cell.calls for cell in self.cells)

    @property
    def answered(self) -> int:
        return self.where(lambda cell: cell.disposition == Disposition.ANSWERED).made

    @property
    def keyed(self) -> int:
        """Calls in which a key was pressed."""
        return self.where(lambda cell: bool(cell.keypress)).made

    @property
    def talk_seconds(self) -> int:
        return sum(cell.talk_seconds for cell in self.cells)

    @property
    def quarters(self) -> list[int]:
        """Those in which calls began; calls whose start is not known have none."""
        return sorted({cell.quarter for cell in self.cells} - {NO_QUARTER})

    def where(self, fits: Callable[[Cell], bool]) -> "Calls":
        return Calls(tuple(cell for cell in self.cells if fits(cell)))

    def merged(self, first_of: Callable[[int], int]) -> "Calls":
        """The same calls in fewer cells: each quarter is that which `first_of` says of it."""
        sums: dict[tuple[Any, ...], tuple[int, int, int]] = {}
        for account, quarter, *kind, calls, seconds, cost in self.cells:
            key = (account, first_of(quarter), *kind)
            before = sums.get(key, (0, 0, 0))
            sums[key] = (before[0] + calls, before[1] + seconds, before[2] + cost)
        return Calls(tuple(Cell._make((*key, *amounts)) for key, amounts in sums.items()))

    def by(self, key: Callable[[Cell], Key]) -> dict[Key, "Calls"]:
        """The calls apart, by whatever the key says of a cell."""
        parts: dict[Key, list[Cell]] = defaultdict(list)
        for cell in self.cells:
            parts[key(cell)].append(cell)
        return {name: Calls(tuple(cells)) for name, cells in parts.items()}

    def dispositions(self) -> dict[Disposition, int]:
        """How many ended how, in the order of the outcomes."""
        found = self.by(lambda cell: cell.disposition)
        return {one: found[one].made for one in Disposition if one in found}

    def keypresses(self) -> dict[str, int]:
        """How often each key was pressed."""
        return {key: calls.made for key, calls in sorted(self.by(lambda cell: cell.keypress).items()) if key}

    def costs(self) -> dict[str, Decimal]:
        """What they cost, by currency; nothing for calls of which no cost was told."""
        found = self.by(lambda cell: cell.currency)
        sums = {name: sum(cell.cost_millionths for cell in calls.cells) for name, calls in sorted(found.items())}
        return {name: tallies.money(millionths) for name, millionths in sums.items() if name or millionths}


NO_CALLS = Calls(())


def of_campaign(campaign: Campaign) -> Calls:
    """All calls of a campaign."""
    return _read(CallTally.objects.filter(campaign=campaign))


def between(start: datetime, end: datetime, *, user: Any) -> Calls:
    """The calls that the user sees and that began from `start` on and before `end`, also of no campaign.

    Both are whole quarters of an hour, as days and hours are in every zone.
    """
    rows = CallTally.objects.filter(quarter__gte=quarter_of(start), quarter__lt=quarter_of(end))
    return _read(visible_to(user, rows))


def _read(rows: QuerySet[CallTally]) -> Calls:
    kinds = ("account_id", "quarter", "disposition", "keypress", "currency")
    amounts = {name: Sum(name) for name in ("calls", "talk_seconds", "cost_millionths")}
    found = rows.order_by().values(*kinds).annotate(**amounts).filter(calls__gt=0)
    return Calls(tuple(map(Cell._make, found.values_list(*Cell._fields))))
