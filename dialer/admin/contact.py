"""Contacts: every row of every list with its fate. Made by the machine, looked at by people."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dialer import phone
from dialer.admin import columns, phone_numbers
from dialer.admin.base import ReadOnlyAdmin
from dialer.admin.contact_calls import ByAccount, ByCall, ByKey
from dialer.admin.contact_filters import ByFate, CalledToday, WhySkipped
from dialer.admin.filters import of_campaign
from dialer.admin.navigation import Place, Section
from dialer.admin.number_page import PastDoors
from dialer.flow.export_results import why_skipped
from dialer.models import Attempt, Contact


@admin.register(Contact)
class ContactAdmin(PastDoors, phone_numbers.NumbersShown, ReadOnlyAdmin):
    navigation = Place(Section.NUMBERS, 10, "user")
    empty_help = _(
        "A contact is a row of a list, with its number and what became of it. They come from the lists that are "
        "uploaded to campaigns: make a campaign first."
    )
    actions = None

    list_display = ["the_number", "fate", "campaign", "contact_list", "row_number", "cell"]
    list_display_links = ["row_number"]
    fields = ["the_number", "fate", "campaign", "contact_list", "row_number", "cell", "its_texts"]
    list_filter = [of_campaign("campaign"), WhySkipped, ByFate, ByCall, ByKey, ByAccount, CalledToday]
    list_select_related = ["campaign__account", "contact_list"]
    more_columns = ["account", "its_texts"]
    columns_with_links = ["the_number"]
    search_fields = ["number"]
    sortable_by = ["the_number"]
    ordering = ["pk"]

    def get_urls(self) -> list[Any]:
        return [*self.past_routes(), *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """Most rows have no texts; then nothing is said of them."""
        return self.fields if obj is None or obj.texts else [name for name in self.fields if name != "its_texts"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        return super().get_queryset(request).prefetch_related("attempts__batch")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "contact_list__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Contact], search_term: str
    ) -> tuple[QuerySet[Contact], bool]:
        if not search_term.strip():
            return queryset, False
        found = phone_numbers.find(queryset, search_term, "number", may_guess=self.sees_full_numbers(request))
        return (queryset.none() if found is None else found.rows), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """With every round of this person, the newest first."""
        is_number = object_id.isdecimal()
        attempts = Attempt.objects.filter(contact__id=object_id) if is_number else Attempt.objects.none()
        rounds = {"rounds": list(attempts.select_related("batch__campaign").order_by("-round"))}
        return super().change_view(request, object_id, form_url, {**rounds, **(extra_context or {})})

    @admin.display(description=_("number"), ordering="number")
    def the_number(self, contact: Contact) -> SafeString | str:
        return phone_numbers.shown(contact.number, contact)

    @admin.display(description=_("account"))
    def account(self, contact: Contact) -> str:
        return str(contact.campaign.account)

    @admin.display(description=_("cell"))
    def cell(self, contact: Contact) -> SafeString:
        """As it stood in the list; masked like a number, since it mostly is one."""
        is_full = contact.shows_full_numbers  # annotated by NumbersShown
        return format_html('<span class="number">{}</span>', contact.raw if is_full else phone.masked(contact.raw))

    @admin.display(description=_("texts"))
    def its_texts(self, contact: Contact) -> str:
        return _texts_in_words(contact)

    @admin.display(description=pgettext_lazy("of a row of the list", "fate"))
    def fate(self, contact: Contact) -> SafeString:
        """Why it is not called, or how the last handing-over went."""
        if contact.skip_reason:
            badge = columns.state_badge(gettext("skipped"), "skipped")
            why = why_skipped(contact, contact.campaign.account.country)
            return format_html('{} <span class="quiet">{}</span>', badge, why)
        attempts = list(contact.attempts.all())
        if contact.postponed_until:
            until = gettext("until {moment}")
            return _with_moment(gettext("postponed"), "waiting", until, contact.postponed_until)
        if not attempts:
            return columns.state_badge(gettext("waiting"), "waiting")
        last = attempts[-1]
        if last.settled_at and last.retry_at:
            again = gettext("called again from {moment}")
            return _with_moment(last.get_disposition_display(), last.disposition, again, last.retry_at)
        if last.settled_at:
            return columns.state_badge(last.get_disposition_display(), last.disposition)
        if last.silent_since:
            return columns.state_badge(gettext("silent"), "silent")
        return columns.state_badge(last.batch.get_state_display(), last.batch.state)


def _texts_in_words(contact: Contact) -> str:
    """The texts with the headings of their columns; whoever may see no number sees none in them."""
    headings = contact.contact_list.text_headings
    shown = [text if contact.shows_full_numbers else phone_numbers.hidden(text or "") for text in contact.texts or ()]
    named = [(headings[place] if place < len(headings) else None, text) for place, text in enumerate(shown)]
    return "\n".join(
        f"{heading or gettext('Text %(number)s') % {'number': number}}: {text or columns.NOTHING}"
        for number, (heading, text) in enumerate(named, 1)
        if heading is not None
    )


def _with_moment(text: str, kind: str, words: str, at: datetime) -> SafeString:
    when = format_html(words, moment=columns.when(at))
    return format_html('{} <span class="quiet">{}</span>', columns.state_badge(text, kind), when)
