"""Links from one row to another. Whether the reader may open it, the other page decides."""

from typing import Any

from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dialer.admin import columns, doors


def to_row(row: Model | None, text: Any = "") -> SafeString | str:
    """A link to the row's page, in the row's own words if no others are given."""
    return format_html('<a href="{}">{}</a>', doors.address(row), text or row) if row else columns.NOTHING


def to_list(model: type[Model], text: Any, **filters: Any) -> SafeString:
    """A link to the model's list, filtered."""
    return format_html('<a href="{}">{}</a>', doors.list_address(model, **filters), text)
