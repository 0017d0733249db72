"""Campaigns: the list, the form of a draft, and the page of one that was launched."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, countries
from dialer.admin.base import ConsoleAdmin, ConsoleForm
from dialer.admin.campaign_numbers import NumbersDoors, numbers_context
from dialer.admin.campaign_status import StatusDoors
from dialer.admin.doors import back_to, routes
from dialer.admin.launch import LaunchDoors
from dialer.admin.navigation import Attention, Place, Section, capped_count
from dialer.flow.connect import capabilities_of
from dialer.flow.summaries import summaries
from dialer.models import Account, Campaign, VoiceFile
from dialer.terms import VoiceDelivery


class CampaignForm(ConsoleForm):
    """A draft. What the account's carrier can't do is said here, before anything is launched."""

    account = forms.ModelChoiceField(Account.objects.filter(is_enabled=True))
    voice_file = forms.ModelChoiceField(VoiceFile.objects.all())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        account = cleaned.get("account")
        if account is not None:
            self._check_against_carrier(cleaned, account)
            self._check_country(account)
        return cleaned

    def _check_against_carrier(self, cleaned: dict[str, Any], account: Account) -> None:
        can = capabilities_of(account)
        if (cleaned.get("batch_size") or 0) > can.batch_ceiling:
            most = columns.count(can.batch_ceiling)
            self.add_error("batch_size", gettext("This carrier takes at most %s numbers at a time.") % most)
        if VoiceDelivery(cleaned.get("voice_delivery", VoiceDelivery.CARRIER_FILE)) not in can.voice_deliveries:
            self.add_error("voice_delivery", gettext("This carrier does not take the voice file in that way."))

    def _check_country(self, account: Account) -> None:
        """Numbers that were read with one country's plan are not called with an account of another."""
        if not self.instance.pk or "account" not in self.changed_data:
            return
        before = Account.objects.get(campaigns=self.instance.pk)
        if account.country != before.country and self.instance.contact_lists.exists():
            self.add_error(
                "account",
                gettext("Its numbers were read as numbers of %s. Remove its lists first, or choose another account.")
                % countries.name(before.country),
            )


class CampaignList(ChangeList):
    """Knows how far the campaigns of its page are."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        found = summaries(self.result_list)
        for campaign in self.result_list:
            campaign.summary = found[campaign.pk]


@admin.register(Campaign)
class CampaignAdmin(LaunchDoors, NumbersDoors, StatusDoors, ConsoleAdmin):
    navigation = Place(Section.OPERATE, 10, "campaigns")
    empty_help = _("A campaign plays one voice file to a list of people, with one account.")
    form = CampaignForm
    actions = None
    list_per_page = 25

    list_display = ["name", "account", "status", "progress", "answered", "launched"]
    list_filter = ["state", "account"]
    list_select_related = ["account"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "account", "voice_file", "voice_delivery"]}),
        (
            _("The call"),
            {"fields": ["wants_keypress", "caller_id", "ring_seconds", "max_call_seconds", "drops_undialled_today"]},
        ),
        (_("Pace and remark"), {"fields": ["batch_size", "remark"]}),
    ]

    def get_urls(self) -> list[Any]:
        views = {
            "numbers": self.numbers_view,
            "numbers_live": self.numbers_live_view,
            "launch": self.launch_view,
            "pause": self.pause_view,
            "resume": self.resume_view,
            "cancel": self.cancel_view,
            "live": self.live_view,
        }
        return [*routes(self, **views), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CampaignList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """A form that is being saved holds its row, so that no launch comes in between."""
        rows = super().get_queryset(request)
        page = request.resolver_match.url_name if request.resolver_match else None
        is_saved = request.method == "POST" and page == "dialer_campaign_change"
        return rows.select_for_update(of=("self",)) if is_saved else rows

    def get_form(self, request: HttpRequest, obj: Campaign | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        for name in ("account", "voice_file"):
            if name in form.base_fields:
                widget = form.base_fields[name].widget
                widget.can_add_related = widget.can_change_related = widget.can_view_related = False
        return form

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Only drafts can be edited."""
        return super().has_change_permission(request, obj) and (obj is None or obj.state == Campaign.State.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return False  # a draft is cancelled; what was launched is evidence

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The form of a draft; the status of whatever was launched."""
        campaign = super().get_queryset(request).filter(pk=object_id).first() if object_id.isdigit() else None
        if campaign is None or campaign.state == Campaign.State.DRAFT:
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST":
            messages.error(request, gettext("It was launched or cancelled meanwhile. Nothing was saved."))
            return back_to(campaign)
        return self.status_view(request, campaign.pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["show_save_and_add_another"] = False
        campaign = kwargs.get("obj")
        if campaign is not None:
            context |= numbers_context(campaign)
            context["can_launch"] = request.user.has_perm("dialer.launch_campaign")
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """Of a draft that exists, only what was changed is written."""
        if change:
            obj.save(update_fields=form.changed_data)
            return
        obj.created_by = request.user  # type: ignore[assignment]  # nobody gets here without logging in
        obj.save()

    def response_add(self, request: HttpRequest, obj: Campaign, post_url_continue: str | None = None) -> Any:
        """The next step is the numbers."""
        messages.success(request, gettext("“%s” is a draft now. Add the numbers.") % obj)
        return back_to(obj, "numbers")

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponseRedirect:
        messages.success(request, gettext("Saved."))
        return back_to(obj)

    def attention(self, request: HttpRequest) -> list[Attention]:
        paused = capped_count(Campaign.objects.filter(state=Campaign.State.PAUSED).exclude(paused_because=""))
        return [
            Attention(
                count=paused,
                text=gettext("Paused campaigns"),
                remedy=gettext("Look why each was paused, then resume or cancel it."),
                query="state__exact=paused",
            )
        ]

    @admin.display(description=_("state"), ordering="state")
    def status(self, campaign: Campaign) -> SafeString:
        return columns.state_badge(campaign.get_state_display(), campaign.state)

    @admin.display(description=_("done"))
    def progress(self, campaign: Campaign) -> SafeString | str:
        summary = campaign.summary  # set by CampaignList
        if campaign.state == Campaign.State.DRAFT:
            return gettext("%s to call") % columns.count(summary.callable_count)
        return columns.progress_bar(summary.done, summary.callable_count)

    @admin.display(description=_("answered"))
    def answered(self, campaign: Campaign) -> str:
        summary = campaign.summary  # set by CampaignList
        return columns.share(summary.answered, summary.calls)

    @admin.display(description=_("launched"), ordering="launched_at")
    def launched(self, campaign: Campaign) -> SafeString | str:
        return columns.when(campaign.launched_at)
