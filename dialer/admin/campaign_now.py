"""What a campaign waits for, and what happened to it: read from the rows, said in sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.db.models import Count, Min
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock, columns
from dialer.admin.doors import list_address
from dialer.flow import pacing, routes
from dialer.flow.batching import batch_size
from dialer.flow.hours import calls_from, hours_of
from dialer.flow.mistakes import DialerError
from dialer.flow.reports import Progress
from dialer.models import Account, Attempt, Batch, Campaign, Contact
from dialer.terms import Disposition

EVENTS_SHOWN = 40
EVENTS_AT_ONCE = 10  # the others unfold
SAME_ORDER = timedelta(seconds=5)  # within which the history's line about a launch is that of this launch


@dataclass(frozen=True, kw_only=True)
class Pending:
    """Some people whose case is still open, or comes back: how many, and what of them, since or until when."""

    label: str | Promise
    count: int
    note: str | Promise
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened: when, what, and by whom if it was a person."""

    at: datetime
    what: str
    who: str = ""


def standstill(campaign: Campaign, *, now: datetime) -> str:
    """Why no number leaves now, in a sentence; "" if some do, or if the campaign does not run."""
    if campaign.state != Campaign.State.RUNNING:
        return ""
    accounts = routes.usable_accounts(campaign)
    if not accounts:
        return _why_no_account(campaign.account)
    reasons = [_why_by(campaign, account, now=now) for account in accounts]
    return reasons[0] if all(reasons) else ""


def pending(campaign: Campaign, progress: Progress) -> list[Pending]:
    """Everybody of whom something is still to come, or to be asked; with three queries at most."""
    postponed = campaign.contacts.filter(postponed_until__isnull=False, skip_reason="").aggregate(
        count=Count("pk"), first=Min("postponed_until")
    )
    here = {"campaign__id__exact": campaign.pk}
    rows = [
        Pending(
            label=_("Silent"),
            count=progress.silent,
            note=_with_moment(
                gettext("Handed over and never billed; the oldest since {moment}"),
                _first(campaign, "silent_since") if progress.silent else None,
            ),
            url=list_address(Contact, **here, call="silent"),
        ),
        Pending(
            label=_("Dropped at the end of the day"),
            count=progress.dispositions.get(Disposition.NOT_CALLED, 0),
            note=_("The carrier did not get to them. A rule for calling again brings them back."),
            url=list_address(Contact, **here, call=Disposition.NOT_CALLED.value),
        ),
        Pending(
            label=_("Next round planned"),
            count=progress.again,
            note=_with_moment(
                gettext("Called again by rule; the first at {moment}"),
                _first(campaign, "retry_at") if progress.again else None,
            ),
            url=list_address(Contact, **here, call="again"),
        ),
        Pending(
            label=_("Postponed"),
            count=postponed["count"],
            note=_with_moment(
                gettext("Called often enough, or at a closed hour; the first again at {moment}"), postponed["first"]
            ),
            url=list_address(Contact, **here, call="postponed"),
        ),
    ]
    return [row for row in rows if row.count]


def events(campaign: Campaign, batches: Iterable[Batch]) -> list[Event]:
    """The newest first, from what people did with the campaign, what it did itself, and its batches; three queries.

    However many batches there are, none of them hides who launched it, why it was paused, or a batch that was refused.
    """
    troubled = _troubled(campaign)
    of_batches = sorted(_of_all({batch.pk: batch for batch in batches} | troubled), key=_moment, reverse=True)
    # Of one moment, what the campaign did comes after what its batches did: its last ones end it.
    kept = dict.fromkeys([*_events(campaign), *of_batches[:EVENTS_SHOWN], *_of_all(troubled)])
    return sorted(kept, key=_moment, reverse=True)


def _of_all(batches: dict[int, Batch]) -> Iterator[Event]:
    return (event for batch in batches.values() for event in _events_of(batch))


def _moment(event: Event) -> datetime:
    return event.at


def _troubled(campaign: Campaign) -> dict[int, Batch]:
    """The newest batches that the carrier refused or that a person has to look at."""
    rows = campaign.batches.filter(state__in=(Batch.State.REFUSED, *Batch.UNCLEAR)).select_related("decided_by")
    return {batch.pk: batch for batch in rows.order_by("-sequence")[:EVENTS_SHOWN]}


def _with_moment(sentence: str, moment: datetime | None) -> SafeString:
    return format_html(sentence, moment=columns.when(moment))


def _why_no_account(account: Account) -> str:
    if not account.is_enabled:
        return gettext("Nobody is called: the account “%(account)s” is not in use.") % {"account": account}
    return gettext("Nobody is called: the account “%(account)s” was stopped. %(because)s") % {
        "account": account,
        "because": account.stopped_because,
    }


