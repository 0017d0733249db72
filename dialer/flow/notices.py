"""what happened -> Notice: found from the rows, written once for each event and person with its messages.

What happened is not announced by whoever did it, but read from the rows by a sweep: a campaign that has ended, an
account that is stopped. What holds is kept as a cause, in one transaction with the notices that it makes. So a crash
loses nothing, and nothing is told twice; what ends and begins anew is news again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Model, QuerySet
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext

from dialer import figures
from dialer.carriers.masking import Mask
from dialer.flow import money
from dialer.flow.visibility import Ids, accounts_by_member, visible_through
from dialer.models import Account, Batch, Campaign, Export, Notice, NoticeCause, NoticeDelivery, NoticeWay
from dialer.models.preference import as_preferred
from dialer.terms import NoticeChannel, NoticeKind

NEWS = timedelta(days=3)  # what ended longer ago is told to nobody any more
KEPT = timedelta(days=90)
UNCERTAIN_FOR = timedelta(minutes=15)  # before, evidence may well come by itself
LONGEST_REASON = 500  # characters
FIND_EVERYTHING = ("campaign:", "account:")  # the keys of what is found here

# What an event is about, where not everybody sees it.
SUBJECTS: dict[str, type[Model]] = {"campaign": Campaign, "account": Account}

# Who is told of what; of an export its owner alone.
MAY_KNOW = {
    NoticeKind.CAMPAIGN_ENDED: "dialer.view_campaign",
    NoticeKind.CAMPAIGN_PAUSED: "dialer.view_campaign",
    NoticeKind.CAMPAIGN_LATE: "dialer.view_campaign",
    NoticeKind.BATCHES_UNCERTAIN: "dialer.view_batch",
    NoticeKind.ACCOUNT_STOPPED: "dialer.view_account",
    NoticeKind.BALANCE_LOW: "dialer.view_account",
    NoticeKind.RECORDINGS_NEAR: "recordings.view_recording",
    NoticeKind.RECORDINGS_LOST: "recordings.view_recording",
    NoticeKind.EXPORT_READY: "dialer.export_contacts",
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that holds now. `key` names it for as long as it holds.

    Of `name` and `reason` each person is told what `str` says in their language.
    """

    key: str
    kind: NoticeKind
    name: object = ""
    reason: object = ""
    subject: str = ""
    subject_id: int | None = None
    counts: Mapping[int, int] | None = None  # by account, where its name is how many there are


def find_next(*, now: datetime | None = None) -> bool:
    """People are told what the rows say and was not told yet; whether there was anything. May be repeated."""
    now = now or timezone.now()
    events = [*_of_campaigns(now), *_of_batches(now), *_of_accounts(now)]
    return bool(heed(events, among=FIND_EVERYTHING, now=now))


def heed(events: Iterable[Event], *, among: tuple[str, ...], now: datetime) -> int:
    """Whoever may know of it is told of each event that was not told; how many were new.

    `events` are all that hold at this moment of those whose keys begin like one of `among`. May be repeated.
    """
    holding = {event.key: event for event in events}
    told = {key for key in NoticeCause.objects.values_list("key", flat=True) if key.startswith(among)}
    NoticeCause.objects.filter(key__in=told - holding.keys()).delete()
    return sum(_tell_once(holding[key], now=now) for key in holding if key not in told)


def tell_owner(export: Export, *, now: datetime) -> None:
    """The owner of an export hears that it is ready. Inside the transaction in which it becomes so."""
    event = Event(
        key=f"export:{export.pk}",
        kind=NoticeKind.EXPORT_READY,
        name=export,
        subject="export",
        subject_id=export.pk,
    )
    _tell([export.owner], event, key=event.key, now=now)


def unread(person: Any) -> QuerySet[Notice]:
    """What the console has told somebody and they have not read."""
    return Notice.objects.filter(person=person, is_in_console=True, read_at__isnull=True)


def mark_read(notices: QuerySet[Notice]) -> int:
    """These are read; how many were not before."""
    return notices.filter(read_at__isnull=True).update(read_at=timezone.now())


def sends_email() -> bool:
    """Is there a mail server by which e-mail leaves?"""
    return bool(settings.SENDS_EMAIL)


def prune(*, now: datetime) -> int:
    """Old notices go, with their messages; how many."""
    old = list(Notice.objects.filter(at__lt=now - KEPT).values_list("pk", flat=True)[:2000])
    Notice.objects.filter(pk__in=old).delete()
    return len(old)


def sentence(notice: Notice) -> str:
    """What happened, in the language that is active."""
    return _SENTENCES[NoticeKind(notice.kind)]() % {"name": notice.name}


# Functions, since the language is only known when somebody reads it.
_SENTENCES: dict[NoticeKind, Callable[[], str]] = {
    NoticeKind.CAMPAIGN_ENDED: lambda: gettext("The campaign “%(name)s” has ended."),
    NoticeKind.CAMPAIGN_PAUSED: lambda: gettext("The campaign “%(name)s” has paused by itself."),
    NoticeKind.CAMPAIGN_LATE: lambda: gettext("The campaign “%(name)s” did not start at its time."),
    NoticeKind.BATCHES_UNCERTAIN: lambda: gettext("Batches of “%(name)s” have no clear answer and need a person."),
    NoticeKind.ACCOUNT_STOPPED: lambda: gettext("The account “%(name)s” was stopped."),
    NoticeKind.BALANCE_LOW: lambda: gettext("The balance of the account “%(name)s” is low."),
    NoticeKind.RECORDINGS_NEAR: lambda: gettext("Recordings vanish at the carrier within days: %(name)s."),
    NoticeKind.RECORDINGS_LOST: lambda: gettext("Recordings are lost, their deadline has passed: %(name)s."),
    NoticeKind.EXPORT_READY: lambda: gettext("Your export is ready: %(name)s."),
}


