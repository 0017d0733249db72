"""The form of an account: only what its carrier has, under the names that the carrier gives it."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns, countries
from dialer.admin.base import ConsoleForm, SecretField
from dialer.carriers.contract import AccountField, Capabilities
from dialer.flow.connect import capabilities_of
from dialer.models import Account, Batch, ContactList
from dialer.terms import CarrierName, Feature, NumberForm

# What a carrier has only if its capabilities name it.
BY_NAME = {"app_id", "access_key", "secret", "batch_url", "token_url", "sms_app_id"}
ADDRESSES = ("batch_url", "token_url")
PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def absent(account: Account) -> set[str]:
    """Fields that make no sense at the account's carrier."""
    can = capabilities_of(account)
    makes_sense = {
        "country_code": any(can.countries.values()),
        "paths": can.paths,
        "balance": Feature.BALANCE in can.features,
        "balance_warning": Feature.BALANCE in can.features,
        "caller_id": Feature.CALLER_ID in can.features,
        # Whoever takes whole numbers has no use for digits before them.
        "dial_prefix": can.number_form == NumberForm.NATIONAL or account.dial_prefix,
    }
    unnamed = BY_NAME - {known.name for known in can.account_fields}
    return unnamed | {name for name, is_there in makes_sense.items() if not is_there}


class AccountForm(ConsoleForm):
    """Of one carrier, which is chosen before and never changes; a page derives from it with `of_carrier`."""

    of_carrier: str = CarrierName.YUNHU

    country = forms.ChoiceField(label=_("Country"), help_text=_("The country of the people who are called."))

    class Meta:
        widgets = {
            "batch_url": forms.URLInput(attrs={"class": "vTextField"}),
            "token_url": forms.URLInput(attrs={"class": "vTextField"}),
            "allowed_sources": forms.Textarea(attrs={"rows": 3}),
            "paths": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.carrier = self.of_carrier
        can = capabilities_of(self.instance)
        for known in can.account_fields:
            if known.name in self.fields:
                _speak(self.fields[known.name], known)
        if "country" in self.fields:
            self.fields["country"].choices = [("", "—"), *_countries(can, self.instance.country)]
        if "number_form" in self.fields:
            self.fields["number_form"].initial = can.number_form
        if "batch_size" in self.fields and self.instance._state.adding:
            self.initial["batch_size"] = min(self.instance.batch_size, max(can.ceilings.values()))
        if "paths" in self.fields:
            self.fields["paths"].help_text = _path_help(self.fields["paths"].help_text, can)

    def clean_paths(self) -> str:
        """One `name = /path` a line, each name once and one that the carrier's services have here."""
        text = self.cleaned_data["paths"]
        known = capabilities_of(self.instance).paths
        lines = [line for line in text.splitlines() if line.strip()]
        pairs = [[part.strip() for part in line.partition("=")] for line in lines]
        wrong = [line for line, (name, _, path) in zip(lines, pairs, strict=True) if not _is_pair(name, path, known)]
        if wrong:
            raise ValidationError(
                _("“%(line)s” is not understood. Write name = /path, one a line. Names and usual paths: %(known)s.")
                % {"line": wrong[0].strip(), "known": ", ".join(f"{name} = {path}" for name, path in known.items())}
            )
        names = [name for name, _, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValidationError(_("“%(name)s” stands there more than once.") % {"name": twice})
        return "\n".join(f"{name} = {path}" for name, _, path in pairs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ADDRESSES:
            if cleaned.get(name) and not _is_web_address(cleaned[name]):
                self.add_error(name, _("An address of a carrier begins with http:// or https://."))
        ceiling = max(capabilities_of(self.instance).ceilings.values())
        if (cleaned.get("batch_size") or 0) > ceiling:
            self.add_error("batch_size", too_large(ceiling))
        if self.instance.pk and "country" in cleaned and cleaned["country"] != self.initial["country"]:
            self._check_country_is_free()
        if self.instance.pk and "app_id" in self.changed_data:
            self._check_nothing_is_unclear()
        return cleaned

    def _check_nothing_is_unclear(self) -> None:
        """Where a batch may be sent once more: another application would not know that it was taken."""
        if Feature.REFUSES_REPEATS not in capabilities_of(self.instance).features:
            return
        count = self.instance.batches.filter(state__in=[Batch.State.SENDING, *Batch.UNCLEAR]).count()
        if count:
            sentence = ngettext(
                "Whether %(count)s batch was taken is not clear yet, and only this application can tell. Wait, or "
                "decide it.",
                "Whether %(count)s batches were taken is not clear yet, and only this application can tell. Wait, or "
                "decide them.",
                count,
            )
            self.add_error("app_id", sentence % {"count": columns.count(count)})

    def _check_country_is_free(self) -> None:
        if ContactList.objects.filter(campaign__account=self.instance).exists():
            self.add_error(
                "country",
                ValidationError(
                    _("Lists were read with the numbering plan of %(country)s. Make a new account instead.")
                    % {"country": countries.name(self.initial["country"])}
                ),
            )


def too_large(ceiling: int) -> str:
    """What is wrong with a batch of more people than the carrier takes."""
    return ngettext(
        "This carrier takes at most %(count)s number at a time.",
        "This carrier takes at most %(count)s numbers at a time.",
        ceiling,
    ) % {"count": columns.count(ceiling)}


def _speak(field: forms.Field, known: AccountField) -> None:
    """The field as the carrier calls it."""
    field.label = capfirst(gettext(known.label))
    field.help_text = gettext(known.help)
    field.required = known.is_required
    if known.default and not isinstance(field, SecretField):
        field.initial = known.default


def _countries(can: Capabilities, kept: str) -> list[tuple[str, str]]:
    return countries.choices({*can.countries, kept} - {""})


def _path_help(sentence: str | Promise, can: Capabilities) -> SafeString:
    usual = format_html_join("", "<div><code>{} = {}</code></div>", can.paths.items())
    return format_html_join(
        "", '{}<details class="usual-paths"><summary>{}</summary>{}</details>', [(sentence, _("The usual ones"), usual)]
    )


def _is_pair(name: str, path: str, known: Any) -> bool:
    return name in known and PATH.fullmatch(path) is not None


def _is_web_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https")
    except ValueError:  # such as an open bracket
        return False
