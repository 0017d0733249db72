"""number -> DoNotCall: who is never to be called, by hand or from a file.

Nothing else needs doing here: lists are compared when they are read, campaigns when they are launched, and each
batch in the moment before it leaves.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from dialer import phone, spreadsheet
from dialer.flow.mistakes import DialerError
from dialer.models import DoNotCall

MOST_ROWS = 200_000  # of one file; it is read while a person waits
NUMBERS_AT_A_TIME = 500  # below the number of values that SQLite takes in one query


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A row that gave no number: where it stands in the file, what it holds, and what is wrong."""

    row_number: int
    cell: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class Added:
    """What became of a file's rows; blank ones are not among them."""

    column: str  # the heading of the column that was read, or its letter
    added: int
    already_there: int  # also a second row with the same number
    unreadable: tuple[Unreadable, ...]


def read(raw: str, *, country: str) -> str:
    """The number, E.164, that `raw` means in `country`; with its country code it may be one of another country.

    Raises DialerError with a sentence for the operator if it can't be read.
    """
    verdict = _verdict(raw, country)
    if verdict.problem is not None:
        raise DialerError(phone.explain(verdict.problem, raw, country))
    return verdict.number


def add(raw: str, *, country: str, reason: str = "", source: str = "", by: Any = None) -> DoNotCall:
    """The number, in any spelling, is never called from now on.

    Raises DialerError if it can't be read, or is on the list already.
    """
    row, is_new = DoNotCall.objects.get_or_create(
        number=read(raw, country=country), defaults={"reason": reason, "source": source, "added_by": by}
    )
    if not is_new:
        raise DialerError(f"This number is on the list already, since {row.added_at:%Y-%m-%d}.")
    return row


def add_file(path: Path, *, country: str, reason: str = "", source: str = "", by: Any = None) -> Added:
    """Every readable number of the file is never called from now on. May be repeated.

    The whole file is read before anything is written. Raises DialerError if it can't be, and changes nothing then.
    """
    column, cells = _read(path, country=country)
    numbers: list[str] = []
    unreadable = []
    for row_number, cell in cells:
        verdict = _verdict(cell, country)
        if verdict.number:
            numbers.append(verdict.number)
        elif verdict.problem is not None and verdict.problem != phone.Problem.BLANK:
            sentence = phone.explain(verdict.problem, cell, country)
            unreadable.append(Unreadable(row_number=row_number, cell=cell[:80], problem=sentence))
    added = _store(dict.fromkeys(numbers), reason=reason, source=source, by=by)
    return Added(column=column, added=added, already_there=len(numbers) - added, unreadable=tuple(unreadable))


def _verdict(raw: str, country: str) -> phone.Verdict:
    """Whom a list of one country names with another country's code does not want to be called either."""
    verdict = phone.read(raw, country=country)
    if verdict.problem != phone.Problem.WRONG_COUNTRY:
        return verdict
    elsewhere = phone.region(raw.strip())
    return phone.read(raw, country=elsewhere) if elsewhere else verdict


def _read(path: Path, *, country: str) -> tuple[str, list[tuple[int, str]]]:
    """The heading of the numbers' column, and its cells with their row numbers."""
    try:
        seen = spreadsheet.preview(path, country=country)
        if seen.number_column is None:
            raise DialerError(
                "No column of this file holds phone numbers alone. Give the numbers a column of their own."
            )
        rows = spreadsheet.rows(
            path,
            sheet=seen.sheet,
            encoding=seen.encoding,
            delimiter=seen.delimiter,
            has_header=seen.has_header,
        )
        cells = [(row.number, row.cell(seen.number_column)) for row in islice(rows, MOST_ROWS + 1)]
    except spreadsheet.SpreadsheetError as error:
        raise DialerError(str(error)) from error
    if len(cells) > MOST_ROWS:
        raise DialerError(f"The file has more than {MOST_ROWS:,} rows. Split it into several files.")
    return _heading(seen, seen.number_column), cells


def _heading(seen: spreadsheet.Preview, column: int) -> str:
    heading = seen.header[column].strip() if column < len(seen.header) else ""
    return heading or f"column {column + 1}"


def _store(numbers: Iterable[str], *, reason: str, source: str, by: Any) -> int:
    """How many of the numbers are new on the list."""
    added = 0
    for chunk in _chunks(numbers, NUMBERS_AT_A_TIME):
        known = set(DoNotCall.objects.filter(number__in=chunk).values_list("number", flat=True))
        fresh = [number for number in chunk if number not in known]
        DoNotCall.objects.bulk_create(
            [DoNotCall(number=number, reason=reason, source=source, added_by=by) for number in fresh],
            ignore_conflicts=True,
        )
        added += len(fresh)
    return added


def _chunks(numbers: Iterable[str], size: int) -> Iterator[list[str]]:
    iterator = iter(numbers)
    while chunk := list(islice(iterator, size)):
        yield chunk
