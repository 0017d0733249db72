"""Bytes of a pushed bill -> records, however they came. The carrier's own samples of this push are not valid JSON.

Strict first: an object, a list of objects, or either of them under "data". Then tolerant: missing or superfluous
commas, single quotes, bare names, NaN, raw line breaks in texts, JSON within a JSON text, a form, wrong characters.
What is cut off is not repaired: half a bill would be a wrong bill.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

Record = Mapping[str, Any]

WRAPPERS: Final = ("data", "result", "bills")
DEEPEST_WRAPPING: Final = 5
DEEPEST_NESTING: Final = 50
BILL_FIELDS: Final = frozenset({"endtime", "duration", "billsec", "hangupcause"})  # what only an ended call has
STATE_FIELDS: Final = frozenset({"isbleg", "status"})  # page "Voice Menu": an extension rings, answers, hangs up


class Unreadable(Exception):
    """`str(error)` is a sentence that says why."""


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of a push, in order. `was_repaired`: it was not what it should be, or a part makes no sense."""

    records: tuple[Record, ...]
    was_repaired: bool


def read_records(body: bytes) -> Records:
    """All bills in the push, at least one. Raises Unreadable and nothing else, for any bytes."""
    document, was_repaired = _document(body)
    found = list(_objects(document))
    records = tuple(item for item in found if isinstance(item, dict) and BILL_FIELDS & item.keys())
    if not records:
        raise Unreadable(_why_nothing(found))
    return Records(records=records, was_repaired=was_repaired or len(records) < len(found))


def _document(body: bytes) -> tuple[Any, bool]:
    """What the body says, and whether it took more than a strict reading."""
    try:
        text = body.decode(json.detect_encoding(body))
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _read_tolerantly(body.decode("utf-8-sig", errors="replace")), True
    was_repaired = isinstance(document, str)
    for _ in range(DEEPEST_WRAPPING):
        if isinstance(document, str):
            document = _read_tolerantly(document)
    return document, was_repaired


def _objects(document: Any, depth: int = 0) -> Iterator[Any]:
    """The items that should be bills: those of a list, of a wrapper, or the document itself."""
    if isinstance(document, list):
        yield from document
        return
    if isinstance(document, dict) and depth < DEEPEST_WRAPPING and not BILL_FIELDS & document.keys():
        for name in WRAPPERS:
            inner = document.get(name)
            if isinstance(inner, str) and inner.strip()[:1] in ("{", "["):
                inner = _read_tolerantly(inner)
            if isinstance(inner, dict | list):
                yield from _objects(inner, depth + 1)
                return
    yield document


def _why_nothing(found: list[Any]) -> str:
    if any(isinstance(item, dict) and item.keys() >= STATE_FIELDS for item in found):
        return (
            "This tells the state of an extension, not a call's bill. In the carrier's console, "
            "leave the address for call states empty."
        )
    if not found or all(item in ({}, []) for item in found):
        return "It holds no call."
    return "It is readable, but nothing in it looks like a call."


# --- the tolerant reader ----------------------------------------------------------------------------------------


def _read_tolerantly(text: str) -> Any:
    text = text.strip().lstrip("\ufeff").rstrip("\0").strip()
    if not text:
        raise Unreadable("It is empty.")
    if text[0] in "{[\"'":
        return _TolerantReader(text).read()
    form = _form(text)
    if form is None:
        raise Unreadable("It is neither JSON nor a form.")
    return form


def _form(text: str) -> Any:
    """A form whose fields are the bill, or whose one field holds the JSON."""
    try:
        fields = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=100))
    except ValueError:
        return None
    for value in fields.values():
        if value.strip()[:1] in ("{", "["):
            return _TolerantReader(value.strip()).read()
    return fields


_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<mark>[{}\[\],:])
      | (?P<text>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')
      | (?P<word>[^\s{}\[\],:"']+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = {"true": True, "false": False}
_NOTHINGS: Final = frozenset({"null", "none", "nan", "infinity", "-infinity", "undefined"})
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")


class _TolerantReader:
    """Reads JSON that people and careless programs write. One pass, and no deeper than DEEPEST_NESTING."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def read(self) -> Any:
        """The whole text as one value. Raises Unreadable with the place where it makes no sense."""
        value = self._value(self._next(), depth=0)
        if self._text[self._position :].strip(" \t\r\n,;\0"):
            raise self._stuck()
        return value

    def _next(self) -> re.Match[str]:
        match = _TOKEN.match(self._text, self._position)
        if match is None:
            raise self._stuck()
        self._position = match.end()
        return match

    def _stuck(self) -> Unreadable:
        return Unreadable(f"It is not JSON and can't be repaired: it makes no sense at character {self._position + 1}.")

    def _value(self, token: re.Match[str], *, depth: int) -> Any:
        if depth > DEEPEST_NESTING:
            raise Unreadable("It is nested too deeply.")
        if token["text"]:
            return _unquoted(token["text"])
        if token["word"]:
            return _word(token["word"])
        if token["mark"] == "{":
            return self._object(depth)
        if token["mark"] == "[":
            return self._list(depth)
        raise self._stuck()

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (token := self._next())["mark"] != "}":
            if token["mark"] == ",":
                continue
            if token["mark"] or self._next()["mark"] != ":":
                raise self._stuck()
            found[_unquoted(token["text"]) if token["text"] else token["word"]] = self._value_or_nothing(depth)
        return found

    def _value_or_nothing(self, depth: int) -> Any:
        """A value, or None where a comma or the end stands in its place."""
        before = self._position
        token = self._next()
        if token["mark"] in (",", "}"):
            self._position = before
            return None
        return self._value(token, depth=depth + 1)

    def _list(self, depth: int) -> list[Any]:
        found = []
        while (token := self._next())["mark"] != "]":
            if token["mark"] != ",":
                found.append(self._value(token, depth=depth + 1))
        return found


def _unquoted(quoted: str) -> str:
    inner = quoted[1:-1]
    if quoted[0] == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"')
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        return inner


def _word(word: str) -> Any:
    lowered = word.lower()
    if lowered in _NOTHINGS:
        return None
    if lowered in _WORDS:
        return _WORDS[lowered]
    if _NUMBER.fullmatch(word):
        return float(word) if "." in word else int(word)
    return word
