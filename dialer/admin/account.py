"""Accounts: who we are at a carrier, where it calls us back, and whether the connection works."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer import tasks
from dialer.admin import columns, countries
from dialer.admin.base import ConsoleAdmin, ConsoleForm
from dialer.admin.callback_address import callback_addresses
from dialer.admin.doors import FORM, ORDER, back_to, door, routes, show
from dialer.admin.navigation import Attention, Place, Section, capped_count
from dialer.carriers.contract import CarrierError
from dialer.flow import connect, ledger
from dialer.flow.connect import capabilities_of
from dialer.models import Account, Callback, ContactList
from dialer.models.account import new_callback_secret
from dialer.terms import CarrierName

# Whoever changes one of these is somebody else to the carrier, so token and test of before are worth nothing.
IDENTITY = {"carrier", "app_id", "access_key", "batch_url", "token_url", "country", "country_code"}


def _countries() -> list[tuple[str, str]]:
    served = {country for name in CarrierName for country in capabilities_of(Account(carrier=name)).countries}
    return sorted(((country, countries.name(country)) for country in served), key=lambda choice: choice[1])


class AccountForm(ConsoleForm):
    carrier = forms.ChoiceField(choices=CarrierName.choices, initial=CarrierName.YUNHU)
    country = forms.ChoiceField(
        choices=lambda: [("", "—"), *_countries()], help_text=_("The country of the people who are called.")
    )

    class Meta:
        widgets = {
            "batch_url": forms.URLInput(attrs={"class": "vTextField"}),
            "token_url": forms.URLInput(attrs={"class": "vTextField"}),
            "allowed_sources": forms.Textarea(attrs={"rows": 3}),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "carrier" in cleaned:
            self._check_against_carrier(cleaned)
        if self.instance.pk and "country" in cleaned and cleaned["country"] != self.instance.country:
            self._check_country_is_free()
        return cleaned

    def _check_against_carrier(self, cleaned: dict[str, Any]) -> None:
        can = capabilities_of(Account(carrier=cleaned["carrier"]))
        if cleaned.get("country") and cleaned["country"] not in can.countries:
            self.add_error("country", _("This carrier does not call people in that country."))
        ceiling = max(can.ceilings.values())
        if (cleaned.get("batch_size") or 0) > ceiling:
            most = columns.count(ceiling)
            self.add_error("batch_size", gettext("This carrier takes at most %s numbers at a time.") % most)

    def _check_country_is_free(self) -> None:
        if ContactList.objects.filter(campaign__account=self.instance).exists():
            self.add_error(
                "country",
                ValidationError(
                    _("Lists were read with the numbering plan of %(country)s. Make a new account instead.")
                    % {"country": countries.name(Account.objects.get(pk=self.instance.pk).country)}
                ),
            )


@admin.register(Account)
class AccountAdmin(ConsoleAdmin):
    navigation = Place(Section.SET_UP, 10, "accounts")
    empty_help = _("An account holds what the carrier gave you: an app id, a key and its addresses.")
    form = AccountForm
    actions = None

    list_display = ["name", "carrier_name", "country_name", "state", "last_callback", "pulled"]
    search_fields = ["name"]
    readonly_fields = ["state", "addresses", "last_callback", "pulled", "next_pull"]
    who = ["name", "carrier", "is_enabled", "app_id", "access_key", "country", "country_code"]
    fieldsets = [
        (_("Who we are at the carrier"), {"fields": ["state", *who]}),
        (_("The carrier’s addresses"), {"fields": ["batch_url", "token_url", "time_zone"]}),
        (_("Numbers"), {"fields": ["number_form", "dial_prefix", "caller_id"]}),
        (_("Callbacks"), {"fields": ["addresses", "allowed_sources", "last_callback"]}),
        (_("Pace"), {"fields": ["batch_size", "open_batch_limit", "numbers_per_minute", "at_carrier_limit"]}),
        (_("Bills"), {"fields": ["pulled", "next_pull"]}),
    ]
    made_later = {"state", "addresses", "last_callback", "pulled", "next_pull"}

    def get_urls(self) -> list[Any]:
        views = {"check": self.check_view, "bills": self.bills_view, "new_address": self.new_address_view}
        return [*routes(self, **views), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        last = Callback.objects.filter(account=OuterRef("pk")).order_by("-pk").values("last_received_at")[:1]
        return super().get_queryset(request).annotate(last_callback_at=Subquery(last))

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """What only a saved account has is left out of a new one, and the secret addresses for those who only look."""
        hidden = self.made_later if obj is None else set()
        if not self.has_change_permission(request, obj):
            hidden = hidden | {"addresses"}
        shown = [(title, [name for name in part["fields"] if name not in hidden]) for title, part in self.fieldsets]
        return [(title, {"fields": fields}) for title, fields in shown if fields]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False  # what was called with it stays evidence; it can be taken out of use

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        """Only what was changed is written: meanwhile other processes note tokens and pulls in the same row."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        changed = set(form.changed_data)
        if changed & IDENTITY:
            obj.token, obj.token_obtained_at = "", None
            obj.tested_at, obj.test_complaint = None, ""
            changed |= {"token", "token_obtained_at", "tested_at", "test_complaint"}
            messages.info(request, gettext("You are somebody else to the carrier now. Test the connection."))
        if changed:
            obj.save(update_fields=changed)

    def attention(self, request: HttpRequest) -> list[Attention]:
        stopped = capped_count(Account.objects.filter(is_enabled=True).exclude(stopped_because=""))
        unpulled = capped_count(Account.objects.filter(is_enabled=True).exclude(pull_complaint=""))
        return [
            Attention(
                count=stopped,
                text=ngettext("An account was stopped", "%(count)d accounts were stopped", stopped)
                % {"count": stopped},
                remedy=gettext("The carrier does not accept it. Mend it and test the connection."),
                is_alarm=True,
            ),
            Attention(
                count=unpulled,
                text=gettext("The carrier’s bills can’t be read"),
                remedy=gettext("Results arrive by callback only. Look at the account and test the connection."),
            ),
        ]

    @door("change_account", methods=ORDER)
    def check_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        """Log in afresh, and say in words how it went; an account that works again is not stopped any more."""
        try:
            answer = connect.test(account)
        except CarrierError as error:
            messages.error(request, str(error))
            return back_to(account)
        self.log_change(request, account, gettext("Tested the connection: it works."))
        messages.success(request, answer)
        return back_to(account)

    @door("change_account", methods=ORDER)
    def bills_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        ledger.ask_now(account)
        tasks.ring("bills")
        messages.success(request, gettext("The carrier is asked for its bills now. Results follow in a moment."))
        return back_to(account)

    @door("change_account", methods=FORM)
    def new_address_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        if request.method == "POST":
            Account.objects.filter(pk=account.pk).update(callback_secret=new_callback_secret())
            self.log_change(request, account, gettext("Made a new secret address."))
            messages.success(request, gettext("The address is new. Enter it in the carrier’s console."))
            return back_to(account)
        return show(
            self,
            request,
            "admin/dialer/confirmation.html",
            account,
            title=gettext("New secret address"),
            sentences=[
                gettext("The callback addresses of this account get a new secret part."),
                gettext(
                    "The old ones stop at once: until you enter the new ones in the carrier’s console, "
                    "results come only when the carrier is asked for its bills."
                ),
            ],
            button=gettext("Make a new address"),
            is_dangerous=True,
        )

    @admin.display(description=_("carrier"), ordering="carrier")
    def carrier_name(self, account: Account) -> str:
        return str(CarrierName(account.carrier).label)

    @admin.display(description=_("country"), ordering="country")
    def country_name(self, account: Account) -> str:
        return countries.name(account.country)

    @admin.display(description=_("state"))
    def state(self, account: Account) -> SafeString:
        if not account.is_enabled:
            return columns.state_badge(gettext("not in use"), "cancelled")
        if account.stopped_because:
            return _state(gettext("stopped"), "refused", account.stopped_because)
        if account.tested_at is None:
            return columns.state_badge(gettext("not tested"), "waiting")
        if account.test_complaint:
            return _state(gettext("test failed"), "refused", account.test_complaint)
        tested = format_html(gettext("tested {}"), columns.when(account.tested_at))
        return _state(gettext("ready"), "ready", tested)

    @admin.display(description=_("callback addresses"))
    def addresses(self, account: Account) -> SafeString:
        """One for each thing that the carrier tells us by itself."""
        return format_html_join(
            "",
            '<div class="address"><span class="quiet">{}</span> {}</div>',
            ((kind.replace("_", " "), columns.copyable(url)) for kind, url in callback_addresses(account)),
        )

    @admin.display(description=_("last callback"))
    def last_callback(self, account: Account) -> SafeString | str:
        return columns.when(getattr(account, "last_callback_at", None))

    @admin.display(description=_("bills read"), ordering="pulled_at")
    def pulled(self, account: Account) -> SafeString | str:
        if account.pull_complaint:
            return _state(gettext("failed"), "refused", account.pull_complaint)
        return columns.when(account.pulled_at)

    @admin.display(description=_("asked again"))
    def next_pull(self, account: Account) -> SafeString | str:
        return columns.when(account.next_pull_at)


def _state(word: str, kind: str, why: str) -> SafeString:
    """A state, and beside it what is known of it."""
    return format_html('{} <span class="quiet">{}</span>', columns.state_badge(word, kind), why)
