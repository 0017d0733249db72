"""Campaigns: the list, the form of a draft, and the page of one that was launched."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns
from dialer.admin import path as guided
from dialer.admin.base import ConsoleAdmin
from dialer.admin.campaign_form import OF_A_DRAFT, OF_A_PAUSED_ONE, CampaignForm, PaceForm
from dialer.admin.campaign_hours import HoursDoors
from dialer.admin.campaign_numbers import NumbersDoors, numbers_context
from dialer.admin.campaign_parts import (
    EDITABLE,
    CallWindowInline,
    CarrierPeriodInline,
    RetryRuleInline,
    RouteInline,
)
from dialer.admin.campaign_preview import PreviewDoors, preview_of
from dialer.admin.campaign_status import StatusDoors
from dialer.admin.campaign_week import hours_context
from dialer.admin.copies import CopyDoors
from dialer.admin.doors import FORM, back_to, door, routes
from dialer.admin.filters import OfAccount
from dialer.admin.launch import LaunchDoors
from dialer.admin.launch_approval import WaitsForApproval, approvals_wanted
from dialer.admin.launch_sheet import SheetDoors
from dialer.admin.lists import CarefulList
from dialer.admin.navigation import Attention, Place, Section, capped_count
from dialer.admin.path import PathDoors, step_of
from dialer.admin.test_call import TestCallDoors
from dialer.flow import hours
from dialer.flow.drafts import standing, usual_delivery
from dialer.flow.summaries import summaries
from dialer.flow.visibility import visible_to
from dialer.models import Campaign

FORMS = {"dialer_campaign_change", "dialer_campaign_rules", *guided.STEP_OF_PAGE}


class CampaignList(CarefulList):
    """Knows how far the campaigns of its page are."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        found = summaries(self.result_list)
        for campaign in self.result_list:
            campaign.summary = found[campaign.pk]
        drafts = [campaign for campaign in self.result_list if campaign.state == Campaign.State.DRAFT]
        for waiting in guided.unfinished(drafts):
            waiting.campaign.waits_at = waiting


