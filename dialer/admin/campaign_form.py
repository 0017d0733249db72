"""The form of a campaign: a draft in full; of a paused one its hours, pace and rules for calling again."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, countries
from dialer.admin.base import ConsoleForm
from dialer.admin.campaign_parts import ClockInput
from dialer.flow.connect import capabilities_of
from dialer.models import Account, CallWindow, Campaign, VoiceFile
from dialer.terms import VoiceDelivery

HOURS = (
    _("Own hours"),
    {
        "fields": ["same_days", ("same_opens", "same_closes")],
        "description": _(
            "The same hours on several days at once. What stands below for these days is replaced. They narrow the "
            "law’s hours and never widen them by themselves."
        ),
    },
)
PACE = (
    _("Pace"),
    {
        "fields": [
            ("batch_size", "numbers_per_minute"),
            ("at_carrier_limit", "canary_size"),
        ],
    },
)
LIMITS = (
    _("Pauses by itself"),
    {
        "fields": [
            ("silence_limit_minutes", "failure_limit_percent"),
            ("line_failure_limit_percent", "opt_out_limit_percent"),
        ],
    },
)
OF_A_DRAFT = [
    (None, {"fields": ["name", "purpose", "account", "voice_file", "voice_delivery"]}),
    (
        _("The call"),
        {
            "fields": [
                ("wants_keypress", "opt_out_key"),
                "caller_id",
                ("ring_seconds", "max_call_seconds"),
                "drops_undialled_today",
                "remark",
            ]
        },
    ),
    PACE,
    LIMITS,
    (_("If it is started at a set time"), {"fields": ["late_grace_minutes"]}),
    HOURS,
]
OF_A_PAUSED_ONE = [PACE, LIMITS, HOURS]

# Fields which, left empty, are as the account says.
FROM_ACCOUNT = ("caller_id", "batch_size", "numbers_per_minute", "at_carrier_limit")


class PaceForm(ConsoleForm):
    """Hours and pace; the only part that is changed after the launch, while the campaign is paused."""

    same_days = forms.TypedMultipleChoiceField(
        label=_("On these days"),
        choices=CallWindow.Weekday.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    same_opens = forms.TimeField(label=_("Opens"), required=False, widget=ClockInput)
    same_closes = forms.TimeField(label=_("Closes"), required=False, widget=ClockInput)

    class Meta:
        labels = {"opt_out_key": _("Opt-out key")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account = self.instance.account if self.instance.account_id else None
        for name in FROM_ACCOUNT:
            if account is not None and name in self.fields:
                value = getattr(account, name)
                self.fields[name].widget.attrs["placeholder"] = value if value else gettext("none")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        account = self.chosen_account(cleaned)
        if account is not None:
            self._check_batch_size(cleaned, account)
        self._check_hours(cleaned)
        return cleaned

    def chosen_account(self, cleaned: dict[str, Any]) -> Account | None:
        return self.instance.account

    @property
    def changed_fields(self) -> list[str]:
        """What was changed of the row itself."""
        own = {field.name for field in Campaign._meta.concrete_fields}
        return [name for name in self.changed_data if name in own]

    def set_same_hours(self, campaign: Campaign) -> None:
        """The days that were ticked have just these hours."""
        days = self.cleaned_data.get("same_days")
        if not days:
            return
        campaign.call_windows.filter(weekday__in=days).delete()
        opens, closes = self.cleaned_data["same_opens"], self.cleaned_data["same_closes"]
        CallWindow.objects.bulk_create(
            [CallWindow(campaign=campaign, weekday=day, opens=opens, closes=closes) for day in days]
        )

    def _check_hours(self, cleaned: dict[str, Any]) -> None:
        given = {name: cleaned.get(name) for name in ("same_days", "same_opens", "same_closes")}
        missing = [name for name, value in given.items() if value in (None, [])]
        if len(missing) == len(given):
            return
        for name in missing:
            if name not in self.errors:
                self.add_error(name, gettext("Days, opening and closing belong together."))

    def _check_batch_size(self, cleaned: dict[str, Any], account: Account) -> None:
        ceiling = max(capabilities_of(account).ceilings.values())
        if (cleaned.get("batch_size") or 0) > ceiling:
            most = columns.count(ceiling)
            self.add_error("batch_size", gettext("This carrier takes at most %s numbers at a time.") % most)


class CampaignForm(PaceForm):
    """A draft. What the account's carrier can't do is said here, before anything is launched."""

    account = forms.ModelChoiceField(Account.objects.filter(is_enabled=True))
    voice_file = forms.ModelChoiceField(VoiceFile.objects.all())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        account = self.chosen_account(cleaned)
        if account is not None:
            self._check_voice_delivery(cleaned, account)
            self._check_country(account)
        if cleaned.get("opt_out_key") and not cleaned.get("wants_keypress"):
            self.add_error("opt_out_key", gettext("Collect key presses too, or nobody’s wish is heard."))
        return cleaned

    def chosen_account(self, cleaned: dict[str, Any]) -> Account | None:
        return cleaned.get("account")

    def _check_voice_delivery(self, cleaned: dict[str, Any], account: Account) -> None:
        delivery = VoiceDelivery(cleaned.get("voice_delivery", VoiceDelivery.CARRIER_FILE))
        if delivery not in capabilities_of(account).voice_deliveries:
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
