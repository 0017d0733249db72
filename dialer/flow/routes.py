"""Campaign -> the accounts through which its people go: shares, and another way when one is closed.

The campaign's own account is one of them, with share 1 unless a `Route` says otherwise. A person goes through one
account in one round: the batch has one account, and the database allows one attempt for each person and round.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from dialer.carriers.contract import BadCredentials, CarrierError, Refused, TryLater
from dialer.flow import chronicle, webhooks, withdrawal
from dialer.models import Account, Batch, Campaign, Route

NEVER_LEFT = (Batch.State.REFUSED, Batch.State.CANCELLED)


def routes_of(campaign: Campaign) -> list[Route]:
    """All of them, the campaign's own account first; its row is not saved if nobody has written one."""
    rows = {route.account_id: route for route in campaign.routes.select_related("account")}
    own = rows.pop(campaign.account_id, None) or Route(campaign=campaign, account=campaign.account)
    return [own, *rows.values()]


def are_several() -> Exists:
    """A condition on campaigns: those that name further accounts, whatever has become of them."""
    return Exists(Route.objects.filter(campaign=OuterRef("pk")).exclude(account=OuterRef("account")))


def is_usable(route: Route) -> bool:
    """May somebody leave by it?"""
    return not route.closed_because and is_account_usable(route.account)


def is_account_usable(account: Account) -> bool:
    return account.is_enabled and not account.stopped_because


def usable_accounts(campaign: Campaign) -> list[Account]:
    """Accounts through which people may leave now."""
    return [route.account for route in routes_of(campaign) if is_usable(route)]


def is_way(campaign: Campaign, account: Account) -> bool:
    """May people of the campaign leave by this account now?"""
    return any(usable.pk == account.pk for usable in usable_accounts(campaign))


def may_leave() -> Q:
    """A condition on batches: their account is in use, and the campaign calls by it."""
    way = Campaign.objects.filter(served_by(OuterRef("account")), pk=OuterRef("campaign"))
    return Q(Exists(way), account__is_enabled=True, account__stopped_because="")


def served_by(account: Any) -> Q:
    """A condition on campaigns: those for which this account (an expression) may call."""
    inner: Any = OuterRef(account) if isinstance(account, OuterRef) else account
    of_account = Route.objects.filter(campaign=OuterRef("pk"), account=inner)
    return (Q(account=account) | Exists(of_account)) & ~Exists(of_account.exclude(closed_because=""))


def is_turn_of(campaign: Campaign, account: Account, others_with_room: Iterable[Account]) -> bool:
    """Whether no other account that could take people now is further behind its share."""
    shares = {route.account_id: route.share for route in routes_of(campaign)}
    handed_over = dict.fromkeys(shares, 0) | _handed_over(campaign)
    mine = handed_over[account.pk] / shares[account.pk]
    return all(handed_over[other.pk] / shares[other.pk] >= mine for other in others_with_room)


def close(campaign: Campaign, account: Account, *, because: str) -> bool:
    """Nobody leaves by this account any more, and who waited for it goes another way; False if there is no other.

    The last open way is not closed: then the campaign has to pause. Inside of a transaction or not; may be repeated.
    """
    with transaction.atomic():
        locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if not any(other.pk != account.pk for other in usable_accounts(locked)):
            return False
        if not campaign.routes.filter(account=account).exclude(closed_because="").exists():
            told = {"account": account, "because": because}
            chronicle.note(campaign.pk, lambda: gettext("Nobody leaves by “%(account)s” any more: %(because)s") % told)
        Route.objects.update_or_create(
            campaign=campaign,
            account=account,
            defaults={"closed_because": because, "closed_at": timezone.now()},
        )
        _release(campaign.batches.filter(account=account), now=timezone.now())
    return True


def reopen(campaign: Campaign) -> None:
    """All ways are open again."""
    campaign.routes.exclude(closed_because="").update(closed_because="", closed_at=None)


def stop_account(account: Account, sentence: str) -> None:
    """Nothing is sent with it until a person has mended and tested it."""
    Account.objects.filter(pk=account.pk).update(stopped_because=sentence)


def note_refusal(batch: Batch, error: CarrierError) -> None:
    """What follows for account and campaign when the carrier said no to a repeat."""
    if isinstance(error, BadCredentials):
        stop_account(batch.account, str(error))
    if isinstance(error, Refused) and not isinstance(error, TryLater):
        refused = gettext("Batch %(number)s was refused: %(reason)s")
        close_or_pause(batch, refused % {"number": batch.sequence, "reason": error})


def close_or_pause(batch: Batch, sentence: str) -> bool:
    """The way of this batch is closed, or the campaign pauses if it was the last one; whether others are open."""
    if close(batch.campaign, batch.account, because=sentence):
        return True
    pause(batch.campaign_id, sentence)
    return False


def pause(campaign_id: int, sentence: str) -> None:
    """A running campaign pauses and says why."""
    with transaction.atomic():
        running = Campaign.objects.filter(pk=campaign_id, state=Campaign.State.RUNNING)
        if running.update(state=Campaign.State.PAUSED, paused_because=sentence):
            chronicle.note(campaign_id, lambda: gettext("Paused by itself: %(reason)s") % {"reason": sentence})
            webhooks.tell_of_pause([campaign_id])


def release_stranded(*, now: datetime) -> int:
    """People who wait for an account by which nobody leaves go another way, where there is one; how many batches.

    It may be out of use, or closed since the batch was made or came back from the carrier, or no account of the
    campaign any more.
    """
    running = {"campaign__state": Campaign.State.RUNNING, "state": Batch.State.WAITING}
    waiting = Batch.objects.filter(~may_leave(), **running).select_related("campaign__account")
    stranded = [batch.pk for batch in waiting if usable_accounts(batch.campaign)]
    return _release(Batch.objects.filter(pk__in=stranded), now=now)


def _release(batches: QuerySet[Batch], *, now: datetime) -> int:
    waiting = batches.filter(state=Batch.State.WAITING).order_by("pk")
    return sum(withdrawal.dissolve(batch, now=now) for batch in waiting)


def _handed_over(campaign: Campaign) -> dict[int, int]:
    """People by account, those in waiting batches among them."""
    batches = campaign.batches.exclude(state__in=NEVER_LEFT)
    found: dict[int, int] = {}
    for account, count in batches.values_list("account", "contact_count"):
        found[account] = found.get(account, 0) + count
    return found
