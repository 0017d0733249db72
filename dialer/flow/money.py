"""account -> what is left on it: asked of the carrier now and then, and a warning before calls end for want of it."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext

from dialer import carriers, figures
from dialer.carriers.contract import Balance, CarrierError
from dialer.flow.connect import capabilities_of, carrier_of
from dialer.flow.seat import hold
from dialer.models import Account, Batch, Campaign
from dialer.models.preference import house_language
from dialer.terms import Feature

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=15)  # between two questions about an account at work
FRESH = timedelta(minutes=1)  # a balance so young is not asked for again before a launch
OLD = timedelta(hours=1)  # of a balance that says nothing about now any more
LATELY = timedelta(days=1)  # whoever was called since may still cost something
ASK_SECONDS = 60  # lease of the one process that asks, longer than the HTTP total of 40 s

IN_TURN = [Campaign.State.SCHEDULED, Campaign.State.RUNNING]


def tells(account: Account) -> bool:
    """Does the account's carrier tell the balance?"""
    return Feature.BALANCE in capabilities_of(account).features


def ask(account: Account, *, now: datetime | None = None) -> Balance:
    """The balance as the carrier tells it, which the account keeps. May be repeated.

    Raises CarrierError; then the account keeps the sentence, in the installation's language, and the balance of before.
    """
    now = now or timezone.now()
    _keep(account, next_balance_at=now + EVERY)  # first, so that whatever ends this turn others get theirs
    try:
        with house_language():  # a complaint stands with the account
            balance = carrier_of(account).balance()
    except CarrierError as error:
        _keep(account, balance_complaint=str(error))
        raise
    _keep(
        account,
        balance=balance.amount,
        balance_gift=balance.gift,
        balance_credit=balance.credit,
        balance_asked_at=now,
        balance_complaint="",
    )
    return balance


def ask_next(*, now: datetime | None = None) -> bool:
    """Ask one account at work for its balance if that is due; whether one was. May be rung twice or late."""
    now = now or timezone.now()
    due = _due(now)
    for candidate in due.order_by(F("next_balance_at").asc(nulls_first=True), "pk"):
        with hold(f"balance:{candidate.pk}", seconds=ASK_SECONDS) as is_ours:
            # Read again, now that nobody else can ask: another process may just have done it.
            account = due.filter(pk=candidate.pk).first() if is_ours else None
            if account is not None:
                _ask_quietly(account, now=now)
                return True
    return False


def refresh(account: Account, *, now: datetime | None = None) -> str:
    """The account knows its balance of the last minute; "" or a sentence why not. Nothing where none is told."""
    now = now or timezone.now()
    if not tells(account) or (account.balance_asked_at and account.balance_asked_at > now - FRESH):
        return ""
    try:
        ask(account, now=now)
    except CarrierError as error:
        return str(error)
    return ""


def warning(account: Account, *, now: datetime | None = None) -> str:
    """Why calls may soon end for want of money, with the remedy; "" if nothing speaks for that. Asks nobody."""
    now = now or timezone.now()
    left = account.balance_total
    if not tells(account):
        return ""
    if left is None or account.balance_asked_at is None:
        unknown = gettext("The balance of “%(account)s” is not known yet. %(because)s")
        return unknown % {"account": account, "because": _why_unknown(account)}
    if left <= 0:
        empty = gettext("Nothing is left on “%(account)s”. Top it up at the carrier, or nobody will be called.")
        return empty % {"account": account}
    if account.balance_warning is not None and left < account.balance_warning:
        low = gettext("Only %(left)s is left on “%(account)s”, less than the %(least)s of its warning. Top it up.")
        least = figures.amount(account.balance_warning)
        return low % {"left": figures.balance(left), "account": account, "least": least}
    if account.balance_asked_at < now - OLD:
        old = gettext("The balance of “%(account)s” was last told more than an hour ago. %(because)s")
        return old % {"account": account, "because": _why_unknown(account)}
    return ""


def short() -> QuerySet[Account]:
    """Accounts in use on which nothing is left, or less than the level of their warning."""
    total = F("balance") + Coalesce("balance_gift", Decimal(0)) + Coalesce("balance_credit", Decimal(0))
    known = Account.objects.filter(is_enabled=True, balance__isnull=False, carrier__in=_carriers())
    return known.annotate(left=total).filter(Q(left__lte=0) | Q(left__lt=F("balance_warning")))


def _carriers() -> list[str]:
    return carriers.with_feature(Feature.BALANCE)


def _due(now: datetime) -> QuerySet[Account]:
    """Accounts at work: a campaign of theirs runs or waits for its start, or they were sent something lately."""
    by_it = Q(account=OuterRef("pk")) | Q(routes__account=OuterRef("pk"))
    in_turn = Campaign.objects.filter(by_it, state__in=IN_TURN)
    sent = Batch.objects.filter(account=OuterRef("pk"), sent_at__gte=now - LATELY)
    is_time = Q(next_balance_at__isnull=True) | Q(next_balance_at__lte=now)
    at_work = Q(Exists(in_turn)) | Q(Exists(sent))
    return Account.objects.filter(is_time, at_work, is_enabled=True, carrier__in=_carriers())


def _ask_quietly(account: Account, *, now: datetime) -> None:
    try:
        ask(account, now=now)
    except CarrierError:
        logger.warning("account %s: the balance could not be asked for", account.pk)


def _why_unknown(account: Account) -> str:
    return account.balance_complaint or gettext("Ask for it on the page of the account.")


def _keep(account: Account, **changes: object) -> None:
    """In the row, where other processes note other things, and in the account at hand."""
    Account.objects.filter(pk=account.pk).update(**changes)
    for name, value in changes.items():
        setattr(account, name, value)
