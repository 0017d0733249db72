"""What a launched campaign wishes beyond the plain message, in words: only what is in use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock
from dialer.admin.campaign_wishes import language
from dialer.flow.connect import capabilities_of
from dialer.flow.hours import zone_of
from dialer.models import Campaign
from dialer.terms import CampaignKind, Feature, VoiceDelivery


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A line of the settings: its name, its value, and what is said of it more quietly."""

    label: str | Promise
    value: str | Promise
    note: str | Promise = ""


def settings_context(campaign: Campaign) -> dict[str, Any]:
    routes = list(campaign.routes.select_related("account"))
    deliveries = {campaign.voice_delivery, *(route.voice_delivery for route in routes if route.voice_delivery)}
    return {
        "routes": routes,
        "closed_routes": [route for route in routes if route.closed_because],
        "speech": speech(campaign) if VoiceDelivery.SPOKEN_TEXT in deliveries else None,
        "plays_file": bool(campaign.voice_file_id and deliveries - {VoiceDelivery.SPOKEN_TEXT}),
        "wishes": list(_wishes(campaign)),
        "knows_today_only": _is_in_batches(campaign)
        and Feature.TODAY_ONLY in capabilities_of(campaign.account).features,
    }


def speech(campaign: Campaign) -> Setting:
    """The text that the carrier speaks, and how."""
    return Setting(label=_("Text to speak"), value=campaign.speech_text, note=", ".join(_voice(campaign)))


def _voice(campaign: Campaign) -> Iterator[str]:
    if campaign.speech_language:
        yield language(campaign.speech_language)
    if campaign.speech_voice:
        yield str(campaign.get_speech_voice_display())
    if campaign.speech_speed:
        yield gettext("speed %(speed)s") % {"speed": number_format(f"{campaign.speech_speed:g}")}
    if campaign.speech_accent:
        yield gettext("accent %(accent)s") % {"accent": campaign.speech_accent}


def _wishes(campaign: Campaign) -> Iterator[Setting]:
    if not _is_in_batches(campaign):
        yield Setting(label=_("Kind"), value=campaign.get_kind_display())
    yield from _course(campaign)
    if campaign.transfer_group:
        yield _transfer(campaign)
    if campaign.sms_text:
        yield Setting(label=_("SMS after the call"), value=campaign.sms_text, note=", ".join(_occasions(campaign)))
    yield from _carriers_clock(campaign)


def _course(campaign: Campaign) -> Iterator[Setting]:
    if campaign.play_count != 1:
        times = ngettext("%(count)s time", "%(count)s times", campaign.play_count)
        yield Setting(label=_("Played"), value=times % {"count": campaign.play_count})
    for label, count in (
        (_("Waits before playing"), campaign.play_delay_seconds),
        (_("Waits before hanging up"), campaign.hangup_delay_seconds),
    ):
        if count:
            yield Setting(label=label, value=_seconds(count))


def _transfer(campaign: Campaign) -> Setting:
    return Setting(
        label=_("Over to your agents"), value=campaign.transfer_group, note=", ".join(_who_is_put_through(campaign))
    )


def _who_is_put_through(campaign: Campaign) -> Iterator[str]:
    if campaign.transfer_key:
        yield gettext("by the key %(key)s") % {"key": campaign.transfer_key}
    else:
        yield gettext("everybody")
    if _is_in_batches(campaign):
        rate = campaign.transfer_rate
        yield ngettext("%(count)s call for each free agent", "%(count)s calls for each free agent", rate) % {
            "count": rate
        }
    if campaign.transfer_delay_seconds:
        yield gettext("after %(seconds)s") % {"seconds": _seconds(campaign.transfer_delay_seconds)}


def _occasions(campaign: Campaign) -> Iterator[str]:
    if campaign.sms_on_key:
        yield gettext("to those who press %(key)s") % {"key": campaign.sms_on_key}
    if campaign.sms_after_answer_seconds is not None:
        seconds = _seconds(campaign.sms_after_answer_seconds)
        yield gettext("to those who answer, after %(seconds)s") % {"seconds": seconds}
    if campaign.sms_on_failure:
        yield gettext("to those who were not reached")
    if campaign.sms_on_ringing:
        yield gettext("to those whose telephone rang")
    if campaign.sms_sender_id:
        yield gettext("from “%(sender)s”") % {"sender": campaign.sms_sender_id}


def _carriers_clock(campaign: Campaign) -> Iterator[Setting]:
    if campaign.carrier_start_at:
        moment = clock.moment_in(campaign.carrier_start_at, zone_of(campaign))
        yield Setting(label=_("The carrier begins at"), value=moment)
    periods = ", ".join(str(period) for period in campaign.carrier_periods.all())
    if periods:
        yield Setting(label=_("The carrier calls"), value=periods)


def _seconds(count: int) -> str:
    return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": count}


def _is_in_batches(campaign: Campaign) -> bool:
    return campaign.kind == CampaignKind.MESSAGE
