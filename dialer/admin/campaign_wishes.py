"""What of a campaign's form depends on its account: the fields, who can do what, and what is hidden in the browser."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from dialer.calling_rules import NoRulesError, zones
from dialer.carriers.contract import Capabilities
from dialer.flow.connect import capabilities_of
from dialer.models import Account
from dialer.terms import CampaignKind, Feature, VoiceDelivery

SMS = (
    "sms_text",
    "sms_sender_id",
    "sms_on_key",
    "sms_after_answer_seconds",
    "sms_on_failure",
    "sms_on_ringing",
)
SPEECH = ("speech_text", "speech_language", "speech_voice", "speech_speed", "speech_accent")
MENU = ("transfer_group", "transfer_key")  # what a voice menu is about, whatever the carrier can do in a batch
BATCHES = ("drops_undialled_today",)  # what makes no sense for one call at a time

# What a carrier must be able to do for a field to make sense. Fields that are not named here always do.
NEEDS: Mapping[str, Feature] = {
    "caller_id": Feature.CALLER_ID,
    "ring_seconds": Feature.RING_LIMIT,
    "max_call_seconds": Feature.CALL_LIMIT,
    "drops_undialled_today": Feature.TODAY_ONLY,
    "remark": Feature.REMARK,
    "play_count": Feature.REPEATED_PLAY,
    "play_delay_seconds": Feature.DELAYS,
    "hangup_delay_seconds": Feature.DELAYS,
    **dict.fromkeys(SMS, Feature.HANGUP_SMS),
    "transfer_group": Feature.TRANSFER_IN_BATCH,
    "transfer_key": Feature.TRANSFER_IN_BATCH,
    "transfer_rate": Feature.TRANSFER_IN_BATCH,
    "transfer_delay_seconds": Feature.TRANSFER_IN_BATCH,
    "carrier_start_at": Feature.CARRIER_START,
    "carrier_periods": Feature.CARRIER_PERIODS,
}

WHO_AND_WHY = (None, {"fields": ["name", "purpose", "account", "kind"]})
VOICE = (
    _("The message"),
    {
        "fields": [
            "voice_delivery",
            "voice_file",
            "speech_text",
            ("speech_language", "speech_voice"),
            ("speech_speed", "speech_accent"),
        ],
        "description": _("What people hear: a file, or a text that the carrier speaks."),
    },
)
CALL = (
    _("The call"),
    {
        "fields": [
            ("wants_keypress", "opt_out_key"),
            "caller_id",
            ("ring_seconds", "max_call_seconds"),
            ("play_count", "play_delay_seconds"),
            "hangup_delay_seconds",
            "drops_undialled_today",
            "remark",
        ]
    },
)
TRANSFER = (
    _("Over to your agents"),
    {
        "fields": [("transfer_group", "transfer_key"), ("transfer_rate", "transfer_delay_seconds")],
        "description": _("After the message people may talk to somebody. Leave it empty if nobody is there."),
    },
)
AFTERWARDS = (
    _("SMS after the call"),
    {
        "fields": [
            "sms_text",
            "sms_sender_id",
            ("sms_on_key", "sms_after_answer_seconds"),
            ("sms_on_failure", "sms_on_ringing"),
        ],
        "description": _("One SMS to everybody for whom one of the reasons below holds. Without a text there is none."),
    },
)
CARRIERS_CLOCK = (
    _("The carrier’s own clock"),
    {
        "fields": ["carrier_start_at"],
        "description": _(
            "For batches that wait at the carrier instead of here. Nobody can pause them there. The hours that the "
            "law allows hold all the same."
        ),
    },
)


def abilities(accounts: Iterable[Account]) -> dict[str, Any]:
    """For the browser: what each account's carrier can do, what all of them can, and which fields need what."""
    listed = list(accounts)
    can = [_ability(capabilities_of(account)) for account in listed]
    return {
        "fields": {name: feature.value for name, feature in NEEDS.items()},
        "menuFields": list(MENU),
        "batchFields": list(BATCHES),
        "speechFields": list(SPEECH),
        "menu": CampaignKind.VOICE_MENU.value,
        "spoken": VoiceDelivery.SPOKEN_TEXT.value,
        "accounts": {
            str(account.pk): {**ability, "zone": zone_of_account(account).key}
            for account, ability in zip(listed, can, strict=True)
        },
        "common": {name: _in_all([ability[name] for ability in can]) for name in _NAMES},
    }


def languages(accounts: Iterable[Account]) -> list[tuple[str, str]]:
    """All languages that some account's carrier speaks, with their names, by name."""
    codes = {code for account in accounts for code in capabilities_of(account).languages}
    return sorted(((code, language(code)) for code in codes), key=lambda choice: choice[1])


def language(code: str) -> str:
    """A language's name; its code if nobody knows it."""
    try:
        return gettext(get_language_info(code)["name"])
    except KeyError:
        return code


def zone_of_account(account: Account) -> ZoneInfo:
    """The zone of the account's country, where the capital lies; UTC if the country has no rules."""
    try:
        return zones(account.country)[0]
    except NoRulesError:
        return ZoneInfo("UTC")


_NAMES = ("features", "kinds", "deliveries", "languages")


def _ability(can: Capabilities) -> dict[str, list[str]]:
    return {
        "features": sorted(feature.value for feature in can.features),
        "kinds": sorted(kind.value for kind in can.ceilings),
        "deliveries": sorted(delivery.value for delivery in can.voice_deliveries),
        "languages": list(can.languages),
    }


def _in_all(lists: list[list[str]]) -> list[str]:
    return sorted(set.intersection(*map(set, lists))) if lists else []
