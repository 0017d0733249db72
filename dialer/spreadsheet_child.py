"""Reads one sheet of a workbook for `dialer.spreadsheet`, in a process that may die without harm.

A workbook of 5 KB can make the parser ask for 550 GB and abort (two cells, A1 and XFD1048576). So this file runs by its
path, alone, under limits of memory and processor time. It answers on standard output in lines of JSON: a head with
the names of the sheets, then rows in blocks, then an end, so that a cut stream is told from a whole one; or one line
with an error word.
"""

import datetime
import json
import resource
import sys
from collections.abc import Sequence
from itertools import islice

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

MEMORY_BYTES = 2 * 1024**3  # a good sheet of a million rows takes 0.3 GB
PROCESSOR_SECONDS = 120  # a good sheet of a million rows takes 10
ROWS_IN_BLOCK = 200
LONGEST_BLOCK = 64 * 1024**2  # characters of JSON; a good block has some thousands
LONGEST_CELL = 32_767  # characters, Excel's own limit
EXACT_WHOLE = 10.0**15  # a spreadsheet keeps 15 digits; what is longer has already lost its end


def main(path: str, wanted: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 5))
    try:
        answer(path, wanted)
    except PasswordError:
        say({"error": "password"})
    except MemoryError:
        say({"error": "memory"})
    except (CalamineError, OSError, ValueError) as error:
        say({"error": "damaged", "detail": str(error)})


def answer(path: str, wanted: str) -> None:
    book = CalamineWorkbook.from_path(path)
    names = sheet_names(book)
    if wanted and wanted not in names:
        say({"error": "no_such_sheet"})
        return
    sheet = book.get_sheet_by_name(wanted) if wanted else first_filled(book, names)
    if sheet is None:
        say({"error": "no_sheets"})
        return
    say({"sheets": names, "sheet": sheet.name, "height": sheet.end[0] + 1 if sheet.end else 0})
    left = [""] * (sheet.start[1] if sheet.start else 0)  # the parser drops empty columns on the left
    rows = sheet.iter_rows()
    while block := list(islice(rows, ROWS_IN_BLOCK)):
        say({"rows": [left + [text(cell) for cell in without_empty_end(row)] for row in block]})
    say({"end": True})


def sheet_names(book: CalamineWorkbook) -> list[str]:
    """Sheets with cells; those that people see come first."""
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    sheets.sort(key=lambda sheet: sheet.visible != SheetVisibleEnum.Visible)
    return [sheet.name for sheet in sheets]


def first_filled(book: CalamineWorkbook, names: list[str]) -> CalamineSheet | None:
    """The first sheet with a cell in it, else the first, else None."""
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.height:
            return sheet
    return book.get_sheet_by_name(names[0]) if names else None


def without_empty_end(row: Sequence[object]) -> Sequence[object]:
    end = len(row)
    while end and row[end - 1] == "":
        end -= 1
    return row[:end]


def text(cell: object) -> str:
    """A cell as the operator would type it: whole numbers in all their digits, dates in ISO form."""
    if isinstance(cell, str):
        return cell[:LONGEST_CELL]
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return number(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


def number(value: float) -> str:
    if abs(value) >= EXACT_WHOLE:
        return f"{value:.14E}"
    return str(int(value)) if value.is_integer() else repr(value)


def say(message: dict[str, object]) -> None:
    line = json.dumps(message)
    if len(line) > LONGEST_BLOCK:
        raise MemoryError
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
