"""A launch sheet in words, live before the launch and frozen after it: both are drawn from the same plain data."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from dialer import figures
from dialer.admin import clock, columns, countries
from dialer.admin.campaign_settings import settings_context
from dialer.admin.contact_filters import CalledToday
from dialer.admin.doors import LOOK, address, door, list_address, show
from dialer.admin.filters import CAMPAIGN
from dialer.flow.launch_sheet import Content
from dialer.flow.preflight import Finding, Place
from dialer.models import CallWindow, Campaign, CarrierPeriod, Contact, ContactList
from dialer.terms import Purpose, SkipReason

# Rows that belong to a campaign, by their names in a sheet.
ROWS = {
    "call_windows": CallWindow._meta.verbose_name_plural,
    "carrier_periods": CarrierPeriod._meta.verbose_name_plural,
    "contact_lists": ContactList._meta.verbose_name_plural,
}
PAGES = {Place.WHAT: "what", Place.VOICE: "voice", Place.NUMBERS: "numbers", Place.WHEN: "when"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One fact in words. `tone` is "good" or "warning" where it is a verdict."""

    value: str
    note: str = ""
    url: str = ""
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the sheet."""

    label: str | Promise
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Mend:
    """A finding with the page on which it is mended."""

    sentence: str
    url: str
    label: str | Promise


class SheetDoors:
    """What was confirmed, to be read by everybody who may see the campaign, and changed by nobody."""

    @door("view_campaign", methods=LOOK)
    def sheet_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        """The newest sheet, or the one that is asked for; the others are named beside it."""
        sheets = list(campaign.launch_sheets.select_related("launched_by"))
        wanted = request.GET.get("sheet", "")
        chosen = next((sheet for sheet in sheets if not wanted or str(sheet.pk) == wanted), None)
        if chosen is None:
            raise Http404
        zone = ZoneInfo(chosen.content["zone"])
        return show(
            self,
            request,
            "admin/dialer/campaign/sheet.html",
            campaign,
            title=gettext("Launch sheet"),
            chosen=chosen,
            who=chosen.launched_by_name or pgettext("who launched", "the machine"),
            starts=clock.weekday_moment_in(chosen.start_at, zone) if chosen.start_at else "",
            settings_then=_settings(chosen.content["settings"]),
            wishes=settings_context(campaign)["wishes"],  # no move changes them after the launch
            others=[sheet for sheet in sheets if sheet != chosen],
            **sheet_context(campaign, chosen.content),
        )


def sheet_context(campaign: Campaign, content: Content, *, is_live: bool = False) -> dict[str, Any]:
    """The sheet's lines in three parts: who is called, when, and what it costs; for a live one or a frozen one."""
    zone = ZoneInfo(content["zone"])
    return {
        "content": content,
        "purpose": capfirst(str(Purpose(content["purpose"]).label)),
        "country": countries.name(content["country"]),
        "voice_length": columns.duration(content["voice"].get("seconds")),
        "approved": _approved(content, zone),
        "people": list(_people(campaign, content, zone, is_live=is_live)),
        "hours_lines": list(_hours(content, zone)),
        "account_lines": list(_accounts(content)),
    }


def _approved(content: Content, zone: ZoneInfo) -> str:
    """Who asked for the launch and who approved it; "" if it needed nobody."""
    said = content.get("approval")
    if not said:
        return ""
    moments = {
        name: clock.weekday_moment_in(datetime.fromisoformat(said[name]), zone) for name in ("asked_at", "approved_at")
    }
    sentence = gettext("%(asked_by)s asked for it on %(asked_at)s, and %(approved_by)s approved it on %(approved_at)s.")
    return sentence % {**said, **moments}


def mends(campaign: Campaign, findings: list[Finding]) -> list[Mend]:
    return [_mend(campaign, finding) for finding in findings]


def _mend(campaign: Campaign, finding: Finding) -> Mend:
    row = finding.row
    url, label = address(campaign), gettext("To the campaign")
    if finding.place == Place.ROW and row is not None:
        words = {"row": row, "kind": str(row._meta.verbose_name)}
        url, label = address(row), gettext("To the %(kind)s “%(row)s”") % words
    elif finding.place in PAGES and campaign.state == Campaign.State.DRAFT:
        url, label = address(campaign, PAGES[finding.place]), gettext("Mend it here")
    return Mend(sentence=finding.sentence, url=url, label=label)


