"""The page of a launched campaign: where everybody is now, how the calls went, what left and when."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import charts
from dialer.admin.call_record_filters import KEYS
from dialer.admin.campaign_now import EVENTS_AT_ONCE, events, pending, standstill
from dialer.admin.campaign_settings import settings_context
from dialer.admin.campaign_week import hours_context
from dialer.admin.columns import duration, share
from dialer.admin.doors import LOOK, address, door, has_list, list_address, show
from dialer.admin.launch import verdict_at
from dialer.admin.overview_health import spent
from dialer.flow import news, sums
from dialer.flow.reports import Progress, progress
from dialer.flow.sums import Calls
from dialer.models import Batch, CallRecord, Campaign, Contact

BATCHES_SHOWN = 30
ENDED = (Campaign.State.FINISHED, Campaign.State.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the people or calls: its name, how many, and of how many."""

    kind: str
    label: str | Promise
    count: int
    whole: int
    note: str | Promise = ""
    url: str = ""
    start: int = 0  # thousandths of the whole, where its part of the bar begins
    width: int = 0

    @property
    def share(self) -> str:
        return share(self.count, self.whole)


class StatusDoors:
    """The status as a page, and its inner part alone for the live refresh."""

    @door("view_campaign", methods=LOOK)
    def status_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        context = self._status_context(request, campaign)
        context |= hours_context(campaign, now=timezone.now()) | settings_context(campaign)
        return show(self, request, "admin/dialer/campaign/status.html", campaign, title=gettext("Status"), **context)

    @door("view_campaign", methods=LOOK)
    def live_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        context = {"original": campaign, **self._status_context(request, campaign)}
        return TemplateResponse(request, "admin/dialer/campaign/live.html", context)

    def _status_context(self: Any, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        now = progress(campaign)
        calls = sums.of_campaign(campaign)
        batches = list(campaign.batches.select_related("decided_by", "account").order_by("-sequence")[:BATCHES_SHOWN])
        sees_calls = has_list(self, CallRecord, request)
        sees_batches = has_list(self, Batch, request)
        return {
            "now": now,
            "parts": _parts(now, _rows_behind(campaign, lambda model: has_list(self, model, request))),
            "outcomes": _outcomes(campaign, now),
            "keypresses": _keypresses(campaign, now, with_links=sees_calls),
            "skipped": _skipped(campaign, now),
            "talk_time": duration(calls.talk_seconds),
            "costs": spent(calls),
            "charts": _charts(campaign, calls, with_links=sees_calls),
            "newest": news.newest(campaign),
            "batches": batches,
            "names_accounts": campaign.routes.exists() or len({batch.account_id for batch in batches}) > 1,
            "standstill": standstill(campaign, now=timezone.now()),
            "pending": pending(campaign, now),
            "events": events(campaign, batches),
            "events_at_once": f":{EVENTS_AT_ONCE}",
            "older_events": f"{EVENTS_AT_ONCE}:",
            "clock": verdict_at(campaign, campaign.start_at) if campaign.start_at else "",
            "zone": timezone.get_current_timezone_name(),
            "is_scheduled": campaign.state == Campaign.State.SCHEDULED,
            "retry_rules": list(campaign.retry_rules.all()),
            "sees_batches": sees_batches,
            "batch_count": sum(now.batches.values()),
            "batches_url": list_address(Batch, campaign__id__exact=campaign.pk) if sees_batches else "",
            "uncertain_url": _uncertain_url(campaign, batches) if sees_batches else "",
            "calls_url": list_address(CallRecord, campaign__id__exact=campaign.pk) if sees_calls else "",
            "contacts_url": list_address(Contact, campaign__id__exact=campaign.pk),
            "live_url": address(campaign, "live"),
            "is_over": campaign.state in ENDED and not now.at_the_carrier,
            "can_change": request.user.has_perm("dialer.change_campaign"),
            "can_widen": request.user.has_perm("dialer.widen_hours"),
            "can_launch": request.user.has_perm("dialer.launch_campaign"),
            "states": Campaign.State,
        }


def _charts(campaign: Campaign, calls: Calls, *, with_links: bool) -> list[charts.Chart]:
    """From the first call to now, or to the last one of a campaign that has ended."""
    until = campaign.ended_at or timezone.now()

    def rows(filters: dict[str, str]) -> str:
        here = {"campaign__id__exact": str(campaign.pk), **filters}
        return list_address(CallRecord, **{name: quote(value) for name, value in here.items()}) if with_links else ""

    return charts.drawn(calls, until=until, rows=rows)


def _rows_behind(campaign: Campaign, may_see: Callable[[type[Model]], bool]) -> dict[str, str]:
    """Where those of a part are listed, as far as one list holds just them and this user may see it."""
    here = {"campaign__id__exact": campaign.pk}
    lists: dict[str, tuple[type[Model], dict[str, Any]]] = {
        "settled": (Contact, {**here, "call": "billed"}),
        "carrier": (Batch, {**here, "state__exact": Batch.State.ACCEPTED.value}),
        "waiting": (Contact, {**here, "call": "waiting"}),
        "silent": (Contact, {**here, "call": "silent"}),
        "not-called": (Contact, {**here, "call": "uncalled"}),
    }
    return {part: list_address(model, **filters) for part, (model, filters) in lists.items() if may_see(model)}


def _parts(now: Progress, urls: dict[str, str]) -> list[Part]:
    """Everybody in exactly one of them, in the order of their way."""
    found = (
        ("settled", _("Billed"), now.settled, _("The carrier told the outcome.")),
        ("carrier", _("At the carrier"), now.at_the_carrier, _("Handed over; can’t be called back.")),
        ("waiting", _("Waiting here"), now.waiting, _("Not handed over yet.")),
        ("silent", _("Silent"), now.silent, _("Handed over, never heard of again.")),
        ("not-called", _("Not called"), now.not_called, _("Refused or dropped by the carrier, or cancelled.")),
    )
    parts, before = [], 0
    for kind, label, count, note in found:
        whole = now.callable_count
        start, end = _thousandths(before, whole), _thousandths(before + count, whole)
        url = urls.get(kind, "") if count else ""
        look = {"start": start, "width": end - start}
        parts.append(Part(kind=kind, label=label, count=count, whole=whole, note=note, url=url, **look))
        before += count
    return parts


def _uncertain_url(campaign: Campaign, batches: list[Batch]) -> str:
    """The batch in question, or the list of them if there are several."""
    uncertain = [batch for batch in batches if batch.state == Batch.State.UNCERTAIN]
    if len(uncertain) == 1:
        return address(uncertain[0])
    return list_address(Batch, campaign__id__exact=campaign.pk, state__exact=Batch.State.UNCERTAIN)


def _thousandths(part: int, whole: int) -> int:
    return part * 1000 // whole if whole else 0


def _outcomes(campaign: Campaign, now: Progress) -> list[Part]:
    """People, by how the last of their calls ended."""
    here = {"campaign__id__exact": campaign.pk}
    whole = sum(now.dispositions.values())
    return [
        Part(
            kind=kind.value,
            label=kind.label,
            count=count,
            whole=whole,
            url=list_address(Contact, **here, call=kind.value),
        )
        for kind, count in now.dispositions.items()
    ]


def _keypresses(campaign: Campaign, now: Progress, *, with_links: bool) -> list[Part]:
    def url(key: str) -> str:
        is_one = with_links and key in KEYS
        return list_address(CallRecord, campaign__id__exact=campaign.pk, keypress=quote(key)) if is_one else ""

    return [
        Part(kind="key", label=key, count=count, whole=now.settled, url=url(key))
        for key, count in now.keypresses.items()
    ]


def _skipped(campaign: Campaign, now: Progress) -> list[Part]:
    return [
        Part(
            kind=reason.value,
            label=reason.label,
            count=count,
            whole=now.row_count,
            url=list_address(Contact, campaign__id__exact=campaign.pk, skip_reason__exact=reason.value),
        )
        for reason, count in now.skipped.items()
    ]
