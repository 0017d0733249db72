"""Which rows an export is to hold: those of a list of the console, with its filters and its search.

The list itself is asked, as its owner would see it now. So whatever a list can filter can be exported, nobody gets a
row that the list would not show, and who may see it no more gets nothing.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.contrib.messages import MessageFailure
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext

from dialer.flow import exports
from dialer.flow.mistakes import DialerError
from dialer.models import CallRecord, Contact, Export
from dialer.terms import ExportKind

LISTS: dict[str, type[Model]] = {
    ExportKind.CONTACTS: Contact,
    ExportKind.REJECTED: Contact,
    ExportKind.CALLS: CallRecord,
}
NOT_CONDITIONS = {PAGE_VAR, ORDER_VAR, "_changelist_filters"}
PERMISSION = "dialer.export_contacts"


def write_next() -> bool:
    """The queue's work: write on in one export; whether there was one. May be rung twice or late."""
    return exports.write_next(chosen)


def chosen(export: Export) -> QuerySet[Any]:
    """The rows that were ordered. Raises DialerError if its owner may not have them any more."""
    return list_for(export.owner, export.kind, export.conditions, wants_every_row=True).queryset


def list_for(user: Any, kind: str, conditions: str, *, wants_every_row: bool = False) -> ChangeList:
    """The list with these conditions, as `user` would see it. Raises DialerError with a sentence.

    For the screen a filter may find the first so many rows only. With `wants_every_row` it must not, however long
    that takes: filters ask the request.
    """
    page = admin.site._registry[LISTS[kind]]
    request = HttpRequest()
    request.method, request.GET, request.user = "GET", QueryDict(conditions), user
    request.wants_every_row = wants_every_row
    if not (user.is_active and user.has_perm(PERMISSION) and page.has_view_permission(request)):
        raise DialerError(gettext("You may not export these rows. Ask your administrator."))
    try:
        return page.get_changelist_instance(request)
    except (IncorrectLookupParameters, SuspiciousOperation, MessageFailure):  # a search is complained of by message
        raise DialerError(gettext("This list can't be filtered so. Go back to it and filter again.")) from None


def conditions_of(request: HttpRequest) -> str:
    """The query of a list's address, without what chooses no rows."""
    pairs = [
        (name, value) for name, values in request.GET.lists() if name not in NOT_CONDITIONS for value in values if value
    ]
    return urlencode(pairs)


def in_words(found: ChangeList) -> str:
    """What the filters and the search choose, as their labels say it; a number that was searched for stays unsaid."""
    words = [word for spec in found.filter_specs if (word := _choice(spec, found))]
    if found.query:
        words.append(gettext("search"))
    return ", ".join(words)


def _choice(spec: Any, found: ChangeList) -> str:
    """What a filter is set to; its first choice is always "all"."""
    choices = list(spec.choices(found))
    word = next((str(choice.get("display", "")) for choice in choices[1:] if choice.get("selected")), "")
    return f"{capfirst(str(spec.title))}: {word}" if word else ""
