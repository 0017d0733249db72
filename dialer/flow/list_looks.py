"""Keeping how people look at lists. Nothing here touches a call."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from dialer.figures import count
from dialer.flow.mistakes import DialerError
from dialer.models import ColumnChoice, SavedFilter
from dialer.models.list_look import LONGEST_QUERY

MOST_FILTERS = 50  # of one person and list


def filters_for(user: Any, page: str) -> QuerySet[SavedFilter]:
    """The person's own ones and those that are shared with everybody."""
    return SavedFilter.objects.filter(Q(user=user.pk) | Q(is_shared=True), page=page).select_related("user")


def keep_filter(user: Any, page: str, *, name: str, query: str, is_shared: bool) -> SavedFilter:
    """The filter is kept under this name, in the place of the person's own one of the same name.

    Raises DialerError without a name or a filter, and with too many of them.
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise DialerError(gettext("Give the filter a name."))
    if not query or len(query) > LONGEST_QUERY:
        raise DialerError(gettext("Filter the list first; then the filter can be kept."))
    with transaction.atomic():
        own = SavedFilter.objects.filter(user=user, page=page)
        if own.exclude(name=name).count() >= MOST_FILTERS:
            sentence = gettext("These are %(count)s saved filters. Remove one that is not needed any more.")
            raise DialerError(sentence % {"count": count(MOST_FILTERS)})
        kept, _is_new = own.update_or_create(
            name=name, defaults={"user": user, "page": page, "query": query, "is_shared": is_shared}
        )
    return kept


def drop_filter(user: Any, pk: int, *, page: str, may_share: bool) -> bool:
    """Whether there was such a filter: the person's own, or a shared one if the person looks after those."""
    whose = Q(user=user) | Q(is_shared=True) if may_share else Q(user=user)
    return SavedFilter.objects.filter(whose, pk=pk, page=page).delete()[0] > 0


def columns_for(user: Any, page: str) -> list[str]:
    """The chosen columns in their order; empty if the person chose none."""
    chosen = ColumnChoice.objects.filter(user=user.pk, page=page).values_list("columns", flat=True).first()
    return [str(name) for name in chosen] if isinstance(chosen, list) else []


def choose_columns(user: Any, page: str, columns: Sequence[str]) -> None:
    """The list shows these columns from now on, in this order; its usual ones if none is named."""
    if not columns:
        ColumnChoice.objects.filter(user=user, page=page).delete()
        return
    ColumnChoice.objects.update_or_create(user=user, page=page, defaults={"columns": list(columns)})