def _why_by(campaign: Campaign, account: Account, *, now: datetime) -> str:
    """Why no number leaves by this account now; "" if some do."""
    waiting = campaign.batches.filter(state=Batch.State.WAITING, account=account).order_by("sequence").first()
    if waiting is not None and waiting.due_at > now:
        return _why_it_waits(waiting)
    return _why_none_leaves(campaign, account, waiting, now=now)


def _why_it_waits(batch: Batch) -> str:
    return gettext("Batch %(number)s waits until %(at)s. %(message)s") % {
        "number": batch.sequence,
        "at": clock.short_moment(batch.due_at),
        "message": batch.message,
    }


def _why_none_leaves(campaign: Campaign, account: Account, waiting: Batch | None, *, now: datetime) -> str:
    at = calls_from(campaign, now)
    try:
        hours = hours_of(campaign, on=at.date())
    except DialerError as error:
        return str(error)
    if not hours.is_open_somewhere(at):
        return gettext("Nobody is called at this hour. %(hours)s") % {"hours": hours.explain(at)}
    if waiting is None and campaign.is_planned and not _somebody_is_due(campaign, now=now):
        return gettext("Everybody who is due has been handed over.")
    wish = batch_size(campaign, account)
    room = pacing.room(campaign, account, hours=hours, wish=wish, now=now, calls_at=at, besides=waiting)
    return room.because if room.count <= 0 else ""


def _somebody_is_due(campaign: Campaign, *, now: datetime) -> bool:
    again = Attempt.objects.filter(batch__campaign=campaign, retry_at__lte=now)
    return again.exists() or campaign.contacts.filter(postponed_until__lte=now, skip_reason="").exists()


def _first(campaign: Campaign, field: str) -> datetime | None:
    """The earliest of these moments among the attempts of the campaign."""
    found = Attempt.objects.filter(batch__campaign=campaign, **{f"{field}__isnull": False})
    return found.aggregate(first=Min(field))["first"]


def _events(campaign: Campaign) -> Iterator[Event]:
    yield Event(at=campaign.created_at, what=gettext("Drafted."), who=str(campaign.created_by or ""))
    if campaign.ended_at:
        is_finished = campaign.state == Campaign.State.FINISHED
        yield Event(at=campaign.ended_at, what=gettext("Finished.") if is_finished else gettext("Cancelled."))
    content_type = get_content_type_for_model(campaign)
    entries = LogEntry.objects.filter(content_type=content_type, object_id=str(campaign.pk)).select_related("user")
    said = list(entries.order_by("-pk")[:EVENTS_SHOWN])
    if campaign.launched_at and not any(abs(entry.action_time - campaign.launched_at) < SAME_ORDER for entry in said):
        is_waiting = campaign.state == Campaign.State.SCHEDULED
        what = gettext("Scheduled.") if is_waiting else gettext("Launched.")
        yield Event(at=campaign.launched_at, what=what, who=str(campaign.launched_by or ""))
    for row in campaign.events.order_by("-at")[:EVENTS_SHOWN]:
        yield Event(at=row.at, what=row.what)
    for entry in said:
        yield Event(at=entry.action_time, what=entry.get_change_message(), who=entry.user.get_username())


def _events_of(batch: Batch) -> Iterator[Event]:
    name = {"number": batch.sequence, "people": columns.count(batch.contact_count)}
    if batch.sent_at:
        what = ngettext(
            "Batch %(number)s sent: %(people)s person.",
            "Batch %(number)s sent: %(people)s people.",
            batch.contact_count,
        )
        yield Event(at=batch.sent_at, what=what % name)
    if batch.decided_at:
        what = gettext("Batch %(number)s: %(message)s") % {**name, "message": batch.message}
        yield Event(at=batch.decided_at, what=what, who=str(batch.decided_by or ""))
    elif batch.state == Batch.State.REFUSED and batch.answered_at:
        what = gettext("Batch %(number)s refused: %(message)s") % {**name, "message": _with_code(batch)}
        yield Event(at=batch.answered_at, what=what)
    elif batch.state in Batch.UNCLEAR and batch.sent_at:
        what = gettext("Batch %(number)s is uncertain: %(message)s") % {**name, "message": _with_code(batch)}
        yield Event(at=batch.sent_at, what=what)
    if batch.settled_at:
        yield Event(at=batch.settled_at, what=gettext("Batch %(number)s is settled.") % name)


def _with_code(batch: Batch) -> str:
    """What the carrier said, and its code if the sentence does not name it."""
    if not batch.carrier_code or batch.carrier_code in batch.message:
        return batch.message
    return f"{batch.message} ({batch.carrier_code})"
