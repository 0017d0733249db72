"""The guided path of a new campaign: what, voice, numbers, when, check; each step an address of its own.

What, voice and when are the campaign's form with the fields of the step; numbers and check are the pages that every
campaign has. The draft is saved at each step, so it can be left and taken up again at any of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, uploads
from dialer.admin.doors import FORM, address, back_to, door
from dialer.admin.path_forms import FORMS, INLINES, KeptSound, fieldsets_of, keep_sound
from dialer.admin.recorder import recorder_context
from dialer.admin.voice_file import voice_path
from dialer.flow import drafts
from dialer.flow.connect import capabilities_of
from dialer.flow.drafts import Standing, Step
from dialer.models import Campaign, VoiceFile
from dialer.terms import UploadPurpose, VoiceDelivery

DRAFTS_SHOWN = 5
LABELS = {
    Step.WHAT: _("What"),
    Step.VOICE: _("Voice"),
    Step.NUMBERS: _("Numbers"),
    Step.WHEN: _("When"),
    Step.CHECK: _("Check"),
}
TITLES = {
    Step.WHAT: _("What is it about?"),
    Step.VOICE: _("What do people hear?"),
    Step.WHEN: _("When are they called?"),
}
DOORS = {step: "launch" if step == Step.CHECK else step.value for step in Step}
STEP_OF_PAGE = {
    "dialer_campaign_new": Step.WHAT,
    "dialer_campaign_what": Step.WHAT,
    "dialer_campaign_voice": Step.VOICE,
    "dialer_campaign_when": Step.WHEN,
}


@dataclass(frozen=True, kw_only=True)
class ShownStep:
    """One step as the stepper shows it."""

    label: str | Promise
    url: str  # "" while there is no draft
    is_current: bool
    is_done: bool

    @property
    def word(self) -> str:
        if self.is_current:
            return pgettext("step of the path", "here")
        return pgettext("step of the path", "done") if self.is_done else pgettext("step of the path", "open")


@dataclass(frozen=True, kw_only=True)
class UnfinishedDraft:
    """A draft, and where it is taken up again."""

    campaign: Campaign
    step: str | Promise
    url: str


class PathDoors:
    """The steps that are forms. Which one a request is about, its address says."""

    def path_routes(self: Any) -> list[URLPattern]:
        return [path("new/", self.admin_site.admin_view(self.new_view), name="dialer_campaign_new")]

    def new_view(self: Any, request: HttpRequest) -> HttpResponseBase:
        """The first step. The draft is there as soon as it is known who is called why, and with which account."""
        mine = self.get_queryset(request).filter(state=Campaign.State.DRAFT)
        waiting = unfinished(mine.select_related("account")[:DRAFTS_SHOWN])
        return self.add_view(request, extra_context={"title": gettext("New campaign"), "unfinished": waiting})

    @transaction.atomic  # of which the row's lock is a part
    @door("change_campaign", methods=FORM)
    def what_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        return self._step_view(request, campaign)

    def voice_view(self: Any, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A sound that comes with the form or came in pieces is kept and chosen, also if something else is wrong.

        It is converted before the transaction begins: others must not wait for that.
        """
        if request.method == "POST" and request.user.has_perms(["dialer.change_campaign", "dialer.add_voicefile"]):
            kept = _brought_sound(request)
            if kept:
                request.kept_sound = kept
            if kept and kept.voice_file:
                said: Any = request.POST.copy()
                said["voice_file"], said["new_name"] = str(kept.voice_file.pk), ""
                request.POST = said
        return self._voice_view(request, pk)

    @transaction.atomic
    @door("change_campaign", methods=FORM)
    def _voice_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        return self._step_view(request, campaign)

    @transaction.atomic
    @door("change_campaign", methods=FORM)
    def when_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        return self._step_view(request, campaign)

    def _step_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        if campaign.state != Campaign.State.DRAFT:
            messages.error(request, gettext("It was launched or cancelled meanwhile. Nothing was saved."))
            return back_to(campaign)
        title = TITLES[step_of(request) or Step.WHAT]
        return self.changeform_view(request, str(campaign.pk), extra_context={"title": title})

    def step_form(self: Any, request: HttpRequest, step: Step) -> Any:
        form = FORMS[step]
        if step != Step.VOICE:
            return form
        return type(form.__name__, (form,), {"kept_sound": getattr(request, "kept_sound", KeptSound())})

    def step_page(self: Any, request: HttpRequest, response: Any, campaign: Campaign | None) -> Any:
        """The form's page as a step of the path."""
        step = step_of(request) or Step.WHAT
        context: Any = response.context_data
        is_upload = context["adminform"].form.is_multipart()
        context |= path_context(campaign, step) | {"step": step.value, "is_upload": is_upload}
        if step == Step.VOICE and campaign is not None:
            context |= _voice_context(campaign) | uploads.pieces_of(request, UploadPurpose.VOICE_FILE)
            context |= recorder_context()
            context["abilities"] |= {"account": str(campaign.account_id), "kind": campaign.kind}
        response.template_name = "admin/dialer/path/step.html"
        return response

    def after_step(self: Any, request: HttpRequest, campaign: Campaign, form: Any) -> None:
        """What a step decides beside its fields."""
        step = step_of(request)
        if step == Step.WHAT:
            _keep_possible_delivery(campaign)
        if step == Step.WHEN:
            drafts.confirm_time(campaign, start_at=form.start_at)
        if step == Step.VOICE and form.kept_sound.voice_file:
            name = form.kept_sound.voice_file.name
            messages.success(request, gettext("“%(name)s” is converted. Listen to it, then go on.") % {"name": name})

    def after_step_to(self: Any, request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponseRedirect:
        """The next step; after an upload the same one, to listen; or the list of campaigns."""
        if "_later" in request.POST:
            sentence = gettext("“%(campaign)s” is kept as a draft. Take it up again whenever you like.")
            messages.success(request, sentence % {"campaign": campaign})
            return HttpResponseRedirect(reverse("admin:dialer_campaign_changelist"))
        if hasattr(request, "kept_sound"):
            return back_to(campaign, DOORS[step])
        order = list(Step)
        return back_to(campaign, DOORS[order[order.index(step) + 1]])


def step_of(request: HttpRequest) -> Step | None:
    """The step of the path that is asked for, if it is one of its forms."""
    page = request.resolver_match.url_name if request.resolver_match else None
    return STEP_OF_PAGE.get(page or "")


def fieldsets(request: HttpRequest, step: Step, campaign: Campaign | None) -> Any:
    return fieldsets_of(step, campaign, may_upload=request.user.has_perm("dialer.add_voicefile"))


def inlines(step: Step) -> Any:
    return INLINES.get(step, [])


def path_context(campaign: Campaign | None, current: Step) -> dict[str, Any]:
    """The stepper of a draft, and where its form leads; nothing for what is no draft any more."""
    if campaign is None:
        return {"path": _shown(None, Standing(done=frozenset()), current)}
    if campaign.state != Campaign.State.DRAFT:
        return {}
    order, place = list(Step), list(Step).index(current)
    return {
        "path": _shown(campaign, drafts.standing(campaign), current),
        "previous_url": step_address(campaign, order[place - 1]) if place else "",
        "next_url": step_address(campaign, order[place + 1]) if current != Step.CHECK else "",
    }


def unfinished(campaigns: Iterable[Campaign]) -> list[UnfinishedDraft]:
    """These drafts with the step at which each is taken up again."""
    listed = list(campaigns)
    found = drafts.standings(listed)
    return [
        UnfinishedDraft(
            campaign=campaign,
            step=LABELS[found[campaign.pk].next_step],
            url=step_address(campaign, found[campaign.pk].next_step),
        )
        for campaign in listed
    ]


def step_address(campaign: Campaign, step: Step) -> str:
    return address(campaign, DOORS[step])


def _shown(campaign: Campaign | None, standing: Standing, current: Step) -> list[ShownStep]:
    return [
        ShownStep(
            label=LABELS[step],
            url=step_address(campaign, step) if campaign else "",
            is_current=step == current,
            is_done=step in standing.done,
        )
        for step in Step
    ]


def _keep_possible_delivery(campaign: Campaign) -> None:
    """A message reaches the account's carrier in a way that this carrier has; the next step may choose another."""
    if VoiceDelivery(campaign.voice_delivery) not in capabilities_of(campaign.account).voice_deliveries:
        campaign.voice_delivery = drafts.usual_delivery(campaign.account)
        campaign.save(update_fields=["voice_delivery"])


def _brought_sound(request: Any) -> KeptSound | None:
    """What became of the sound that a form brings, whole or in pieces; None if it brings none."""
    uploads.bring(request, UploadPurpose.VOICE_FILE, field="new_sound", is_spent_later=True)
    sound = request.FILES.get("new_sound")
    if sound:
        kept = keep_sound(sound, request.POST.get("new_name", "").strip(), by=request.user)
        if kept.errors:
            uploads.forget(sound)
        return kept
    if uploads.KEY in request.POST:  # a message says why its pieces are not there
        return KeptSound(errors={"new_sound": [gettext("Choose the file again.")]})
    return None


def _voice_context(campaign: Campaign) -> dict[str, Any]:
    """The chosen file with its player, whether the carrier has it, and the addresses of the others."""
    chosen = campaign.voice_file
    lies_there = campaign.voice_delivery == VoiceDelivery.CARRIER_FILE
    return {
        "voice_file": chosen,
        "voice_url": voice_path(chosen) if chosen else "",
        "voice_length": columns.duration(chosen.seconds) if chosen else "",
        "is_unplaced": bool(
            chosen and lies_there and not chosen.carrier_files.filter(account=campaign.account).exists()
        ),
        "voices": {row.pk: voice_path(row) for row in VoiceFile.objects.only("public_key", "carrier_name")},
    }
