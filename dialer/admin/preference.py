"""Language and time: what somebody chooses for themselves, on a page that everybody has."""

from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import clock
from dialer.models import Preference
from dialer.models.preference import as_preferred, time_zones
from dialer.preferences import choose_language


def languages() -> list[tuple[str, str]]:
    """The console's languages, each by its own name: whoever looks for one need not read another."""
    return [(code, capfirst(get_language_info(code)["name_local"])) for code, _name in settings.LANGUAGES]


class PreferenceForm(forms.ModelForm):
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("In which you read and enter moments. Calling hours are always those of the people called."),
    )

    class Meta:
        model = Preference
        fields = ["language", "time_zone"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["language"].choices = [("", gettext("As the browser asks for")), *languages()]
        zone = clock.zone_in_words(timezone.get_default_timezone())
        standard = gettext("As set for everybody: %(zone)s") % {"zone": zone}
        self.fields["time_zone"].choices = [("", standard), *_zones_by_region()]


def routes(site: AdminSite) -> list[URLPattern]:
    def view(request: HttpRequest) -> HttpResponseBase:
        mine = Preference.objects.filter(user=request.user.pk).first() or Preference(user_id=request.user.pk)
        form = PreferenceForm(request.POST or None, instance=mine)
        if request.method == "POST" and form.is_valid():
            return _saved(request, form.save())
        context = site.each_context(request) | {"title": gettext("Language and time"), "form": form}
        return TemplateResponse(request, "admin/dialer/preference.html", context)

    return [
        path("preference/", site.admin_view(view), name="preference"),
        path("language/", choose_language, name="language"),  # also before one has logged in
    ]


def _saved(request: HttpRequest, mine: Preference) -> HttpResponseRedirect:
    """Back to the page, told in the language just chosen; the cookie keeps it for the login page."""
    response = HttpResponseRedirect(reverse("admin:preference"))
    with as_preferred(mine.user):
        messages.success(request, gettext("Saved."))
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, translation.get_language(), samesite="Lax")
    if not mine.language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return response


def _zones_by_region() -> list[tuple[str, list[tuple[str, str]]]]:
    now = timezone.now()
    by_region = groupby(sorted(time_zones()), key=lambda name: name.partition("/")[0])
    return [(region, [(name, _named(name, now)) for name in names]) for region, names in by_region]


def _named(name: str, now: datetime) -> str:
    """A city and how far its clocks are from UTC now: Jakarta (UTC+07:00)."""
    city = name.partition("/")[2].replace("_", " ") or name
    return city if name == "UTC" else f"{city} ({clock.offset(ZoneInfo(name), now)})"