# --- what happened -----------------------------------------------------------------------------------------------


def _of_campaigns(now: datetime) -> Iterator[Event]:
    state = Campaign.State
    for campaign in Campaign.objects.filter(state=state.FINISHED, ended_at__gt=now - NEWS):
        yield _of(campaign, NoticeKind.CAMPAIGN_ENDED, "ended")
    for campaign in Campaign.objects.filter(state=state.PAUSED, is_paused_by_person=False):
        since = campaign.watched_since or campaign.launched_at  # another pause after a resume is another event
        yield _of(campaign, NoticeKind.CAMPAIGN_PAUSED, f"paused:{since}", reason=campaign.paused_because)
    for campaign in Campaign.objects.filter(state=state.SCHEDULED).exclude(asks_because=""):
        yield _of(campaign, NoticeKind.CAMPAIGN_LATE, f"late:{campaign.start_at}", reason=campaign.asks_because)


def _of_batches(now: datetime) -> Iterator[Event]:
    """One event for each campaign, however many of its batches are uncertain."""
    waiting = Batch.objects.filter(state=Batch.State.UNCERTAIN, sent_at__lt=now - UNCERTAIN_FOR)
    found = waiting.order_by().values("campaign", name=F("campaign__name")).annotate(count=Count("pk"))
    for row in found:
        yield Event(
            key=f"campaign:{row['campaign']}:uncertain",
            kind=NoticeKind.BATCHES_UNCERTAIN,
            name=row["name"],
            subject="campaign",
            subject_id=row["campaign"],
        )


def _of_accounts(now: datetime) -> Iterator[Event]:
    for account in Account.objects.exclude(stopped_because=""):
        yield _about(account, NoticeKind.ACCOUNT_STOPPED, "stopped", reason=account.stopped_because)
    for account in money.short():
        warning = lazy(money.warning, str)(account, now=now)
        yield _about(account, NoticeKind.BALANCE_LOW, "low", reason=warning)


def _of(campaign: Campaign, kind: NoticeKind, what: str, *, reason: object = "") -> Event:
    key = f"campaign:{campaign.pk}:{what}"
    return Event(key=key, kind=kind, name=campaign.name, reason=reason, subject="campaign", subject_id=campaign.pk)


def _about(account: Account, kind: NoticeKind, what: str, *, reason: object) -> Event:
    key = f"account:{account.pk}:{what}"
    return Event(key=key, kind=kind, name=account.name, reason=reason, subject="account", subject_id=account.pk)


# --- who is told -------------------------------------------------------------------------------------------------


def _tell_once(event: Event, *, now: datetime) -> bool:
    """The cause and its notices, or neither; whether it was ours to tell."""
    try:
        with transaction.atomic():
            NoticeCause.objects.create(key=event.key, since=now)
            # With the moment: what ended and began anew is another event.
            _tell(_people(event.kind), event, key=f"{event.key}:{now:%Y%m%dT%H%M%S%f}", now=now)
    except IntegrityError:
        return False  # another process has told it just now
    return True


def _people(kind: NoticeKind) -> list[Any]:
    people = get_user_model()._default_manager.with_perm(MAY_KNOW[kind])
    return list(people.filter(is_active=True, is_staff=True).select_related("preference"))


def _tell(people: list[Any], event: Event, *, key: str, now: datetime) -> None:
    ways = _ways(people)
    mask = Mask()
    sight = accounts_by_member(person.pk for person in people)
    for person in people:
        name = _name_for(sight.get(person.pk), event)
        if name is None:
            continue
        wanted = [way for way in ways.get(person.pk, []) if event.kind in way.kinds and _can_be_used(way)]
        is_in_console = all(
            event.kind in way.kinds for way in ways.get(person.pk, []) if way.channel == NoticeChannel.CONSOLE
        )
        others = [way for way in wanted if way.channel != NoticeChannel.CONSOLE]
        if not is_in_console and not others:
            continue
        with as_preferred(person):
            notice = Notice.objects.create(
                person=person,
                key=key,
                kind=event.kind,
                name=mask.text(str(name))[:200],
                reason=mask.beginning(str(event.reason), LONGEST_REASON),
                subject=event.subject,
                subject_id=event.subject_id,
                is_in_console=is_in_console,
                at=now,
            )
        NoticeDelivery.objects.bulk_create([NoticeDelivery(notice=notice, way=way, due_at=now) for way in others])


def _name_for(accounts: Ids | None, event: Event) -> object:
    """What somebody reads who sees just these accounts, or all; None: it is not for them."""
    if event.counts is not None:
        seen = event.counts if accounts is None else {pk: event.counts[pk] for pk in accounts & event.counts.keys()}
        return lazy(figures.count, str)(sum(seen.values())) if seen else None
    model = SUBJECTS.get(event.subject)
    if accounts is None or model is None:
        return event.name
    is_seen = visible_through(accounts, model._default_manager.filter(pk=event.subject_id)).exists()
    return event.name if is_seen else None


def _ways(people: list[Any]) -> dict[int, list[NoticeWay]]:
    found: dict[int, list[NoticeWay]] = {}
    for way in NoticeWay.objects.filter(person__in=people).select_related("person").defer("address"):
        found.setdefault(way.person_id, []).append(way)
    return found


def _can_be_used(way: NoticeWay) -> bool:
    """Where no mail server is set up, or nobody has an address, no message waits for ever."""
    return way.channel != NoticeChannel.EMAIL or (sends_email() and bool(way.person.email))
