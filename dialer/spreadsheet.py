"""Files of xlsx, xls, ods, csv and txt in, rows with their line numbers out. Knows no Django.

Workbooks are parsed in a child process under limits (`spreadsheet_child`); text is read as a stream. What a file
does not say about itself is guessed (`spreadsheet_guess`): call `preview`, show it, and hand what it says to `rows`.
"""

import codecs
import csv
import json
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from dialer import figures, spreadsheet_guess
from dialer.spreadsheet_kind import DAMAGED, PROTECTED, SpreadsheetError, kind_of
from dialer.translation import gettext, gettext_noop

__all__ = ["Preview", "Row", "SpreadsheetError", "preview", "rows"]

_SAMPLE_ROWS: Final = 200  # what the guesses look at
_SHOWN_ROWS: Final = 20
_SHEETS_TRIED: Final = 10
_LONGEST_LINE: Final = 1_000_000  # characters
_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the list. `number` counts from 1 as the spreadsheet program shows it."""

    number: int
    cells: tuple[str, ...]

    def cell(self, index: int) -> str:
        """The cell in column `index`, counted from 0; "" where the line is shorter."""
        return self.cells[index] if index < len(self.cells) else ""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The beginning of a list, and how it was read.

    `row_count` counts the lines below the header; for text it may be a little too high (line breaks in cells).
    `number_column` counts from 0 and is None if no column looks like phone numbers. `encoding` and
    `delimiter` are "" for workbooks, `delimiter` also for text of one column.
    """

    kind: str
    sheets: tuple[str, ...]
    sheet: str
    has_header: bool
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    row_count: int | None
    columns: int
    number_column: int | None
    encoding: str
    delimiter: str


def preview(
    path: str | Path,
    *,
    sheet: str = "",
    encoding: str = "",
    delimiter: str = "",
    has_header: bool | None = None,
    country: str = "",
) -> Preview:
    """Return the first rows of the file and what it seems to be; arguments given are obeyed, not guessed.

    Without `sheet`, the first sheet that has a column of numbers is taken. Raises SpreadsheetError with a sentence if
    the file is no list, cannot be read, or has nothing in it that could be a phone number.
    """
    path = Path(path)
    look = partial(_look, path, encoding=encoding, delimiter=delimiter, has_header=has_header, country=country)
    seen = look(sheet=sheet)
    if seen.number_column is None and not sheet:
        others = (look(sheet=name) for name in seen.sheets[:_SHEETS_TRIED] if name != seen.sheet)
        seen = next((other for other in others if other.number_column is not None), seen)
    if not seen.rows:
        raise SpreadsheetError(gettext("There are no rows in this list. Choose another sheet or another file."))
    if seen.number_column is None and not _has_numbers(seen):
        raise SpreadsheetError(
            gettext("No column of this list looks like phone numbers. Choose another sheet, or a file that has them.")
        )
    return seen


def rows(
    path: str | Path,
    *,
    sheet: str = "",
    encoding: str = "",
    delimiter: str = "",
    has_header: bool | None = None,
    country: str = "",
) -> Generator[Row, None, None]:
    """Yield the lines below the header, as a stream. Hand in what `preview` answered.

    Empty lines between others are yielded without cells, those at either end are not. Closing the iterator early
    ends the child process. Raises SpreadsheetError, possibly after many rows: then the list was not read to its end.
    """
    with _opened(Path(path), sheet, encoding, delimiter, country) as source:
        lines = _trimmed(source.lines)
        sample = list(islice(lines, _SAMPLE_ROWS))
        header = spreadsheet_guess.header_index([row.cells for row in sample], has_header)
        yield from sample[header + 1 :]
        yield from lines


