"""The project's words as enumerations. Carriers' spellings of them stay in their dialect files."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CarrierName(TextChoices):
    """Companies that place calls for us."""

    YUNHU = "yunhu", _("Infin8linx (Yunhu)")


class SkipReason(TextChoices):
    """Why a row of a contact list is not called."""

    BLANK = "blank", _("no number")
    INVALID_NUMBER = "invalid_number", _("not a phone number")
    SEVERAL_NUMBERS = "several_numbers", _("more than one number in the cell")
    SHORTENED_BY_EXCEL = "shortened_by_excel", _("digits lost in the spreadsheet")
    WRONG_COUNTRY = "wrong_country", _("number of another country")
    DUPLICATE = "duplicate", _("same number as an earlier row")
    DO_NOT_CALL = "do_not_call", _("on the do-not-call list")


class Purpose(TextChoices):
    """Why people are called; the law knows the difference. The values are those of `dialer.calling_rules`."""

    MARKETING = "marketing", _("marketing")
    SERVICE = "service", _("service")
    DEBT = "debt", _("debt collection")


class Disposition(TextChoices):
    """How a call ended, for us."""

    ANSWERED = "answered", _("answered")
    NO_ANSWER = "no_answer", _("no answer")
    BUSY = "busy", _("busy")
    REJECTED = "rejected", _("rejected")
    UNREACHABLE = "unreachable", _("unreachable")
    CANCELLED = "cancelled", _("cancelled")
    NOT_CALLED = "not_called", _("dropped by the carrier at the end of the day")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("unknown")


class HungUpBy(TextChoices):
    """Who ended the call."""

    CALLER = "caller", _("our side")
    CALLEE = "callee", _("the person called")
    CARRIER = "carrier", _("the carrier")
    UNKNOWN = "unknown", _("unknown")


class NumberForm(TextChoices):
    """How a carrier wants numbers on the wire."""

    NATIONAL = "national", _("national, without country code")
    INTERNATIONAL = "international", _("with country code, digits only")


class VoiceDelivery(TextChoices):
    """How the voice file reaches the carrier."""

    CARRIER_FILE = "carrier_file", _("a file that lies at the carrier, by its name there")
    OUR_ADDRESS = "our_address", _("the carrier fetches it from our address")


class Via(TextChoices):
    """By which way a fact about a call reached us."""

    CALLBACK = "callback", _("callback")
    PULL = "pull", _("pull")
