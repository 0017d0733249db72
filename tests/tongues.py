"""A language that tests can rely on, whatever the catalogues hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo


def teach(settings: Any, folder: Path, sentences: Mapping[str, str], *, language: str = "es") -> None:
    """Until the end of the test `language` says these English sentences as they stand here, before all catalogues."""
    catalogue = Catalog(locale=language)
    for english, translated in sentences.items():
        catalogue.add(english, translated)
    place = folder / language / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    settings.LOCALE_PATHS = [folder, *settings.LOCALE_PATHS]
