"""What a file is, by its content first and its name second; a sentence for whatever is no list."""

import zipfile
from pathlib import Path
from typing import Final

from dialer import spreadsheet_guess
from dialer.translation import gettext, gettext_noop

UNPACKED_BYTES: Final = 700 * 1024**2  # a good workbook of a million rows unpacks to some 150 MB
DAMAGED: Final = gettext_noop("This file is damaged. Open it in Excel, save it again as xlsx, and upload that.")
PROTECTED: Final = gettext_noop(
    "This file is protected by a password. Open it, save it without the password, and upload that."
)
_SAMPLE_BYTES: Final = 64 * 1024


class SpreadsheetError(Exception):
    """The file cannot be used as it is. `sentence` tells the operator why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def kind_of(path: Path) -> str:
    """Return "xlsx", "xlsb", "xls", "ods", "csv" or "txt". Raises SpreadsheetError for everything else."""
    with path.open("rb") as file:
        start = file.read(_SAMPLE_BYTES)
    if not start.strip():
        raise SpreadsheetError(gettext("This file is empty. Choose another file."))
    for magic, what in _FOREIGN:
        if start.startswith(magic):
            raise _not_a_list(what)
    if start.startswith(b"PK"):
        return _kind_of_zip(path)
    if start.startswith(_COMPOUND):
        return _kind_of_compound(path)
    return _kind_of_text(start, path.suffix.lower())


_PDF: Final = gettext_noop("This file is a PDF document, not a list.")
_PICTURE: Final = gettext_noop("This file is a picture, not a list.")
_SOUND_OR_PICTURE: Final = gettext_noop("This file is a sound or a picture, not a list.")
_SOUND: Final = gettext_noop("This file is a sound, not a list.")
_ARCHIVE: Final = gettext_noop("This file is a packed archive, not a list.")
_TEXT_DOCUMENT: Final = gettext_noop("This file is a text document, not a list.")
_PRESENTATION: Final = gettext_noop("This file is a presentation, not a list.")
_NUMBERS: Final = gettext_noop("This file is a Numbers document, not a list.")
_OLD_OFFICE: Final = gettext_noop("This file is an old Office document, not a list.")
_UNKNOWN: Final = gettext_noop("This file is of an unknown kind, not a list.")
_FOREIGN: Final = (
    (b"%PDF", _PDF),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"RIFF", _SOUND_OR_PICTURE),
    (b"ID3", _SOUND),
    (b"OggS", _SOUND),
    (b"\x1f\x8b", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
    (b"7z\xbc\xaf", _ARCHIVE),
    (b"{\\rtf", _TEXT_DOCUMENT),
)
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of xls, doc, and encrypted xlsx


def _not_a_list(what_it_is: str) -> SpreadsheetError:
    remedy = gettext("Save the list as xlsx or csv and upload that.")
    return SpreadsheetError(f"{gettext(what_it_is)} {remedy}")


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            declared = archive.read("mimetype")[:200] if "mimetype" in archive.namelist() else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise SpreadsheetError(gettext(DAMAGED)) from error
    if sum(entry.file_size for entry in entries) > UNPACKED_BYTES:
        raise SpreadsheetError(
            gettext(
                "This file is too large when unpacked. Copy the numbers to a new sheet, or split it into several files."
            )
        )
    names = {entry.filename for entry in entries}
    for sign, kind in (("xl/workbook.xml", "xlsx"), ("xl/workbook.bin", "xlsb")):
        if sign in names:
            return kind
    if declared.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    raise _not_a_list(_what_zip(names, declared))


def _what_zip(names: set[str], declared: bytes) -> str:
    if "word/document.xml" in names or declared.endswith(b"opendocument.text"):
        return _TEXT_DOCUMENT
    if "ppt/presentation.xml" in names:
        return _PRESENTATION
    if any(name.endswith(".iwa") for name in names):
        return _NUMBERS
    return _ARCHIVE


def _kind_of_compound(path: Path) -> str:
    content = path.read_bytes()
    if _entry("EncryptedPackage") in content:
        raise SpreadsheetError(gettext(PROTECTED))
    if _entry("Workbook") in content or _entry("Book") in content:
        return "xls"
    raise _not_a_list(_OLD_OFFICE)


def _entry(name: str) -> bytes:
    """A name as the directory of a compound file spells it."""
    return name.encode("utf-16-le") + b"\0\0"


def _kind_of_text(start: bytes, suffix: str) -> str:
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<?xml", b"<div", b"<style")):
        raise SpreadsheetError(
            gettext(
                "This file is a web page under a spreadsheet's name. "
                "Open it in Excel, save it as xlsx, and upload that."
            )
        )
    if not start.startswith((b"\xff\xfe", b"\xfe\xff")) and not spreadsheet_guess.unmarked_utf16(start):
        controls = len(start) - len(start.translate(None, _CONTROLS))
        if controls > len(start) // 100 or start.count(0) > len(start) // 4:
            raise _not_a_list(_UNKNOWN)
    return "txt" if suffix == ".txt" else "csv"


_CONTROLS: Final = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
