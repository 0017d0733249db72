"""Laaffic's numbers and words and what they mean, as data.

Sources: the table of status codes on the page "group call send"; for the codes marked (o), other pages of the carrier
(balance, calls from a code, agents). SIP codes: RFC 3261. How sure each fact is stands in docs/carriers/laaffic.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from dialer.terms import Disposition, SpeakerVoice, TaskState, VoiceDelivery
from dialer.translation import gettext_noop as _


class Consequence(Enum):
    """What an answer other than success means for the request."""

    REFUSED = auto()  # it was not done
    CREDENTIALS = auto()  # it was not done, and nothing will be until a person mends the account
    LATER = auto()  # it was not done; the carrier has no room now
    SIGN_AGAIN = auto()  # it was not done; a fresh signature helps
    TAKEN = auto()  # what was to be made is there already
    DOUBTFUL = auto()  # the carrier broke down half way: a launch may have been taken


@dataclass(frozen=True, slots=True)
class AnswerCode:
    """A code of an answer: what it says, what the operator can do ("" for nothing special), what follows.

    The words are in English; whoever puts them into a sentence translates them.
    """

    meaning: str
    advice: str = ""
    consequence: Consequence = Consequence.REFUSED


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended that nobody answered. Kept in English with the call; whoever shows it translates it."""

    meaning: str
    disposition: Disposition


SUCCESS: Final = 0

_VALUES: Final = _("Look at the values of the campaign.")
_ASK: Final = _("Ask the carrier.")

ANSWER_CODES: Final[Mapping[str, AnswerCode]] = {
    "-1": AnswerCode(
        _("the API key or the signature is not accepted"),
        _("Compare API key and secret with what the carrier gave you."),
        Consequence.CREDENTIALS,
    ),
    "-2": AnswerCode(
        _("the address of this server is not authorised"),
        _("Tell the carrier the public IP address of this server."),
        Consequence.CREDENTIALS,
    ),
    "-10": AnswerCode(_("the balance is too low"), _("Top up the account, then let the campaign go on.")),  # (o)
    "-13": AnswerCode(_("the account is locked"), _ASK, Consequence.CREDENTIALS),  # (o)
    "-16": AnswerCode(
        _("the signature was too old or too new"), _("Set the clock of this server right."), Consequence.SIGN_AGAIN
    ),
    "-18": AnswerCode(_("the carrier's server failed"), "", Consequence.DOUBTFUL),
    "-20": AnswerCode(_("it exists already"), "", Consequence.TAKEN),
    "-21": AnswerCode(_("a value does not pass the carrier's checks"), _VALUES),
    "-22": AnswerCode(_("a parameter is wrong or missing"), _VALUES),
    "-23": AnswerCode(_("a limit of the carrier is reached"), _ASK),
    "-24": AnswerCode(_("it does not exist"), _("Compare it with the carrier's console.")),
    "-26": AnswerCode(_("the carrier has no price for these numbers"), _ASK),
    "-35": AnswerCode(_("there is no number to call"), _("Look at the contact list.")),
    "-37": AnswerCode(
        _("as many batches are running as the account may have"), _("It goes on when one has ended."), Consequence.LATER
    ),
    "-38": AnswerCode(_("the text to speak or its language is missing"), _("Fill in both.")),
    "-39": AnswerCode(_("the carrier does not know the language of the text"), _("Choose another language.")),
    "-41": AnswerCode(_("a batch of this name exists already"), "", Consequence.TAKEN),
    "-42": AnswerCode(_("there is no number to call"), _("Look at the contact list.")),  # (o)
    "-46": AnswerCode(
        _("the long texts that may be spoken on one day are used up"),
        _("Shorten the text, use a voice file, or ask the carrier for more."),
    ),
    "-53": AnswerCode(_("the SMS has no occasion"), _("Choose at least one occasion for the SMS.")),
    "-54": AnswerCode(_("the batch is not one of this kind, or too far to be taken back")),  # (o)
    "-68": AnswerCode(_("the agent's telephone is not free")),  # (o)
    "-74": AnswerCode(  # (o)
        _("the group of agents does not belong to this application"), _("Correct the group of agents.")
    ),
    "-77": AnswerCode(_("the application has no price"), _ASK),  # (o)
}

