"""Whose call is it: by reference first, then by number within that batch, in whatever form it came back."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet

from dialer import phone
from dialer.models import Account, Attempt, Batch

_END = re.compile(r"[0-9]{0,4}$")  # carriers add digits in front and star the middle


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Somebody of a batch: the attempt's key and the contact's number, E.164."""

    attempt_id: int
    number: str


class Matcher:
    """Finds batches and attempts for many calls of one account with few queries.

    A reference of another account is no match: what one account's address receives never settles another's batch.
    """

    def __init__(self, account: Account, *, references: Iterable[str], numbers: Iterable[str]) -> None:
        self.account = account
        self._references = {reference for reference in references if reference}
        self._numbers = {self.read(number) for number in numbers} - {""}
        self._members: dict[int, list[Member]] = {}

    def batch_of(self, reference: str) -> Batch | None:
        return self._batch_by_reference.get(reference)

    def member_of(self, batch: Batch, wire: str) -> Member | None:
        """To whom of the batch the number belongs; None if it fits nobody, or more than one."""
        exact = self._member_by_number.get((batch.pk, self.read(wire)))
        return exact or self._only_similar(batch, wire)

    def read(self, wire: str) -> str:
        """E.164, or "" if the number can't be read."""
        return phone.read(wire, country=self.account.country).number

    def batches(self) -> QuerySet[Batch]:
        """The batches that the references name."""
        return Batch.objects.filter(pk__in=[batch.pk for batch in self._batch_by_reference.values()])

    def _only_similar(self, batch: Batch, wire: str) -> Member | None:
        """For a number that came back starred or with a prefix; a guess between two is none."""
        end = _END.findall(wire)[0]  # cheap to compare, and whoever is similar has the same
        similar = [
            member
            for member in self._members_of(batch)
            if member.number.endswith(end)
            and phone.is_same(member.number, wire, country=self.account.country, prefix=self.account.dial_prefix)
        ]
        return similar[0] if len(similar) == 1 else None

    def _members_of(self, batch: Batch) -> list[Member]:
        if batch.pk not in self._members:
            rows = batch.attempts.order_by("pk").values_list("pk", "contact__number")
            self._members[batch.pk] = [Member(attempt_id=key, number=number) for key, number in rows]
        return self._members[batch.pk]

    @cached_property
    def _batch_by_reference(self) -> dict[str, Batch]:
        return {batch.reference: batch for batch in self.account.batches.filter(reference__in=self._references)}

    @cached_property
    def _member_by_number(self) -> dict[tuple[int, str], Member]:
        rows = Attempt.objects.filter(
            batch__in=self._batch_by_reference.values(), contact__number__in=self._numbers
        ).values_list("batch_id", "pk", "contact__number")
        return {(batch, number): Member(attempt_id=key, number=number) for batch, key, number in rows}
