"""What a campaign consists of besides itself: its own hours on each weekday, and the rules for calling again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, TimeField
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dialer.admin.rows import NamedRow, NamedRows
from dialer.models import CallWindow, Campaign, RetryRule
from dialer.terms import Disposition

EDITABLE = (Campaign.State.DRAFT, Campaign.State.PAUSED)
AGAIN = [("", "—"), *(choice for choice in Disposition.choices if choice[0] != Disposition.ANSWERED)]


class ClockInput(forms.TimeInput):
    """A time of day, hours and minutes, as the browser asks for it."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class _Part(admin.TabularInline):
    """Edited by whoever may edit the campaign, as long as nothing of it is on its way."""

    form = NamedRow
    formset = NamedRows
    template = "admin/dialer/campaign/part.html"
    extra = 1
    explanation: str | Promise = ""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("dialer.view_campaign")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_edit(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_edit(request, obj)

    def _may_edit(self, request: HttpRequest, campaign: Campaign | None) -> bool:
        if campaign is None:
            return request.user.has_perm("dialer.add_campaign")
        return request.user.has_perm("dialer.change_campaign") and campaign.state in EDITABLE


class CallWindowInline(_Part):
    model = CallWindow
    verbose_name = _("window")
    verbose_name_plural = _("Own hours, day by day")
    explanation = _(
        "On the clock of the people called. No row at all: the law’s hours. A closing time before the opening means "
        "the next day."
    )
    formfield_overrides = {TimeField: {"widget": ClockInput}}


class RetryRuleForm(NamedRow):
    disposition = forms.ChoiceField(choices=AGAIN, label=_("the call ended"))

    class Meta:
        model = RetryRule
        fields = ["disposition", "more_rounds", "pause_minutes"]
        labels = {"more_rounds": _("call again (times)"), "pause_minutes": _("each after (minutes)")}


class RetryRuleInline(_Part):
    model = RetryRule
    form = RetryRuleForm
    verbose_name = _("rule")
    verbose_name_plural = _("Calling again")
    explanation = _(
        "Without a rule nobody is called twice. Whoever answered is never called again. The hours, the limits for "
        "one number and the do-not-call lists hold for each round."
    )
