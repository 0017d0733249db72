"""settled Attempt -> a next round or none, and what a key press asks for."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from dialer.carriers import with_feature
from dialer.flow import evidence, suppression, withdrawal
from dialer.flow.suppression import OptOut
from dialer.models import Attempt, Batch, CallRecord, RetryRule
from dialer.terms import CampaignKind, Disposition, Feature

AT_A_TIME = 500

Pressed = dict[int | None, list[CallRecord]]
Rules = dict[tuple[int, str], RetryRule]  # by campaign and disposition


def judge() -> int:
    """Some settled attempts have their next round decided and their opt-out obeyed; how many.

    May be repeated: a bill that changes what a call came to has the attempt judged anew, and a next round that has
    not left is undone first. A fixed number of queries.
    """
    with transaction.atomic():
        attempts = list(
            Attempt.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(settled_at__isnull=False, is_judged=False)
            .select_related("contact", "batch__campaign")
            .order_by("pk")[:AT_A_TIME]
        )
        if not attempts:
            return 0
        pressed = _pressed(attempts)
        _obey([attempt for attempt in attempts if _opted_out(attempt, pressed)], pressed)
        withdrawal.take_back([attempt.contact_id for attempt in attempts])
        rules, tracks = _rules(attempts), _tracks(attempts)
        for attempt in attempts:
            attempt.retry_at = (
                None if _opted_out(attempt, pressed) else _retry_at(attempt, rules, tracks[attempt.contact_id])
            )
            attempt.is_judged = True
        Attempt.objects.bulk_update(attempts, ["retry_at", "is_judged"], batch_size=AT_A_TIME)
    return len(attempts)


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One attempt of a person, as far as the next one depends on it."""

    round: int
    disposition: str
    was_called: bool  # not refused, or billed all the same


def _rules(attempts: Iterable[Attempt]) -> Rules:
    campaigns = {attempt.batch.campaign_id for attempt in attempts}
    return {(rule.campaign_id, rule.disposition): rule for rule in RetryRule.objects.filter(campaign__in=campaigns)}


def _tracks(attempts: Collection[Attempt]) -> dict[int, list[_Step]]:
    """All attempts of these people."""
    of_them = Attempt.objects.filter(contact__in=[attempt.contact_id for attempt in attempts]).order_by("pk")
    rows = list(of_them.values_list("pk", "contact", "round", "disposition", "batch__state"))
    never_left = {row[0] for row in rows if row[4] in (Batch.State.REFUSED, Batch.State.CANCELLED)}
    billed = set(CallRecord.objects.filter(attempt__in=never_left).values_list("attempt", flat=True))
    tracks: dict[int, list[_Step]] = defaultdict(list)
    for key, contact, round_number, disposition, _ in rows:
        was_called = key not in never_left or key in billed
        tracks[contact].append(_Step(round=round_number, disposition=disposition, was_called=was_called))
    return tracks


def _pressed(attempts: Collection[Attempt]) -> Pressed:
    """All calls of each attempt with a key press: a later call does not unsay what was said in an earlier one."""
    pressed: Pressed = defaultdict(list)
    for call in CallRecord.objects.filter(attempt__in=attempts).exclude(keypress="").order_by("pk"):
        pressed[call.attempt_id].append(call)
    return pressed


def _opted_out(attempt: Attempt, pressed: Pressed) -> bool:
    key = attempt.batch.campaign.opt_out_key
    # Whoever pressed other keys too has said it all the same.
    return bool(key) and any(
        key in keys for keys in [attempt.keypress, *(call.keypress for call in pressed[attempt.pk])]
    )


def _obey(attempts: list[Attempt], pressed: Pressed) -> None:
    """The numbers are on the house list, with the calls as proof, and out of every campaign that waits."""
    proof = {
        attempt.pk: call
        for attempt in attempts
        for call in pressed[attempt.pk]
        if attempt.batch.campaign.opt_out_key in call.keypress
    }
    suppression.obey_opt_outs(
        OptOut(
            number=attempt.contact.number,
            reason=gettext("pressed %(key)s") % {"key": attempt.batch.campaign.opt_out_key},
            source=gettext("campaign “%(campaign)s”") % {"campaign": attempt.batch.campaign},
            call_record=proof.get(attempt.pk),
        )
        for attempt in attempts
    )


def _retry_at(attempt: Attempt, rules: Rules, track: list[_Step]) -> datetime | None:
    """When the next round is due: only what the rule for this outcome allows, and never after an answer."""
    campaign = attempt.batch.campaign
    rule = rules.get((campaign.pk, attempt.disposition))
    is_last = all(step.round <= attempt.round for step in track)
    was_answered = any(step.disposition == Disposition.ANSWERED for step in track)
    if rule is None or campaign.state in withdrawal.OVER or not is_last or was_answered:
        return None
    if _rounds_so_far(attempt.disposition, track) > rule.more_rounds:
        return None
    return (attempt.settled_at or timezone.now()) + timedelta(minutes=rule.pause_minutes)


def _rounds_so_far(disposition: str, track: Iterable[_Step]) -> int:
    """Calls that were made, or, for who was dropped, how often that happened: neither uses up the other's rounds."""
    is_dropped = disposition == Disposition.NOT_CALLED
    return sum(step.was_called and (step.disposition == Disposition.NOT_CALLED) == is_dropped for step in track)


def declare_not_called(*, now: datetime) -> int:
    """Numbers that the carrier dropped at the end of their day are settled as not called; how many.

    Only after the carrier was asked for exactly this batch's bills, well after that day's end. A late bill takes it
    back.
    """
    dropped = 0
    accepted = Batch.objects.filter(
        state=Batch.State.ACCEPTED,
        account__carrier__in=with_feature(Feature.TODAY_ONLY),
        campaign__kind=CampaignKind.MESSAGE,  # as in ordering.drops_today: nobody of a voice menu is dropped
        campaign__drops_undialled_today=True,
        sent_at__isnull=False,
        asked_at__isnull=False,
    )
    for batch in accepted.select_related("account", "campaign"):
        if batch.asked_at is not None and batch.asked_at >= evidence.day_billed_at(batch):
            dropped += batch.attempts.filter(settled_at__isnull=True).update(
                settled_at=now, disposition=Disposition.NOT_CALLED, silent_since=None
            )
    return dropped
