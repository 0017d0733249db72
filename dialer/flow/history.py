"""What people decided, with their reasons: kept in the history of the row, where nobody changes it."""

from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model

from dialer.flow.mistakes import DialerError

SHORTEST_REASON = 10  # characters


def written(because: str) -> str:
    """The reason without blanks around it. Raises DialerError if it is too short to be one."""
    reason = because.strip()
    if len(reason) < SHORTEST_REASON:
        raise DialerError("Write down why, in a few words: it is kept as evidence.")
    return reason


def note(row: Model, sentence: str, *, by: Any) -> None:
    """The sentence stands in the row's history, with the person and the moment."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    LogEntry.objects.log_actions(by.pk, rows, CHANGE, sentence, single_object=True)
