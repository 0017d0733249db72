"""Campaign -> a new draft like it; of the same people only those whom nobody reached."""

import csv
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from dialer.flow import history, suppression
from dialer.flow.mistakes import DialerError
from dialer.models import (
    Attempt,
    Batch,
    CallWindow,
    Campaign,
    CampaignPlan,
    CarrierPeriod,
    Contact,
    ContactList,
    RetryRule,
    Route,
)
from dialer.models.preference import house_language
from dialer.terms import Disposition

OVER = (Campaign.State.FINISHED, Campaign.State.CANCELLED)
NEVER_LEFT = (Batch.State.REFUSED, Batch.State.CANCELLED)
ROWS_AT_A_TIME = 5_000
LONGEST_NAME = 64
NAMES_TRIED = 1_000
COPY = (_("(copy)"), _("(copy %(number)s)"))  # ends of names: of the first one, of further ones
UNANSWERED = (_("(unanswered)"), _("(unanswered %(number)s)"))

# What belongs to the one campaign and not to what it wishes: its progress, its start, and a widening, which was a
# person's reason for just that campaign.
NOT_COPIED = {
    "id",
    "name",
    "state",
    "is_planned",
    "planned_through",
    "paused_because",
    "watched_since",
    "is_canary_passed",
    "created_by",
    "created_at",
    "launched_by",
    "launched_at",
    "ended_at",
    "start_at",
    "asks_because",
    "carrier_start_at",
    "widened_because",
    "widened_by",
    "widened_at",
}
PARTS = (CallWindow, RetryRule, CarrierPeriod, Route)
NOT_COPIED_OF_PARTS = {"id", "campaign", "closed_because", "closed_at"}


def copy(campaign: Campaign, *, by: Any = None) -> Campaign:
    """A draft with the same wishes, hours, pace, rules and accounts, under a free name, without numbers and start.

    A widening of the hours is not copied: it was a reason for that campaign.
    """
    return _copy(campaign, by=by, ends=COPY)


def from_unanswered(campaign: Campaign, *, by: Any = None) -> Campaign:
    """A draft like it whose list holds whom nobody reached; the list is read next. The caller rings for `intake`.

    The list is a file that is kept, as if somebody had uploaded it, with the texts of the rows. Raises DialerError if
    the campaign is not over, or if there is nobody.
    """
    if campaign.state not in OVER:
        raise DialerError(
            gettext("It is not over yet, and may still call these people. Wait for its end, or cancel it first.")
        )
    with house_language():  # whoever opens the list reads it
        headings = _headings(campaign)
        columns = [
            pgettext("heading of a column", "number"),
            *headings,
            pgettext("heading of a column", "list"),
            pgettext("heading of a column", "row"),
        ]
        name = gettext("unanswered of %(campaign)s.csv") % {"campaign": campaign}
    with tempfile.NamedTemporaryFile("w", newline="", encoding="utf-8", suffix=".csv") as target:
        count = _write(target, campaign, columns)
        if not count:
            raise DialerError(gettext("Nobody is left to be called: all were reached, or may not be called any more."))
        target.flush()
        return _with_list(campaign, Path(target.name), headings, count, name=name, by=by)


def unanswered(campaign: Campaign) -> QuerySet[Contact]:
    """Its people who never answered and may be called: none who may just be called, or may have been.

    Whoever is with the carrier, in an uncertain batch or silent counts as called, since nobody knows the end.
    """
    attempts = Attempt.objects.filter(contact=OuterRef("pk"))
    answered = attempts.filter(disposition=Disposition.ANSWERED)
    unknown = attempts.filter(Q(settled_at__isnull=True) & ~Q(batch__state__in=NEVER_LEFT))
    forbidden = suppression.forbidden(campaign).filter(number=OuterRef("number"))
    people = campaign.contacts.filter(skip_reason="")
    return people.filter(~Exists(answered), ~Exists(unknown), ~Exists(forbidden)).order_by("pk")


def _copy(campaign: Campaign, *, by: Any, ends: tuple[Any, Any]) -> Campaign:
    told = {
        field.name: getattr(campaign, field.name)
        for field in Campaign._meta.concrete_fields
        if field.name not in NOT_COPIED
    }
    for name in _names(campaign.name, *ends):
        try:
            with transaction.atomic():
                row = Campaign.objects.create(**told, name=name, created_by=by)
                for part in PARTS:
                    _copy_part(part, campaign, row)
                CampaignPlan.objects.create(campaign=row, made_from=campaign, is_timed=True)
        except IntegrityError:
            if not Campaign.objects.filter(name=name).exists():
                raise
            continue  # somebody took this name in the same moment
        if by is not None:
            history.note(row, lambda: gettext("Copied from “%(campaign)s”.") % {"campaign": campaign}, by=by)
        return row
    raise DialerError(gettext("No free name was found. Rename one of the copies."))


def _copy_part(part: Any, campaign: Campaign, row: Campaign) -> None:
    names = [field.name for field in part._meta.concrete_fields if field.name not in NOT_COPIED_OF_PARTS]
    part.objects.bulk_create(
        [
            part(campaign=row, **{name: getattr(old, name) for name in names})
            for old in part.objects.filter(campaign=campaign).order_by("pk")
        ]
    )


def _names(name: str, first: Any, further: Any) -> Iterator[str]:
    """Free ones, the plainest first: “Reminder (copy)”, “Reminder (copy 2)”."""
    with house_language():
        ends = [f" {first}", *(f" {further % {'number': number}}" for number in range(2, NAMES_TRIED))]
    names = [name[: LONGEST_NAME - len(end)].rstrip() + end for end in ends]
    taken = set(Campaign.objects.filter(name__in=names[:500]).values_list("name", flat=True))
    return (free for free in names if free not in taken)


def _headings(campaign: Campaign) -> list[str]:
    """Of the texts, as the newest list that brings one names them."""
    found: list[str] = []
    for row in campaign.contact_lists.order_by("pk"):
        named = [
            heading or pgettext("heading of a column", "text %(number)s") % {"number": number}
            for number, heading in enumerate(row.text_headings, 1)
        ]
        found = named + found[len(named) :]
    return found


def _write(target: Any, campaign: Campaign, columns: list[str]) -> int:
    """How many rows stand in the file. The first column holds the numbers, the last two where each came from."""
    writer = csv.writer(target)
    writer.writerow(columns)
    rows = unanswered(campaign).values_list("number", "texts", "contact_list__original_name", "row_number")
    count = 0
    for number, texts, name, row_number in rows.iterator(chunk_size=ROWS_AT_A_TIME):
        brought = [*(texts or []), *[""] * len(columns)][: len(columns) - 3]
        writer.writerow([number, *brought, name, row_number])
        count += 1
    return count


def _with_list(campaign: Campaign, path: Path, headings: list[str], count: int, *, name: str, by: Any) -> Campaign:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    row = ContactList(
        original_name=name[:255],
        size_bytes=path.stat().st_size,
        sha256=digest,
        encoding="utf-8",
        delimiter=",",
        has_header=True,
        number_column=0,
        text_columns=list(range(1, len(headings) + 1)),
        text_headings=headings,
        row_count=count,
        uploaded_by=by,
    )
    with path.open("rb") as file:
        row.file.save(f"{digest[:16]}.csv", File(file), save=False)
    try:
        with transaction.atomic():
            row.campaign = _copy(campaign, by=by, ends=UNANSWERED)
            row.save()
    except BaseException:
        row.file.delete(save=False)
        raise
    return row.campaign
