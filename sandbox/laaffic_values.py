"""How Laaffic's JSON values are read. A wrong JSON type is a TypeError, a wrong value a ValueError."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.laaffic_answers import PARAMETER, Violation
from sandbox.opening import CARRIER_ZONE

SUFFIXES = (".mp3", ".m4a", ".wav")

Read = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter. null and "" count as left out where it is optional."""

    read: Read
    is_required: bool = False
    default: Any = None


def parse(body: bytes) -> dict[str, Any]:
    """The body's JSON object. Raises Violation, also for a name that is given twice."""
    try:
        given = json.loads(body.decode("utf-8"), object_pairs_hook=_each_once)
    except ValueError as error:
        raise Violation(f"the body is not JSON: {error}", code=PARAMETER) from error
    if not isinstance(given, dict):
        raise Violation("the body is not a JSON object", code=PARAMETER)
    return given


def read_object(given: dict[str, Any], parameters: dict[str, Parameter], *, where: str = "") -> dict[str, Any]:
    """All of `parameters` with their values. Raises Violation for the first rule that is broken."""
    unknown = given.keys() - parameters.keys()
    if unknown:
        raise Violation(f"{where}there is no parameter {', '.join(sorted(unknown))}", code=PARAMETER)
    return {name: _value(where + name, parameter, given.get(name)) for name, parameter in parameters.items()}


def _value(name: str, parameter: Parameter, value: Any) -> Any:
    if value is None or (value == "" and not parameter.is_required):
        if parameter.is_required:
            raise Violation(f"the required parameter {name} is missing", code=PARAMETER)
        return parameter.default
    try:
        return parameter.read(value)
    except TypeError as error:
        raise Violation(f"{name} {error}", code=PARAMETER) from error
    except Violation:
        raise
    except ValueError as error:
        raise Violation(f"{name} {error}") from error


def text(shortest: int, longest: int) -> Read:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"is no JSON string: {value!r}")
        if not shortest <= len(value) <= longest:
            raise ValueError(f"has {len(value)} characters, not {shortest} to {longest}")
        return value

    return read


def digits(shortest: int, longest: int) -> Read:
    read_text = text(0, 1000)

    def read(value: Any) -> str:
        if not (read_text(value).isascii() and value.isdigit()):
            raise ValueError(f"holds something else than digits: {value!r}")
        if not shortest <= len(value) <= longest:
            raise ValueError(f"has {len(value)} digits, not {shortest} to {longest}: {value!r}")
        return str(value)

    return read


def whole(lowest: int, highest: int) -> Read:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"is no whole JSON number: {value!r}")
        if not lowest <= value <= highest:
            raise ValueError(f"is {value}, not within {lowest} to {highest}")
        return value

    return read


def decimal(lowest: float, highest: float) -> Read:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"is no JSON number: {value!r}")
        if not lowest <= value <= highest:
            raise ValueError(f"is {value}, not within {lowest} to {highest}")
        return value

    return read


def listed(read: Read, *, shortest: int, longest: int) -> Read:
    def read_list(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise TypeError("is no JSON list")
        if not shortest <= len(value) <= longest:
            raise ValueError(f"has {len(value)} entries, not {shortest} to {longest}")
        return [read(item) for item in value]

    return read_list


def inner(parameters: dict[str, Parameter], *, where: str) -> Read:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise TypeError("is no JSON object")
        return read_object(value, parameters, where=where)

    return read


def one_key(value: Any) -> str:
    """A key of the telephone: the table says text, the page's own sample sends a number."""
    shown = str(value) if isinstance(value, int) and not isinstance(value, bool) else text(1, 1)(value)
    return str(digits(1, 1)(shown))


def local_moment(value: Any) -> float:
    """Epoch seconds of yyyy-MM-dd HH:mm:ss on the carrier's clock."""
    shown = text(0, 100)(value)
    try:
        return datetime.strptime(shown, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CARRIER_ZONE).timestamp()
    except ValueError as error:
        raise ValueError(f"is not of the form yyyy-MM-dd HH:mm:ss: {shown!r}") from error


def zoned_moment(value: Any) -> float:
    """Epoch seconds of an ISO 8601 time with its offset."""
    shown = text(0, 100)(value)
    try:
        moment = datetime.fromisoformat(shown)
    except ValueError as error:
        raise ValueError(f"is no ISO 8601 time: {shown!r}") from error
    if moment.tzinfo is None or "T" not in shown:
        raise ValueError(f"has no offset, or no T before the time: {shown!r}")
    return moment.timestamp()


def file_name(value: Any) -> str:
    name = text(5, 32)(value)
    if not name.endswith(SUFFIXES):
        raise ValueError(f"ends in none of {', '.join(SUFFIXES)}: {name!r}")
    return str(name)


def base64_bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError("is no JSON string")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(f"is not base64: {error}") from error


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given more than once")
    return found
