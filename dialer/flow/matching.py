"""Whose call is it: by reference first, then by number within that batch, in whatever form it came back."""

import re
from collections.abc import Iterable
from functools import cached_property

from django.db.models import QuerySet

from dialer import phone
from dialer.models import Account, Attempt, Batch

_END = re.compile(r"[0-9]{0,4}$")  # carriers add digits in front and star the middle


class Matcher:
    """Finds batches and attempts for many calls of one account with few queries.

    A reference of another account is no match: what one account's address receives never settles another's batch.
    """

    def __init__(self, account: Account, *, references: Iterable[str], numbers: Iterable[str]) -> None:
        self.account = account
        self._references = {reference for reference in references if reference}
        self._numbers = {self.read(number) for number in numbers} - {""}
        self._members: dict[int, list[Attempt]] = {}

    def batch_of(self, reference: str) -> Batch | None:
        return self._batch_by_reference.get(reference)

    def attempt_of(self, batch: Batch, wire: str) -> Attempt | None:
        """The attempt to which the number belongs; None if it fits none of the batch, or more than one."""
        exact = self._attempt_by_number.get((batch.pk, self.read(wire)))
        return exact or self._only_similar(batch, wire)

    def read(self, wire: str) -> str:
        """E.164, or "" if the number can't be read."""
        return phone.read(wire, country=self.account.country).number

    def batches(self) -> QuerySet[Batch]:
        """The batches that the references name."""
        return Batch.objects.filter(pk__in=[batch.pk for batch in self._batch_by_reference.values()])

    def _only_similar(self, batch: Batch, wire: str) -> Attempt | None:
        """For a number that came back starred or with a prefix; a guess between two is none."""
        end = _END.findall(wire)[0]  # cheap to compare, and whoever is similar has the same
        similar = [
            attempt
            for attempt in self._members_of(batch)
            if attempt.contact.number.endswith(end)
            and phone.is_same(
                attempt.contact.number, wire, country=self.account.country, prefix=self.account.dial_prefix
            )
        ]
        return similar[0] if len(similar) == 1 else None

    def _members_of(self, batch: Batch) -> list[Attempt]:
        if batch.pk not in self._members:
            self._members[batch.pk] = list(batch.attempts.select_related("contact"))
        return self._members[batch.pk]

    @cached_property
    def _batch_by_reference(self) -> dict[str, Batch]:
        return {batch.reference: batch for batch in self.account.batches.filter(reference__in=self._references)}

    @cached_property
    def _attempt_by_number(self) -> dict[tuple[int, str], Attempt]:
        attempts = Attempt.objects.filter(
            batch__in=self._batch_by_reference.values(), contact__number__in=self._numbers
        )
        return {(attempt.batch_id, attempt.contact.number): attempt for attempt in attempts.select_related("contact")}
