"""Whether the work is being done: the queues, the callbacks, each account's carrier, the disk."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer import figures
from dialer.admin import columns
from dialer.admin.addresses import address_for, list_for
from dialer.admin.navigation import Text
from dialer.flow import money
from dialer.flow.sums import NO_CALLS, Calls
from dialer.flow.visibility import visible_to
from dialer.health import heartbeat_ages
from dialer.models import Account, Callback, CallRecord, CarrierExchange

QUERY_LIMIT = 3
ACCOUNTS_SHOWN = 12
LONGEST_INBOX = timedelta(minutes=5)  # a callback that waits longer for being applied waits for a queue that stands
LEAST_FREE_SHARE = 10  # per cent of the disk


@dataclass(frozen=True, kw_only=True)
class QueuePulse:
    """When a task last went the whole way through a queue."""

    queue: str
    at: datetime | None
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Sign:
    """How something else is that the work needs: in a word with its colour, since when, and where more of it stands."""

    what: Text
    word: Text
    tone: str  # a state of console.css: "alive", "late", "alarm"
    icon: str
    at: datetime | None = None
    note: Text = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountLine:
    """An account today: its calls, their costs, what is left, and the newest of all that its carrier told."""

    account: Account
    url: str
    state: Text
    tone: str
    calls: int
    calls_url: str
    costs: list[str]
    balance: str
    is_short: bool
    callback_at: datetime | None
    callbacks_url: str
    pulled_at: datetime | None
    exchange_at: datetime | None
    exchanges_url: str


def pulses(now: datetime) -> list[QueuePulse]:
    """Each queue, with one query."""
    late = timedelta(seconds=settings.HEARTBEAT_LATE_SECONDS)
    return [
        QueuePulse(queue=queue, at=None if age is None else now - age, is_late=age is None or age > late)
        for queue, age in heartbeat_ages().items()
    ]


def signs(site: AdminSite, request: HttpRequest, now: datetime) -> list[Sign]:
    """The console itself, the inbox and the disk, with one query."""
    alive = pgettext_lazy("state of the web", "alive")
    web = Sign(what=_("Web and database"), word=alive, tone="alive", icon="heartbeat", at=now)
    return [web, _inbox(site, request, now), _disk()]


def accounts(site: AdminSite, request: HttpRequest, today: Calls, now: datetime) -> list[AccountLine]:
    """The accounts in use, with one query; nothing for whoever may not see accounts."""
    if not list_for(site, request, Account):
        return []
    by_account = today.by(lambda cell: cell.account_id)
    return [
        _line(site, request, row, by_account.get(row.pk, NO_CALLS), now) for row in _with_newest_facts(request.user)
    ]


def _inbox(site: AdminSite, request: HttpRequest, now: datetime) -> Sign:
    """Callbacks that were stored and not applied yet: the oldest of them says whether somebody is at it."""
    waiting = visible_to(request.user, Callback.objects.filter(state=Callback.State.RECEIVED)).order_by("pk")
    oldest = waiting.values_list("last_received_at", flat=True).first()
    url = list_for(site, request, Callback, state__exact=Callback.State.RECEIVED)
    is_late = oldest is not None and oldest < now - LONGEST_INBOX
    if oldest is None:
        word = pgettext_lazy("state of the callbacks", "all applied")
    elif is_late:
        word = pgettext_lazy("state of the callbacks", "waiting")
    else:
        word = pgettext_lazy("state of the callbacks", "being applied")
    tone = "late" if is_late else "alive"
    return Sign(what=_("Callbacks"), word=word, tone=tone, at=oldest, url=url, icon="callbacks")


def _disk() -> Sign:
    """The disk on which uploads and recordings lie."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    share = usage.free * 100 // usage.total if usage.total else 0
    note = gettext("%(free)s of %(total)s free") % {
        "free": filesizeformat(usage.free),
        "total": filesizeformat(usage.total),
    }
    is_full = share < LEAST_FREE_SHARE
    word, tone = (_("nearly full"), "alarm") if is_full else (_("room enough"), "alive")
    return Sign(what=_("Disk"), word=word, tone=tone, note=note, icon="heartbeat")


def _with_newest_facts(user: Any) -> QuerySet[Account]:
    """Each look-up ends at the first row of an index by account."""
    callback = Callback.objects.filter(account=OuterRef("pk")).order_by("-received_at").values("last_received_at")[:1]
    exchange = CarrierExchange.objects.filter(account=OuterRef("pk")).order_by("-pk").values("at")[:1]
    in_use = visible_to(user, Account.objects.filter(is_enabled=True))
    rows = in_use.annotate(callback_at=Subquery(callback), exchange_at=Subquery(exchange))
    return rows.order_by("name")[:ACCOUNTS_SHOWN]


def _line(site: AdminSite, request: HttpRequest, account: Account, calls: Calls, now: datetime) -> AccountLine:
    state, tone = _state(account)
    of_it = {"account__id__exact": account.pk}
    return AccountLine(
        account=account,
        url=address_for(site, request, Account, "change", account.pk),
        state=state,
        tone=tone,
        calls=calls.made,
        calls_url=list_for(site, request, CallRecord, days=1, **of_it),
        costs=spent(calls),
        balance=_balance(account),
        is_short=bool(money.warning(account, now=now)),
        callback_at=account.callback_at,
        callbacks_url=list_for(site, request, Callback, **of_it),
        pulled_at=account.pulled_at,
        exchange_at=account.exchange_at,
        exchanges_url=list_for(site, request, CarrierExchange, **of_it),
    )


def spent(calls: Calls) -> list[str]:
    """What calls cost, an amount for each currency."""
    return [figures.money(_rounded(amount), currency) for currency, amount in calls.costs().items()]


def _rounded(amount: Decimal) -> Decimal:
    """Sums of many calls need no fractions of cents; those of a few do."""
    return amount.quantize(Decimal("0.01")) if amount >= 1 else amount.normalize()


def _state(account: Account) -> tuple[Text, str]:
    if account.stopped_because:
        return pgettext_lazy("state of an account", "stopped"), "alarm"
    if account.pull_complaint:
        return pgettext_lazy("state of an account", "bills can’t be read"), "late"
    return pgettext_lazy("state of an account", "in use"), "alive"


def _balance(account: Account) -> str:
    left = account.balance_total
    return columns.NOTHING if left is None or not money.tells(account) else figures.balance(left)
