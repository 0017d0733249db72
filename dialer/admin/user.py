"""Users: who may log in, with roles chosen in words."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dialer import roles
from dialer.admin import columns
from dialer.admin.lists import CarefulList

FOR_THOSE_WHO_MAY_ALL = ("is_superuser", "user_permissions")


class RoleField(forms.ModelMultipleChoiceField):
    """Roles to be ticked, each with the sentence that says what it is for; groups of one's own by their name."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, group: Any) -> SafeString | str:
        role = roles.BY_NAME.get(group.name)
        if role is None:
            return str(group.name)
        return format_html('{} <span class="quiet">{}</span>', role.label, role.sentence)


admin.site.unregister([User, Group])


@admin.register(Group)
class ConsoleGroupAdmin(GroupAdmin):
    """Django's own page, with a list that takes any address."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CarefulList]:
        return CarefulList


@admin.register(User)
class ConsoleUserAdmin(UserAdmin):
    """Whoever may do everything by themselves is made and changed only by such a person."""

    list_display = ["username", "name", "roles", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Roles"), {"fields": ["groups"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", *FOR_THOSE_WHO_MAY_ALL]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "usable_password", "password1", "password2", "groups"]})]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ["user_permissions"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CarefulList]:
        return CarefulList

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        parts = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return parts
        hidden = FOR_THOSE_WHO_MAY_ALL
        shown = [(title, [name for name in part["fields"] if name not in hidden]) for title, part in parts]
        return [(title, {"fields": fields}) for title, fields in shown if fields]

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:
        """Roles are made on their own page."""
        form = super().get_form(request, obj, **kwargs)
        if "groups" in form.base_fields:
            form.base_fields["groups"].widget.can_add_related = False
        return form

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return RoleField(
            Group.objects.order_by("pk"),
            label=_("Roles"),
            required=False,
            help_text=_("Several together allow what each of them allows. Without any, nothing is shown."),
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever is made here is to log in here."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    @admin.display(description=_("name"))
    def name(self, user: User) -> str:
        return user.get_full_name() or columns.NOTHING

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        if user.is_superuser:
            return str(_("may do everything"))
        names = [str(roles.BY_NAME[group.name].label if group.name in roles.BY_NAME else group) for group in _of(user)]
        return ", ".join(names) or columns.NOTHING


def _of(user: User) -> list[Group]:
    return sorted(user.groups.all(), key=lambda group: group.pk)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or request.user.is_superuser or not user.is_superuser
