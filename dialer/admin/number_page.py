"""One page for one phone number: everything ever done with it, and the door to the do-not-call list.

The address names a row that holds the number, never the number itself: addresses stand in logs and histories.
"""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer import phone
from dialer.admin import columns, phone_numbers
from dialer.admin.do_not_call import source_of
from dialer.admin.navigation import Figure
from dialer.flow import number_past, suppression
from dialer.flow.mistakes import DialerError
from dialer.flow.number_past import Past
from dialer.flow.visibility import accounts_of, visible_to
from dialer.models import CallRecord, DoNotCall, DoNotCallList
from dialer.models.do_not_call import house_list

# Of rows without a page of their own: what one needs to see them.
SEEN_WITH = {"test": "dialer.view_campaign", "transfer": "dialer.view_extension"}


class WhichNumber(forms.Form):
    """A number in any spelling; asked by POST, so that it stands in no address."""

    number = forms.CharField(label=_("Number"), max_length=80, help_text=_("A whole number in any spelling."))


class Forbidding(forms.Form):
    """Onto which list, and why."""

    list = forms.ModelChoiceField(
        DoNotCallList.objects.all(),
        label=_("List"),
        initial=house_list,
        empty_label=None,
        help_text=_("The house list holds for all campaigns."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It is kept as evidence."))
    source = forms.CharField(
        label=_("Source"), max_length=200, required=False, help_text=_("Where the wish came from, such as a letter.")
    )


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A number, and the row by which it was reached."""

    number: str
    kind: str
    pk: int

    def address(self, name: str = "past") -> str:
        return reverse(f"admin:dialer_contact_{name}", args=[self.kind, self.pk])


class PastDoors:
    """For the page of contacts: the pages about a number."""

    def past_routes(self: Any) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("number/", guarded(self.find_view), name="dialer_contact_find"),
            path("number/<str:kind>/<int:pk>/", guarded(self.past_view), name="dialer_contact_past"),
            path("number/<str:kind>/<int:pk>/forbid/", guarded(self.forbid_view), name="dialer_contact_forbid"),
        ]

    def find_view(self: Any, request: HttpRequest) -> HttpResponseBase:
        """Leads to the page of the number that is typed, if there is anything about it."""
        if not phone_numbers.may_see_past(request):
            raise PermissionDenied
        form = WhichNumber(request.POST or None, label_suffix="")
        unknown = False
        if request.method == "POST" and form.is_valid():
            numbers = phone_numbers.readings(form.cleaned_data["number"])
            row = _row_about(numbers, request.user)
            if row is not None:
                return HttpResponseRedirect(phone_numbers.past_address(row))
            unknown = bool(numbers)
            if not numbers:
                form.add_error("number", gettext("This is no whole phone number."))
        context = {"title": gettext("Look up a number"), "form": form, "is_unknown": unknown}
        return _page(self, request, "admin/dialer/contact/find.html", context)

    def past_view(self: Any, request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
        holder = _holder(self, request, kind, pk)
        return _page(self, request, "admin/dialer/contact/past.html", _past_context(self, request, holder))

    def forbid_view(self: Any, request: HttpRequest, kind: str, pk: int) -> HttpResponseBase:
        """A form, a confirmation with numbers, one verb."""
        if not request.user.has_perm("dialer.add_donotcall"):
            raise PermissionDenied
        holder = _holder(self, request, kind, pk)
        form = Forbidding(request.POST or None, label_suffix="")
        is_full = self.sees_full_numbers(request)
        context = {
            "title": gettext("Put on the do-not-call list"),
            "number": phone.display(holder.number) if is_full else phone.masked(holder.number),
            "back_url": holder.address(),
            "form": form,
        }
        if request.method != "POST" or not form.is_valid():
            return _page(self, request, "admin/dialer/contact/forbid.html", context)
        if "confirmed" not in request.POST:
            sentences = list(_consequences(holder.number, form.cleaned_data["list"]))
            return _page(self, request, "admin/dialer/contact/forbid.html", context | {"sentences": sentences})
        _forbid(self, request, holder.number, form.cleaned_data)
        return HttpResponseRedirect(holder.address())


def _holder(page: ModelAdmin, request: HttpRequest, kind: str, pk: int) -> Holder:
    """Found or 404, permitted or 403."""
    model = phone_numbers.KINDS.get(kind)
    if model is None:
        raise Http404
    registered: Any = page.admin_site._registry.get(model)
    sees_row = request.user.has_perm(SEEN_WITH[kind]) if kind in SEEN_WITH else registered.has_view_permission(request)
    if not (sees_row and phone_numbers.may_see_past(request)):
        raise PermissionDenied
    rows = visible_to(request.user, model._default_manager.all())
    number = rows.filter(pk=pk).values_list("number", flat=True).first() or ""
    if not phone_numbers.is_whole(number):
        raise Http404
    return Holder(number=number, kind=kind, pk=pk)


def _row_about(numbers: set[str], user: Any) -> Any:
    """Some row that the user sees and that holds one of the numbers."""
    for model in phone_numbers.KINDS.values():
        rows = visible_to(user, model._default_manager.filter(number__in=numbers))
        row = rows.only("pk").order_by("-pk").first()
        if row is not None:
            return row
    return None


def _past_context(page: Any, request: HttpRequest, holder: Holder) -> dict[str, Any]:
    calls_page = page.admin_site._registry[CallRecord]
    past = number_past.past_of(holder.number, user=request.user, calls=_calls(calls_page, request))
    is_full = page.sees_full_numbers(request)
    return {
        "title": gettext("Everything about a number"),
        "hidden_number": phone.masked(holder.number),
        "number": columns.number(holder.number, is_full=is_full),
        "country": phone.region(holder.number),
        "past": past,
        "events": _seen_events(past, request, calls_page),
        "callbacks": past.callbacks if request.user.has_perm("dialer.view_callback") else [],
        "exchanges": past.exchanges if request.user.has_perm("dialer.view_carrierexchange") else [],
        "figures": _figures(past),
        "most": number_past.MOST,
        "media": page.media + calls_page.media,
        "may_see_entries": request.user.has_perm("dialer.view_donotcall"),
        "forbid_url": holder.address("forbid") if request.user.has_perm("dialer.add_donotcall") else "",
    }


def _calls(calls_page: Any, request: HttpRequest) -> QuerySet[CallRecord]:
    rows = calls_page.get_queryset(request).select_related(*calls_page.list_select_related, "account", "batch")
    return rows.defer(*calls_page.long_fields)


def _seen_events(past: Past, request: HttpRequest, calls_page: Any) -> list[dict[str, Any]]:
    """What this user may see of it, with what a template can't find out by itself."""
    needed = {
        number_past.Kind.LISTED: "dialer.view_contact",
        number_past.Kind.HANDED_OVER: "dialer.view_contact",
        number_past.Kind.CALLED: "dialer.view_callrecord",
        number_past.Kind.TESTED: "dialer.view_campaign",
        number_past.Kind.TRANSFERRED: "dialer.view_callrecord",
        number_past.Kind.FORBIDDEN: "dialer.view_donotcall",
    }
    allowed = {kind for kind, permission in needed.items() if request.user.has_perm(permission)}
    return [
        {
            "kind": event.kind.value,
            "at": event.at,
            "row": event.row,
            **(_source(event.row, request) if event.kind == number_past.Kind.FORBIDDEN else {}),
            "sound": calls_page.sound_of(event.row) if event.kind == number_past.Kind.CALLED else "",
        }
        for event in past.events
        if event.kind in allowed
    ]


def _source(row: DoNotCall, request: HttpRequest) -> dict[str, Any]:
    names_campaigns = accounts_of(request.user) is None
    return {"source": source_of(row, names_campaigns=names_campaigns), "names_campaigns": names_campaigns}


def _figures(past: Past) -> list[Figure]:
    def so_many(counted: Sized, *, of: Sized) -> str:
        """With a plus if not all of them were read."""
        return columns.count(len(counted)) + ("+" if len(of) >= number_past.MOST else "")

    last = next((event.at for event in past.events if event.kind == number_past.Kind.CALLED), None)
    campaigns = {contact.campaign_id for contact in past.contacts}
    return [
        Figure(label=_("Campaigns"), value=so_many(campaigns, of=past.contacts)),
        Figure(
            label=_("Calls"),
            value=so_many(past.calls, of=past.calls),
            note=format_html(gettext("the last {moment}"), moment=columns.when(last)) if last else "",
        ),
        Figure(label=_("Answered"), value=columns.count(len(past.answered)), tone="good" if past.answered else ""),
        Figure(label=_("Keys pressed"), value=" ".join(past.keys) or columns.NOTHING),
    ]


def _consequences(number: str, chosen: DoNotCallList) -> Any:
    """What putting it on the list does, with numbers."""
    yield gettext(
        "The number comes on the list “%(list)s” and is not called any more by any campaign it holds for."
    ) % {"list": chosen}
    waiting = suppression.waiting_for(number, of=chosen).count()
    if waiting:
        yield ngettext(
            "It waits in %(count)s campaign and is skipped there at once.",
            "It waits in %(count)s campaigns and is skipped there at once.",
            waiting,
        ) % {"count": columns.count(waiting)}
    out = number_past.beyond_recall(number)
    if out:
        yield ngettext(
            "It is in %(count)s batch at the carrier, which can’t be called back: it may still ring.",
            "It is in %(count)s batches at the carrier, which can’t be called back: it may still ring.",
            out,
        ) % {"count": columns.count(out)}


def _forbid(page: ModelAdmin, request: HttpRequest, number: str, said: dict[str, Any]) -> None:
    try:
        done = suppression.forbid(
            number, to=said["list"], reason=said["reason"], source=said["source"], by=request.user
        )
    except DialerError as error:
        messages.error(request, str(error))
        return
    page.admin_site._registry[DoNotCall].log_addition(request, done.row, _("Put on the list from its page."))
    skipped = ngettext(
        "The number is on the list. %(count)s person who waited is skipped.",
        "The number is on the list. %(count)s people who waited are skipped.",
        done.skipped,
    )
    messages.success(
        request, skipped % {"count": done.skipped} if done.skipped else gettext("The number is on the list.")
    )


def _page(page: ModelAdmin, request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
    request.current_app = page.admin_site.name
    shell = page.admin_site.each_context(request)
    return TemplateResponse(request, template, {**shell, "opts": page.opts, "media": page.media, **context})
