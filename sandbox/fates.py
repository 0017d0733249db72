"""What becomes of a call and of a request: the two tables by which tests and demos choose.

A call's fate follows from the last two digits of the number, so a spreadsheet decides it. A request's
fate is ordered through the control API, once (`next`) or until cleared (`always`).
"""

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_RING_LIMIT_SECONDS = 30
DEFAULT_TALK_LIMIT_SECONDS = 60

CAUSE_NORMAL = 10001
CAUSE_REFUSED = 10003
CAUSE_LINE_FAILURE = 10004
CAUSE_TIMED_OUT = 10005
CAUSE_BUSY = 10006
CAUSE_UNREACHABLE = 10009
CAUSE_NOBODY_ANSWERED = 10016
CAUSE_OTHER = 10020
BY_CALLER = 10040
BY_CALLEE = 10041


class CallbackFate(StrEnum):
    """What happens to the push about one call."""

    NORMAL = "normal"
    LOST = "lost"
    DOUBLED = "doubled"
    LATE = "late"
    ODD = "odd"
    BROKEN = "broken"


class RecordingFate(StrEnum):
    """What happens when the recording of one call is asked for."""

    NORMAL = "normal"
    EXPIRED_LINK = "expired_link"
    TRUNCATED = "truncated"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, kw_only=True, slots=True)
class EndingRule:
    """The fate of all numbers whose last two digits lie in `first`..`last`."""

    first: int
    last: int
    says: str
    is_answered: bool = True
    cause: int = CAUSE_NORMAL
    key: str = ""
    talks_one_second: bool = False
    callback: CallbackFate = CallbackFate.NORMAL
    recording: RecordingFate = RecordingFate.NORMAL
    may_be_silent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How one call ended. Answered exactly when `talk_seconds` is above zero."""

    ring_seconds: int
    talk_seconds: int
    cause: int
    hung_up_by: int
    key: str
    callback: CallbackFate
    recording: RecordingFate
    may_be_silent: bool


ENDINGS = (
    EndingRule(first=0, last=39, says="answered, 4 to 40 s of talk, no key"),
    EndingRule(first=40, last=47, says="answered, key 1", key="1"),
    EndingRule(first=48, last=52, says="answered, key 2", key="2"),
    EndingRule(first=53, last=55, says="answered, key 9", key="9"),
    EndingRule(first=56, last=57, says="answered, key #", key="#"),
    EndingRule(first=58, last=59, says="answered, hangs up after 1 s", talks_one_second=True),
    EndingRule(first=60, last=69, says="busy (10006)", is_answered=False, cause=CAUSE_BUSY),
    EndingRule(first=70, last=76, says="no answer (10020)", is_answered=False, cause=CAUSE_OTHER),
    EndingRule(first=77, last=80, says="no answer (10005)", is_answered=False, cause=CAUSE_TIMED_OUT),
    EndingRule(first=81, last=84, says="no answer (10016)", is_answered=False, cause=CAUSE_NOBODY_ANSWERED),
    EndingRule(first=85, last=87, says="rejected (10003)", is_answered=False, cause=CAUSE_REFUSED),
    EndingRule(first=88, last=89, says="unreachable (10009)", is_answered=False, cause=CAUSE_UNREACHABLE),
    EndingRule(first=90, last=90, says="line failure (10004)", is_answered=False, cause=CAUSE_LINE_FAILURE),
    EndingRule(first=91, last=91, says="answered, callback lost", callback=CallbackFate.LOST),
    EndingRule(first=92, last=92, says="answered, callback sent twice", callback=CallbackFate.DOUBLED),
    EndingRule(first=93, last=93, says="answered, callback 120 s late", callback=CallbackFate.LATE),
    EndingRule(first=94, last=94, says="answered, first recording link has already expired",
               recording=RecordingFate.EXPIRED_LINK),
    EndingRule(first=95, last=95, says="answered, first fetch of the recording is cut short (hundreds digit even: "
               "connection drops; odd: a shorter file that looks whole)", recording=RecordingFate.TRUNCATED),
    EndingRule(first=96, last=96, says="answered, first two fetches of the recording answer 503",
               recording=RecordingFate.UNAVAILABLE),
    EndingRule(first=97, last=97, says="answered, key 2, callback in odd forms (numbers as text, nulls, older names)",
               key="2", callback=CallbackFate.ODD),
    EndingRule(first=98, last=98, says="answered, callback lacks commas and is not JSON",
               callback=CallbackFate.BROKEN),
    EndingRule(first=99, last=99, says="answered; with the switch silent_endings: never billed, never called back",
               may_be_silent=True),
)  # fmt: skip

_RULE_OF_DIGITS = {digits: rule for rule in ENDINGS for digits in range(rule.first, rule.last + 1)}


def ending_of(number: str, *, ring_limit_seconds: int, talk_limit_seconds: int, wants_key: bool) -> Ending:
    """The same number and limits always give the same ending. `number` has at least two digits."""
    rule = _RULE_OF_DIGITS[int(number[-2:])]
    variety = int(number[-4:])
    talk, is_cut = _talk(rule, variety=variety, limit=talk_limit_seconds)
    return Ending(
        ring_seconds=_ring(rule, variety=variety, limit=ring_limit_seconds),
        talk_seconds=talk,
        cause=rule.cause,
        hung_up_by=BY_CALLER if is_cut else BY_CALLEE,
        key=rule.key if wants_key else "",
        callback=rule.callback,
        recording=rule.recording,
        may_be_silent=rule.may_be_silent,
    )


def _talk(rule: EndingRule, *, variety: int, limit: int) -> tuple[int, bool]:
    if not rule.is_answered:
        return 0, False
    wanted = 1 if rule.talks_one_second else 4 + variety * 7 % 37
    return min(wanted, limit), wanted > limit


def _ring(rule: EndingRule, *, variety: int, limit: int) -> int:
    if rule.cause in (CAUSE_OTHER, CAUSE_TIMED_OUT, CAUSE_NOBODY_ANSWERED):
        return limit
    if rule.cause in (CAUSE_LINE_FAILURE, CAUSE_UNREACHABLE):
        return variety % 2
    return min(2 + variety % 13, limit)


class Moment(StrEnum):
    """When a request's fate strikes: before the request has any effect, or after."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestRule:
    """One kind of request fate. `argument` names what stands behind the colon, empty for none."""

    name: str
    moment: Moment
    says: str
    argument: str = ""


