"""What an exchange, a message or a log line may show: no secret, no link, no whole phone number."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlsplit

from dialer.phone import masked as masked_number

HIDDEN: Final = "•••"
LONGEST_TEXT: Final = 4_000  # characters kept of a request or an answer
LONGEST_FIELD: Final = 200  # characters kept of one field of a request
MOST_ITEMS: Final = 3  # kept of a list in a request
MOST_NAMES: Final = 100  # kept of an object in a request
DEEPEST: Final = 10  # levels kept of a request
MARGIN: Final = 64  # characters; longer than a reference, and than the digits that make a number one
SHORTEST_SECRET: Final = 4  # characters; shorter ones would be found everywhere and hidden nowhere but in their field


class Mask:
    """Hides values that it knows, fields by their names, and everything that looks like a phone number."""

    def __init__(self) -> None:
        self._spellings: set[str] = set()

    def learn(self, *secrets: str) -> None:
        """These values show nowhere from now on, in no spelling that JSON, URLs or forms have for them."""
        for secret in secrets:
            if len(secret) >= SHORTEST_SECRET:
                self._spellings.update(_spellings(secret))

    def text(self, text: str, *, names: Collection[str] = ()) -> str:
        """`text` for anybody's eyes; the values of fields called `names` are hidden even if they are unknown."""
        text = text.replace("\0", "").encode(errors="replace").decode()  # no database keeps NUL or half a character
        for spelling in sorted(self._spellings, key=len, reverse=True):
            text = text.replace(spelling, HIDDEN)
        if names:
            text = _field_pattern(names).sub(rf"\g<lead>{HIDDEN}", text)
        return _NUMBER.sub(_hide_number, text)

    def beginning(self, text: str, length: int, *, names: Collection[str] = ()) -> str:
        """The first `length` characters of a masked text, and how many there were. Fast for a text of any length.

        What a first cut may leave of a secret or a number lies in its last characters, and those are dropped after
        masking: so no cut uncovers half of anything.
        """
        margin = self._margin()
        if len(text) <= length + 2 * margin:
            return _beginning(self.text(text, names=names), length)
        shown = self.text(text[: length + 2 * margin], names=names)[:-margin]
        return f"{shown[:length]}{_how_long(text)}"

    def answer(self, text: str, *, names: Collection[str] = ()) -> str:
        """The beginning of a masked answer."""
        return self.beginning(text, LONGEST_TEXT, names=names)

    def document(self, document: Mapping[str, Any], *, names: Collection[str] = ()) -> str:
        """The beginning of a JSON request: of each list a few items, of each text the first words."""
        hidden = frozenset(name.lower() for name in names)
        return _beginning(json.dumps(self._shown(document, hidden, depth=0), ensure_ascii=False), LONGEST_TEXT)

    def form(self, fields: Mapping[str, str], *, names: Collection[str] = ()) -> str:
        """A form's fields, one in a line."""
        lines = (f"{name}={HIDDEN if name in names and value else value}" for name, value in fields.items())
        return _beginning("\n".join(_beginning(self.text(line), LONGEST_FIELD) for line in lines), LONGEST_TEXT)

    def address(self, url: str) -> str:
        """Scheme, host and path: a query or user info may hold a secret."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return HIDDEN
        query = f"?{HIDDEN}" if parts.query else ""
        return self.text(f"{origin(url)}{parts.path}{query}")

    def _shown(self, value: Any, hidden: frozenset[str], *, depth: int) -> Any:
        if depth > DEEPEST:
            return HIDDEN
        if isinstance(value, Mapping):
            return {
                self.beginning(name, LONGEST_FIELD): HIDDEN
                if name.lower() in hidden and item
                else self._shown(item, hidden, depth=depth + 1)
                for name, item in islice(value.items(), MOST_NAMES)
            }
        if isinstance(value, list | tuple):
            shown = [self._shown(item, hidden, depth=depth + 1) for item in value[:MOST_ITEMS]]
            return [*shown, f"… ({len(value):,} items)"] if len(value) > MOST_ITEMS else shown
        if isinstance(value, str):
            return self.beginning(value, LONGEST_FIELD, names=hidden)
        plain = value is None or isinstance(value, bool)
        return value if plain or self.text(str(value)) == str(value) else self.text(str(value))

    def _margin(self) -> int:
        longest = max(map(len, self._spellings), default=0)
        return MARGIN + longest + longest // 4  # a masked number may be longer than it was, by one in eight


def origin(url: str) -> str:
    """Scheme, host and port: all of a secret address that may be told."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return HIDDEN


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret)[1:-1].replace("/", r"\/")  # as PHP writes JSON
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]


# A whole UUID or its 32 hex digits stay: they are references, which operators look for.
_NUMBER: Final = re.compile(
    r"(?P<reference>(?<![0-9A-Za-z])(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9A-Za-z]))"
    r"|\+[0-9](?:[ ().-]{0,2}[0-9]){6,}"
    r"|[0-9]{7,}",
    re.ASCII,
)


def _hide_number(match: re.Match[str]) -> str:
    return match[0] if match["reference"] and not match[0].isdigit() else masked_number(match[0])


def _field_pattern(names: Collection[str]) -> re.Pattern[str]:
    """`"name": value` as JSON has it, also in JSON within a JSON text, also without its end."""
    spelled = "|".join(sorted(re.escape(name) for name in names))
    in_json_text = r'\\+"[^"]*"?'
    in_json = r'"(?:[^"\\]|\\.)*"?'
    bare = r'[^\s,"}\]]+'
    return re.compile(
        rf'(?P<lead>\\*"(?:{spelled})\\*"\s*:\s*)(?:{in_json_text}|{in_json}|{bare})', re.IGNORECASE | re.DOTALL
    )


def _beginning(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[:length]}{_how_long(text)}"


def _how_long(text: str) -> str:
    return f"… ({len(text):,} characters)"
