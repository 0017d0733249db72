"""Exports: people with their own columns beside their results, against writing bare rows; and the memory of it."""

import csv
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import xlsxwriter
from django.contrib.auth.models import User

from benchmarks import rows
from benchmarks.ratio import Finding, Ratio, Work, compare
from dialer.flow import exports
from dialer.models import Contact, ContactList, Export
from dialer.terms import ExportForm, ExportKind

ROWS, FEW = 100_000, 10_000
COLUMNS = 14  # of which four are the list's own
ROUNDS = 1


def measure() -> Iterator[Finding | Ratio]:
    owner = User.objects.create_superuser("bench")
    many, few = uploaded(ROWS), uploaded(FEW)
    for form, bare in ((ExportForm.CSV, bare_csv), (ExportForm.XLSX, bare_xlsx)):
        yield compare(
            f"people exported as {form}",
            against="as many bare rows written",
            count=ROWS,
            things="rows",
            rounds=writings(owner, many, form, bare),
        )
    for form in ExportForm:
        peaks = [peak(owner, one, form) for one in (many, few)]
        yield Finding(
            what=f"memory of {ROWS:,} people as {form}",
            against=f"memory of {FEW:,}",
            ratio=peaks[0] / peaks[1],
            said=f"{peaks[0] / 2**20:.1f} MiB; of {FEW:,}: {peaks[1] / 2**20:.1f} MiB",
        )


def uploaded(size: int) -> ContactList:
    """A list of so many people that was read, in the database and as its file."""
    numbers = list(islice(rows.numbers(), size))
    lines = (f"Person {at},{number},Jakarta,{at % 900}" for at, number in enumerate(numbers))
    content = "\n".join(["Name,Phone,City,Debt", *lines]).encode()
    contact_list = rows.contact_list(rows.campaign(rows.account()), content=content, number_column=1)
    ContactList.objects.filter(pk=contact_list.pk).update(
        state=ContactList.State.READY, delimiter=",", row_count=size, rows_read=size
    )
    people = (
        Contact(campaign=contact_list.campaign, contact_list=contact_list, row_number=at, raw=number, number=number)
        for at, number in enumerate(numbers, start=2)
    )
    Contact.objects.bulk_create(people, batch_size=1000)
    return contact_list


def export_of(owner: User, contact_list: ContactList, form: ExportForm) -> None:
    """Ordered and written to its end."""
    export = exports.order(owner=owner, kind=ExportKind.CONTACTS, form=form)
    while exports.write_next(lambda _: Contact.objects.filter(contact_list=contact_list)):
        pass
    export.refresh_from_db()
    if (
        export.state != Export.State.READY
        or export.form != form
        or export.rows_written != contact_list.contacts.count()
    ):
        raise AssertionError(f"{export.state}, {export.form}: {export.remark}")


def writings(
    owner: User, contact_list: ContactList, form: ExportForm, bare: Callable[[Path], None]
) -> Iterator[tuple[Work, Work]]:
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            yield lambda: export_of(owner, contact_list, form), lambda: bare(Path(folder, f"bare.{form}"))


def peak(owner: User, contact_list: ContactList, form: ExportForm) -> int:
    """Bytes of Python's own that were in use at most."""
    tracemalloc.start()
    try:
        export_of(owner, contact_list, form)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def cells() -> Iterator[list[str]]:
    return ([f"cell {at} {column}" for column in range(COLUMNS)] for at in range(ROWS))


def bare_csv(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(cells())


def bare_xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(cells()):
            for column, cell in enumerate(row):
                sheet.write_string(at, column, cell)
