"""How far a campaign is, and whether everything adds up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum, When

from dialer.models import Attempt, Batch, BatchTally, CallRecord, Campaign
from dialer.terms import Disposition, SkipReason

OVER = (Campaign.State.FINISHED, Campaign.State.CANCELLED)
# Why somebody may be skipped who has an attempt already; all other reasons are found when a list is read.
SKIPPED_AFTER_READING = (SkipReason.DO_NOT_CALL, SkipReason.TEXT_MISSING)
DIALLED = (Batch.State.ACCEPTED, Batch.State.SETTLED)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Counts of people, each of them in exactly one of the first five."""

    waiting: int  # not handed over yet, or to be called again
    at_the_carrier: int  # handed over, no bill yet: not recallable
    settled: int  # billed, and not to be called again
    silent: int  # handed over and never billed
    not_called: int  # refused or dropped by the carrier, or cancelled before they left

    again: int  # of those waiting: a further round is planned
    uncertain: int  # of those at the carrier: in batches without a clear answer
    callable_count: int
    skipped: dict[SkipReason, int]
    dispositions: dict[Disposition, int]  # of the settled, and of those that the carrier dropped
    keypresses: dict[str, int]
    batches: dict[str, int]

    @property
    def row_count(self) -> int:
        return self.callable_count + sum(self.skipped.values())

    @property
    def done(self) -> int:
        return self.settled + self.silent + self.not_called


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """Two equations that must hold for a campaign that has ended: of rows, and of attempts in all rounds."""

    rows: int
    to_call: int
    skipped: dict[SkipReason, int]
    dialled: int  # attempts that the carrier took; a person called twice has two
    billed_by_callback: int
    billed_by_pull_only: int
    silent: int
    dropped: int  # at the end of the carrier's day, without a call

    @property
    def adds_up(self) -> bool:
        return (
            self.rows == self.to_call + sum(self.skipped.values())
            and self.dialled == self.billed_by_callback + self.billed_by_pull_only + self.silent + self.dropped
        )


def progress(campaign: Campaign) -> Progress:
    """Where everybody of the campaign is now, with a fixed number of queries.

    A person with several attempts is where the last one of them is; who is to be called again is waiting.
    """
    counts = dict(campaign.contacts.order_by().values_list("skip_reason").annotate(count=Count("pk")))
    callable_count = counts.pop("", 0)
    kinds = _kinds(campaign)
    in_place = {place: sum(kind.count for kind in kinds if kind.place == place) for place in _Place}
    waiting = callable_count - sum(in_place.values()) + in_place[_Place.WAITING]
    not_called = in_place[_Place.NOT_CALLED]
    if campaign.state == Campaign.State.CANCELLED:
        not_called, waiting = not_called + waiting, 0
    ended = [kind for kind in kinds if kind.place == _Place.SETTLED or kind.is_dropped]
    dispositions = _sums((kind.disposition, kind.count) for kind in ended)
    keypresses = _sums((kind.keypress, kind.count) for kind in ended if kind.keypress)
    return Progress(
        waiting=waiting,
        at_the_carrier=in_place[_Place.AT_THE_CARRIER],
        settled=in_place[_Place.SETTLED],
        silent=in_place[_Place.SILENT],
        not_called=not_called,
        again=sum(kind.count for kind in kinds if kind.is_again),
        uncertain=sum(
            kind.count for kind in kinds if kind.place == _Place.AT_THE_CARRIER and kind.batch_state in Batch.UNCLEAR
        ),
        callable_count=callable_count,
        skipped={reason: counts[reason] for reason in SkipReason if reason in counts},
        dispositions={
            disposition: dispositions[disposition] for disposition in Disposition if disposition in dispositions
        },
        keypresses=dict(sorted(keypresses.items())),
        batches=_tally(campaign.batches.all(), "state"),
    )


class _Place(Enum):
    WAITING = auto()
    AT_THE_CARRIER = auto()
    SETTLED = auto()
    SILENT = auto()
    NOT_CALLED = auto()


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """So many people whose last attempts are alike."""

    batch_state: str
    disposition: str
    keypress: str
    is_settled: bool
    is_silent: bool
    is_again: bool  # another round is planned
    was_billed: bool  # only known of refused batches, where nobody should be
    count: int

    @property
    def is_dropped(self) -> bool:
        return self.disposition == Disposition.NOT_CALLED and not self.is_again

    @property
    def place(self) -> _Place:
        """The first that fits."""
        was_refused = self.batch_state == Batch.State.REFUSED and not self.was_billed
        for place, is_there in (
            (_Place.WAITING, self.is_again),
            (_Place.NOT_CALLED, self.is_dropped or was_refused),
            (_Place.SETTLED, self.is_settled),
            (_Place.SILENT, self.is_silent),
            (_Place.AT_THE_CARRIER, self.batch_state in Batch.OUT),
        ):
            if is_there:
                return place
        return _Place.WAITING


def _kinds(campaign: Campaign) -> list[_Kind]:
    """The newest attempt of each person, leaving out those that were cancelled before they left; with four queries.

    The attempts of open batches are counted. Of tallied ones only those are that count no more, because the person
    was called again or is skipped by now, and those that are to be called again.
    """
    return [*_of_open_batches(campaign), *_of_tallied_batches(campaign)]


