"""The project's words as enumerations. Carriers' spellings of them stay in their dialect files.

Code and database know the values; the labels are for people, in their language.
"""

from datetime import UTC, datetime
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# What people and programs may ask for. Behind it the calendar soon ends, and with it reckoning in time zones.
LATEST_MOMENT: Final = datetime(2100, 1, 1, tzinfo=UTC)


class CarrierName(TextChoices):
    """Companies that place calls for us."""

    YUNHU = "yunhu", _("Infin8linx (Yunhu)")
    LAAFFIC = "laaffic", _("Laaffic")


class CampaignKind(TextChoices):
    """What a campaign does with the people who answer."""

    MESSAGE = "message", _("message: many people in one batch")
    VOICE_MENU = "voice_menu", _("voice menu: one by one, then over to an extension")


class Feature(TextChoices):
    """What a carrier may be able to do; forms, pages and the flow ask for these and never for a carrier's name."""

    CALLER_ID = "caller_id", _("own caller ID")
    RING_LIMIT = "ring_limit", _("limit of ringing")
    CALL_LIMIT = "call_limit", _("limit of the call’s length")
    TODAY_ONLY = "today_only", _("drops what it can’t dial today, if wished")
    REMARK = "remark", _("remark that comes back with each call")
    REPEATED_PLAY = "repeated_play", _("plays the message several times")
    DELAYS = "delays", _("waits before playing and before hanging up")
    ROW_TEXTS = "row_texts", _("texts of each person from the spreadsheet")
    HANGUP_SMS = "hangup_sms", _("SMS after the call")
    TRANSFER_IN_BATCH = "transfer_in_batch", _("transfer to agents in a batch")
    CARRIER_START = "carrier_start", _("starts a batch at a set time")
    CARRIER_PERIODS = "carrier_periods", _("keeps to periods of the day by itself")
    VOICE_UPLOAD = "voice_upload", _("takes and lists voice files over its interface")
    BALANCE = "balance", _("tells the balance")
    COSTS = "costs", _("tells what each call cost")
    TASK_STATE = "task_state", _("tells how far a batch is")
    TASK_CANCEL = "task_cancel", _("takes back a batch that has not begun")
    REFUSES_REPEATS = "refuses_repeats", _("refuses a repeated batch, so an unclear answer clears up by itself")
    BILLS_BY_REFERENCE = "bills_by_reference", _("tells the bills of one batch")
    EXTENSION_STATES = "extension_states", _("tells what the extensions do")
    CLEARS_TOKEN = "clears_token", _("needs a token, which can be cleared")


class SpeakerVoice(TextChoices):
    """Who speaks a text."""

    FEMALE = "female", _("a woman’s voice")
    MALE = "male", _("a man’s voice")


class TaskState(TextChoices):
    """How far a carrier is with a batch, by its own word."""

    WAITING = "waiting", pgettext_lazy("state of a batch at its carrier", "waiting to begin")
    CALLING = "calling", pgettext_lazy("state of a batch at its carrier", "calling")
    FINISHED = "finished", pgettext_lazy("state of a batch at its carrier", "finished")
    FAILED = "failed", pgettext_lazy("state of a batch at its carrier", "failed at the carrier")
    CANCELLED = "cancelled", pgettext_lazy("state of a batch at its carrier", "cancelled at the carrier")
    SUSPENDED = "suspended", pgettext_lazy("state of a batch at its carrier", "suspended by the carrier")
    UNKNOWN = "unknown", pgettext_lazy("state of a batch at its carrier", "unknown")


class ExtensionState(TextChoices):
    """What an extension does."""

    RINGING = "ringing", pgettext_lazy("state of an extension", "ringing")
    TALKING = "talking", pgettext_lazy("state of an extension", "talking")
    FREE = "free", pgettext_lazy("state of an extension", "free")


class SkipReason(TextChoices):
    """Why a row of a contact list is not called."""

    BLANK = "blank", _("no number")
    INVALID_NUMBER = "invalid_number", _("not a phone number")
    SEVERAL_NUMBERS = "several_numbers", _("more than one number in the cell")
    SHORTENED_BY_EXCEL = "shortened_by_excel", _("digits lost in the spreadsheet")
    WRONG_COUNTRY = "wrong_country", _("number of another country")
    DUPLICATE = "duplicate", _("same number as an earlier row")
    DO_NOT_CALL = "do_not_call", _("on the do-not-call list")
    TEXT_MISSING = "text_missing", _("lacks a text that the campaign uses")


class Purpose(TextChoices):
    """Why people are called; the law knows the difference. The values are those of `dialer.calling_rules`."""

    MARKETING = "marketing", pgettext_lazy("purpose of a campaign", "marketing")
    SERVICE = "service", pgettext_lazy("purpose of a campaign", "service")
    DEBT = "debt", pgettext_lazy("purpose of a campaign", "debt collection")


