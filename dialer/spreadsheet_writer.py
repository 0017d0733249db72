"""Rows in, files of csv and xlsx out, row by row, in bounded memory. Knows no Django.

What people typed somewhere may be a formula for the program that opens the file. In a workbook every text is written
as text; in csv, where nothing says so, `harmless` takes the edge off.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter

__all__ = ["MOST_ROWS", "CsvWriter", "XlsxWriter", "harmless"]

Cell = str | int | float | None

MOST_ROWS: Final = 1_048_575  # of a sheet, without its heading
LONGEST_CELL: Final = 32_767  # characters; a workbook with more is called damaged
LONGEST_SHEET_NAME: Final = 31  # characters

# Programs look for a formula behind blanks, quotes and signs that are not seen, and some take full-width signs.
_FORMULA: Final = re.compile(r"[\s'\"\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9 ().,/\-]*")
_EDGES: Final = re.compile(r"([;\t\r\n]+)")  # where a program with another separator begins a new cell
_RISKY: Final = re.compile(r"[=+\-@＝＋－＠\t\r\n]")


def harmless(text: str) -> str:
    """`text` so that no spreadsheet program runs it; numbers such as +62 812 and -5 stay as they are.

    An apostrophe is put before whatever may be a formula, at the beginning and behind separators of other programs.
    Reading a list drops it again.
    """
    if not _RISKY.search(text):
        return text
    lead = "'" if text[0] in "\t\r\n" else ""
    return lead + "".join(_guarded(piece) for piece in _EDGES.split(text))


def _guarded(piece: str) -> str:
    return f"'{piece}" if _FORMULA.match(piece) and not _NUMBER.fullmatch(piece.strip()) else piece


class CsvWriter:
    """Appends rows to a file of UTF-8 with its mark, commas between, so that Excel opens it with a double click."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", newline="")
        if not self._file.tell():
            self._file.write("\ufeff")
        self._rows = csv.writer(self._file)

    def write(self, rows: Iterable[Sequence[Cell]]) -> None:
        self._rows.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)

    def flush(self) -> int:
        """Everything so far has left this process; how many bytes that is."""
        self._file.flush()
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


class XlsxWriter:
    """Writes a workbook sheet by sheet; a sheet that is full goes on in another one with the same heading."""

    def __init__(self, path: Path, *, folder: Path) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), {**options, "strings_to_numbers": False, "tmpdir": str(folder)})
        self._bold = self._book.add_format({"bold": True})
        self._sheet: Any = None
        self._name = ""
        self._heading: Sequence[str] = ()
        self._at = 0
        self._names: set[str] = set()

    def begin(self, name: str, heading: Sequence[str]) -> None:
        """What is written from now on is in a new sheet, under this heading if there is one."""
        self._name, self._heading, self._at = name, heading, 0
        self._sheet = self._book.add_worksheet(self._fresh(name))
        if heading:
            self._sheet.freeze_panes(1, 0)
            for column, text in enumerate(heading):
                self._sheet.set_column(column, column, min(max(len(text) + 2, 12), 40))
                self._sheet.write_string(0, column, text[:LONGEST_CELL], self._bold)
            self._at = 1

    def write(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            if self._at > MOST_ROWS:
                self.begin(self._name, self._heading)
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    if cell:
                        self._sheet.write_string(self._at, column, cell[:LONGEST_CELL])
                elif cell is not None:
                    self._sheet.write_number(self._at, column, cell)
            self._at += 1

    def close(self) -> None:
        """The workbook is whole. It takes a while: everything is compressed only now."""
        if not self._names:
            self.begin("1", ())
        self._book.close()

    def abandon(self) -> None:
        """Nothing comes of it; the temporary files of its sheets are closed. May be repeated, also after `close`."""
        for sheet in self._book.worksheets():
            if sheet.row_data_fh is not None:
                sheet.row_data_fh.close()

    def _fresh(self, name: str) -> str:
        """A name that the program takes and that no other sheet has."""
        bare = "".join("_" if sign in "[]:*?/\\" or not sign.isprintable() else sign for sign in name).strip("' ")
        for end in _ends():
            found = f"{bare[: LONGEST_SHEET_NAME - len(end)]}{end}".strip("' ") or "1"
            if found.lower() not in self._names and found.lower() != "history":
                self._names.add(found.lower())
                return found
        raise AssertionError  # there is always another end


def _ends() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f" ({number})"
        number += 1
