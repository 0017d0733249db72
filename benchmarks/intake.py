"""A list becomes people in the database: read, understood, compared, stored. Against the storing alone."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connection, transaction

from benchmarks import rows
from benchmarks.ratio import Ratio, Work, compare
from dialer.flow import intake
from dialer.models import Contact

ROWS, ROUNDS = 10_000, 3
SQL = """
INSERT INTO dialer_contact (campaign_id, contact_list_id, row_number, raw, number, skip_reason, duplicate_of_row)
VALUES (%s, %s, %s, %s, %s, '', NULL)
"""


def measure() -> Iterator[Ratio]:
    yield compare(
        "lists taken in",
        against=f"executemany of the same rows, {intake.ROWS_AT_A_TIME:,} at a time",
        count=ROWS,
        things="rows",
        rounds=rounds(),
    )


def rounds() -> Iterator[tuple[Work, Work]]:
    account = rows.account()
    for _ in range(ROUNDS):
        people = list(islice(rows.numbers(), ROWS))
        rows.contact_list(rows.campaign(account), content="\n".join(["Phone", *people]).encode())
        other = rows.contact_list(rows.campaign(account), number_column=None)
        values = [(other.campaign_id, other.pk, at, number, number) for at, number in enumerate(people, start=2)]
        yield read_all, lambda values=values: store(values)
        if Contact.objects.filter(skip_reason="").count() != 2 * ROWS:
            raise AssertionError("not every row became somebody to be called")
        Contact.objects.all().delete()


def read_all() -> None:
    while intake.read_next():
        pass


def store(values: list[tuple[Any, ...]]) -> None:
    for start in range(0, len(values), intake.ROWS_AT_A_TIME):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(SQL, values[start : start + intake.ROWS_AT_A_TIME])
