"""A batch as the carrier has it: how far it is there, and taking it back before it begins."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, ngettext

from dialer.admin import columns
from dialer.admin.doors import FORM, ORDER, back_to, door, show
from dialer.flow import carrier_tasks
from dialer.flow.mistakes import DialerError
from dialer.models import Batch


class TaskDoors:
    """A question and an order, where the carrier has them. The verb writes the history itself."""

    @door("launch_campaign", methods=ORDER)
    def ask_task_view(self: Any, request: HttpRequest, batch: Batch) -> HttpResponseBase:
        try:
            told = carrier_tasks.ask(batch)
        except DialerError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("By the carrier’s word: %(state)s.") % {"state": told.label})
        return back_to(batch)

    @door("launch_campaign", methods=FORM)
    def take_back_view(self: Any, request: HttpRequest, batch: Batch) -> HttpResponseBase:
        if request.method == "POST":
            return self._take_back(request, batch)
        if not carrier_tasks.can_be_taken_back(batch):
            messages.error(request, gettext("This batch can’t be taken back."))
            return back_to(batch)
        return show(
            self,
            request,
            "admin/dialer/confirmation.html",
            batch,
            title=gettext("Take back"),
            sentences=[
                _people_in_words(batch.attempts.filter(settled_at__isnull=True).count()),
                gettext(
                    "The carrier allows it only before it has begun to call. Nobody of the batch is called again by "
                    "itself, and it can’t be handed over a second time."
                ),
            ],
            button=gettext("Take the batch back"),
            is_dangerous=True,
        )

    def _take_back(self: Any, request: HttpRequest, batch: Batch) -> HttpResponseBase:
        try:
            count = carrier_tasks.take_back(batch, by=request.user)
        except DialerError as error:
            messages.error(request, str(error))
        else:
            words = ngettext(
                "Taken back: %(count)s person is not called.", "Taken back: %(count)s people are not called.", count
            )
            messages.success(request, words % {"count": columns.count(count)})
        return back_to(batch)


def task_context(request: HttpRequest, batch: Batch) -> dict[str, bool]:
    """Which of the two its page offers."""
    if not request.user.has_perm("dialer.launch_campaign"):
        return {}
    return {
        "may_ask_task": carrier_tasks.can_be_asked(batch),
        "may_take_back": carrier_tasks.can_be_taken_back(batch),
    }


def _people_in_words(count: int) -> str:
    return ngettext(
        "The carrier is asked to forget this batch. %(count)s person in it is not called then.",
        "The carrier is asked to forget this batch. %(count)s people in it are not called then.",
        count,
    ) % {"count": columns.count(count)}
