"""campaign -> what a person sees before the launch, as plain data; frozen at the launch and kept as evidence."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dialer import calling_rules, figures
from dialer.calling_rules import DayWindow, NoRulesError, OwnWindows
from dialer.flow import forecast, money
from dialer.flow.forecast import Cost, Share
from dialer.flow.hours import hours_of, legal_rules, zone_of, zones_of
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import Preflight, preflight
from dialer.models import CallWindow, Campaign, Contact, LaunchApproval, LaunchSheet
from dialer.models.preference import house_language
from dialer.terms import VoiceDelivery

VERSION = 1  # of the content's form; pages read the older ones too

Content = dict[str, Any]

# What the campaign was told to be, all of it but its own progress.
OWN_PROGRESS = {
    "id",
    "state",
    "is_planned",
    "planned_through",
    "paused_because",
    "watched_since",
    "is_canary_passed",
    "created_by",
    "created_at",
    "launched_by",
    "launched_at",
    "ended_at",
    "asks_because",
}


def content_of(campaign: Campaign, sheet: Preflight, *, now: datetime, start_at: datetime | None = None) -> Content:
    """Everything that is shown before a launch, of JSON's kinds only. Asks no carrier."""
    parts = forecast.shares(campaign, sheet.callable_count)
    begins_at = max(now, start_at or now)
    rate = forecast.rate(campaign)
    ends_at = forecast.ends_at(campaign, sheet.callable_count, rate=rate, start_at=begins_at)
    return {
        "version": VERSION,
        "as_of": now.isoformat(),
        "campaign": campaign.name,
        "purpose": campaign.purpose,
        "country": campaign.account.country,
        "zone": zone_of(campaign).key,
        "row_count": sheet.row_count,
        "callable_count": sheet.callable_count,
        "skipped": {reason.value: count for reason, count in sheet.skipped.items()},
        "accounts": [_account(part) for part in parts],
        "voice": _voice(campaign),
        "hours": _hours(campaign, at=begins_at),
        "end": {
            "at": ends_at and ends_at.isoformat(),
            "per_minute": round(rate.people_per_second * 60, 1),
            "is_measured": rate.is_measured,
        },
        "costs": [_cost(cost) for cost in forecast.costs(parts)],
        "called_today": forecast.called_today(Contact.objects.order_by(), campaign, now=now).count(),
        "called_since": forecast.today_began(campaign, now=now).isoformat(),
        "zone_count": len(zones_of(campaign)),
        "capped": forecast.capped_count(campaign, now=now),
        "canary_size": campaign.canary_size,
        "retry_rules": [str(rule) for rule in campaign.retry_rules.all()],
        "opt_out_key": campaign.opt_out_key,
        "warnings": [finding.sentence for finding in sheet.warnings],
        "settings": settings_of(campaign),
    }


def keep(
    campaign: Campaign,
    *,
    by: Any,
    now: datetime,
    start_at: datetime | None = None,
    approval: LaunchApproval | None = None,
) -> LaunchSheet:
    """The sheet as it is at this moment, with who and when. For the transaction of the launch itself.

    Its sentences are in the installation's language, in whatever language it was shown before.
    """
    with house_language():
        content = content_of(campaign, preflight(campaign), now=now, start_at=start_at)
    if approval is not None and approval.decided_at is not None:
        content["approval"] = {
            "asked_by": approval.asked_by_name,
            "asked_at": approval.asked_at.isoformat(),
            "approved_by": approval.decided_by_name,
            "approved_at": approval.decided_at.isoformat(),
            "people": approval.callable_count,
        }
    return LaunchSheet.objects.create(
        campaign=campaign,
        launched_by=by,
        launched_by_name=by.get_username() if by else "",
        launched_at=now,
        start_at=start_at,
        content=content,
    )


def _account(part: Share) -> Content:
    account = part.account
    left = account.balance_total if money.tells(account) else None
    return {
        "id": account.pk,
        "name": account.name,
        "share": part.share,
        "people": part.people,
        "batch_size": part.batch_size,
        "batch_count": part.batch_count,
        "balance": figures.balance(left) if left is not None else "",
        "balance_as_of": account.balance_asked_at.isoformat() if left is not None and account.balance_asked_at else "",
        "checked_at": account.tested_at.isoformat() if account.tested_at else "",
        "check_complaint": account.test_complaint,
    }


def _voice(campaign: Campaign) -> Content:
    """The file, the text, or both where one of the accounts has its own way."""
    ways = {
        campaign.voice_delivery,
        *campaign.routes.exclude(voice_delivery="").values_list("voice_delivery", flat=True),
    }
    voice = {"delivery": campaign.voice_delivery}
    if VoiceDelivery.SPOKEN_TEXT in ways:
        voice |= {"text": campaign.speech_text, "language": campaign.speech_language}
    voice_file = campaign.voice_file
    if voice_file is None or ways == {VoiceDelivery.SPOKEN_TEXT}:
        return voice
    return voice | {
        "id": voice_file.pk,
        "name": voice_file.name,
        "seconds": voice_file.seconds,
        "sha256": voice_file.sha256,
        "remarks": [str(remark) for remark in voice_file.remarks],
    }


def _hours(campaign: Campaign, *, at: datetime) -> Content:
    """The law with its source, and a verdict on each window of the campaign."""
    try:
        law = legal_rules(campaign, on=at.date())
        hours = hours_of(campaign, on=at.date())
    except (NoRulesError, DialerError) as error:
        return {"problem": str(error), "windows": []}
    return {
        "law": calling_rules.allowed(law),
        "source": law.source,
        "checked_on": law.checked_on.isoformat(),
        "moment": hours.explain(at) if hours.is_widened else hours.explain_moment(at),
        "widened_because": campaign.widened_because,
        "windows": [_window(row, law) for row in campaign.call_windows.all()],
    }


def _window(row: CallWindow, law: calling_rules.Rules) -> Content:
    """The window in words, and what of it goes beyond the law; "" if nothing does."""
    window = DayWindow(weekday=row.weekday, opens=row.opens, closes=row.closes)
    return {"words": str(row), "beyond": " ".join(calling_rules.widens(OwnWindows(windows=(window,)), law))}


def _cost(cost: Cost) -> Content:
    return {
        "account": cost.account.name,
        "currency": cost.currency,
        "low": figures.amount(round(cost.low, 2)) if cost.low is not None else "",
        "high": figures.amount(round(cost.high, 2)) if cost.high is not None else "",
        "expected_answers": cost.expected_answers,
        "calls_seen": cost.calls_seen,
        "because": cost.because,
    }


def settings_of(campaign: Campaign) -> Content:
    """The fields as they were told, and the rows that belong to them."""
    told = {
        field.attname: _plain(field.value_from_object(campaign))
        for field in campaign._meta.concrete_fields
        if field.name not in OWN_PROGRESS
    }
    return told | {
        "call_windows": _texts(campaign.call_windows.all()),
        "carrier_periods": _texts(campaign.carrier_periods.all()),
        "contact_lists": [
            {"name": row.original_name, "sha256": row.sha256, "row_count": row.row_count}
            for row in campaign.contact_lists.order_by("pk")
        ],
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _texts(rows: Iterable[Any]) -> list[str]:
    return [str(row) for row in rows]
