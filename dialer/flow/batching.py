"""Contact -> Batch and Attempt: the next batch is made when the one before has left, and as large as it may be."""

import math
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from dialer.flow import pacing, routes, withdrawal
from dialer.flow.connect import capabilities_of
from dialer.flow.gate import Gate, Sorted
from dialer.flow.hours import calls_from, hours_of
from dialer.models import Account, Attempt, Batch, Campaign, Contact, Seat
from dialer.terms import CampaignKind, SkipReason

LOOKS = 20  # slices looked at for people who may be called now, before giving others their turn
People = list[tuple[Contact, int]]  # with the number of the round

FILLING = "filling"  # the seat of whoever makes a batch


def batch_size(campaign: Campaign, account: Account | None = None) -> int:
    """Numbers in one batch by this account (the campaign's own if none is named).

    The campaign's wish or the account's, never above the carrier's ceiling for this kind of campaign.
    """
    account = account or campaign.account
    wish = campaign.batch_size or account.batch_size
    return min(wish, capabilities_of(account).ceilings.get(CampaignKind(campaign.kind), 1))


def _wish(campaign: Campaign, account: Account) -> int:
    """The size of the next batch; of several accounts none takes more than its share of everybody at a time."""
    size = batch_size(campaign, account)
    shares = {route.account_id: route.share for route in routes.routes_of(campaign) if routes.is_usable(route)}
    if len(shares) < 2 or account.pk not in shares:
        return size
    people = campaign.contacts.filter(skip_reason="").count()
    return min(size, math.ceil(people * shares[account.pk] / sum(shares.values())) or 1)


def is_turn_of(campaign: Campaign, account: Account, *, now: datetime | None = None) -> bool:
    """Whether the account may make the campaign's next batch: nobody who could is further behind the own share."""
    others = [other for other in routes.usable_accounts(campaign) if other.pk != account.pk]
    if not others:
        return True
    now = now or timezone.now()
    return routes.is_turn_of(campaign, account, [one for one in others if _has_room(campaign, one, now=now)])


def _has_room(campaign: Campaign, account: Account, *, now: datetime) -> bool:
    """Could it take people now? One whose batch waits for a later moment could not."""
    if campaign.batches.filter(account=account, state=Batch.State.WAITING, due_at__gt=now).exists():
        return False
    at = calls_from(campaign, now)
    hours = hours_of(campaign, on=at.date())
    wish = batch_size(campaign, account)
    return pacing.room(campaign, account, hours=hours, wish=wish, now=now, calls_at=at).count > 0


def fill(campaign: Campaign, account: Account | None = None, *, now: datetime | None = None) -> Batch | None:
    """The next waiting batch of a running campaign, committed with its attempts; None when nobody may be called now.

    It is the account's, the campaign's own if none is named; None also if nobody leaves by that account any more.

    Due next rounds come first, then who was postponed, then the next rows. May be called by several processes: one
    makes a batch at a time, so that the caps hold across campaigns, and the database allows one open attempt for
    each contact. Raises DialerError if no calling rules are known for the campaign.
    """
    now = now or timezone.now()
    with transaction.atomic():
        _one_at_a_time()
        campaign = _locked(campaign)
        if campaign.state != Campaign.State.RUNNING:
            return None
        account = account or campaign.account
        if not routes.is_way(campaign, account):  # it was closed since somebody looked
            return None
        at = calls_from(campaign, now)
        hours = hours_of(campaign, on=at.date())
        if not hours.is_open_somewhere(at):
            return None
        wish = _wish(campaign, account)
        room = pacing.room(campaign, account, hours=hours, wish=wish, now=now, calls_at=at)
        if room.count <= 0:
            return None
        if pacing.is_canary_over(campaign, now=now):
            campaign.is_canary_passed = True
            campaign.save(update_fields=["is_canary_passed"])
        gate = Gate(campaign=campaign, hours=hours, now=at)
        people = (
            _next_round(campaign, gate, room.count, now=now)
            or _first_round(campaign, gate, room.count, now=now, are_postponed=True)
            or _first_round(campaign, gate, room.count, now=now, are_postponed=False)
        )
        return _make(campaign, account, people, now=now, starts_at=at if at > now else None) if people else None


