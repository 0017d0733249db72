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
from dialer.translation import gettext_noop as _


class Consequence(Enum):
    """What an answer other than success means for the request."""

    REFUSED = auto()  # it was not done
    CREDENTIALS = auto()  # it was not done, and nothing will be until a person mends the account
    TOKEN_SPENT = auto()  # it was not done; a new login helps
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
    """A hang-up code. `disposition` counts for calls that were never answered.

    The meaning is kept in English with the call; whoever shows it translates it.
    """

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

_MEND_KEY: Final = _(
    "Compare appid and accesskey with what the carrier gave you, or ask the carrier to authorise them."
)
_ASK: Final = _("Ask the carrier.")

ANSWER_CODES: Final[Mapping[str, AnswerCode]] = {
    "400": AnswerCode(_("the request or one of its values is not valid"), _("Look at the values of the campaign.")),
    "500": AnswerCode(_("the carrier's server failed"), "", Consequence.DOUBTFUL),
    "600": AnswerCode(_("the token is not valid any more"), _("A new login is needed."), Consequence.TOKEN_SPENT),
    "601": AnswerCode(_("this appid is not authorised"), _MEND_KEY, Consequence.CREDENTIALS),
    "602": AnswerCode(_("the authorisation of this appid has ended"), _ASK, Consequence.CREDENTIALS),
    "603": AnswerCode(_("this service is not licensed for the account"), _ASK, Consequence.CREDENTIALS),
    "604": AnswerCode(
        _("the address of this server is not authorised"),
        _("Tell the carrier the public IP address of this server."),
        Consequence.CREDENTIALS,
    ),
    "1001": AnswerCode(_("the carrier could not reach its own server"), "", Consequence.DOUBTFUL),
    "1002": AnswerCode(_("the carrier's checks failed"), _("Look at the values of the campaign.")),
    "1003": AnswerCode(_("the carrier could not do it"), _("Compare the values of the campaign, or ask the carrier.")),
    "1010": AnswerCode(
        _("the token does not know an extension, perhaps a new one"),
        _("Clear the token on the account's page, then test the connection."),
    ),
    "1011": AnswerCode(_("the extension belongs to somebody else")),
    "1012": AnswerCode(_("the extension does not exist")),
    "1013": AnswerCode(_("the extension is switched off")),
    "1014": AnswerCode(_("the extension is not registered")),
    "1015": AnswerCode(_("the extension is in no call")),
    "1016": AnswerCode(_("the extension is switched on")),
    "1017": AnswerCode(_("the extension is registered")),
    "1018": AnswerCode(_("the caller ID is switched on")),
    "1019": AnswerCode(_("the caller ID is switched off"), _("Take another caller ID, or ask the carrier.")),
    "1020": AnswerCode(_("the caller ID does not exist"), _("Correct the caller ID.")),
    "1021": AnswerCode(_("the caller ID belongs to somebody else"), _("Correct the caller ID.")),
    "1024": AnswerCode(_("the task does not exist")),
    "1025": AnswerCode(_("the task has not started")),
    "1026": AnswerCode(_("the task is running")),
    "1027": AnswerCode(_("the task is paused")),
    "1028": AnswerCode(_("the task is over")),
    "1029": AnswerCode(_("the file does not exist"), _("Compare its name with the carrier's console.")),  # (c)
    "1031": AnswerCode(_("a policy of the carrier is set wrongly"), _ASK),  # (c)
    "1032": AnswerCode(_("a policy of the carrier forbids it"), _ASK),  # (c)
    "1033": AnswerCode(_("the carrier has no resources for this policy"), _ASK),  # (c)
    "1200": AnswerCode(_("the extension is offline")),  # (c)
    "1201": AnswerCode(_("the extension is idle")),
    "1202": AnswerCode(_("the extension rings")),
    "1203": AnswerCode(_("the extension is off the hook")),
    "1204": AnswerCode(_("the extension is calling")),
    "1205": AnswerCode(_("the person called rejected the call")),
    "1208": AnswerCode(_("another reason"), _ASK),  # (c)
    "1209": AnswerCode(_("outside of a call there is nothing to rate")),  # (c)
    "1210": AnswerCode(_("something is wrong with the queue")),
    "1211": AnswerCode(_("the queue does not exist or belongs to somebody else")),
    "1212": AnswerCode(_("the call was assigned and not answered")),
    "1213": AnswerCode(_("the extension waits to be assigned a call")),
    "1214": AnswerCode(_("the extension is being rung by the queue")),
    "1215": AnswerCode(_("the extension has answered a call of the queue")),
    "1216": AnswerCode(_("the extension has rejected a call of the queue")),
    "1217": AnswerCode(_("the extension has paused")),
    "1218": AnswerCode(_("the extension has joined the queue already")),
}

ENDINGS: Final[Mapping[str, Ending]] = {
    "10001": Ending(_("normal hang-up"), Disposition.NO_ANSWER),
    "10002": Ending(_("call cancelled"), Disposition.CANCELLED, HungUpBy.CALLER),
    "10003": Ending(_("rejected by the person called"), Disposition.REJECTED, HungUpBy.CALLEE),
    "10004": Ending(_("the outbound line failed"), Disposition.FAILED, HungUpBy.CARRIER),
    "10005": Ending(_("the person called did not answer in time"), Disposition.NO_ANSWER),
    "10006": Ending(_("busy"), Disposition.BUSY),
    "10007": Ending(_("ended by the carrier's server"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10008": Ending(_("extension not registered"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10009": Ending(_("number unreachable"), Disposition.UNREACHABLE),  # (c)
    "10011": Ending(_("the carrier's timer ran out"), Disposition.NO_ANSWER, HungUpBy.CARRIER),  # (c)
    "10012": Ending(_("callback error of an incoming call"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10013": Ending(_("extension does not exist"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10014": Ending(_("number not found"), Disposition.UNREACHABLE),  # (c)
    "10015": Ending(_("request timed out"), Disposition.NO_ANSWER, HungUpBy.CARRIER),  # (c)
    "10016": Ending(_("nobody answered"), Disposition.NO_ANSWER),  # (c)
    "10017": Ending(_("call no longer valid"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10019": Ending(_("region of the number unknown"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10020": Ending(_("other reason, mostly not answered"), Disposition.NO_ANSWER),  # (c)
    "10024": Ending(_("bad request"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10025": Ending(_("call forbidden"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10027": Ending(_("the person called has another number now"), Disposition.UNREACHABLE),  # (c)
    "10028": Ending(_("call intercepted"), Disposition.FAILED, HungUpBy.CARRIER),  # (c)
    "10031": Ending(_("unknown"), Disposition.UNKNOWN),  # (c)
    "10040": Ending(_("our side hung up"), Disposition.NO_ANSWER, HungUpBy.CALLER),
    "10041": Ending(_("the person called hung up"), Disposition.NO_ANSWER, HungUpBy.CALLEE),
}
VAGUE_ENDINGS: Final = frozenset({"", "10001", "10020", "10031", "10040", "10041"})  # the other code may say more
