"""Laaffic's answers -> what they mean for the request. Two envelopes that get mixed, zeros as numbers or as texts.

==========================  ================================  =============
service                     number                            words
==========================  ================================  =============
group calls                 `code`, 0 means yes               `msg`
all others                  `status`, 0 means yes             `reason`
==========================  ================================  =============

Either spelling is understood from either service. A negative number is a no; what is neither a clear yes nor a clear
no is an unknown outcome: a launch that is called refused may be launched again for the same people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from dialer.carriers.answered import answered
from dialer.carriers.contract import (
    AlreadyTaken,
    BadCredentials,
    Balance,
    CarrierError,
    OutcomeUnknown,
    Refused,
    TryLater,
)
from dialer.carriers.laaffic_codes import ANSWER_CODES, SUCCESS, AnswerCode, Consequence
from dialer.carriers.values import LONGEST_CODE, LONGEST_TEXT, amount, text, whole
from dialer.translation import gettext

NUMBERS: Final = ("code", "status")
WORDS: Final = ("msg", "reason", "message")
KEY_NAMES: Final = ("keyId", "taskId", "jobId", "fileId", "id")
LIST_NAMES: Final = ("records", "list", "rows", "data")
LONGEST_WORDS: Final = 300  # characters of the carrier's own words in a sentence


class SignatureOutdated(Refused):
    """The signature's time is not accepted, so nothing was done; a fresh one may be accepted."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An answer, read. `is_yes` is None if it says neither yes nor no."""

    is_yes: bool | None
    code: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list, and how many items and parts there are in all if the carrier says so."""

    items: tuple[Mapping[str, Any], ...]
    total: int | None = None
    page_count: int | None = None


def read(document: Mapping[str, Any]) -> Verdict:
    """Understand any envelope; never raises."""
    told = [document[name] for name in NUMBERS if document.get(name) not in (None, "")]
    numbers = {None if isinstance(value, bool) else whole(value) for value in told}
    number = numbers.pop() if len(numbers) == 1 else None
    is_yes = None
    if number is not None and number <= SUCCESS:
        is_yes = number == SUCCESS
    shown = next((found for value in told if (found := text(value)) not in ("", str(SUCCESS))), "")
    return Verdict(
        is_yes=is_yes,
        code=shown[:LONGEST_CODE],
        words=next((found for name in WORDS if (found := text(document.get(name)))), ""),
    )


def yes(document: Mapping[str, Any], *, makes_batch: bool = False, makes_something: bool = False) -> str:
    """The carrier's words of a clear yes. Raises CarrierError otherwise, SignatureOutdated among them.

    `makes_batch`: a breakdown leaves open whether it was taken. `makes_something`: "exists already" is AlreadyTaken,
    while the same number means something else elsewhere.
    """
    verdict = read(document)
    if verdict.is_yes:
        return verdict.words
    raise _error(verdict, makes_batch=makes_batch, makes_something=makes_something)


def key_of(document: Mapping[str, Any]) -> str:
    """What `data` names: a number or a text, alone or in an object; "" if it names nothing."""
    found = document.get("data")
    if isinstance(found, Mapping):
        found = next((found[name] for name in KEY_NAMES if text(found.get(name))), None)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return "" if isinstance(found, bool | Mapping) else text(found)[:LONGEST_TEXT]


def object_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object in `data`, also if it stands there in a list; an empty one if there is none."""
    found = document.get("data")
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return found if isinstance(found, Mapping) else {}


def page_of(document: Mapping[str, Any]) -> Page:
    """The items in `data`, or no items. Raises OutcomeUnknown for what is no list of objects."""
    found = document.get("data")
    is_nothing = found in (None, "", {}, [])
    holder = found if isinstance(found, Mapping) and not is_nothing else document
    items = found if isinstance(found, list) else _list_in(holder)
    if items is None and is_nothing:
        items = []
    if items is None or not all(isinstance(item, Mapping) for item in items):
        raise OutcomeUnknown(gettext("The carrier's list can't be read."))
    return Page(items=tuple(items), total=whole(holder.get("total")), page_count=whole(holder.get("pages")))


def balance_of(document: Mapping[str, Any]) -> Balance:
    """The balance at the top or in `data`. Raises OutcomeUnknown if there is none; gift and credit may be missing."""
    inner = object_of(document)
    holder = inner if "balance" in inner else document
    left = amount(holder.get("balance"))
    if left is None:
        raise OutcomeUnknown(gettext("The carrier's balance can't be read."))
    none = Decimal(0)
    return Balance(amount=left, gift=amount(holder.get("gift")) or none, credit=amount(holder.get("credit")) or none)


def _list_in(holder: Mapping[str, Any]) -> list[Any] | None:
    lists = [holder[name] for name in LIST_NAMES if isinstance(holder.get(name), list)]
    if lists:
        return list(lists[0])
    return [] if whole(holder.get("total")) == 0 or any(holder.get(name, "") is None for name in LIST_NAMES) else None


def _error(verdict: Verdict, *, makes_batch: bool, makes_something: bool) -> CarrierError:
    if verdict.is_yes is None and not (verdict.code or verdict.words):
        return OutcomeUnknown(gettext("The address does not answer like the carrier: check it."))
    known = ANSWER_CODES.get(verdict.code, AnswerCode(""))
    sentence = answered(verdict.code, verdict.words, meaning=known.meaning, advice=known.advice)
    if verdict.is_yes is None:
        unclear = gettext("The carrier's answer is neither yes nor no.")
        return OutcomeUnknown(f"{unclear} {sentence}", code=verdict.code)
    kind: type[CarrierError] = _KINDS.get(known.consequence, Refused)
    if known.consequence is Consequence.TAKEN and not makes_something:
        kind = Refused
    if known.consequence is Consequence.DOUBTFUL and makes_batch:
        kind = OutcomeUnknown
    return kind(sentence, code=verdict.code)


_KINDS: Final[Mapping[Consequence, type[CarrierError]]] = {
    Consequence.CREDENTIALS: BadCredentials,
    Consequence.LATER: TryLater,
    Consequence.SIGN_AGAIN: SignatureOutdated,
    Consequence.TAKEN: AlreadyTaken,
    Consequence.DOUBTFUL: TryLater,
}
