"""A language that tests can rely on, whatever the catalogues hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo


def teach(
    settings: Any,
    folder: Path,
    sentences: Mapping[str | tuple[str, str], str | tuple[str, ...]],
    *,
    language: str = "es",
) -> None:
    """Until the end of the test `language` says these English sentences so, whatever the catalogues hold.

    A sentence with a context is named by both: (context, sentence). One with a plural is named by both its forms and
    has a tuple of the language's forms, three in Spanish.
    """
    catalogue = Catalog(locale=language)
    for english, translated in sentences.items():
        has_context = isinstance(english, tuple) and isinstance(translated, str)
        context, sentence = english if has_context else (None, english)
        catalogue.add(sentence, translated, context=context)
    place = folder / language / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    settings.LOCALE_PATHS = [folder, *settings.LOCALE_PATHS]
