"""Laaffic: v3 group call, voice files, records and balance over signed JSON requests.

What is sent and why: the carrier's pages; see docs/carriers/laaffic.md for pages, certainty and open questions.
"""

from typing import Final

from dialer.carriers.contract import AccountField, AccountSettings, Capabilities, Carrier, TokenStore
from dialer.carriers.http import Wire
from dialer.terms import CampaignKind, Feature, NumberForm, VoiceDelivery

ADDRESS: Final = "https://api.laaffic.com/v3"
BATCH_CEILING: Final = 100_000  # numbers in one request
COUNTRIES: Final = ("CO", "ID", "IN", "MX", "PH", "TH", "VN")
LANGUAGES: Final = ("ar", "bn", "de", "en", "es", "hi", "id", "it", "ja", "ko", "pt", "ru", "th", "vi")
PATHS: Final = {
    "send": "/voice/group/call/send",
    "tasks": "/voice/group/call/query",
    "task": "/voice/group/call/detail",
    "cancel": "/voice/group/call/cancel",
    "upload": "/voice/fileUpload",
    "files": "/voice/fileQuery",
    "delete": "/voice/fileDel",
    "records": "/voice/recordGroupQuery",
    "recording": "/voice/getRecordingFileUrl",
    "balance": "/getBalance",
}

CAPABILITIES: Final = Capabilities(
    ceilings={CampaignKind.MESSAGE: BATCH_CEILING},
    countries=dict.fromkeys(COUNTRIES, ""),
    voice_deliveries=frozenset({VoiceDelivery.CARRIER_FILE, VoiceDelivery.SENT_ALONG, VoiceDelivery.SPOKEN_TEXT}),
    features=frozenset(
        {
            Feature.CALLER_ID,
            Feature.RING_LIMIT,
            Feature.CALL_LIMIT,
            Feature.REPEATED_PLAY,
            Feature.DELAYS,
            Feature.ROW_TEXTS,
            Feature.HANGUP_SMS,
            Feature.TRANSFER_IN_BATCH,
            Feature.CARRIER_START,
            Feature.CARRIER_PERIODS,
            Feature.VOICE_UPLOAD,
            Feature.BALANCE,
            Feature.COSTS,
            Feature.TASK_STATE,
            Feature.TASK_CANCEL,
            Feature.REFUSES_REPEATS,
        }
    ),
    account_fields=(
        AccountField(name="app_id", label="app id", help="Of the voice application in the carrier's console."),
        AccountField(name="access_key", label="API key", help="As the carrier gave it to you."),
        AccountField(name="secret", label="API secret", help="As the carrier gave it to you."),
        AccountField(name="batch_url", label="address", help="With its version, such as /v3.", default=ADDRESS),
        AccountField(
            name="sms_app_id",
            label="app id for SMS",
            help="Of the SMS application. Needed for SMS after calls only.",
            is_required=False,
        ),
    ),
    number_form=NumberForm.INTERNATIONAL,
    paths=PATHS,
    languages=LANGUAGES,
    keeps_recordings_days=None,
)


class Laaffic(Carrier):
    """One account at Laaffic. Its repr, messages and exchanges hold no key and no secret."""

    capabilities = CAPABILITIES

    def __init__(self, settings: AccountSettings, tokens: TokenStore, wire: Wire) -> None:
        self._settings = settings
        self._wire = wire
        wire.conceal(settings.access_key, settings.secret)
