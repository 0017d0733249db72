"""Uncertain batches: what is known of one, and a person's word on it where no evidence comes."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dialer import tasks
from dialer.admin import clock, columns
from dialer.admin.doors import LOOK, ORDER, back_to, door, show
from dialer.flow import ledger, verdicts
from dialer.flow.mistakes import DialerError
from dialer.models import Batch, CarrierExchange

EXCHANGES_SHOWN = 20


class VerdictForm(forms.Form):
    because = forms.CharField(
        label=_("How do you know?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write down how you know: it is kept as evidence.")},
    )


class VerdictDoors:
    """The decision page and its three orders. The verbs write the history themselves, with the reason."""

    @door("decide_uncertain", methods=LOOK)
    def decide_view(self: Any, request: HttpRequest, batch: Batch) -> HttpResponseBase:
        if batch.state != Batch.State.UNCERTAIN:
            return back_to(batch)
        return self._decision_page(request, batch)

    @door("decide_uncertain", methods=ORDER)
    def was_sent_view(self: Any, request: HttpRequest, batch: Batch) -> HttpResponseBase:
        form = VerdictForm(request.POST, prefix="sent", label_suffix="")
        if not self._decide(request, batch, form, verdicts.was_sent):
            return self._undecided(request, batch, sent=form)
        messages.success(request, gettext("It counts as sent. Its people are billed, or become silent."))
        return back_to(batch)

    @door("decide_uncertain", methods=ORDER)
    def was_not_sent_view(self: Any, request: HttpRequest, batch: Batch) -> HttpResponseBase:
        form = VerdictForm(request.POST, prefix="not_sent", label_suffix="")
        if not self._decide(request, batch, form, verdicts.was_not_sent):
            return self._undecided(request, batch, not_sent=form)
        tasks.ring("dispatch")
        due = batch.attempts.filter(retry_at__isnull=False).count()
        words = ngettext(
            "It counts as not sent. %(count)s person is due again, in a new batch under a new reference.",
            "It counts as not sent. %(count)s people are due again, in a new batch under a new reference.",
            due,
        )
        messages.success(request, words % {"count": columns.count(due)})
        return back_to(batch)

    def _decide(self: Any, request: HttpRequest, batch: Batch, form: VerdictForm, verdict: Any) -> bool:
        """Whether it is decided now; else the form says why not."""
        if not form.is_valid():
            return False
        try:
            verdict(batch, by=request.user, because=form.cleaned_data["because"])
        except DialerError as error:
            form.add_error("because", str(error))
            return False
        return True

    def _undecided(self: Any, request: HttpRequest, batch: Batch, **forms_: VerdictForm) -> HttpResponseBase:
        """The page again with what is wrong, or the batch if somebody else was quicker."""
        batch.refresh_from_db()
        if batch.state == Batch.State.UNCERTAIN:
            return self._decision_page(request, batch, **forms_)
        messages.error(request, gettext("This batch is not uncertain any more; somebody, or a bill, was quicker."))
        return back_to(batch)

    @door("decide_uncertain", methods=ORDER)
    def ask_view(self: Any, request: HttpRequest, batch: Batch) -> HttpResponseBase:
        """The carrier is asked for bills with the batch's reference, now instead of later."""
        if ledger.ask_about(batch):
            tasks.ring("questions")
            messages.success(request, gettext("The carrier is asked now. Look again in a moment."))
        return back_to(batch, "decide")

    def _decision_page(
        self: Any,
        request: HttpRequest,
        batch: Batch,
        sent: VerdictForm | None = None,
        not_sent: VerdictForm | None = None,
    ) -> HttpResponseBase:
        return show(
            self,
            request,
            "admin/dialer/batch/decide.html",
            batch,
            title=gettext("Was it sent?"),
            known=what_is_known(batch, now=timezone.now()),
            people=columns.count(batch.contact_count),
            reference=columns.copyable(batch.reference),
            sent=sent or VerdictForm(prefix="sent", label_suffix=""),
            not_sent=not_sent or VerdictForm(prefix="not_sent", label_suffix=""),
            **exchanges_context(request, batch.pk),
        )


def exchanges_context(request: HttpRequest, batch_id: Any) -> dict[str, Any]:
    """What was said to the carrier about a batch, for those who may see it."""
    may_look = request.user.has_perm("dialer.view_carrierexchange")
    rows = CarrierExchange.objects.filter(batch=batch_id) if may_look else CarrierExchange.objects.none()
    return {"exchanges": rows.defer("request", "response")[:EXCHANGES_SHOWN], "may_see_exchanges": may_look}


def what_is_known(batch: Batch, *, now: datetime) -> list[str]:
    """The facts of an uncertain batch in the order in which they came."""
    return [*_sending(batch), _bills(batch, now=now), _questions(batch)]


def _sending(batch: Batch) -> list[str]:
    sent = (
        gettext("Sent at %(moment)s.") % {"moment": clock.second(batch.sent_at)}
        if batch.sent_at
        else gettext("Whether it left is not noted.")
    )
    said = f"{batch.message} ({batch.carrier_code})" if batch.carrier_code else batch.message
    return [sent, said] if said else [sent]


def _bills(batch: Batch, *, now: datetime) -> str:
    unbilled = batch.attempts.filter(settled_at__isnull=True).count()
    since = timesince(batch.sent_at or batch.due_at, now)
    return ngettext(
        "No bill for %(count)s number in %(since)s. One bill with its reference would prove that it was taken.",
        "No bill for %(count)s numbers in %(since)s. One bill with its reference would prove that it was taken.",
        unbilled,
    ) % {"count": columns.count(unbilled), "since": since}


def _questions(batch: Batch) -> str:
    asked = (
        gettext("The carrier was last asked at %(moment)s.") % {"moment": clock.second(batch.asked_at)}
        if batch.asked_at
        else gettext("The carrier has not answered a question about it yet.")
    )
    if not batch.ask_at:
        return asked
    return f"{asked} {gettext('Next question at %(moment)s.') % {'moment': clock.second(batch.ask_at)}}"
