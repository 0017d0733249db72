"""What a file is, by its content first and its name second; a sentence for whatever is no list."""

import zipfile
from pathlib import Path
from typing import Final

from dialer import spreadsheet_guess

UNPACKED_BYTES: Final = 700 * 1024**2  # a good workbook of a million rows unpacks to some 150 MB
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
        raise SpreadsheetError("This file is empty. Choose another file.")
    for magic, what in _FOREIGN:
        if start.startswith(magic):
            raise _not_a_list(what)
    if start.startswith(b"PK"):
        return _kind_of_zip(path)
    if start.startswith(_COMPOUND):
        return _kind_of_compound(path)
    return _kind_of_text(start, path.suffix.lower())


_FOREIGN: Final = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a sound or a picture"),
    (b"ID3", "a sound"),
    (b"OggS", "a sound"),
    (b"\x1f\x8b", "a packed archive"),
    (b"Rar!", "a packed archive"),
    (b"7z\xbc\xaf", "a packed archive"),
    (b"{\\rtf", "a text document"),
)
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of xls, doc, and encrypted xlsx


def _not_a_list(what: str) -> SpreadsheetError:
    return SpreadsheetError(f"This file is {what}, not a list. Save the list as xlsx or csv and upload that.")


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            declared = archive.read("mimetype")[:200] if "mimetype" in archive.namelist() else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise SpreadsheetError(
            "This file is damaged. Open it in Excel, save it again as xlsx, and upload that."
        ) from error
    if sum(entry.file_size for entry in entries) > UNPACKED_BYTES:
        raise SpreadsheetError(
            "This file is too large when unpacked. Copy the numbers to a new sheet, or split it into several files."
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
        return "a text document"
    if "ppt/presentation.xml" in names:
        return "a presentation"
    if any(name.endswith(".iwa") for name in names):
        return "a Numbers document"
    return "a packed archive"


def _kind_of_compound(path: Path) -> str:
    content = path.read_bytes()
    if _entry("EncryptedPackage") in content:
        raise SpreadsheetError(
            "This file is protected by a password. Open it, save it without the password, and upload that."
        )
    if _entry("Workbook") in content or _entry("Book") in content:
        return "xls"
    raise _not_a_list("an old Office document")


def _entry(name: str) -> bytes:
    """A name as the directory of a compound file spells it."""
    return name.encode("utf-16-le") + b"\0\0"


def _kind_of_text(start: bytes, suffix: str) -> str:
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<?xml", b"<div", b"<style")):
        raise SpreadsheetError(
            "This file is a web page under a spreadsheet's name. Open it in Excel, save it as xlsx, and upload that."
        )
    if not start.startswith((b"\xff\xfe", b"\xfe\xff")) and not spreadsheet_guess.unmarked_utf16(start):
        controls = len(start) - len(start.translate(None, _CONTROLS))
        if controls > len(start) // 100 or start.count(0) > len(start) // 4:
            raise _not_a_list("of an unknown kind")
    return "txt" if suffix == ".txt" else "csv"


_CONTROLS: Final = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
