"""Rows that belong to another page, drawn as a table: each field is named for whoever can't see the heading."""

from typing import Any

from django import forms
from django.utils.translation import gettext


class NamedRow(forms.ModelForm):
    """In a table the heading names a column for the eye only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            drawn: Any = getattr(field.widget, "widget", field.widget)  # the admin wraps choices of other rows
            drawn.attrs["aria-label"] = str(field.label).capitalize()


class NamedRows(forms.BaseInlineFormSet):
    """Rows whose box for removing them is named too."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = gettext("Remove this row")
