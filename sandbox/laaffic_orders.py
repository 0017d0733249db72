"""The group call's parameters: each of the page's table, and the rules between them."""

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from sandbox.laaffic_answers import (
    LANGUAGE_UNKNOWN,
    NO_NUMBER,
    NO_TRIGGER,
    PARAMETER,
    TEXT_NEEDED,
    TOO_MUCH,
    Refused,
    Violation,
)
from sandbox.laaffic_values import (
    Parameter,
    base64_bytes,
    decimal,
    digits,
    file_name,
    inner,
    listed,
    local_moment,
    one_key,
    read_object,
    text,
    whole,
)
from sandbox.opening import clock_time
from sandbox.sound import NotAVoiceFile, check_playable

NUMBERS_LIMIT = 100_000
PAST_SECONDS = 3600  # a sendTime that lies further back was written in another zone
UPLOADED, RIDING, SPOKEN = 1, 2, 3  # values of source
AFTER_CALL, BY_KEY = 1, 2  # values of toSeatType
TEXTS = tuple(f"text{number}" for number in range(1, 11))
TRIGGERS = ("feedbackPush", "successPush", "failedPush", "ringPush")
LANGUAGES = {
    "VN", "EN", "JP", "ARB", "DE", "IN", "IT", "KR", "RU", "ES", "PT", "IDN", "BD", "TH",
}  # fmt: skip
VARIABLE = re.compile(r"\$\{([^}]*)\}")


def read_order(given: dict[str, Any]) -> dict[str, Any]:
    """A group call's parameters, checked. Raises Violation, or Refused for a language nobody speaks."""
    order = read_object(given, SEND)
    _check_voice(order)
    _check_message(order)
    _check_seat(order)
    _check_variables(order)
    return order


def _check_voice(order: dict[str, Any]) -> None:
    if order["source"] == UPLOADED:
        _demand(order, "voiceFileId", because="source is 1")
    elif order["source"] == RIDING:
        _demand(order, "uploadName", "baseFile", because="source is 2")
        try:
            check_playable(order["baseFile"], name=order["uploadName"])
        except NotAVoiceFile as error:
            raise Violation(f"baseFile: {error}") from error
    else:
        _demand(order, "text", "lan", because="source is 3", code=TEXT_NEEDED)
        if order["lan"] not in LANGUAGES:
            raise Refused(LANGUAGE_UNKNOWN)


def _check_message(order: dict[str, Any]) -> None:
    if not order["hangUpSms"]:
        return
    _demand(order, "smsAppId", "smsContent", *TRIGGERS, because="hangUpSms is 1")
    if not any(order[trigger] for trigger in TRIGGERS):
        raise Violation(f"none of {', '.join(TRIGGERS)} is 1", code=NO_TRIGGER)
    if order["feedbackPush"]:
        _demand(order, "feedbackValue", because="feedbackPush is 1")
    if order["successPush"]:
        _demand(order, "successPushTime", because="successPush is 1")


def _check_seat(order: dict[str, Any]) -> None:
    if not order["toSeat"]:
        return
    _demand(order, "sipGroupId", "outboundControl", "calloutRate", "toSeatType", because="toSeat is 1")
    if order["toSeatType"] == BY_KEY:
        _demand(order, "toSeatKey", because="toSeatType is 2")


def _check_variables(order: dict[str, Any]) -> None:
    """Each ${textN} of the message or the spoken text needs a value for everybody."""
    names: set[str] = set()
    if order["hangUpSms"]:
        names.update(VARIABLE.findall(order["smsContent"]))
    if order["source"] == SPOKEN:
        names.update(VARIABLE.findall(order["text"]))
    unknown = names - set(TEXTS)
    if unknown:
        raise Violation(f"there is no variable {', '.join(sorted(unknown))}")
    for person in order["numberInfoList"]:
        missing = [name for name in sorted(names) if not person[name]]
        if missing:
            raise Violation(f"{missing[0]} of {person['calleeNumber']} is missing, and the template uses it")


def _demand(order: dict[str, Any], *names: str, because: str, code: int = PARAMETER) -> None:
    for name in names:
        if order[name] is None:
            raise Violation(f"{name} is missing, and {because}", code=code)


