"""What people decided, with their reasons: kept in the history of the row, where nobody changes it."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.utils.translation import gettext

from dialer.flow.mistakes import DialerError
from dialer.models.preference import house_language

SHORTEST_REASON = 10  # characters


def written(because: str) -> str:
    """The reason without blanks around it. Raises DialerError if it is too short to be one."""
    reason = because.strip()
    if len(reason) < SHORTEST_REASON:
        raise DialerError(gettext("Write down why, in a few words: it is kept as evidence."))
    return reason


def note(row: Model, sentence: Callable[[], str], *, by: Any) -> None:
    """What `sentence` says in the installation's language stands in the row's history, with person and moment."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    with house_language():
        LogEntry.objects.log_actions(by.pk, rows, CHANGE, sentence(), single_object=True)
