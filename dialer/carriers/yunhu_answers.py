"""Yunhu's answers -> what they mean for the request. Three envelopes, numbers as numbers or as texts.

=============  ===============================================  ==================================================
service        success                                          failure
=============  ===============================================  ==================================================
batch          `code` 200                                       not documented
token          `ret` 200 and `data.status` 0, `data.result`     `ret` other than 200 with `msg`; or `ret` 200,
                                                                `data.status` 1 and `data.errors.code`
=============  ===============================================  ==================================================

Either envelope is understood for either service. What is neither a clear yes nor a clear no is an unknown outcome:
a launch that is called refused may be launched again for the same people.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dialer.carriers.answered import answered
from dialer.carriers.contract import BadCredentials, CarrierError, OutcomeUnknown, Refused, TryLater
from dialer.carriers.values import text, whole
from dialer.carriers.yunhu_codes import ANSWER_CODES, AnswerCode, Consequence
from dialer.translation import gettext

SUCCESS: Final = 200
SUCCESS_ELSEWHERE: Final = (0, 1)  # how other services of the carrier say yes, in `code`
LONGEST_CODE: Final = 20  # characters
LONGEST_WORDS: Final = 300  # characters of the carrier's own words in a sentence


class TokenSpent(Refused):
    """The token is not valid any more; a renewed one may be."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An answer, read. `is_yes` is None if it says neither yes nor no."""

    is_yes: bool | None
    code: str
    words: str
    result: Any


def read(document: Mapping[str, Any]) -> Verdict:
    """Understand any envelope; never raises."""
    tops = [whole(document.get(name)) for name in ("ret", "code") if name in document]
    inner = document.get("data")
    inner = inner if isinstance(inner, dict) else {}
    errors = inner.get("errors")
    errors = errors if isinstance(errors, dict) else {}
    return Verdict(
        is_yes=_is_yes(tops, inner, is_token_service="ret" in document),
        code=text(errors.get("code"))[:LONGEST_CODE]
        or next((str(top) for top in tops if top not in (None, SUCCESS)), ""),
        words=_first_text(errors.get("codemsg"), document.get("msg"), inner.get("desc")),
        result=inner.get("result"),
    )


def with_words(document: Mapping[str, Any], mask: Callable[[str], str]) -> Mapping[str, Any]:
    """The document with the carrier's own words masked, before anybody cuts or quotes them."""

    def masked(part: Mapping[str, Any], *names: str) -> dict[str, Any]:
        return {**part, **{name: mask(part[name]) for name in names if isinstance(part.get(name), str)}}

    found = masked(document, "msg")
    inner = found.get("data")
    if isinstance(inner, dict):
        found["data"] = inner = masked(inner, "desc")
        if isinstance(inner.get("errors"), dict):
            inner["errors"] = masked(inner["errors"], "codemsg")
    return found


def accepted_message(document: Mapping[str, Any]) -> str:
    """What the carrier said to a batch that it took. Raises CarrierError if it did not clearly say yes."""
    verdict = read(document)
    if verdict.is_yes:
        inner = document.get("data")
        return _first_text(inner.get("desc") if isinstance(inner, dict) else "", document.get("msg"))
    raise _error(verdict, is_launch=True)


def result(document: Mapping[str, Any]) -> Any:
    """`data.result` of a token service. Raises CarrierError, TokenSpent among them."""
    verdict = read(document)
    if verdict.is_yes:
        return verdict.result
    raise _error(verdict, is_launch=False)


def as_bad_credentials(error: Refused) -> Refused:
    """A refused login as what it is, whatever its code: the account's credentials are not accepted."""
    return error if isinstance(error, BadCredentials | TryLater) else BadCredentials(str(error), code=error.code)


def _is_yes(tops: list[int | None], inner: Mapping[str, Any], *, is_token_service: bool) -> bool | None:
    if not tops or None in tops:
        return None
    if SUCCESS not in tops:
        return None if not is_token_service and tops[0] in SUCCESS_ELSEWHERE else False
    if any(top != SUCCESS for top in tops):
        return None
    if "status" in inner:
        status = whole(inner["status"])
        return status == 0 if status in (0, 1) else None
    return None if is_token_service else True


def _error(verdict: Verdict, *, is_launch: bool) -> CarrierError:
    if verdict.is_yes is None and not (verdict.code or verdict.words):
        return OutcomeUnknown(gettext("The address does not answer like the carrier: check it."))
    known = ANSWER_CODES.get(verdict.code, AnswerCode(""))
    words = verdict.words[:LONGEST_WORDS]
    sentence = answered(verdict.code, words, meaning=known.meaning, advice=known.advice)
    if verdict.is_yes is None:
        unclear = gettext("The carrier's answer is neither yes nor no.")
        return OutcomeUnknown(f"{unclear} {sentence}", code=verdict.code)
    if known.consequence is Consequence.DOUBTFUL:
        if is_launch:
            return OutcomeUnknown(sentence, code=verdict.code)
        return TryLater(sentence, code=verdict.code)
    kind = {Consequence.CREDENTIALS: BadCredentials, Consequence.TOKEN_SPENT: TokenSpent}.get(
        known.consequence, Refused
    )
    return kind(sentence, code=verdict.code)


def _first_text(*values: Any) -> str:
    return next((found for value in values if (found := text(value))), "")
