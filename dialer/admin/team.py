"""Teams: whose members see only their own accounts and campaigns."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns
from dialer.admin.base import ConsoleAdmin
from dialer.admin.deletion import NamedRowsOnly
from dialer.admin.navigation import Place, Section
from dialer.models import Team

RULE = _(
    "Whoever is in a team sees only what belongs to the accounts of their teams: campaigns, calls, recordings, "
    "exports, notices. A campaign with several accounts is seen by those who see all of them. Whoever is in no team "
    "sees everything. Voice files and do-not-call lists are shared by all."
)


@admin.register(Team)
class TeamAdmin(NamedRowsOnly, ConsoleAdmin):
    navigation = Place(Section.SET_UP, 85, "users")
    empty_help = _(
        "Without teams everybody sees everything that their roles allow. In a team people see only the campaigns, "
        "calls and recordings of the team’s accounts."
    )
    actions = None
    list_display = ["name", "member_names", "account_names"]
    search_fields = ["name"]
    sortable_by: list[str] = []
    fieldsets = [(None, {"fields": ["name", "accounts", "members"], "description": RULE})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).prefetch_related("members", "accounts")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)
        if db_field.name == "members":
            field.queryset = field.queryset.filter(is_active=True).order_by("username")
        return field

    def get_form(self, request: HttpRequest, obj: Team | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Accounts and users are made on their own pages."""
        form = super().get_form(request, obj, change, **kwargs)
        for field in form.base_fields.values():
            field.widget.can_add_related = False
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        """Not while others are told in its name: they would hear of everything."""
        return super().has_delete_permission(request, obj) and not (obj and obj.webhooks.exists())

    @admin.display(description=_("members"))
    def member_names(self, team: Team) -> str:
        return ", ".join(sorted(str(member) for member in team.members.all())) or columns.NOTHING

    @admin.display(description=_("accounts"))
    def account_names(self, team: Team) -> str:
        return ", ".join(str(account) for account in team.accounts.all()) or columns.NOTHING
