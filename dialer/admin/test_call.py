"""Test calls of a campaign: a number of one's own first, and what came back of it without a reload."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer import tasks
from dialer.admin import columns
from dialer.admin.doors import FORM, LOOK, ORDER, address, back_to, door, has_list, show
from dialer.flow import ledger, ordering, test_calls
from dialer.flow.mistakes import DialerError
from dialer.models import Account, CallRecord, Campaign, TestCall

OWN_NUMBER = "own_test_number"  # in the session: whoever tests calls the same telephone again
SHOWN = 5  # the newest
AWAITED = timedelta(minutes=30)  # after that nobody sits before the page any more
State = TestCall.State


class TestCallForm(forms.Form):
    __test__ = False  # for pytest: not a class of tests

    number = forms.CharField(
        label=_("Your number"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": _("Which number is to be called?")},
    )
    account = forms.ModelChoiceField(label=_("Account"), queryset=Account.objects.none(), empty_label=None)

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        choices = test_calls.accounts(campaign)
        if len(choices) == 1:
            del self.fields["account"]
            return
        field: Any = self.fields["account"]
        field.queryset = Account.objects.filter(pk__in=[account.pk for account in choices])
        field.initial = campaign.account


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one call came to, for the screen."""

    call: CallRecord
    url: str
    rang: str
    talked: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One test call with what came back of it."""

    row: TestCall
    number: SafeString | str
    state: SafeString
    told: list[Told]
    awaits: bool  # something may still come back


class TestCallDoors:
    """The form with the newest test calls below it, and these alone for the live refresh."""

    __test__ = False  # for pytest: not a class of tests

    @door("launch_campaign", methods=FORM)
    def test_call_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        number = request.session.get(OWN_NUMBER, "")
        form = TestCallForm(campaign, request.POST or None, initial={"number": number})
        if request.method == "POST" and form.is_valid():
            made = _call(request, campaign, form)
            if made is not None:
                request.session[OWN_NUMBER] = made.number
                _say(request, made)
                return back_to(campaign, "test_call")
        return show(
            self,
            request,
            "admin/dialer/campaign/test_call.html",
            campaign,
            title=gettext("Test call"),
            form=form,
            texts=_texts(campaign),
            may_call=campaign.state in test_calls.ALLOWED,
            live_url=address(campaign, "test_call_live"),
            **self._test_calls_context(request, campaign),
        )

    @door("launch_campaign", methods=LOOK)
    def test_call_live_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        context = {"original": campaign, **self._test_calls_context(request, campaign)}
        return TemplateResponse(request, "admin/dialer/campaign/test_calls.html", context)

    @door("launch_campaign", methods=ORDER)
    def test_call_bills_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        """Where no callbacks come, the bills tell; they are read now instead of later."""
        newest = campaign.test_calls.select_related("account").first()
        if newest is not None:
            ledger.ask_now(newest.account)
            tasks.ring("bills")
            messages.success(request, gettext("The bills are asked for. What they tell appears here."))
        return back_to(campaign, "test_call")

    def _test_calls_context(self: Any, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        rows = campaign.test_calls.select_related("account", "called_by")[:SHOWN]
        sees_all, sees_calls = self.sees_full_numbers(request), has_list(self, CallRecord, request)
        lines = [_line(row, is_full=sees_all or row.called_by == request.user, with_links=sees_calls) for row in rows]
        return {"lines": lines, "is_quiet": not any(line.awaits for line in lines)}


def _call(request: HttpRequest, campaign: Campaign, form: TestCallForm) -> TestCall | None:
    """The test call, or None with the reason in the form."""
    given = form.cleaned_data
    try:
        return test_calls.call(campaign, given["number"], given.get("account"), by=request.user)
    except DialerError as error:
        form.add_error("number", str(error))
        return None


def _say(request: HttpRequest, made: TestCall) -> None:
    match made.state:
        case State.ACCEPTED:
            messages.success(request, gettext("The carrier took it. Your telephone rings in a moment."))
        case State.REFUSED:
            messages.error(request, gettext("It was not taken: %(reason)s") % {"reason": made.message})
        case _:
            messages.warning(
                request, gettext("It is not known whether it was taken: %(reason)s") % {"reason": made.message}
            )


def _line(row: TestCall, *, is_full: bool, with_links: bool) -> Line:
    state = row.known_state
    told = [_told(call, with_links=with_links) for call in test_calls.results(row)]
    is_recent = timezone.now() - row.called_at < AWAITED
    return Line(
        row=row,
        number=columns.number(row.number, is_full=is_full),
        state=columns.state_badge(state.label, state),
        told=told,
        awaits=is_recent and not told and state != State.REFUSED,
    )


def _told(call: CallRecord, *, with_links: bool) -> Told:
    return Told(
        call=call,
        url=address(call) if with_links else "",
        rang=columns.duration(call.ring_seconds),
        talked=columns.duration(call.talk_seconds),
    )


def _texts(campaign: Campaign) -> bool:
    """Does the test call borrow the texts of a row?"""
    person = ordering.sample(campaign)
    return person is not None and any(person.texts)
