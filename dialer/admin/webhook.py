"""Webhooks: who is told what, how that goes, and what was sent."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.validators import URLValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from dialer import tasks
from dialer.admin import columns, raw
from dialer.admin.api_token import secret_page
from dialer.admin.base import ConsoleAdmin, ConsoleForm, ReadOnlyAdmin
from dialer.admin.doors import FORM, ORDER, back_to, door, give, routes, show
from dialer.admin.filters import key_of
from dialer.admin.links import to_list, to_row
from dialer.admin.navigation import Attention, Place, Section, capped_count
from dialer.flow import webhooks
from dialer.flow.visibility import accounts_of, visible_to
from dialer.models import Team, Webhook, WebhookDelivery
from dialer.terms import WebhookKind


class WebhookForm(ConsoleForm):
    kinds = forms.MultipleChoiceField(
        label=_("Told of"), choices=WebhookKind.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Whoever is in a team has others told only of what that team sees."""
        super().__init__(*args, **kwargs)
        if "team" in self.fields and accounts_of(self.user) is not None:
            self.fields["team"].required = True

    def clean_url(self) -> str:
        """Refuse an address with a password: it is shown to everybody who sees webhooks."""
        url = str(self.cleaned_data["url"])
        try:
            host, _port = urlsplit(url).netloc, urlsplit(url).port
        except ValueError:
            raise forms.ValidationError(URLValidator.message) from None
        if "@" in host:
            raise forms.ValidationError(gettext("Leave user and password out of the address. Each event is signed."))
        return url


