"""Hours beyond the law's: only with a permission of their own, and a written reason that stays with the campaign."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin.campaign_parts import EDITABLE
from dialer.admin.campaign_week import hours_context
from dialer.admin.doors import FORM, ORDER, back_to, door, show
from dialer.flow import hours
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign


class WidenForm(forms.Form):
    because = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as whose consent you have, and since when. It is shown wherever the campaign is launched."),
        error_messages={"required": _("Write down why. Without a reason the law’s hours hold.")},
    )


class HoursDoors:
    """Widening and taking it back. The verbs write the history themselves, with the reason."""

    @door("widen_hours", methods=FORM)
    def widen_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        """The operator's hours hold instead of the law's, with the reason."""
        if campaign.state not in EDITABLE:
            messages.error(request, gettext("Pause the campaign first."))
            return back_to(campaign)
        form = WidenForm(request.POST if request.method == "POST" else None, label_suffix="")
        if request.method == "POST" and form.is_valid() and self._widen(request, campaign, form):
            return back_to(campaign)
        context = hours_context(campaign, now=timezone.now())
        return show(
            self,
            request,
            "admin/dialer/campaign/widen.html",
            campaign,
            title=gettext("Other hours than the law’s"),
            form=form,
            **context,
        )

    def _widen(self: Any, request: HttpRequest, campaign: Campaign, form: WidenForm) -> bool:
        """Whether the hours are widened now; else the form says why not."""
        try:
            hours.widen(campaign, because=form.cleaned_data["because"], by=request.user)
        except DialerError as error:
            form.add_error("because", str(error))
            return False
        messages.warning(request, gettext("This campaign’s own hours hold now instead of the law’s."))
        return True

    @door("widen_hours", methods=ORDER)
    def keep_to_law_view(self: Any, request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
        try:
            hours.keep_to_law(campaign, by=request.user)
        except DialerError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("The law’s hours hold again."))
        return back_to(campaign)
