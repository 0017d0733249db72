"""The form of a campaign: a draft in full; of a paused one its hours, pace and rules for calling again."""

from datetime import UTC, tzinfo
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock, countries
from dialer.admin.account_form import too_large
from dialer.admin.base import ConsoleForm
from dialer.admin.campaign_parts import ClockInput
from dialer.admin.campaign_wishes import (
    AFTERWARDS,
    CALL,
    CARRIERS_CLOCK,
    NEEDS,
    TRANSFER,
    VOICE,
    WHO_AND_WHY,
    abilities,
    language,
    languages,
    zone_of_account,
)
from dialer.flow.connect import capabilities_of
from dialer.flow.ordering import Unsaved, problems
from dialer.flow.texts import tidy, unknown
from dialer.models import Account, CallWindow, Campaign, VoiceFile
from dialer.terms import CampaignKind, VoiceDelivery

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
    WHO_AND_WHY,
    VOICE,
    CALL,
    TRANSFER,
    AFTERWARDS,
    CARRIERS_CLOCK,
    PACE,
    LIMITS,
    (_("If it is started at a set time"), {"fields": ["late_grace_minutes"]}),
    HOURS,
]
OF_A_PAUSED_ONE = [PACE, LIMITS, HOURS]

NEW = Campaign()  # with every default

# Fields which, left empty, are as the account says.
FROM_ACCOUNT = ("caller_id", "batch_size", "numbers_per_minute", "at_carrier_limit")

MINUTES = ("silence_limit_minutes", "late_grace_minutes")
MOST_MINUTES = 7 * 24 * 60  # as a pause between two rounds; with far more, no moment of the calendar is left