class Disposition(TextChoices):
    """How a call ended, for us."""

    ANSWERED = "answered", pgettext_lazy("outcome of a call", "answered")
    NO_ANSWER = "no_answer", pgettext_lazy("outcome of a call", "no answer")
    BUSY = "busy", pgettext_lazy("outcome of a call", "busy")
    REJECTED = "rejected", pgettext_lazy("outcome of a call", "rejected")
    UNREACHABLE = "unreachable", pgettext_lazy("outcome of a call", "unreachable")
    CANCELLED = "cancelled", pgettext_lazy("outcome of a call", "cancelled")
    NOT_CALLED = "not_called", pgettext_lazy("outcome of a call", "dropped by the carrier at the end of the day")
    FAILED = "failed", pgettext_lazy("outcome of a call", "failed")
    UNKNOWN = "unknown", pgettext_lazy("outcome of a call", "unknown")


class HungUpBy(TextChoices):
    """Who ended the call."""

    CALLER = "caller", pgettext_lazy("who hung up", "our side")
    CALLEE = "callee", pgettext_lazy("who hung up", "the person called")
    CARRIER = "carrier", pgettext_lazy("who hung up", "the carrier")
    UNKNOWN = "unknown", pgettext_lazy("who hung up", "unknown")


class NumberForm(TextChoices):
    """How a carrier wants numbers on the wire."""

    NATIONAL = "national", _("national, without country code")
    INTERNATIONAL = "international", _("with country code, digits only")


class VoiceDelivery(TextChoices):
    """How the voice file reaches the carrier."""

    CARRIER_FILE = "carrier_file", _("a file that lies at the carrier, by its name there")
    OUR_ADDRESS = "our_address", _("the carrier fetches it from our address")
    SENT_ALONG = "sent_along", _("it is sent along with each batch")
    SPOKEN_TEXT = "spoken_text", _("no file: the carrier speaks a text")


class Via(TextChoices):
    """By which way a fact about a call reached us."""

    CALLBACK = "callback", pgettext_lazy("way of a bill", "callback")
    PULL = "pull", pgettext_lazy("way of a bill", "pull")


class Scope(TextChoices):
    """What a program may do with a token, besides what the person may whose token it is."""

    READ = "read", pgettext_lazy("what a token allows", "read")
    WRITE = "write", _("make campaigns, add numbers and voice files")
    LAUNCH = "launch", _("launch, pause, resume and cancel")


class WebhookKind(TextChoices):
    """What other systems can be told of."""

    CALL_ANSWERED = "call_answered", _("call answered")
    KEY_PRESSED = "key_pressed", _("key pressed")
    CAMPAIGN_PAUSED = "campaign_paused", _("campaign paused")
    CAMPAIGN_ENDED = "campaign_ended", _("campaign ended")


class UploadPurpose(TextChoices):
    """For what a file is uploaded in pieces."""

    CONTACT_LIST = "contact_list", _("contact list")
    DO_NOT_CALL = "do_not_call", _("do-not-call numbers")
    VOICE_FILE = "voice_file", _("voice file")


class ExportKind(TextChoices):
    """What an export holds."""

    CONTACTS = "contacts", _("contacts with results")
    REJECTED = "rejected", _("rows that are not called")
    CALLS = "calls", _("call records")


class ExportForm(TextChoices):
    """As what an export is written."""

    XLSX = "xlsx", _("Excel workbook (xlsx)")
    CSV = "csv", _("Text with commas (csv)")


class NoticeKind(TextChoices):
    """What people are told of."""

    CAMPAIGN_ENDED = "campaign_ended", _("a campaign has ended")
    CAMPAIGN_PAUSED = "campaign_paused", _("a campaign has paused by itself")
    CAMPAIGN_LATE = "campaign_late", _("a campaign did not start at its time")
    BATCHES_UNCERTAIN = "batches_uncertain", _("batches whose fate is not known need a person")
    ACCOUNT_STOPPED = "account_stopped", _("an account was stopped")
    BALANCE_LOW = "balance_low", _("the balance of an account is low")
    RECORDINGS_NEAR = "recordings_near", _("recordings are near their deadline")
    RECORDINGS_LOST = "recordings_lost", _("recordings are lost")
    EXPORT_READY = "export_ready", _("an export of yours is ready")


class NoticeChannel(TextChoices):
    """By which way people are told."""

    CONSOLE = "console", pgettext_lazy("way of a notice", "console")
    EMAIL = "email", pgettext_lazy("way of a notice", "e-mail")
    CHAT = "chat", pgettext_lazy("way of a notice", "chat service")