REQUEST_RULES = (
    RequestRule(name="drop_before_accept", moment=Moment.BEFORE, says="closes the connection, nothing is done"),
    RequestRule(name="timeout_before_accept", moment=Moment.BEFORE, says="never answers, nothing is done"),
    RequestRule(name="http_500_before_accept", moment=Moment.BEFORE, says="HTTP 500, nothing is done"),
    RequestRule(name="html_before_accept", moment=Moment.BEFORE, says="HTTP 200 with HTML, nothing is done"),
    RequestRule(name="refuse", moment=Moment.BEFORE, argument="code",
                says="global error, such as refuse:601; for Laaffic its code, such as refuse:-37; "
                "for a recording the HTTP status"),
    RequestRule(name="fail", moment=Moment.BEFORE, argument="code",
                says="data.status 1, such as fail:1003; for Laaffic the same as refuse"),
    RequestRule(name="invalidate_tokens", moment=Moment.BEFORE, says="forgets all tokens, then answers as usual"),
    RequestRule(name="drop_after_accept", moment=Moment.AFTER, says="does it, closes without an answer"),
    RequestRule(name="timeout_after_accept", moment=Moment.AFTER, says="does it, never answers"),
    RequestRule(name="http_500_after_accept", moment=Moment.AFTER, says="does it, answers HTTP 500"),
    RequestRule(name="html_after_accept", moment=Moment.AFTER, says="does it, answers HTTP 200 with HTML"),
    RequestRule(name="slow", moment=Moment.AFTER, argument="seconds", says="does it, answers late, such as slow:5"),
    RequestRule(name="callback_before_answer", moment=Moment.AFTER,
                says="dials, and answers only after the first callback of this batch"),
)  # fmt: skip

_RULE_OF_NAME = {rule.name: rule for rule in REQUEST_RULES}


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestFate:
    """One ordered fate. `argument` is the number behind the colon, 0 when the rule takes none."""

    name: str
    moment: Moment
    argument: float = 0


def read_request_fate(text: str) -> RequestFate:
    """Understand `name` or `name:number`. Raises ValueError with a sentence."""
    name, _, argument = text.partition(":")
    rule = _RULE_OF_NAME.get(name)
    if rule is None:
        raise ValueError(f"no request fate is called {name!r}; there are {', '.join(_RULE_OF_NAME)}")
    if bool(rule.argument) != bool(argument):
        raise ValueError(f"{name} takes {rule.argument or 'no argument'}, got {text!r}")
    return RequestFate(name=name, moment=rule.moment, argument=float(argument or 0))


def tables_as_text() -> str:
    """Both tables for a terminal."""
    calls = [f"  {rule.first:02}-{rule.last:02}  {rule.says}" for rule in ENDINGS]
    requests = [f"  {_written(rule):24}  {rule.says}" for rule in REQUEST_RULES]
    return "\n".join(["Last two digits of the number:", *calls, "", "Fates of a request:", *requests, ""])


def _written(rule: RequestRule) -> str:
    return f"{rule.name}:{rule.argument}" if rule.argument else rule.name
