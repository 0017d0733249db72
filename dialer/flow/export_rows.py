"""What stands in an export: people with what became of them beside their own columns, rejected rows, calls.

An uploaded list is read once more from its kept file, beside the rows that came of it, so that every column comes
back as it was. Nothing is held in memory but the keys of the rows and one piece of them.
"""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from dialer import phone, spreadsheet
from dialer.carriers.masking import Mask
from dialer.figures import count
from dialer.flow import export_results, intake
from dialer.flow.mistakes import DialerError
from dialer.models import CallRecord, Contact, ContactList, Export
from dialer.spreadsheet_writer import Cell
from dialer.terms import ExportKind

ROWS_AT_A_TIME = 1000
MOST_LISTS = 50  # each is opened, and is a sheet of its own in a workbook


@dataclass(frozen=True, kw_only=True)
class Place:
    """How far an export is: the uploaded list (0 for calls), and the row in it or the call."""

    contact_list: int = 0
    row: int = 0


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some rows that are complete, and the place behind them."""

    rows: list[list[Cell]]
    through: Place


@dataclass(kw_only=True)
class Section:
    """Rows that stand together, under one heading: a sheet of a workbook. `own` are the columns of the upload."""

    name: str
    before: tuple[str, ...]
    own: tuple[str, ...]
    after: tuple[str, ...]
    has_heading: bool = True
    contact_list: ContactList | None = None
    remarks: list[str] = field(default_factory=list)

    @property
    def heading(self) -> tuple[str, ...]:
        return (*self.before, *self.own, *self.after)


class Rows:
    """The rows of one export: a fixed order, any of which can be the first of a turn."""

    def __init__(self, export: Export, chosen: QuerySet[Any], *, lists: Sequence[int] = ()) -> None:
        """`lists` are those of an earlier turn. Raises DialerError if there are too many of them."""
        self._is_full = export.shows_full_numbers
        self._is_rejected = export.kind == ExportKind.REJECTED
        self._is_about_people = export.kind != ExportKind.CALLS
        bare = chosen.order_by().select_related(None).prefetch_related(None)
        self._chosen = bare.exclude(skip_reason="") if self._is_rejected else bare
        self.lists = list(lists) or self._lists()
        self.sections = self._sections_of_people() if self._is_about_people else [_section_of_calls()]

    def pieces(self, section: Section, *, after: Place) -> Iterator[Piece]:
        """What follows behind `after` in this section."""
        if section.contact_list is None:
            yield from self._pieces_of_calls(after)
        elif after.contact_list <= section.contact_list.pk:
            start = after.row if after.contact_list == section.contact_list.pk else 0
            yield from self._pieces_of_people(section, section.contact_list, start)

    def count(self) -> int:
        """How many rows there are at this moment."""
        return self._chosen.filter(contact_list__in=self.lists).count() if self._is_about_people else self._calls()

    # --- calls ----------------------------------------------------------------------------------------------------

    def _calls(self) -> int:
        return self._chosen.count()

    def _pieces_of_calls(self, after: Place) -> Iterator[Piece]:
        wanted = self._chosen.filter(pk__gt=after.row).order_by("pk").values_list("pk", flat=True)
        # All keys at once, 8 bytes each: a query that is left open would forbid SQLite to write on this connection.
        keys = array("q", wanted.iterator(chunk_size=20_000))
        for start in range(0, len(keys), ROWS_AT_A_TIME):
            some = keys[start : start + ROWS_AT_A_TIME]
            calls = CallRecord.objects.filter(pk__in=list(some)).select_related("campaign", "account")
            found = calls.defer("raw_callback", "raw_bill").order_by("pk")
            rows = [export_results.of_call(call, is_full=self._is_full) for call in found]
            yield Piece(rows=rows, through=Place(row=some[-1]))

    # --- people ---------------------------------------------------------------------------------------------------

    def _lists(self) -> list[int]:
        if not self._is_about_people:
            return []
        found = self._chosen.values_list("contact_list", flat=True).distinct()
        lists = sorted(found[: MOST_LISTS + 1])
        if len(lists) > MOST_LISTS:
            raise DialerError(
                gettext("These people are from more than %(most)s lists. Choose a campaign first.")
                % {"most": count(MOST_LISTS)}
            )
        return lists

    def _sections_of_people(self) -> list[Section]:
        lists = ContactList.objects.filter(pk__in=self.lists).select_related("campaign__account").order_by("pk")
        return [self._section_of(contact_list, is_alone=len(lists) == 1) for contact_list in lists]

    def _section_of(self, contact_list: ContactList, *, is_alone: bool) -> Section:
        own, remarks = _own_headings(contact_list)
        whence = () if is_alone else (gettext("Campaign"), gettext("List"))
        results: tuple[str, ...] = (gettext("Why it is not called"), gettext("Row"))
        before: tuple[str, ...] = ()
        if not self._is_rejected:
            before, results = (gettext("Row"),), export_results.headings_of_people()
        return Section(
            name=contact_list.original_name,
            before=before,
            own=own,
            after=(*results, *whence),
            has_heading=contact_list.has_header or not self._is_rejected,
            contact_list=contact_list,
            remarks=remarks,
        )

    def _pieces_of_people(self, section: Section, contact_list: ContactList, start: int) -> Iterator[Piece]:
        wanted = self._chosen.filter(contact_list=contact_list, row_number__gt=start).order_by("row_number")
        keys = array("q", wanted.values_list("pk", flat=True).iterator(chunk_size=20_000))
        whence = [] if len(self.sections) == 1 else [str(contact_list.campaign), contact_list.original_name]
        with closing(_Upload(contact_list, width=len(section.own), is_full=self._is_full)) as upload:
            for at in range(0, len(keys), ROWS_AT_A_TIME):
                some = Contact.objects.filter(pk__in=list(keys[at : at + ROWS_AT_A_TIME])).order_by("row_number")
                contacts = list(some)
                rows = [[*row, *whence] for row in self._of_people(contacts, contact_list, upload)]
                if contacts:  # a list of a draft may be removed meanwhile
                    yield Piece(rows=rows, through=Place(contact_list=contact_list.pk, row=contacts[-1].row_number))
        section.remarks += upload.remarks

    def _of_people(self, contacts: list[Contact], contact_list: ContactList, upload: "_Upload") -> Iterator[list[Cell]]:
        country = contact_list.campaign.account.country
        if self._is_rejected:
            for contact in contacts:
                yield [*upload.cells(contact), export_results.why_skipped(contact, country), contact.row_number]
            return
        results = export_results.of_people(contacts, country=country, is_full=self._is_full)
        for contact, result in zip(contacts, results, strict=True):
            yield [contact.row_number, *upload.cells(contact), *result]


def _section_of_calls() -> Section:
    return Section(name=gettext("Calls"), before=(), own=(), after=export_results.headings_of_calls())


def _own_headings(contact_list: ContactList) -> tuple[tuple[str, ...], list[str]]:
    """The headings of the uploaded columns; where there is none, the letter by which programs call the column."""
    try:
        seen = intake.look(contact_list, **_how(contact_list))
    except (DialerError, OSError):
        return (), [
            gettext("“%(list)s” can't be read any more, so its own columns are missing.") % {"list": contact_list}
        ]
    named = [seen.header[place].strip() if place < len(seen.header) else "" for place in range(seen.columns)]
    return tuple(
        name or gettext("Column %(letter)s") % {"letter": _letter(place)} for place, name in enumerate(named)
    ), []


def _how(contact_list: ContactList) -> dict[str, Any]:
    return {
        "sheet": contact_list.sheet,
        "encoding": contact_list.encoding,
        "delimiter": contact_list.delimiter,
        "has_header": contact_list.has_header,
    }


def _letter(place: int) -> str:
    """A, B, …, Z, AA, as spreadsheet programs call their columns."""
    letters, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


class _Upload:
    """The uploaded rows, read from the kept file in step with the contacts. What can't be read is left empty."""

    def __init__(self, contact_list: ContactList, *, width: int, is_full: bool) -> None:
        self.remarks: list[str] = []
        self._list = contact_list
        self._width = width
        self._is_full = is_full
        self._mask = Mask()
        self._row: spreadsheet.Row | None = None
        self._rows = spreadsheet.rows(
            Path(contact_list.file.path), country=contact_list.campaign.account.country, **_how(contact_list)
        )

    def cells(self, contact: Contact) -> list[str]:
        """The cells of this contact's row, as many as the list has columns. Ask for the rows in their order."""
        row = self._find(contact.row_number) if self._width else None
        if row is None or row.cell(self._list.number_column or 0)[:80] != contact.raw:
            if self._width and not self.remarks:
                self.remarks.append(
                    gettext("“%(list)s” is not what it was when it was uploaded: rows lack their own columns.")
                    % {"list": self._list}
                )
            return [""] * self._width
        # What stands beyond the last column, as behind a comma too many, is kept with it.
        cells = [row.cell(place) for place in range(self._width - 1)]
        cells.append(", ".join(row.cells[self._width - 1 :]))
        return cells if self._is_full else [self._hidden(place, cell) for place, cell in enumerate(cells)]

    def close(self) -> None:
        self._rows.close()

    def _find(self, number: int) -> spreadsheet.Row | None:
        try:
            while self._row is None or self._row.number < number:
                self._row = next(self._rows)
        except (StopIteration, spreadsheet.SpreadsheetError, OSError):
            return None
        return self._row if self._row.number == number else None

    def _hidden(self, place: int, cell: str) -> str:
        """The column of the numbers is masked as one, and whatever looks like a number elsewhere."""
        return phone.masked(cell) if place == self._list.number_column else self._mask.text(cell)