LANGUAGES: Final[Mapping[str, str]] = {
    "ar": "ARB",
    "bn": "BD",
    "de": "DE",
    "en": "EN",
    "es": "ES",
    "hi": "IN",
    "id": "IDN",
    "it": "IT",
    "ja": "JP",
    "ko": "KR",
    "pt": "PT",
    "ru": "RU",
    "th": "TH",
    "vi": "VN",
}
GENDERS: Final[Mapping[SpeakerVoice, int]] = {SpeakerVoice.MALE: 1, SpeakerVoice.FEMALE: 2}
SOURCES: Final[Mapping[VoiceDelivery, int]] = {
    VoiceDelivery.CARRIER_FILE: 1,
    VoiceDelivery.SENT_ALONG: 2,
    VoiceDelivery.SPOKEN_TEXT: 3,
}

TASK_STATES: Final[Mapping[str, TaskState]] = {
    "0": TaskState.WAITING,
    "1": TaskState.CALLING,
    "2": TaskState.FINISHED,
    "3": TaskState.FAILED,
    "4": TaskState.CANCELLED,
    "5": TaskState.SUSPENDED,
    "6": TaskState.WAITING,  # being submitted
    "11": TaskState.CALLING,  # from here on: batches that move calls to agents (o)
    "12": TaskState.FINISHED,
    "13": TaskState.FAILED,
    "14": TaskState.CANCELLED,
    "15": TaskState.SUSPENDED,
    "16": TaskState.WAITING,
}

CONNECTED: Final = "50"  # callStatus
CONNECTED_CODES: Final = frozenset({"0", "200"})  # terminationCode: pages of the carrier say one or the other
CALL_STATES: Final[Mapping[str, Ending]] = {
    "10": Ending(_("rang, then busy"), Disposition.BUSY),
    "20": Ending(_("rang and was not answered"), Disposition.NO_ANSWER),
    "30": Ending(_("rang, then ended for another reason"), Disposition.NO_ANSWER),
    "40": Ending(_("a voicemail answered"), Disposition.NO_ANSWER),
    "60": Ending(_("did not ring, for another reason"), Disposition.FAILED),
}
VAGUE_STATES: Final = frozenset({"30", "60"})  # the SIP code may say more
SIP_CODES: Final[Mapping[str, Ending]] = {
    "403": Ending(_("call forbidden"), Disposition.FAILED),
    "404": Ending(_("number not found"), Disposition.UNREACHABLE),
    "408": Ending(_("no answer in time"), Disposition.NO_ANSWER),
    "410": Ending(_("number no longer in use"), Disposition.UNREACHABLE),
    "480": Ending(_("not answered"), Disposition.NO_ANSWER),  # what lines make of "no answer" (RFC 3398)
    "484": Ending(_("number incomplete"), Disposition.UNREACHABLE),
    "486": Ending(_("busy"), Disposition.BUSY),
    "487": Ending(_("not answered, the call was ended"), Disposition.NO_ANSWER),
    "500": Ending(_("the line failed"), Disposition.FAILED),
    "502": Ending(_("the line failed"), Disposition.FAILED),
    "503": Ending(_("no line free"), Disposition.FAILED),
    "504": Ending(_("the line failed"), Disposition.FAILED),
    "600": Ending(_("busy"), Disposition.BUSY),
    "603": Ending(_("rejected by the person called"), Disposition.REJECTED),
    "604": Ending(_("number does not exist"), Disposition.UNREACHABLE),
    "607": Ending(_("rejected as unwanted"), Disposition.REJECTED),
    "608": Ending(_("rejected by a filter"), Disposition.REJECTED),
}
