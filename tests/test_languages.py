"""Every sentence can be said in every language, and is said in those that are complete."""

import os
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.conf import settings
from django.utils.translation import gettext, ngettext, override, pgettext, to_language, to_locale

from config import catalogues
from tests.unmarked import unmarked

SOURCES = {source.parent.parent.name: source for source in catalogues.sources()}
FILLED_IN = re.compile(r"%\(\w+\)s|(?<!%)%s|\{\w*\}|</?\w+[^>]*>")  # by code, by scripts; and the tags of a page


@pytest.fixture(scope="module")
def spoken() -> Catalog:
    return catalogues.spoken()


def ids(catalogue: Catalog) -> set[tuple[str, str]]:
    return {(one_of(message), message.context or "") for message in catalogue if message.id}


def one_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def test_there_is_a_catalogue_for_each_language_that_one_can_choose():
    assert {to_locale(code) for code, _name in settings.LANGUAGES} == {"en", *SOURCES}


def test_no_sentence_is_written_without_a_mark():
    assert list(unmarked("dialer", "recordings", "templates", "static/dialer", "static/recordings")) == []


@pytest.mark.parametrize("language", SOURCES)
def test_a_catalogue_holds_just_what_is_spoken(language: str, spoken: Catalog):
    """`make words` mends it."""
    assert ids(catalogues.read(SOURCES[language])) == ids(spoken)


@pytest.mark.parametrize("language", SOURCES)
def test_nothing_is_left_in_english(language: str):
    """What stands empty in ours is one of Django's own sentences, which Django has translated."""
    with override(to_language(language)):
        missing = [
            message.id
            for message in catalogues.read(SOURCES[language])
            if message.id and not catalogues.is_translated(message) and heard(message) == one_of(message)
        ]

    assert missing == []


def heard(message: Message) -> str:
    if isinstance(message.id, str):
        return pgettext(message.context, message.id) if message.context else gettext(message.id)
    return ngettext(*message.id, 1)


@pytest.mark.parametrize("language", SOURCES)
def test_a_translation_is_filled_in_with_the_same_values(language: str):
    wrong = []
    for message in catalogues.read(SOURCES[language]):
        if message.id and catalogues.is_translated(message):
            english = [message.id] if isinstance(message.id, str) else list(message.id)
            forms = [message.string] if isinstance(message.id, str) else list(message.string)
            least, most = values(english[0]), set().union(*map(values, english))
            if not all(values(form) <= most for form in forms) or (len(english) == 1 and values(forms[0]) != least):
                wrong.append((english, forms))

    assert wrong == []


def values(sentence: str) -> set[str]:
    return set(FILLED_IN.findall(sentence))


@pytest.mark.parametrize("language", SOURCES)
def test_a_catalogue_is_well_formed(language: str):
    wrong = {str(m.id): [str(error) for error in errors] for m, errors in catalogues.read(SOURCES[language]).check()}

    assert wrong == {}
    assert not any(message.fuzzy for message in catalogues.read(SOURCES[language]) if message.id)


def test_a_catalogue_is_compiled_again_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = tmp_path / "es" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_bytes(SOURCES["es"].read_bytes())
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)

    assert catalogues.compile_stale() == [source.with_suffix(".mo")]
    assert catalogues.compile_stale() == []
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(source, ns=(later, later))
    assert catalogues.compile_stale() == [source.with_suffix(".mo")]
