"""number -> DoNotCall: who is never to be called, by hand or from a file.

Nothing else needs doing here: lists are compared when they are read, campaigns when they are launched, and each
batch in the moment before it leaves.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from dialer import figures, phone, spreadsheet
from dialer.flow.mistakes import DialerError
from dialer.models import Attempt, CallRecord, Campaign, Contact, DoNotCall, DoNotCallList
from dialer.models.do_not_call import house_list
from dialer.terms import SkipReason

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


@dataclass(frozen=True, kw_only=True)
class Forbidden:
    """A number that was put on a list, and how many people of it were skipped."""

    row: DoNotCall
    skipped: int


@dataclass(frozen=True, kw_only=True)
class OptOut:
    """Somebody who does not want to be called again, and the call in which that was said."""

    number: str  # E.164
    reason: str
    source: str
    call_record: CallRecord | None


def read(raw: str, *, country: str) -> str:
    """The number, E.164, that `raw` means in `country`; with its country code it may be one of another country.

    Raises DialerError with a sentence for the operator if it can't be read.
    """
    verdict = _verdict(raw, country)
    if verdict.problem is not None:
        raise DialerError(phone.explain(verdict.problem, raw, country))
    return verdict.number


def add(
    raw: str,
    *,
    country: str,
    to: DoNotCallList | None = None,
    reason: str = "",
    source: str = "",
    by: Any = None,
) -> DoNotCall:
    """The number, in any spelling, is on the list (the house list if none is named) from now on.

    Raises DialerError if it can't be read, or is on that list already.
    """
    row, is_new = DoNotCall.objects.get_or_create(
        number=read(raw, country=country),
        list_id=to.pk if to else house_list(),
        defaults={"reason": reason, "source": source, "added_by": by},
    )
    if not is_new:
        raise DialerError(_already_there(row))
    return row


def add_file(
    path: Path,
    *,
    country: str,
    to: DoNotCallList | None = None,
    reason: str = "",
    source: str = "",
    as_of: date | None = None,
    by: Any = None,
) -> Added:
    """Every readable number of the file is on the list (the house list if none is named). May be repeated.

    `as_of` is the day of a whole register's state; the list is that fresh from now on. The whole file is read before
    anything is written. Raises DialerError if it can't be, and changes nothing then.
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
    list_id = to.pk if to else house_list()
    added = _store(dict.fromkeys(numbers), list_id=list_id, reason=reason, source=source, by=by)
    if as_of is not None:
        DoNotCallList.objects.filter(pk=list_id).update(refreshed_on=as_of)
    return Added(column=column, added=added, already_there=len(numbers) - added, unreadable=tuple(unreadable))


def forbidden(campaign: Campaign) -> QuerySet[DoNotCall]:
    """The entries of all lists that hold for the campaign."""
    return DoNotCall.objects.against(purpose=campaign.purpose, country=campaign.account.country)


def obey_opt_outs(opt_outs: Iterable[OptOut]) -> None:
    """The numbers are on the house list, with the calls as proof, and skipped wherever they wait. May be repeated.

    A fixed number of queries.
    """
    by_number = {opt_out.number: opt_out for opt_out in opt_outs}
    if not by_number:
        return
    list_id = house_list()
    DoNotCall.objects.bulk_create(
        [
            DoNotCall(
                number=opt_out.number,
                list_id=list_id,
                reason=opt_out.reason[:200],
                source=opt_out.source[:200],
                call_record=opt_out.call_record,
            )
            for opt_out in by_number.values()
        ],
        ignore_conflicts=True,
    )
    _waiting(by_number).update(skip_reason=SkipReason.DO_NOT_CALL, postponed_until=None)


def forbid(number: str, *, to: DoNotCallList, reason: str, source: str = "", by: Any = None) -> Forbidden:
    """The number, E.164, is on the list from now on, and skipped wherever it waits and the list holds.

    Raises DialerError if it is on that list already.
    """
    with transaction.atomic():
        row, is_new = DoNotCall.objects.get_or_create(
            number=number, list=to, defaults={"reason": reason[:200], "source": source[:200], "added_by": by}
        )
        if not is_new:
            raise DialerError(_already_there(row))
        skipped = waiting_for(number, of=to).update(skip_reason=SkipReason.DO_NOT_CALL, postponed_until=None)
    return Forbidden(row=row, skipped=skipped)


def waiting_for(number: str, *, of: DoNotCallList) -> QuerySet[Contact]:
    """Whom the list would keep from being called: of this number, in no batch yet, in campaigns for which it holds."""
    waiting = _waiting([number])
    if of.purpose:
        waiting = waiting.filter(campaign__purpose=of.purpose)
    return waiting.filter(campaign__account__country=of.country) if of.country else waiting


def _waiting(numbers: Collection[str]) -> QuerySet[Contact]:
    """People of these numbers who are in no batch yet, in campaigns that are not over.

    Whoever is in a batch already is taken out of it in the moment before it leaves.
    """
    in_no_batch = ~Exists(Attempt.objects.filter(contact=OuterRef("pk")))
    over = [Campaign.State.FINISHED, Campaign.State.CANCELLED]
    rows = Contact.objects.filter(in_no_batch, number__in=numbers, skip_reason="")
    return rows.exclude(campaign__state__in=over)


def _already_there(row: DoNotCall) -> str:
    since = timezone.localdate(row.added_at).isoformat()
    return gettext("This number is on the list already, since %(day)s.") % {"day": since}


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
                gettext("No column of this file holds phone numbers alone. Give the numbers a column of their own.")
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
        too_many = ngettext(
            "The file has more than %(count)s row. Split it into several files.",
            "The file has more than %(count)s rows. Split it into several files.",
            MOST_ROWS,
        )
        raise DialerError(too_many % {"count": figures.count(MOST_ROWS)})
    return _heading(seen, seen.number_column), cells


def _heading(seen: spreadsheet.Preview, column: int) -> str:
    heading = seen.header[column].strip() if column < len(seen.header) else ""
    return heading or gettext("column %(number)s") % {"number": column + 1}


def _store(numbers: Iterable[str], *, list_id: int, reason: str, source: str, by: Any) -> int:
    """How many of the numbers are new on the list."""
    added = 0
    for chunk in _chunks(numbers, NUMBERS_AT_A_TIME):
        known = set(DoNotCall.objects.filter(list=list_id, number__in=chunk).values_list("number", flat=True))
        fresh = [number for number in chunk if number not in known]
        DoNotCall.objects.bulk_create(
            [DoNotCall(list_id=list_id, number=number, reason=reason, source=source, added_by=by) for number in fresh],
            ignore_conflicts=True,
        )
        added += len(fresh)
    return added


def _chunks(numbers: Iterable[str], size: int) -> Iterator[list[str]]:
    iterator = iter(numbers)
    while chunk := list(islice(iterator, size)):
        yield chunk
