"""The console: Django's admin site with navigation by jobs.

The site knows no page by name. Each page (a ConsoleAdmin of dialer/admin/base.py) says by itself

    navigation = Place(Section.OPERATE, 20, "voice")   where it stands: section, order within it, icon;
                                                       None: it has no entry of its own
    attention(request) -> list[Attention]              what of it only a person can settle; becomes the badge of
                                                       its entry and a line with a remedy on the overview
    figures(request) -> list[Figure]                   its numbers on the overview
    empty_help                                         what an empty list says

or, if it is about no model, is added by `site.add_page(LoosePage(...))`. So a later app, which this one must not
import, stands in the navigation like any other. Entries and lines are shown only to those
who may see the page.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from dialer.admin import overview, preference, uploads
from dialer.admin.base import ConsoleAdmin
from dialer.admin.navigation import Attention, Entry, EntryGroup, LoosePage, Need, Place, Section, badge, leads_to

# Whoever may add or edit a schedule or a queued task of django-q can run any function of ours. No permission is
# worth that, so its pages do not exist here.
APPS_WITHOUT_PAGES = {"django_q"}

# Pages of Django's own apps, which can't say it by themselves.
PLACES_OF_OTHERS = {
    "auth.user": Place(Section.SET_UP, 80, "users"),
    "auth.group": Place(Section.SET_UP, 90, "groups"),
}


class ConsoleSite(AdminSite):
    site_header = "Dialer"
    site_title = "Dialer"
    index_title = _("Overview")
    site_url = None
    enable_nav_sidebar = False  # ours stands in its place

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._loose_pages: list[LoosePage] = []

    def add_page(self, page: LoosePage) -> None:
        """A page without a model: in the navigation, and at `/<name>/` as `admin:<name>`, for whoever may see it."""
        self._loose_pages.append(page)

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin] | None = None,
        **options: Any,
    ) -> None:
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        wanted = [model for model in models if model._meta.app_label not in APPS_WITHOUT_PAGES]
        super().register(wanted, admin_class, **options)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What the shell around every page needs; nothing is counted before a template asks."""
        needs: Any = SimpleLazyObject(lambda: self.needs(request))
        return super().each_context(request) | {
            "needs": needs,
            "languages": preference.languages(),
            "navigation": SimpleLazyObject(lambda: self.navigation(request, needs)),
        }

    def needs(self, request: HttpRequest) -> list[Need]:
        """What needs a person on the pages that this user may see, alarms first."""
        needs = [
            Need(page=page, attention=item, url=item.url or f"{self._list_url(page)}?{item.query}")
            for page, _place in self._places(request)
            if isinstance(page, ConsoleAdmin)
            for item in page.attention(request)
            if item.count
        ]
        return sorted(needs, key=lambda need: not need.attention.is_alarm)

    def navigation(self, request: HttpRequest, needs: list[Need]) -> list[EntryGroup]:
        """The sections with the entries this user may see; empty sections are left out."""
        groups = {section: EntryGroup(label=section.label) for section in Section}
        index = reverse("admin:index", current_app=self.name)
        groups[Section.OPERATE].entries.append(
            Entry(label=self.index_title, icon="overview", url=index, is_current=request.path == index)
        )
        entries = []
        for page, place in self._places(request):
            items = [need.attention for need in needs if need.page is page]
            entries.append((place, self._entry(request, page, place, items)))
        entries += [(page.place, self._loose_entry(request, page)) for page in self._loose_pages_for(request)]
        for place, entry in sorted(entries, key=lambda pair: pair[0].order):
            groups[place.section].entries.append(entry)
        return [group for group in groups.values() if group.entries]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, self._overview_context(request) | (extra_context or {}))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        live = path("overview/", self.admin_view(self.overview_view), name="overview")
        loose = [path(f"{page.name}/", self.admin_view(_guarded(page)), name=page.name) for page in self._loose_pages]
        return [live, *loose, *uploads.routes(self), *preference.routes(self), *super().get_urls()]

    def overview_view(self, request: HttpRequest) -> TemplateResponse:
        """The inner part of the overview alone, for its live refresh."""
        context = self._overview_context(request) | {"needs": self.needs(request)}
        return TemplateResponse(request, "admin/includes/overview.html", context)

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lists of an app's tables help nobody: the overview is the one way in."""
        return HttpResponseRedirect(reverse("admin:index", current_app=self.name))

    def _overview_context(self, request: HttpRequest) -> dict[str, Any]:
        seen = overview.read(self, request)
        pages = [page for page, _place in self._places(request) if isinstance(page, ConsoleAdmin)]
        others = [] if seen.steps else [figure for page in pages for figure in page.figures(request)]
        return {"overview": seen, "figures": seen.figures + others}

    def _places(self, request: HttpRequest) -> Iterator[tuple[ModelAdmin, Place]]:
        placed = []
        for model, page in self._registry.items():
            place = getattr(page, "navigation", None) or PLACES_OF_OTHERS.get(model._meta.label_lower)
            if place and page.has_view_permission(request):
                placed.append((page, place))
        return iter(sorted(placed, key=lambda pair: pair[1].order))

    def _entry(self, request: HttpRequest, page: ModelAdmin, place: Place, items: list[Attention]) -> Entry:
        url = self._list_url(page)
        return Entry(
            label=place.label or capfirst(str(page.opts.verbose_name_plural)),
            icon=place.icon,
            url=url,
            is_current=leads_to(request, url),
            badge=badge(items),
            is_alarm=any(item.is_alarm for item in items),
        )

    def _loose_pages_for(self, request: HttpRequest) -> Iterator[LoosePage]:
        return (page for page in self._loose_pages if request.user.has_perm(page.permission))

    def _loose_entry(self, request: HttpRequest, page: LoosePage) -> Entry:
        url = reverse(f"admin:{page.name}", current_app=self.name)
        return Entry(label=page.place.label, icon=page.place.icon, url=url, is_current=leads_to(request, url))

    def _list_url(self, page: ModelAdmin) -> str:
        """The address of a page's list."""
        opts = page.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist", current_app=self.name)


def _guarded(page: LoosePage) -> Callable[[HttpRequest], HttpResponseBase]:
    def view(request: HttpRequest) -> HttpResponseBase:
        if not request.user.has_perm(page.permission):
            raise PermissionDenied
        return page.view(request)

    return view