def _people(campaign: Campaign, content: Content, zone: ZoneInfo, *, is_live: bool) -> Iterator[Line]:
    skipped = content["skipped"]
    yield Line(label=_("Rows in the lists"), entries=[Entry(value=columns.count(content["row_count"]))])
    if skipped:
        yield Line(label=_("Not called"), entries=[_skipped(campaign, *item) for item in skipped.items()])
    yield Line(label=_("Called already"), entries=[_called(campaign, content, zone, is_live=is_live)])
    if content["capped"]:
        note = gettext("were called often enough; they are called when their limit allows")
        yield Line(label=_("Wait for their turn"), entries=[Entry(value=columns.count(content["capped"]), note=note)])
    if content["canary_size"]:
        note = gettext("the others wait until its bills look well")
        yield Line(label=_("First slice"), entries=[Entry(value=columns.count(content["canary_size"]), note=note)])
    rules = [Entry(value=rule) for rule in content["retry_rules"]] or [Entry(value=pgettext("called again", "nobody"))]
    yield Line(label=_("Called again"), entries=rules)
    yield Line(label=_("Opt-out key"), entries=[Entry(value=content["opt_out_key"] or pgettext("opt-out key", "none"))])


def _called(campaign: Campaign, content: Content, zone: ZoneInfo, *, is_live: bool) -> Entry:
    """Who was called today; who that was, the list of people tells on this very day only."""
    count, url = content["called_today"], ""
    if count and is_live:
        url = list_address(Contact, **{CAMPAIGN: campaign.pk, CalledToday.parameter_name: CalledToday.TODAY})
    return Entry(value=columns.count(count), note=_since(content, zone), url=url)


def _since(content: Content, zone: ZoneInfo) -> str:
    if "called_since" not in content:  # of a sheet that was kept before the callees' day was counted
        return gettext("within 24 hours, by any campaign")
    words = (
        gettext("today, since %(moment)s, by any campaign")
        if content["zone_count"] == 1
        else gettext(
            "today, since %(moment)s, by any campaign: the earliest midnight of the country’s time zones, for a mobile "
            "number does not tell in which one somebody lives"
        )
    )
    return words % {"moment": clock.moment_in(datetime.fromisoformat(content["called_since"]), zone)}


def _skipped(campaign: Campaign, reason: str, count: int) -> Entry:
    url = list_address(Contact, campaign__id__exact=campaign.pk, skip_reason__exact=reason)
    return Entry(value=columns.count(count), note=str(SkipReason(reason).label), url=url)


def _hours(content: Content, zone: ZoneInfo) -> Iterator[Line]:
    hours, end = content["hours"], content["end"]
    if problem := hours.get("problem"):
        yield Line(label=_("Hours"), entries=[Entry(value=problem, tone="warning")])
    else:
        note = gettext("%(source)s Looked up on %(day)s.") % {"source": hours["source"], "day": hours["checked_on"]}
        yield Line(label=_("The law"), entries=[Entry(value=hours["law"], note=note)])
        yield Line(label=_("Own hours"), entries=_windows(hours))
        yield Line(label=_("At the start"), entries=[Entry(value=hours["moment"])])
    if content["callable_count"]:
        yield Line(label=_("Expected end"), entries=[_end(end, zone)])


def _windows(hours: Content) -> list[Entry]:
    """The windows with a verdict on each."""
    if not hours["windows"]:
        return [Entry(value=gettext("none: the law’s hold"), tone="good")]
    is_widened = bool(hours["widened_because"])
    beyond = gettext("Called all the same: “%(reason)s”") % {"reason": hours["widened_because"]} if is_widened else ""
    return [
        Entry(value=window["words"], note=" ".join(filter(None, (window["beyond"], beyond))), tone="warning")
        if window["beyond"]
        else Entry(value=window["words"], note=gettext("within the law’s hours"), tone="good")
        for window in hours["windows"]
    ]


