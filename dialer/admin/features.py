"""What the carriers can do, side by side, for whoever chooses one."""

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import countries
from dialer.admin.navigation import LoosePage, Place, Section
from dialer.flow.features import matrix


def features_view(request: HttpRequest) -> HttpResponseBase:
    context = {
        **admin.site.each_context(request),
        "title": gettext("What the carriers can do"),
        "matrix": matrix(country_name=countries.name),
    }
    return TemplateResponse(request, "admin/dialer/features.html", context)


admin.site.add_page(
    LoosePage(
        name="features",
        place=Place(Section.SET_UP, 20, "check", _("What carriers can do")),
        permission="dialer.view_account",
        view=features_view,
    )
)
