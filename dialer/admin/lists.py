"""Lists that leave long texts in the database."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest


class _WithoutLongFields(ChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        return super().get_queryset(request, exclude_parameters).defer(*self.model_admin.long_fields)


class LightList:
    """For a ConsoleAdmin: its list leaves `long_fields` in the database, its pages of one row fetch them."""

    long_fields: tuple[str, ...] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _WithoutLongFields