def _people(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise TypeError("is no JSON list")
    if not value:
        raise Violation("numberInfoList is empty", code=NO_NUMBER)
    if len(value) > NUMBERS_LIMIT:
        raise Violation(f"numberInfoList holds {len(value)} people, at most {NUMBERS_LIMIT}", code=TOO_MUCH)
    people = [_person(item) for item in value]
    number, count = Counter(person["calleeNumber"] for person in people).most_common(1)[0]
    if count > 1:
        raise ValueError(f"holds {number} more than once")
    return people


def _send_time(value: Any) -> float:
    moment = local_moment(value)
    if moment < time.time() - PAST_SECONDS:
        raise ValueError(f"lies more than an hour in the past on the carrier's clock: {value!r}")
    return moment


def _period(value: Any) -> tuple[str, str]:
    given = _PERIOD(value)
    start, end = given["strTime"], given["endTime"]
    if start >= end:
        raise ValueError(f"holds a period that does not end after its start: {start} to {end}")
    return start, end


def _clock(value: Any) -> str:
    shown = str(text(0, 100)(value))
    clock_time(shown)
    return shown


_flag = whole(0, 1)
_PERIOD = inner(
    {"strTime": Parameter(read=_clock, is_required=True), "endTime": Parameter(read=_clock, is_required=True)},
    where="allowSendTime ",
)
_person: Callable[[Any], dict[str, Any]] = inner(
    {
        "calleeNumber": Parameter(read=digits(7, 15), is_required=True),
        **{name: Parameter(read=text(1, 30)) for name in TEXTS},
    },
    where="numberInfoList ",
)

SEND: dict[str, Parameter] = {
    "appId": Parameter(read=text(1, 64), is_required=True),
    "displayNum": Parameter(read=digits(0, 20), default=""),
    "taskName": Parameter(read=text(2, 64), is_required=True),
    "numberInfoList": Parameter(read=_people, is_required=True),
    "source": Parameter(read=whole(1, 3), is_required=True),
    "voiceFileId": Parameter(read=text(1, 128)),
    "uploadName": Parameter(read=file_name),
    "baseFile": Parameter(read=base64_bytes),
    "text": Parameter(read=text(1, 1000)),
    "lan": Parameter(read=text(1, 16)),
    "speakingRate": Parameter(read=decimal(0.25, 4)),
    "ssmlGender": Parameter(read=whole(1, 2)),
    "accent": Parameter(read=text(0, 64)),
    "sendTime": Parameter(read=_send_time),
    "loopCount": Parameter(read=whole(1, 9), is_required=True),
    "maxCalls": Parameter(read=whole(1, 999), is_required=True),
    "hangUpSms": Parameter(read=_flag, default=0),
    "smsAppId": Parameter(read=text(1, 64)),
    "smsContent": Parameter(read=text(1, 1000)),
    "senderId": Parameter(read=text(0, 32)),
    "feedbackPush": Parameter(read=_flag),
    "feedbackValue": Parameter(read=one_key),
    "successPush": Parameter(read=_flag),
    "successPushTime": Parameter(read=whole(0, 9999)),
    "failedPush": Parameter(read=_flag),
    "ringPush": Parameter(read=_flag),
    "toSeat": Parameter(read=_flag, default=0),
    "sipGroupId": Parameter(read=whole(1, 2**31 - 1)),
    "outboundControl": Parameter(read=whole(1, 1)),
    "calloutRate": Parameter(read=whole(1, 100)),
    "toSeatType": Parameter(read=whole(AFTER_CALL, BY_KEY)),
    "toSeatKey": Parameter(read=whole(0, 9)),
    "allowSendTime": Parameter(read=listed(_period, shortest=0, longest=3), default=[]),
    "maxRingingTime": Parameter(read=whole(20, 120), default=60),
    "delayPlay": Parameter(read=whole(0, 999), default=0),
    "delayHangup": Parameter(read=whole(0, 999), default=0),
    "delayTransfer": Parameter(read=whole(0, 999)),
}