class MomentField(forms.DateTimeField):
    """A moment on the clock of `zone`, which the page names."""

    zone: tzinfo = UTC
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_validators = [clock.NOT_TOO_FAR]

    def to_python(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().prepare_value(value)


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
        for name in MINUTES:
            if name in self.fields:
                self.fields[name].validators.append(MaxValueValidator(MOST_MINUTES))
                self.fields[name].widget.attrs["max"] = MOST_MINUTES

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
        ceilings = capabilities_of(account).ceilings
        kind = cleaned.get("kind") or self.instance.kind
        ceiling = ceilings.get(kind) or max(ceilings.values())
        if (cleaned.get("batch_size") or 0) > ceiling:
            self.add_error("batch_size", too_large(ceiling))


class CampaignForm(PaceForm):
    """A draft. What the account's carrier can't do is said here, before anything is launched.

    Fields that depend on the carrier may be left out, as the browser does with what it hides: they keep the default.
    A page may show some fields only, as a step of the guided path does: what is wrong with the others it leaves to the
    page that has them, and to the sheet before the launch.
    """

    account = forms.ModelChoiceField(
        Account.objects.filter(is_enabled=True),
        label=_("Account"),
        help_text=_("Its carrier decides what the campaign can do."),
    )
    voice_file = forms.ModelChoiceField(VoiceFile.objects.all(), label=_("Voice file"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=CampaignKind.choices, required=False)
    speech_language = forms.ChoiceField(label=_("Language"), required=False)
    carrier_start_at = MomentField(label=_("The carrier begins at"), required=False)

    class Meta(PaceForm.Meta):
        widgets = {
            "speech_text": forms.Textarea(attrs={"rows": 4, "data-preview": "speech_text"}),
            "sms_text": forms.Textarea(attrs={"rows": 4, "data-preview": "sms_text"}),
        }
        labels = {**PaceForm.Meta.labels, "voice_delivery": _("How it reaches the carrier")}
        help_texts = {
            "speech_text": _("${text1} to ${text10} stand for the texts of the row."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = self._accounts()
        self._keep_fields_of_page()
        for name in NEEDS:
            if name in self.fields:
                self.fields[name].required = False
        self.abilities = abilities(accounts)
        if "speech_language" in self.fields:
            self.fields["speech_language"].choices = [("", "—"), *self._languages(accounts)]
        if "carrier_start_at" in self.fields:
            self._set_clock(accounts)

    def clean_speech_text(self) -> str:
        return tidy(self.cleaned_data["speech_text"])

    def clean_sms_text(self) -> str:
        return tidy(self.cleaned_data["sms_text"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "kind" in self.fields:
            cleaned["kind"] = cleaned.get("kind") or CampaignKind.MESSAGE.value
        account = self.chosen_account(cleaned)
        self._keep_defaults(cleaned, account)
        if account is not None:
            self._check_country(account)
        if account is not None and "speech_language" in self.fields:
            self._check_speech(cleaned, account)
        self._check_start(cleaned)
        if "voice_delivery" in self.fields:
            self._check_voice(cleaned)
        self._check_texts(cleaned)
        if cleaned.get("opt_out_key") and not cleaned.get("wants_keypress"):
            self.add_error("opt_out_key", gettext("Collect key presses too, or nobody’s wish is heard."))
        return cleaned

    def _post_clean(self) -> None:
        """What the row would be is known now: the carrier's limits are read, and the carrier is not asked."""
        super()._post_clean()
        account = self.chosen_account(self.cleaned_data)
        if account is None:
            return
        told = set(self.errors)
        unsaved = Unsaved(delivery=VoiceDelivery(self.instance.voice_delivery))
        for name, sentence in problems(self.instance, account, unsaved=unsaved):
            if name not in told and (name in self.fields or not self.is_a_part):
                self.add_error(name if name in self.fields else None, sentence)

    def chosen_account(self, cleaned: dict[str, Any]) -> Account | None:
        if "account" in self.fields:
            return cleaned.get("account")
        return self.instance.account if self.instance.account_id else None

    @property
    def is_a_part(self) -> bool:
        """Are there settings of a draft that this page does not show?"""
        return not {"account", "voice_delivery"}.issubset(self.fields)

    def _accounts(self) -> list[Account]:
        """Those that may be chosen here: all in use, or the one that was chosen on another page."""
        if self._meta.fields and "account" not in self._meta.fields and self.instance.account_id:
            return [self.instance.account]
        return list(self.fields["account"].queryset)

    def _keep_fields_of_page(self) -> None:
        """Fields that are declared here stand on a page only if it asks for them."""
        for name in [name for name in self.fields if self._meta.fields and name not in self._meta.fields]:
            del self.fields[name]

    def _languages(self, accounts: list[Account]) -> list[tuple[str, str]]:
        """Those of all accounts, and the stored one even if nobody speaks it any more."""
        offered = languages(accounts)
        own = self.instance.speech_language
        return offered if not own or own in dict(offered) else [*offered, (own, language(own))]

    def _set_clock(self, accounts: list[Account]) -> None:
        """The carrier's start is written and read on the clock of the account's country."""
        chosen = str(self["account"].value() or "")
        zone = next((zone_of_account(account) for account in accounts if str(account.pk) == chosen), None)
        field = self.fields["carrier_start_at"]
        field.zone = zone or UTC
        field.help_text = format_html(
            gettext("On the clock of the people called ({zone}). Empty: it begins at once."),
            zone=format_html("<span data-zone>{}</span>", zone.key if zone else gettext("choose an account first")),
        )

    def _keep_defaults(self, cleaned: dict[str, Any], account: Account | None) -> None:
        """What was not asked, or left empty where a number belongs, is as for a new campaign."""
        can = capabilities_of(account).features if account else frozenset(NEEDS.values())
        for name, feature in NEEDS.items():
            if name not in self.fields or name in self.errors:
                continue
            was_asked = self.add_prefix(name) in self.data
            if (feature not in can and not was_asked) or cleaned.get(name) is None:
                cleaned[name] = getattr(NEW, name)

    def _check_voice(self, cleaned: dict[str, Any]) -> None:
        is_spoken = cleaned.get("voice_delivery") == VoiceDelivery.SPOKEN_TEXT
        if not is_spoken and not cleaned.get("voice_file") and "voice_file" not in self.errors:
            self.add_error("voice_file", gettext("Choose the file that people hear."))
        if is_spoken and not cleaned.get("speech_text") and "speech_text" not in self.errors:
            self.add_error("speech_text", gettext("Write what the carrier is to say, or choose a voice file."))

    def _check_speech(self, cleaned: dict[str, Any], account: Account) -> None:
        """The voice's way is judged with the other limits; the language is a choice among the carrier's own."""
        can = capabilities_of(account)
        if cleaned.get("voice_delivery") != VoiceDelivery.SPOKEN_TEXT or "speech_language" in self.errors:
            return
        if VoiceDelivery.SPOKEN_TEXT in can.voice_deliveries and cleaned.get("speech_language") not in can.languages:
            self.add_error("speech_language", gettext("Choose a language that this carrier speaks."))

    def _check_start(self, cleaned: dict[str, Any]) -> None:
        """A moment that passes while a draft lies here is told before the launch, not at each change of the draft."""
        start_at = cleaned.get("carrier_start_at")
        if start_at and "carrier_start_at" in self.changed_data and start_at <= timezone.now():
            self.add_error("carrier_start_at", gettext("This moment has passed. Choose a later one, or none."))

    def _check_texts(self, cleaned: dict[str, Any]) -> None:
        for name in ("speech_text", "sms_text"):
            strange = unknown(cleaned.get(name) or "")
            if strange:
                sentence = gettext("%(placeholders)s stands for nothing. Use ${text1} to ${text10}.")
                self.add_error(name, sentence % {"placeholders": ", ".join(strange)})

    def _check_country(self, account: Account) -> None:
        """Numbers that were read with one country's plan are not called with an account of another."""
        if not self.instance.pk or "account" not in self.fields or "account" not in self.changed_data:
            return
        before = Account.objects.get(campaigns=self.instance.pk)
        if account.country != before.country and self.instance.contact_lists.exists():
            self.add_error(
                "account",
                gettext(
                    "Its numbers were read as numbers of %(country)s. Remove its lists first, or choose another "
                    "account."
                )
                % {"country": countries.name(before.country)},
            )
