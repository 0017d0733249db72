"""The way to the first call on an empty installation: steps with ticks, each a link, until something was launched."""

from dataclasses import dataclass

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dialer.admin.doors import address
from dialer.admin.navigation import Text
from dialer.flow.visibility import visible_to
from dialer.models import Account, CallRecord, Campaign, TestCall, VoiceFile


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the way to the first call."""

    title: Text
    help: Text
    url: str  # "" if this user may not take it, or if it is not its turn yet
    is_done: bool


def steps(site: AdminSite, request: HttpRequest) -> list[Step]:
    """What is to be done before the first launch; empty from then on."""
    if Campaign.objects.filter(launched_at__isnull=False).exists() or CallRecord.objects.exists():
        return []
    accounts = visible_to(request.user, Account.objects.all())
    account = accounts.order_by("pk").first()
    drafts = visible_to(request.user, Campaign.objects.filter(state=Campaign.State.DRAFT))
    campaign = drafts.order_by("-pk").first()
    return [
        Step(
            title=_("Add an account"),
            help=_(
                "The credentials that the carrier gave you. None at hand? The command “make demo” plays everything "
                "with a sandbox that calls nobody."
            ),
            url=_add(site, request, Account),
            is_done=account is not None,
        ),
        Step(
            title=_("Test the connection"),
            help=_("One login with the credentials, on the page of the account. Nobody is called."),
            url=_door(site, request, account, "change", "view_account"),
            is_done=accounts.filter(tested_at__isnull=False, test_complaint="").exists(),
        ),
        Step(
            title=_("Upload a voice file"),
            help=_("The message that is played. Any sound file will do; it is converted for the carrier."),
            url=_add(site, request, VoiceFile),
            is_done=VoiceFile.objects.exists(),
        ),
        Step(
            title=_("Make a campaign"),
            help=_("Step by step: what, voice, numbers, when. It is a draft, and calls nobody until it is launched."),
            url=_add(site, request, Campaign),
            is_done=campaign is not None,
        ),
        Step(
            title=_("Call your own telephone"),
            help=_("One test call, to hear what everybody will hear. It counts nowhere."),
            url=_door(site, request, campaign, "test_call", "launch_campaign"),
            is_done=visible_to(request.user, TestCall.objects.all()).exists(),
        ),
        Step(
            title=_("Launch"),
            help=_("After a last sheet with everything on it. You can pause at any time."),
            url=_door(site, request, campaign, "launch", "launch_campaign", "change_campaign"),
            is_done=False,
        ),
    ]


def _add(site: AdminSite, request: HttpRequest, model: type[Model]) -> str:
    """Where a new row begins, for whoever may make one."""
    page = site._registry.get(model)
    if page is None or not page.has_add_permission(request):
        return ""
    name = getattr(page, "add_page", "add")
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_{name}", current_app=site.name)


def _door(site: AdminSite, request: HttpRequest, row: Model | None, name: str, *permissions: str) -> str:
    """Where the row's page of this name stands, for whoever has one of the permissions."""
    may = any(request.user.has_perm(f"dialer.{permission}") for permission in permissions)
    if row is None or not may:
        return ""
    return address(row, name) if hasattr(site._registry.get(type(row)), f"{name}_view") else ""
