"""Whose call is it: by reference first, then by number within that batch, in whatever form it came back."""

from collections.abc import Iterable
from functools import cached_property

from django.db.models import QuerySet

from dialer import phone
from dialer.carriers.contract import Call
from dialer.models import Account, Attempt, Batch


class Matcher:
    """Finds batches and attempts for many calls of one account with few queries.

    A reference of another account is no match: what one account's address receives never settles another's batch.
    """

    def __init__(self, account: Account, calls: Iterable[Call]) -> None:
        self.account = account
        self.calls = list(calls)

    def batch_of(self, call: Call) -> Batch | None:
        return self._batch_by_reference.get(call.reference)

    def attempt_of(self, call: Call) -> Attempt | None:
        """The attempt that the call belongs to; None if the number fits none of the batch, or more than one."""
        batch = self.batch_of(call)
        if batch is None:
            return None
        exact = self._attempt_by_number.get((batch.pk, self._number(call)))
        return exact or self._only_similar(batch, call.number_on_wire)

    def number_of(self, call: Call) -> str:
        """E.164 if the number is known or readable, else as it came."""
        attempt = self.attempt_of(call)
        return attempt.contact.number if attempt else self._number(call) or call.number_on_wire[:32]

    def batches(self) -> QuerySet[Batch]:
        """The batches that the calls prove."""
        return Batch.objects.filter(pk__in=[batch.pk for batch in self._batch_by_reference.values()])

    def _number(self, call: Call) -> str:
        return phone.read(call.number_on_wire, country=self.account.country).number

    def _only_similar(self, batch: Batch, wire: str) -> Attempt | None:
        """For a number that came back starred or with a prefix; a guess between two is none."""
        if batch.pk not in self._all_attempts:
            self._all_attempts[batch.pk] = list(batch.attempts.select_related("contact"))
        similar = [
            attempt
            for attempt in self._all_attempts[batch.pk]
            if phone.is_same(
                attempt.contact.number, wire, country=self.account.country, prefix=self.account.dial_prefix
            )
        ]
        return similar[0] if len(similar) == 1 else None

    @cached_property
    def _all_attempts(self) -> dict[int, list[Attempt]]:
        return {}

    @cached_property
    def _batch_by_reference(self) -> dict[str, Batch]:
        references = {call.reference for call in self.calls if call.reference}
        return {batch.reference: batch for batch in self.account.batches.filter(reference__in=references)}

    @cached_property
    def _attempt_by_number(self) -> dict[tuple[int, str], Attempt]:
        attempts = Attempt.objects.filter(
            batch__in=self._batch_by_reference.values(),
            contact__number__in={self._number(call) for call in self.calls},
        )
        return {(attempt.batch_id, attempt.contact.number): attempt for attempt in attempts.select_related("contact")}
