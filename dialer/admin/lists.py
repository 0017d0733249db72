"""Lists that stay fast over millions of rows.

One query finds the keys of all rows that fit, in order and no further than the cap: it needs nothing but an index,
tells how many there are, and makes the last page as cheap as the first. A second query fetches the rows of one page.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest

from dialer import figures

COUNT_CAP = 10_000  # rows; beyond, an operator filters instead of turning pages


class CappedPaginator(Paginator):
    """Counts no further than COUNT_CAP: the list says "10,000+" and its pages end there."""

    object_list: QuerySet

    @cached_property
    def keys(self) -> list[Any]:
        """The keys of the rows in their order, one more than the cap at most."""
        return list(self.object_list.values_list("pk", flat=True)[: COUNT_CAP + 1])

    @cached_property
    def count(self) -> int:
        return min(len(self.keys), COUNT_CAP)

    @property
    def is_capped(self) -> bool:
        return len(self.keys) > COUNT_CAP

    @property
    def count_in_words(self) -> str:
        return f"{figures.count(self.count)}+" if self.is_capped else figures.count(self.count)

    def keys_of(self, page: int) -> list[Any]:
        """The keys of the rows on this page, from 1."""
        first = (page - 1) * self.per_page
        return self.keys[first : min(first + self.per_page, self.count)]


class CarefulList(ChangeList):
    """A list whose address may hold anything: what no database can look for is a wrong address, and no breakdown."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(request, *args, **kwargs)
        except (OverflowError, DataError) as error:  # a number too large for its column
            raise IncorrectLookupParameters(error) from error

    def get_filters(self, request: HttpRequest) -> tuple[Any, ...]:
        """A filter filters when it uses what the address says, not already when the address names it."""
        specs, *others, _named = super().get_filters(request)
        return specs, *others, any(spec.used_parameters for spec in specs)


class QuickList(CarefulList):
    """A list of which only the rows of the shown page are read, and of these not the page's `long_fields`."""

    paginator: CappedPaginator

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.search_help_text = self.model_admin.get_search_help(request)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = self.paginator.keys_of(self.page_num if self.multi_page else 1)
        rows = {row.pk: row for row in self._rows(keys)}
        self.result_list = [rows[key] for key in keys if key in rows]

    def _rows(self, keys: Iterable[Any]) -> QuerySet[Any]:
        rows = self.root_queryset.filter(pk__in=keys).order_by().defer(*self.model_admin.long_fields)
        return rows if rows.query.select_related else self.apply_select_related(rows)
