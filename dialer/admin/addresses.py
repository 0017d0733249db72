"""Where pages stand, for whoever may see them: "" where this user may not go, so that nothing leads to a refusal."""

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode


def address_for(site: AdminSite, request: HttpRequest, model: type[Model], page: str, *args: object) -> str:
    """The address of a page of this model, such as "add", "changelist" or, with the row's key, "change"."""
    model_admin = site._registry.get(model)
    if model_admin is None:
        return ""
    may = model_admin.has_add_permission if page == "add" else model_admin.has_view_permission
    if not may(request):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args, current_app=site.name)


def list_for(site: AdminSite, request: HttpRequest, model: type[Model], **filters: str | int) -> str:
    """The address of this model's list, filtered."""
    url = address_for(site, request, model, "changelist")
    return f"{url}?{urlencode(filters)}" if url and filters else url
