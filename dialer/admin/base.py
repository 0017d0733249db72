"""What all pages of the console share: calm defaults for big tables, read-only pages, secrets that never come back."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet, URLField
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dialer.admin.lists import CappedPaginator, QuickList
from dialer.admin.looks import ListLooks
from dialer.admin.navigation import Attention, Figure, Place
from dialer.flow.visibility import visible_to
from dialer.models.preference import house_language
from dialer.models.secret import EncryptedTextField


class WriteOnlySecretInput(forms.PasswordInput):
    """An input that says whether a secret is stored and never what it is."""

    is_set = False

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "new-password", "class": "vTextField", **(attrs or {})}, render_value=False)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["placeholder"] = _("set – leave empty to keep it") if self.is_set else _("not set")
        return context

    def use_required_attribute(self, initial: Any) -> bool:
        return False  # whether it may be empty depends on what is stored: the field decides


class SecretField(forms.CharField):
    """Takes a new secret; what was stored stays if nothing is typed. `stored` is set by ConsoleForm."""

    widget = WriteOnlySecretInput
    stored = ""

    def keep(self, stored: str) -> None:
        """Note what is stored: it holds unless something else is typed."""
        self.stored = stored
        self.widget.is_set = bool(stored)

    def clean(self, value: Any) -> Any:
        return super().clean(value or self.stored)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data) and data != self.stored


class ConsoleForm(forms.ModelForm):
    """A form whose secrets are write-only, and that offers only rows which its user sees.

    A page's own form derives from it.
    """

    user: Any = None  # set by `as_seen_by`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        offer_visible(self)
        for name, form_field in self.fields.items():
            if isinstance(form_field, SecretField):
                form_field.keep(getattr(self.instance, name))


def as_seen_by(user: Any, form: Any) -> Any:
    """The form's class for this user."""
    return type(form.__name__, (form,), {"user": user})


def offer_visible(form: Any) -> None:
    """What may be chosen is what the form's user sees; everything for a form that is nobody's."""
    if form.user is None:
        return
    for field in form.fields.values():
        if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
            field.queryset = visible_to(form.user, field.queryset)


class ConsoleAdmin(ListLooks):
    """A page of the console. How it shows itself in navigation and overview: see dialer/admin/site.py."""

    navigation: Place | None = None
    empty_help: str | Promise = ""  # for an empty list: what it is for and what to do first
    long_fields: tuple[str, ...] = ()  # which its list leaves in the database

    add_page = "add"  # the name of the address where a new row begins

    form = ConsoleForm
    formfield_overrides = {
        EncryptedTextField: {"form_class": SecretField, "widget": WriteOnlySecretInput},
        URLField: {"assume_scheme": "https"},
    }
    paginator = CappedPaginator
    show_full_result_count = False
    list_max_show_all = 0
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER

    def get_search_help(self, request: HttpRequest) -> Any:
        """What the search box of the list takes, in its words."""
        return self.search_help_text

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that this user sees; every page and every door of the console opens rows through it."""
        return visible_to(request.user, super().get_queryset(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return as_seen_by(request.user, super().get_form(request, obj, change, **kwargs))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QuickList

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The history keeps what `message`, if it is lazy or a function, says in the installation's language."""
        with house_language():
            return super().log_addition(request, obj, message() if callable(message) else message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The history keeps what `message`, if it is lazy or a function, says in the installation's language."""
        with house_language():
            return super().log_change(request, obj, message() if callable(message) else message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        with house_language():
            return super().log_deletions(request, queryset)

    def sees_full_numbers(self, request: HttpRequest) -> bool:
        """May this user see phone numbers in full?"""
        return request.user.has_perm("dialer.see_full_numbers")

    def attention(self, request: HttpRequest) -> list[Attention]:
        """What of this page only a person can settle. Called for every page shown: count with `capped_count`."""
        return []

    def figures(self, request: HttpRequest) -> list[Figure]:
        """Numbers for the overview; at most two queries."""
        return []


class ReadOnlyAdmin(ConsoleAdmin):
    """Rows that the machine makes: to be looked at, never added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
