"""fact -> WebhookDelivery: what other systems are told, written in the transaction of the fact itself.

Who writes a fact calls one of these functions inside of its transaction. So an event is there exactly if its fact
is, whatever is killed. `dialer.flow.webhook_delivery` sends them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from dialer import phone
from dialer.flow.mistakes import DialerError
from dialer.flow.visibility import Ids, visible_through
from dialer.models import Account, Attempt, CallRecord, Campaign, Webhook, WebhookDelivery
from dialer.models.webhook import new_webhook_secret
from dialer.terms import Disposition, WebhookKind

ROWS_AT_A_TIME = 500
OF_CALLS = (WebhookKind.CALL_ANSWERED, WebhookKind.KEY_PRESSED)


def tell_of_calls(changed: Sequence[CallRecord], *, now: datetime) -> None:
    """Webhooks that want it hear of answered calls and of pressed keys. Inside the transaction of the calls.

    May be repeated with the same calls: each event is there once (leave out those with nothing new by `heard_of`,
    for writing in vain costs as much). Calls of no campaign, such as test calls, are left
    out. Without a webhook that wants it one query, else a fixed number for every ROWS_AT_A_TIME events.
    """
    calls = [call for call in changed if call.campaign_id and (call.keypress or _is_answered(call))]
    hooks = _who_wants(OF_CALLS) if calls else []
    if not hooks:
        return
    contacts: dict[int | None, int] = dict(
        Attempt.objects.filter(pk__in={call.attempt_id for call in calls} - {None}).values_list("pk", "contact")
    )
    names: dict[int | None, str] = dict(
        Campaign.objects.filter(pk__in={call.campaign_id for call in calls}).values_list("pk", "name")
    )
    earshot = _Earshot(hooks, {call.campaign_id for call in calls} - {None})
    deliveries = []
    for call in calls:
        hooks = earshot.of(call.campaign_id, account=call.account_id)
        content = _call(call, contact=contacts.get(call.attempt_id), campaign_name=names[call.campaign_id])
        if _is_answered(call):
            at = call.answered_at or now
            deliveries += _for_each(
                hooks, WebhookKind.CALL_ANSWERED, f"{call.pk}", content, call.number, at=at, now=now
            )
        if call.keypress:
            what = f"{call.pk}-{call.keypress}"  # another key, known later, is news
            deliveries += _for_each(hooks, WebhookKind.KEY_PRESSED, what, content, call.number, at=now, now=now)
    _store(deliveries)


def heard_of(call: CallRecord) -> tuple[Any, ...]:
    """What decides whether there is something new to tell of a call."""
    return call.campaign_id, _is_answered(call), call.keypress


def tell_of_pause(campaigns: Iterable[int], *, now: datetime | None = None) -> None:
    """Webhooks that want it hear that these campaigns paused, and why. Inside the transaction of the pause."""
    _tell_of_campaigns(campaigns, WebhookKind.CAMPAIGN_PAUSED, now=now or timezone.now())


def tell_of_end(campaigns: Iterable[int], *, now: datetime | None = None) -> None:
    """Webhooks that want it hear that these campaigns are finished or cancelled. Inside the transaction of the end."""
    _tell_of_campaigns(campaigns, WebhookKind.CAMPAIGN_ENDED, now=now or timezone.now())


def renew_secret(webhook: Webhook) -> str:
    """The new secret: from now on everything is signed with it and no longer with the old one."""
    secret = new_webhook_secret()
    Webhook.objects.filter(pk=webhook.pk).update(secret=secret)
    return secret


def start_again(webhook: Webhook) -> None:
    """A webhook that stopped by itself is in use again, and what was not given up yet is due at once."""
    with transaction.atomic():
        fresh = {"rests_until": None, "failures_in_a_row": 0, "failing_since": None, "stopped_because": ""}
        Webhook.objects.filter(pk=webhook.pk).update(is_enabled=True, **fresh)
        waiting = webhook.deliveries.filter(state=WebhookDelivery.State.DUE)
        waiting.update(due_at=timezone.now())


def send_again(delivery: WebhookDelivery) -> None:
    """An event that was given up is due once more, for another day. Raises DialerError if it was not given up."""
    now = timezone.now()
    rows = WebhookDelivery.objects.filter(pk=delivery.pk, state=WebhookDelivery.State.GIVEN_UP)
    if not rows.update(state=WebhookDelivery.State.DUE, due_at=now, created_at=now, tries=0, ended_at=None):
        raise DialerError(gettext("Only an event that was given up can be sent again."))


def _is_answered(call: CallRecord) -> bool:
    return call.disposition == Disposition.ANSWERED


def _who_wants(kinds: Collection[WebhookKind]) -> list[Webhook]:
    wanted = set(kinds)
    return [hook for hook in Webhook.objects.filter(is_enabled=True) if wanted.intersection(hook.kinds)]


def _tell_of_campaigns(campaigns: Iterable[int], kind: WebhookKind, *, now: datetime) -> None:
    ids = list(campaigns)
    hooks = _who_wants([kind]) if ids else []
    if not hooks:
        return
    earshot = _Earshot(hooks, ids)
    deliveries = []
    for campaign in Campaign.objects.filter(pk__in=ids):
        content = {
            "campaign": {"id": campaign.pk, "name": campaign.name},
            "state": campaign.state,
            "because": campaign.paused_because if kind == WebhookKind.CAMPAIGN_PAUSED else "",
        }
        # A campaign ends once and may pause often.
        what = f"{campaign.pk}" if kind == WebhookKind.CAMPAIGN_ENDED else f"{campaign.pk}-{now:%Y%m%dT%H%M%S%f}"
        deliveries += _for_each(earshot.of(campaign.pk), kind, what, content, "", at=now, now=now)
    _store(deliveries)


class _Earshot:
    """Which of some webhooks hear of which campaigns: one of a team hears of what the team sees.

    Two queries for each team that has one of them.
    """

    def __init__(self, hooks: Sequence[Webhook], campaigns: Iterable[int | None]) -> None:
        self._hooks = hooks
        self._seen: dict[int, tuple[Ids, set[int]]] = {}
        wanted = Campaign.objects.filter(pk__in=list(campaigns))
        for team in {hook.team_id for hook in hooks} - {None}:
            accounts = frozenset(Account.objects.filter(teams=team).values_list("pk", flat=True))
            self._seen[cast(int, team)] = accounts, set(visible_through(accounts, wanted).values_list("pk", flat=True))

    def of(self, campaign: int | None, *, account: int | None = None) -> list[Webhook]:
        return [hook for hook in self._hooks if hook.team_id is None or self._sees(hook.team_id, campaign, account)]

    def _sees(self, team: int, campaign: int | None, account: int | None) -> bool:
        accounts, campaigns = self._seen[team]
        return campaign in campaigns and (account is None or account in accounts)


def _for_each(
    hooks: Iterable[Webhook],
    kind: WebhookKind,
    what: str,
    content: Mapping[str, Any],
    number: str,
    *,
    at: datetime,
    now: datetime,
) -> list[WebhookDelivery]:
    return [
        WebhookDelivery(
            webhook=hook,
            event_id=f"{kind}-{what}",
            kind=kind,
            at=at,
            content={**content, **_number(number, hook)},
            due_at=now,
        )
        for hook in hooks
        if kind in hook.kinds
    ]


def _number(number: str, hook: Webhook) -> dict[str, str]:
    if not number:
        return {}
    return {"number": number if hook.sends_full_numbers else phone.masked(number)}


def _call(call: CallRecord, *, contact: int | None, campaign_name: str) -> dict[str, Any]:
    return {
        "call_record": call.pk,
        "campaign": {"id": call.campaign_id, "name": campaign_name},
        "contact": contact,
        "disposition": call.disposition,
        "keypress": call.keypress,
        "started_at": _written(call.started_at),
        "answered_at": _written(call.answered_at),
        "ended_at": _written(call.ended_at),
        "ring_seconds": call.ring_seconds,
        "talk_seconds": call.talk_seconds,
    }


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _store(deliveries: list[WebhookDelivery]) -> None:
    WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True, batch_size=ROWS_AT_A_TIME)