def _look(path: Path, *, sheet: str, encoding: str, delimiter: str, has_header: bool | None, country: str) -> Preview:
    with _opened(path, sheet, encoding, delimiter, country) as source:
        sample = list(islice(_trimmed(source.lines), _SAMPLE_ROWS))
    at = spreadsheet_guess.header_index([row.cells for row in sample], has_header)
    header, below = (sample[at].cells if at >= 0 else ()), sample[at + 1 :]
    cells = [row.cells for row in below]
    return Preview(
        kind=source.kind,
        sheets=source.sheets,
        sheet=source.sheet,
        has_header=at >= 0,
        header=header,
        rows=tuple(below[:_SHOWN_ROWS]),
        row_count=max(source.height - (sample[at].number if at >= 0 else 0), len(below)),
        columns=max((len(each) for each in (header, *cells)), default=0),
        number_column=spreadsheet_guess.number_column(cells, header, country),
        encoding=source.encoding,
        delimiter=source.delimiter,
    )


def _has_numbers(seen: Preview) -> bool:
    return any(spreadsheet_guess.looks_like_number(cell) for row in seen.rows for cell in row.cells)


@dataclass(frozen=True, kw_only=True)
class _Source:
    kind: str
    lines: Iterator[Row]
    height: int  # lines of the whole sheet
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""


@contextmanager
def _opened(path: Path, sheet: str, encoding: str, delimiter: str, country: str) -> Iterator[_Source]:
    kind = kind_of(path)
    if kind in ("csv", "txt"):
        with _text(path, kind, encoding or _encoding(path, country), delimiter) as source:
            yield source
    else:
        with _workbook(path, kind, sheet) as source:
            yield source


def _trimmed(lines: Iterator[Row]) -> Iterator[Row]:
    """`lines` from the first to the last that holds something; empty ones between them without cells."""
    last = 0
    for row in lines:
        if not "".join(row.cells).strip():
            continue
        if last:
            yield from (Row(number=number, cells=()) for number in range(last + 1, row.number))
        yield row
        last = row.number


# --- workbooks ------------------------------------------------------------------------------------------------

_CHILD: Final = str(Path(__file__).with_name("spreadsheet_child.py"))
_FAR_CELLS: Final = gettext_noop(
    "This file has cells far outside the list. Copy the numbers to a new sheet and upload that."
)
_TOO_SLOW: Final = gettext_noop("This file takes too long to read. Copy the numbers to a new sheet and upload that.")
_CHILD_SAID: Final = {
    "password": PROTECTED,
    "memory": _FAR_CELLS,
    "no_such_sheet": gettext_noop("This file has no sheet of that name. Choose one of its sheets."),
    "no_sheets": gettext_noop("This file has no sheet with cells. Choose another file."),
}
_CHILD_DIED: Final = {
    -signal.SIGABRT: _FAR_CELLS,  # the parser asked for more memory than there may be
    -signal.SIGXCPU: _TOO_SLOW,
    -signal.SIGKILL: _TOO_SLOW,
}


@contextmanager
def _workbook(path: Path, kind: str, sheet: str) -> Iterator[_Source]:
    with _under_its_kind(path.absolute(), kind) as named, _child(named, sheet) as child:
        try:
            messages = _messages(child)
            head = next(messages)
            yield _Source(
                kind=kind,
                lines=_sheet_rows(messages),
                height=head["height"],
                sheets=tuple(head["sheets"]),
                sheet=head["sheet"],
            )
        finally:
            child.kill()


@contextmanager
def _under_its_kind(path: Path, kind: str) -> Iterator[Path]:
    """A path to the file that ends in its kind: the parser believes the name."""
    if path.suffix.lower() == f".{kind}":
        yield path
        return
    with TemporaryDirectory() as folder:
        link = Path(folder, f"list.{kind}")
        link.symlink_to(path)
        yield link


