"""Users: who may log in, with roles chosen in words."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from dialer import roles
from dialer.admin import columns
from dialer.admin.deletion import NamedRowsOnly
from dialer.admin.filters import key_of
from dialer.admin.lists import CarefulList

FOR_THOSE_WHO_MAY_ALL = ("is_superuser", "user_permissions")
USUAL = {
    "add": _("Can add %(model)s"),
    "change": _("Can change %(model)s"),
    "delete": _("Can delete %(model)s"),
    "view": _("Can view %(model)s"),
}


class RoleField(forms.ModelMultipleChoiceField):
    """Roles to be ticked, each with the sentence that says what it is for; groups of one's own by their name."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, group: Any) -> SafeString | str:
        role = roles.BY_NAME.get(group.name)
        if role is None:
            return str(group.name)
        return format_html('{} <span class="quiet">{}</span>', role.label, role.sentence)


class PermissionField(forms.ModelMultipleChoiceField):
    """Permissions in the words of whoever looks: the database holds them in English."""

    def label_from_instance(self, permission: Any) -> str:
        model = permission.content_type.model_class()
        return f"{capfirst(model._meta.verbose_name_plural)} | {permission_in_words(permission)}"


class OfRole(admin.SimpleListFilter):
    """Users who have this role."""

    title = _("role")
    parameter_name = "groups__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(group.pk), role_in_words(group)) for group in Group.objects.order_by("pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset if self.value() is None else queryset.filter(groups=key_of(self.value() or ""))


def role_in_words(group: Group) -> str:
    """The name of one that the console brought, in the language of whoever looks; else the group's own."""
    role = roles.BY_NAME.get(group.name)
    return str(role.label) if role else group.name


def permission_in_words(permission: Permission) -> str:
    model = permission.content_type.model_class()
    verb = permission.codename.partition("_")[0]
    if model is None or permission.codename != f"{verb}_{model._meta.model_name}" or verb not in USUAL:
        return gettext(permission.name)
    return str(USUAL[verb]) % {"model": model._meta.verbose_name}


def permissions_of_pages() -> QuerySet[Permission]:
    """Those for what stands on a page, and those of the roles: others, for the machine's tables, would do nothing."""
    kinds = ContentType.objects.get_for_models(*admin.site._registry, for_concrete_models=False).values()
    named = {name.partition(".")[2] for role in roles.ROLES for name in role.permissions}
    offered = Q(content_type__in=kinds) | Q(codename__in=named)
    return Permission.objects.filter(offered).select_related("content_type")


class WithoutColons:
    """A form whose labels end without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class DjangosPage(NamedRowsOnly):
    """A page of Django's own: with a list that takes any address, and labels as everywhere in the console."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CarefulList]:
        return CarefulList

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (WithoutColons, form), {})

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Permission:
            kwargs |= {"form_class": PermissionField, "queryset": permissions_of_pages()}
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class NewPasswordForm(WithoutColons, AdminPasswordChangeForm):
    """Django's own, which says the most important in English alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "usable_password" in self.fields:
            self.fields["usable_password"].help_text = _("Disabled, the password is lost, and nobody logs in with one.")


admin.site.unregister([User, Group])


@admin.register(Group)
class ConsoleGroupAdmin(DjangosPage, GroupAdmin):
    list_display = ["name_in_words"]

    @admin.display(description=_("name"), ordering="name")
    def name_in_words(self, group: Group) -> str:
        return role_in_words(group)


@admin.register(User)
class ConsoleUserAdmin(DjangosPage, UserAdmin):
    """Whoever may do everything by themselves is made and changed only by such a person."""

    list_display = ["username", "name", "roles", "state", "logged_in"]
    list_filter = ["is_active", OfRole]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Roles"), {"fields": ["groups"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Access"), {"fields": ["is_active", "is_staff", *FOR_THOSE_WHO_MAY_ALL]}),
        (_("Important dates"), {"fields": ["logged_in", "joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "usable_password", "password1", "password2", "groups"]})]
    readonly_fields = ["logged_in", "joined"]
    change_password_form = NewPasswordForm
    filter_horizontal = ["user_permissions"]

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
        return ", ".join(role_in_words(group) for group in _of(user)) or columns.NOTHING

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, user: User) -> SafeString:
        if user.is_active:
            return columns.state_badge(pgettext("state of a user", "active"), "good")
        return columns.state_badge(pgettext("state of a user", "shut out"), "draft")

    @admin.display(description=_("last login"), ordering="last_login")
    def logged_in(self, user: User) -> SafeString | str:
        return columns.when(user.last_login)

    @admin.display(description=_("date joined"))
    def joined(self, user: User) -> SafeString | str:
        return columns.when(user.date_joined)


def _of(user: User) -> list[Group]:
    return sorted(user.groups.all(), key=lambda group: group.pk)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or request.user.is_superuser or not user.is_superuser
