"""Campaign -> one test call: its message to a number of our own, before anybody else hears it.

Outside of the dial ledger: no contact, no attempt and no limit of calls knows of it. What came back of it are call
records that belong to no batch.
"""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from dialer import phone
from dialer.carriers.contract import (
    AlreadyTaken,
    BadCredentials,
    BrokenLimits,
    NotSent,
    OutcomeUnknown,
    Refused,
)
from dialer.carriers.order import Callee, Order
from dialer.flow import history, matching, ordering, routes, state, suppression
from dialer.flow.connect import capabilities_of, carrier_of
from dialer.flow.mistakes import DialerError
from dialer.models import Account, Attempt, Batch, CallRecord, Campaign, TestCall
from dialer.models.batch import new_reference
from dialer.models.preference import house_language
from dialer.terms import Feature

logger = logging.getLogger(__name__)

MOST_IN_A_DAY = 20  # of one campaign; whoever needs more is calling people
DAY = timedelta(hours=24)
FIRST_BILL = timedelta(seconds=90)  # after a short call its bill is there
CLOCK_DIFFERENCE = timedelta(minutes=10)  # between the carrier's clock and ours
LONGEST_WAY = timedelta(hours=2)  # from the order to the ringing of one telephone
ALLOWED = (Campaign.State.DRAFT, Campaign.State.SCHEDULED, Campaign.State.PAUSED)
State = TestCall.State


def call(campaign: Campaign, number: str, account: Account | None = None, *, by: Any) -> TestCall:
    """The carrier was asked once to call this number at once; the row says what is known of that.

    `number` in any spelling of the account's country. Not to be called within a transaction. Raises DialerError with
    a sentence if nothing was asked.
    """
    account = account or campaign.account
    read = suppression.read(number, country=account.country)
    _check(campaign, account, read)
    order = _order(campaign, account, read)
    test_call = _commit(campaign, account, order, by=by)
    with house_language():  # what is said to it stands in the row
        _talk(test_call, order)
    _have_it_billed(account)
    return test_call


def results(test_call: TestCall) -> QuerySet[CallRecord]:
    """The calls that the carrier reports of it, the newest first.

    By reference, by the carrier's own name of the task, or, where neither comes back, by number and time.
    """
    proof = Q(reference=test_call.reference)
    unnamed = Q(reference="")
    if test_call.carrier_task_id:
        proof |= Q(carrier_task_id=test_call.carrier_task_id)
        unnamed &= Q(carrier_task_id="")
    begin = test_call.called_at - CLOCK_DIFFERENCE
    in_time = Q(started_at__range=(begin, test_call.called_at + LONGEST_WAY))
    similar = unnamed & in_time & Q(number=test_call.number)
    # What belongs to nobody's attempt has an index by account and time.
    of_nobody = test_call.account.call_records.filter(attempt__isnull=True, batch__isnull=True, created_at__gte=begin)
    return of_nobody.filter(proof | similar).order_by("-pk")


def accounts(campaign: Campaign) -> list[Account]:
    """Through which the campaign calls: its own account first."""
    return [route.account for route in routes.routes_of(campaign)]


def _check(campaign: Campaign, account: Account, number: str) -> None:
    """Raise DialerError for what stands against the call, as far as it can be known without a lock."""
    if campaign.state not in ALLOWED:
        raise DialerError(gettext("A test call is made while the campaign is a draft, scheduled or paused."))
    if not account.is_enabled:
        unused = gettext("The account “%(account)s” is not in use. Choose another one, or put it in use.")
        raise DialerError(unused % {"account": account})
    if account.stopped_because:
        stopped = gettext("The account “%(account)s” was stopped. Mend it and test the connection first.")
        raise DialerError(stopped % {"account": account})
    code = phone.calling_code(account.country)
    if not number.startswith(f"+{code}"):
        abroad = gettext("“%(account)s” calls numbers that begin with +%(code)s. Take one of them.")
        raise DialerError(abroad % {"account": account, "code": code})
    if suppression.forbidden(campaign).filter(number=number).exists():
        forbidden = gettext("%(number)s is on a do-not-call list that holds for this campaign. Take another number.")
        raise DialerError(forbidden % {"number": _shown(number)})
    if campaign.contacts.filter(number=number, skip_reason="").exists():
        listed = gettext(
            "%(number)s stands in a list of this campaign, so it would be called twice. Take another number."
        )
        raise DialerError(listed % {"number": _shown(number)})
    if _would_be_mistaken(account, number):
        mistaken = gettext(
            "%(number)s is or was in a batch of “%(account)s”, and this carrier does not say which call its bills are "
            "about. Take another number, or another account."
        )
        raise DialerError(mistaken % {"number": _shown(number), "account": account})
    if found := ordering.problems(campaign, account):
        raise DialerError(" ".join(dict.fromkeys(sentence for _, sentence in found)))