@admin.register(Campaign)
class CampaignAdmin(
    PathDoors,
    CopyDoors,
    LaunchDoors,
    SheetDoors,
    TestCallDoors,
    HoursDoors,
    NumbersDoors,
    PreviewDoors,
    StatusDoors,
    ConsoleAdmin,
):
    navigation = Place(Section.OPERATE, 10, "campaigns")
    empty_help = _(
        "A campaign brings one message to a list of people, with one account or several. It is made step by step and "
        "calls nobody before you launch it."
    )
    add_page = "new"  # step by step; "add" is the form with all settings
    form = CampaignForm
    actions = None
    list_per_page = 25

    list_display = ["name", "account", "status", "progress", "answered", "launched"]
    list_filter = ["state", OfAccount, WaitsForApproval]
    list_select_related = ["account"]
    search_fields = ["name"]
    inlines = [CallWindowInline, RetryRuleInline, RouteInline, CarrierPeriodInline]

    def get_urls(self) -> list[Any]:
        views = {
            "what": self.what_view,
            "voice": self.voice_view,
            "numbers": self.numbers_view,
            "numbers_live": self.numbers_live_view,
            "when": self.when_view,
            "rules": self.rules_view,
            "widen": self.widen_view,
            "keep_to_law": self.keep_to_law_view,
            "copy": self.copy_view,
            "unanswered": self.unanswered_view,
            "launch": self.launch_view,
            "sheet": self.sheet_view,
            "schedule": self.schedule_view,
            "unschedule": self.unschedule_view,
            "approve": self.approve_view,
            "decline": self.decline_view,
            "clock": self.clock_view,
            "pause": self.pause_view,
            "resume": self.resume_view,
            "cancel": self.cancel_view,
            "live": self.live_view,
            "test_call": self.test_call_view,
            "test_call_live": self.test_call_live_view,
            "test_call_bills": self.test_call_bills_view,
        }
        return [*routes(self, **views), *self.path_routes(), *self.preview_routes(), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CarefulList]:
        return CampaignList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """A form that is being saved holds its row, so that no launch comes in between."""
        rows = super().get_queryset(request)
        page = request.resolver_match.url_name if request.resolver_match else None
        is_saved = request.method == "POST" and page in FORMS
        return rows.select_for_update(of=("self",)) if is_saved else rows

    def get_form(self, request: HttpRequest, obj: Campaign | None = None, change: bool = False, **kwargs: Any) -> Any:
        step = step_of(request)
        kind = self.step_form(request, step) if step else PaceForm if _is_paused(obj) else CampaignForm
        form = super().get_form(request, obj, change, **{"form": kind, **kwargs})
        for name in ("account", "voice_file"):
            if name in form.base_fields:
                widget = form.base_fields[name].widget
                widget.can_add_related = widget.can_change_related = widget.can_view_related = False
        return form

    def get_inlines(self, request: HttpRequest, obj: Campaign | None) -> Any:
        """The carrier's periods belong to what is told to it, which no paused campaign changes."""
        if step := step_of(request):
            return guided.inlines(step)
        return [part for part in self.inlines if part is not CarrierPeriodInline or not _is_paused(obj)]

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        if step := step_of(request):
            return guided.fieldsets(request, step, obj)
        return OF_A_PAUSED_ONE if _is_paused(obj) else OF_A_DRAFT

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Drafts can be edited, and of paused campaigns the hours, pace and rules for calling again."""
        return super().has_change_permission(request, obj) and (obj is None or obj.state in EDITABLE)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return False  # a draft is cancelled; what was launched is evidence

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The form of a draft; the status of whatever was launched."""
        campaign = super().get_queryset(request).filter(pk=object_id).first() if object_id.isdecimal() else None
        if campaign is None or campaign.state == Campaign.State.DRAFT:
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST":
            messages.error(request, gettext("It was launched or cancelled meanwhile. Nothing was saved."))
            return back_to(campaign)
        return self.status_view(request, campaign.pk)

    @transaction.atomic  # of which the row's lock is a part
    @door("change_campaign", methods=FORM)
    def rules_view(self, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        """What may be changed of a paused campaign."""
        if campaign.state != Campaign.State.PAUSED:
            messages.error(request, gettext("Hours, pace and rules are changed while the campaign is paused."))
            return back_to(campaign)
        title = gettext("Hours, pace, calling again")
        return super().change_view(request, str(campaign.pk), extra_context={"title": title})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["show_save_and_add_another"] = False
        campaign = kwargs.get("obj")
        if isinstance(context["adminform"].form, CampaignForm):
            context["abilities"] = {**context["adminform"].form.abilities, **preview_of(campaign)}
        if campaign is not None:
            context |= numbers_context(campaign) | hours_context(campaign, now=timezone.now())
            context["can_launch"] = request.user.has_perm("dialer.launch_campaign")
            context["can_change"] = request.user.has_perm("dialer.change_campaign")
            context["path_url"] = guided.step_address(campaign, standing(campaign).next_step)
            context["can_widen"] = request.user.has_perm("dialer.widen_hours")
        response = super().render_change_form(request, context, *args, **kwargs)
        return self.step_page(request, response, campaign) if step_of(request) else response

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """Of a draft that exists, only what was changed is written."""
        if change:
            obj.save(update_fields=form.changed_fields)
            return
        if step_of(request):
            obj.voice_delivery = usual_delivery(obj.account)
        obj.created_by = request.user  # type: ignore[assignment]  # nobody gets here without logging in
        obj.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        campaign = form.instance
        before = hours.windows_of(campaign)
        super().save_related(request, form, formsets, change)
        form.set_same_hours(campaign)
        self.after_step(request, campaign, form)
        if hours.narrow_again(campaign, before=before, changed=form.changed_data, by=request.user):
            messages.warning(request, gettext("The law’s hours hold again: what they were widened for was changed."))

    def response_add(self, request: HttpRequest, obj: Campaign, post_url_continue: str | None = None) -> Any:
        """The next step is the numbers; on the guided path, the voice."""
        if step := step_of(request):
            return self.after_step_to(request, obj, step)
        messages.success(request, gettext("“%(campaign)s” is a draft now. Add the numbers.") % {"campaign": obj})
        return back_to(obj, "numbers")

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponseRedirect:
        if step := step_of(request):
            return self.after_step_to(request, obj, step)
        messages.success(request, gettext("Saved."))
        return back_to(obj)

    def attention(self, request: HttpRequest) -> list[Attention]:
        seen = visible_to(request.user, Campaign.objects.all())
        paused = capped_count(seen.filter(state=Campaign.State.PAUSED).exclude(paused_because=""))
        asking = capped_count(seen.filter(state=Campaign.State.SCHEDULED).exclude(asks_because=""))
        return [
            approvals_wanted(request),
            Attention(
                count=asking,
                text=gettext("Campaigns that did not start at their time"),
                remedy=gettext("Nobody of them was called. Start each now, or take it back."),
                query="state__exact=scheduled&asks_because__gt=",
                is_alarm=True,
            ),
            Attention(
                count=paused,
                text=gettext("Paused campaigns"),
                remedy=gettext("Look why each was paused, then resume or cancel it."),
                query="state__exact=paused&paused_because__gt=",
            ),
        ]

    @admin.display(description=_("state"), ordering="state")
    def status(self, campaign: Campaign) -> SafeString:
        badge = columns.state_badge(campaign.get_state_display(), campaign.state)
        if campaign.state != Campaign.State.SCHEDULED:
            return badge
        if campaign.asks_because:
            return format_html("{} {}", badge, columns.state_badge(pgettext("state of a campaign", "asks"), "warning"))
        return format_html('{} <span class="quiet">{}</span>', badge, columns.when(campaign.start_at))

    @admin.display(description=_("done"))
    def progress(self, campaign: Campaign) -> SafeString | str:
        summary = campaign.summary  # set by CampaignList
        if campaign.state == Campaign.State.DRAFT:
            waiting = campaign.waits_at  # set by CampaignList
            goes_on = gettext("goes on at “%(step)s”") % {"step": waiting.step}
            words = _to_call_in_words(summary.callable_count)
            return format_html('{} <a class="quiet" href="{}">{}</a>', words, waiting.url, goes_on)
        if campaign.state == Campaign.State.SCHEDULED:
            return _to_call_in_words(summary.callable_count)
        return columns.progress_bar(summary.done, summary.callable_count)

    @admin.display(description=pgettext_lazy("share of the calls", "answered"))
    def answered(self, campaign: Campaign) -> str:
        summary = campaign.summary  # set by CampaignList
        return columns.share(summary.answered, summary.calls)

    @admin.display(description=_("launched"), ordering="launched_at")
    def launched(self, campaign: Campaign) -> SafeString | str:
        has_begun = campaign.state not in (Campaign.State.DRAFT, Campaign.State.SCHEDULED)
        return columns.when(campaign.launched_at if has_begun else None)


def _to_call_in_words(count: int) -> str:
    return ngettext("%(count)s to call", "%(count)s to call", count) % {"count": columns.count(count)}


def _is_paused(campaign: Campaign | None) -> bool:
    return campaign is not None and campaign.state == Campaign.State.PAUSED
