"""Whose call is it: by reference or the carrier's task, then by number in that batch, in whatever form it came back.

Carriers that name no batch with a bill are matched by number and time, and only with batches that they took for sure:
such a match settles an attempt, but it never proves that an uncertain batch was taken.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q, QuerySet

from dialer import phone
from dialer.flow.connect import capabilities_of
from dialer.models import Account, Attempt, Batch, CallRecord, CarrierFile
from dialer.terms import Feature

CLOCKS_DIFFER = timedelta(minutes=2)  # a call may seem to have begun before its batch left
LONGEST_WAIT = timedelta(days=8)  # from handing over, or the set start, to the last dial
_END = re.compile(r"[0-9]{0,4}$")  # carriers add digits in front and star the middle


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Somebody of a batch: the attempt's key and the contact's number, E.164."""

    attempt_id: int
    number: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An attempt to whom a call without the name of its batch may belong."""

    attempt_id: int
    batch_id: int
    campaign_id: int
    number: str
    left_at: datetime
    begins_at: datetime
    is_open: bool  # no call of it is known
    is_unclear: bool  # nobody knows whether it was taken
    voice_file_id: int | None


class Matcher:
    """Finds batches and attempts for many calls of one account with few queries.

    A reference of another account is no match: what one account's address receives never settles another's batch.
    """

    def __init__(
        self, account: Account, *, references: Iterable[str], numbers: Iterable[str], task_ids: Iterable[str] = ()
    ) -> None:
        self.account = account
        self._references = {reference for reference in references if reference}
        self._task_ids = {task_id for task_id in task_ids if task_id}
        self._given: set[int] = set()  # attempts to which a call was given by number and time
        self._numbers = {self.read(number) for number in numbers} - {""}
        self._members: dict[int, list[Member]] = {}

    def link(self, row: CallRecord, wire: str, *, voice: str = "", had_reference: bool = False) -> int | None:
        """The row knows whose call it is, by all that is known of it; nothing is saved.

        Once known by a reference it stays, but what was only matched by number and time gives way to the carrier's
        own word: then the attempt is returned that has lost the call. `had_reference`: before this was told of it.
        """
        batch = self.batch_of(row.reference, row.carrier_task_id)
        if row.attempt_id is not None and batch is None and self._is_of_another_task(row):
            mistaken, row.attempt_id = row.attempt_id, None
            row.batch, row.campaign_id = None, None
            return mistaken
        if row.attempt_id is not None and (batch is None or batch.pk == row.batch_id or had_reference):
            return None
        if batch is None:
            if not row.reference and not row.carrier_task_id:
                self._link_nameless(row, wire, voice=voice)
            return None
        lost, row.attempt_id = row.attempt_id, None
        row.batch, row.campaign_id = batch, batch.campaign_id
        member = self.member_of(batch, row.number)
        if member is None and wire != row.number:
            member = self.member_of(batch, wire)
        if member is not None:
            row.attempt_id, row.number = member.attempt_id, member.number
        return lost

    def batch_of(self, reference: str, task_id: str = "") -> Batch | None:
        return self._batch_by_reference.get(reference) or self._batch_by_task.get(task_id)

    def member_of(self, batch: Batch, wire: str) -> Member | None:
        """To whom of the batch the number belongs; None if it fits nobody, or more than one."""
        exact = self._member_by_number.get((batch.pk, self.read(wire)))
        return exact or self._only_similar(batch, wire)

    def read(self, wire: str) -> str:
        """E.164, or "" if the number can't be read."""
        return phone.read(wire, country=self.account.country).number

    def batches(self) -> QuerySet[Batch]:
        """The batches that the references and tasks name."""
        return Batch.objects.filter(pk__in=[batch.pk for batch in self._batches])

    def by_number_and_time(self, wire: str, started_at: datetime | None, *, voice: str = "") -> Candidate | None:
        """To whom a call that names no batch belongs; None if nobody fits, or if this carrier names its batches.

        Of several attempts the first that has no call yet, so that calls are given in the order of handing over; a
        call to somebody who has one is a redial of the newest, unless it may be the first one of a batch of which
        nobody knows yet whether it was taken: then it waits. `voice` is the file that was played, if it is told.
        """
        if started_at is None or not self._has_nameless_bills:
            return None
        fitting = [
            one
            for one in self._candidates.get(self.read(wire), ())
            if one.left_at - CLOCKS_DIFFER <= started_at <= one.begins_at + LONGEST_WAIT
        ]
        may_be_anothers = any(one.is_unclear and one.is_open for one in fitting)
        fitting = [one for one in fitting if not one.is_unclear]
        fitting = self._with_voice(fitting, voice) or fitting
        open_ones = [one for one in fitting if one.is_open and one.attempt_id not in self._given]
        redialled = fitting[-1] if fitting and not may_be_anothers else None
        found = open_ones[0] if open_ones else redialled
        if found is not None:
            self._given.add(found.attempt_id)
        return found

    def _is_of_another_task(self, row: CallRecord) -> bool:
        """Whether the carrier names a task that is not that of the batch to which number and time led."""
        known = row.batch.carrier_task_id if row.batch else ""
        return bool(row.carrier_task_id and known) and not row.reference and row.carrier_task_id != known

    def _link_nameless(self, row: CallRecord, wire: str, *, voice: str) -> None:
        found = self.by_number_and_time(wire, row.started_at, voice=voice)
        if found is not None:
            row.batch_id, row.campaign_id = found.batch_id, found.campaign_id
            row.attempt_id, row.number = found.attempt_id, found.number

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
    def _has_nameless_bills(self) -> bool:
        return Feature.BILLS_BY_REFERENCE not in capabilities_of(self.account).features

    def _with_voice(self, fitting: list[Candidate], voice: str) -> list[Candidate]:
        if not voice or len(fitting) < 2:
            return []
        placed = CarrierFile.objects.filter(account=self.account, name_at_carrier=voice)
        files = set(placed.values_list("voice_file", flat=True))
        return [one for one in fitting if one.voice_file_id in files]

    @cached_property
    def _candidates(self) -> dict[str, list[Candidate]]:
        """By number, in the order in which their batches left."""
        unclear = (Batch.State.SENDING, *Batch.UNCLEAR)
        rows = Attempt.objects.filter(
            batch__account=self.account,
            batch__state__in=[Batch.State.ACCEPTED, Batch.State.SETTLED, *unclear],
            batch__sent_at__isnull=False,
            contact__number__in=self._numbers,
        ).order_by("batch__sent_at", "pk")
        found = defaultdict(list)
        for key, batch, state, campaign, number, left_at, starts_at, settled_at, voice_file in rows.values_list(
            "pk",
            "batch",
            "batch__state",
            "batch__campaign",
            "contact__number",
            "batch__sent_at",
            "batch__starts_at",
            "settled_at",
            "batch__campaign__voice_file",
        ):
            if left_at is None:
                continue  # the query says otherwise; mypy does not know it
            found[number].append(
                Candidate(
                    attempt_id=key,
                    batch_id=batch,
                    campaign_id=campaign,
                    number=number,
                    left_at=left_at,
                    begins_at=max(left_at, starts_at or left_at),
                    is_open=settled_at is None,
                    is_unclear=state in unclear,
                    voice_file_id=voice_file,
                )
            )
        return found

    @cached_property
    def _batches(self) -> list[Batch]:
        named = Q(reference__in=self._references) | Q(carrier_task_id__in=self._task_ids)
        return list(self.account.batches.filter(named)) if self._references or self._task_ids else []

    @cached_property
    def _batch_by_reference(self) -> dict[str, Batch]:
        return {batch.reference: batch for batch in self._batches}

    @cached_property
    def _batch_by_task(self) -> dict[str, Batch]:
        return {batch.carrier_task_id: batch for batch in self._batches if batch.carrier_task_id}

    @cached_property
    def _member_by_number(self) -> dict[tuple[int, str], Member]:
        rows = Attempt.objects.filter(batch__in=self._batches, contact__number__in=self._numbers).values_list(
            "batch_id", "pk", "contact__number"
        )
        return {(batch, number): Member(attempt_id=key, number=number) for batch, key, number in rows}