def _would_be_mistaken(account: Account, number: str) -> bool:
    """Would the bill of the test call be matched to somebody's attempt, as bills without a name are?"""
    if Feature.BILLS_BY_REFERENCE in capabilities_of(account).features:
        return False
    never_left = [Batch.State.REFUSED, Batch.State.CANCELLED]
    since = timezone.now() - matching.LONGEST_WAIT
    recent = Q(batch__sent_at__isnull=True) | Q(batch__sent_at__gt=since) | Q(batch__starts_at__gt=since)
    attempts = Attempt.objects.filter(recent, batch__account=account, contact__number=number)
    return attempts.exclude(batch__state__in=never_left).exists()


def _order(campaign: Campaign, account: Account, number: str) -> Order:
    """As for everybody else, but at once and today or never. Raises DialerError."""
    person = ordering.sample(campaign)
    callee = Callee(number=number, texts=person.texts if person else ())
    order = replace(
        ordering.order_of(campaign, account, [callee], reference=new_reference()),
        start_at=None,
        periods=(),
        drops_undialled_today=Feature.TODAY_ONLY in capabilities_of(account).features,
    )
    if broken := carrier_of(account).problems(order):
        raise DialerError(str(BrokenLimits(broken)))
    return order


def _commit(campaign: Campaign, account: Account, order: Order, *, by: Any) -> TestCall:
    """The row is there before the request leaves. Raises DialerError if there were too many, or one is on its way."""
    [number] = order.numbers
    with transaction.atomic():
        # Its lock makes two clicks wait for each other.
        Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
        of_today = campaign.test_calls.filter(called_at__gt=timezone.now() - DAY)
        if of_today.count() >= MOST_IN_A_DAY:
            too_many = ngettext(
                "This campaign had %(count)s test call within 24 hours. Wait, or launch it with a first slice.",
                "This campaign had %(count)s test calls within 24 hours. Wait, or launch it with a first slice.",
                MOST_IN_A_DAY,
            )
            raise DialerError(too_many % {"count": MOST_IN_A_DAY})
        if any(row.is_on_its_way for row in of_today.filter(number=number, state=State.SENDING)):
            raise DialerError(
                gettext("A test call to this number is being handed over right now. Wait for its answer.")
            )
        row = TestCall.objects.create(
            campaign=campaign, account=account, number=number, reference=order.reference, called_by=by
        )
        told = {"number": phone.masked(number), "account": account}
        history.note(campaign, lambda: gettext("Test call to %(number)s with “%(account)s”.") % told, by=by)
    return row


def _talk(test_call: TestCall, order: Order) -> None:
    carrier = carrier_of(test_call.account)
    try:
        accepted = carrier.place(order)
    except AlreadyTaken as error:
        _note(test_call, State.ACCEPTED, str(error))
    except BadCredentials as error:
        routes.stop_account(test_call.account, str(error))
        _note(test_call, State.REFUSED, str(error))
    except (NotSent, Refused, BrokenLimits) as error:  # whether to try again, a person decides
        _note(test_call, State.REFUSED, str(error))
    except OutcomeUnknown as error:
        _note(test_call, State.UNCERTAIN, str(error))
    else:
        _note(test_call, State.ACCEPTED, accepted.message, carrier_task_id=accepted.carrier_task_id)


def _note(test_call: TestCall, to: str, sentence: str, **changes: Any) -> None:
    if not state.advance(test_call, to, message=sentence, **changes):
        logger.warning("test call %s was noted by somebody else", test_call.pk)


def _have_it_billed(account: Account) -> None:
    """Its bill is asked for soon, also of an account that called nobody for long."""
    soon = timezone.now() + FIRST_BILL
    later = Q(next_pull_at__isnull=True) | Q(next_pull_at__gt=soon)
    Account.objects.filter(later, pk=account.pk).update(next_pull_at=soon)


def _shown(number: str) -> str:
    return phone.display(number)
