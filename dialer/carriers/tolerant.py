"""Bytes of a push -> the objects in it, however they came. Carriers' own samples are not always valid JSON.

Strict first: an object, a list of objects, or either of them under a wrapper such as "data". Then tolerant: missing or
superfluous commas, single quotes, bare names, NaN, raw line breaks in texts, JSON within a JSON text, a form, wrong
characters. What is cut off within an item is not repaired: half a bill would be a wrong bill.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl

from dialer.translation import gettext

DEEPEST_WRAPPING: Final = 5
DEEPEST_NESTING: Final = 50


class Unreadable(Exception):
    """`str(error)` is a sentence that says why."""


def read_document(body: bytes) -> tuple[Any, bool]:
    """What the body says, and whether it took more than a strict reading. Raises Unreadable and nothing else."""
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


def objects(document: Any, *, wrappers: Collection[str], is_one: Callable[[Any], bool]) -> Iterator[Any]:
    """The items that should be objects of the push: those of lists, of wrappers, or the document itself.

    `is_one` tells whether something is such an object already, so that a field called like a wrapper misleads nobody.
    """
    yield from _objects(document, wrappers, is_one, depth=0)


def _objects(document: Any, wrappers: Collection[str], is_one: Callable[[Any], bool], *, depth: int) -> Iterator[Any]:
    if isinstance(document, list) and depth < DEEPEST_WRAPPING:
        for item in document:
            yield from _objects(item, wrappers, is_one, depth=depth + 1)
        return
    if isinstance(document, dict) and depth < DEEPEST_WRAPPING and not is_one(document):
        for name in wrappers:
            inner = document.get(name)
            if isinstance(inner, str) and inner.strip()[:1] in ("{", "["):
                inner = _read_tolerantly(inner)
            if isinstance(inner, dict | list):
                yield from _objects(inner, wrappers, is_one, depth=depth + 1)
                return
    yield document


def _read_tolerantly(text: str) -> Any:
    text = text.strip().lstrip("\ufeff").rstrip("\0").strip()
    if not text:
        raise Unreadable(gettext("It is empty."))
    if text[0] in "{[\"'":
        return _TolerantReader(text).read()
    form = _form(text)
    if form is None:
        raise Unreadable(gettext("It is neither JSON nor a form."))
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
        sentence = gettext("It is not JSON and can't be repaired: it makes no sense at character %(place)s.")
        return Unreadable(sentence % {"place": self._position + 1})

    def _value(self, token: re.Match[str], *, depth: int) -> Any:
        if depth > DEEPEST_NESTING:
            raise Unreadable(gettext("It is nested too deeply."))
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
        found: list[Any] = []
        while not (depth == 0 and found and self._is_at_end()) and (token := self._next())["mark"] != "]":
            if token["mark"] != ",":
                found.append(self._value(token, depth=depth + 1))
        return found

    def _is_at_end(self) -> bool:
        """Whether only the outermost list's end is missing: its items are whole."""
        return not self._text[self._position :].strip(" \t\r\n,")


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