def fit(batch: Batch, *, now: datetime | None = None) -> Batch | None:
    """A batch that waited, as small as the limits ask for by now; None when nobody of it may leave.

    Raises DialerError if no calling rules are known for the campaign.
    """
    now = now or timezone.now()
    at = max(now, batch.starts_at or now)
    hours = hours_of(batch.campaign, on=at.date())
    room = pacing.room(
        batch.campaign, batch.account, hours=hours, wish=batch.contact_count, now=now, calls_at=at, besides=batch
    )
    if room.count < min(batch.contact_count, 1):
        return None
    if room.count < batch.contact_count and not withdrawal.shrink(batch, to=room.count, now=now):
        return None
    return batch


def _first_round(campaign: Campaign, gate: Gate, size: int, *, now: datetime, are_postponed: bool) -> People:
    for _ in range(LOOKS):
        contacts = _postponed(campaign, size, now=now) if are_postponed else _next_rows(campaign, size)
        if not contacts:
            return []
        found = gate.sort(contacts)
        _note(found)
        if found.now:
            return [(contact, 1) for contact in found.now]
    return []


def _note(found: Sorted) -> None:
    """Who is not called now is postponed or skipped in the row."""
    withdrawal.postpone(found.later)
    Contact.objects.filter(pk__in=[contact.pk for contact in found.now if contact.postponed_until is not None]).update(
        postponed_until=None
    )
    Contact.objects.filter(pk__in=[contact.pk for contact in found.never]).update(
        skip_reason=SkipReason.DO_NOT_CALL, postponed_until=None
    )


def _next_rows(campaign: Campaign, size: int) -> list[Contact]:
    """The next contacts that were never looked at; the campaign remembers how far it came, and if it is the end."""
    if campaign.is_planned:
        return []
    rows = Contact.objects.filter(campaign=campaign, pk__gt=campaign.planned_through, skip_reason="")
    found = list(rows.order_by("pk")[: size + 1])
    contacts = found[:size]
    if contacts:
        campaign.planned_through = contacts[-1].pk
    campaign.is_planned = len(found) <= size
    campaign.save(update_fields=["planned_through", "is_planned"])
    return contacts


def _postponed(campaign: Campaign, size: int, *, now: datetime) -> list[Contact]:
    rows = Contact.objects.filter(campaign=campaign, postponed_until__lte=now, skip_reason="")
    return list(rows.order_by("postponed_until", "pk")[:size])


def _next_round(campaign: Campaign, gate: Gate, size: int, *, now: datetime) -> People:
    """People whose last call ended so that they are called again, and whose pause is over."""
    later = Attempt.objects.filter(contact=OuterRef("contact"), round__gt=OuterRef("round"))
    due = (
        # Locked, so that a bill which comes now has them judged anew before or after, and never unseen.
        Attempt.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(~Exists(later), batch__campaign=campaign, retry_at__lte=now, settled_at__isnull=False)
        .select_related("contact")
        .order_by("retry_at", "pk")
    )
    last = {attempt.contact_id: attempt for attempt in due[:size]}
    found = gate.sort([attempt.contact for attempt in last.values()])
    for attempt in last.values():
        attempt.retry_at = None
    for contact, until in found.later:
        last[contact.pk].retry_at = until
    Attempt.objects.bulk_update(last.values(), ["retry_at"], batch_size=500)
    return [(contact, last[contact.pk].round + 1) for contact in found.now]


def _make(campaign: Campaign, account: Account, people: People, *, now: datetime, starts_at: datetime | None) -> Batch:
    last = campaign.batches.aggregate(last=Max("sequence"))["last"] or 0
    batch = Batch.objects.create(
        campaign=campaign,
        account=account,
        sequence=last + 1,
        contact_count=len(people),
        due_at=now,
        starts_at=starts_at,
    )
    Attempt.objects.bulk_create(
        [Attempt(batch=batch, contact=contact, round=round_number) for contact, round_number in people],
        batch_size=1000,
    )
    return batch


def _one_at_a_time() -> None:
    """Until the end of the transaction; who comes second sees what the first one committed."""
    Seat.objects.get_or_create(name=FILLING)
    Seat.objects.select_for_update().get(name=FILLING)


def _locked(campaign: Campaign) -> Campaign:
    rows = Campaign.objects.select_for_update(of=("self",)).select_related("account")
    return rows.get(pk=campaign.pk)
