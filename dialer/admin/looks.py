"""How somebody looks at a list: saved filters and chosen columns. Both work without JavaScript.

The model admins of the console have it all by themselves; they say which further columns they offer.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst
from django.utils.translation import gettext

from dialer.admin.filters import CAMPAIGN_TYPED, named_campaigns
from dialer.flow import list_looks
from dialer.flow.mistakes import DialerError
from dialer.models import SavedFilter

# A search may hold a number, which is to be kept nowhere.
NOT_KEPT = (PAGE_VAR, SEARCH_VAR, ERROR_FLAG, CAMPAIGN_TYPED)


class ListLooks(admin.ModelAdmin):
    """The list of a page: each person sees it with own columns and own filters."""

    more_columns: Sequence[str] = ()  # offered beside those that are shown to everybody
    needs_of_columns: dict[str, str] = {}  # what has to be joined for some of them
    columns_with_links: Sequence[str] = ()  # which lead elsewhere, so that they can't lead to the row

    def get_urls(self) -> list[Any]:
        return [*self._look_routes(), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        usual: list[Any] = list(super().get_list_display(request))
        offered = {*usual, *self.more_columns}
        return [name for name in self._chosen_columns(request) if name in offered] or usual

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        links = super().get_list_display_links(request, list_display)
        if links is None or any(name in list_display for name in links if name not in self.columns_with_links):
            return links
        others = [name for name in list_display if name not in self.columns_with_links]
        return others[:1] or None

    def get_list_select_related(self, request: HttpRequest) -> Any:
        usual = super().get_list_select_related(request)
        if isinstance(usual, bool):
            return usual
        needed = [need for name, need in self.needs_of_columns.items() if name in self.get_list_display(request)]
        return [*usual, *needed]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        looks: Any = SimpleLazyObject(lambda: self._looks(request))
        return super().changelist_view(request, {"looks": looks, **(extra_context or {})})

    def keep_filter_view(self, request: HttpRequest) -> HttpResponseBase:
        if refused := self._refused(request):
            return refused
        said = request.POST
        is_shared = "share" in said and may_share(request)
        try:
            kept = list_looks.keep_filter(
                request.user,
                self._list_name,
                name=said.get("name", ""),
                query=kept_query(QueryDict(said.get("query", ""))),
                is_shared=is_shared,
            )
        except DialerError as error:
            messages.error(request, str(error))
            return self._back_to_list(request)
        messages.success(request, gettext("The filter “%(filter)s” is kept.") % {"filter": kept})
        return self._back_to_list(request)

    def drop_filter_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if refused := self._refused(request):
            return refused
        if list_looks.drop_filter(request.user, pk, page=self._list_name, may_share=may_share(request)):
            messages.success(request, gettext("The filter is removed."))
        return self._back_to_list(request)

    def choose_columns_view(self, request: HttpRequest) -> HttpResponseBase:
        """The ticked columns in the order of the form; one of them moved by a step, or all as they were."""
        if refused := self._refused(request):
            return refused
        offered = {*super().get_list_display(request), *self.more_columns}
        order = [name for name in dict.fromkeys(request.POST.getlist("order")) if name in offered]
        for step in ("up", "down"):
            if request.POST.get(step) in order:
                order = _moved(order, request.POST[step], by=-1 if step == "up" else 1)
        ticked = set(request.POST.getlist("column"))
        chosen = [] if "reset" in request.POST else [name for name in order if name in ticked]
        list_looks.choose_columns(request.user, self._list_name, chosen)
        return self._back_to_list(request)

    def campaigns_view(self, request: HttpRequest) -> HttpResponseBase:
        """Campaigns by a part of their name, for the filter while somebody types."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = named_campaigns(request.GET.get("name", "").strip(), user=request.user)
        return JsonResponse({"campaigns": [{"key": key, "name": name} for key, name in found]})

    @property
    def _list_name(self) -> str:
        return self.opts.label_lower

    def _look_routes(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        views: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("looks/keep/", self.keep_filter_view, "keep_filter"),
            ("looks/<int:pk>/drop/", self.drop_filter_view, "drop_filter"),
            ("looks/columns/", self.choose_columns_view, "columns"),
            ("looks/campaigns/", self.campaigns_view, "campaigns"),
        ]
        return [path(address, guarded(view), name=self._name(name)) for address, view, name in views]

    def _name(self, view: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{view}"

    def _refused(self, request: HttpRequest) -> HttpResponseBase | None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])

    def _back_to_list(self, request: HttpRequest) -> HttpResponseRedirect:
        """To the list as it was seen."""
        query = QueryDict(request.POST.get("query", "")).urlencode()
        address = reverse(f"admin:{self._name('changelist')}")
        return HttpResponseRedirect(f"{address}?{query}" if query else address)

    def _chosen_columns(self, request: HttpRequest) -> list[str]:
        """Asked once for each request and page."""
        known: dict[str, list[str]] = request.__dict__.setdefault("chosen_columns", {})
        if self._list_name not in known:
            known[self._list_name] = list_looks.columns_for(request.user, self._list_name)
        return known[self._list_name]

    def _looks(self, request: HttpRequest) -> dict[str, Any]:
        now = kept_query(request.GET)
        address = reverse(f"admin:{self._name('changelist')}")
        kept = list(list_looks.filters_for(request.user, self._list_name))
        is_offered = bool(self.list_filter)
        return {
            "query": request.GET.urlencode(),
            "current": now,
            "filters": [self._filter_line(one, request, address, now) for one in kept],
            "shows_filters": is_offered or bool(kept),
            "may_share": may_share(request),
            "keep_url": reverse(f"admin:{self._name('keep_filter')}"),
            "columns_url": reverse(f"admin:{self._name('columns')}"),
            "campaigns_url": reverse(f"admin:{self._name('campaigns')}"),
            "columns": self._column_lines(request),
            "has_own_columns": bool(self._chosen_columns(request)),
        }

    def _filter_line(self, one: SavedFilter, request: HttpRequest, address: str, now: str) -> dict[str, Any]:
        is_own = one.user_id == request.user.pk
        may_drop = is_own or may_share(request)
        return {
            "name": one.name,
            "url": f"{address}?{one.query}",
            "is_current": one.query == now,
            "is_shared": one.is_shared,
            "by": "" if is_own else one.user.get_full_name() or one.user.get_username(),
            "drop_url": reverse(f"admin:{self._name('drop_filter')}", args=[one.pk]) if may_drop else "",
        }

    def _column_lines(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Those that are shown, in their order; then the others."""
        shown = self.get_list_display(request)
        others = [name for name in (*super().get_list_display(request), *self.more_columns) if name not in shown]
        return [
            {"name": name, "label": self._label(name), "is_shown": name in shown}
            for name in dict.fromkeys((*shown, *others))
        ]

    def _label(self, name: str) -> str:
        return capfirst(str(label_for_field(name, self.model, self)))


def may_share(request: HttpRequest) -> bool:
    return request.user.has_perm("dialer.share_savedfilter")


def kept_query(said: QueryDict) -> str:
    """What of an address is kept: all filters and the order, not the page and what was searched for."""
    kept = QueryDict(mutable=True)
    for name in sorted(said):
        if name not in NOT_KEPT and any(said.getlist(name)):
            kept.setlist(name, said.getlist(name))
    return kept.urlencode()


def _moved(names: list[str], name: str, *, by: int) -> list[str]:
    """The names with one of them a place further; at an end it stays."""
    place = names.index(name)
    others = [one for one in names if one != name]
    others.insert(max(place + by, 0), name)
    return others
