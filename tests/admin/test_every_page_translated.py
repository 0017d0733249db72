"""No page says anything in English to somebody who chose another language.

The language of this test is one in which every sentence of ours is crossed out letter by letter. So Latin letters on a
page are either what people and carriers wrote, which is stored, or a sentence that nobody could have translated.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.apps import apps
from django.test import Client

from config import catalogues
from dialer.admin.preference import languages
from dialer.models import Preference
from dialer.models.preference import time_zones
from tests import factories
from tests.admin import everything, visits

pytestmark = pytest.mark.django_db

IN_ENGLISH = "/api-reference/"  # the document for programmers, whose names are English, too
LANGUAGE = "hi"  # Django's own sentences are in letters of its own
KEPT = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]*>|&\w+;")
# What is called the same in every language.
NAMES = {
    *("Dialer", "Yunhu", "Laaffic", "Slack", "Telegram", "Discord", "Teams", "HTTP", "HTTPS", "URL", "API", "OpenAPI"),
    *("JSON", "CSV", "SMS", "IVR", "SHA", "UTC", "USD", "UTF", "xlsx", "xls", "csv", "mp3", "wav", "default", "long"),
}


def crossed_out(sentence: str) -> str:
    """The sentence without its letters; what is filled in, and tags, stay."""
    parts, last = [], 0
    for kept in KEPT.finditer(sentence):
        parts += [re.sub("[A-Za-z]", "ж", sentence[last : kept.start()]), kept[0]]
        last = kept.end()
    return "".join([*parts, re.sub("[A-Za-z]", "ж", sentence[last:])])


@pytest.fixture
def other_words(tmp_path: Path, settings: Any) -> None:
    """A catalogue in which everything of ours is crossed out."""
    crossed = Catalog(locale=LANGUAGE)
    for message in catalogues.spoken():
        if isinstance(message.id, str) and message.id:
            is_form = message.context == "date format" and "%" not in message.id
            words = re.sub("[DM]", "n", message.id) if is_form else crossed_out(message.id)
            crossed.add(message.id, words, context=message.context)
        elif message.id:
            crossed.add(message.id, tuple(map(crossed_out, message.id)), context=message.context)
    folder = tmp_path / LANGUAGE / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, crossed)
    settings.LOCALE_PATHS = [tmp_path]


class Words(HTMLParser):
    """What a page says: its text and the names of its things, without code and what is in a language of its own."""

    READ_ALOUD = {"aria-label", "title", "placeholder", "alt", "data-label"}
    SILENT = {"script", "style", "code", "pre", "textarea"}
    VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "path"}

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_silent = any(self._silent) or tag in self.SILENT or (tag != "html" and "lang" in given)
        if tag not in self.VOID:
            self._silent.append(is_silent)
        if not is_silent:
            self.said += [given[name] or "" for name in self.READ_ALOUD & given.keys()]
            if tag == "input" and given.get("type") in ("submit", "button"):
                self.said.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self._silent:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._silent):
            self.said.append(data)


def stored_texts() -> Iterator[str]:
    """Whatever people, carriers and the queue wrote into the database."""
    for model in apps.get_models():
        if model._meta.app_label in ("dialer", "recordings", "auth", "admin"):
            names = [f.attname for f in model._meta.concrete_fields if f.get_internal_type() in TEXTS]
            for row in model._default_manager.values_list(*names) if names else ():
                for value in row:
                    yield from _strings(value)


TEXTS = (
    "CharField",
    "TextField",
    "JSONField",
    "FileField",
    "URLField",
    "EmailField",
    "SlugField",
    "EncryptedTextField",
)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
    elif value:
        yield str(value)


def cities() -> set[str]:
    """The time zones, by region and city as the console names them."""
    return {
        part for name in time_zones() for part in (name, name.partition("/")[0], *name.replace("_", " ").split("/", 1))
    }


def english(said: str, stored: re.Pattern[str]) -> str:
    """The words of Latin letters that are left when what is stored, named or technical is taken away."""
    rest = stored.sub(" ", " ".join(said.split()))
    words = re.findall(r"[A-Za-z][A-Za-z’']{2,}", re.sub(r"\$\{\w+\}|\S*[/@_.:=+*]\S*", " ", rest))
    return " ".join(word for word in words if word not in NAMES)


def test_no_page_says_anything_in_english(other_words: None) -> None:
    boss = factories.make_user(is_superuser=True)
    everything.furnish(boss)
    client = visits.client_of(boss)
    addresses = [address for address in everything.page_addresses(client) if address != IN_ENGLISH]
    texts = {text for text in stored_texts() if re.search("[A-Za-z]{3}", text)}
    texts |= {name for _code, name in languages()} | cities()
    cut = rf"\w* ?\d* ?{re.escape(everything.LONG[:24])}[^|]*"  # a long name, shortened
    stored = re.compile("|".join([cut, *(re.escape(text) for text in sorted(texts, key=len, reverse=True))]))
    Preference.objects.create(user=boss, language=LANGUAGE)

    left: dict[str, set[str]] = defaultdict(set)
    for address in addresses:
        page = client.get(address).content.decode()
        assert f'lang="{LANGUAGE}"' in page, address
        words = Words()
        words.feed(page)
        for said in words.said:
            if rest := english(said, stored):
                left[f"{rest} | {said.strip()[:90]}"].add(address)

    assert {text: sorted(where)[:2] for text, where in sorted(left.items())} == {}


def test_the_login_page_neither(other_words: None, client: Client) -> None:
    words = Words()
    words.feed(client.get("/login/", headers={"accept-language": LANGUAGE}).content.decode())

    nothing = re.compile("|".join(name for _code, name in languages()))
    assert [said for said in words.said if english(said, nothing)] == []
