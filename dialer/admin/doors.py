"""Pages of one row and orders to it: found or 404, permitted or 403, and a changing order only by POST.

A page lists its doors once::

    def get_urls(self):
        return [*routes(self, launch=self.launch_view, pause=self.pause_view), *super().get_urls()]

which makes the addresses `<pk>/launch/` with the names `admin:dialer_campaign_launch` and so on.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise

from dialer.flow.mistakes import DialerError

LOOK = ("GET", "HEAD")
ORDER = ("POST",)
FORM = ("GET", "HEAD", "POST")

View = Callable[..., HttpResponseBase]


def door(permission: str, *, methods: tuple[str, ...]) -> Callable[[View], View]:
    """A method `view(self, request, row)` of a page, opened by the row's id.

    `permission` is one of the row's app, such as "launch_campaign". Not found is 404, not permitted 403, another
    method 405.
    """

    def opened(view: View) -> View:
        @wraps(view)
        def enter(page: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
            if not request.user.has_perm(f"{page.opts.app_label}.{permission}"):
                raise PermissionDenied
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            row = page.get_queryset(request).filter(pk=pk).first()
            if row is None:
                raise Http404
            return view(page, request, row)

        return enter

    return opened


def routes(page: ModelAdmin, **views: View) -> list[URLPattern]:
    """An address for each view, under its own name."""
    return [
        path(f"<int:pk>/{name}/", page.admin_site.admin_view(view), name=f"{_prefix(page.opts)}_{name}")
        for name, view in views.items()
    ]


def address(row: Model, name: str = "change") -> str:
    """Where a row's page or door stands."""
    return reverse(f"admin:{_prefix(row._meta)}_{name}", args=[row.pk])


def list_address(model: type[Model], **filters: Any) -> str:
    """Where a model's list stands, filtered."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return reverse(f"admin:{_prefix(model._meta)}_changelist") + (f"?{query}" if query else "")


def has_list(page: ModelAdmin, model: type[Model], request: HttpRequest) -> bool:
    """Is there a list of this model, and may this user see it?"""
    other = page.admin_site._registry.get(model)
    return other is not None and other.has_view_permission(request)


def give(
    page: ModelAdmin, request: HttpRequest, row: Model, order: Callable[[], Any], done: Promise | Callable[[], str]
) -> bool:
    """Give an order; whether it was carried out. A message says so, or why not; the history keeps what was done.

    `done`, lazy or a function, says it in the language of whoever gave the order; what is kept, in the installation's.
    """
    try:
        order()
    except DialerError as error:
        messages.error(request, str(error))
        return False
    page.log_change(request, row, done)
    messages.success(request, done() if callable(done) else str(done))
    return True


def back_to(row: Model, name: str = "change") -> HttpResponseRedirect:
    return HttpResponseRedirect(address(row, name))


def show(
    page: ModelAdmin, request: HttpRequest, template: str, row: Model, *, title: str, status: int = 200, **context: Any
) -> TemplateResponse:
    """A page about one row, with the shell around it."""
    request.current_app = page.admin_site.name
    shell = page.admin_site.each_context(request)
    around = {"opts": page.opts, "original": row, "title": title, "subtitle": str(row), "media": page.media}
    return TemplateResponse(request, template, {**shell, **around, **context}, status=status)


def _prefix(opts: Any) -> str:
    return f"{opts.app_label}_{opts.model_name}"
