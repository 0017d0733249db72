"""Yunhu's numbers and what they mean, as data.

Sources: the page "Global error and status codes" of the carrier's IVR API book, and, for the codes marked (c), the
constants of another client of the platform, whose codes agree with the book wherever both have them. How sure each
fact is stands in docs/carriers/yunhu.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from dialer.terms import Disposition, HungUpBy


class Consequence(Enum):
    """What an answer other than success means for the request."""

    REFUSED = auto()  # it was not done
    CREDENTIALS = auto()  # it was not done, and nothing will be until a person mends the account
    TOKEN_SPENT = auto()  # it was not done; a new login helps
    DOUBTFUL = auto()  # the carrier broke down half way: a launch may have been taken


@dataclass(frozen=True, slots=True)
class AnswerCode:
    """A code of an answer: what it says, what the operator can do ("" for nothing special), what follows."""

    meaning: str
    advice: str = ""
    consequence: Consequence = Consequence.REFUSED


@dataclass(frozen=True, slots=True)
class Ending:
    """A hang-up code. `disposition` counts for calls that were never answered."""

    meaning: str
    disposition: Disposition
    hung_up_by: HungUpBy = HungUpBy.UNKNOWN


NATION_CODES: Final[Mapping[str, str]] = {
    "IN": "in",
    "ID": "id",
    "PH": "ph",
    "MX": "mx",
    "CO": "co",
    "TH": "tha",
    "VN": "vn",
}

_MEND_KEY: Final = "Compare appid and accesskey with what the carrier gave you, or ask the carrier to authorise them."
_ASK: Final = "Ask the carrier."

ANSWER_CODES: Final[Mapping[str, AnswerCode]] = {
    "400": AnswerCode("the request or one of its values is not valid", "Look at the values of the campaign."),
    "500": AnswerCode("the carrier's server failed", "", Consequence.DOUBTFUL),
    "600": AnswerCode("the token is not valid any more", "A new login is needed.", Consequence.TOKEN_SPENT),
    "601": AnswerCode("this appid is not authorised", _MEND_KEY, Consequence.CREDENTIALS),
    "602": AnswerCode("the authorisation of this appid has ended", _ASK, Consequence.CREDENTIALS),
    "603": AnswerCode("this service is not licensed for the account", _ASK, Consequence.CREDENTIALS),
    "604": AnswerCode(
        "the address of this server is not authorised",
        "Tell the carrier the public IP address of this server.",
        Consequence.CREDENTIALS,
    ),
    "1001": AnswerCode("the carrier could not reach its own server", "", Consequence.DOUBTFUL),
    "1002": AnswerCode("the carrier's checks failed", "Look at the values of the campaign."),
    "1003": AnswerCode("the carrier could not do it", "Compare the values of the campaign, or ask the carrier."),
    "1010": AnswerCode(
        "the token does not know an extension, perhaps a new one",
        "Clear the token on the account's page, then test the connection.",
    ),
    "1011": AnswerCode("the extension belongs to somebody else"),
    "1012": AnswerCode("the extension does not exist"),
    "1013": AnswerCode("the extension is switched off"),
    "1014": AnswerCode("the extension is not registered"),
    "1015": AnswerCode("the extension is in no call"),
    "1016": AnswerCode("the extension is switched on"),
    "1017": AnswerCode("the extension is registered"),
    "1018": AnswerCode("the caller ID is switched on"),
    "1019": AnswerCode("the caller ID is switched off", "Take another caller ID, or ask the carrier."),
    "1020": AnswerCode("the caller ID does not exist", "Correct the caller ID."),
    "1021": AnswerCode("the caller ID belongs to somebody else", "Correct the caller ID."),
    "1024": AnswerCode("the task does not exist"),
    "1025": AnswerCode("the task has not started"),
    "1026": AnswerCode("the task is running"),
    "1027": AnswerCode("the task is paused"),
    "1028": AnswerCode("the task is over"),
    "1029": AnswerCode("the file does not exist", "Compare its name with the carrier's console."),  # (c)
    "1031": AnswerCode("a policy of the carrier is set wrongly", _ASK),  # (c)
    "1032": AnswerCode("a policy of the carrier forbids it", _ASK),  # (c)
    "1033": AnswerCode("the carrier has no resources for this policy", _ASK),  # (c)
    "1200": AnswerCode("the extension is offline"),  # (c)
    "1201": AnswerCode("the extension is idle"),
    "1202": AnswerCode("the extension rings"),
    "1203": AnswerCode("the extension is off the hook"),
    "1204": AnswerCode("the extension is calling"),
    "1205": AnswerCode("the person called rejected the call"),
    "1208": AnswerCode("another reason", _ASK),  # (c)
    "1209": AnswerCode("outside of a call there is nothing to rate"),  # (c)
    "1210": AnswerCode("something is wrong with the queue"),
    "1211": AnswerCode("the queue does not exist or belongs to somebody else"),
    "1212": AnswerCode("the call was assigned and not answered"),
    "1213": AnswerCode("the extension waits to be assigned a call"),
    "1214": AnswerCode("the extension is being rung by the queue"),
    "1215": AnswerCode("the extension has answered a call of the queue"),
    "1216": AnswerCode("the extension has rejected a call of the queue"),
    "1217": AnswerCode("the extension has paused"),
    "1218": AnswerCode("the extension has joined the queue already"),
}

ENDINGS: Final[Mapping[str, Ending]] = {
    "10001": Ending("normal hang-up", Disposition.NO_ANSWER),
    "10002": Ending("call cancelled", Disposition.CANCELLED, HungUpBy.CALLER),
    "10003": Ending("rejected by the person called", Disposition.REJECTED, HungUpBy.CALLEE),
    "10004": Ending("the outbound line failed", Disposition.FAILED, HungUpBy.CARRIER),
    "10005": Ending("the person called did not answer in time", Disposition.NO_ANSWER),
    "10006": Ending("busy", Disposition.BUSY),
    "10007": Ending("ended by the carrier's server", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10008": Ending("extension not registered", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10009": Ending("number unreachable", Disposition.UNREACHABLE),  # (c)
    "10011": Ending("the carrier's timer ran out", Disposition.NO_ANSWER, HungUpBy.CARRIER),  # (c)
    "10012": Ending("callback error of an incoming call", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10013": Ending("extension does not exist", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10014": Ending("number not found", Disposition.UNREACHABLE),  # (c)
    "10015": Ending("request timed out", Disposition.NO_ANSWER, HungUpBy.CARRIER),  # (c)
    "10016": Ending("nobody answered", Disposition.NO_ANSWER),  # (c)
    "10017": Ending("call no longer valid", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10019": Ending("region of the number unknown", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10020": Ending("other reason, mostly not answered", Disposition.NO_ANSWER),  # (c)
    "10024": Ending("bad request", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10025": Ending("call forbidden", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10027": Ending("the person called has another number now", Disposition.UNREACHABLE),  # (c)
    "10028": Ending("call intercepted", Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10031": Ending("unknown", Disposition.UNKNOWN),  # (c)
    "10040": Ending("our side hung up", Disposition.NO_ANSWER, HungUpBy.CALLER),
    "10041": Ending("the person called hung up", Disposition.NO_ANSWER, HungUpBy.CALLEE),
}
VAGUE_ENDINGS: Final = frozenset({"", "10001", "10020", "10031", "10040", "10041"})  # the other code may say more
