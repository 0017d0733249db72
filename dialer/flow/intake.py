"""spreadsheet -> Contact: every row gets a fate, and reading may stop and go on at any row."""

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, Min, OuterRef
from django.utils import timezone
from django.utils.translation import gettext

from dialer import figures, phone, spreadsheet
from dialer.flow import state, suppression, texts, uploads
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, Contact, ContactList
from dialer.terms import SkipReason

logger = logging.getLogger(__name__)

ROWS_AT_A_TIME = 1000  # one transaction of some 50 ms, so that other writers get their turn on SQLite
ROWS_REMOVED_AT_A_TIME = 5000
PAUSE_SECONDS = 0.01  # between two of them; SQLite's write lock is not fair
READING_SECONDS = 15  # then the list is given back and goes on at the next turn
TEXT_CHARACTERS = 200  # kept of a text of a row; carriers take less
ROUNDS_AGAINST_OTHERS = 3  # another list of the campaign may bring the same numbers at the same moment


class ClaimLost(Exception):
    """Somebody else reads the list now; what this transaction wrote is rolled back."""


def upload(campaign: Campaign, file: UploadedFile, *, by: Any = None) -> ContactList:
    """The kept file as a contact list that waits for its number column to be confirmed.

    Raises DialerError if the campaign is no draft any more, or if the file can't be read as a list.
    """
    if campaign.state != Campaign.State.DRAFT:
        raise DialerError(gettext("Numbers can be added to drafts only. Copy the campaign to call more people."))
    if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
        sentence = gettext("The file is larger than %(size)s MB. Split it into several lists.")
        raise DialerError(sentence % {"size": figures.count(settings.UPLOAD_MAX_BYTES // 1024**2)})
    contact_list = ContactList(
        campaign=campaign,
        original_name=Path(file.name or "list").name[:255],
        size_bytes=file.size or 0,
        sha256=_digest(file),
        uploaded_by=by,
    )
    contact_list.file.save(f"{contact_list.sha256[:16]}{_suffix(contact_list.original_name)}", file, save=False)
    try:
        found = look(contact_list)
        contact_list.sheet, contact_list.has_header = found.sheet, found.has_header
        contact_list.encoding, contact_list.delimiter = found.encoding, found.delimiter
        contact_list.row_count = found.row_count
        with transaction.atomic():
            contact_list.save()
            uploads.spend(file)
    except DialerError:
        contact_list.file.delete(save=False)
        raise
    return contact_list


def look(contact_list: ContactList, **choices: Any) -> spreadsheet.Preview:
    """The first rows, with the operator's choices (`sheet`, `encoding`, `delimiter`, `has_header`) if there are any.

    Raises DialerError with a sentence if the file can't be read.
    """
    try:
        return spreadsheet.preview(
            Path(contact_list.file.path), country=contact_list.campaign.account.country, **choices
        )
    except spreadsheet.SpreadsheetError as error:
        raise DialerError(str(error)) from error


def confirm(
    contact_list: ContactList,
    *,
    number_column: int,
    sheet: str,
    encoding: str,
    delimiter: str,
    has_header: bool,
    text_columns: Sequence[int | None] = (),
) -> None:
    """The list is to be read with these choices. Raises DialerError if it is being read or done already.

    `text_columns` are those of text 1, text 2, …; None for a text that no column brings. Raises DialerError for more
    than ten.
    """
    how = {"sheet": sheet, "encoding": encoding, "delimiter": delimiter, "has_header": has_header}
    columns = _without_end(text_columns)
    headings = _headings(look(contact_list, **how), columns) if columns else []
    changed = ContactList.objects.filter(
        pk=contact_list.pk, state=ContactList.State.UPLOADED, rows_read=0, claim_token=""
    ).update(number_column=number_column, text_columns=columns, text_headings=headings, **how)
    if not changed:
        raise DialerError(gettext("This list is being read already. Upload the file again to choose another column."))
    contact_list.refresh_from_db()


def _without_end(columns: Sequence[int | None]) -> list[int | None]:
    """The columns up to the last that brings a text."""
    if len(columns) > texts.MOST_TEXTS:
        raise DialerError(
            gettext("A row has at most %(most)s texts. Choose fewer columns.") % {"most": texts.MOST_TEXTS}
        )
    chosen = [place for place, column in enumerate(columns, 1) if column is not None]
    return list(columns[: max(chosen, default=0)])


def _headings(seen: spreadsheet.Preview, columns: list[int | None]) -> list[str | None]:
    if any(column is not None and not 0 <= column < seen.columns for column in columns):
        raise DialerError(gettext("The list has no such column. Choose the columns of the texts again."))
    return [
        None if column is None else (seen.header[column].strip() if column < len(seen.header) else "")
        for column in columns
    ]


def remove(contact_list: ContactList) -> None:
    """The list and its contacts are gone; if it was being read, that has ended. May be repeated.

    Raises DialerError once its campaign was launched.
    """
    if contact_list.campaign.state == Campaign.State.DRAFT and _stop_reading(contact_list):
        # No campaign is launched with a list that is not read, so it may go bit by bit, and others get their turn.
        while _remove_some(contact_list):
            time.sleep(PAUSE_SECONDS)
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=contact_list.campaign_id)
        if campaign.state != Campaign.State.DRAFT:
            raise DialerError(gettext("The campaign was launched; its lists are kept as evidence."))
        contact_list.contacts.all().delete()
        ContactList.objects.filter(pk=contact_list.pk).delete()
        _give_places(campaign.pk)
    contact_list.file.delete(save=False)


def _stop_reading(contact_list: ContactList) -> bool:
    """Whether the list was not read to its end. Then nobody reads it any more: it waits for a column as at first.

    Whoever reads it at this moment finds the claim gone with the next rows, which are rolled back.
    """
    rows = ContactList.objects.filter(pk=contact_list.pk)
    states = ContactList.State
    while (now := rows.first()) and now.state in {states.UPLOADED, states.READING}:
        if now.state == states.READING:
            state.advance(now, states.UPLOADED, number_column=None)  # else its turn has just ended: look again
        if rows.filter(state=states.UPLOADED).update(number_column=None):
            return True
    return False


def _remove_some(contact_list: ContactList) -> bool:
    """Remove some rows of the list; whether there were any."""
    keys = list(contact_list.contacts.order_by("pk").values_list("pk", flat=True)[:ROWS_REMOVED_AT_A_TIME])
    some = contact_list.contacts.filter(pk__in=keys)
    some._raw_delete(some.db)  # nobody was called yet, so nothing hangs on them: the database would refuse
    return bool(keys)


def read_next() -> bool:
    """Read on in one confirmed list for some seconds; whether there was one. May be rung twice or late."""
    lists = ContactList.objects.order_by("pk")
    # Reading may be repeated: rows that are stored already are passed over.
    state.expire_claims(lists.filter(state=ContactList.State.READING), to=ContactList.State.UPLOADED)
    contact_list = state.claim(
        lists.filter(state=ContactList.State.UPLOADED, number_column__isnull=False),
        to=ContactList.State.READING,
        lease_seconds=settings.LEASE_SECONDS,
    )
    if contact_list is None:
        return False
    try:
        _read(contact_list)
    except spreadsheet.SpreadsheetError as error:
        _reject(contact_list, str(error))
    except ClaimLost:
        logger.warning("contact list %s: another process reads it now", contact_list.pk)
    return True


def _read(contact_list: ContactList) -> None:
    stop_at = time.monotonic() + READING_SECONDS
    last = contact_list.contacts.order_by("-row_number").values_list("row_number", flat=True).first() or 0
    rows = spreadsheet.rows(
        Path(contact_list.file.path),
        country=contact_list.campaign.account.country,
        sheet=contact_list.sheet,
        encoding=contact_list.encoding,
        delimiter=contact_list.delimiter,
        has_header=contact_list.has_header,
    )
    with closing(rows):  # its child process ends when we stop early
        new_rows = (row for row in rows if row.number > last)
        for chunk in _chunks(new_rows, ROWS_AT_A_TIME):
            _store(contact_list, chunk)
            if time.monotonic() > stop_at:
                state.advance(contact_list, ContactList.State.UPLOADED, token=contact_list.claim_token)
                return
            time.sleep(PAUSE_SECONDS)
    _finish(contact_list)


def _finish(contact_list: ContactList) -> None:
    count = contact_list.contacts.count()
    if not count:
        return _reject(contact_list, gettext("There is no row below the header. Choose another sheet or file."))
    state.advance(
        contact_list,
        ContactList.State.READY,
        token=contact_list.claim_token,
        row_count=count,
        rows_read=count,
        read_at=timezone.now(),
    )
    return None


def _store(contact_list: ContactList, rows: list[spreadsheet.Row]) -> None:
    for _ in range(ROUNDS_AGAINST_OTHERS):
        try:
            with transaction.atomic():
                Contact.objects.bulk_create(_contacts(contact_list, rows))
                _note_progress(contact_list, len(rows))
            return
        except IntegrityError:
            continue  # look again: the numbers that the other list brought are duplicates now
    raise ClaimLost


def _note_progress(contact_list: ContactList, count: int) -> None:
    mine = ContactList.objects.filter(
        pk=contact_list.pk, state=ContactList.State.READING, claim_token=contact_list.claim_token
    )
    contact_list.rows_read += count
    if not mine.update(rows_read=contact_list.rows_read, lease_until=state.after(settings.LEASE_SECONDS)):
        raise ClaimLost


def _contacts(contact_list: ContactList, rows: list[spreadsheet.Row]) -> list[Contact]:
    """Contacts with their fates, in the order of the rows; the first row of a number is the one that counts."""
    country = contact_list.campaign.account.country
    column = contact_list.number_column or 0
    columns = contact_list.text_columns
    cells = [row.cells[column] if column < len(row.cells) else "" for row in rows]
    verdicts = [phone.read(cell, country=country) for cell in cells]
    numbers = {verdict.number for verdict in verdicts if verdict.number}
    row_of = _rows_of_known_numbers(contact_list.campaign_id, numbers)
    forbidden = suppression.forbidden(contact_list.campaign).filter(number__in=numbers)
    do_not_call = set(forbidden.values_list("number", flat=True))
    contacts = []
    for row, cell, verdict in zip(rows, cells, verdicts, strict=True):
        contact = Contact(
            campaign_id=contact_list.campaign_id,
            contact_list=contact_list,
            row_number=row.number,
            raw=cell[:80],
            number=verdict.number,
            texts=list(texts.kept(row.cells, columns, longest=TEXT_CHARACTERS)) if columns else None,
        )
        if verdict.problem is not None:
            contact.skip_reason = SkipReason(verdict.problem.value)
            contact.number = ""
        elif verdict.number in row_of:
            contact.skip_reason = SkipReason.DUPLICATE
            contact.duplicate_of_row = row_of[verdict.number]
        else:
            row_of[verdict.number] = row.number
            if verdict.number in do_not_call:
                contact.skip_reason = SkipReason.DO_NOT_CALL
        contacts.append(contact)
    return contacts


def _rows_of_known_numbers(campaign_id: int, numbers: set[str]) -> dict[str, int]:
    known = Contact.objects.filter(campaign_id=campaign_id, number__in=numbers).exclude(
        skip_reason=SkipReason.DUPLICATE
    )
    return dict(known.values_list("number", "row_number"))


def _reject(contact_list: ContactList, sentence: str) -> None:
    with transaction.atomic():
        if state.advance(contact_list, ContactList.State.REJECTED, token=contact_list.claim_token, complaint=sentence):
            contact_list.contacts.all().delete()
            _give_places(contact_list.campaign_id)


def _give_places(campaign_id: int) -> None:
    """Of each number whose counting row is gone with its list, the next row counts, so that nobody is lost."""
    rows = Contact.objects.filter(campaign=campaign_id)
    counts = rows.exclude(skip_reason=SkipReason.DUPLICATE).filter(number=OuterRef("number"))
    orphans = rows.filter(~Exists(counts), skip_reason=SkipReason.DUPLICATE)
    heirs = list(orphans.order_by().values_list("number").annotate(Min("pk")).values_list("pk__min", flat=True))
    for start in range(0, len(heirs), ROWS_AT_A_TIME):
        chosen = rows.filter(pk__in=heirs[start : start + ROWS_AT_A_TIME])
        numbers = dict(chosen.values_list("number", "row_number"))
        chosen.update(skip_reason="", duplicate_of_row=None)
        others = list(rows.filter(skip_reason=SkipReason.DUPLICATE, number__in=numbers))
        for contact in others:
            contact.duplicate_of_row = numbers[contact.number]
        Contact.objects.bulk_update(others, ["duplicate_of_row"], batch_size=500)


def _chunks(rows: Iterable[spreadsheet.Row], size: int) -> Iterator[list[spreadsheet.Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _digest(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _suffix(name: str) -> str:
    return Path(name).suffix[:8].lower()
