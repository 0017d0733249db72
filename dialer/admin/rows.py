"""Rows that belong to another page, drawn as a table: each field is named for whoever can't see the heading."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext

from dialer.admin.base import as_seen_by, offer_visible


class NamedRow(forms.ModelForm):
    """In a table the heading names a column for the eye only. It offers only rows which its user sees."""

    user: Any = None  # set by `as_seen_by`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_visible(self)
        for field in self.fields.values():
            drawn: Any = getattr(field.widget, "widget", field.widget)  # the admin wraps choices of other rows
            drawn.attrs["aria-label"] = capfirst(str(field.label))


def rows_as_seen_by(user: Any, formset: Any) -> Any:
    """The class of rows for this user."""
    return type(formset.__name__, (formset,), {"form": as_seen_by(user, formset.form)})


class NamedRows(forms.BaseInlineFormSet):
    """Rows whose box for removing them is named too."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = gettext("Remove this row")