def _of_open_batches(campaign: Campaign) -> list[_Kind]:
    billed = Exists(CallRecord.objects.filter(attempt=OuterRef("pk")))
    is_over = campaign.state in OVER
    rows = (
        newest(Attempt.objects.filter(batch__in=_open_batches(campaign)))
        .order_by()
        .values(
            "disposition",
            "keypress",
            batch_state=F("batch__state"),
            is_settled=Q(settled_at__isnull=False),
            is_silent=Q(silent_since__isnull=False),
            is_again=Q(retry_at__isnull=False),
            was_billed=Case(When(batch__state=Batch.State.REFUSED, then=billed), default=False),
        )
        .annotate(count=Count("pk"))
    )
    return [_Kind(**row | {"is_again": row["is_again"] and not is_over}) for row in rows]


def _of_tallied_batches(campaign: Campaign) -> list[_Kind]:
    found: dict[_Outcome, int] = defaultdict(int)
    tallied = BatchTally.objects.filter(batch__campaign=campaign, batch__is_tallied=True).order_by()
    for *outcome, count in tallied.values_list(*_Outcome._fields).annotate(count=Sum("attempts")):
        found[_Outcome(*outcome)] += count
    if not found:
        return []
    for outcome, count in _no_more(campaign):
        found[outcome] -= count
    again: dict[_Outcome, int] = defaultdict(int)
    if campaign.state not in OVER:
        planned = Attempt.objects.filter(batch__campaign=campaign, batch__is_tallied=True, retry_at__isnull=False)
        for outcome, count in _outcomes(newest(planned)):
            found[outcome] -= count
            again[outcome] += count
    return [_of(outcome, count, is_again=False) for outcome, count in found.items() if count] + [
        _of(outcome, count, is_again=True) for outcome, count in again.items()
    ]


class _Outcome(NamedTuple):
    """What attempts of tallied batches have in common."""

    disposition: str
    keypress: str
    is_settled: bool
    is_silent: bool


def _of(outcome: _Outcome, count: int, *, is_again: bool) -> _Kind:
    return _Kind(**outcome._asdict(), batch_state=Batch.State.SETTLED, is_again=is_again, was_billed=False, count=count)


def _no_more(campaign: Campaign) -> Iterator[tuple[_Outcome, int]]:
    """Attempts of tallied batches that count no more, found from the few that came later and from who is skipped."""
    later = Attempt.objects.filter(batch__campaign=campaign, round__gt=1).exclude(batch__state=Batch.State.CANCELLED)
    # In one call, so that all is said of one and the same earlier attempt.
    overtaking = later.filter(
        contact__skip_reason="", contact__attempts__round__lt=F("round"), contact__attempts__batch__is_tallied=True
    )
    yield from _outcomes(overtaking, "contact__attempts__")
    skipped = campaign.contacts.filter(skip_reason__in=SKIPPED_AFTER_READING, attempts__batch__is_tallied=True)
    yield from _outcomes(skipped, "attempts__")


def _outcomes(rows: QuerySet[Any], attempt: str = "") -> Iterator[tuple[_Outcome, int]]:
    """The attempts that are reached by this way from the rows, counted by what they came to."""
    flags = {
        "was_settled": ExpressionWrapper(Q(**{f"{attempt}settled_at__isnull": False}), output_field=BooleanField()),
        "was_silent": ExpressionWrapper(Q(**{f"{attempt}silent_since__isnull": False}), output_field=BooleanField()),
    }
    found = rows.order_by().annotate(**flags).values_list(f"{attempt}disposition", f"{attempt}keypress", *flags)
    counted = found.annotate(count=Count(f"{attempt}pk", distinct=True))
    return ((_Outcome(*outcome), count) for *outcome, count in counted)


def newest(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Those of them that left or are to leave, without a later one, of people who are not skipped."""
    real = Attempt.objects.exclude(batch__state=Batch.State.CANCELLED)
    later = real.filter(contact=OuterRef("contact"), round__gt=OuterRef("round"))
    return attempts.exclude(batch__state=Batch.State.CANCELLED).filter(~Exists(later), contact__skip_reason="")


def _open_batches(campaign: Campaign) -> QuerySet[Batch]:
    return campaign.batches.filter(is_tallied=False).order_by()


def reconciliation(campaign: Campaign) -> Reconciliation:
    """Rows against fates, dialled against billed; for campaigns that have ended and for those still going on."""
    counts = dict(campaign.contacts.order_by().values_list("skip_reason").annotate(count=Count("pk")))
    to_call = counts.pop("", 0)
    dialled = Attempt.objects.filter(batch__campaign=campaign, batch__state__in=DIALLED)
    by_callback = dialled.filter(call_records__by_callback_at__isnull=False).distinct().count()
    billed = dialled.filter(call_records__isnull=False).distinct().count()
    return Reconciliation(
        rows=campaign.contacts.count(),
        to_call=to_call,
        skipped={reason: counts[reason] for reason in SkipReason if reason in counts},
        dialled=dialled.count(),
        billed_by_callback=by_callback,
        billed_by_pull_only=billed - by_callback,
        silent=dialled.filter(_never_billed()).count(),
        dropped=dialled.filter(disposition=Disposition.NOT_CALLED).count(),
    )


def _never_billed() -> Q:
    """Attempts for which no bill is awaited any more.

    They were declared silent, or the person was called again before it turned out that they had been taken.
    """
    is_settled = Q(settled_at__isnull=False, call_records__isnull=True) & ~Q(disposition=Disposition.NOT_CALLED)
    return Q(silent_since__isnull=False) | is_settled


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for name, count in pairs:
        sums[name] += count
    return sums


def _tally(rows: QuerySet[Any], field: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(field).annotate(count=Count("pk")).order_by(field))
