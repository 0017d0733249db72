"""When the people of a campaign may be called: the law's hours, the operator's own, on the callees' clocks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from dialer import calling_rules
from dialer.calling_rules import DayWindow, HolidayRule, NoRulesError, OwnWindows, Rules
from dialer.flow import history
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign

ANY_TIME = tuple(DayWindow(weekday=day, opens=time(0), closes=time(0)) for day in range(7))
RULED_BY = {"purpose", "account"}  # fields of a campaign on which the law's hours depend
CAN_BE_WIDENED = {Campaign.State.DRAFT, Campaign.State.PAUSED}  # nobody is handed over meanwhile

Zones = tuple[ZoneInfo, ...]


@dataclass(frozen=True)
class Hours:
    """The hours of one campaign on one day. Widened ones keep to the operator's windows instead of the law's."""

    campaign: Campaign
    rules: Rules
    own: OwnWindows | None

    def is_open(self, at: datetime, *, numbers: Iterable[str] = ()) -> bool:
        """May these people (nobody named: anybody in the country) be called at that moment?"""
        return all(
            calling_rules.is_open(at, rules=self.rules, zones=zones, own=self.own) for zones in self._groups(numbers)
        )

    def next_open(self, at: datetime, *, numbers: Iterable[str] = ()) -> datetime | None:
        """The next moment at which all of them may be called; None if there is none within two weeks."""
        return self.next_open_in(tuple({zone for group in self._groups(numbers) for zone in group}), at)

    def next_open_in(self, zones: Zones, at: datetime) -> datetime | None:
        """The next moment, maybe `at` itself, at which it is open in all the zones; None if not within two weeks."""
        return calling_rules.next_open(at, rules=self.rules, zones=zones, own=self.own)

    def closes_at(self, at: datetime) -> datetime | None:
        """When the first of those who may be called now may be called no more; None if nobody may, or for ever."""
        closings = [
            calling_rules.closes_at(at, rules=self.rules, zones=(zone,), own=self.own) for zone in self._country
        ]
        return min((closing for closing in closings if closing is not None), default=None)

    def explain(self, at: datetime) -> str:
        """Whose hours are kept, and the moment, in sentences."""
        if not self.is_widened:
            return calling_rules.explain(at, rules=self.rules, zones=self._country, own=self.own)
        kept = gettext("The law's hours are not kept, but the campaign's own.")
        return f"{kept} {self.explain_moment(at)}"

    def explain_moment(self, at: datetime) -> str:
        """Whether anybody may be called at that moment, and when next."""
        return calling_rules.explain_moment(at, rules=self.rules, zones=self._country, own=self.own)

    def is_open_somewhere(self, at: datetime) -> bool:
        """May anybody in the country be called at that moment?"""
        return any(calling_rules.is_open(at, rules=self.rules, zones=(zone,), own=self.own) for zone in self._country)

    def is_open_soon(self, at: datetime) -> bool:
        """Is there anybody in the country who may be called within two weeks?"""
        return any(self.next_open_in((zone,), at) is not None for zone in self._country)

    def zones_of(self, number: str) -> Zones:
        """Where the person may live: all zones of the country for a mobile number, which does not tell the place."""
        if len(self._country) == 1:
            return self._country
        return calling_rules.zones(self.campaign.account.country, number)

    @property
    def is_widened(self) -> bool:
        """Are the campaign's own hours kept instead of the law's?"""
        return _is_widened(self.campaign, self.own)

    @cached_property
    def _country(self) -> Zones:
        return calling_rules.zones(self.campaign.account.country)

    def _groups(self, numbers: Iterable[str]) -> set[Zones]:
        return {self.zones_of(number) for number in numbers} or {self._country}


def hours_of(campaign: Campaign, *, on: date) -> Hours:
    """The campaign's hours as of a day. Raises DialerError if no rules are known for country and purpose.

    A widened campaign without windows of its own keeps to the law: nobody wrote down what else it should keep to.
    """
    own = own_windows(campaign)
    try:
        rules = legal_rules(campaign, on=on)
    except NoRulesError as error:
        raise DialerError(str(error)) from error
    if _is_widened(campaign, own):
        rules = replace(rules, windows=ANY_TIME, holiday_rule=HolidayRule.OPEN, holiday_hours=None)
    return Hours(campaign, rules, own)


def calls_from(campaign: Campaign, now: datetime) -> datetime:
    """When people who are handed over now may be called first: at once, or when the carrier is to begin."""
    return max(now, campaign.carrier_start_at or now)


def is_open_within(campaign: Campaign, opens: datetime, closes: datetime) -> bool | None:
    """Whether people may be called all the time between; None on a day on which nobody is called at all.

    Raises DialerError if no rules are known.
    """
    hours = hours_of(campaign, on=opens.date())
    midnight = datetime.combine(opens.date(), time(0), tzinfo=opens.tzinfo)
    first = hours.next_open(midnight)
    if first is None or first >= midnight + timedelta(days=1):
        return None
    closes_at = hours.closes_at(opens)
    return hours.is_open(opens) and (closes_at is None or closes_at >= closes)


def legal_rules(campaign: Campaign, *, on: date) -> Rules:
    """What the law or the house says for the campaign's country and purpose. Raises NoRulesError."""
    purpose = calling_rules.Purpose(campaign.purpose)
    return calling_rules.rules(campaign.account.country, purpose, on=on)