def _end(end: Content, zone: ZoneInfo) -> Entry:
    words = (
        gettext("of the first round, at %(pace)s people a minute (measured)")
        if end["is_measured"]
        else gettext("of the first round, at %(pace)s people a minute (guessed, nothing was measured yet)")
    )
    pace = end["per_minute"]
    note = words % {"pace": figures.amount(pace, places=0 if pace >= 10 or pace == int(pace) else 1)}
    if not end["at"]:
        return Entry(value=gettext("not in sight"), note=note, tone="warning")
    return Entry(value=clock.weekday_moment_in(datetime.fromisoformat(end["at"]), zone), note=note)


def _accounts(content: Content) -> Iterator[Line]:
    accounts, costs = content["accounts"], {cost["account"]: cost for cost in content["costs"]}
    for account in accounts:
        entries = [_batches(account, is_alone=len(accounts) == 1), _credentials(account)]
        if account["balance"]:
            as_of = account["balance_as_of"]
            note = gettext("as of %(moment)s") % {"moment": _when(as_of)} if as_of else ""
            entries.append(Entry(value=gettext("%(amount)s left") % {"amount": account["balance"]}, note=note))
        if cost := costs.get(account["name"]):
            entries.append(_cost(cost))
        yield Line(label=account["name"], entries=entries)


def _batches(account: Content, *, is_alone: bool) -> Entry:
    count, people = account["batch_count"], account["people"]
    batches = ngettext("%(count)s batch", "%(count)s batches", count) % {"count": columns.count(count)}
    size = gettext("of %(count)s at most") % {"count": columns.count(account["batch_size"])}
    if is_alone:
        return Entry(value=batches, note=size)
    rest = ngettext("about %(count)s person", "about %(count)s people", people) % {"count": columns.count(people)}
    share = gettext("share %(share)s") % {"share": columns.count(account["share"])}
    return Entry(value=batches, note=", ".join((size, rest, share)))


def _credentials(account: Content) -> Entry:
    url = reverse("admin:dialer_account_change", args=[account["id"]])  # where they are mended
    if not account["checked_at"]:
        return Entry(value=gettext("credentials never checked"), url=url, tone="warning")
    note = _when(account["checked_at"])
    if account["check_complaint"]:
        sentence = gettext("credentials: %(complaint)s") % {"complaint": account["check_complaint"]}
        return Entry(value=sentence, note=note, url=url, tone="warning")
    return Entry(value=gettext("credentials work"), note=note, tone="good")


def _cost(cost: Content) -> Entry:
    if cost["because"]:
        return Entry(value=gettext("cost unknown"), note=cost["because"])
    words = {"low": cost["low"], "high": cost["high"], "currency": cost["currency"]}
    note = gettext("for about %(answers)s answered calls, by the last %(seen)s calls of the account") % {
        "answers": columns.count(cost["expected_answers"]),
        "seen": columns.count(cost["calls_seen"]),
    }
    return Entry(value=(gettext("cost %(low)s to %(high)s %(currency)s") % words).strip(), note=note)


def _settings(then: Content) -> list[tuple[str, str]]:
    """Field and value in the words of whoever looks, those that say something."""
    return [_setting(name, value) for name, value in then.items() if value not in (None, "", [], False)]


def _setting(name: str, value: Any) -> tuple[str, str]:
    """A field that is no more is told as it was."""
    field = next((one for one in Campaign._meta.concrete_fields if one.attname == name), None)
    if name in ROWS:
        return capfirst(str(ROWS[name])), ", ".join(map(_row_then, value))
    return (name, str(value)) if field is None else (capfirst(str(field.verbose_name)), _value_then(field, value))


def _row_then(row: Any) -> str:
    """A list with the fingerprint of its file; other rows are words already."""
    if not isinstance(row, dict):
        return str(row)
    return f"{row['name']} ({columns.count(row['row_count'] or 0)}, SHA-256 {row['sha256']})"


def _value_then(field: Any, value: Any) -> str:
    if field.choices:
        return capfirst(str(dict(field.flatchoices).get(value, value)))
    if value is True:
        return gettext("yes")
    if isinstance(field, DateTimeField):
        return _when(value)
    return columns.count(value) if isinstance(value, int) and not field.is_relation else str(value)


def _when(iso: str) -> str:
    return clock.moment(datetime.fromisoformat(iso))
