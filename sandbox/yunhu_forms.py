"""Yunhu's parameters: which each service demands and how each is read. From the carrier's API book."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.opening import CARRIER_ZONE
from sandbox.people import CODES

NUMBERS_LIMIT = 5000

KEYS = tuple("0123456789*#")

LOGIN = "App.Sip_Auth.Login"
LOGOUT = "App.Sip_Auth.Logout"
PLAY_VOICE = "App.Sip_Call.PlayVoice"
GET_BILL = "App.Sip_Cdr.GetBill"
GET_RECORDING = "App.Sip_Cdr.GetRecodeFile"


class Violation(ValueError):
    """The client broke a rule of the pages; the message is a sentence that names the rule."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter. `default` counts only for optional ones."""

    read: Callable[[str], Any]
    is_required: bool = True
    default: Any = ""


def read_parameters(service: str, form: dict[str, str]) -> dict[str, Any]:
    """All parameters of `service` with their values. Raises Violation for the first rule that is broken."""
    parameters = VOICE_MENU if is_voice_menu(form) else SERVICES[service]
    unknown = form.keys() - parameters.keys() - {"service"}
    if unknown:
        raise Violation(f"{service} knows no parameter {', '.join(sorted(unknown))}")
    return {name: _value(name, parameter, form) for name, parameter in parameters.items()}


def is_voice_menu(form: dict[str, str]) -> bool:
    """Whether it is the PlayVoice for one number: with a token instead of appid and accesskey."""
    return form.get("service") == PLAY_VOICE and "token" in form and not form.keys() & _CREDENTIALS.keys()


def _value(name: str, parameter: Parameter, form: dict[str, str]) -> Any:
    if name not in form:
        if parameter.is_required:
            raise Violation(f"the required parameter {name} is missing")
        return parameter.default
    try:
        return parameter.read(form[name])
    except ValueError as error:
        raise Violation(f"{name} {error}") from error


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value


def _text_or_empty(value: str) -> str:
    return value


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not (value.isascii() and value.isdigit()):
            raise ValueError(f"is no whole number: {value!r}")
        if not lowest <= int(value) <= highest:
            raise ValueError(f"is {value}, not within {lowest} to {highest}")
        return int(value)

    return read


def _moment(value: str) -> int:
    """Epoch seconds of a time of the wire."""
    try:
        moment = datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CARRIER_ZONE)
    except ValueError as error:
        raise ValueError(f"is not of the form yyyy-mm-dd hh:mm:ss: {value!r}") from error
    return int(moment.timestamp())


def _country(value: str) -> str:
    if value not in CODES:
        raise ValueError(f"{value!r} is none of {', '.join(CODES)}")
    return value


def _number(value: str) -> str:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"holds something else than digits: {value!r}")
    if not 5 <= len(value) <= 15:
        raise ValueError(f"has {len(value)} digits: {value!r}")
    return value


def _number_or_empty(value: str) -> str:
    return _number(value) if value else value


def _numbers(value: str) -> tuple[str, ...]:
    numbers = tuple(map(_number, value.split(",")))
    if len(numbers) > NUMBERS_LIMIT:
        raise ValueError(f"holds {len(numbers)} numbers, at most {NUMBERS_LIMIT} are allowed")
    if len(set(numbers)) != len(numbers):
        twice, _ = Counter(numbers).most_common(1)[0]
        raise ValueError(f"holds {twice} more than once")
    return numbers


def _transfer(value: str) -> tuple[str, str]:
    """Key and group of `key@group`; the key is empty where the group stands alone."""
    key, at, group = value.rpartition("@")
    if not group.strip():
        raise ValueError(f"names no extension group: {value!r}")
    if at and key not in KEYS:
        raise ValueError(f"names no key before the @: {value!r}")
    return key, group


_TOKEN = Parameter(read=_text)
_FILTER = Parameter(read=_text_or_empty)
_OPTIONAL_TEXT = Parameter(read=_text_or_empty, is_required=False)
_CREDENTIALS = {"appid": Parameter(read=_text), "accesskey": Parameter(read=_text)}
_CALL = {
    "voicetype": Parameter(read=_whole(1, 2)),
    "voicefile": Parameter(read=_text),
    "disnumber": Parameter(read=_number_or_empty, is_required=False),
    "customuuid": _OPTIONAL_TEXT,
    "waittime": Parameter(read=_whole(1, 600), is_required=False, default=None),
    "conntime": Parameter(read=_whole(1, 3600), is_required=False, default=None),
}

VOICE_MENU: dict[str, Parameter] = {
    "token": _TOKEN,
    **_CALL,
    "destnumber": Parameter(read=_number),
    "chengshudu": Parameter(read=_text),
    "userid": Parameter(read=_transfer),
    "ext": _OPTIONAL_TEXT,
}

SERVICES: dict[str, dict[str, Parameter]] = {
    LOGIN: _CREDENTIALS,
    LOGOUT: {"token": _TOKEN},
    GET_RECORDING: {"token": _TOKEN, "filename": Parameter(read=_text)},
    GET_BILL: {
        "token": _TOKEN,
        "starttime": Parameter(read=_moment),
        "endtime": Parameter(read=_moment),
        "syncflag": Parameter(read=_whole(1, 3)),
        "direction": Parameter(read=_whole(1, 3)),
        "callmethod": Parameter(read=_whole(0, 6)),
        "currentpage": Parameter(read=_whole(1, 10**9)),
        "itemsperpage": Parameter(read=_whole(1, 1000)),
        "extnumber": _FILTER,
        "destnumber": _FILTER,
        "userid": _FILTER,
        "memberid": _FILTER,
        "chengshudu": _OPTIONAL_TEXT,
        "customuuid": _OPTIONAL_TEXT,
    },
    PLAY_VOICE: {
        **_CREDENTIALS,
        **_CALL,
        "nationcode": Parameter(read=_country),
        "destnumber": Parameter(read=_numbers),
        "userkey": Parameter(read=_whole(0, 1), is_required=False, default=0),
        "chengshudu": _OPTIONAL_TEXT,
        "todayonly": Parameter(read=_whole(1, 2), is_required=False, default=1),
    },
}
