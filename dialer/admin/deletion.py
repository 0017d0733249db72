"""What a page says before it deletes: rows by their names, and nothing of those that only link two others."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst


class NamedRowsOnly(admin.ModelAdmin):
    """Who is in which group, or what a group permits, goes with it as a matter of course, and has no name."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        rows, counts, *rest = super().get_deleted_objects(objs, request)
        links = [model._meta for model in apps.get_models(include_auto_created=True) if model._meta.auto_created]
        for link in links:
            counts.pop(str(link.verbose_name_plural), None)
        return _without(rows, tuple(f"{capfirst(str(link.verbose_name))}: " for link in links)), counts, *rest


def _without(rows: list[Any], beginnings: tuple[str, ...]) -> list[Any]:
    """Django's list of lists, less the lines that begin so."""
    kept = [row if isinstance(row, str) else _without(row, beginnings) for row in rows]
    return [row for row in kept if row and not (isinstance(row, str) and row.startswith(beginnings))]
