"""A launch of many people waits for a second person; what they approved is what is launched, and nothing else.

The rule stands in `lifecycle`, so that it holds for every door. A campaign that waits is a draft as before, or
scheduled as before: nobody is called.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from dialer.figures import count
from dialer.flow import history, launch_sheet, state
from dialer.flow.mistakes import DialerError
from dialer.flow.preflight import Preflight, preflight
from dialer.models import ApiToken, Campaign, LaunchApproval
from dialer.models.preference import house_language

State = LaunchApproval.State


class NeedsApproval(DialerError):
    """A second person approves this launch first: a door that hears it asks for that with `ask`."""


def require(campaign: Campaign, sheet: Preflight, *, begins_at: datetime) -> LaunchApproval | None:
    """The approval under which the campaign may begin at that moment; None: it needs none.

    Raises NeedsApproval if there is none, or if lists, wishes or the number of people are others than those approved,
    or if it is to begin before the time that was approved.
    Fewer people are not others: whoever asks not to be called meanwhile stops no campaign.
    """
    if not is_needed(sheet):
        return None
    approval = campaign.launch_approvals.filter(state=State.APPROVED).first()
    if approval is None:
        limit: int = settings.LAUNCH_APPROVAL_ABOVE
        sentence = ngettext(
            "More than %(limit)s person would be called: a second person approves it first.",
            "More than %(limit)s people would be called: a second person approves it first.",
            limit,
        )
        raise NeedsApproval(sentence % {"limit": count(limit)})
    is_too_early = approval.start_at is not None and begins_at < approval.start_at
    if is_too_early or not _is_unchanged(approval, campaign, sheet):
        raise NeedsApproval(
            gettext("The campaign was changed since it was approved: a second person approves it once more.")
        )
    return approval


def is_needed(sheet: Preflight) -> bool:
    limit: int = settings.LAUNCH_APPROVAL_ABOVE
    return 0 < limit < sheet.callable_count


def ask(
    campaign: Campaign, *, by: Any, start_at: datetime | None = None, token: ApiToken | None = None
) -> LaunchApproval:
    """The launch waits for a second person; what was asked for before is void. `token`: by which a program asks.

    Raises DialerError if something stands against the launch.
    """
    with transaction.atomic():
        campaign = _locked(campaign)
        sheet = preflight(campaign)
        if sheet.problems:
            raise DialerError(" ".join(map(str, sheet.problems)))
        void(campaign, because=lambda: gettext("It was asked for anew."))
        approval = LaunchApproval.objects.create(
            campaign=campaign,
            digest=digest_of(campaign),
            callable_count=sheet.callable_count,
            start_at=start_at,
            asked_by=by,
            asked_by_name=by.get_username() if by else "",
            token_made_by=token.made_by if token else None,
            asked_at=timezone.now(),
        )
        if by:
            history.note(
                campaign,
                lambda: (
                    gettext("Asked for a second person’s approval to call %(people)s.")
                    % {"people": count(sheet.callable_count)}
                ),
                by=by,
            )
    return approval


def waiting(campaign: Campaign) -> LaunchApproval | None:
    """What waits for a second person."""
    return campaign.launch_approvals.filter(state=State.WAITING).select_related("asked_by").first()


def is_unchanged(approval: LaunchApproval, campaign: Campaign) -> bool:
    """Is the campaign still what was asked for?"""
    return _is_unchanged(approval, campaign, preflight(campaign))


def approve(approval: LaunchApproval, *, by: Any) -> bool:
    """It is approved; False: it is void, since the campaign was changed meanwhile. For a transaction that launches.

    Raises DialerError if it was decided already, or if `by` is the one who asked, also by a token for somebody else.
    """
    _must_be_another(approval, by)
    campaign = _locked(approval.campaign)
    is_same = is_unchanged(approval, campaign)
    changes = {"decided_by": by, "decided_by_name": by.get_username(), "decided_at": timezone.now()}
    if not is_same:
        with house_language():
            changes = {"decided_at": timezone.now(), "reason": gettext("The campaign was changed meanwhile.")}
    if not state.advance(approval, State.APPROVED if is_same else State.VOID, **changes):
        raise DialerError(gettext("Somebody else has decided it meanwhile."))
    history.note(
        campaign,
        lambda: _approved(approval) if is_same else gettext("An approval is void: the campaign was changed."),
        by=by,
    )
    return is_same


def decline(approval: LaunchApproval, *, by: Any, because: str) -> None:
    """It is not launched. Raises DialerError without a reason, or if it was decided already.

    Whoever asked may take it back by this.
    """
    reason = history.written(because)
    with transaction.atomic():
        decided = {"decided_by": by, "decided_by_name": by.get_username(), "decided_at": timezone.now()}
        if approval.state != State.WAITING or not state.advance(approval, State.DECLINED, reason=reason, **decided):
            raise DialerError(gettext("Somebody else has decided it meanwhile."))
        history.note(approval.campaign, lambda: gettext("Declined the launch: %(reason)s") % {"reason": reason}, by=by)


def void(campaign: Campaign, *, because: Callable[[], str]) -> None:
    """Whatever was asked for or approved holds no more; `because` is kept in the installation's language."""
    open_ones = campaign.launch_approvals.filter(state__in=[State.WAITING, State.APPROVED])
    with house_language():
        open_ones.update(state=State.VOID, reason=because())


@translation.override("en")  # hours and rules are told in words: the same for whoever asks and whoever approves
def digest_of(campaign: Campaign) -> str:
    """Of everything that makes two launches the same one: lists, wishes, accounts."""
    told = launch_sheet.settings_of(campaign)
    told.pop("start_at", None)  # the order says it
    parts = [
        told,
        [str(rule) for rule in campaign.retry_rules.order_by("pk")],
        list(campaign.routes.order_by("account").values_list("account", "share", "voice_delivery")),
        list(
            campaign.contact_lists.order_by("pk").values_list(
                "sha256", "sheet", "encoding", "delimiter", "has_header", "number_column", "text_columns", "state"
            )
        ),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _is_unchanged(approval: LaunchApproval, campaign: Campaign, sheet: Preflight) -> bool:
    return sheet.callable_count <= approval.callable_count and digest_of(campaign) == approval.digest


def _approved(approval: LaunchApproval) -> str:
    if not approval.asked_by_name:
        return gettext("Approved the launch for the machine.")
    return gettext("Approved the launch for %(person)s.") % {"person": approval.asked_by_name}


def _must_be_another(approval: LaunchApproval, by: Any) -> None:
    if approval.state != State.WAITING:
        raise DialerError(gettext("It was decided already."))
    if by.pk == approval.asked_by_id:
        raise DialerError(gettext("You asked for it: somebody else approves it."))
    if approval.is_asked_by(by):
        raise DialerError(gettext("It was asked for by a token that you made: somebody else approves it."))


def _locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update(of=("self",)).select_related("account", "voice_file").get(pk=campaign.pk)