def own_windows(campaign: Campaign) -> OwnWindows | None:
    """The operator's own windows; None if there are none, which means the law's."""
    windows = tuple(
        DayWindow(weekday=row.weekday, opens=row.opens, closes=row.closes) for row in campaign.call_windows.all()
    )
    return OwnWindows(windows=windows) if windows else None


def zone_of(campaign: Campaign) -> ZoneInfo:
    """The campaign's own zone: the first of its country, where the capital lies; UTC if the country has no rules."""
    return zones_of(campaign)[0]


def zones_of(campaign: Campaign) -> Zones:
    """All zones of the campaign's country, that of the capital first; UTC if the country has no rules."""
    try:
        return calling_rules.zones(campaign.account.country)
    except NoRulesError:
        return (ZoneInfo("UTC"),)


def widen(campaign: Campaign, *, because: str, by: Any) -> None:
    """The campaign keeps to its own windows instead of the law's, also on public holidays; who, why and when is kept.

    Drafts and paused campaigns only. Raises DialerError without a reason, without windows, or in another state.
    """
    reason = history.written(because)
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if row.state not in CAN_BE_WIDENED:
            sentence = gettext("“%(campaign)s” is %(state)s. Pause it first; its hours can't be widened.")
            raise DialerError(sentence % {"campaign": campaign, "state": row.get_state_display()})
        if not row.call_windows.exists():
            raise DialerError(gettext("Write down the hours in which this campaign is to call, and widen them then."))
        _set_widened(campaign, because=reason, by=by, at=timezone.now())
        history.note(
            row, lambda: gettext("Widened the calling hours beyond the law's: %(reason)s") % {"reason": reason}, by=by
        )


def keep_to_law(campaign: Campaign, *, by: Any) -> None:
    """The law's hours hold again, from the next batch on. Raises DialerError if they hold already."""
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if not row.widened_because:
            raise DialerError(gettext("“%(campaign)s” keeps to the law's hours already.") % {"campaign": campaign})
        _set_widened(campaign, because="", by=None, at=None)
        history.note(
            row,
            lambda: (
                gettext("Keeps to the law's hours again, no longer widened for: %(reason)s")
                % {"reason": row.widened_because}
            ),
            by=by,
        )


def windows_of(campaign: Campaign) -> frozenset[tuple[Any, ...]]:
    """The operator's own windows as they are stored now, to be compared with what becomes of them."""
    return frozenset(campaign.call_windows.values_list("weekday", "opens", "closes"))


def narrow_again(campaign: Campaign, *, before: frozenset[tuple[Any, ...]], changed: Collection[str], by: Any) -> bool:
    """Whether the law's hours hold again: a widening was a person's reason for just these hours and this purpose.

    `before`: the windows as they were; `changed`: the names of the campaign's fields that were changed since.
    """
    is_other = windows_of(campaign) != before or RULED_BY.intersection(changed)
    if not campaign.widened_because or not is_other:
        return False
    keep_to_law(campaign, by=by)
    return True


def _is_widened(campaign: Campaign, own: OwnWindows | None) -> bool:
    return bool(campaign.widened_because) and own is not None


def _set_widened(campaign: Campaign, *, because: str, by: Any, at: datetime | None) -> None:
    campaign.widened_because, campaign.widened_by, campaign.widened_at = because, by, at
    campaign.save(update_fields=["widened_because", "widened_by", "widened_at"])
