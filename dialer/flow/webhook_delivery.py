"""WebhookDelivery -> the other system: signed, at least once, with growing pauses, given up after a day."""

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import ngettext

from dialer.carriers.push import push
from dialer.flow import state
from dialer.models import Webhook, WebhookDelivery

logger = logging.getLogger(__name__)

FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVE_UP_AFTER: Final = timedelta(days=1)  # of one event
STOP_AFTER: Final = timedelta(days=3)  # of a webhook at which nothing arrives
LEASE_SECONDS: Final = 60  # several times as long as one request may take
DELIVERED_KEPT: Final = timedelta(days=7)
GIVEN_UP_KEPT: Final = timedelta(days=30)
PRUNED_AT_A_TIME: Final = 2000  # a full turn asks for another one
SIGNATURE_HEADER: Final = "Dialer-Signature"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one try."""

    status: int  # HTTP; 0 if there was no answer
    complaint: str  # "" if it arrived


def deliver_next() -> bool:
    """One event that is due is sent and noted; whether there was one. May be rung twice or late.

    A process that is killed in between leaves a claim that ends, and the event is sent once more: the other side
    knows it by its id.
    """
    delivery = claim()
    if delivery is None:
        return False
    note(delivery, send(delivery))
    return True


def claim() -> WebhookDelivery | None:
    """An event that is due now, for us alone, or None. Ended claims are taken back."""
    now = timezone.now()
    states = WebhookDelivery.State
    state.expire_claims(WebhookDelivery.objects.filter(state=states.SENDING), to=states.DUE)
    is_awake = Q(rests_until__isnull=True) | Q(rests_until__lte=now)
    # Each webhook for itself: what waits for a dead one is not looked through for the others. Shuffled to be fair.
    for webhook in Webhook.objects.filter(is_awake, is_enabled=True).order_by("?"):
        due = webhook.deliveries.filter(state=states.DUE, due_at__lte=now).order_by("due_at", "pk")
        first = due.filter(pk__in=list(due.values_list("pk", flat=True)[: state.CANDIDATES]))
        claimed = state.claim(first, to=states.SENDING, lease_seconds=LEASE_SECONDS, tries=F("tries") + 1)
        if claimed is not None:
            return claimed
    _give_up(now=now)
    return None


def send(delivery: WebhookDelivery) -> Outcome:
    """The event was sent once. No transaction is open meanwhile."""
    webhook = delivery.webhook
    content = body(delivery)
    status, complaint = push(
        webhook.url,
        content,
        headers=headers(webhook.secret, content, at=timezone.now(), event_id=delivery.event_id),
        allow_private_addresses=settings.WEBHOOK_PRIVATE_ADDRESSES,
    )
    return Outcome(status=status, complaint=complaint)


def note(delivery: WebhookDelivery, outcome: Outcome) -> None:
    """The row and its webhook know what became of the try. Nothing happens if our claim has ended meanwhile."""
    now = timezone.now()
    token = delivery.claim_token
    seen = {"status": outcome.status or None, "complaint": outcome.complaint}
    if not outcome.complaint:
        state.advance(delivery, WebhookDelivery.State.DELIVERED, token=token, ended_at=now, **seen)
        _note_success(delivery.webhook)
        return
    if now - delivery.created_at >= GIVE_UP_AFTER:
        is_noted = state.advance(delivery, WebhookDelivery.State.GIVEN_UP, token=token, ended_at=now, **seen)
    else:
        due_at = now + pause_after(delivery.tries)
        is_noted = state.advance(delivery, WebhookDelivery.State.DUE, token=token, due_at=due_at, **seen)
    if is_noted:
        _note_failure(delivery.webhook, outcome.complaint, now=now)


def body(delivery: WebhookDelivery) -> bytes:
    """What is sent, the same at every try."""
    document = {
        "id": delivery.event_id,
        "kind": delivery.kind,
        "at": delivery.at.isoformat(timespec="seconds"),
        "data": delivery.content,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def headers(secret: str, content: bytes, *, at: datetime, event_id: str) -> Mapping[str, str]:
    seconds = int(at.timestamp())
    return {
        "Content-Type": "application/json",
        SIGNATURE_HEADER: f"t={seconds},v1={signature(secret, content, seconds=seconds)}",
        "Dialer-Event": event_id,
    }


def signature(secret: str, content: bytes, *, seconds: int) -> str:
    """HMAC-SHA256 over the moment, a full stop and the body, in hexadecimal digits."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + content, hashlib.sha256).hexdigest()


def pause_after(failures: int) -> timedelta:
    """10 s, 20 s, 40 s … an hour."""
    return min(FIRST_PAUSE * (1 << min(max(failures - 1, 0), 12)), LONGEST_PAUSE)


def prune() -> int:
    """Some events that ended long ago are gone; how many."""
    now = timezone.now()
    states = WebhookDelivery.State
    old = Q(state=states.DELIVERED, ended_at__lt=now - DELIVERED_KEPT) | Q(
        state=states.GIVEN_UP, ended_at__lt=now - GIVEN_UP_KEPT
    )
    keys = list(WebhookDelivery.objects.filter(old).order_by().values_list("pk", flat=True)[:PRUNED_AT_A_TIME])
    WebhookDelivery.objects.filter(pk__in=keys).delete()
    return len(keys)


def _give_up(*, now: datetime) -> None:
    """What waits for a webhook that rests, stopped or is out of use is given up as well."""
    states = WebhookDelivery.State
    old = WebhookDelivery.objects.filter(state=states.DUE, created_at__lt=now - GIVE_UP_AFTER)
    given_up = old.update(state=states.GIVEN_UP, ended_at=now)
    if given_up:
        logger.warning("%s events were given up after a day: nobody took them", given_up)


def _note_success(webhook: Webhook) -> None:
    if webhook.failing_since is None and not webhook.failures_in_a_row:
        return  # as nearly always: no row is written
    well = {"rests_until": None, "failures_in_a_row": 0, "failing_since": None, "complaint": ""}
    Webhook.objects.filter(pk=webhook.pk).update(**well)


def _note_failure(webhook: Webhook, complaint: str, *, now: datetime) -> None:
    """It rests for a while, longer each time; after days it stops."""
    failing_since = webhook.failing_since or now
    failures = webhook.failures_in_a_row + 1
    changes = {
        "complaint": complaint,
        "failing_since": failing_since,
        "failures_in_a_row": failures,
        "rests_until": now + pause_after(failures),
    }
    Webhook.objects.filter(pk=webhook.pk).update(**changes)
    if now - failing_since >= STOP_AFTER:
        silent = ngettext(
            "Nothing arrived there for %(days)s day. %(complaint)s",
            "Nothing arrived there for %(days)s days. %(complaint)s",
            STOP_AFTER.days,
        )
        Webhook.objects.filter(pk=webhook.pk, is_enabled=True).update(
            is_enabled=False, stopped_because=silent % {"days": STOP_AFTER.days, "complaint": complaint}
        )
