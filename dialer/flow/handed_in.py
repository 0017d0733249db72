"""Numbers that a program hands in -> a contact list, kept as a file with evidence, like any other list."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.translation import gettext, ngettext, pgettext

from dialer import spreadsheet
from dialer.figures import count
from dialer.flow import intake
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, ContactList
from dialer.models.preference import house_language


def take(campaign: Campaign, people: Sequence[tuple[str, Sequence[str]]], *, name: str, by: Any = None) -> ContactList:
    """Numbers in any spelling, each with its texts, as a list that is to be read. The caller rings for `intake`.

    Raises DialerError if the campaign is no draft any more or the numbers are none, and keeps nothing then.
    """
    most = max((len(texts) for _, texts in people), default=0)
    content = io.StringIO()
    writer = csv.writer(content)
    with house_language():
        text = pgettext("heading of a column", "text %(number)s")
        texts_ = [text % {"number": place} for place in range(1, most + 1)]
        writer.writerow([pgettext("heading of a column", "number"), *texts_])
    for number, texts in people:
        writer.writerow([number, *texts, *[""] * (most - len(texts))])
    # A mark of the encoding, so that nothing is guessed.
    file = SimpleUploadedFile(f"{name}.csv", content.getvalue().encode("utf-8-sig"), content_type="text/csv")
    how = {"sheet": "", "encoding": "utf-8-sig", "delimiter": ",", "has_header": True}
    contact_list = intake.upload(campaign, file, by=by)
    return _confirmed(contact_list, number_column=0, text_columns=list(range(1, most + 1)), how=how)


def take_file(
    campaign: Campaign,
    file: UploadedFile,
    *,
    number_column: int | None = None,
    text_columns: Sequence[int | None] = (),
    by: Any = None,
    **choices: Any,
) -> ContactList:
    """A file as a list that is to be read with these choices (columns from 0; sheet, encoding, delimiter, has_header).

    What is not said is guessed. The caller rings for `intake`. Raises DialerError with what is wrong, also if no
    column looks like numbers and none is named, and keeps nothing then.
    """
    contact_list = intake.upload(campaign, file, by=by)
    try:
        seen = intake.look(contact_list, **choices)
        column = seen.number_column if number_column is None else number_column
        if column is None:
            raise DialerError(gettext("Say which column holds the numbers: none looks like it for sure."))
        if column >= seen.columns:
            raise DialerError(
                ngettext(
                    "The list has %(count)s column. Choose the column of the numbers again.",
                    "The list has %(count)s columns. Choose the column of the numbers again.",
                    seen.columns,
                )
                % {"count": count(seen.columns)}
            )
    except DialerError:
        intake.remove(contact_list)
        raise
    return _confirmed(contact_list, number_column=column, text_columns=text_columns, how=_how(seen))


def _how(seen: spreadsheet.Preview) -> dict[str, Any]:
    return {
        "sheet": seen.sheet,
        "encoding": seen.encoding,
        "delimiter": seen.delimiter,
        "has_header": seen.has_header,
    }


def _confirmed(
    contact_list: ContactList, *, number_column: int, text_columns: Sequence[int | None], how: dict[str, Any]
) -> ContactList:
    try:
        intake.confirm(contact_list, number_column=number_column, text_columns=text_columns, **how)
    except DialerError:
        intake.remove(contact_list)
        raise
    return contact_list
