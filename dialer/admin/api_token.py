"""API tokens: made, shown once, revoked. Everybody has their own; who sees users sees all."""

from datetime import timedelta
from functools import partial
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.doors import FORM, address, back_to, door, give, routes, show
from dialer.admin.navigation import Place, Section
from dialer.flow import tokens
from dialer.models import ApiToken
from dialer.terms import Scope

LIFETIMES: Final = [("90", _("90 days")), ("30", _("30 days")), ("365", _("one year")), ("", _("until it is revoked"))]


class TokenForm(forms.Form):
    """Who it acts for, what it may do, and how long."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What uses it, such as: order system."))
    user = forms.ModelChoiceField(
        get_user_model().objects.none(),
        label=_("Acts for"),
        empty_label=None,
        help_text=_("With the permissions of this person. Give a system a user of its own."),
    )
    scopes = forms.MultipleChoiceField(
        label=pgettext_lazy("is allowed to", "May"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
    )
    days = forms.ChoiceField(label=_("Holds for"), choices=LIFETIMES, required=False, initial="90")

    def __init__(self, *args: Any, by: Any, **kwargs: Any) -> None:
        """Only an administrator gives a token to somebody else: it would lend more than the own permissions."""
        super().__init__(*args, label_suffix="", **kwargs)
        people = get_user_model().objects.filter(is_active=True, is_staff=True)
        self.fields["user"].queryset = people if by.is_superuser else people.filter(pk=by.pk)
        self.fields["user"].initial = by.pk


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    navigation = Place(Section.SET_UP, 60, "lock", _("API tokens"))
    empty_help = _(
        "With a token a program does by the REST API what its person may do here. Make one for each program."
    )
    actions = None
    list_display = ["name", "user", "token", "may", "state", "last_used", "expires"]
    list_select_related = ["user"]
    sortable_by: list[str] = []
    fieldsets = [
        (None, {"fields": ["name", "user", "token", "may", "state", "maker", "created", "last_used", "expires"]})
    ]

    def get_urls(self) -> list[Any]:
        return [*routes(self, revoke=self.revoke_view), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        rows = super().get_queryset(request)
        return rows if request.user.has_perm("auth.view_user") else rows.filter(user=request.user.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("dialer.add_apitoken")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The token stands on the page that answers the form, and nowhere else ever again."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TokenForm(request.POST if request.method == "POST" else None, by=request.user)
        if request.method == "POST" and form.is_valid():
            return self._issued(request, form)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Add API token"),
            "form": form,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/dialer/apitoken/add.html", context)

    def _issued(self, request: HttpRequest, form: TokenForm) -> HttpResponseBase:
        said = form.cleaned_data
        expires_at = timezone.now() + timedelta(days=int(said["days"])) if said["days"] else None
        scopes = [Scope(scope) for scope in said["scopes"]]
        person = {"user": said["user"], "by": request.user}
        plain, row = tokens.issue(name=said["name"], **person, scopes=scopes, expires_at=expires_at)
        self.log_addition(request, row, lambda: gettext("Made."))
        return secret_page(
            self,
            request,
            row,
            secret=plain,
            sentence=gettext(
                "This is the token. It is shown now and never again: copy it into the program’s settings."
            ),
        )

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        token = kwargs.get("obj")
        context["may_revoke"] = token is not None and token.revoked_at is None and self.has_add_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    @door("add_apitoken", methods=FORM)
    def revoke_view(self, request: HttpRequest, token: ApiToken) -> HttpResponseBase:
        if request.method == "POST":
            order = partial(tokens.revoke, token)
            give(self, request, token, order, lambda: gettext("Revoked. It opens nothing any more."))
            return back_to(token)
        return show(
            self,
            request,
            "admin/dialer/confirmation.html",
            token,
            title=gettext("Revoke"),
            sentences=[gettext("The program that uses this token is turned away from now on. It can’t be taken back.")],
            button=gettext("Revoke the token"),
            is_dangerous=True,
        )

    @admin.display(description=_("token"))
    def token(self, row: ApiToken) -> SafeString:
        return format_html("<code>{}…</code>", row.beginning)

    @admin.display(description=pgettext_lazy("is allowed to", "may"))
    def may(self, row: ApiToken) -> str:
        return "; ".join(str(scope.label) for scope in Scope if row.allows(scope))

    @admin.display(description=_("state"))
    def state(self, row: ApiToken) -> SafeString:
        if row.revoked_at:
            return columns.state_badge(gettext("revoked"), "cancelled")
        if row.expires_at and row.expires_at <= timezone.now():
            return columns.state_badge(gettext("expired"), "warning")
        return columns.state_badge(gettext("in use"), "good")

    @admin.display(description=_("last used"))
    def last_used(self, row: ApiToken) -> SafeString | str:
        return columns.when(row.last_used_at)

    @admin.display(description=_("made by"))
    def maker(self, row: ApiToken) -> str:
        return str(row.made_by or columns.NOTHING)

    @admin.display(description=_("made"))
    def created(self, row: ApiToken) -> SafeString | str:
        return columns.when(row.created_at)

    @admin.display(description=_("expires"))
    def expires(self, row: ApiToken) -> SafeString | str:
        return columns.when(row.expires_at)


def secret_page(page: Any, request: HttpRequest, row: Any, *, secret: str, sentence: str) -> HttpResponseBase:
    """A secret that is shown once: kept by no cache, and gone with the page."""
    response = show(
        page,
        request,
        "admin/dialer/secret_once.html",
        row,
        title=gettext("Copy it now"),
        secret=columns.copyable(secret),
        sentence=sentence,
        back_url=address(row),
        reference_url=reverse("admin:api-reference"),
    )
    response["Cache-Control"] = "no-store"
    return response
