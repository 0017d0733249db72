"""Accounts: who we are at a carrier, where it calls us back, and whether the connection works."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import BooleanField, OuterRef, QuerySet, Subquery, Value
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer import figures, tasks
from dialer.admin import columns, countries
from dialer.admin.account_files import AccountFiles
from dialer.admin.account_form import AccountForm, absent
from dialer.admin.base import ConsoleAdmin
from dialer.admin.callback_address import callback_addresses
from dialer.admin.doors import FORM, ORDER, back_to, door, routes, show
from dialer.admin.navigation import ATTENTION_CAP, Attention, Place, Section, capped_count
from dialer.carriers.contract import BILLS, EXTENSIONS, CarrierError
from dialer.flow import connect, ledger, money
from dialer.flow.connect import capabilities_of
from dialer.flow.visibility import visible_to
from dialer.models import Account, Callback
from dialer.models.account import new_callback_secret
from dialer.terms import CarrierName

# Whoever changes one of these is somebody else to the carrier, so token, test and balance of before are worth nothing.
IDENTITY = {"app_id", "access_key", "secret", "batch_url", "token_url", "paths", "country", "country_code"}
OF_NOBODY = {
    "token": "",
    "token_obtained_at": None,
    "tested_at": None,
    "test_complaint": "",
    "balance": None,
    "balance_gift": None,
    "balance_credit": None,
    "balance_asked_at": None,
    "next_balance_at": None,
    "balance_complaint": "",
}

NEWS = {
    BILLS: (
        _("Bills"),
        _("What became of each call. Enter it where the carrier asks for a callback or status report of calls."),
    ),
    EXTENSIONS: (
        _("Extensions"),
        _("What the extensions do: ring, answer, hang up. Enter it where the carrier asks for call states."),
    ),
}


@admin.register(Account)
class AccountAdmin(AccountFiles, ConsoleAdmin):
    navigation = Place(Section.SET_UP, 10, "accounts")
    empty_help = _(
        "An account holds what the carrier gave you: an app id, a key and its addresses. None at hand? The command "
        "“make demo” plays everything with a sandbox that calls nobody."
    )
    form = AccountForm
    actions = None

    list_display = ["name", "carrier_name", "country_name", "state", "balance_left", "last_callback", "pulled"]
    search_fields = ["name"]
    readonly_fields = ["carrier_name", "state", "balance_told", "addresses", "last_callback", "pulled", "next_pull"]
    keys = ["app_id", "access_key", "secret", "sms_app_id"]
    fieldsets = [
        (
            _("Who we are at the carrier"),
            {"fields": ["state", "carrier_name", "name", "is_enabled", *keys, "country", "country_code"]},
        ),
        (_("The carrier’s addresses"), {"fields": ["batch_url", "token_url", "paths", "time_zone"]}),
        (_("Balance"), {"fields": ["balance_told", "balance_warning"]}),
        (_("Numbers"), {"fields": ["number_form", "dial_prefix", "caller_id"]}),
        (_("Callbacks"), {"fields": ["addresses", "allowed_sources", "callback_answer", "last_callback"]}),
        (_("Pace"), {"fields": ["batch_size", "open_batch_limit", "numbers_per_minute", "at_carrier_limit"]}),
        (_("Bills"), {"fields": ["pulled", "next_pull"]}),
    ]
    made_later = set(readonly_fields)

    def get_urls(self) -> list[Any]:
        views = {
            "check": self.check_view,
            "bills": self.bills_view,
            "balance": self.balance_view,
            "clear_token": self.clear_token_view,
            "new_address": self.new_address_view,
            "files": self.files_view,
            "remove_file": self.remove_file_view,
        }
        return [*routes(self, **views), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        last = Callback.objects.filter(account=OuterRef("pk")).order_by("-pk").values("last_received_at")[:1]
        may_change = Value(self.has_change_permission(request), BooleanField())
        return super().get_queryset(request).annotate(last_callback_at=Subquery(last), may_change=may_change)

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        """What only a saved account has is left out of a new one, and what is secret for those who only look."""
        account = obj or Account(carrier=_chosen(request))
        hidden = absent(account) | (self.made_later if obj is None else set())
        if "balance" in hidden:
            hidden = hidden | {"balance_told"}
        if obj is not None and not self.has_change_permission(request, obj):
            hidden = hidden | {"addresses", "app_id", "access_key", "secret"}
        shown = [(title, [name for name in part["fields"] if name not in hidden]) for title, part in self.fieldsets]
        return [(title, {"fields": fields}) for title, fields in shown if fields]

    def get_form(self, request: HttpRequest, obj: Account | None = None, change: bool = False, **kwargs: Any) -> Any:
        of_carrier = obj.carrier if obj else _chosen(request)
        form = type("AccountForm", (AccountForm,), {"of_carrier": of_carrier})
        return super().get_form(request, obj, change, **{"form": form, **kwargs})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        account = kwargs.get("obj")
        context["show_save_and_add_another"] = False
        if account is None:
            chosen = _chosen(request)
            context["carriers"] = [(name, name.label, name == chosen) for name in CarrierName]
        else:
            context["features"] = {str(feature) for feature in capabilities_of(account).features}
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
            for name, value in OF_NOBODY.items():
                setattr(obj, name, value)
            changed |= set(OF_NOBODY)
            messages.info(request, gettext("You are somebody else to the carrier now. Test the connection."))
        if changed:
            obj.save(update_fields=changed)

    def attention(self, request: HttpRequest) -> list[Attention]:
        in_use = visible_to(request.user, Account.objects.filter(is_enabled=True))
        stopped = capped_count(in_use.exclude(stopped_because=""))
        unpulled = capped_count(in_use.exclude(pull_complaint=""))
        short = list(visible_to(request.user, money.short()).values_list("pk", flat=True)[:ATTENTION_CAP])
        return [
            Attention(
                count=stopped,
                text=ngettext("An account was stopped", "Accounts were stopped", stopped),
                remedy=gettext("The carrier does not accept it. Mend it and test the connection."),
                query="is_enabled__exact=1&stopped_because__gt=",
                is_alarm=True,
            ),
            Attention(
                count=unpulled,
                text=gettext("The carrier’s bills can’t be read"),
                remedy=gettext("Results arrive by callback only. Look at the account and test the connection."),
                query="is_enabled__exact=1&pull_complaint__gt=",
            ),
            Attention(
                count=len(short),
                text=ngettext("An account runs out of money", "Accounts run out of money", len(short)),
                remedy=gettext("Its balance is below the level of its warning. Top it up at the carrier."),
                query=f"id__in={','.join(map(str, short))}",
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
        self.log_change(request, account, lambda: gettext("Tested the connection: it works."))
        messages.success(request, answer)
        return back_to(account)

    @door("change_account", methods=ORDER)
    def bills_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        ledger.ask_now(account)
        tasks.ring("bills")
        messages.success(request, gettext("The carrier is asked for its bills now. Results follow in a moment."))
        return back_to(account)

    @door("change_account", methods=ORDER)
    def balance_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        try:
            left = figures.amount(money.ask(account).total)
        except CarrierError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("The carrier says that %(left)s is left.") % {"left": left})
        return back_to(account)

    @door("change_account", methods=FORM)
    def clear_token_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        if request.method == "POST":
            try:
                connect.clear_token(account)
            except CarrierError as error:
                messages.error(request, str(error))
                return back_to(account)
            self.log_change(request, account, lambda: gettext("Cleared the token."))
            messages.success(request, gettext("The token is cleared. Test the connection: that gets a new one."))
            return back_to(account)
        return show(
            self,
            request,
            "admin/dialer/confirmation.html",
            account,
            title=gettext("Clear token"),
            sentences=[
                gettext(
                    "The console logs out of the carrier, and the token that all its processes share is forgotten."
                ),
                gettext(
                    "Do this after an extension was added or changed there and the carrier does not know it yet "
                    "(its code 1010): clear the token, then test the connection."
                ),
                gettext("Running campaigns are not disturbed. They log in again by themselves."),
            ],
            button=gettext("Clear token"),
        )

    @door("change_account", methods=FORM)
    def new_address_view(self, request: HttpRequest, account: Account) -> HttpResponseBase:
        if request.method == "POST":
            Account.objects.filter(pk=account.pk).update(callback_secret=new_callback_secret())
            self.log_change(request, account, lambda: gettext("Made a new secret address."))
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
        tested = format_html(gettext("tested {when}"), when=columns.when(account.tested_at))
        return _state(gettext("ready"), "ready", tested)

    @admin.display(description=_("callback addresses"))
    def addresses(self, account: Account) -> SafeString:
        """One for each thing that the carrier tells us by itself."""
        return format_html_join(
            "",
            '<div class="address"><strong>{}</strong><span class="quiet">{}</span>{}</div>',
            (
                (*NEWS.get(kind, (kind.capitalize(), "")), columns.copyable(url))
                for kind, url in callback_addresses(account)
            ),
        )

    @admin.display(description=_("balance"), ordering="balance")
    def balance_left(self, account: Account) -> SafeString | str:
        left = account.balance_total
        if left is None or not money.tells(account):
            return columns.NOTHING
        level = account.balance_warning
        if left <= 0 or (level is not None and left < level):
            return columns.state_badge(figures.balance(left), "warning")
        return figures.balance(left)

    @admin.display(description=pgettext_lazy("money", "left"))
    def balance_told(self, account: Account) -> SafeString:
        """The carrier's own figures, when it told them, and a button that asks again."""
        left = account.balance_total
        told = {
            "account": account,
            "left": figures.balance(left) if left is not None else "",
            "parts": _parts(account),
            "complaint": account.balance_complaint or (money.warning(account) if left is not None else ""),
            "may_ask": getattr(account, "may_change", False),
        }
        return render_to_string("admin/dialer/account/balance.html", told)

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


def _chosen(request: HttpRequest) -> CarrierName:
    """The carrier of an account that is to be added."""
    asked = request.GET.get("carrier") or request.POST.get("carrier")
    return CarrierName(asked) if asked in CarrierName.values else next(iter(CarrierName))


def _parts(account: Account) -> list[tuple[str, str]]:
    """What the balance is made of, for those that are not nothing."""
    parts = {
        gettext("own money"): account.balance,
        gettext("gift"): account.balance_gift,
        gettext("credit"): account.balance_credit,
    }
    return [(name, figures.balance(amount)) for name, amount in parts.items() if amount]


def _state(word: str, kind: str, why: str) -> SafeString:
    """A state, and beside it what is known of it."""
    return format_html('{} <span class="quiet">{}</span>', columns.state_badge(word, kind), why)
