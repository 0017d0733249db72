"""People are told when recordings are in danger or lost; `dialer` knows no recordings, so we tell it what holds."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from dialer.flow import notices
from dialer.flow.notices import Event
from dialer.terms import NoticeKind
from recordings.models import Recording

NEAR = timedelta(days=7)  # before the carrier deletes it: long enough to mend what is wrong
OPEN = (Recording.State.DUE, Recording.State.FETCHING)


def find_next(*, now: datetime | None = None) -> bool:
    """People are told of recordings in danger, once a day while there are any, and of lost ones. May be repeated."""
    now = now or timezone.now()
    return bool(notices.heed(_events(now), among=("recordings:",), now=now))


def _events(now: datetime) -> Iterator[Event]:
    if near := _by_account(Recording.objects.filter(state__in=OPEN, deadline_at__lt=now + NEAR)):
        yield _event(f"near:{timezone.localdate(now)}", NoticeKind.RECORDINGS_NEAR, near)
    lost = Recording.objects.filter(state=Recording.State.LOST)
    newest = lost.aggregate(newest=Max("deadline_at"))["newest"]
    if newest and newest > now - notices.NEWS:  # older ones were told of
        yield _event(f"lost:{newest:%Y%m%dT%H%M%S}", NoticeKind.RECORDINGS_LOST, _by_account(lost))


def _event(what: str, kind: NoticeKind, counts: dict[int, int]) -> Event:
    return Event(key=f"recordings:{what}", kind=kind, subject="recording", counts=counts)


def _by_account(recordings: QuerySet[Recording]) -> dict[int, int]:
    """How many they are, by the account through which the people were called."""
    return dict(recordings.order_by().values_list("call_record__account").annotate(count=Count("pk")))
