"""Translations: `python -m config.catalogues` makes what the server reads out of what translators write.

The catalogues (`dialer/locale/*/LC_MESSAGES/django.po`) are sources; the compiled files beside them are not committed.
With `--extract` new sentences of code and pages come into the catalogues, and those that are gone leave.
"""

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "dialer" / "locale"
SPEAKING = ("dialer", "recordings", "templates")  # folders with sentences for people
# What marks a sentence, and which of its arguments are the sentence, its plural, or its context ("c").
MARKS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def sources() -> Iterator[Path]:
    """The catalogue of each language."""
    return iter(sorted(LOCALE.glob("*/LC_MESSAGES/django.po")))


def compile_stale() -> list[Path]:
    """Each catalogue has its compiled file, of its newest content, whole however many compile at once; those made."""
    return [_compile(source) for source in sources() if _is_stale(source)]


def read(source: Path) -> Catalog:
    """The sentences of a language and their translations."""
    with source.open("rb") as file:
        return read_po(file, locale=source.parent.parent.name)


def is_translated(message: Message) -> bool:
    """In each of the forms that its language has."""
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def spoken() -> Catalog:
    """The sentences of code and pages, each with the files in which it stands."""
    catalogue = Catalog()
    for folder in SPEAKING:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".html") and "migrations" not in path.parts:
                where = path.relative_to(ROOT).as_posix()
                for _line, words, _comments, context in extract("python", io.BytesIO(_code(path)), MARKS):
                    catalogue.add(words, locations=[(where, 0)], context=context)
    return catalogue


def renew() -> None:
    """Each catalogue holds what is spoken, no more and no less; a changed sentence waits for its translator."""
    template = spoken()
    for source in sources():
        catalogue = read(source)
        catalogue.update(template, no_fuzzy_matching=True)
        with source.open("wb") as file:
            write_po(file, catalogue, width=120, ignore_obsolete=True, include_lineno=False)
        _with_short_head(source)


def _code(path: Path) -> bytes:
    """Python in which the sentences stand as they do in code; a page's other words are crossed out."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    return text.encode()


def _with_short_head(source: Path) -> None:
    """A catalogue changes only when its sentences do: what else Babel writes at its head goes."""
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = ("Language", "Plural-Forms", "MIME-Version", "Content-")
    head = [line for line in lines[:20] if not re.match(r'"[\w-]+: ', line) or line[1:].startswith(kept)]
    head = [line for line in head if not line.startswith('"Language-Team')]
    source.write_text("".join(head + lines[20:]), encoding="utf-8")


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns


def _compile(source: Path) -> Path:
    """What is not translated in all its forms is left out, so that Django's own translation of it, if any, is heard."""
    catalogue = read(source)
    for message in list(catalogue):
        if message.id and not is_translated(message):
            catalogue.delete(message.id, message.context)
    compiled = source.with_suffix(".mo")
    with tempfile.NamedTemporaryFile(dir=compiled.parent, suffix=".new", delete=False) as file:
        write_mo(file, catalogue)
    os.chmod(file.name, 0o644)
    os.replace(file.name, compiled)
    return compiled


if __name__ == "__main__":
    if "--extract" in sys.argv:
        renew()
    compile_stale()