def _child(path: Path, sheet: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 (our own file, no shell)
        [sys.executable, "-P", _CHILD, str(path), sheet],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _messages(child: "subprocess.Popen[bytes]") -> Iterator[dict[str, Any]]:
    """What the child says, one message at a time, until it says that this was all."""
    assert child.stdout is not None  # noqa: S101 (for the type checker: it is a pipe)
    for line in child.stdout:
        if not line.endswith(b"\n"):
            break
        message = json.loads(line)
        if "error" in message:
            raise SpreadsheetError(gettext(_CHILD_SAID.get(message["error"], DAMAGED)))
        if "end" in message:
            return
        yield message
    raise SpreadsheetError(gettext(_CHILD_DIED.get(child.wait(), DAMAGED)))


def _sheet_rows(messages: Iterator[dict[str, Any]]) -> Iterator[Row]:
    number = 0
    for message in messages:
        for cells in message["rows"]:
            number += 1
            yield Row(number=number, cells=tuple(cells))


# --- text -----------------------------------------------------------------------------------------------------

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ONE_COLUMN: Final = "\x1f"  # a delimiter that no list holds


@contextmanager
def _text(path: Path, kind: str, encoding: str, delimiter: str) -> Iterator[_Source]:
    try:
        file = path.open(encoding=encoding, errors="replace", newline="")
    except LookupError as error:
        raise SpreadsheetError(gettext("This encoding is not known. Choose another one.")) from error
    with file:
        beginning = list(islice(_lines(file), 51))
        declared = beginning[0].strip().lower() if beginning else ""
        skip = 1 if declared.startswith("sep=") and len(declared) == 5 else 0
        delimiter = delimiter or (declared[4] if skip else spreadsheet_guess.steadiest_delimiter(beginning[:50]))
        file.seek(0)
        yield _Source(
            kind=kind,
            lines=_records(islice(_lines(file), skip, None), delimiter),
            height=_line_count(path, encoding) - skip,
            encoding=encoding,
            delimiter=delimiter,
        )


def _lines(file: TextIOWrapper) -> Iterator[str]:
    for line in iter(partial(file.readline, _LONGEST_LINE), ""):
        if len(line) == _LONGEST_LINE:
            raise SpreadsheetError(
                gettext("This file has a line without an end. Save the list as xlsx and upload that.")
            )
        yield line.replace("\0", "") if "\0" in line else line


def _records(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter or _ONE_COLUMN)
    number, lines_before = 0, 0
    try:
        for cells in reader:
            number += 1
            if reader.line_num > lines_before + 1 and _swallowed(cells, delimiter):
                raise _open_quote(number)
            lines_before = reader.line_num
            yield Row(number=number, cells=tuple(cells))
    except csv.Error as error:
        raise _open_quote(number + 1) from error


def _swallowed(cells: list[str], delimiter: str) -> bool:
    """Whether a cell of several lines holds lines of the list: a stray quotation mark took them in."""
    for cell in cells:
        for line in cell.splitlines()[1:]:
            inner = line.split(delimiter) if delimiter else [line]
            if len(inner) >= max(len(cells) - 1, 1) and any(map(spreadsheet_guess.looks_like_number, inner)):
                return True
    return False


def _open_quote(number: int) -> SpreadsheetError:
    sentence = gettext(
        "Row %(row)s has a quotation mark that is never closed, so that the rows below it cannot be told apart. "
        "Remove it, or save the list as xlsx, and upload again."
    )
    return SpreadsheetError(sentence % {"row": figures.count(number)})


def _encoding(path: Path, country: str) -> str:
    """A byte order mark decides; else what is UTF-8 to the end is UTF-8; else a guess."""
    with path.open("rb") as file:
        start = file.read(_CHUNK_BYTES)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding
    if encoding := spreadsheet_guess.unmarked_utf16(start):
        return encoding
    odd = _first_chunk_not_utf8(path)
    return spreadsheet_guess.legacy_encoding(odd, country) if odd else "utf-8"


def _first_chunk_not_utf8(path: Path) -> bytes:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        for chunk in iter(partial(file.read, _CHUNK_BYTES), b""):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return chunk
    return b"" if not decoder.getstate()[0] else chunk


def _line_count(path: Path, encoding: str) -> int:
    count, last = 0, "\n"
    with path.open(encoding=encoding, errors="replace") as file:
        for chunk in iter(partial(file.read, _CHUNK_BYTES), ""):
            count, last = count + chunk.count("\n"), chunk[-1]
    return count + (last != "\n")
