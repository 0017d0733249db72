"""Notices: what happened that somebody should know, and by which ways each person wants to be told."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer import chat
from dialer.admin.base import ReadOnlyAdmin, WriteOnlySecretInput
from dialer.admin.doors import ORDER, list_address
from dialer.flow import notice_delivery, notices
from dialer.flow.mistakes import DialerError
from dialer.models import Notice, NoticeDelivery, NoticeWay
from dialer.terms import NoticeChannel, NoticeKind

SHOWN = 100
MOST_CHATS = 5  # of one person
LISTS_OF = {"recording": "admin:recordings_recording_changelist", "export": "admin:dialer_export_changelist"}
ALARMS = {
    NoticeKind.CAMPAIGN_LATE,
    NoticeKind.BATCHES_UNCERTAIN,
    NoticeKind.ACCOUNT_STOPPED,
    NoticeKind.RECORDINGS_NEAR,
    NoticeKind.RECORDINGS_LOST,
}


class ChatForm(forms.Form):
    """A new way: the address of a chat is taken, and never shown again."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("How you call it, such as “Team chat”."))
    address = forms.CharField(
        label=_("Address"),
        max_length=1000,
        widget=WriteOnlySecretInput,
        help_text=_("As the service gives it, such as slack://…, tgram://…, discord://…, or its webhook’s https://…"),
    )

    def clean_address(self) -> str:
        address = self.cleaned_data["address"].strip()
        try:
            chat.check(address)
        except chat.ChatError as error:
            raise forms.ValidationError(str(error)) from error
        return address


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Everybody who may log in has notices, and sees their own alone."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/open/", view(self.open_view), name="dialer_notice_open"),
            path("read/", view(self.read_view), name="dialer_notice_read"),
            path("ways/", view(self.ways_view), name="dialer_notice_ways"),
            path("ways/add/", view(self.add_view_of_chat), name="dialer_notice_add_chat"),
            path("ways/<int:pk>/test/", view(self.test_view), name="dialer_notice_test"),
            path("ways/<int:pk>/remove/", view(self.remove_view), name="dialer_notice_remove"),
            *super().get_urls(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        return super().get_queryset(request).filter(person=request.user.pk, is_in_console=True)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        shown = list(self.get_queryset(request)[:SHOWN])
        lines = [{"notice": one, "text": notices.sentence(one), "is_alarm": one.kind in ALARMS} for one in shown]
        has_unread = any(one.read_at is None for one in shown)
        return self._page(request, "list", gettext("Notices"), lines=lines, has_unread=has_unread)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A notice has no page of its own."""
        return HttpResponseRedirect(list_address(Notice))

    def open_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """To what it is about; then it is read. A message's link leads here, so it tells no address of a row."""
        notice = get_object_or_404(Notice, pk=pk, person=request.user.pk)
        notices.mark_read(Notice.objects.filter(pk=notice.pk))
        return HttpResponseRedirect(_address(notice))

    def read_view(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ORDER:
            return HttpResponseNotAllowed(ORDER)
        notices.mark_read(self.get_queryset(request))
        return HttpResponseRedirect(list_address(Notice))

    def ways_view(self, request: HttpRequest) -> HttpResponseBase:
        """One table: what is told, by which ways."""
        ways = _ways_of(request.user)
        if request.method == "POST":
            return self._save(request, ways)
        return self._ways_page(request, ways, ChatForm(label_suffix=""))

    def add_view_of_chat(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ORDER:
            return HttpResponseNotAllowed(ORDER)
        form = ChatForm(request.POST, label_suffix="")
        if not form.is_valid():
            return self._ways_page(request, _ways_of(request.user), form, status=422)
        mine = NoticeWay.objects.filter(person=request.user.pk, channel=NoticeChannel.CHAT)
        if mine.count() >= MOST_CHATS:
            messages.error(
                request, gettext("You have %(count)s chats already. Remove one first.") % {"count": MOST_CHATS}
            )
        else:
            NoticeWay.objects.create(
                person=request.user,
                channel=NoticeChannel.CHAT,
                name=form.cleaned_data["name"],
                address=form.cleaned_data["address"],
                kinds=NoticeKind.values,
            )
            messages.success(request, gettext("Added. It is told of everything; choose below, and send a test."))
        return HttpResponseRedirect(reverse("admin:dialer_notice_ways"))

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        way = self._way(request, pk)
        if request.method not in ORDER:
            return HttpResponseNotAllowed(ORDER)
        try:
            notice_delivery.send_test(way)
        except DialerError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("A test has left by “%(way)s”. Look whether it arrived.") % {"way": way})
        return HttpResponseRedirect(reverse("admin:dialer_notice_ways"))

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        way = self._way(request, pk)
        if request.method not in ORDER:
            return HttpResponseNotAllowed(ORDER)
        way.delete()
        messages.success(request, gettext("Removed: nothing is sent there any more."))
        return HttpResponseRedirect(reverse("admin:dialer_notice_ways"))

    def _way(self, request: HttpRequest, pk: int) -> NoticeWay:
        return get_object_or_404(NoticeWay, pk=pk, person=request.user.pk)

    def _save(self, request: HttpRequest, ways: list[NoticeWay]) -> HttpResponseBase:
        with transaction.atomic():
            for way in ways:
                chosen = set(request.POST.getlist(_field(way)))
                way.kinds = [kind for kind in NoticeKind.values if kind in chosen]
                if way.pk:
                    way.save(update_fields=["kinds"])
                else:
                    NoticeWay.objects.update_or_create(
                        person=way.person, channel=way.channel, defaults={"kinds": way.kinds}
                    )
        messages.success(request, gettext("Saved."))
        return HttpResponseRedirect(reverse("admin:dialer_notice_ways"))

    def _ways_page(
        self, request: HttpRequest, ways: list[NoticeWay], form: ChatForm, *, status: int = 200
    ) -> HttpResponseBase:
        rows = [
            {
                "label": capfirst(str(kind.label)),
                "cells": [(way, _field(way), kind.value, kind.value in way.kinds) for way in ways],
            }
            for kind in NoticeKind
        ]
        failed = NoticeDelivery.objects.filter(way__person=request.user.pk, state=NoticeDelivery.State.FAILED)
        lacks_email = any(way.channel == NoticeChannel.EMAIL for way in ways) and not getattr(request.user, "email", "")
        context = {"ways": ways, "rows": rows, "form": form, "lacks_email": lacks_email}
        failures = list(failed.select_related("notice", "way").order_by("-pk")[:5])
        return self._page(request, "ways", gettext("How you are told"), status=status, failures=failures, **context)

    def _page(
        self, request: HttpRequest, name: str, title: str, *, status: int = 200, **context: Any
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        shell = {**self.admin_site.each_context(request), "title": title, "media": self.media}
        around = {} if name == "list" else {"opts": self.opts}
        return TemplateResponse(
            request, f"admin/dialer/notice/{name}.html", {**shell, **around, **context}, status=status
        )


def _ways_of(person: Any) -> list[NoticeWay]:
    """The console, e-mail where it can be sent, and the chats. What was never chosen has no row yet."""
    stored = list(NoticeWay.objects.filter(person=person).defer("address"))
    console = next((way for way in stored if way.channel == NoticeChannel.CONSOLE), None)
    email = next((way for way in stored if way.channel == NoticeChannel.EMAIL), None)
    return [
        console or NoticeWay(person=person, channel=NoticeChannel.CONSOLE, kinds=NoticeKind.values),
        *([email or NoticeWay(person=person, channel=NoticeChannel.EMAIL)] if notices.sends_email() else []),
        *(way for way in stored if way.channel == NoticeChannel.CHAT),
    ]


def _field(way: NoticeWay) -> str:
    """The name of its boxes in the form."""
    return f"kinds-{way.pk}" if way.channel == NoticeChannel.CHAT else f"kinds-{way.channel}"


def _address(notice: Notice) -> str:
    """Where what it is about can be seen; whether the reader may, that page decides."""
    if notice.subject in LISTS_OF:
        return reverse(LISTS_OF[notice.subject])
    if notice.subject and notice.subject_id:
        return reverse(f"admin:dialer_{notice.subject}_change", args=[notice.subject_id])
    return list_address(Notice)