@admin.register(Webhook)
class WebhookAdmin(ConsoleAdmin):
    navigation = Place(Section.SET_UP, 62, "webhooks", _("Webhooks"))
    empty_help = _("A webhook tells another system what happens: a call is answered, a key pressed, a campaign ends.")
    form = WebhookForm
    actions = None
    list_display = ["name", "url", "told_of", "state", "failing"]
    sortable_by: list[str] = []
    readonly_fields = ["state", "last_complaint", "failing", "sent"]
    how_it_goes = (_("How it goes"), {"fields": ["state", "last_complaint", "failing", "sent"]})
    wishes = (None, {"fields": ["name", "url", "kinds", "team", "sends_full_numbers", "is_enabled"]})

    def get_urls(self) -> list[Any]:
        views = {"new_secret": self.new_secret_view, "start_again": self.start_again_view}
        return [*routes(self, **views), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        wishes = self.wishes[1]["fields"]
        hidden = set() if Team.objects.exists() else {"team"}
        names = [name for name in wishes if name not in hidden]
        names = [name for name in names if name != "sends_full_numbers" or obj or self.sees_full_numbers(request)]
        return [(None, {"fields": names}), *([self.how_it_goes] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        own = [] if self.sees_full_numbers(request) else ["sends_full_numbers"]
        return [*self.readonly_fields, *own]

    def has_change_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        """Who may not see full numbers could send them to an address of their own."""
        is_open = obj is None or not obj.sends_full_numbers or self.sees_full_numbers(request)
        return super().has_change_permission(request, obj) and is_open

    def has_delete_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        return False  # what was sent there stays known; it can be taken out of use

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Only what was changed is written: meanwhile the queue notes in the same row how it goes."""
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]  # nobody gets here without logging in
            obj.save()
            return
        changed = set(form.changed_data)
        if "is_enabled" in changed and obj.is_enabled:
            webhooks.start_again(obj)
        if changed:
            obj.save(update_fields=changed)

    def response_add(self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None) -> Any:
        return self._secret(request, obj, obj.secret)

    def response_change(self, request: HttpRequest, obj: Webhook) -> Any:
        messages.success(request, gettext("Saved."))
        return back_to(obj)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        hook = kwargs.get("obj")
        context["may_change"] = hook is not None and self.has_change_permission(request, hook)
        return super().render_change_form(request, context, *args, **kwargs)

    def attention(self, request: HttpRequest) -> list[Attention]:
        seen = visible_to(request.user, Webhook.objects.all())
        stopped = capped_count(seen.exclude(stopped_because=""))
        failing = capped_count(seen.filter(is_enabled=True, failing_since__isnull=False))
        return [
            Attention(
                count=stopped,
                text=gettext("Webhooks that stopped by themselves"),
                remedy=gettext("The other system hears nothing. Correct the address, then start it again."),
                query="stopped_because__gt=",
                is_alarm=True,
            ),
            Attention(
                count=failing,
                text=gettext("Webhooks at which nothing arrives"),
                remedy=gettext("Each event is tried for a day. Look what the other system answers."),
                query="is_enabled__exact=1&failing_since__isnull=0",
            ),
        ]

    @door("change_webhook", methods=FORM)
    def new_secret_view(self, request: HttpRequest, hook: Webhook) -> HttpResponseBase:
        if not self.has_change_permission(request, hook):
            return back_to(hook)
        if request.method == "POST":
            secret = webhooks.renew_secret(hook)
            self.log_change(request, hook, _("Signed with a new secret."))
            return self._secret(request, hook, secret)
        return show(
            self,
            request,
            "admin/dialer/confirmation.html",
            hook,
            title=gettext("New secret"),
            sentences=[
                gettext("From then on every event is signed with the new secret and no longer with the old one."),
                gettext("The other system takes no event for genuine until it has the new one."),
            ],
            button=gettext("Make a new secret"),
            is_dangerous=True,
        )

    @door("change_webhook", methods=ORDER)
    def start_again_view(self, request: HttpRequest, hook: Webhook) -> HttpResponseBase:
        if self.has_change_permission(request, hook):
            done = _("It is in use again, and what waits is sent at once.")
            give(self, request, hook, lambda: webhooks.start_again(hook), done)
            tasks.ring("webhooks")
        return back_to(hook)

    def _secret(self, request: HttpRequest, hook: Webhook, secret: str) -> HttpResponseBase:
        sentence = gettext(
            "With this secret the other system checks that an event comes from here. It is shown now and never again."
        )
        return secret_page(self, request, hook, secret=secret, sentence=sentence)

    @admin.display(description=_("told of"))
    def told_of(self, hook: Webhook) -> str:
        return ", ".join(str(WebhookKind(kind).label) for kind in hook.kinds if kind in WebhookKind.values)

    @admin.display(description=_("state"))
    def state(self, hook: Webhook) -> SafeString:
        if hook.stopped_because:
            return columns.state_badge(pgettext("state of a webhook", "stopped"), "alarm")
        if not hook.is_enabled:
            return columns.state_badge(pgettext("state of a webhook", "not in use"), "draft")
        if hook.failing_since:
            return columns.state_badge(pgettext("state of a webhook", "nothing arrives"), "warning")
        return columns.state_badge(pgettext("state of a webhook", "in use"), "good")

    @admin.display(description=_("last complaint"))
    def last_complaint(self, hook: Webhook) -> str:
        return hook.stopped_because or hook.complaint or columns.NOTHING

    @admin.display(description=_("nothing arrives since"))
    def failing(self, hook: Webhook) -> SafeString | str:
        return columns.when(hook.failing_since)

    @admin.display(description=_("events"))
    def sent(self, hook: Webhook) -> SafeString:
        return to_list(WebhookDelivery, gettext("What was sent there"), webhook__id__exact=hook.pk)


class OfWebhook(admin.SimpleListFilter):
    """One of those that this user sees."""

    title = _("webhook")
    parameter_name = "webhook__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        seen = visible_to(request.user, Webhook.objects.all())
        return [(str(pk), name) for pk, name in seen.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
        return queryset if self.value() is None else queryset.filter(webhook=key_of(self.value() or ""))


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    navigation = Place(Section.BEHIND_THE_SCENES, 40, "webhooks", _("Webhook events"))
    empty_help = _("What other systems are told is kept here for a week; what did not arrive, for a month.")
    list_display = ["time", "kind", "webhook", "how", "tries", "answer", "complaint"]
    list_select_related = ["webhook"]
    list_filter = ["state", OfWebhook]
    sortable_by: list[str] = []
    empty_value_display = columns.NOTHING
    long_fields = ("content",)
    fieldsets = [
        (None, {"fields": ["event_id", "kind", "webhook_link", "time", "how", "tries", "answer", "complaint", "due"]}),
        (_("What is told"), {"fields": ["told"]}),
    ]

    def get_urls(self) -> list[Any]:
        return [*routes(self, send_again=self.send_again_view), *super().get_urls()]

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        row = super().get_object(request, *args, **kwargs)
        if row is not None:
            row.shows_full_numbers = self.sees_full_numbers(request)
        return row

    def attention(self, request: HttpRequest) -> list[Attention]:
        given_up = visible_to(request.user, WebhookDelivery.objects.filter(state=WebhookDelivery.State.GIVEN_UP))
        return [
            Attention(
                count=capped_count(given_up),
                text=gettext("Webhook events that nobody took for a day"),
                remedy=gettext("Send them again when the other system works, or leave them: they go after a month."),
                query="state__exact=given_up",
            )
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        is_given_up = row is not None and row.state == WebhookDelivery.State.GIVEN_UP
        context["may_send_again"] = is_given_up and request.user.has_perm("dialer.change_webhook")
        return super().render_change_form(request, context, *args, **kwargs)

    @door("change_webhook", methods=ORDER)
    def send_again_view(self, request: HttpRequest, row: WebhookDelivery) -> HttpResponseBase:
        if give(self, request, row, lambda: webhooks.send_again(row), _("It is sent again.")):
            tasks.ring("webhooks")
        return back_to(row)

    @admin.display(description=_("time"))
    def time(self, row: WebhookDelivery) -> SafeString | str:
        return columns.when(row.at)

    @admin.display(description=_("state"))
    def how(self, row: WebhookDelivery) -> SafeString:
        kinds = {"due": "waiting", "sending": "sending", "delivered": "good", "given_up": "alarm"}
        return columns.state_badge(row.get_state_display(), kinds[row.state])

    @admin.display(description=_("HTTP status"))
    def answer(self, row: WebhookDelivery) -> str:
        return str(row.status or columns.NOTHING)

    @admin.display(description=_("tried again at"))
    def due(self, row: WebhookDelivery) -> SafeString | str:
        return columns.when(row.due_at if row.state == WebhookDelivery.State.DUE else None)

    @admin.display(description=_("webhook"))
    def webhook_link(self, row: WebhookDelivery) -> SafeString | str:
        return to_row(row.webhook)

    @admin.display(description=_("data"))
    def told(self, row: Any) -> SafeString | str:
        return raw.block(raw.laid_out(row.content), is_full=row.shows_full_numbers)
