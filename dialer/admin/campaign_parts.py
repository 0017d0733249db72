"""What a campaign consists of besides itself: own hours, rules for calling again, further accounts, periods."""

from itertools import pairwise
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, TimeField
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import countries
from dialer.admin.base import offer_visible
from dialer.admin.rows import NamedRow, NamedRows, rows_as_seen_by
from dialer.flow.ordering import Unsaved, problems
from dialer.models import Account, CallWindow, Campaign, CarrierPeriod, RetryRule, Route
from dialer.terms import Disposition, VoiceDelivery

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

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return rows_as_seen_by(request.user, super().get_formset(request, obj, **kwargs))

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


class CarrierPeriodForm(NamedRow):
    class Meta:
        model = CarrierPeriod
        fields = ["opens", "closes"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opens, closes = cleaned.get("opens"), cleaned.get("closes")
        if opens and closes and closes <= opens:
            self.add_error("closes", gettext("A period ends after it begins, on the same day."))
        return cleaned


class CarrierPeriodRows(NamedRows):
    def clean(self) -> None:
        """Periods that overlap are told at the later one.

        Raises ValidationError with what the account's carrier can't do of the periods.
        """
        super().clean()
        campaign: Campaign = self.instance
        rows = _kept(self)
        if not any(form.errors for form in rows):
            _refuse_overlaps(rows)
        if not rows or not campaign.account_id or any(form.errors for form in rows):
            return
        periods = tuple((form.cleaned_data["opens"], form.cleaned_data["closes"]) for form in rows)
        unsaved = Unsaved(delivery=VoiceDelivery(campaign.voice_delivery), periods=periods)
        found = problems(campaign, campaign.account, unsaved=unsaved)
        sentences = [sentence for name, sentence in found if name == "carrier_periods"]
        if sentences:
            raise ValidationError(sentences)


def _refuse_overlaps(rows: list[Any]) -> None:
    in_order = sorted(rows, key=lambda form: form.cleaned_data["opens"])
    for earlier, later in pairwise(in_order):
        if later.cleaned_data["opens"] < earlier.cleaned_data["closes"]:
            sentence = gettext("The period before it ends at %(closes)s. Begin later, or make one of the two.")
            later.add_error("opens", sentence % {"closes": f"{earlier.cleaned_data['closes']:%H:%M}"})


class CarrierPeriodInline(_Part):
    model = CarrierPeriod
    form = CarrierPeriodForm
    formset = CarrierPeriodRows
    max_num = 3
    verbose_name = _("period")
    verbose_name_plural = _("Periods of the day to which the carrier keeps by itself")
    explanation = _(
        "Three at most, on the clock of the people called. No row: the carrier calls whenever it has a batch. They "
        "never widen the hours above."
    )
    formfield_overrides = {TimeField: {"widget": ClockInput}}


class RouteForm(NamedRow):
    account = forms.ModelChoiceField(Account.objects.filter(is_enabled=True), label=_("further account"))

    class Meta:
        model = Route
        fields = ["account", "share", "voice_delivery"]
        labels = {"voice_delivery": _("the message reaches its carrier as")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """An account that is out of use by now stays in its row, which else could not be saved."""
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            usable = Q(is_enabled=True) | Q(pk=self.instance.account_id)
            self.fields["account"].queryset = Account.objects.filter(usable)
            offer_visible(self)


class RouteRows(NamedRows):
    def clean(self) -> None:
        """Each row's mistakes stand beside its field, also an account that is named twice.

        A row that stays as it is keeps nobody from changing the pace of a paused campaign.
        """
        seen: set[Account] = set()
        for form in _kept(self):
            account = form.cleaned_data.get("account")
            if account is None or form.errors:
                continue
            if account in seen:
                form.add_error("account", gettext("This account has a row already. Change its share there."))
            elif self.instance.account_id and (form.has_changed() or self.instance.state == Campaign.State.DRAFT):
                self._check(form, account)
            seen.add(account)

    def _check(self, form: Any, account: Account) -> None:
        campaign: Campaign = self.instance
        own = form.cleaned_data.get("voice_delivery")
        if account == campaign.account:
            if own:
                form.add_error("voice_delivery", gettext("Leave it empty: the campaign’s own account has its own way."))
            return
        if account.country != campaign.account.country:
            sentence = gettext("It calls people in %(theirs)s, the campaign’s account people in %(ours)s.")
            names = {"theirs": countries.name(account.country), "ours": countries.name(campaign.account.country)}
            form.add_error("account", sentence % names)
            return
        unsaved = Unsaved(delivery=VoiceDelivery(own or campaign.voice_delivery))
        for name, sentence in problems(campaign, account, unsaved=unsaved):
            form.add_error("voice_delivery" if name == "voice_delivery" else "account", sentence)


class RouteInline(_Part):
    model = Route
    form = RouteForm
    formset = RouteRows
    verbose_name = _("account")
    verbose_name_plural = _("Further accounts")
    explanation = _(
        "The people are shared out among these accounts and the campaign’s own, which has the share 1 unless it stands "
        "here too. With share 2 an account gets twice as many."
    )


def _kept(rows: Any) -> list[Any]:
    """Forms of the rows that are filled in and not to be removed."""
    gone = set(rows.deleted_forms)
    return [
        form
        for form in rows.forms
        if form not in gone and hasattr(form, "cleaned_data") and (form.has_changed() or form.instance.pk)
    ]
